/**
 * What an app hears of a consent that no longer lets it in (capabilities A3): stopped by the
 * person, lapsed, or over for another reason that stays with the person. One word from a closed
 * list; it stands in `error_description`, at the token interface and at the resource interface.
 */
import type { OpenState, TokenClaims } from '../identity/index.ts';
import { voluntaryMandate } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import { CHILD } from './age-rules.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { HALF_YEAR_DAYS, lapsesAt, toestemming } from './toestemming.ts';
import type { TokenGround } from './token-ground.ts';

export type ConsentEnd =
  | 'consent-revoked'
  | 'consent-expired'
  | 'consent-ended'
  | 'representation-ended-age-12';

/** @returns undefined while the consent is in force, or when there is no such consent. */
export async function consentEnd(
  sql: Sql,
  { vault, consent }: { readonly vault: string; readonly consent: string },
  at: Date,
): Promise<ConsentEnd | undefined> {
  const one = await toestemming(sql, vault, consent);
  if (!one) return undefined;
  if (one.ended === null) return lapsesAt(one) <= at ? 'consent-expired' : undefined;
  if (one.endedBecause === 'person') return 'consent-revoked';
  // The parent's app knows the date of birth: it sent it along.
  return one.endedBecause === 'too-old' ? 'representation-ended-age-12' : 'consent-ended';
}

/** When the mandate ends under which somebody gave consent for another; undefined: no such end. */
export function mandateEnds({
  representative,
}: {
  readonly representative?: { readonly authority: string } | undefined;
}): Date | undefined {
  const end = representative && voluntaryMandate(representative.authority)?.period?.end;
  return end === undefined ? undefined : new Date(end);
}

/**
 * When what somebody may do for another ends by itself, whatever the consent says: with the
 * mandate, or on the day the child turns 12 (medmij-protocol.md 1.5).
 * @returns undefined for no such end.
 */
export async function representationEnds(
  door: Pick<MedmijDoor, 'database' | 'stillAvailable' | 'clock'>,
  ground: Pick<TokenGround, 'vault' | 'aanbieder' | 'representative'>,
): Promise<Date | undefined> {
  if (ground.representative?.authority !== 'parental') return mandateEnds(ground);
  const { vault, aanbieder } = ground;
  const at = door.clock();
  const fits = await door.stillAvailable(door.database, { vault, aanbieder, at, age: CHILD });
  return fits.reason === undefined ? fits.until : at;
}

/** Whole days until then, the one that runs counted; 0 when it is over. */
export const daysLeft = (end: Date, at: Date): number =>
  Math.max(0, Math.ceil((end.getTime() - at.getTime()) / 86_400_000));

/** How long a consent that is used now lasts (ISO 8601): half a year, or until an earlier end. */
export function expiresIn(end: Date | undefined, at: Date): string {
  const days = end === undefined ? HALF_YEAR_DAYS : daysLeft(end, at);
  return `P${Math.min(days, HALF_YEAR_DAYS)}D`;
}

/** What a token that is no longer good was about, and why it is not. */
export async function tokenEnd(
  door: Pick<MedmijDoor, 'database' | 'state' | 'clock'>,
  token: string,
): Promise<{ client: string; end: ConsentEnd | 'token-expired' } | undefined> {
  const known: OpenState<TokenClaims> | undefined = await door.state.over(
    door.database,
    'access-token',
    token,
  );
  const claims = known?.value;
  if (claims?.kind !== 'medmij') return undefined;
  const end = await consentEnd(door.database, claims, door.clock());
  return { client: claims.client, end: end ?? 'token-expired' };
}
