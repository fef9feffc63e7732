/** State between two requests: only who holds the handle opens it, once where it says once. */
import { createSecretKey, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSealedState, createTokens, newFamily } from '../../src/identity/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let db: TestDatabase;
let now = Date.now();
const clock = () => new Date(now);
const key = createSecretKey(randomBytes(32));
const state = createSealedState(clock, key);

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const put = (value: unknown, seconds = 60, family?: string) =>
  state.put(db.database, value, {
    kind: 'code',
    seconds,
    ...(family === undefined ? {} : { family }),
  });

describe('sealed state', () => {
  it('is taken once, also by ten at the same time', async () => {
    const handle = await put({ a: 1 });
    const taken = await Promise.all(
      Array.from({ length: 10 }, () => state.take(db.database, 'code', handle)),
    );
    expect(taken.filter((one) => one !== undefined)).toHaveLength(1);
    expect(await state.peek(db.database, 'code', handle)).toBeUndefined();
    expect((await state.spent(db.database, 'code', handle))?.value).toEqual({ a: 1 });
  });

  it('is of one kind, and over in time', async () => {
    const handle = await put('x', 10);
    expect(await state.peek(db.database, 'session', handle)).toBeUndefined();
    expect((await state.peek<string>(db.database, 'code', handle))?.value).toBe('x');
    now += 10_000;
    expect(await state.peek(db.database, 'code', handle)).toBeUndefined();
    expect(await state.take(db.database, 'code', handle)).toBeUndefined();
  });

  it('ends with its family, and no other', async () => {
    const [family, other] = [newFamily(), newFamily()];
    const handles = [await put(1, 60, family), await put(2, 60, family), await put(3, 60, other)];
    await state.endFamily(db.database, family);
    const left = await Promise.all(
      handles.map((handle) => state.peek<number>(db.database, 'code', handle)),
    );
    expect(left.map((one) => one?.value)).toEqual([undefined, undefined, 3]);
  });

  it('shows neither handle nor value in the database', async () => {
    const handle = await put({ bsn: '999990019' });
    const { rows } = await db.database.query('select * from sealed_state');
    const text = rows
      .map((row) =>
        Object.values(row).map((one) => (Buffer.isBuffer(one) ? one.toString('latin1') : one)),
      )
      .join();
    expect(text).not.toContain('999990019');
    expect(text).not.toContain(handle);
  });

  it('is swept a day after its end', async () => {
    await put('old', 1);
    now += 86_400_000 + 120_000;
    await state.sweep(db.database);
    const { rows } = await db.database.query('select count(*)::int as n from sealed_state');
    expect(rows).toEqual([{ n: 0 }]);
  });
});

describe('access tokens', () => {
  it('live 900 seconds at most, and end within a second of their revocation', async () => {
    const tokens = createTokens(db.database, state, clock);
    const elsewhere = createTokens(db.database, state, clock);
    const family = newFamily();
    const claims = { kind: 'sender', client: 'c', organisation: 'o', scope: 's' } as const;
    const { token, expiresIn } = await tokens.issue(db.database, claims, {
      family,
      seconds: 9_000,
    });
    expect(expiresIn).toBe(900);
    expect((await elsewhere.verify(token)).claims).toEqual(claims);
    expect(elsewhere.countedAs(token)).toBe('c');
    await tokens.revokeFamily(db.database, family);
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'invalid_token' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await expect(elsewhere.verify(token)).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  it.each(['', 'x', 'x'.repeat(10_000), '\u0000'])('refuse %j', async (token) => {
    const tokens = createTokens(db.database, state, clock);
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'invalid_token' });
    expect(tokens.countedAs(token)).toBeUndefined();
  });
});

describe('a row that somebody wrote into the table', () => {
  const ask = (handle: string, kind: 'code' | 'session' = 'code') =>
    state.peek(db.database, kind, handle);

  it('opens nothing, though it is sealed as it should be under a handle of his own', async () => {
    const forger = createSealedState(clock, createSecretKey(randomBytes(32)));
    const claims = { kind: 'medmij', vault: newFamily() };
    const handle = await forger.put(db.database, claims, { kind: 'access-token', seconds: 900 });
    expect(await forger.peek(db.database, 'access-token', handle)).toBeDefined();
    expect(await state.peek(db.database, 'access-token', handle)).toBeUndefined();
    expect(await state.take(db.database, 'access-token', handle)).toBeUndefined();
    await state.replace(db.database, 'access-token', handle, claims);
    expect(await state.peek(db.database, 'access-token', handle)).toBeUndefined();
  });

  it.each([
    ['lives no longer', `set expires = expires + interval '1 hour'`, 'code'],
    ['is of no other kind', `set kind = 'session'`, 'session'],
    ['belongs to no other consent', 'set family = gen_random_uuid()', 'code'],
  ] as const)('%s', async (_name, change, kind) => {
    const handle = await put('x', 60, newFamily());
    expect(await ask(handle)).toBeDefined();
    await db.database.query(`update sealed_state ${change} where ended is null`);
    expect(await ask(handle, kind)).toBeUndefined();
  });

  it('does not live again when its end is taken out', async () => {
    const family = newFamily();
    const [taken, ended] = [await put('x'), await put('y', 60, family)];
    await state.take(db.database, 'code', taken);
    await state.endFamily(db.database, family);
    await state.replace(db.database, 'code', taken, 'z');
    await db.database.query('update sealed_state set ended = null');
    expect([await ask(taken), await ask(ended)]).toEqual([undefined, undefined]);
  });

  it('is bound once where it was there before', async () => {
    const handle = await put('before');
    await db.database.query('update sealed_state set bound = null');
    expect(await ask(handle)).toBeUndefined();
    await db.database.transaction((tx) => state.bindAll(tx));
    expect((await ask(handle))?.value).toBe('before');
  });
});
