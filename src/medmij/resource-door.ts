/**
 * The MedMij resource interface: `/medmij/{aanbieder}/{gegevensdienst}/fhir`. The person follows
 * from the token; the rows are those of this aanbieder only. medmij-protocol.md section 4.
 */
import type { FastifyRequest } from 'fastify';
import { type FhirVersion, isBsnSystem } from '../conformance/index.ts';
import {
  bearerToken,
  clientCertificate,
  type Organisation,
  type TokenClaims,
  type VerifiedToken,
} from '../identity/index.ts';
import type { AccessRequest } from '../permission/index.ts';
import { Problem } from '../platform/problem.ts';
import { tokenEnd } from './consent-end.ts';
import type { Gegevensdienst } from './gegevensdienst.ts';
import { endFamily } from './issue-tokens.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { rememberClient, requestIdOf, uuidHeader } from './request-ids.ts';
import { type MedmijSharing, sharingOf } from './sharing.ts';
import { type SourceNote, sourceNotes } from './source-notes.ts';
import { noLongerFits } from './still-fits.ts';

/** What a PGO may ask here; the roof hands it to the FHIR door. */
export interface MedmijVisit {
  readonly access: AccessRequest;
  readonly vault: string;
  readonly version: FhirVersion;
  readonly base: string;
  readonly searchTypes: ReadonlySet<string>;
  readonly readTypes: ReadonlySet<string>;
  readonly only: Gegevensdienst['only'];
  readonly alongside: Gegevensdienst['alongside'];
  readonly notes: readonly SourceNote[];
  readonly tellsEmpty: true;
  readonly sharing?: MedmijSharing;
  checkParams(params: readonly (readonly [string, string])[]): void;
  readonly pageSizeDefault: number;
  readonly maskBsn: true;
}

interface Address {
  readonly aanbieder: Organisation;
  readonly dienst: Gegevensdienst;
  readonly base: string;
}

/**
 * What an answer holds without `_count`: all that a person has, but for very long histories. The
 * ministry's app and others read the first page only (gegevensdiensten 2.3).
 */
const PAGE_SIZE = 1_000;

const NONE: ReadonlySet<string> = new Set();

/** Public: which service this address is, also without a token. */
export async function describeMedmij(
  door: MedmijDoor,
  request: FastifyRequest,
): Promise<{
  version: FhirVersion;
  base: string;
  actor: 'pgo';
  searchTypes: ReadonlySet<string>;
  readTypes: ReadonlySet<string>;
  scope: string;
  headers: Readonly<Record<string, string>>;
}> {
  const { dienst, base } = await addressOf(door, request);
  const { version, searchTypes, readTypes } = dienst;
  const requestId = uuidHeader(request, 'medmij-request-id');
  const headers: Record<string, string> = {};
  // The PGO completes its own log with it, also when the answer is a refusal (4.3).
  if (requestId !== undefined) headers['MedMij-Request-ID'] = requestId;
  return { version, base, actor: 'pgo', searchTypes, readTypes, scope: dienst.id, headers };
}

/**
 * @throws Problem `unauthenticated`, `forbidden` (service not in the token), `not-found`,
 * `invalid`.
 */
export async function openMedmij(door: MedmijDoor, request: FastifyRequest): Promise<MedmijVisit> {
  const { aanbieder, dienst, base } = await addressOf(door, request);
  const token = await ownToken(door, request);
  const { claims } = token;
  if (claims.kind !== 'medmij' || claims.aanbieder !== aanbieder.id) throw insufficient();
  if (!claims.services.includes(dienst.id)) throw insufficient();
  await requireOwnLine(door, request, claims);
  refuseNamedPatient(allParams(request));
  const requestId = requestIdOf(request);
  const access = accessOf(request, claims, { requestId, tokenId: token.id, dienst });
  const { vault } = claims;
  const isFor = (one: 'verzamelen' | 'delen') =>
    claims.agreed === undefined || claims.agreed === one;
  // To send is a run of its own, which the person confirms each time (1.3).
  const sends = isFor('delen') || dienst.share?.isPartOfCollecting === true;
  const sharing = sends
    ? sharingOf(door.share, dienst, { access, vault, aanbieder, base })
    : undefined;
  return {
    access,
    vault,
    only: dienst.only,
    alongside: dienst.alongside,
    notes: await sourceNotes(door, vault, aanbieder),
    tellsEmpty: true,
    ...(sharing ? { sharing } : {}),
    checkParams: refuseNamedPatient,
    version: dienst.version,
    base,
    searchTypes: isFor('verzamelen') ? dienst.searchTypes : NONE,
    readTypes: dienst.readTypes,
    pageSizeDefault: PAGE_SIZE,
    maskBsn: true,
  };
}

/**
 * A token that was once this app's is told why it is over; any other only that it is no good. Whom
 * a representative acts for may turn 12 while the token lives.
 */
