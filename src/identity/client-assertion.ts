/**
 * private_key_jwt: a client proves itself with a JWT signed by its own key.
 * RFC 7523 section 3; SMART Backend Services 1.0 (five minutes at most, jti once).
 */
import { createHash } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../platform/clock.ts';
import type { Sql } from '../platform/database.ts';
import { statement } from '../platform/database.ts';
import { gather } from '../platform/gather.ts';
import { Problem } from '../platform/problem.ts';
import type { Client, ClientKind, Clients } from './clients.ts';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const ALGORITHMS = ['ES256', 'ES384', 'PS256', 'PS384', 'RS384', 'EdDSA'];
const ASSERTION_SECONDS_MAX = 300;
const CLOCK_SKEW_SECONDS_MAX = 30;
/** Printable, so that it can be kept as text. */
const JTI = /^[\x21-\x7e]{1,128}$/;

const USE_JTIS = statement(
  'identity_use_jtis',
  `insert into client_jti (client, jti, expires)
   select * from unnest($1::text[], $2::text[], $3::timestamptz[]) on conflict do nothing
   returning client, jti`,
);
const GIVE_BACK_JTI = statement(
  'identity_give_back_jti',
  'delete from client_jti where client = $1 and jti = $2',
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

export interface VerifiedClient {
  readonly client: Client;
  /** What it signed. */
  readonly claims: JWTPayload;
  /**
   * Lets the assertion be shown again. Only where nothing was issued and the answer is to come back
   * later: many clients then send the same bytes.
   */
  giveBack(): Promise<void>;
}

/**
 * Checks signature, audience, lifetime and one-time use of an assertion.
 * @returns the client, the claims it signed, and how to give the one use back.
 * @throws Problem `unauthenticated`, the same for every cause: a stranger learns nothing; and what
 *   the database throws.
 */
export async function verifyClientAssertion(
  context: { sql: Sql; clients: Clients; clock: Clock },
  assertion: string,
  check: AssertionCheck,
): Promise<VerifiedClient> {
  const client = await context.clients.active(issuerOf(assertion));
  if (!client || !check.kinds.includes(client.kind)) throw refused('client');
  const claims = await claimsOf(context, client, assertion, check.audiences).catch(
    (error: unknown) => {
      throw refused(error);
    },
  );
  const jti = claims.jti ?? '';
  const expires = new Date((claims.exp ?? 0) * 1000);
  const used = usedHere(context.sql);
  const name = nameOf(client.id, jti);
  if (used.has(name)) throw refused('jti used before, here');
  const isFirst = await useOnce(context.sql)({ client: client.id, jti, expires });
  if (!isFirst) throw refused('jti used before');
  remember(used, name, expires, context.clock());
  return {
    client,
    claims,
    async giveBack() {
      used.delete(name);
      await context.sql.query({ ...GIVE_BACK_JTI, values: [client.id, jti] });
    },
  };
}

interface Use {
  readonly client: string;
  readonly jti: string;
  readonly expires: Date;
}

const lines = new WeakMap<Sql, (use: Use) => Promise<boolean>>();

/** Those of requests that run side by side in one statement; of two equal ones the first counts. */
function useOnce(sql: Sql): (use: Use) => Promise<boolean> {
  const line =
    lines.get(sql) ??
    gather((uses: readonly Use[]) => useAll(sql, uses), { togetherMax: 64, lanesMax: 2 });
  lines.set(sql, line);
  return line;
}

async function useAll(sql: Sql, uses: readonly Use[]): Promise<boolean[]> {
  const { rows } = await sql.query<{ client: string; jti: string }>({
    ...USE_JTIS,
    values: [
      uses.map(({ client }) => client),
      uses.map(({ jti }) => jti),
      uses.map(({ expires }) => expires),
    ],
  });
  const fresh = new Set(rows.map(({ client, jti }) => `${client} ${jti}`));
  return uses.map(({ client, jti }) => fresh.delete(`${client} ${jti}`));
}

/**
 * What this gateway accepted, until it expires: whoever takes the row of an assertion out of the
 * database cannot have the same bytes accepted here again.
 */
const accepted = new WeakMap<Sql, Map<string, number>>();
/** Some 12 MB; what is older than that many is left to the database. */
const ACCEPTED_MAX = 100_000;

function usedHere(sql: Sql): Map<string, number> {
  const known = accepted.get(sql) ?? new Map<string, number>();
  accepted.set(sql, known);
  return known;
}

function nameOf(client: string, jti: string): string {
  return createHash('sha256').update(`${client} ${jti}`).digest('base64url').slice(0, 24);
}

/** What came first also ends first, give or take minutes that cost only room. */
function remember(used: Map<string, number>, name: string, expires: Date, now: Date): void {
  const over = now.getTime() - CLOCK_SKEW_SECONDS_MAX * 1000;
  for (const [oldest, end] of used) {
    if (end >= over && used.size < ACCEPTED_MAX) break;
    used.delete(oldest);
  }
  used.set(name, expires.getTime());
}

const keySets = new WeakMap<Client, ReturnType<typeof createLocalJWKSet>>();

/** Its keys are imported once for as long as the register gives the same client. */
function keySetOf(client: Client): ReturnType<typeof createLocalJWKSet> {
  const known = keySets.get(client) ?? createLocalJWKSet({ keys: [...client.keys] });
  keySets.set(client, known);
  return known;
}

function issuerOf(assertion: string): string {
  try {
    return decodeJwt(assertion).iss ?? '';
  } catch (error) {
    throw refused(error);
  }
}

async function claimsOf(
  { clock }: { clock: Clock },
  client: Client,
  assertion: string,
  audiences: readonly string[],
): Promise<JWTPayload> {
  const { payload } = await jwtVerify(assertion, keySetOf(client), {
    issuer: client.id,
    subject: client.id,
    audience: [...audiences],
    algorithms: ALGORITHMS,
    clockTolerance: CLOCK_SKEW_SECONDS_MAX,
    currentDate: clock(),
    requiredClaims: ['exp', 'jti'],
  });
  const seconds = (payload.exp ?? 0) - clock().getTime() / 1000;
  if (seconds > ASSERTION_SECONDS_MAX + CLOCK_SKEW_SECONDS_MAX) throw refused('exp too far');
  if (typeof payload.jti !== 'string' || !JTI.test(payload.jti)) throw refused('jti');
  return payload;
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
