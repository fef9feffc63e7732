/** Reading the ledger: what an auditor of one organisation finds, and what a patient is shown. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerEvent, LedgerQuery } from '../../src/audit/index.ts';
import { verifyConsistency, verifyInclusion } from '../../src/audit/index.ts';
import {
  HOSPITAL,
  PHARMACY,
  PRACTICE,
  refusedEvent,
  searchEvent,
  type TestLedger,
  testLedger,
} from './ledgers.ts';

const [ann, bob] = [randomUUID(), randomUUID()];
const doctor: LedgerEvent['agent'] = {
  kind: 'professional',
  id: '000012345',
  organisation: PRACTICE,
  address: '192.0.2.7',
};
const pharmacist = { ...doctor, id: '000054321', organisation: PHARMACY };
/** seq is the place in this list. */
const EVENTS: readonly LedgerEvent[] = [
  searchEvent(ann, { agent: doctor, holders: [HOSPITAL] }),
  searchEvent(ann, { agent: doctor, holders: [HOSPITAL, PHARMACY] }),
  searchEvent(bob, { agent: doctor, holders: [PHARMACY] }),
  searchEvent(bob, {
    agent: pharmacist,
    holders: [HOSPITAL],
    purpose: 'ETREAT',
    route: 'emergency',
  }),
  refusedEvent(ann, { agent: doctor, holders: [HOSPITAL] }),
  searchEvent(ann, { agent: doctor, holders: [HOSPITAL], withheld: 3 }),
  searchEvent(ann, {
    agent: { kind: 'person', id: ann },
    event: 'read',
    action: 'R',
    holders: [HOSPITAL],
  }),
  {
    ...searchEvent(ann),
    event: 'token',
    class: 'security',
    agent: pharmacist,
    outcome: 4,
    holders: [],
  },
];
let made: TestLedger;

beforeAll(async () => {
  made = await testLedger();
  for (const event of EVENTS) await made.ledger.record([event]);
});
afterAll(() => made.close());

async function seqs(query: LedgerQuery): Promise<number[]> {
  const { entries } = await made.ledger.search(query);
  return entries.map(({ seq }) => seq);
}

