/**
 * Rows are read two thousand at a time, and subtrees end at powers of two: what was done at such an
 * edge is found like anywhere else, and what nobody touched is not called so there.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { searchEvent, type TestLedger, testLedger } from './ledgers.ts';

/** As many as one statement of the check reads. */
const READ_AT_ONCE = 2_000;
const ENTRIES = 2 * READ_AT_ONCE + 3;

async function grown(entries: number): Promise<TestLedger> {
  const made = await testLedger();
  const events = Array.from({ length: entries }, () => searchEvent());
  for (let at = 0; at < entries; at += 1_000) {
    await made.ledger.record(events.slice(at, at + 1_000));
  }
  return made;
}

describe('of more entries than are read at once', () => {
  let made: TestLedger;
  beforeAll(async () => {
    made = await grown(ENTRIES);
    // Else it would number anew, as rows of another hand, what has no leaf for a moment.
    await made.ledger.close();
  }, 60_000);
  afterAll(() => made.close());

  const first = async () => {
    const { findings, checked } = await made.ledger.verify();
    expect(checked).toBe(ENTRIES);
    return findings.map(({ kind, seq }) => ({ kind, seq }))[0];
  };
  /** Leaves are hidden beyond all numbers meanwhile, and put back. */
  const without = async <T>(where: string, look: () => Promise<T>): Promise<T> => {
    await made.tamper(`create table hidden as
      select * from ledger_leaf where ${where}`);
    await made.tamper(`delete from ledger_leaf where ${where}`);
    try {
      return await look();
    } finally {
      await made.tamper('insert into ledger_leaf select * from hidden');
      await made.tamper('drop table hidden');
    }
  };

  it('nothing is found that nobody did', async () => {
    expect(await first()).toBeUndefined();
  });

  it.each([0, READ_AT_ONCE - 1, READ_AT_ONCE, READ_AT_ONCE + 1, 2 * READ_AT_ONCE, ENTRIES - 2])(
    'a leaf that is gone at %i is named',
    async (seq) => {
      expect(await without(`seq = ${seq}`, first)).toEqual({ kind: 'removed', seq });
      expect(await first()).toBeUndefined();
    },
  );

  it.each([READ_AT_ONCE - 1, READ_AT_ONCE, 2 * READ_AT_ONCE, 2 * READ_AT_ONCE + 1, ENTRIES - 1])(
    'an end that is cut off at %i is named',
    async (seq) => {
      expect(await without(`seq >= ${seq}`, first)).toEqual({ kind: 'cut-tail', seq });
    },
  );

  it.each([READ_AT_ONCE - 1, READ_AT_ONCE, 2 * READ_AT_ONCE])(
    'a digest that was changed at %i is named',
    async (seq) => {
      const turn = `update ledger_leaf set hash = set_byte(hash, 3, get_byte(hash, 3) # 1)
        where seq = ${seq}`;
      await made.tamper(turn);
      expect((await first())?.seq).toBe(seq);
      await made.tamper(turn);
      expect(await first()).toBeUndefined();
    },
  );
});

it('of as many as a kept subtree holds nothing is found, nor of one more or less', async () => {
  const made = await grown(255);
  for (const size of [255, 256, 257]) {
    expect(await made.ledger.verify()).toMatchObject({ ok: true, size });
    await made.ledger.record([searchEvent()]);
  }
  await made.close();
});

it('the number of a patient that stands first is counted like any other', async () => {
  const made = await testLedger();
  await made.ledger.record([searchEvent('7d3d3b0e-5b0a-4e0c-9d57-0d6f2b3f7a09')]);
  await made.ledger.record([searchEvent()]);
  expect(await made.ledger.verify()).toMatchObject({ ok: true });
  await made.tamper('delete from ledger_patient');
  const { findings } = await made.ledger.verify();
  expect(findings).toMatchObject([{ kind: 'counter', seq: 0 }]);
  await made.close();
});
