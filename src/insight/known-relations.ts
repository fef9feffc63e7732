/**
 * Whether an organisation treated a person around a moment (AN-01, AN-09): the care relations that
 * are derived from what sources sent, the same facts that a decision asks for, and beside them
 * what the organisation recorded itself (a pharmacy or laboratory has no encounters). Dates and
 * kinds are enough; content is not opened for it.
 */
import type { Ledger } from '../audit/index.ts';
import type { ResourceFacts } from '../permission/index.ts';
import {
  type CareRelation,
  type RelationWindows,
  readRelationWindows,
} from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { type Store, throughPages } from '../store/index.ts';
import { marksOfPatient } from './name-marks.ts';

const PAGE = 1_000;
const PEOPLE_KEPT_MAX = 20_000;
const DAY_MS = 86_400_000;

/** What is known of one person for the length of a run. */
interface Known {
  readonly treated: readonly Treated[];
  readonly marks: ReadonlySet<string>;
}

const NO_MARKS: ReadonlySet<string> = new Set();

/** From and until, both inclusive, an organisation treated the person. */
interface Treated {
  readonly organisation: string;
  readonly from: number;
  readonly until: number;
  readonly isVisit: boolean;
}

const VISIT_TYPES = new Set(['Encounter', 'EpisodeOfCare', 'Appointment', 'Procedure']);
const VISIT_RELATIONS: ReadonlySet<CareRelation['kind']> = new Set([
  'encounter',
  'admission',
  'appointment',
]);

export interface KnownRelations {
  /** Fetches what is needed to answer about this pseudonym; answers after it are at hand. */
  prepare(sql: Sql, pseudonym: string): Promise<void>;
  /** @returns undefined when the person is not known here (any more). */
  between(pseudonym: string, organisation: string, from: Date, until: Date): boolean | undefined;
  visitBetween(pseudonym: string, from: Date, until: Date): boolean | undefined;
  /** Surnames and addresses, as marks; none where the person is not known. */
  marksOf(pseudonym: string): ReadonlySet<string>;
  /** What is fetched after this is as it is then. */
  forget(): void;
}

/** Care relations of a vault under an epoch, as the consent room keeps them. */
export interface RelationFacts {
  at(sql: Sql, vault: string, epoch: number): Promise<readonly CareRelation[]>;
}

export interface KnownRelationParts {
  readonly store: Store;
  readonly ledger: Pick<Ledger, 'pseudonymOf'>;
  readonly relations: RelationFacts;
}

export function createKnownRelations(parts: KnownRelationParts): KnownRelations {
  const { store, ledger } = parts;
  const { windows } = readRelationWindows();
  const known = new Map<string, Known | undefined>();
  let vaults: Map<string, string> | undefined;

  /** The ledger knows people by pseudonyms only: the vaults of this moment by theirs. */
  async function vaultOf(sql: Sql, pseudonym: string): Promise<string | undefined> {
    if (!vaults) {
      vaults = new Map();
      let after: string | undefined;
      for (;;) {
        const ids = await store.vaultIds(sql, after, PAGE);
        for (const id of ids) vaults.set(ledger.pseudonymOf(id), id);
        after = ids.at(-1);
        if (ids.length < PAGE) break;
      }
    }
    return vaults.get(pseudonym);
  }
  const overlap = (pseudonym: string, from: Date, until: Date, which: (one: Treated) => boolean) =>
    known
      .get(pseudonym)
      ?.treated.some(
        (one) => one.from <= until.getTime() && one.until >= from.getTime() && which(one),
      );

  return {
    forget() {
      known.clear();
      vaults = undefined;
    },
    async prepare(sql, pseudonym) {
      if (known.has(pseudonym)) return;
      if (known.size >= PEOPLE_KEPT_MAX) known.clear();
      const vault = await vaultOf(sql, pseudonym);
      known.set(
        pseudonym,
        vault === undefined ? undefined : await knownOf(parts, sql, vault, windows),
      );
    },
    between: (pseudonym, organisation, from, until) =>
      overlap(pseudonym, from, until, (one) => one.organisation === organisation),
    visitBetween: (pseudonym, from, until) =>
      overlap(pseudonym, from, until, ({ isVisit }) => isVisit),
    marksOf: (pseudonym) => known.get(pseudonym)?.marks ?? NO_MARKS,
  };
}

async function knownOf(
  { store, relations }: KnownRelationParts,
  sql: Sql,
  vault: string,
  windows: RelationWindows,
): Promise<Known | undefined> {
  try {
    const epoch = await store.epoch(sql, vault);
    const facts = await relations.at(sql, vault, epoch);
    const treated = facts.flatMap((fact) => treatedBy(fact, windows));
    const marks = new Set<string>();
    await throughPages(store, sql, { vault, epoch }, (rows) => {
      for (const row of rows) {
        treated.push(...recordedIn(row.facts, row.custodian));
        if (row.type !== 'Patient') continue;
        const resource = JSON.parse((row.r4 ?? row.bytes).toString('utf8'));
        for (const mark of marksOfPatient(resource)) marks.add(mark);
      }
    });
    return { treated, marks };
  } catch (error) {
    // Erased meanwhile: then nobody can tell.
    if (Problem.from(error).kind === 'not-found') return undefined;
    throw error;
  }
}

/** One that its source never ended counts for as long as the policy says, and no longer. */
function treatedBy(fact: CareRelation, windows: RelationWindows): Treated[] {
  const { organisation, kind } = fact;
  if (fact.withdrawn) return [];
  const from = Date.parse(fact.from);
  const until =
    fact.until === undefined
      ? from + windows[kind].openDaysMax * DAY_MS
      : Math.max(from, Date.parse(fact.until) - 1);
  return [{ organisation, from, until, isVisit: VISIT_RELATIONS.has(kind) }];
}

/** A date without time stands for its whole day. */
function recordedIn({ date, type }: ResourceFacts, organisation: string): Treated[] {
  const from = date === undefined || type === 'Patient' ? Number.NaN : Date.parse(date);
  if (Number.isNaN(from)) return [];
  const until = date?.length === 10 ? from + DAY_MS - 1 : from;
  return [{ organisation, from, until, isVisit: VISIT_TYPES.has(type) }];
}
