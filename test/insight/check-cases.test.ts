/** Cases, questions and accesses to be looked at that were changed past the gateway. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseCheck } from '../../src/insight/index.ts';
import { asOwner } from '../audit/ledgers.ts';
import { type Gateway, openGateway, PRACTICE, purposeOf } from '../support/gateway.ts';
import { condition, entry, patientOf, person, transaction, urn } from '../support/people.ts';

const one = person(127);
const OFFICER = { kind: 'auditor' as const, id: 'functionaris', organisation: PRACTICE.id };
let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway();
  const { rooms } = gateway;
  await rooms.organisations.put(rooms.database, { ...PRACTICE, type: 'N6' });
  const self = urn(one.bsn);
  const both = [entry(self, patientOf(one)), entry(urn(`c${one.bsn}`), condition(one.bsn, self))];
  expect((await gateway.send('epd-proef', transaction(both))).statusCode).toBe(200);
  for (const who of ['dokter-1', 'dokter-2']) {
    const emergency = { level: 'urgent', reason: 'Bewusteloos, medicatie onbekend' };
    const claims = purposeOf('ETREAT', { emergency, subject_id: who });
    const token = await gateway.token('partner-huisarts', claims);
    const form = { 'patient.identifier': `http://fhir.nl/fhir/NamingSystem/bsn|${one.bsn}` };
    expect((await gateway.ask('/fhir/r4/Condition/_search', { token, form })).statusCode).toBe(200);
  }
  const { accesses } = rooms.review;
  const queue = await accesses.queue(rooms.database, PRACTICE.id, 10);
  const item = queue.find(({ user }) => user === 'dokter-2')?.id ?? '';
  await accesses.review(PRACTICE.id, item, { verdict: 'fine', reason: 'dienst' }, OFFICER);
  const vault = await vaultOf();
  const { entries } = await rooms.ledger.ofPatient(vault);
  const line = entries.find(({ record }) => record.purpose === 'ETREAT');
  if (!line) throw new Error('the access is no line');
  const asker = { kind: 'person' as const, id: vault };
  await rooms.questions.ask(vault, line, 'Wie was dit?', asker);
});
afterAll(() => gateway.close());

async function vaultOf(): Promise<string> {
  const { rows } = await gateway.db.database.query("select id from vault where state = 'open'");
  return (rows[0] as { id: string }).id;
}

async function found() {
  const { database, ledger, store, clock } = gateway.rooms;
  const check = caseCheck(database, store, clock());
  const until = new Date(clock().getTime() + 1_000);
  for await (const line of ledger.lines(new Date(0), until)) check.hear(line);
  return check.findings();
}

describe('a check of cases', () => {
  it('finds nothing where nobody came past the gateway', async () => {
    expect(await found()).toEqual([]);
  });

  it.each([
    [
      'an access that nobody has to look at any more',
      'access_review',
      'delete from access_review',
      'No item for the reviewer stands for this access.',
    ],
    [
      'one of two of them',
      'access_review',
      `delete from access_review where state = 'open'`,
      'No item for the reviewer stands for this access.',
    ],
    [
      'a look that is said to be over',
      'access_review',
      `update access_review set state = 'closed', closed = now() where state = 'open'`,
      'It was closed, and no line tells by whom.',
    ],
    [
      'an item in the place of another',
      'access_review',
      `update access_review set sealed = (select sealed from access_review where state = 'open')`,
      'It does not open: it was changed, or is another row’s.',
    ],
    [
      'an item of another time',
      'access_review',
      `update access_review set opened = opened - interval '1 day'`,
      'No item for the reviewer stands for this access.',
    ],
    [
      'a question that was taken out',
      'line_question',
      'delete from line_question',
      'It was taken out: its line is there.',
    ],
    [
      'a question that is said to be answered',
      'line_question',
      `update line_question set state = 'answered', answered = now()`,
      'It was closed, and no line tells by whom.',
    ],
  ])('names %s', async (_what, table, sql, text) => {
    const { ownerUrl } = gateway.db;
    await asOwner(ownerUrl, `create table kept_rows as table ${table}`);
    await asOwner(ownerUrl, sql);
    const findings = await found();
    await asOwner(ownerUrl, `delete from ${table}`);
    await asOwner(ownerUrl, `insert into ${table} select * from kept_rows`);
    await asOwner(ownerUrl, 'drop table kept_rows');
    expect(findings.map((finding) => finding.text)).toContain(text);
    expect(await found()).toEqual([]);
  });
});