describe('an auditor of one organisation', () => {
  it.each<[string, LedgerQuery, number[]]>([
    [
      'acts of its agents and lines about what it holds',
      { organisation: HOSPITAL },
      [6, 5, 4, 3, 1, 0],
    ],
    ['nothing of an organisation that has no part in it', { organisation: randomUUID() }, []],
    ['lines that it holds among others', { organisation: PHARMACY }, [7, 3, 2, 1]],
    ['one patient', { organisation: HOSPITAL, patient: bob }, [3]],
    [
      'one employee',
      { organisation: PRACTICE, agent: { kind: 'professional', id: '000012345' } },
      [5, 4, 2, 1, 0],
    ],
    ['the patient as agent', { organisation: HOSPITAL, agent: { kind: 'person', id: ann } }, [6]],
    ['an event', { organisation: HOSPITAL, event: 'read' }, [6]],
    ['an outcome', { organisation: HOSPITAL, outcome: 4 }, [4]],
    ['a purpose', { organisation: HOSPITAL, purpose: 'ETREAT' }, [3]],
    ['a route', { organisation: PHARMACY, route: 'emergency' }, [3]],
    ['what was refused', { organisation: PHARMACY, refused: true }, [7]],
    [
      'an employee of another organisation on its data',
      { organisation: HOSPITAL, agent: { kind: 'professional', id: '000054321' } },
      [3],
    ],
    ['nothing before a period', { organisation: HOSPITAL, until: new Date(0) }, []],
    ['nothing after it', { organisation: HOSPITAL, from: new Date(Date.now() + 60_000) }, []],
  ])('finds %s', async (_what, query, expected) => {
    expect(await seqs(query)).toEqual(expected);
  });

  it('is not told what was withheld from its people, nor finds out by filters', async () => {
    const byId = await made.ledger.byId(4, PRACTICE);
    expect(byId).toMatchObject({
      masked: true,
      record: { outcome: 0, route: 'none', released: 0 },
    });
    for (const field of [
      'withheld',
      'reason',
      'basis',
      'patient',
      'holders',
      'inputsHash',
      'epoch',
    ]) {
      expect(byId?.record).not.toHaveProperty(field);
    }
    expect(await made.ledger.byId(5, PRACTICE)).toMatchObject({
      masked: true,
      record: { outcome: 0 },
    });
    expect(await seqs({ organisation: PRACTICE, patient: ann })).toEqual([5, 1, 0]);
    expect(await seqs({ organisation: PRACTICE, refused: true })).toEqual([]);
    expect(await seqs({ organisation: PRACTICE, outcome: 4 })).toEqual([]);
    expect(await made.ledger.byId(4, HOSPITAL)).toMatchObject({
      masked: false,
      record: { outcome: 4, withheld: 2, reason: 'rule' },
    });
  });

  it('gets no line of another organisation by its number', async () => {
    expect(await made.ledger.byId(0, PHARMACY)).toBeUndefined();
    expect(await made.ledger.byId(99, HOSPITAL)).toBeUndefined();
  });

  it('turns pages of any size without a line lost or twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), async (limit) => {
        const found: number[] = [];
        let cursor: string | undefined;
        do {
          const page = await made.ledger.search({
            organisation: HOSPITAL,
            limit,
            ...(cursor === undefined ? {} : { cursor }),
          });
          expect(page.entries.length).toBeLessThanOrEqual(limit);
          found.push(...page.entries.map(({ seq }) => seq));
          cursor = page.next;
        } while (cursor !== undefined);
        expect(found).toEqual([6, 5, 4, 3, 1, 0]);
      }),
      { numRuns: 4 },
    );
  });

  it('gets 400 for a cursor that is not ours', async () => {
    await expect(seqs({ organisation: HOSPITAL, cursor: 'x' })).rejects.toMatchObject({
      kind: 'invalid',
    });
  });

  it('still sees no line of others when somebody moved it to him in the columns', async () => {
    const other = await testLedger();
    await other.ledger.record([searchEvent(ann, { holders: [PHARMACY] })]);
    await other.ledger.record([searchEvent(ann, { agent: { kind: 'system', id: 'x' } })]);
    await other.tamper(
      'update ledger_entry set holder = (select holder from ledger_entry order by id desc limit 1)',
    );
    const { entries } = await other.ledger.search({ organisation: HOSPITAL });
    expect(entries.map(({ seq }) => seq)).toEqual([1]);
    await other.close();
  });
});

