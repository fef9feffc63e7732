/**
 * An app, or somebody who looks like one, that tries everything at the authorization and token
 * interface: addresses that almost match, other encodings, other methods and media types, a code
 * that is not its own, and what the three silent refusals tell. medmij-protocol.md 2.3, 2.4, 3.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digidForm, type Gateway, OTHER_PGO, openGateway, PGO } from '../support/gateway.ts';
import { csrfOf, logIn } from '../support/medmij-walk.ts';
import { entry, patientOf, person, transaction, urn } from '../support/people.ts';

let gateway: Gateway;
const KNOWN = person(1);
const YOUNG = { ...person(2), birthDate: '2015-01-01' };
const STRANGER = person(3);

beforeAll(async () => {
  gateway = await openGateway({ digid: true });
  for (const one of [KNOWN, YOUNG]) {
    await gateway.send('epd-proef', transaction([entry(urn(one.bsn), patientOf(one))]));
  }
});
afterAll(() => gateway.close());

const good = (): Record<string, string> => ({
  response_type: 'code',
  client_id: PGO,
  redirect_uri: `https://${PGO}/callback`,
  scope: 'ziekenhuisproef',
  state: 'st',
  ...ids(),
});
const ids = () => ({ 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': randomUUID() });
const authorize = (change: Record<string, string>) =>
  gateway.ask(`/medmij/authorize?${new URLSearchParams({ ...good(), ...change })}`);

describe('an address that almost is the client’s', () => {
  it.each([
    `https:/${PGO}/cb`,
    `https:${PGO}/cb`,
    `HTTPS://${PGO}/cb`,
    `https://${PGO.toUpperCase()}/cb`,
    `https://${PGO}:443/cb`,
    `https://${PGO}./cb`,
    `https://${PGO.replace('p', 'ｐ')}/cb`,
    `https://${PGO.replace('.', '。')}/cb`,
    `https://${PGO.replace('.', '%2e')}/cb`,
    `https://${PGO}\u00ad/cb`,
    `https://@${PGO}/cb`,
    `https://${PGO}/a/../b`,
    `https://${PGO}/%2e%2e/b`,
    `https://${PGO}/cb%0d%0aLocation:%20x`,
    `https://${PGO}/"><script>`,
    `https://${PGO}/\u00e9`,
    `https://${PGO}/${'a'.repeat(3_000)}`,
  ])('is answered with a page: %s', async (redirect_uri) => {
    const answer = await authorize({ redirect_uri });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers.location).toBeUndefined();
  });

  it.each([`https://${PGO}`, `https://${PGO}/`, `https://${PGO}/a;b/c_d~e`])(
    'while its own is taken: %s',
    async (redirect_uri) => {
      expect((await authorize({ redirect_uri })).statusCode).toBe(200);
    },
  );
});

describe('a state', () => {
  it.each([
    ['not UTF-8', '%ff'],
    ['with a line break', 'a%0d%0aSet-Cookie:x'],
    ['with a null', 'a%00b'],
  ])('that could not be given back as it came is refused: %s', async (_name, state) => {
    const query = new URLSearchParams(good()).toString().replace('state=st', `state=${state}`);
    const answer = await gateway.ask(`/medmij/authorize?${query}`);
    const url = new URL(String(answer.headers.location));
    expect(url.searchParams.get('error')).toBe('invalid_request');
    expect(url.searchParams.has('state')).toBe(false);
  });
});

describe('another method or media type', () => {
  it.each([
    ['/medmij/authorize', 'GET'],
    ['/medmij/toestemmingen', 'GET'],
    ['/medmij/callback', 'GET'],
    ['/medmij/token', 'POST'],
  ])('is 405 and lets no other site in: %s', async (url, allow) => {
    for (const method of ['OPTIONS', 'TRACE', 'PUT', 'PATCH', 'DELETE'] as const) {
      const answer = await gateway.app.inject({
        method: method as 'OPTIONS',
        url,
        headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
      });
      expect(answer.statusCode, method).toBe(405);
      expect(answer.headers.allow).toBe(allow);
      expect(Object.keys(answer.headers).join()).not.toContain('access-control');
    }
  });

  it.each([
    ['application/json', JSON.stringify({ grant_type: 'authorization_code', client_id: PGO })],
    ['text/plain', `grant_type=authorization_code&client_id=${PGO}`],
    ['multipart/form-data; boundary=x', '--x--'],
    ['', `grant_type=authorization_code&client_id=${PGO}`],
  ])('at the token interface is 415: %s', async (type, payload) => {
    const headers = { ...(type ? { 'content-type': type } : {}), ...ids() };
    const answer = await gateway.app.inject({
      method: 'POST',
      url: '/medmij/token',
      headers,
      payload,
    });
    expect(answer.statusCode).toBe(415);
    expect(answer.json().error).toBe('invalid_request');
  });
});

/** The whole way to a code, with what was asked. */
async function codeFor(change: Record<string, string> = {}) {
  const asked = { ...good(), ...change };
  const walk = await logIn(gateway, asked, digidForm(KNOWN.bsn));
  const page = await walk.go(String((await walk.go(walk.back)).headers.location));
  const end = await walk.go('/medmij/toestemming', { csrf: csrfOf(page), keuze: 'ja' });
  const code = new URL(String(end.headers.location)).searchParams.get('code') ?? '';
  return { code, correlation: asked['X-Correlation-ID'] ?? '' };
}

