/** One browser, several windows: each run goes on under a cookie of its own. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway, PGO, PUBLIC_URL } from '../support/gateway.ts';
import { atDigid, csrfOf } from '../support/medmij-walk.ts';
import { entry, patientOf, person, transaction, urn } from '../support/people.ts';

let gateway: Gateway;
const known = person(1);

beforeAll(async () => {
  gateway = await openGateway({ digid: true });
  const sent = transaction([entry(urn(known.bsn), patientOf(known))]);
  expect((await gateway.send('epd-proef', sent)).statusCode).toBe(200);
});
afterAll(() => gateway.close());

/** A jar as a browser keeps it: by name, in the order in which the names came. */
function openBrowser() {
  const jar = new Map<string, string>();
  return {
    jar,
    async go(url: string, form?: Record<string, string>) {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await gateway.ask(url.replace(PUBLIC_URL, ''), {
        headers: cookie === '' ? {} : { cookie },
        ...(form ? { form } : {}),
      });
      for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        // A browser heeds a line about a `__Host-` cookie only when it says Secure and Path=/.
        expect(line).toMatch(/; Path=\/.*; Secure/);
        if (value === '') jar.delete(name);
        else jar.set(name, value);
      }
      return answer;
    },
  };
}

const request = (state: string) =>
  `/medmij/authorize?${new URLSearchParams({
    ...{ response_type: 'code', client_id: PGO, redirect_uri: `https://${PGO}/callback` },
    ...{ scope: 'ziekenhuisproef', state },
    ...{ 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': randomUUID() },
  })}`;

const backAt = (location: unknown) => new URL(String(location)).searchParams;

describe('two windows of one browser', () => {
  it('both come to their end, whichever step is taken in which window first', async () => {
    const { go, jar } = openBrowser();
    const landings = [await go(request('een')), await go(request('twee'))];
    expect([...jar.keys()]).toEqual(['__Host-medmij', '__Host-medmij-2']);
    const logins = [];
    for (const page of landings) {
      logins.push(await go('/medmij/start', { csrf: csrfOf(page), keuze: 'inloggen' }));
    }
    const backs = [];
    for (const { headers } of logins) {
      backs.push(await atDigid(String(headers.location), { bsn: known.bsn }));
    }
    // The second comes back from the log-in before the first does.
    const second = await go(backs[1] ?? '');
    const first = await go(backs[0] ?? '');
    expect(second.headers.location).toBe('/medmij/toestemming?venster=2');
    expect(first.headers.location).toBe('/medmij/toestemming');
    const asked = [await go('/medmij/toestemming'), await go('/medmij/toestemming?venster=2')];
    // The other language is of the same window.
    expect(asked[1]?.body).toContain('/medmij/toestemming?venster=2&amp;lang=en');
    const no = await go('/medmij/toestemming', { csrf: csrfOf(one(asked, 1)), keuze: 'nee' });
    const yes = await go('/medmij/toestemming', { csrf: csrfOf(one(asked, 0)), keuze: 'ja' });
    expect(Object.fromEntries(backAt(no.headers.location))).toMatchObject({
      error: 'access_denied',
      state: 'twee',
    });
    expect(backAt(yes.headers.location).get('code')).toBeTruthy();
    expect(backAt(yes.headers.location).get('state')).toBe('een');
    expect(jar.size).toBe(0);
  });

  it('ends one of them where the person stops, and leaves the other', async () => {
    const { go, jar } = openBrowser();
    const first = await go(request('een'));
    await go(request('twee'));
    const stopped = await go('/medmij/start', { csrf: csrfOf(first), keuze: 'annuleren' });
    expect(stopped.body).toContain('U bent gestopt');
    expect([...jar.keys()]).toEqual(['__Host-medmij-2']);
    expect((await go('/medmij/landing?venster=2')).statusCode).toBe(200);
    expect((await go('/medmij/landing')).statusCode).toBe(400);
  });

  it('holds five at most, so that the cookies never outgrow a request', async () => {
    const { go, jar } = openBrowser();
    const pages = [];
    for (let window = 1; window <= 7; window += 1) pages.push(await go(request(`s${window}`)));
    expect(jar.size).toBe(5);
    const late = await go('/medmij/start', { csrf: csrfOf(one(pages, 0)), keuze: 'inloggen' });
    expect(late.statusCode).toBe(403);
    const last = await go('/medmij/start', { csrf: csrfOf(one(pages, 6)), keuze: 'inloggen' });
    expect(last.statusCode).toBe(303);
  });

  it('opens no window with the form of another browser, and none by its number alone', async () => {
    const mine = openBrowser();
    const theirs = openBrowser();
    const page = await mine.go(request('mijn'));
    await theirs.go(request('hun'));
    const form = { csrf: csrfOf(page), keuze: 'inloggen' };
    expect((await theirs.go('/medmij/start', form)).statusCode).toBe(403);
    for (const window of ['2', '0', '', '1,2', '__proto__']) {
      const answer = await theirs.go(`/medmij/landing?venster=${encodeURIComponent(window)}`);
      expect(answer.statusCode).toBe(400);
    }
    expect((await theirs.go('/medmij/landing?venster=1&venster=2')).statusCode).toBe(400);
  });
});

describe('a form that comes too late', () => {
  it('leads back to its own app, with the same bytes as any refusal', async () => {
    const { go, jar } = openBrowser();
    const landing = await go(request('laat'));
    gateway.later(1_000);
    jar.clear();
    const form = { csrf: csrfOf(landing), terugweg: wayBackIn(landing.body), keuze: 'inloggen' };
    const late = await go('/medmij/start', form);
    expect(late.statusCode).toBe(403);
    expect(late.body).toContain('<h1>Begin opnieuw in uw app</h1>');
    const back = backAt(
      /class="button" href="([^"]+)"/.exec(late.body)?.[1]?.replaceAll('&amp;', '&'),
    );
    expect(Object.fromEntries(back)).toEqual({
      error: 'access_denied',
      error_description: 'De persoon of de aanbieder geeft de gegevens niet vrij.',
      state: 'laat',
    });
    // Made up, of another form, or of days ago: no way back at all.
    const other = await go(request('ander'));
    for (const wrong of [
      { ...form, csrf: csrfOf(other) },
      { ...form, terugweg: `${form.terugweg.slice(0, -4)}AAAA` },
      { csrf: form.csrf, keuze: 'inloggen' },
    ]) {
      jar.clear();
      expect((await go('/medmij/start', wrong)).body).not.toContain('class="button"');
    }
    gateway.later(86_400);
    expect((await go('/medmij/start', form)).body).not.toContain('class="button"');
  });
});

const wayBackIn = (page: string): string => /name="terugweg" value="([^"]+)"/.exec(page)?.[1] ?? '';

function one<T>(all: readonly T[], at: number): T {
  const found = all[at];
  if (found === undefined) throw new Error(`there is no ${at}`);
  return found;
}
