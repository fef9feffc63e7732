/** Whether what a consent was given on is still so: 1.5, tested again (8.1). */
import type { Sql } from '../platform/database.ts';
import { ADULT, CHILD } from './age-rules.ts';
import type { MedmijDoor } from './medmij-door.ts';
import type { EndReason } from './toestemming.ts';

interface Fitted {
  readonly vault: string;
  readonly aanbieder: string;
  readonly representative?: { readonly authority: string };
}

/** A child that turned 12, a relation that ended; undefined while all is as it was. */
export async function noLongerFits(
  door: Pick<MedmijDoor, 'stillAvailable' | 'clock'>,
  sql: Sql,
  { vault, aanbieder, representative }: Fitted,
): Promise<EndReason | undefined> {
  const { reason } = await door.stillAvailable(sql, {
    ...{ vault, aanbieder, at: door.clock() },
    age: representative?.authority === 'parental' ? CHILD : ADULT,
  });
  if (reason === undefined) return undefined;
  return reason === 'too-old' ? 'too-old' : 'not-available';
}
