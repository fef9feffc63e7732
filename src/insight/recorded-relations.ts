/**
 * Whether an organisation treated a person around a moment, from what it recorded itself: an
 * encounter, an episode, an appointment, a referral or any other item of its own (AN-01). Dates and
 * kinds are enough; content is not opened for it.
 */
import type { Ledger } from '../audit/index.ts';
import type { ResourceFacts } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';
import { marksOfPatient } from './name-marks.ts';

const PAGE = 1_000;
const PEOPLE_KEPT_MAX = 20_000;
const DAY_MS = 86_400_000;

/** What is known of one person for the length of a run. */
interface Known {
  readonly recorded: readonly Recorded[];
  readonly marks: ReadonlySet<string>;
}

const NO_MARKS: ReadonlySet<string> = new Set();

/** What was recorded of one person, as far as relations go. */
interface Recorded {
  readonly organisation: string;
  readonly at: number;
  readonly isVisit: boolean;
}

const VISITS = new Set(['Encounter', 'EpisodeOfCare', 'Appointment', 'Procedure']);

export interface RecordedRelations {
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

export function createRecordedRelations(
  store: Store,
  ledger: Pick<Ledger, 'pseudonymOf'>,
): RecordedRelations {
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

  return {
    forget() {
      known.clear();
      vaults = undefined;
    },
    async prepare(sql, pseudonym) {
      if (known.has(pseudonym)) return;
      if (known.size >= PEOPLE_KEPT_MAX) known.clear();
      const vault = await vaultOf(sql, pseudonym);
      known.set(pseudonym, vault === undefined ? undefined : await recordedOf(store, sql, vault));
    },
    between(pseudonym, organisation, from, until) {
      const all = known.get(pseudonym)?.recorded;
      return all?.some(
        (one) =>
          one.organisation === organisation &&
          one.at >= from.getTime() &&
          one.at <= until.getTime(),
      );
    },
    visitBetween(pseudonym, from, until) {
      const all = known.get(pseudonym)?.recorded;
      return all?.some(
        (one) => one.isVisit && one.at >= from.getTime() && one.at <= until.getTime(),
      );
    },
    marksOf: (pseudonym) => known.get(pseudonym)?.marks ?? NO_MARKS,
  };
}

async function recordedOf(store: Store, sql: Sql, vault: string): Promise<Known | undefined> {
  try {
    const epoch = await store.epoch(sql, vault);
    const { rows } = await store.candidates(sql, { vault, epoch });
    const marks = rows
      .filter(({ type }) => type === 'Patient')
      .flatMap((row) => marksOfPatient(JSON.parse((row.r4 ?? row.bytes).toString('utf8'))));
    return {
      recorded: rows.flatMap(({ facts, custodian }) => recordedIn(facts, custodian)),
      marks: new Set(marks),
    };
  } catch (error) {
    // Erased meanwhile: then nobody can tell.
    if (Problem.from(error).kind === 'not-found') return undefined;
    throw error;
  }
}

/** A date without time stands for its whole day. */
function recordedIn({ date, type }: ResourceFacts, organisation: string): Recorded[] {
  const at = date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isNaN(at)) return [];
  const isVisit = VISITS.has(type);
  const one = { organisation, at, isVisit };
  return date?.length === 10 ? [one, { ...one, at: at + DAY_MS - 1 }] : [one];
}
