/** The MedMij authorization interface: every check in order, and what the PGO may hear of it. */
import { randomUUID } from 'node:crypto';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Problem } from '../../src/platform/problem.ts';
import { type Gateway, OTHER_PGO, openGateway, PGO } from '../support/gateway.ts';
import { atDigid, browser, csrfOf, logIn } from '../support/medmij-walk.ts';
import { entry, patientOf, person, transaction, urn } from '../support/people.ts';

let gateway: Gateway;
const known = person(1);
const young = { ...person(2), birthDate: '2015-06-01' };

beforeAll(async () => {
  gateway = await openGateway({ digid: true });
  for (const one of [known, young]) {
    const sent = transaction([entry(urn(one.bsn), patientOf(one))]);
    expect((await gateway.send('epd-proef', sent)).statusCode).toBe(200);
  }
});
afterAll(() => gateway.close());

const GOOD = {
  response_type: 'code',
  client_id: PGO,
  redirect_uri: `https://${PGO}/callback`,
  scope: 'ziekenhuisproef',
  state: 'xyz=',
  'MedMij-Request-ID': randomUUID(),
  'X-Correlation-ID': randomUUID(),
};

type Change = Partial<Record<keyof typeof GOOD, string | string[] | undefined>>;

function authorize(change: Change = {}): Promise<LightMyRequestResponse> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...GOOD, ...change })) {
    for (const one of [value].flat()) if (one !== undefined) query.append(name, one);
  }
  return gateway.ask(`/medmij/authorize?${query}`);
}

const faultOf = (answer: LightMyRequestResponse) => {
  const url = new URL(String(answer.headers.location));
  return { to: `${url.origin}${url.pathname}`, ...Object.fromEntries(url.searchParams) };
};

describe('an authorization request whose sender or way back is not certain', () => {
  it.each<[string, Change]>([
    ['no client_id', { client_id: undefined }],
    ['two client_ids', { client_id: [PGO, PGO] }],
    ['a client_id that is no hostname', { client_id: 'someone@else.example' }],
    ['an unknown client', { client_id: 'onbekend.test.example' }],
    ['a client of another kind', { client_id: 'epd-proef' }],
    ['no redirect_uri', { redirect_uri: undefined }],
    ['two redirect_uris', { redirect_uri: [GOOD.redirect_uri, GOOD.redirect_uri] }],
    ['plain http', { redirect_uri: `http://${PGO}/callback` }],
    ['a look-alike host', { redirect_uri: `https://${PGO}.attacker.example/callback` }],
    ['the host as user', { redirect_uri: `https://${PGO}@attacker.example/callback` }],
    ['the host as path', { redirect_uri: `https://attacker.example/${PGO}/callback` }],
    ['a subdomain', { redirect_uri: `https://evil.${PGO}/callback` }],
    ['the host of another client', { redirect_uri: `https://${OTHER_PGO}/callback` }],
    ['a backslash', { redirect_uri: `https://${PGO}\\@attacker.example/callback` }],
    ['a line break inside', { redirect_uri: `https://${PGO}\n.attacker.example/` }],
    ['another port', { redirect_uri: `https://${PGO}:8443/callback` }],
    ['a user', { redirect_uri: `https://user@${PGO}/callback` }],
    ['a fragment', { redirect_uri: `https://${PGO}/callback#` }],
    ['a query', { redirect_uri: `https://${PGO}/callback?` }],
    ['a URI encoded twice', { redirect_uri: encodeURIComponent(GOOD.redirect_uri) }],
    ['a path encoded twice', { redirect_uri: `https://${PGO}/call%252Fback` }],
    ['a script', { redirect_uri: 'javascript:alert(1)' }],
  ])('is answered with a page and never a redirect: %s', async (_name, change) => {
    const answer = await authorize(change);
    expect(answer.statusCode).toBe(400);
    expect(answer.headers.location).toBeUndefined();
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.body).not.toContain('attacker');
    expect(answer.body).not.toContain('callback');
  });

  it('is written down with its OAuth code', async () => {
    const record = vi.spyOn(gateway.rooms.ledger, 'record');
    await authorize({ client_id: 'onbekend.test.example' });
    expect(record.mock.calls).toMatchObject([
      [[{ event: 'authorize', outcome: 4, reason: 'invalid_client' }]],
    ]);
    record.mockRestore();
  });

  it('may not come by POST', async () => {
    const answer = await gateway.ask('/medmij/authorize', { form: { client_id: PGO } });
    expect(answer.statusCode).toBe(405);
  });
});