const redeem = (
  { code, correlation }: { code: string; correlation: string },
  more: Record<string, string> = {},
) =>
  gateway.ask('/medmij/token', {
    headers: { 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': correlation },
    form: {
      ...{ grant_type: 'authorization_code', client_id: PGO, code },
      ...{ redirect_uri: `https://${PGO}/callback`, ...more },
    },
  });

describe('a code', () => {
  it('is given for a certificate alone, not for a secret beside it', async () => {
    const { code, correlation } = await codeFor();
    const told = await gateway.ask('/medmij/token', {
      headers: {
        authorization: `Basic ${Buffer.from(`${PGO}:geheim`).toString('base64')}`,
        'MedMij-Request-ID': randomUUID(),
        'X-Correlation-ID': correlation,
      },
      form: {
        ...{ grant_type: 'authorization_code', client_id: PGO, code },
        redirect_uri: `https://${PGO}/callback`,
      },
    });
    expect(told.json().error).toBe('invalid_request');
    expect((await redeem({ code, correlation })).json().error).toBe('invalid_grant');
  });

  it('of another app is no good, and dies of it', async () => {
    const one = await codeFor();
    const own = { client_id: OTHER_PGO, redirect_uri: `https://${OTHER_PGO}/callback` };
    expect((await redeem(one, own)).json().error).toBe('invalid_grant');
    expect((await redeem(one)).json().error).toBe('invalid_grant');
  });

  it('asked for with PKCE is redeemed with its verifier only', async () => {
    const verifier = randomBytes(32).toString('base64url');
    const pkce = {
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    };
    expect((await redeem(await codeFor(pkce))).json().error).toBe('invalid_grant');
    const wrong = { code_verifier: `${verifier.slice(1)}x` };
    expect((await redeem(await codeFor(pkce), wrong)).json().error).toBe('invalid_grant');
    const told = await redeem(await codeFor(pkce), { code_verifier: verifier });
    expect(told.statusCode, told.body).toBe(200);
    // A verifier without a challenge: somebody took the challenge out on its way.
    const stripped = await codeFor();
    expect((await redeem(stripped, { code_verifier: verifier })).statusCode).toBe(400);
    expect((await redeem(stripped)).statusCode).toBe(400);
    // A field without a value counts as left out.
    expect((await redeem(await codeFor(), { code_verifier: '' })).statusCode).toBe(200);
  });

  it.each([
    ['plain', 'plain'],
    ['no method', ''],
  ])('with a weaker challenge is not given: %s', async (_name, method) => {
    const answer = await authorize({
      code_challenge: 'a'.repeat(43),
      ...(method === '' ? {} : { code_challenge_method: method }),
    });
    const url = new URL(String(answer.headers.location));
    expect(url.searchParams.get('error')).toBe('invalid_request');
  });
});

describe('no data, too young, and no consent', () => {
  /** Time between the press of the button and the answer, in milliseconds; and all that is told. */
  async function refusal(bsn: string) {
    const walk = await logIn(gateway, good(), digidForm(bsn));
    const page = await walk.go(String((await walk.go(walk.back)).headers.location));
    const start = performance.now();
    const answer = await walk.go('/medmij/toestemming', { csrf: csrfOf(page), keuze: 'nee' });
    const ms = performance.now() - start;
    const { date: _date, 'x-request-id': _id, ...headers } = answer.headers;
    return { ms, told: JSON.stringify([answer.statusCode, headers, answer.body]) };
  }

  it('are the same bytes, and leave at the end of the same band of time', async () => {
    const told = new Set<string>();
    for (const bsn of [STRANGER.bsn, YOUNG.bsn, KNOWN.bsn, STRANGER.bsn]) {
      const one = await refusal(bsn);
      told.add(one.told);
      expect(one.ms).toBeGreaterThan(49);
    }
    expect(told.size).toBe(1);
  });
});
