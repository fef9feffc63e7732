/** Tokens for systems: who proves itself with private_key_jwt, and what it must say. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Problem } from '../../src/platform/problem.ts';
import {
  type AssertionOptions,
  type Gateway,
  openGateway,
  PGO,
  PUBLIC_URL,
  purposeOf,
  TREATMENT,
  tokenForm,
} from '../support/gateway.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

async function ask(form: Record<string, string>) {
  const answer = await gateway.ask('/oauth/token', { form });
  return { status: answer.statusCode, headers: answer.headers, ...answer.json() };
}

async function prove(client = 'partner-huisarts', options: AssertionOptions = {}, scope?: string) {
  const assertion = await gateway.assertion(client, { claims: TREATMENT, ...options });
  return ask(tokenForm(assertion, scope));
}

describe('a client that proves itself', () => {
  it('gets a short token for what it asked and may have', async () => {
    expect(await prove('partner-huisarts', {}, 'system/*.read system/admin')).toMatchObject({
      status: 200,
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'system/*.read',
      headers: { 'cache-control': 'no-store' },
    });
  });

  it('gets nothing when it may have nothing of it', async () => {
    expect(await prove('partner-huisarts', {}, 'system/intake')).toMatchObject({
      status: 400,
      error: 'invalid_scope',
    });
  });
});

describe('a proof that does not hold is refused in the same words', () => {
  const { privateKey: strange } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = new TextEncoder().encode('x'.repeat(40));
  const cases: [string, string, AssertionOptions][] = [
    ['another key', 'partner-huisarts', { key: strange }],
    ['a shared secret', 'partner-huisarts', { algorithm: 'HS256', key: secret }],
    ['another audience', 'partner-huisarts', { audience: 'https://elsewhere.example/token' }],
    ['the issuer as audience', 'partner-huisarts', { audience: PUBLIC_URL }],
    ['another subject', 'partner-huisarts', { subject: 'epd-proef' }],
    ['one that is over', 'partner-huisarts', { seconds: -60 }],
    ['one that lasts too long', 'partner-huisarts', { seconds: 600 }],
    ['an empty jti', 'partner-huisarts', { jti: '' }],
    ['a jti with a zero byte', 'partner-huisarts', { jti: 'a\u0000b' }],
    ['a jti without end', 'partner-huisarts', { jti: 'x'.repeat(5_000) }],
    ['a client of another kind', PGO, {}],
  ];
  it.each(cases)('%s', async (_name, client, options) => {
    expect(await prove(client, options)).toMatchObject({
      status: 401,
      error: 'invalid_client',
      error_description: 'The client could not be authenticated.',
    });
  });

  it.each(['', 'a.b.c', 'x', 'eyJhbGciOiJub25lIn0.e30.'])('%s', async (assertion) => {
    const answer = await ask(tokenForm(assertion));
    expect(answer).toMatchObject({ status: 401, error: 'invalid_client' });
  });

  it('an unknown and a suspended client', async () => {
    const { clients, database } = gateway.rooms;
    const client = await clients.byId('partner-ander');
    if (!client) throw new Error('no client');
    await clients.put(database, { ...client, status: 'suspended' });
    expect(await prove('partner-ander')).toMatchObject({ status: 401, error: 'invalid_client' });
    await clients.put(database, client);
    expect(await prove('partner-ander')).toMatchObject({ status: 200 });
  });

  it('one used before, also when it comes five times at once', async () => {
    const assertion = await gateway.assertion('partner-huisarts', { claims: TREATMENT });
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => ask(tokenForm(assertion))));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
    const jti = randomUUID();
    expect(await prove('partner-huisarts', { jti })).toMatchObject({ status: 200 });
    expect(await prove('partner-huisarts', { jti })).toMatchObject({ status: 401 });
    expect(await prove('partner-ander', { jti })).toMatchObject({ status: 200 });
  });

  it('one used before, also when somebody took its row out of the database', async () => {
    const jti = randomUUID();
    const assertion = await gateway.assertion('partner-huisarts', { claims: TREATMENT, jti });
    expect(await ask(tokenForm(assertion))).toMatchObject({ status: 200 });
    await gateway.rooms.database.query('delete from client_jti where jti = $1', [jti]);
    const again = await ask(tokenForm(assertion));
    expect(again).toMatchObject({ status: 401, error: 'invalid_client' });
  });

  it('once also when it comes many times at the same moment, among others', async () => {
    const jti = randomUUID();
    const same = Array.from({ length: 6 }, () => prove('partner-huisarts', { jti }));
    const others = Array.from({ length: 6 }, () =>
      prove('partner-huisarts', { jti: randomUUID() }),
    );
    const status = (answers: { status: number }[]) => answers.map((one) => one.status).toSorted();
    expect(status(await Promise.all(same))).toEqual([200, 401, 401, 401, 401, 401]);
    expect(status(await Promise.all(others))).toEqual([200, 200, 200, 200, 200, 200]);
  });

  it('not one that was told to come back later: the same bytes serve once more', async () => {
    const jti = randomUUID();
    const { ledger } = gateway.rooms;
    for (const [kind, status] of [
      ['busy', 503],
      ['throttled', 429],
    ] as const) {
      const later = new Problem(kind, 'Not now.');
      const failing = vi.spyOn(ledger, 'record').mockRejectedValueOnce(later);
      expect(await prove('partner-huisarts', { jti })).toMatchObject({ status });
      failing.mockRestore();
    }
    expect(await prove('partner-huisarts', { jti })).toMatchObject({ status: 200 });
    expect(await prove('partner-huisarts', { jti })).toMatchObject({ status: 401 });
  });

  it('the old key once it is taken away, while both work until then', async () => {
    const { clients, database } = gateway.rooms;
    const client = await clients.byId('partner-huisarts');
    if (!client) throw new Error('no client');
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const next = { ...publicKey.export({ format: 'jwk' }), kid: 'next', alg: 'ES256' };
    await clients.put(database, { ...client, keys: [...client.keys, next as never] });
    expect(await prove()).toMatchObject({ status: 200 });
    await clients.put(database, {
      ...client,
      keys: [{ ...next, kid: 'partner-huisarts-1' } as never],
    });
    expect(await prove()).toMatchObject({ status: 401 });
    expect(await prove('partner-huisarts', { key: privateKey })).toMatchObject({ status: 200 });
    await clients.put(database, client);
  });
});

describe('a partner says why', () => {
  const emergency = (more: object) =>
    purposeOf('ETREAT', { emergency: { level: 'urgent', reason: REASON, ...more } });
  const REASON = 'Bewusteloos binnengebracht, medicatie onbekend';
  const ALL = { emergency: { level: 'urgent', reason: REASON } };
  const NAMELESS = [400, 'invalid_request'] as const;

  it.each<[string, Record<string, unknown>, number, string]>([
    ['no purpose', {}, 400, 'invalid_request'],
    ['an unknown purpose', purposeOf('MARKETING'), 400, 'invalid_request'],
    ['two purposes', purposeOf(['TREAT', 'ETREAT']), 400, 'invalid_request'],
    ['a role that is no text', purposeOf('TREAT', { subject_role: 1 }), 400, 'invalid_request'],
    ['an emergency without its level', emergency({ level: 'x' }), 400, 'invalid_request'],
    ['an emergency without reason', emergency({ reason: '' }), 422, 'reason-required'],
    ['a reason of one letter', emergency({ reason: 'a'.repeat(30) }), 422, 'reason-required'],
    ['an emergency with all of it', emergency({}), 200, ''],
    ['an emergency of nobody', purposeOf('ETREAT', { ...ALL, subject_id: ' ' }), ...NAMELESS],
    [
      'an emergency in no role',
      purposeOf('ETREAT', { ...ALL, subject_role: undefined }),
      ...NAMELESS,
    ],
    [
      'a care relation that nobody declares',
      purposeOf('TREAT', { care_relation: { reason: REASON }, subject_id: undefined }),
      ...NAMELESS,
    ],
  ])('%s', async (_name, claims, status, error) => {
    const answer = await prove('partner-huisarts', { claims });
    expect(answer.status).toBe(status);
    if (error) expect(answer.error).toBe(error);
  });
});

describe('a request that cannot be read', () => {
  const form = 'application/x-www-form-urlencoded';
  it.each([
    ['another grant', form, 'grant_type=password&client_assertion_type=x&client_assertion=y', 400],
    ['a missing parameter', form, 'grant_type=client_credentials', 400],
    ['a parameter twice', form, `${new URLSearchParams(tokenForm('a'))}&client_assertion=b`, 400],
    ['no body', form, '', 400],
    ['another media type', 'text/csv', 'x', 415],
    ['a body beyond the limit', form, `a=${'x'.repeat(20_000)}`, 413],
  ])('%s', async (_name, type, body, status) => {
    const headers = { 'content-type': type };
    const answer = await gateway.ask('/oauth/token', { method: 'POST', body, headers });
    expect(answer.statusCode).toBe(status);
    expect(answer.json().error).toMatch(/^(invalid_request|unsupported_grant_type)$/);
  });
});
