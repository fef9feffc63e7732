/** What a decision looks at stands ahead of a large row: seen without the row, and bound to it. */
import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sql } from '../../src/platform/database.ts';
import { aheadOf, besides, sealAhead } from '../../src/store/ahead.ts';
import type { About } from '../../src/store/frame.ts';
import type { ResourceWrite } from '../../src/store/index.ts';
import { seal, unseal } from '../../src/store/seal.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { openVaultIn, putIn, resourceOf, testStore } from './records.ts';

const key = createSecretKey(randomBytes(32));
const ABOUT = { facts: { id: 'o1', category: 'none', labels: ['R'] } } as unknown as About;
const content = Buffer.from('the content, or what stands for megabytes of it');
const made = (about = ABOUT, context = 'row') =>
  seal(key, content, context, sealAhead(key, about, context));

describe('what stands ahead', () => {
  it('opens without the rest, and the rest without it', () => {
    const words = fc.array(fc.string(), { maxLength: 50 });
    fc.assert(
      fc.property(words, fc.string(), (labels, context) => {
        const about = { facts: { ...ABOUT.facts, labels } };
        const sealed = made(about, context);
        const start = sealed.subarray(0, sealed.length - content.length);
        expect(JSON.parse(aheadOf(key, start, context)?.toString() ?? '')).toEqual(about);
        expect(unseal(key, besides(sealed), context).equals(content)).toBe(true);
      }),
    );
  });

  it('is not there in a row without it, nor in too few bytes to tell', () => {
    const plain = seal(key, content, 'row');
    expect(aheadOf(key, plain, 'row')).toBeUndefined();
    expect(besides(plain)).toBe(plain);
    const sealed = made();
    const end = sealed.length - besides(sealed).length;
    for (let bytes = 0; bytes < end; bytes += 1) {
      expect(aheadOf(key, sealed.subarray(0, bytes), 'row')).toBeUndefined();
    }
  });

  it('is taken for nothing else once a bit of it changed, or in another row', () => {
    const sealed = made();
    const end = sealed.length - besides(sealed).length;
    const opened = (bytes: Buffer, context = 'row') => {
      try {
        return aheadOf(key, bytes, context) && unseal(key, besides(bytes), context);
      } catch {
        return undefined;
      }
    };
    expect(opened(sealed)?.equals(content)).toBe(true);
    expect(opened(sealed, 'another')).toBeUndefined();
    for (let bit = 0; bit < end * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(opened(changed), `bit ${bit}`).toBeUndefined();
    }
    // Neither part stands for the other.
    expect(() => unseal(key, sealed.subarray(5, end), 'row')).toThrow('could not be opened');
  });
});

describe('a large row that nobody may look into', () => {
  let db: TestDatabase;
  let vault: string;
  beforeAll(async () => {
    db = await testDatabase();
    const store = testStore();
    vault = await openVaultIn(db.database, store);
    await putIn(db.database, store, vault, ...[1, 2].map((nth) => large(`large-${nth}`)));
    await putIn(db.database, store, vault, { ...large('large-1'), sourceTime: '2026-06-01' });
  });
  afterAll(() => db.close());

  function large(id: string): ResourceWrite {
    const plain = resourceOf({ id });
    const resource = JSON.parse(plain.bytes.toString());
    const note = [{ text: randomBytes(1_500_000).toString('base64') }];
    return { ...plain, bytes: Buffer.from(JSON.stringify({ ...resource, note })) };
  }
  /** Bytes that the database gave to whoever looks for the first time since a start. */
  async function bytesFor(mayOpen: boolean, how: 'named' | 'facts' | 'cut' | 'older') {
    let bytes = 0;
    const sql: Sql = {
      ...db.database,
      query: (async (asked: never) => {
        const answer = await db.database.query<Record<string, unknown>>(asked);
        for (const row of answer.rows) {
          for (const one of Object.values(row)) if (Buffer.isBuffer(one)) bytes += one.length;
        }
        return answer;
      }) as unknown as Sql['query'],
    };
    const store = testStore();
    const epoch = await store.epoch(sql, vault);
    const names = [{ type: 'Observation', id: 'large-1' }];
    const may = { mayOpen: () => mayOpen };
    if (how === 'named' || how === 'facts') {
      const asked = how === 'named' ? { whole: names, facts: [] } : { whole: [], facts: names };
      const answer = await store.named(sql, { vault, epoch, ...asked, ...may });
      if (answer === 'moved') throw new Error('the epoch moved');
      const { id, labels } =
        [...answer.rows.map(({ facts }) => facts), ...answer.facts.flat()][0] ?? {};
      expect({ id, labels }).toEqual({ id: 'large-1', labels: ['N'] });
    } else {
      const query = { vault, epoch, types: ['Observation'], cut: true, ...may };
      const older = how === 'older' ? { olderToo: true } : {};
      const { rows } = await store.candidates(sql, { ...query, ...older });
      expect(rows.map(({ facts }) => facts.id).toSorted()).toEqual(
        how === 'older' ? ['large-1', 'large-1', 'large-2'] : ['large-1', 'large-2'],
      );
      expect(rows.map(({ isClosed = false }) => isClosed)).toEqual(rows.map(() => !mayOpen));
    }
    return bytes;
  }

  it.each(['named', 'facts', 'cut', 'older'] as const)('is not fetched (%s)', async (how) => {
    expect(await bytesFor(false, how)).toBeLessThan(60_000);
    // Of what is only referred to, the same is enough for everybody.
    const whole = await bytesFor(true, how);
    expect(whole > 1_400_000).toBe(how !== 'facts');
  });
});
