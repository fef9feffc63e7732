/** The MedMij token interface: what a code and a refresh token are good for, and how often. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoCertificates } from '../../src/demo/test-ca.ts';
import { endToestemming } from '../../src/medmij/index.ts';
import { addToestemming } from '../../src/medmij/toestemming.ts';
import type { TokenGround } from '../../src/medmij/token-ground.ts';
import { type Gateway, HOSPITAL, OTHER_PGO, openGateway, PGO } from '../support/gateway.ts';
import { entry, patientOf, person, transaction, urn, vaultOf } from '../support/people.ts';

let gateway: Gateway;
let vault: string;
const REDIRECT = `https://${PGO}/callback`;

beforeAll(async () => {
  gateway = await openGateway();
  const one = person(1);
  await gateway.send('epd-proef', transaction([entry(urn('p'), patientOf(one))]));
  vault = await vaultOf(gateway, one);
});
afterAll(() => gateway.close());

/** A consent of the person, and the code that the PGO was sent back with. */
async function newCode(options: { longLived?: boolean } = {}, to = gateway, ofVault = vault) {
  const { rooms } = to;
  const consent = randomUUID();
  const longLived = options.longLived === true;
  const ground: TokenGround = {
    client: PGO,
    redirectUri: REDIRECT,
    vault: ofVault,
    aanbieder: HOSPITAL.id,
    aanbiederScope: 'ziekenhuisproef',
    kind: 'verzamelen',
    sessionId: randomUUID(),
    services: ['48', '51'],
    consent,
    longLived,
    correlationId: randomUUID(),
  };
  const { client, aanbieder, services } = ground;
  await addToestemming(rooms.database, {
    vault: ofVault,
    id: consent,
    client,
    aanbieder,
    services,
    longLived,
    given: rooms.clock(),
  });
  const state = { kind: 'code', seconds: 60, family: consent } as const;
  return { code: await rooms.state.put(rooms.database, ground, state), consent };
}

