/** From the ledger to a verdict: the run over all lines, the queue, and four eyes (E4, E5). */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LedgerEvent } from '../../src/audit/index.ts';
import { createReviewer, reviewRuns } from '../../src/insight/review-run.ts';
import { workingDaysAfter } from '../../src/insight/working-days.ts';
import { type Gateway, HOSPITAL, openGateway, PRACTICE } from '../support/gateway.ts';
import {
  entry,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
let vault = '';
const one = person(5);

beforeAll(async () => {
  gateway = await openGateway();
  const today = new Date().toISOString();
  await gateway.send(
    'epd-proef',
    transaction([
      entry(urn('p'), patientOf(one)),
      entry(urn('o'), observation('o', urn('p'), { effectiveDateTime: today })),
    ]),
  );
  vault = await vaultOf(gateway, one);
});
afterAll(() => gateway.close());

function look(user: string, organisation: string, more: Partial<LedgerEvent> = {}): LedgerEvent {
  return {
    class: 'care',
    event: 'read',
    action: 'R',
    outcome: 0,
    patient: vault,
    agent: { kind: 'professional', id: user, organisation },
    purpose: 'TREAT',
    released: 1,
    ...more,
  };
}

/** What is numbered at the very moment of a run belongs to the next. */
async function run() {
  await new Promise((done) => setTimeout(done, 5));
  return gateway.rooms.review.reviewer.until(new Date());
}

const agent = (id: string) => ({ kind: 'auditor' as const, id, organisation: PRACTICE.id });
const queue = () => gateway.rooms.review.cases.queue(gateway.rooms.database, PRACTICE.id, 50);

describe('the run over all lines', () => {
  it('raises a case for whoever looked without any relation, and none for who treats', async () => {
    await gateway.rooms.ledger.record([
      look('snoop', PRACTICE.id),
      look('snoop', PRACTICE.id),
      look('doctor', HOSPITAL.id),
    ]);
    const done = await run();
    expect(done?.flags).toBe(2);
    const cases = await queue();
    expect(cases).toHaveLength(1);
    expect(cases[0]).toMatchObject({ about: 'user', subject: 'snoop', state: 'open', score: 3 });
    expect(cases[0]?.due).toBe(workingDaysAfter(cases[0]?.opened ?? new Date(), 5));
    const { cases: book } = gateway.rooms.review;
    expect(await book.queue(gateway.rooms.database, HOSPITAL.id, 50)).toEqual([]);
  });

  it('looks at each line once, and says which it looked at', async () => {
    const before = (await queue())[0]?.flags.length;
    const done = await run();
    expect(done?.flags).toBe(0);
    expect((await queue())[0]?.flags).toHaveLength(before ?? 0);
    const [last, first] = await reviewRuns(gateway.rooms.database, 2, new Date());
    expect(last?.since).toEqual(first?.until);
  });

  it('adds to a case that is open', async () => {
    await gateway.rooms.ledger.record([look('snoop', PRACTICE.id)]);
    await run();
    const cases = await queue();
    expect(cases).toHaveLength(1);
    expect(cases[0]?.flags).toHaveLength(3);
  });

  it('is done by one of two gateways, and the other goes on after it', async () => {
    const { database, store, ledger, organisations, review, consent } = gateway.rooms;
    const parts = {
      relations: consent.relations,
      database,
      store,
      ledger,
      organisations,
      ...review,
    };
    const other = createReviewer(parts);
    await gateway.rooms.ledger.record([look('twice', PRACTICE.id)]);
    await new Promise((done) => setTimeout(done, 5));
    const until = new Date();
    const runs = await Promise.all([review.reviewer.until(until), other.until(until)]);
    expect(runs.filter((done) => done !== undefined && done.flags > 0)).toHaveLength(1);
    expect((await queue()).filter(({ subject }) => subject === 'twice')).toHaveLength(1);
  });

  it('is of some time: one up to the same moment leaves nothing that stops the next', async () => {
    const { ledger, review } = gateway.rooms;
    await new Promise((done) => setTimeout(done, 5));
    const until = new Date();
    expect((await review.reviewer.until(until))?.until).toEqual(until);
    expect(await review.reviewer.until(until)).toBeUndefined();
    await ledger.record([look('after', PRACTICE.id)]);
    await new Promise((done) => setTimeout(done, 5));
    expect((await review.reviewer.until(new Date()))?.since).toEqual(until);
    expect((await queue()).filter(({ subject }) => subject === 'after')).toHaveLength(1);
  });

  it('that broke off while cases were raised raises them later, each once', async () => {
    const { database, store, ledger, organisations, review, consent } = gateway.rooms;
    const raise = vi.fn(review.cases.raise);
    raise.mockRejectedValueOnce(new Error('the database is away'));
    const parts = { relations: consent.relations, database, store, ledger, organisations };
    const broken = createReviewer({ ...parts, ...review, cases: { ...review.cases, raise } });
    await gateway.rooms.ledger.record([look('broken', PRACTICE.id)]);
    await new Promise((done) => setTimeout(done, 5));
    await expect(broken.until(new Date())).rejects.toThrow('away');
    // Another run may take the period over when the first one is long overdue.
    await database.query("update review_run set claimed = '2026-01-01' where finished is null");
    expect((await broken.until(new Date()))?.flags).toBe(1);
    const raised = (await queue()).filter(({ subject }) => subject === 'broken');
    expect(raised.map(({ flags }) => flags.length)).toEqual([1]);
  });

  it('begins with the first line that there is, and leaves nothing out after it', async () => {
    const { database, ledger } = gateway.rooms;
    const runs = (await reviewRuns(database, 100, new Date())).reverse();
    let first: string | undefined;
    for await (const { recorded } of ledger.lines(new Date(0), new Date())) first ??= recorded;
    expect(runs[0]?.since).toEqual(new Date(first ?? ''));
    for (const [at, { since }] of runs.slice(1).entries()) expect(since).toEqual(runs[at]?.until);
  });

  it('tells nothing in the database of whom it is about', async () => {
    const { rows } = await gateway.rooms.database.query('select * from review_case');
    const text = JSON.stringify(rows);
    expect(text).not.toContain('snoop');
    const sealed = rows.map((row) => (row['sealed'] as Buffer).toString('latin1')).join();
    expect(sealed).not.toContain('snoop');
  });
});

describe('a verdict', () => {
  const cases = () => gateway.rooms.review.cases;

  it('needs a reason', async () => {
    const [first] = await queue();
    const made = { verdict: 'fine' as const, reason: '  ' };
    await expect(
      cases().review(PRACTICE.id, first?.id ?? '', made, agent('fg-1')),
    ).rejects.toMatchObject({ kind: 'invalid', expression: ['reason'] });
  });

  it('of misuse is closed by two who agree, and never twice by one', async () => {
    const id = (await queue()).find(({ subject }) => subject === 'snoop')?.id ?? '';
    const misuse = { verdict: 'misuse' as const, reason: 'No appointment, no referral' };
    expect(await cases().review(PRACTICE.id, id, misuse, agent('fg-1'))).toMatchObject({
      state: 'second',
    });
    await expect(cases().review(PRACTICE.id, id, misuse, agent('fg-1'))).rejects.toMatchObject({
      code: 'four-eyes',
    });
    const other = { verdict: 'explained' as const, reason: 'Says it was a mistake' };
    expect(await cases().review(PRACTICE.id, id, other, agent('fg-2'))).toMatchObject({
      state: 'second',
    });
    expect(await cases().review(PRACTICE.id, id, other, agent('fg-3'))).toMatchObject({
      state: 'closed',
    });
    await expect(cases().review(PRACTICE.id, id, other, agent('fg-1'))).rejects.toMatchObject({
      code: 'case-closed',
    });
    const query = { organisation: PRACTICE.id, event: 'anomaly-closed' };
    const [line] = (await gateway.rooms.ledger.search(query)).entries;
    expect(line?.record).toMatchObject({
      agent: { id: 'fg-3' },
      detail: { case: id, verdict: 'explained' },
    });
  });

  it('counts in the figures of the organisation: raised, reviewed, overdue', async () => {
    const { database } = gateway.rooms;
    const since = new Date(Date.now() - 86_400_000);
    const figures = (holder: string, today: string) =>
      cases().coverage(database, holder, since, today);
    const soon = await figures(PRACTICE.id, '2020-01-01');
    const open = (await queue()).length;
    expect(soon).toMatchObject({ raised: open + 1, reviewed: 1, late: 0 });
    expect((await figures(PRACTICE.id, '2999-01-01')).late).toBe(open);
    expect(await figures(HOSPITAL.id, '2999-01-01')).toMatchObject({ raised: 0, late: 0 });
    const { accesses } = gateway.rooms.review;
    const none = { raised: 0, reviewed: 0, late: 0, days: 0 };
    expect(await accesses.coverage(database, PRACTICE.id, since, '2999-01-01')).toEqual(none);
  });

  it('is not for another organisation', async () => {
    const [first] = await queue();
    await expect(
      cases().review(HOSPITAL.id, first?.id ?? '', { verdict: 'fine', reason: 'x' }, agent('x')),
    ).rejects.toMatchObject({ kind: 'not-found' });
  });
});

describe('working days', () => {
  it.each([
    ['2026-03-02T10:00:00+01:00', '2026-03-09'],
    ['2026-03-06T10:00:00+01:00', '2026-03-13'],
    ['2026-03-07T10:00:00+01:00', '2026-03-13'],
    ['2026-03-08T23:30:00+01:00', '2026-03-13'],
  ])('five after %s is %s', (from, due) => {
    expect(workingDaysAfter(new Date(from), 5)).toBe(due);
  });
});
