/**
 * Consents that people gave to a PGO. Ended ones stay: the person sees when and why. A long-lived
 * one lapses after half a year without collecting (medmij-protocol.md 8.1).
 */
import { type Sql, statement } from '../platform/database.ts';
import { endSubscriptionsOfConsent } from './subscription/subscription.ts';

export type ToestemmingKind = 'verzamelen' | 'delen' | 'abonneren';

export interface Toestemming {
  readonly vault: string;
  readonly id: string;
  readonly client: string;
  readonly aanbieder: string;
  readonly services: readonly string[];
  readonly longLived: boolean;
  readonly kind: ToestemmingKind;
  /** Keyed hash of the representative who gave it; null when the person did. */
  readonly givenBy: string | null;
  readonly given: Date;
  readonly lastUsed: Date;
  readonly ended: Date | null;
  readonly endedBecause: EndReason | null;
}

/**
 * Who or what ended it: the person; a newer consent; a token that was used twice; an age or
 * relation that no longer fits (tested again at each refresh).
 */
export type EndReason = 'person' | 'replaced' | 'replayed' | 'too-old' | 'not-available';

/** Half a year, counted as 183 days. */
export const HALF_YEAR_DAYS = 183;

const ADD = statement(
  'medmij_add_toestemming',
  `insert into toestemming
     (vault, id, client, aanbieder, services, long_lived, given, last_used, kind, given_by)
   values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)`,
);
const USE = statement(
  'medmij_use_toestemming',
  `update toestemming set last_used = $3
    where vault = $1 and id = $2 and ended is null and last_used > $4`,
);
const END = statement(
  'medmij_end_toestemming',
  `update toestemming set ended = $3, ended_because = $4
    where vault = $1 and id = $2 and ended is null`,
);
const END_OLDER = statement(
  'medmij_end_older_toestemming',
  `update toestemming set ended = $6, ended_because = 'replaced'
    where vault = $1 and client = $2 and aanbieder = $3 and services <@ $4::text[] and id <> $5
      and long_lived and kind = 'verzamelen' and ended is null
      and given_by is not distinct from $7
  returning id`,
);
const LATER = statement(
  'medmij_later_toestemming',
  `select from toestemming one where one.vault = $1 and one.id = $2
      and not exists (select from toestemming other
                       where other.vault = $1 and other.id = $3 and other.given >= one.given)`,
);
const COLUMNS = `vault, id, client, aanbieder, services, long_lived as "longLived", given,
          last_used as "lastUsed", ended, ended_because as "endedBecause", kind,
          given_by as "givenBy"`;
const OF_PERSON = statement(
  'medmij_toestemmingen',
  `select ${COLUMNS} from toestemming where vault = $1 order by given desc limit 200`,
);
const ONE = statement(
  'medmij_toestemming',
  `select ${COLUMNS} from toestemming where vault = $1 and id = $2`,
);

/** Whether the first was given after the second; what is no longer there was before. */
export async function isLater(
  sql: Sql,
  vault: string,
  first: string,
  second: string,
): Promise<boolean> {
  const { rows } = await sql.query({ ...LATER, values: [vault, first, second] });
  return rows.length > 0;
}

/** Writes down that it was given. */
export async function addToestemming(
  sql: Sql,
  one: Omit<Toestemming, 'lastUsed' | 'ended' | 'endedBecause' | 'kind' | 'givenBy'> &
    Partial<Pick<Toestemming, 'kind' | 'givenBy'>>,
): Promise<void> {
  const { vault, id, client, aanbieder, services, longLived, given } = one;
  const { kind = 'verzamelen', givenBy = null } = one;
  await sql.query({
    ...ADD,
    values: [vault, id, client, aanbieder, services, longLived, given, kind, givenBy],
  });
}

/** @returns false when the consent was ended meanwhile, or lapsed. */
export async function useToestemming(
  sql: Sql,
  vault: string,
  id: string,
  at: Date,
): Promise<boolean> {
  return (await sql.query({ ...USE, values: [vault, id, at, lapseBefore(at)] })).rowCount === 1;
}

/**
 * Ends it, and what it let an app be notified of.
 * @returns false when it was ended before or is not this person's.
 */
export async function endToestemming(
  sql: Sql,
  vault: string,
  id: string,
  at: Date,
  because: EndReason = 'person',
): Promise<boolean> {
  await endSubscriptionsOfConsent(sql, vault, id, at);
  return (await sql.query({ ...END, values: [vault, id, at, because] })).rowCount === 1;
}

/**
 * A newer consent takes the place of older long-lived ones for the same app and aanbieder that it
 * covers and that the same person gave: what a representative decides leaves one's own alone.
 * @returns ids of those that ended, whose tokens must end too.
 */
export async function endOlder(
  sql: Sql,
  one: Pick<Toestemming, 'vault' | 'client' | 'aanbieder' | 'services' | 'id' | 'givenBy'>,
  at: Date,
): Promise<string[]> {
  const { vault, client, aanbieder, services, id, givenBy } = one;
  const values = [vault, client, aanbieder, services, id, at, givenBy];
  return (await sql.query<{ id: string }>({ ...END_OLDER, values })).rows.map((row) => row.id);
}

/** All consents of a person, newest first, ended ones too. */
export async function toestemmingenOf(sql: Sql, vault: string): Promise<Toestemming[]> {
  return (await sql.query<Toestemming>({ ...OF_PERSON, values: [vault] })).rows;
}

/** One consent of a person. */
export async function toestemming(
  sql: Sql,
  vault: string,
  id: string,
): Promise<Toestemming | undefined> {
  return (await sql.query<Toestemming>({ ...ONE, values: [vault, id] })).rows[0];
}

/** When a long-lived consent lapses if no app collects until then. */
export function lapsesAt({ lastUsed }: Pick<Toestemming, 'lastUsed'>): Date {
  return new Date(lastUsed.getTime() + HALF_YEAR_DAYS * 86_400_000);
}

/** Whether it still lets an app in: not ended, and used within half a year. */
export function isActive(one: Toestemming, at: Date): boolean {
  return one.ended === null && one.longLived && one.lastUsed > lapseBefore(at);
}

function lapseBefore(at: Date): Date {
  return new Date(at.getTime() - HALF_YEAR_DAYS * 86_400_000);
}
