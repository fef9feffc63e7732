/** Whether what a consent was given on is still so: 1.5, tested again (8.1). */
import { VOLUNTARY, voluntaryMandate } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import { ADULT, CHILD } from './age-rules.ts';
import type { MedmijDoor } from './medmij-door.ts';
import type { EndReason } from './toestemming.ts';

interface Fitted {
  readonly vault: string;
  readonly aanbieder: string;
  readonly representative?: { readonly authority: string };
}

/** A child that turned 12, a relation or mandate that ended; undefined while all is as it was. */
export async function noLongerFits(
  door: Pick<MedmijDoor, 'stillAvailable' | 'clock'>,
  sql: Sql,
  { vault, aanbieder, representative }: Fitted,
): Promise<EndReason | undefined> {
  if (representative && isOver(representative.authority, door.clock())) return 'not-available';
  const { reason } = await door.stillAvailable(sql, {
    ...{ vault, aanbieder, at: door.clock() },
    age: representative?.authority === 'parental' ? CHILD : ADULT,
  });
  if (reason === undefined) return undefined;
  return reason === 'too-old' ? 'too-old' : 'not-available';
}

/** A mandate ends at its end; one from before mandates named what they are for opens nothing. */
function isOver(authority: string, at: Date): boolean {
  const end = voluntaryMandate(authority)?.period?.end;
  return authority === VOLUNTARY || (end !== undefined && at.getTime() >= Date.parse(end));
}
