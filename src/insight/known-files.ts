/**
 * What is known beside the ledger: who works where, who is on duty when, which records are under
 * extra watch, who treated whom. An installation puts files of its own in `REVIEW_DIR`, an
 * organisation tells of itself over HTTP; each run of the detectors reads both as they are then.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Organisation } from '../identity/index.ts';
import {
  dayOf,
  type KnownText,
  minutesOf,
  parseKnownText,
  TEXT_NAMES,
  type TextName,
} from './known-text.ts';
import { addressMark, familyMark } from './name-marks.ts';
import type { Surroundings } from './surroundings.ts';

interface Employee {
  readonly organisation: string | undefined;
  readonly patient: string | undefined;
  readonly marks: readonly string[];
  readonly teller: Teller;
}

/** Whose word a row is; undefined for the installation itself, which speaks for all. */
type Teller = string | undefined;

type Row = Readonly<Record<string, string>> & { readonly teller?: string };

export interface KnownFilesParts {
  /** Absent: the installation has no files of its own. */
  readonly folder?: string;
  /** What organisations told of themselves. */
  readonly told?: readonly KnownText[];
  readonly organisations: readonly Organisation[];
  /** The pseudonym of whoever has this number, if anybody here has. */
  readonly pseudonymOf: (bsn: string) => Promise<string | undefined>;
  /** Surnames and addresses of a patient, as marks. */
  readonly marksOf: (patient: string) => ReadonlySet<string>;
}

/** @throws WrongFile naming file and line. */
export async function readKnownFiles(parts: KnownFilesParts): Promise<Partial<Surroundings>> {
  const rows = rowsIn(parts);
  const staff = await readStaff(parts, rows('staff.csv'));
  const rosters = readRosters(rows('rosters.csv'));
  const treated = await readRelations(parts, rows('relations.csv'));
  const watched = new Map<string, Teller[]>();
  for (const { bsn = '', teller } of rows('watch.csv')) {
    const patient = await parts.pseudonymOf(bsn);
    if (patient !== undefined) listIn(watched, patient).push(teller);
  }
  const employers = new Set<string>();
  for (const all of staff.values()) {
    for (const { patient, organisation } of all)
      if (patient !== undefined) employers.add(`${patient}|${organisation}`);
  }
  const of = (user: string, organisation: Teller) =>
    (staff.get(user) ?? []).filter(({ teller }) => counts(teller, organisation));
  return {
    isWatched: (patient, organisation) =>
      (watched.get(patient) ?? []).some((teller) => counts(teller, organisation)),
    isSamePerson: (user, patient, organisation) =>
      of(user, organisation).some((one) => one.patient === patient),
    worksFor: (patient, organisation) => employers.has(`${patient}|${organisation}`),
    rosterOf: (user, organisation) =>
      rosters.get(user)?.find(({ teller }) => counts(teller, organisation)),
    sharesNameOrAddress(user, patient, organisation) {
      const marks = parts.marksOf(patient);
      return of(user, organisation).some((one) => one.marks.some((mark) => marks.has(mark)));
    },
    wasTreated: (patient, organisation, from, until) =>
      (treated.get(`${patient}|${organisation}`) ?? []).some(
        (one) => one.from <= until.getTime() && one.until >= from.getTime(),
      ),
  };
}

/** The word of an organisation counts for acts of its own people alone. */
const counts = (teller: Teller, organisation: Teller): boolean =>
  teller === undefined || teller === organisation;

function listIn<T>(lists: Map<string, T[]>, key: string): T[] {
  const known = lists.get(key) ?? [];
  lists.set(key, known);
  return known;
}

async function readStaff(
  parts: KnownFilesParts,
  rows: readonly Row[],
): Promise<Map<string, Employee[]>> {
  const byUra = uraOf(parts);
  const staff = new Map<string, Employee[]>();
  for (const row of rows) {
    const { user = '', ura = '', bsn = '', family = '', postcode = '', house = '', teller } = row;
    const marks = [familyMark(family), addressMark(postcode, house)];
    listIn(staff, user).push({
      organisation: byUra.get(ura),
      patient: bsn === '' ? undefined : await parts.pseudonymOf(bsn),
      marks: marks.filter((mark) => mark !== undefined),
      teller,
    });
  }
  return staff;
}

const uraOf = ({ organisations }: KnownFilesParts): ReadonlyMap<string, string> =>
  new Map(organisations.map(({ ura, id }) => [ura, id]));

interface Duty {
  readonly from: number;
  readonly to: number;
  readonly teller: Teller;
}

function readRosters(rows: readonly Row[]): Map<string, Duty[]> {
  const rosters = new Map<string, Duty[]>();
  for (const { user = '', from, to, teller } of rows) {
    // The later of two lines counts, as it did when there was one file.
    listIn(rosters, user).unshift({ from: minutesOf(from) ?? 0, to: minutesOf(to) ?? 0, teller });
  }
  return rosters;
}

const DAY_MS = 86_400_000;

/** By person and organisation; without an end it goes on. */
async function readRelations(
  parts: KnownFilesParts,
  rows: readonly Row[],
): Promise<Map<string, { from: number; until: number }[]>> {
  const byUra = uraOf(parts);
  const treated = new Map<string, { from: number; until: number }[]>();
  for (const { bsn = '', ura = '', from, until } of rows) {
    const patient = await parts.pseudonymOf(bsn);
    if (patient === undefined) continue;
    const end = dayOf(until);
    listIn(treated, `${patient}|${byUra.get(ura)}`).push({
      from: dayOf(from) ?? 0,
      until: end === undefined ? Number.POSITIVE_INFINITY : end + DAY_MS - 1,
    });
  }
  return treated;
}

/** Rows of all that tell something under a name, the installation's own first. */
function rowsIn({ folder, told = [] }: KnownFilesParts): (name: TextName) => Row[] {
  const files = TEXT_NAMES.flatMap((name): KnownText[] => {
    const path = folder === undefined ? undefined : join(folder, name);
    return path !== undefined && existsSync(path)
      ? [{ name, text: readFileSync(path, 'utf8') }]
      : [];
  });
  return (name) =>
    [...files, ...told].flatMap((one) => {
      if (one.name !== name) return [];
      const { organisation: teller } = one;
      return parseKnownText(name, one.text).map((row) => ({
        ...row,
        ...(teller ? { teller } : {}),
      }));
    });
}
