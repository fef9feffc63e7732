/**
 * Another network that asks for the lines of a person, because that person asks there who looked
 * here (audit.md section 9). It proves itself by a token of our token endpoint (SMART Backend
 * Services) or, as we do with it, by a client assertion aimed at this door; either way it needs the
 * scope for it, which is given apart.
 */
import type { FastifyRequest } from 'fastify';
import { bearerToken, type Client, verifyClientAssertion } from '../identity/index.ts';
import { Problem } from '../platform/problem.ts';
import { bindingFor, requireBinding } from './certificate-binding.ts';
import type { PartnerDoorParts } from './partner-door.ts';

/** The scope to ask for lines of a person, and nothing else. */
export const LOG_SCOPE = /^system\/AuditEvent\.(read|rs)$/;

export interface LogPartner {
  readonly client: string;
  /** Only lines in which this organisation is source or recipient. */
  readonly organisation: string;
}

export interface LogPartnerParts extends PartnerDoorParts {
  readonly database: Parameters<typeof verifyClientAssertion>[0]['sql'];
  readonly publicUrl: string;
}

/** Three parts in base64url; our own tokens have no dots. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * @returns undefined for whoever shows a token of another kind.
 * @throws Problem `unauthenticated`, or `forbidden` for a partner without the scope.
 */
export async function logPartner(
  parts: LogPartnerParts,
  request: FastifyRequest,
): Promise<LogPartner | undefined> {
  const bearer = bearerToken(request.headers.authorization);
  if (JWT.test(bearer)) return byAssertion(parts, request, bearer);
  const { claims } = await parts.tokens.verify(bearer);
  if (claims.kind !== 'partner') return undefined;
  const client = await parts.clients.active(claims.client);
  if (!client) throw unknownToken();
  requireBinding(parts.binding, request.raw, client, claims.cnf);
  return allowed(parts, request, client, claims.organisation, claims.scope.split(' '));
}

async function byAssertion(
  parts: LogPartnerParts,
  request: FastifyRequest,
  assertion: string,
): Promise<LogPartner> {
  const { database: sql, clients, clock, publicUrl } = parts;
  const base = `${publicUrl}/fhir/r4`;
  const check = { kinds: ['partner'], audiences: [base, `${base}/AuditEvent`] } as const;
  const { client } = await verifyClientAssertion({ sql, clients, clock }, assertion, check);
  bindingFor(parts.binding, request.raw, client);
  return allowed(parts, request, client, client.organisationId, client.scopes);
}

async function allowed(
  { ledger }: LogPartnerParts,
  request: FastifyRequest,
  client: Client,
  organisation: string | undefined,
  scopes: readonly string[],
): Promise<LogPartner> {
  if (organisation === undefined) throw unknownToken();
  if (scopes.some((scope) => LOG_SCOPE.test(scope))) return { client: client.id, organisation };
  await ledger.record([
    {
      ...{ class: 'security', event: 'log-search', action: 'E', outcome: 4, reason: 'no-role' },
      agent: { kind: 'system', id: client.id, organisation, address: request.ip },
      ...{ client: client.id, requestId: request.id, door: 'fhir' },
    },
  ]);
  throw new Problem('forbidden', 'The access token does not cover the log.', {
    code: 'insufficient_scope',
  });
}

const unknownToken = (): Problem =>
  new Problem('unauthenticated', 'The access token is expired, revoked or unknown.', {
    code: 'invalid_token',
  });