describe('the patient', () => {
  it('is shown every line about him, newest first, refusals and reasons too', async () => {
    const shown = await made.ledger.ofPatient(ann);
    expect(shown).toMatchObject({ total: 6, complete: true });
    expect(shown.entries.map(({ seq }) => seq)).toEqual([7, 6, 5, 4, 1, 0]);
    expect(shown.entries.map(({ nth }) => nth)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(shown.entries[3]?.record).toMatchObject({ outcome: 4, withheld: 2, reason: 'rule' });
    expect(JSON.stringify(shown)).not.toContain(ann);
  });

  it('turns pages by running number', async () => {
    const first = await made.ledger.ofPatient(ann, { limit: 4 });
    expect(first).toMatchObject({ complete: true, next: 3 });
    const rest = await made.ledger.ofPatient(ann, { limit: 4, before: 3 });
    expect(rest.entries.map(({ nth }) => nth)).toEqual([2, 1]);
    expect(rest).toMatchObject({ complete: true });
    expect(rest.next).toBeUndefined();
  });

  it('without lines gets an empty, complete answer', async () => {
    expect(await made.ledger.ofPatient(randomUUID())).toEqual({
      entries: [],
      total: 0,
      complete: true,
      past: 0,
    });
  });

  it.each([
    ['the last line is removed', 'delete from ledger_leaf where nth = 3', 'removed'],
    ['a line in between is removed', 'delete from ledger_leaf where nth = 2', 'removed'],
    [
      'a line is removed and the rest is renumbered',
      'delete from ledger_leaf where nth = 2; update ledger_leaf set nth = 2 where nth = 3',
      'removed',
    ],
    ['a record is removed', 'delete from ledger_entry where event = $$read$$', 'removed'],
    [
      'line and counter are changed together',
      'delete from ledger_leaf where nth = 3; update ledger_patient set count = 2',
      'counter',
    ],
    ['a record is changed', `update ledger_entry set body = set_byte(body, 3, 0)`, 'changed'],
    ['the counter is removed', 'delete from ledger_patient', 'counter'],
  ])('is told when %s', async (_what, sql, fault) => {
    const other = await testLedger();
    await other.ledger.record([searchEvent(bob), searchEvent(bob, { event: 'read' })]);
    await other.ledger.record([searchEvent(bob)]);
    await other.tamper(sql);
    expect(await other.ledger.ofPatient(bob)).toMatchObject({ complete: false, fault });
    await other.close();
  });
});

describe('proofs of the ledger', () => {
  it('show over 300 entries that a line is in it, and that it extends what it was', async () => {
    const other = await testLedger();
    const places = await other.ledger.record(Array.from({ length: 270 }, () => searchEvent()));
    const old = await other.ledger.head();
    await other.ledger.record(Array.from({ length: 300 }, () => searchEvent()));
    const now = await other.ledger.head();
    const path = await other.ledger.inclusionProof(256, now.size);
    const leaf = Buffer.from(places[256]?.leafHash ?? '', 'hex');
    expect(
      verifyInclusion({
        index: 256n,
        size: BigInt(now.size),
        leaf,
        path: path.map((hash) => Buffer.from(hash, 'base64')),
        root: Buffer.from(now.root, 'base64'),
      }),
    ).toBe(true);
    const between = await other.ledger.consistencyProof(old.size, now.size);
    expect(
      verifyConsistency({
        first: BigInt(old.size),
        second: BigInt(now.size),
        path: between.map((hash) => Buffer.from(hash, 'base64')),
        firstRoot: Buffer.from(old.root, 'base64'),
        secondRoot: Buffer.from(now.root, 'base64'),
      }),
    ).toBe(true);
    await expect(other.ledger.inclusionProof(600, 571)).rejects.toMatchObject({ kind: 'invalid' });
    await expect(other.ledger.inclusionProof(571, 570)).rejects.toMatchObject({ kind: 'invalid' });
    await expect(other.ledger.consistencyProof(0, 570)).rejects.toMatchObject({ kind: 'invalid' });
    await other.close();
  });
});

describe('what lies in the database', () => {
  it('has no vault, no organisation and nothing of a record in the clear', async () => {
    const { rows } = await made.tamper(
      `select string_agg(e::text, ' ') || (select string_agg(l::text, ' ') from ledger_leaf l)
         || (select string_agg(p::text, ' ') from ledger_patient p) as dump,
         string_agg(encode(body, 'escape'), ' ') as bodies from ledger_entry e`,
    );
    const text = `${rows[0].dump} ${rows[0].bodies}`;
    for (const name of [ann, bob, HOSPITAL, PRACTICE, '000012345', 'Observation', '192.0.2.7']) {
      expect(text).not.toContain(name);
      expect(text).not.toContain(name.replaceAll('-', ''));
    }
  });

  it('opens under a new key-encryption key after re-wrapping, without the old one', async () => {
    const { newKeyring, openKeyring, withNewKek } = await import('../../src/identity/index.ts');
    const { openLedger } = await import('../../src/audit/index.ts');
    const { systemClock } = await import('../../src/platform/clock.ts');
    const file = newKeyring({ demo: true, name: 'test.example/audit' });
    const other = await testLedger({ keyring: openKeyring(file) });
    await other.ledger.record([searchEvent(ann)]);
    const both = withNewKek(file);
    const { database } = other.db;
    const renewed = await openLedger({ database, keyring: openKeyring(both), clock: systemClock });
    expect(await renewed.rewrapKeys()).toBe(12);
    expect(await renewed.rewrapKeys()).toBe(0);
    // As `zorgsluis keys rotate` does: a key that no line tells of is a finding.
    expect((await renewed.verify()).ok).toBe(true);
    await renewed.record([
      {
        ...{ class: 'evidence', event: 'key-change', action: 'U', outcome: 0 },
        agent: { kind: 'operator', id: 'command-line' },
        detail: { kek: both.kek.current, before: file.kek.current },
      },
    ]);
    await renewed.close();
    const { current, keys } = both.kek;
    const only = { ...both, kek: { current, keys: { [current]: keys[current] ?? '' } } };
    const last = await openLedger({ database, keyring: openKeyring(only), clock: systemClock });
    expect((await last.ofPatient(ann)).complete).toBe(true);
    expect((await last.verify()).ok).toBe(true);
    await last.close();
    await other.close();
  });
});