describe('any other fault in the request goes back to the PGO', () => {
  const other = 'not-a-uuid';
  it.each<[string, Change, string]>([
    ['no response_type', { response_type: undefined }, 'invalid_request'],
    ['response_type twice', { response_type: ['code', 'code'] }, 'invalid_request'],
    ['another response_type', { response_type: 'token' }, 'unsupported_response_type'],
    ['no MedMij-Request-ID', { 'MedMij-Request-ID': undefined }, 'invalid_request'],
    ['a wrong MedMij-Request-ID', { 'MedMij-Request-ID': other }, 'invalid_request'],
    ['no X-Correlation-ID', { 'X-Correlation-ID': undefined }, 'invalid_request'],
    ['a wrong X-Correlation-ID', { 'X-Correlation-ID': other }, 'invalid_request'],
    ['no scope', { scope: undefined }, 'invalid_request'],
    ['scope twice', { scope: ['ziekenhuisproef', 'ziekenhuisproef'] }, 'invalid_request'],
    ['an empty scope', { scope: '' }, 'invalid_scope'],
    ['a name with its suffix', { scope: 'ziekenhuisproef@medmij' }, 'invalid_scope'],
    ['two names', { scope: 'ziekenhuisproef~48 anderziekenhuis~48' }, 'invalid_scope'],
    ['two blanks', { scope: 'ziekenhuisproef~48  ziekenhuisproef~51' }, 'invalid_scope'],
    ['a blank in front', { scope: ' ziekenhuisproef' }, 'invalid_scope'],
    ['a subscription to no number', { scope: 'subscribe~x/ziekenhuisproef~48' }, 'invalid_scope'],
    [
      'two subscriptions',
      { scope: 'subscribe~3/ziekenhuisproef~48 subscribe~3/ziekenhuisproef~51' },
      'invalid_scope',
    ],
    ['two who represent', { scope: 'onbehalfof ziekenhuisproef onbehalfofchild' }, 'invalid_scope'],
    ['only a representation', { scope: 'onbehalfof' }, 'invalid_scope'],
    ['representation without a date', { scope: 'onbehalfof ziekenhuisproef' }, 'invalid_request'],
    ['an unknown aanbieder', { scope: 'onbekendziekenhuis' }, 'invalid_scope'],
    ['an unknown gegevensdienst', { scope: 'ziekenhuisproef~999' }, 'invalid_scope'],
    ['one not offered there', { scope: 'ziekenhuisproef~63' }, 'invalid_scope'],
    [
      'an unknown one beside one that is offered',
      { scope: 'ziekenhuisproef~48 ziekenhuisproef~999' },
      'invalid_scope',
    ],
    [
      'a fault that comes later as well',
      { response_type: 'x', scope: '' },
      'unsupported_response_type',
    ],
  ])('%s', async (_name, change, error) => {
    const answer = await authorize(change);
    expect(answer.statusCode).toBe(302);
    expect(faultOf(answer)).toMatchObject({ to: GOOD.redirect_uri, error, state: GOOD.state });
  });

  it('without the state when that is what is missing, repeated or too long', async () => {
    for (const state of [undefined, ['a', 'b'], 'x'.repeat(3_000)]) {
      const fault = faultOf(await authorize({ state }));
      expect(fault).toMatchObject({ error: 'invalid_request' });
      expect(fault).not.toHaveProperty('state');
    }
  });

  it('and says none of what was sent', async () => {
    const { headers } = await authorize({ scope: '999990019' });
    expect(headers.location).not.toContain('999990019');
  });

  it('while unknown parameters are ignored, and a long state is taken', async () => {
    const answer = await gateway.ask(
      `/medmij/authorize?${new URLSearchParams({ ...GOOD, state: 'y'.repeat(1_500), extra: '1' })}`,
    );
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('Inloggen met DigiD');
  });
});

/** From the request to where the log-in of this person comes back. */
const loggedIn = (bsn: string, change: Change = {}) =>
  logIn(gateway, { ...GOOD, ...change } as Record<string, string>, { bsn });

const start = async (_go: unknown, change: Change) => {
  const query = new URLSearchParams({ ...GOOD, ...change } as Record<string, string>);
  return { url: `/medmij/authorize?${query}` };
};

