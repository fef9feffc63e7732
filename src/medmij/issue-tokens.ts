/** What the token interface gives, and how it says no. medmij-protocol.md 3.3 to 3.5. */
import { ACCESS_TOKEN_SECONDS } from '../identity/index.ts';
import type { Sql } from '../platform/database.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { type EndReason, endToestemming, HALF_YEAR_DAYS } from './toestemming.ts';
import type { TokenAnswer, TokenGround } from './token-ground.ts';

/** An OAuth error of the token endpoint; descriptions are from a closed list. */
export class TokenFault extends Error {
  readonly error: string;
  readonly status: number;
  /** Vault of the consent that was ended because of it. */
  readonly vault: string | undefined;

  constructor(
    error: string,
    description: string,
    options: { status?: number; vault?: string } = {},
  ) {
    super(description);
    this.error = error;
    this.status = options.status ?? 400;
    this.vault = options.vault;
  }
}

export interface Tokened {
  readonly answer: TokenAnswer;
  readonly ground: TokenGround;
  readonly tokenId: string;
  readonly repeated: boolean;
  /** What is odd about it, for the chain log. */
  readonly flags: readonly string[];
}

const REFRESH_SECONDS = HALF_YEAR_DAYS * 86_400;

/** An access token for what was granted, and for a long-lived consent the next refresh token. */
export async function issue(
  door: MedmijDoor,
  tx: Sql,
  given: TokenGround,
  flags: readonly string[] = [],
  /** Of the services that were agreed on, those that can be had now. */
  services: readonly string[] = given.services,
): Promise<Tokened> {
  const until = oneTimeEnd(door, given);
  const ground = until === undefined ? given : { ...given, until };
  const { client, vault, aanbieder, consent, correlationId, kind, days } = ground;
  const { representative } = ground;
  const [service = ''] = services;
  const issued = await door.tokens.issue(
    tx,
    {
      ...{ kind: 'medmij', client, vault, aanbieder, consent, correlationId, agreed: kind },
      // A subscription opens the subscription interface only, and no data.
      services: kind === 'abonneren' ? [] : services,
      ...(kind === 'abonneren' ? { subscription: { service, days: days ?? 0 } } : {}),
      ...(representative ? { representative } : {}),
    },
    { family: consent, seconds: secondsLeft(door, until) },
  );
  const refreshSeconds = ground.longLived ? REFRESH_SECONDS : until && secondsLeft(door, until);
  const refreshToken = refreshSeconds
    ? await door.state.put(tx, ground, {
        kind: 'refresh-token',
        seconds: refreshSeconds,
        family: consent,
      })
    : undefined;
  return {
    answer: {
      access_token: issued.token,
      token_type: 'Bearer',
      expires_in: issued.expiresIn,
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
      scope: scopeOf({ ...ground, services }, door.config.tokenScope),
    },
    ground,
    tokenId: issued.id,
    repeated: false,
    flags,
  };
}

/**
 * An app of the ministry's dialect breaks off without a refresh token in the answer. For a one-time
 * consent it gets one that gives no minute more: all of it ends with the first access token.
 */
function oneTimeEnd(door: MedmijDoor, { client, kind, longLived, until }: TokenGround) {
  if (until !== undefined) return until;
  if (longLived || kind !== 'verzamelen' || !door.config.mgoClients.has(client)) return undefined;
  return new Date(door.clock().getTime() + ACCESS_TOKEN_SECONDS * 1_000).toISOString();
}

function secondsLeft(door: MedmijDoor, until: string | undefined): number {
  if (until === undefined) return ACCESS_TOKEN_SECONDS;
  const left = Math.floor((Date.parse(until) - door.clock().getTime()) / 1_000);
  if (left < 1) throw new TokenFault('invalid_grant', 'consent-expired');
  return left;
}

/** What was granted: never more than was asked, and said each time (core.tknint.201). */
function scopeOf(ground: TokenGround, format: 'ids' | 'combinations'): string {
  const { aanbiederScope: name, services, kind, days = 0 } = ground;
  if (kind === 'abonneren') return `subscribe~${days}/${name}~${services[0]}`;
  if (kind === 'delen' || format === 'combinations') {
    return services.map((id) => `${name}~${id}`).join(' ');
  }
  return services.join(' ');
}

type EndedGround = Pick<
  TokenGround,
  'vault' | 'consent' | 'client' | 'aanbieder' | 'correlationId'
>;

/** The consent and every token of it; the line of the ledger says why nobody asked for it. */
export async function endFamily(
  door: MedmijDoor,
  { vault, consent, client, aanbieder, correlationId }: EndedGround,
  because: EndReason,
): Promise<void> {
  const pending = await door.database.transaction(async (tx) => {
    if (!(await endToestemming(tx, vault, consent, door.clock(), because))) return [];
    return door.ledger.writeAll(tx, [
      {
        ...{ class: 'evidence', event: 'toestemming-ended', action: 'U', outcome: 0 },
        ...{ agent: { kind: 'system', id: client }, patient: vault, client, door: 'medmij' },
        ...{ purpose: 'PATRQT', reason: because, correlationId, holders: [aanbieder] },
        basis: [`toestemming:${consent}`],
      },
    ]);
  });
  await door.tokens.revokeFamily(door.database, consent);
  if (pending.length > 0) await door.ledger.numbered(pending);
}
