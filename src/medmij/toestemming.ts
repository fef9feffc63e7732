/** Consents that people gave to a PGO. Ended ones stay: the person sees when and why. */
import type { Sql } from '../platform/database.ts';
import { statement } from '../platform/database.ts';

export interface Toestemming {
  readonly vault: string;
  readonly id: string;
  readonly client: string;
  readonly aanbieder: string;
  readonly services: readonly string[];
  readonly longLived: boolean;
  readonly given: Date;
  readonly lastUsed: Date;
  readonly ended: Date | null;
}

const ADD = statement(
  'medmij_add_toestemming',
  `insert into toestemming (vault, id, client, aanbieder, services, long_lived, given, last_used)
   values ($1, $2, $3, $4, $5, $6, $7, $7)`,
);
const USE = statement(
  'medmij_use_toestemming',
  `update toestemming set last_used = $3 where vault = $1 and id = $2 and ended is null`,
);
const END = statement(
  'medmij_end_toestemming',
  `update toestemming set ended = $3 where vault = $1 and id = $2 and ended is null`,
);
const OF_PERSON = statement(
  'medmij_toestemmingen',
  `select vault, id, client, aanbieder, services, long_lived as "longLived", given,
          last_used as "lastUsed", ended
     from toestemming where vault = $1 order by given desc limit 200`,
);

/** Writes down that it was given. */
export async function addToestemming(
  sql: Sql,
  one: Omit<Toestemming, 'lastUsed' | 'ended'>,
): Promise<void> {
  const { vault, id, client, aanbieder, services, longLived, given } = one;
  await sql.query({ ...ADD, values: [vault, id, client, aanbieder, services, longLived, given] });
}

/** @returns false when the consent was ended meanwhile. */
export async function useToestemming(
  sql: Sql,
  vault: string,
  id: string,
  at: Date,
): Promise<boolean> {
  return (await sql.query({ ...USE, values: [vault, id, at] })).rowCount === 1;
}

/** @returns false when it was ended before or is not this person's. */
export async function endToestemming(
  sql: Sql,
  vault: string,
  id: string,
  at: Date,
): Promise<boolean> {
  return (await sql.query({ ...END, values: [vault, id, at] })).rowCount === 1;
}

/** The consents of a person, newest first, ended ones too. */
/** All consents of a person, newest first. */
export async function toestemmingenOf(sql: Sql, vault: string): Promise<Toestemming[]> {
  return (await sql.query<Toestemming>({ ...OF_PERSON, values: [vault] })).rows;
}
