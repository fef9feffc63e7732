/**
 * What an installation knows beside the ledger, as files of its own (`REVIEW_DIR`): who works where,
 * who is on duty when, which records are under extra watch. An export of the personnel and roster
 * systems goes there; each run of the detectors reads the files as they are then. None of them is
 * copied into the database.
 *
 *     staff.csv    user,ura,bsn,family,postcode,house   bsn to house may be empty
 *     rosters.csv  user,from,to                         09:00, local time; to may lie past midnight
 *     watch.csv    bsn
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Organisation } from '../identity/index.ts';
import { addressMark, familyMark } from './name-marks.ts';
import type { Surroundings } from './surroundings.ts';

const COLUMNS = {
  'staff.csv': ['user', 'ura', 'bsn', 'family', 'postcode', 'house'],
  'rosters.csv': ['user', 'from', 'to'],
  'watch.csv': ['bsn'],
} as const;

const LINES_MAX = 500_000;

/** A file that cannot be read as it is meant; its words may hold a number, the place never does. */
export class WrongFile extends SyntaxError {
  /** `staff.csv:3` */
  readonly place: string;

  constructor(place: string, words: string) {
    super(`${place}: ${words}`);
    this.place = place;
  }
}

interface Employee {
  readonly organisation: string | undefined;
  readonly patient: string | undefined;
  readonly marks: readonly string[];
}

export interface KnownFilesParts {
  readonly folder: string;
  readonly organisations: readonly Organisation[];
  /** The pseudonym of whoever has this number, if anybody here has. */
  readonly pseudonymOf: (bsn: string) => Promise<string | undefined>;
  /** Surnames and addresses of a patient, as marks. */
  readonly marksOf: (patient: string) => ReadonlySet<string>;
}

/** @throws WrongFile naming file and line. */
export async function readKnownFiles(parts: KnownFilesParts): Promise<Partial<Surroundings>> {
  const staff = await readStaff(parts);
  const rosters = readRosters(parts.folder);
  const watched = new Set<string>();
  for (const { bsn = '' } of rowsOf(parts.folder, 'watch.csv')) {
    const patient = await parts.pseudonymOf(bsn);
    if (patient !== undefined) watched.add(patient);
  }
  const employers = new Set<string>();
  for (const rows of staff.values()) {
    for (const { patient, organisation } of rows)
      if (patient !== undefined) employers.add(`${patient}|${organisation}`);
  }
  const of = (user: string) => staff.get(user) ?? [];
  return {
    isWatched: (patient) => watched.has(patient),
    isSamePerson: (user, patient) => of(user).some((one) => one.patient === patient),
    worksFor: (patient, organisation) => employers.has(`${patient}|${organisation}`),
    rosterOf: (user) => rosters.get(user),
    sharesNameOrAddress(user, patient) {
      const marks = parts.marksOf(patient);
      return of(user).some((one) => one.marks.some((mark) => marks.has(mark)));
    },
  };
}

async function readStaff(parts: KnownFilesParts): Promise<Map<string, Employee[]>> {
  const byUra = new Map(parts.organisations.map(({ ura, id }) => [ura, id]));
  const staff = new Map<string, Employee[]>();
  for (const row of rowsOf(parts.folder, 'staff.csv')) {
    const { user = '', ura = '', bsn = '', family = '', postcode = '', house = '' } = row;
    const marks = [familyMark(family), addressMark(postcode, house)];
    const one = {
      organisation: byUra.get(ura),
      patient: bsn === '' ? undefined : await parts.pseudonymOf(bsn),
      marks: marks.filter((mark) => mark !== undefined),
    };
    staff.set(user, [...(staff.get(user) ?? []), one]);
  }
  return staff;
}

function readRosters(folder: string): Map<string, { from: number; to: number }> {
  const rosters = new Map<string, { from: number; to: number }>();
  for (const { user = '', from = '', to = '', line } of rowsOf(folder, 'rosters.csv')) {
    rosters.set(user, { from: minutesOf(from, line), to: minutesOf(to, line) });
  }
  return rosters;
}

function minutesOf(text: string, line: string | undefined): number {
  const [, hours, minutes] = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text) ?? [];
  if (hours === undefined) throw new WrongFile(`rosters.csv:${line}`, 'a time is written 09:00');
  return Number(hours) * 60 + Number(minutes);
}

/** Rows by column name, and their line. A file that is not there has none. */
function rowsOf(folder: string, name: keyof typeof COLUMNS): Record<string, string>[] {
  const path = join(folder, name);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/);
  if (lines.length > LINES_MAX) throw new WrongFile(name, `more than ${LINES_MAX} lines`);
  const columns: readonly string[] = COLUMNS[name];
  const head = (lines[0] ?? '').split(',').map((cell) => cell.trim());
  if (head.join() !== columns.join()) {
    throw new WrongFile(`${name}:1`, `the first line is ${columns.join(',')}`);
  }
  return lines.slice(1).flatMap((text, at) => {
    if (text.trim() === '') return [];
    const cells = text.split(',').map((cell) => cell.trim());
    if (cells.length !== columns.length || cells[0] === '') {
      throw new WrongFile(`${name}:${at + 2}`, `expected ${columns.length} values`);
    }
    const row = columns.map((column, place) => [column, cells[place] ?? ''] as const);
    return [Object.fromEntries([...row, ['line', String(at + 2)]])];
  });
}
