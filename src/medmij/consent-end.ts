/**
 * What an app hears of a consent that no longer lets it in (capabilities A3): stopped by the
 * person, lapsed, or over for another reason that stays with the person. One word from a closed
 * list; it stands in `error_description`, at the token interface and at the resource interface.
 */
import type { OpenState, TokenClaims } from '../identity/index.ts';
import type { Sql } from '../platform/database.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { lapsesAt, toestemming } from './toestemming.ts';

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
