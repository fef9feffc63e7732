/** The messages of a crash run: each unique, each about one of a few people. */
import { labReport } from '../../src/demo/region/messages/hl7v2-message.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import { type DemoPerson, demoPeople } from '../../src/demo/region/people.ts';
import type { Random } from '../../src/demo/region/random.ts';
import { type PersonRecord, recordOf } from '../../src/demo/region/record.ts';

export const SENDER = 'epd-crash';
export const RESULTS_IN_A_MESSAGE = 3;
const PEOPLE = 8;

export interface CrashMessage {
  readonly id: string;
  readonly bsn: string;
  readonly body: string;
}

/** Gives message after message; the same seed gives the same ones. */
export function* crashMessages(random: Random): Generator<CrashMessage> {
  const records = people(random).map((person) => recordOf(person, random.fork(person.key)));
  for (let number = 1; ; number += 1) {
    const record = random.pick(records);
    yield message(record, `CRASH${String(number).padStart(6, '0')}`);
  }
}

function people(random: Random): DemoPerson[] {
  const usable = [...demoPeople(random.fork('people'), 40)].filter(
    (person) => person.bsn !== undefined && person.traits.every((trait) => !ODD.has(trait)),
  );
  return usable.slice(0, PEOPLE);
}

const ODD: ReadonlySet<string> = new Set([
  'bsn-unverified',
  'bsn-invalid',
  'no-bsn',
  'same-bsn',
  'empty',
  'never-patient',
  'deceased',
  'child',
]);

function message(record: PersonRecord, id: string): CrashMessage {
  const [report] = record.labs;
  if (!report) throw new RangeError('somebody of a crash run has no laboratory report');
  const one = { ...report, order: id, results: report.results.slice(0, RESULTS_IN_A_MESSAGE) };
  const sender = { application: 'CRASHEPD', organisation: organisation('kennemerzoom') };
  const bsn = record.person.bsn ?? '';
  const details = { id, time: '20260301120000', bsn, status: 'F' as const };
  return { id, bsn, body: labReport(sender, record.person, one, details) };
}
