/**
 * Can this person fetch anything from this aanbieder? A relation exists, data is made available,
 * and the person is 16 or over (medmij-protocol.md 1.5), and no source says that the person died:
 * then every request would be refused. The reason is for the ledger and the person.
 */
import { ageAt, nextTurn } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import type { Store } from '../store/index.ts';
import { factsOfPatients } from './patient-facts.ts';

const BSN_SYSTEM = 'http://fhir.nl/fhir/NamingSystem/bsn';
/** One for each source, and some that were merged. */
const PATIENTS_MAX = 60;
/** A person for oneself (medmij-protocol.md 1.5). */
const ONESELF = { yearsMin: 16 } as const;

export type AvailabilityAnswer =
  | {
      readonly vault: string;
      readonly reason?: undefined;
      /** The next birthday at which this answer may be another: midnight in Amsterdam. */
      readonly until?: Date;
    }
  | { readonly reason: string; readonly vault?: string };

interface AgeRule {
  readonly yearsMin?: number;
  readonly yearsBelow?: number;
}

export interface AvailabilityQuestion {
  readonly bsn: string;
  /** Organisation id. */
  readonly aanbieder: string;
  readonly at: Date;
  /** Ages that may: from, and below. */
  readonly age?: AgeRule;
  /** `YYYY-MM-DD` that a representative gave: must be the one in the record. */
  readonly birthDate?: string;
}

/** Takes the same way for everyone: somebody unknown is looked up just as long. */
export async function availabilityOf(
  store: Store,
  sql: Sql,
  asked: AvailabilityQuestion,
): Promise<AvailabilityAnswer> {
  const vault = await store.findVault(sql, { system: BSN_SYSTEM, value: asked.bsn });
  return inVault(store, sql, vault, asked);
}

/** The same of somebody who was let in before: a birthday passed, or a relation ended. */
export async function stillAvailable(
  store: Store,
  sql: Sql,
  { vault, ...asked }: Omit<AvailabilityQuestion, 'bsn'> & { readonly vault: string },
): Promise<AvailabilityAnswer> {
  return inVault(store, sql, vault, asked);
}

async function inVault(
  store: Store,
  sql: Sql,
  vault: string | undefined,
  asked: Omit<AvailabilityQuestion, 'bsn'>,
): Promise<AvailabilityAnswer> {
  const epoch = vault === undefined ? 0 : await store.epoch(sql, vault);
  const { rows } = await store.candidates(sql, {
    vault: vault ?? '00000000-0000-4000-8000-000000000000',
    epoch,
    types: ['Patient'],
    limit: PATIENTS_MAX,
  });
  if (vault === undefined) return { reason: 'not-known-here' };
  const patients = rows.map((row) => ({
    isOfAanbieder: row.custodian === asked.aanbieder,
    patient: JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as Record<string, unknown>,
  }));
  const own = patients.filter(({ isOfAanbieder }) => isOfAanbieder);
  if (own.length === 0) return { reason: 'no-relation', vault };
  if (factsOfPatients(patients.map(({ patient }) => patient)).deceased) {
    return { reason: 'deceased', vault };
  }
  const births = own.flatMap(({ patient: { birthDate } }) =>
    typeof birthDate === 'string' ? [birthDate] : [],
  );
  // First the age: who is over it may keep from a parent that there is a record at all.
  const reason = ageReason(births, asked);
  if (reason !== undefined) return { reason, vault };
  if (asked.birthDate !== undefined && !births.includes(asked.birthDate)) {
    return { reason: 'birth-date-differs', vault };
  }
  const until = earliest(births.flatMap((birth) => nextTurn(birth, asked.at) ?? []));
  return until === undefined ? { vault } : { vault, until };
}

const earliest = (moments: readonly Date[]): Date | undefined =>
  moments.toSorted((a, b) => a.getTime() - b.getTime())[0];

/** An age that nobody knows is no reason to let in: every one that is known must fit. */
function ageReason(
  births: readonly string[],
  { at, age = ONESELF }: Pick<AvailabilityQuestion, 'at' | 'age'>,
): string | undefined {
  const ages = births.map((birth) => ageAt(birth, at));
  const known = ages.filter((one) => one !== undefined);
  if (known.length === 0 || known.length < ages.length) return 'age-unknown';
  const { yearsMin = 0, yearsBelow }: AgeRule = age;
  if (Math.min(...known) < yearsMin) return 'too-young';
  return yearsBelow !== undefined && Math.max(...known) >= yearsBelow ? 'too-old' : undefined;
}
