/**
 * Games with what an app was given: a token as another kind of token, more asked than was given, a
 * refresh beside a stop, and an answer that is passed to the wrong server (mix-up, RFC 9207).
 */
import { randomUUID } from 'node:crypto';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endToestemming, toestemmingenOf } from '../../src/medmij/toestemming.ts';
import { digidForm, type Gateway, openGateway, PGO, PUBLIC_URL } from '../support/gateway.ts';
import { csrfOf, logIn } from '../support/medmij-walk.ts';
import { entry, patientOf, person, transaction, urn, vaultOf } from '../support/people.ts';

const REDIRECT = `https://${PGO}/callback`;
const own = person(1);
let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway({
    digid: true,
    config: (config) => ({ ...config, medmij: { ...config.medmij, issInAnswer: true } }),
  });
  await gateway.send('epd-proef', transaction([entry(urn('p'), patientOf(own))]));
});
afterAll(() => gateway.close());

const ids = () => ({ 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': randomUUID() });

/** The whole way to an answer at the app, with a yes or a no of the person. */
async function answered(keuze: 'ja' | 'nee', state = 'st', scope = 'ziekenhuisproef') {
  const asked = { response_type: 'code', client_id: PGO, redirect_uri: REDIRECT, scope, state };
  const walk = await logIn(gateway, { ...asked, ...ids() }, digidForm(own.bsn));
  const page = await walk.go(String((await walk.go(walk.back)).headers.location));
  const form = { csrf: csrfOf(page), keuze, langdurig: 'ja' };
  return new URL(String((await walk.go('/medmij/toestemming', form)).headers.location));
}

async function token(form: Record<string, string>) {
  const answer = await gateway.ask('/medmij/token', {
    form: { client_id: PGO, ...form },
    headers: ids(),
  });
  return { status: answer.statusCode, ...answer.json() };
}

async function pair(scope?: string) {
  const code = (await answered('ja', 'st', scope)).searchParams.get('code') ?? '';
  const told = await token({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT });
  expect(told.status).toBe(200);
  return told as { access_token: string; refresh_token: string; scope: string };
}

const refresh = (refresh_token: string, more: Record<string, string> = {}) =>
  token({ grant_type: 'refresh_token', refresh_token, ...more });

const fetchWith = async (bearer: string, service = '48') =>
  (await gateway.ask(`/medmij/ziekenhuisproef/${service}/fhir/Patient`, { token: bearer }))
    .statusCode;

describe('what an app was given', () => {
  it('is good for one thing only', async () => {
    const { access_token: access, refresh_token: refreshing } = await pair();
    expect(await fetchWith(access)).toBe(200);
    const code = (await answered('ja')).searchParams.get('code') ?? '';
    expect(await fetchWith(refreshing)).toBe(401);
    expect(await fetchWith(code)).toBe(401);
    expect(await refresh(access)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await refresh(code)).toMatchObject({ status: 400, error: 'invalid_grant' });
    const asCode = { grant_type: 'authorization_code', redirect_uri: REDIRECT };
    for (const wrong of [access, refreshing]) {
      const told = await token({ ...asCode, code: wrong });
      expect(told).toMatchObject({ status: 400, error: 'invalid_grant' });
    }
  });

  it('goes in the header and nowhere else, not beside it either', async () => {
    const { access_token: access } = await pair();
    const base = '/medmij/ziekenhuisproef/48/fhir';
    const form = { access_token: access };
    for (const [url, more] of [
      [`${base}/Patient?access_token=${access}`, {}],
      [`${base}/Patient/_search`, { form }],
      [`/medmij/granted?access_token=${access}`, {}],
    ] as const) {
      expect((await gateway.ask(url, more)).statusCode, url).toBe(401);
      const beside = await gateway.ask(url, { ...more, token: access });
      expect(beside.statusCode, url).toBe(400);
      expect(beside.body).not.toContain(access);
    }
    expect(await fetchWith(access)).toBe(200);
  });

  it('comes in one header: of two, a proxy in front may have checked the other one', async () => {
    const { access_token: access } = await pair();
    await gateway.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = gateway.app.server.address() as AddressInfo;
    const statusOf = (tokens: readonly string[]) =>
      new Promise<number | undefined>((resolve, reject) => {
        const path = '/medmij/ziekenhuisproef/48/fhir/Patient';
        const lines = tokens.flatMap((one) => ['Authorization', `Bearer ${one}`]);
        const headers = [
          ...lines,
          'MedMij-Request-ID',
          randomUUID(),
          'Host',
          'x',
          'Connection',
          'close',
        ];
        get({ host: '127.0.0.1', port, path, headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        }).on('error', reject);
      });
    expect(await statusOf([access])).toBe(200);
    expect(await statusOf([access, 'x'])).toBe(400);
    expect(await statusOf(['x', access])).toBe(400);
  });

  it('never grows at a refresh, whatever is asked beside it', async () => {
    const first = await pair('ziekenhuisproef~48');
    expect(first.scope).toBe('48');
    const more = { scope: '48 51 63', aanbieder: 'anderziekenhuis', resource: 'x', audience: '51' };
    const second = await refresh(first.refresh_token, more);
    expect(second).toMatchObject({ status: 200, scope: '48' });
    expect(await fetchWith(second.access_token, '51')).toBe(403);
    const elsewhere = await gateway.ask('/medmij/anderziekenhuis/48/fhir/Patient', {
      token: second.access_token,
    });
    expect(elsewhere.statusCode).toBe(403);
  });

  it('asked for more often at once than there are lines to the database, holds up nobody', async () => {
    const first = await pair();
    // The directory of providers is read anew by then, over a line of its own.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const asked = Promise.all(Array.from({ length: 30 }, () => refresh(first.refresh_token)));
    const waited = new Promise((resolve) => setTimeout(() => resolve('held up'), 15_000).unref());
    const answers = await Promise.race([asked, waited]);
    expect(answers).toHaveLength(30);
    expect(new Set((await asked).map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('is over after a stop, also for refreshes that run at that moment', async () => {
    const { database, clock, tokens } = gateway.rooms;
    const vault = await vaultOf(gateway, own);
    const first = await pair();
    const [consent] = await toestemmingenOf(database, vault);
    const stop = async () => {
      await endToestemming(database, vault, consent?.id ?? '', clock());
      await tokens.revokeFamily(database, consent?.id ?? '');
    };
    const asked = await Promise.all([
      ...Array.from({ length: 6 }, () => refresh(first.refresh_token)),
      stop(),
      ...Array.from({ length: 6 }, () => refresh(first.refresh_token)),
    ]);
    // A verified token may be remembered for a moment.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const given = asked.flatMap((one) => (one?.status === 200 ? [one] : []));
    for (const { access_token: access, refresh_token: next } of [first, ...given]) {
      expect(await fetchWith(access)).toBe(401);
      expect(await refresh(next)).toMatchObject({ error: 'invalid_grant' });
    }
  });
});

describe('an answer to an app', () => {
  it('names who gives it and what was asked, so that it cannot pass for that of another', async () => {
    for (const [keuze, name] of [
      ['ja', 'code'],
      ['nee', 'error'],
    ] as const) {
      const state = `a+b/c=&d ${randomUUID()}`;
      const { origin, pathname, searchParams, hash } = await answered(keuze, state);
      expect(`${origin}${pathname}${hash}`).toBe(REDIRECT);
      expect(searchParams.get('iss')).toBe(PUBLIC_URL);
      expect(searchParams.getAll('state')).toEqual([state]);
      expect(searchParams.getAll(name)).toHaveLength(1);
    }
  });
});