const IDS = () => ({ 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': randomUUID() });

async function ask(
  form: Record<string, string | undefined>,
  headers: Record<string, string> = IDS(),
  to = gateway,
) {
  const sent = Object.entries({ client_id: PGO, ...form }).filter(
    ([, value]) => value !== undefined,
  );
  const answer = await to.ask('/medmij/token', {
    form: Object.fromEntries(sent) as Record<string, string>,
    headers,
  });
  return { status: answer.statusCode, headers: answer.headers, ...answer.json() };
}

const byCode = (code: string, more: Record<string, string | undefined> = {}) =>
  ask({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT, ...more });

const byRefresh = (token: string, more: Record<string, string | undefined> = {}) =>
  ask({ grant_type: 'refresh_token', refresh_token: token, ...more });

const isGood = async (token: string) =>
  gateway.rooms.tokens.verify(token).then(
    () => true,
    () => false,
  );

const RETRY_OVER_SECONDS = 31;
const CACHE_OVER_MS = 300;
const cacheOver = () => new Promise((resolve) => setTimeout(resolve, CACHE_OVER_MS));

describe('a code', () => {
  it('gives one token of 900 seconds with the services granted, kept by no cache', async () => {
    const answer = await byCode((await newCode()).code);
    expect(answer).toMatchObject({
      status: 200,
      token_type: 'Bearer',
      expires_in: 900,
      scope: '48 51',
    });
    expect(answer.refresh_token).toBeUndefined();
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
  });

  it('offered twice is refused, and ends the token that it gave', async () => {
    const { code } = await newCode({ longLived: true });
    const first = await byCode(code);
    expect(await byCode(code)).toMatchObject({ status: 400, error: 'invalid_grant' });
    await cacheOver();
    expect(await isGood(first.access_token)).toBe(false);
    expect(await byRefresh(first.refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });

  it('offered five times at once gives at most one token, and that is ended', async () => {
    const { code } = await newCode();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => byCode(code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    await cacheOver();
    expect(await isGood(answers.find(({ status }) => status === 200)?.access_token)).toBe(false);
  });

  it.each<[string, Record<string, string | undefined>, number, string]>([
    ['without redirect_uri', { redirect_uri: undefined }, 400, 'invalid_request'],
    ['with another redirect_uri', { redirect_uri: `${REDIRECT}2` }, 400, 'invalid_grant'],
    ['by another client', { client_id: OTHER_PGO }, 400, 'invalid_grant'],
    ['by an unknown client', { client_id: 'onbekend.example' }, 401, 'invalid_client'],
    ['by nobody', { client_id: undefined }, 400, 'invalid_request'],
    ['without a grant_type', { grant_type: undefined }, 400, 'invalid_request'],
    ['for another grant_type', { grant_type: 'refresh_code' }, 400, 'unsupported_grant_type'],
  ])('dies at its first presentation, also %s', async (_name, change, status, error) => {
    const { code } = await newCode();
    expect(await byCode(code, change)).toMatchObject({ status, error });
    expect(await byCode(code)).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  it('dies as well when the two ids are missing', async () => {
    const { code } = await newCode();
    const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT };
    expect(await ask(form, {})).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(await ask(form)).toMatchObject({ error: 'invalid_grant' });
  });

  it('is over after a minute', async () => {
    const { code } = await newCode();
    gateway.later(61);
    expect(await byCode(code)).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  it('is not a refresh token or an access token', async () => {
    const { code } = await newCode();
    expect(await byRefresh(code)).toMatchObject({ error: 'invalid_grant' });
    expect(await isGood(code)).toBe(false);
  });
});

describe('a request that cannot be read', () => {
  it.each([
    [
      'a parameter twice',
      'grant_type=authorization_code&code=a&code=b',
      'application/x-www-form-urlencoded',
      400,
    ],
    [
      'JSON instead of a form',
      '{"grant_type":"authorization_code","code":{"a":1}}',
      'application/json',
      415,
    ],
    ['another media type', 'x', 'text/csv', 415],
    [
      'a body beyond the limit',
      `x=${'y'.repeat(20_000)}`,
      'application/x-www-form-urlencoded',
      413,
    ],
    ['no body', '', 'application/x-www-form-urlencoded', 400],
  ])('%s is answered as such', async (_name, body, type, status) => {
    const headers = { 'content-type': type, ...IDS() };
    const answer = await gateway.ask('/medmij/token', { method: 'POST', body, headers });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ error: 'invalid_request' });
  });

  it('echoes the request id of the PGO, also with a refusal', async () => {
    const headers = IDS();
    const { headers: told } = await ask({ grant_type: 'x' }, headers);
    expect(told['medmij-request-id']).toBe(headers['MedMij-Request-ID']);
  });
});

describe('a refresh token', () => {
  const start = async () => {
    const { code, consent } = await newCode({ longLived: true });
    return { consent, ...(await byCode(code)) };
  };

  it('gives the next pair, and the old one is spent', async () => {
    const first = await start();
    const second = await byRefresh(first.refresh_token);
    expect(second).toMatchObject({ status: 200, scope: '48 51' });
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await isGood(second.access_token)).toBe(true);
    expect(await byRefresh(second.refresh_token)).toMatchObject({ status: 200 });
  });

  it('used five times at once by its client gives the same pair to all', async () => {
    const { refresh_token: token } = await start();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => byRefresh(token)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(answers.map((one) => one.refresh_token)).size).toBe(1);
    expect(new Set(answers.map((one) => one.access_token)).size).toBe(1);
  });

  it('used again after the window ends everything that came from it', async () => {
    const first = await start();
    const second = await byRefresh(first.refresh_token);
    gateway.later(RETRY_OVER_SECONDS);
    expect(await byRefresh(first.refresh_token)).toMatchObject({ error: 'invalid_grant' });
    await cacheOver();
    expect(await isGood(second.access_token)).toBe(false);
    expect(await byRefresh(second.refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });

  it('used by another client ends everything, also within the window', async () => {
    const first = await start();
    const second = await byRefresh(first.refresh_token);
    expect(await byRefresh(first.refresh_token, { client_id: OTHER_PGO })).toMatchObject({
      error: 'invalid_grant',
    });
    expect(await byRefresh(second.refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });

  it('is over when the consent has ended, also as a repeat', async () => {
    const first = await start();
    const second = await byRefresh(first.refresh_token);
    const { database, clock } = gateway.rooms;
    expect(await endToestemming(database, vault, first.consent, clock())).toBe(true);
    expect(await byRefresh(first.refresh_token)).toMatchObject({ error: 'invalid_grant' });
    expect(await byRefresh(second.refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });

  it('lives half a year, anew with each use', async () => {
    const days = async (token: string) => {
      const { database, state, clock } = gateway.rooms;
      const open = await state.peek(database, 'refresh-token', token);
      return Math.round(((open?.expires.getTime() ?? 0) - clock().getTime()) / 86_400_000);
    };
    const first = await start();
    expect(await days(first.refresh_token)).toBe(183);
    gateway.later(86_400);
    expect(await days(first.refresh_token)).toBe(182);
    const second = await byRefresh(first.refresh_token);
    expect(await days(second.refresh_token)).toBe(183);
    expect(await days(first.refresh_token)).toBeLessThan(0);
  });

  it('without a window a second use is always a replay', async () => {
    const strict = await openGateway({
      config: (config) => ({ ...config, medmij: { ...config.medmij, refreshRetrySeconds: 0 } }),
    });
    try {
      await strict.send('epd-proef', transaction([entry(urn('p'), patientOf(person(1)))]));
      const own = await vaultOf(strict, person(1));
      const { code } = await newCode({ longLived: true }, strict, own);
      const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT };
      const { refresh_token: token } = await ask(form, IDS(), strict);
      const again = { grant_type: 'refresh_token', refresh_token: token };
      const answers = await Promise.all([1, 2].map(() => ask(again, IDS(), strict)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
      // Nobody asked for that end: the ledger says what was behind it, once.
      await ask(again, IDS(), strict);
      const { entries } = await strict.rooms.ledger.ofPatient(own, { limit: 20 });
      const ends = entries.filter(({ record }) => record.event === 'toestemming-ended');
      expect(ends.map(({ record }) => [record.reason, record.client])).toEqual([['replayed', PGO]]);
    } finally {
      await strict.close();
    }
  });
});

describe('in production a client shows its certificate', () => {
  let strict: Gateway;
  let header: (name: string) => Record<string, string>;

  beforeAll(async () => {
    strict = await openGateway({
      config: (config) => ({
        ...config,
        production: true,
        digid: { ...config.digid, issuer: 'https://digid.test.example' },
        staff: { ...config.staff, issuer: 'https://staff.test.example' },
        tls: { ...config.tls, trustProxy: true },
      }),
    });
    const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-tls-'));
    const made = await demoCertificates(folder, [
      { name: 'own', dnsName: PGO },
      { name: 'other', dnsName: OTHER_PGO },
      { name: 'alike', dnsName: `${PGO}.attacker.example` },
    ]);
    header = (name) => {
      const pem = readFileSync(made.clients[name]?.certFile ?? '', 'utf8');
      return { 'client-cert': `:${pem.replace(/-----[^-]+-----|\s/g, '')}:` };
    };
  });
  afterAll(() => strict.close());

  it.each([
    ['its own', 'own', 200],
    ['that of another', 'other', 401],
    ['that of a look-alike', 'alike', 401],
    ['none', undefined, 401],
  ])('%s', async (_name, certificate, status) => {
    const { code } = await newCode({}, strict);
    const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT };
    const headers = { ...IDS(), ...(certificate ? header(certificate) : {}) };
    const answer = await ask(form, headers, strict);
    expect(answer.status).toBe(status);
    if (status === 401) expect(answer.error).toBe('invalid_client');
  });

  it('and a token is good only on the line of its client', async () => {
    const { code } = await newCode({}, strict);
    const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT };
    const { access_token: token } = await ask(form, { ...IDS(), ...header('own') }, strict);
    const url = '/medmij/ziekenhuisproef/48/fhir/Patient';
    const statusWith = async (headers: Record<string, string>) =>
      (await strict.ask(url, { token, headers })).statusCode;
    expect(await statusWith(header('own'))).toBe(200);
    expect(await statusWith(header('other'))).toBe(401);
    expect(await statusWith({})).toBe(401);
  });
});
