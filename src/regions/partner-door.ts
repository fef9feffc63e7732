/** The FHIR door of regional partners and of senders who read back what is their own. */
import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Ledger } from '../audit/index.ts';
import type { FhirVersion } from '../conformance/index.ts';
import { partyOf, refusal } from '../consent/index.ts';
import {
  bearerToken,
  type Client,
  type Clients,
  type Organisations,
  type TokenClaims,
  type Tokens,
} from '../identity/index.ts';
import type { AccessRequest, Actor, Party, Purpose } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import { Problem } from '../platform/problem.ts';
import { type BindingParts, requireBinding } from './certificate-binding.ts';
import { requireUseCase } from './use-case-request.ts';

export interface PartnerDoorParts {
  /** How client certificates are told, and whether a partner must have one. */
  readonly binding: BindingParts;
  readonly tokens: Tokens;
  readonly clients: Clients;
  readonly organisations: Organisations;
  readonly clock: Clock;
  /** An attempt that the token does not allow is a line as well (audit.md section 2). */
  readonly ledger: Pick<Ledger, 'record'>;
}

/** SMART 1 and 2: reading and searching of all types. Narrower scopes are not granted here. */
const READ_SCOPE = /^system\/\*\.(read|\*|c?ru?d?s)$/;

const WRITE_SCOPE = 'system/intake';

/** A bundle may read as well, and a search may be posted: those need the scope to read. */
function isWrite({ method, url }: FastifyRequest): boolean {
  if (method === 'PUT' || method === 'PATCH' || method === 'DELETE') return true;
  return method === 'POST' && /^\/fhir\/[a-z0-9]+\/[A-Z][A-Za-z]+(\?|$)/.test(url);
}

/** What a partner's request is, once its token is known. */
export interface PartnerVisit {
  readonly access: AccessRequest;
  readonly vault?: string;
  /** Client of a sender whose token covers sending. */
  readonly writer?: Client;
  /** The token covers sending, and no reading. */
  readonly sendsOnly?: true;
}

/**
 * Reads who asks from the token, and whether the client is still welcome and may read.
 * @throws Problem `unauthenticated`, or `forbidden` when the token is not for reading.
 */
export async function openForPartner(
  parts: PartnerDoorParts,
  request: FastifyRequest,
): Promise<PartnerVisit> {
  const token = await parts.tokens.verify(bearerToken(request.headers.authorization));
  const { claims } = token;
  if (claims.kind !== 'partner' && claims.kind !== 'sender') {
    throw new Problem('forbidden', 'This token is not meant for this address.', {
      code: 'insufficient_scope',
    });
  }
  const client = await parts.clients.active(claims.client);
  const organisation = await parts.organisations.byId(claims.organisation);
  if (!client || !organisation) {
    throw new Problem('unauthenticated', 'The access token is expired, revoked or unknown.', {
      code: 'invalid_token',
    });
  }
  if (claims.kind === 'partner') {
    requireBinding(parts.binding, request.raw, client, claims.cnf);
  }
  const access = accessOf(request, claims, partyOf(organisation, parts.clock()), token.id);
  const vault = claims.kind === 'partner' ? claims.vault : undefined;
  const { mayRead, mayWrite } = await allowed(request, claims, organisation.ura).catch(
    async (error: unknown) => {
      const [, path = ''] = /^\/fhir\/[a-z0-9]+\/([^?]*)/.exec(request.url) ?? [];
      await parts.ledger.record([refusal(access, vault, path, Problem.from(error))]);
      throw error;
    },
  );
  if (mayWrite) return { access, writer: client, ...(mayRead ? {} : { sendsOnly: true }) };
  return vault === undefined ? { access } : { access, vault };
}

/** @throws Problem `forbidden` when the scopes or the use case of the token do not allow it. */
async function allowed(
  request: FastifyRequest,
  claims: Extract<TokenClaims, { kind: 'partner' | 'sender' }>,
  ura: string,
): Promise<{ mayRead: boolean; mayWrite: boolean }> {
  const scopes = claims.scope.split(' ');
  const mayWrite = claims.kind === 'sender' && scopes.includes(WRITE_SCOPE);
  const mayRead = scopes.some((scope) => READ_SCOPE.test(scope));
  if (!mayRead && !(mayWrite && isWrite(request))) {
    throw new Problem('forbidden', 'The access token does not cover reading.', {
      code: 'insufficient_scope',
    });
  }
  if (claims.kind === 'partner') requireUseCase(request, claims, ura);
  return { mayRead, mayWrite };
}

function accessOf(
  request: FastifyRequest,
  claims: Extract<TokenClaims, { kind: 'partner' | 'sender' }>,
  organisation: Party,
  tokenId: string,
): AccessRequest {
  const shared = {
    id: request.id,
    correlationId: correlationOf(request),
    door: 'regions' as const,
    client: claims.client,
    address: request.ip,
    tokenId,
  };
  if (claims.kind === 'sender') {
    return { ...shared, actor: { kind: 'sender', organisation }, purpose: 'TREAT' };
  }
  const actor: Actor = {
    kind: 'professional',
    organisation,
    ...(claims.person === undefined ? {} : { person: claims.person }),
    ...(claims.role === undefined ? {} : { role: claims.role }),
    ...(claims.department === undefined ? {} : { department: claims.department }),
  };
  return {
    ...shared,
    actor,
    purpose: claims.purpose as Purpose,
    ...(claims.emergency === undefined ? {} : { emergency: claims.emergency }),
    ...(claims.region === undefined ? {} : { region: claims.region }),
    ...(claims.task === undefined ? {} : { task: claims.task }),
    ...(claims.declaredRelation === undefined ? {} : { declaredRelation: claims.declaredRelation }),
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function correlationOf(request: FastifyRequest): string {
  const header = request.headers['x-correlation-id'];
  return typeof header === 'string' && UUID.test(header) ? header : randomUUID();
}

/** SMART on FHIR: what a backend client needs to know of us. */
export function smartConfiguration(publicUrl: string, version: FhirVersion): object {
  return {
    token_endpoint: `${publicUrl}/oauth/token`,
    grant_types_supported: ['client_credentials'],
    tls_client_certificate_bound_access_tokens: true,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['ES256', 'ES384', 'PS256', 'PS384', 'RS384'],
    scopes_supported: ['system/*.read', 'system/*.rs', 'system/intake', 'system/AuditEvent.rs'],
    capabilities: ['client-confidential-asymmetric', 'permission-v1', 'permission-v2'],
    fhir_versions: [version.fhirVersion],
  };
}