export async function ownToken(door: MedmijDoor, request: FastifyRequest): Promise<VerifiedToken> {
  const text = bearerToken(request.headers.authorization);
  refuseTokenElsewhere(request);
  try {
    const token = await door.tokens.verify(text);
    const { claims } = token;
    if (claims.kind !== 'medmij' || !claims.representative) return token;
    const over = await noLongerFits(door, door.database, {
      ...claims,
      representative: claims.representative,
    });
    if (over === undefined) return token;
    await endFamily(door, claims, over);
    throw new Problem('unauthenticated', 'The access token is over.', { code: 'invalid_token' });
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'invalid_token') throw error;
    const over = await tokenEnd(door, text);
    if (over) await requireOwnLine(door, request, over);
    throw over ? new Problem('unauthenticated', over.end, { code: 'invalid_token' }) : error;
  }
}

/** In the header and nowhere else: an address ends up in logs (core.rscint.200, RFC 6750 2). */
function refuseTokenElsewhere(request: FastifyRequest): void {
  const names = request.raw.rawHeaders.filter((_one, at) => at % 2 === 0);
  // Of two headers a proxy in front may have checked the other one (RFC 9110 5.3).
  if (names.filter((name) => name.toLowerCase() === 'authorization').length > 1) {
    throw new Problem('invalid', 'Send one Authorization header.', { code: 'token-twice' });
  }
  if (!allParams(request).some(([name]) => name === 'access_token')) return;
  throw new Problem('invalid', 'Send the access token in the Authorization header only.', {
    code: 'token-elsewhere',
    expression: ['access_token'],
  });
}

/** What stands in the address and in a form. */
function allParams(request: FastifyRequest): [string, string][] {
  const inUrl = [...new URL(request.url, 'http://localhost').searchParams];
  const inBody = typeof request.body === 'string' ? [...new URLSearchParams(request.body)] : [];
  return [...inUrl, ...inBody];
}

/** The person of the token as the one who asks, at no service in particular. */
export function personAccess(
  request: FastifyRequest,
  claims: Extract<TokenClaims, { kind: 'medmij' }>,
  tokenId: string,
): AccessRequest {
  return {
    id: requestIdOf(request),
    correlationId: uuidHeader(request, 'x-correlation-id') ?? claims.correlationId,
    door: 'medmij',
    client: claims.client,
    address: request.ip,
    actor: claims.representative
      ? { kind: 'representative', ...claims.representative }
      : { kind: 'person' },
    purpose: 'PATRQT',
    aanbieder: claims.aanbieder,
    toestemming: claims.consent,
    tokenId,
  };
}

function accessOf(
  request: FastifyRequest,
  claims: Extract<TokenClaims, { kind: 'medmij' }>,
  asked: { requestId: string; tokenId: string; dienst: Gegevensdienst },
): AccessRequest {
  return {
    ...personAccess(request, claims, asked.tokenId),
    id: asked.requestId,
    gegevensdienst: asked.dienst.id,
  };
}

async function addressOf(door: MedmijDoor, request: FastifyRequest): Promise<Address> {
  const { aanbieder: name = '', dienst: id = '' } = request.params as Record<string, string>;
  const aanbieder = await door.organisations.byAanbieder(name);
  const dienst = door.diensten.get(id);
  if (!aanbieder || !dienst || !aanbieder.services.includes(id)) {
    throw new Problem('not-found', 'This aanbieder does not offer this gegevensdienst here.');
  }
  return { aanbieder, dienst, base: `${door.config.publicUrl}/medmij/${name}/${id}/fhir` };
}

/** The token is used by the client it was given to (medmij-protocol.md 6.2). */
export async function requireOwnLine(
  door: MedmijDoor,
  request: FastifyRequest,
  claims: { client: string },
): Promise<void> {
  const client = await door.pgos.byId(claims.client);
  const certificate = clientCertificate(request.raw, door.config);
  const isOther = certificate
    ? !certificate.dnsNames.includes(claims.client)
    : door.config.requireClientCertificate;
  if (!client || !door.pgos.isNode(claims.client) || isOther) {
    throw new Problem('unauthenticated', 'The access token is expired, revoked or unknown.', {
      code: 'invalid_token',
    });
  }
  rememberClient(request, claims.client);
}

/** The person is in the token: a PGO never names one (medmij-protocol.md 4.1). */
export function refuseNamedPatient(params: readonly (readonly [string, string])[]): void {
  for (const [name, value] of params) {
    if (/^(patient|subject)([.:]|$)/.test(name) || isPersonNumber(name, value)) {
      throw new Problem('invalid', 'The patient follows from the token; do not send one.', {
        code: 'patient-parameter',
        expression: [/^[A-Za-z_]{1,40}/.exec(name)?.[0] ?? 'patient'],
      });
    }
  }
}

/** Nor may a PGO try out whose number it is, by whatever parameter. */
function isPersonNumber(name: string, value: string): boolean {
  return value.split(',').some((one) => {
    const bar = one.indexOf('|');
    const system = bar < 0 ? '' : one.slice(0, bar);
    // A number under another system is that system's: of a prescription, for instance.
    if (isBsnSystem(system)) return true;
    return system === '' && /identifier/.test(name) && /^\D*\d{8,9}\D*$/.test(one);
  });
}

function insufficient(): Problem {
  return new Problem('forbidden', 'The access token does not cover this gegevensdienst.', {
    code: 'insufficient_scope',
  });
}
