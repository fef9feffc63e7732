/** The names of a study outlive a rotation of the key-encryption key. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStudies, SEALED_BY_CONSENT } from '../../src/consent/index.ts';
import { newKeyring, openKeyring, withNewKek } from '../../src/identity/index.ts';
import { createStore } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

it('are the same under the new key, when the old one has gone', async () => {
  const clock = () => new Date('2026-03-10T10:00:00Z');
  const file = newKeyring({ demo: true, name: 'test.example/audit' });
  const studiesWith = (keys: typeof file) => {
    const store = createStore({ keyring: openKeyring(keys), clock });
    return { store, studies: createStudies(db.database, store, clock) };
  };
  const [study, vault] = [randomUUID(), randomUUID()];
  const before = studiesWith(file);
  const name = (await before.studies.of(study)).person(vault);
  await before.studies.noteRun(study, randomUUID(), [name]);
  const rotated = withNewKek(file);
  const { store } = studiesWith(rotated);
  const counts: number[] = [];
  for (const one of SEALED_BY_CONSENT) counts.push(await store.resealRows(db.database, one));
  expect(counts.filter((count) => count > 0)).toEqual([1, 1]);
  const { current, keys } = rotated.kek;
  const only = { ...rotated, kek: { current, keys: { [current]: keys[current] ?? '' } } };
  const after = studiesWith(only).studies;
  expect((await after.of(study)).person(vault)).toBe(name);
  expect(await after.lastRun(study)).toEqual([name]);
  expect((await after.of(randomUUID())).person(vault)).not.toBe(name);
});
