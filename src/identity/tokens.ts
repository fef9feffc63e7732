/**
 * Access tokens: opaque, 256 random bits, 900 s, only their hash is stored. Each request asks
 * again, so a revoked consent or a suspended client ends a token at once (with a short cache, see
 * below).
 */
import type { Clock } from '../platform/clock.ts';
import type { Sql } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { type OpenState, type SealedState, stateId } from './sealed-state.ts';

export const ACCESS_TOKEN_SECONDS = 900;

/** What a token stands for. It never holds a BSN: a person is a vault id. */
export type TokenClaims =
  | {
      readonly kind: 'medmij';
      readonly client: string;
      readonly vault: string;
      /** Organisation id of the aanbieder, and the gegevensdiensten granted. */
      readonly aanbieder: string;
      readonly services: readonly string[];
      /** What the person said yes to; absent (the command line of a demo): all that it has. */
      readonly agreed?: 'verzamelen' | 'delen' | 'abonneren';
      /** Consent (toestemming) the token was issued under. */
      readonly consent: string;
      readonly correlationId: string;
      /** A token for the subscription interface: which service, and for how many days at most. */
      readonly subscription?: { readonly service: string; readonly days: number };
      readonly representative?: { readonly subject: string; readonly authority: string };
    }
  | {
      /** A module of a provider that an app started for its person. */
      readonly kind: 'module';
      readonly client: string;
      /** The app that started it. */
      readonly pgo: string;
      readonly vault: string;
      readonly aanbieder: string;
      readonly consent: string;
      readonly correlationId: string;
      readonly scope: string;
      readonly representative?: { readonly subject: string; readonly authority: string };
    }
  | {
      readonly kind: 'partner';
      readonly client: string;
      readonly organisation: string;
      readonly scope: string;
      readonly purpose: string;
      /** Set when the token is good for one patient only. */
      readonly vault?: string;
      readonly person?: string;
      readonly role?: string;
      readonly department?: string;
      readonly region?: string;
      readonly task?: string;
      /** A care relation that is declared in words, for a region that allows that. */
      readonly declaredRelation?: string;
      /** Thumbprint of the client certificate that it is bound to (RFC 8705). */
      readonly cnf?: { readonly 'x5t#S256': string };
      /** Then only the requests of this use case are allowed. */
      readonly useCase?: string;
      readonly emergency?: {
        readonly level: 'urgent' | 'vital';
        readonly patientIncapable: boolean;
        readonly reasonCode: string;
        readonly reason: string;
      };
    }
  | {
      readonly kind: 'sender';
      readonly client: string;
      readonly organisation: string;
      readonly scope: string;
    }
  | {
      readonly kind: 'auditor';
      readonly client: string;
      readonly organisation: string;
      readonly subject: string;
      readonly role: string;
      /** Why the log is looked at; stands in the line of every question. */
      readonly reason?: string;
      /** ISO moments: the end of the access, and which acts may be seen. */
      readonly ends?: string;
      readonly from?: string;
      readonly until?: string;
    };

export interface VerifiedToken {
  readonly claims: TokenClaims;
  /** Names the token in the ledger. */
  readonly id: string;
  readonly expires: Date;
  readonly family: string | undefined;
}

export interface Tokens {
  issue(
    sql: Sql,
    claims: TokenClaims,
    options?: { family?: string; seconds?: number },
  ): Promise<{
    token: string;
    expiresIn: number;
    id: string;
  }>;
  /** @throws Problem `unauthenticated`, code `invalid_token`: unknown, expired or revoked. */
  verify(token: string): Promise<VerifiedToken>;
  /**
   * Whose requests a token that was good when last seen counts with, from memory: to count by, not
   * to trust. An app acts for many people, so each consent counts by itself; others by client.
   */
  countedAs(token: string): string | undefined;
  /**
   * Ends all tokens of a consent or session: seen by every instance within `TOKEN_CACHE_MS_MAX`.
   */
  revokeFamily(sql: Sql, family: string): Promise<void>;
}

/** A revoked token may be honoured this long; the promise to the outside is one second. */
const TOKEN_CACHE_MS_MAX = 250;
const TOKEN_CACHE_ENTRIES_MAX = 2_000;
const TOKENS_COUNTED_MAX = 10_000;
const TOKEN_LENGTH_MAX = 256;

/** Tokens kept as sealed state; a short cache spares the database at bursts. */
export function createTokens(database: Sql, state: SealedState, clock: Clock): Tokens {
  const cache = new Map<
    string,
    { until: number; open: Promise<OpenState<TokenClaims> | undefined> }
  >();
  const counted = new Map<string, string>();

  function lookUp(token: string): Promise<OpenState<TokenClaims> | undefined> {
    const now = performance.now();
    const known = cache.get(token);
    if (known && known.until > now) return known.open;
    if (cache.size >= TOKEN_CACHE_ENTRIES_MAX) cache.clear();
    const open = state.peek<TokenClaims>(database, 'access-token', token);
    cache.set(token, { until: now + TOKEN_CACHE_MS_MAX, open });
    open.catch(() => cache.delete(token));
    return open;
  }
  return {
    async issue(sql, claims, options = {}) {
      const seconds = Math.min(options.seconds ?? ACCESS_TOKEN_SECONDS, ACCESS_TOKEN_SECONDS);
      const token = await state.put(sql, claims, {
        kind: 'access-token',
        seconds,
        ...(options.family === undefined ? {} : { family: options.family }),
      });
      return { token, expiresIn: seconds, id: stateId(token) };
    },
    async verify(token) {
      const open = token.length > TOKEN_LENGTH_MAX ? undefined : await lookUp(token);
      if (!open || open.expires <= clock()) {
        throw new Problem('unauthenticated', 'The access token is expired, revoked or unknown.', {
          code: 'invalid_token',
        });
      }
      if (counted.size >= TOKENS_COUNTED_MAX) counted.clear();
      counted.set(token, countName(open.value));
      return { claims: open.value, id: open.id, expires: open.expires, family: open.family };
    },
    countedAs: (token) => (token.length > TOKEN_LENGTH_MAX ? undefined : counted.get(token)),
    async revokeFamily(sql, family) {
      await state.endFamily(sql, family);
      cache.clear();
    },
  };
}

function countName(claims: TokenClaims): string {
  return claims.kind === 'medmij' ? `${claims.client} ${claims.consent}` : claims.client;
}

/**
 * The bearer token of an Authorization header (RFC 6750 section 2.1).
 * @throws Problem `unauthenticated`, code `missing_token`, when there is none.
 */
export function bearerToken(authorization: string | undefined): string {
  const match = /^Bearer ([A-Za-z0-9\-._~+/]+=*)$/i.exec(authorization ?? '');
  if (!match?.[1]) {
    throw new Problem('unauthenticated', 'A bearer token is required.', { code: 'missing_token' });
  }
  return match[1];
}