describe('the way of a person', () => {
  it('leads by landing page, log-in and consent to a code and the state', async () => {
    const { go, back, cookie } = await loggedIn(known.bsn);
    const before = cookie();
    const arrived = await go(back);
    expect(arrived.headers.location).toBe('/medmij/toestemming');
    expect(cookie()).not.toBe(before);
    const page = await go('/medmij/toestemming');
    expect(page.body).not.toContain(known.bsn);
    const given = await go('/medmij/toestemming', { csrf: csrfOf(page), keuze: 'ja' });
    const url = new URL(String(given.headers.location));
    expect(`${url.origin}${url.pathname}`).toBe(GOOD.redirect_uri);
    expect([...url.searchParams.keys()]).toEqual(['code', 'state']);
    expect(url.searchParams.get('state')).toBe(GOOD.state);
  });

  it('tells the PGO the same, byte for byte, of no data, too young, and no consent', async () => {
    const redirects: unknown[] = [];
    const told: string[] = [];
    for (const bsn of [person(77).bsn, young.bsn, known.bsn]) {
      const { go, back } = await loggedIn(bsn);
      await go(back);
      const page = await go('/medmij/toestemming');
      told.push(page.body);
      redirects.push(
        whatPgoSees(await go('/medmij/toestemming', { csrf: csrfOf(page), keuze: 'nee' })),
      );
    }
    expect(told[0]).toContain('geen gegevens van u klaargezet');
    expect(told[1]).toContain('16 jaar');
    expect(told[2]).toContain('Geeft u toestemming?');
    expect(redirects[0]).toMatchObject({ status: 302 });
    expect(redirects[1]).toEqual(redirects[0]);
    expect(redirects[2]).toEqual(redirects[0]);
  });

  it('is on a page of ours when the person stops, with a way back', async () => {
    const { go } = browser(gateway);
    await go((await start(go, {})).url);
    const landing = await go('/medmij/landing');
    const stopped = await go('/medmij/start', { csrf: csrfOf(landing), keuze: 'annuleren' });
    expect(stopped.statusCode).toBe(200);
    expect(stopped.body).toContain('error=access_denied');
  });

  it('ends when the person stops at DigiD', async () => {
    const { go } = browser(gateway);
    await go((await start(go, {})).url);
    const landing = await go('/medmij/landing');
    const login = await go('/medmij/start', { csrf: csrfOf(landing), keuze: 'inloggen' });
    const back = await atDigid(String(login.headers.location), { keuze: 'annuleren' });
    expect((await go(back)).body).toContain('error=access_denied');
  });

  it('takes each step once, by one browser, with its own anti-forgery value', async () => {
    const { go, back } = await loggedIn(known.bsn);
    expect((await browser(gateway).go(back)).statusCode).toBe(400);
    await go(back);
    expect((await go(back)).statusCode).toBe(400);
  });

  it('refuses a form without, or with a made-up, anti-forgery value', async () => {
    const { go, back } = await loggedIn(known.bsn);
    await go(back);
    expect((await go('/medmij/toestemming', { keuze: 'ja' })).statusCode).toBe(403);
    expect((await go('/medmij/toestemming', { keuze: 'ja', csrf: 'x' })).statusCode).toBe(403);
    const page = await go('/medmij/toestemming');
    const twice = await Promise.all(
      [1, 2].map(() => go('/medmij/toestemming', { csrf: csrfOf(page), keuze: 'ja' })),
    );
    expect(twice.map((one) => one.statusCode)).toEqual([302, 302]);
    // Of a button that is pressed twice, both lead to the app with the same code.
    expect(twice[0]?.headers.location).toBe(twice[1]?.headers.location);
    expect(twice[0]?.headers.location).toContain('code=');
  });

  it('leads where it led before when a button is pressed twice, for a moment', async () => {
    const { go, back, cookie } = await loggedIn(known.bsn);
    await go(back);
    const page = await go('/medmij/toestemming');
    const headers = { cookie: cookie() };
    const form = { csrf: csrfOf(page), keuze: 'nee' };
    const press = (keuze: string) =>
      gateway.ask('/medmij/toestemming', { headers, form: { ...form, keuze } });
    const first = await press('nee');
    expect(first.headers.location).toContain('access_denied');
    // Another button right after it changes nothing, nor does a form of another page.
    expect((await press('ja')).headers.location).toBe(first.headers.location);
    const other = await gateway.ask('/medmij/toestemming', {
      headers,
      form: { csrf: 'x', keuze: 'ja' },
    });
    expect(other.statusCode).toBe(403);
    gateway.later(11);
    expect((await press('nee')).statusCode).toBe(400);
  });

  it('goes to the log-in again when that button is pressed twice, but not after a stop', async () => {
    const press = async (choices: readonly string[]) => {
      const landing = await authorize({});
      const cookie = String(landing.headers['set-cookie']).split(';')[0] ?? '';
      const csrf = csrfOf(landing);
      const answers = [];
      for (const keuze of choices) {
        const form = { csrf, keuze };
        answers.push(await gateway.ask('/medmij/start', { headers: { cookie }, form }));
      }
      return answers.map(({ statusCode }) => statusCode);
    };
    expect(await press(['inloggen', 'inloggen'])).toEqual([303, 303]);
    expect(await press(['stoppen', 'inloggen'])).toEqual([200, 400]);
  });

  it('says in the log why a log-in could not begin, and to the person only that it did not', async () => {
    const landing = await authorize();
    const cookie = String(landing.headers['set-cookie']).split(';')[0] ?? '';
    const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const { login } = gateway.rooms.medmij.door;
    const start = vi
      .spyOn(login, 'start')
      .mockRejectedValue(new Problem('busy', 'Away.', { cause }));
    const form = { csrf: csrfOf(landing), keuze: 'inloggen' };
    const answer = await gateway.ask('/medmij/start', { headers: { cookie }, form });
    start.mockRestore();
    expect(answer.statusCode).toBe(503);
    expect(answer.body).not.toContain('ECONNREFUSED');
    const told = gateway.logged.filter((line) => line.includes('a log-in could not begin'));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('"errorCode":"ECONNREFUSED"');
  });

  it('refuses an answer of the log-in that does not belong to the run', async () => {
    const { go, back } = await loggedIn(known.bsn);
    const other = new URL(back);
    other.searchParams.set('state', 'made-up');
    const answer = await go(other.href);
    expect(answer.statusCode).toBe(400);
    expect(answer.headers.location).toBeUndefined();
  });

  it.each(['/medmij/landing', '/medmij/callback', '/medmij/toestemming'])(
    'shows a fault page at %s without a run',
    async (url) => {
      const answer = await gateway.ask(url);
      expect(answer.statusCode).toBe(400);
      expect(answer.headers['cache-control']).toBe('no-store');
    },
  );

  it('ends in both languages, since an end cannot be asked for again', async () => {
    const landing = await authorize();
    const cookie = String(landing.headers['set-cookie']).split(';')[0] ?? '';
    const form = { csrf: csrfOf(landing), keuze: 'annuleren' };
    const stopped = await gateway.ask('/medmij/start', { headers: { cookie }, form });
    const fault = await authorize({ client_id: 'onbekend.test.example' });
    for (const [{ body }, nl, en] of [
      [stopped, 'U bent gestopt', 'You stopped'],
      [fault, 'Het lukt nu niet', 'It does not work now'],
    ] as const) {
      expect(body).toContain(`<h1>${nl}</h1>`);
      expect(body).toContain(`<section lang="en"><h2>${en}</h2>`);
      expect(body).not.toContain('lang=en"');
    }
  });

  it('tells who is too late, or came back, to begin again; not that there is a fault', async () => {
    const form = { csrf: 'x', keuze: 'ja' };
    for (const answer of [
      await gateway.ask('/medmij/toestemming'),
      await gateway.ask('/medmij/toestemming', { form }),
      await gateway.ask('/medmij/landing'),
    ]) {
      expect(answer.body).toContain('<h1>Begin opnieuw in uw app</h1>');
      expect(answer.body).not.toContain('technische storing');
      expect(answer.body).toContain('Trace ID');
    }
    const wrong = await authorize({ client_id: 'onbekend.test.example' });
    expect(wrong.body).toContain('technische storing');
  });

  it('takes a post without a body as a fault of the sender', async () => {
    for (const url of ['/medmij/start', '/medmij/toestemming']) {
      expect((await gateway.ask(url, { method: 'POST' })).statusCode).toBe(403);
    }
  });

  it('keeps the run in a cookie that scripts and other sites do not get', async () => {
    const [cookie] = [(await authorize()).headers['set-cookie'] ?? []].flat();
    expect(cookie).toMatch(
      /^__Host-medmij=[\w-]{43}; Max-Age=900; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });
});

function whatPgoSees({ statusCode: status, headers, body }: LightMyRequestResponse) {
  const { date: _date, 'x-request-id': _id, ...rest } = headers;
  const ratePart = /^x-ratelimit/;
  return {
    status,
    body,
    headers: Object.fromEntries(Object.entries(rest).filter(([name]) => !ratePart.test(name))),
  };
}
