/**
 * private_key_jwt: a client proves itself with a JWT signed by its own key.
 * RFC 7523 section 3; SMART Backend Services 1.0 (five minutes at most, jti once).
 */
import { createLocalJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../platform/clock.ts';
import type { Sql } from '../platform/database.ts';
import { statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Client, ClientKind, Clients } from './clients.ts';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const ALGORITHMS = ['ES256', 'ES384', 'PS256', 'PS384', 'RS384', 'EdDSA'];
const ASSERTION_SECONDS_MAX = 300;
const CLOCK_SKEW_SECONDS_MAX = 30;
/** Printable, so that it can be kept as text. */
const JTI = /^[\x21-\x7e]{1,128}$/;

const USE_JTI = statement(
  'identity_use_jti',
  `insert into client_jti (client, jti, expires) values ($1, $2, $3) on conflict do nothing`,
);
const FORGET_JTI = statement(
  'identity_forget_jti',
  `delete from client_jti where expires < now() - interval '1 hour'`,
);

export interface AssertionCheck {
  readonly kinds: readonly ClientKind[];
  /** The exact URLs that `aud` may name: the token endpoint, and nothing else. */
  readonly audiences: readonly string[];
}

/**
 * Checks signature, audience, lifetime and one-time use of an assertion.
 * @returns the client and the claims it signed.
 * @throws Problem `unauthenticated`, the same for every cause: a stranger learns nothing.
 */
export async function verifyClientAssertion(
  context: { sql: Sql; clients: Clients; clock: Clock },
  assertion: string,
  check: AssertionCheck,
): Promise<{ client: Client; claims: JWTPayload }> {
  const { client, claims } = await verified(context, assertion, check).catch((error: unknown) => {
    const problem = Problem.from(error);
    throw problem.kind === 'busy' ? problem : refused(error);
  });
  const used = await context.sql.query({
    ...USE_JTI,
    values: [client.id, claims.jti, new Date((claims.exp ?? 0) * 1000)],
  });
  if (used.rowCount !== 1) throw refused('jti used before');
  return { client, claims };
}

async function verified(
  { clients, clock }: { clients: Clients; clock: Clock },
  assertion: string,
  check: AssertionCheck,
): Promise<{ client: Client; claims: JWTPayload }> {
  const client = await clients.active(decodeJwt(assertion).iss ?? '');
  if (!client || !check.kinds.includes(client.kind)) {
    throw refused('client');
  }
  const keys = createLocalJWKSet({ keys: [...client.keys] });
  const { payload } = await jwtVerify(assertion, keys, {
    issuer: client.id,
    subject: client.id,
    audience: [...check.audiences],
    algorithms: ALGORITHMS,
    clockTolerance: CLOCK_SKEW_SECONDS_MAX,
    currentDate: clock(),
    requiredClaims: ['exp', 'jti'],
  });
  const seconds = (payload.exp ?? 0) - clock().getTime() / 1000;
  if (seconds > ASSERTION_SECONDS_MAX + CLOCK_SKEW_SECONDS_MAX) throw refused('exp too far');
  if (typeof payload.jti !== 'string' || !JTI.test(payload.jti)) throw refused('jti');
  return { client, claims: payload };
}

/** Drops identifiers of assertions that have expired; called now and then by the roof. */
export async function forgetUsedAssertions(sql: Sql): Promise<void> {
  await sql.query(FORGET_JTI);
}

function refused(cause: unknown): Problem {
  return new Problem('unauthenticated', 'The client could not be authenticated.', {
    code: 'invalid_client',
    cause,
  });
}
