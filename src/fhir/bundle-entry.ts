/**
 * What one entry of a batch or transaction asks.
 * https://hl7.org/fhir/R4/bundle.html#transaction
 */
import {
  type BundleEntry,
  isJsonPatchType,
  isResourceType,
  type Resource,
  readFhirPathPatch,
  readJsonPatch,
  requireKnownMembers,
} from '../conformance/index.ts';
import type { Requested } from '../ingest/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking } from './asking.ts';
import { ifNoneExist, requireAddress } from './create.ts';
import { withParameters } from './operation-parameters.ts';
import { ifMatchesOf, ifNoneMatchOf } from './preconditions.ts';
import { requireId } from './update.ts';
import { conditionOf, requireUnconditional } from './write-door.ts';

export type Asked =
  | { readonly kind: 'write'; readonly write: Requested }
  | ({ readonly kind: 'read'; readonly place: string } & ReadAsked);

export interface ReadAsked {
  readonly url: URL;
  /** Nothing is given again that the client has: its tag, or when it was last given. */
  readonly tag?: string;
  readonly since?: Date;
  /** What is sent to an operation. */
  readonly sent?: Resource;
  /** Asked with HEAD: everything but the resource. */
  readonly headOnly?: boolean;
}

const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;
const READS = ['GET', 'HEAD'];

/** @throws Problem `invalid`, `unprocessable`, `method` or `not-supported`, naming the entry. */
export function askedOf(asking: Asking, entry: BundleEntry, place: string): Asked {
  const { request, resource, fullUrl } = entry;
  if (typeof request?.url !== 'string') {
    throw wrong('An entry needs a request.', 'request', `${place}.request`);
  }
  requireKnownMembers(asking.version, 'Bundle.entry', entry, place);
  requireKnownMembers(asking.version, 'Bundle.entry.request', request, `${place}.request`);
  requireTexts(request, place);
  const url = addressOf(asking, request.url, place);
  if (READS.includes(request.method)) {
    const headOnly = request.method === 'HEAD';
    return { kind: 'read', url, place, ...(headOnly ? { headOnly } : {}), ...knownOf(request) };
  }
  const method = WRITES.find((one) => one === request.method);
  if (!method) {
    throw new Problem('method', 'There is no such method.', {
      expression: [`${place}.request.method`],
    });
  }
  const [type = '', id, ...more] = url.pathname.split('/').filter((part) => part !== '');
  if (method === 'POST' && /\/(?:\$|%24)/.test(url.pathname)) {
    // An operation that needs a resource says so itself.
    return { kind: 'read', url, place, sent: resource ?? { resourceType: 'Parameters' } };
  }
  if (method === 'POST' && url.pathname.endsWith('/_search')) {
    return { kind: 'read', url: searchOf(url, resource, place), place };
  }
  if (type.startsWith('_') || id?.startsWith('_') || more.length > 0) {
    throw new Problem('not-supported', 'This is not done in a bundle.', {
      code: 'operation-in-bundle',
      expression: [`${place}.request.url`],
    });
  }
  if (!isResourceType(asking.version, type)) {
    throw wrong('This is not a resource type.', 'type', `${place}.request.url`);
  }
  if (id !== undefined) requireId(id, `${place}.request.url`);
  if (id !== undefined || method === 'POST') {
    requireUnconditional(asking.version, type, url.searchParams, { place: `${place}.request.url` });
  }
  const shared = {
    method,
    type,
    place,
    ...(typeof fullUrl === 'string' ? { fullUrl: bundleName(fullUrl) } : {}),
    ...ifMatchesOf(request.ifMatch, `${place}.request.ifMatch`),
    ...ifNoneMatchOf(request.ifNoneMatch, `${place}.request.ifNoneMatch`),
  };
  return { kind: 'write', write: { ...shared, ...whatOf(shared, id, url, request, resource) } };
}

/**
 * The same search as if it came by GET. Its parameters stand in the address, in a Parameters, or in
 * a Binary that holds a form, as the body of `POST [type]/_search` is one: a bundle is no address, so
 * a patient's number may stand in it.
 */
function searchOf(url: URL, resource: Resource | undefined, place: string): URL {
  const path = url.pathname.slice(0, -'/_search'.length);
  const parts = path.split('/').filter((part) => part !== '');
  // At the base, of a type, or in a compartment.
  if (![0, 1, 3].includes(parts.length) || parts.some((part) => part.startsWith('_'))) {
    throw wrong('There is no search at this address.', 'url', `${place}.request.url`);
  }
  const query = new URLSearchParams(url.searchParams);
  const asked = new URL(path === '' ? '/' : path, url);
  asked.search = String(resource === undefined ? query : withSent(query, resource, place));
  return asked;
}

function withSent(query: URLSearchParams, resource: Resource, place: string): URLSearchParams {
  const { contentType, data, content } = resource as Partial<Record<string, unknown>>;
  const form = data ?? content;
  const mediaType = String(contentType ?? '').split(';')[0];
  const isForm = mediaType?.trim().toLowerCase() === 'application/x-www-form-urlencoded';
  if (resource.resourceType !== 'Binary') return withParameters(query, resource);
  if (!isForm || typeof form !== 'string') {
    throw wrong('A search is a Parameters, or a Binary of a form.', 'shape', `${place}.resource`);
  }
  const sent = new URLSearchParams(Buffer.from(form, 'base64').toString('utf8'));
  for (const [name, value] of sent) query.append(name, value);
  return query;
}

/** Of the two the tag decides (RFC 9110 section 13.2.2). */
function knownOf({ ifNoneMatch, ifModifiedSince }: NonNullable<BundleEntry['request']>) {
  if (typeof ifNoneMatch === 'string') return { tag: ifNoneMatch };
  const since = new Date(String(ifModifiedSince ?? ''));
  return Number.isNaN(since.getTime()) ? {} : { since };
}

const CONDITIONS = ['ifMatch', 'ifNoneMatch', 'ifNoneExist'] as const;

/** A condition that cannot be read must not be left out: the entry would do more than was asked. */
function requireTexts(request: NonNullable<BundleEntry['request']>, place: string): void {
  const odd = CONDITIONS.find((name) => !['string', 'undefined'].includes(typeof request[name]));
  if (odd) throw wrong('A condition is a text.', 'shape', `${place}.request.${odd}`);
}

function whatOf(
  { method, type, place }: { method: Requested['method']; type: string; place: string },
  id: string | undefined,
  url: URL,
  request: NonNullable<BundleEntry['request']>,
  resource: Resource | undefined,
): Partial<Requested> {
  if (method === 'POST') {
    const body = required(resource, place);
    if (id !== undefined) throw wrong('A create has no id.', 'url', `${place}.request.url`);
    requireAddress(body, type, undefined, place);
    const condition = ifNoneExist(request.ifNoneExist, type, `${place}.request.ifNoneExist`);
    return { resource: body, ...(condition === undefined ? {} : { condition }) };
  }
  const condition = conditionOf(url.searchParams);
  if (id === undefined && condition.length === 0) {
    throw wrong('Give an id or a condition.', 'condition', `${place}.request.url`);
  }
  const which = id === undefined ? { condition } : { id };
  if (method === 'DELETE') return which;
  const body = required(resource, place);
  if (method === 'PATCH') return { ...which, patch: patchOf(body, place) };
  requireAddress(body, type, id, place);
  return { ...which, resource: body };
}

/** A Parameters, or JSON Patch in a Binary. */
function patchOf(resource: Resource, place: string): NonNullable<Requested['patch']> {
  if (resource.resourceType === 'Parameters') {
    return { kind: 'fhirpath', operations: readFhirPathPatch(resource) };
  }
  const data = resource['data'] ?? resource['content'];
  const mediaType = String(resource['contentType'] ?? '');
  const isJsonPatch = isJsonPatchType(mediaType);
  if (resource.resourceType === 'Binary' && isJsonPatch && typeof data === 'string') {
    return { kind: 'json', operations: readJsonPatch(Buffer.from(data, 'base64')) };
  }
  throw wrong('A patch is a Parameters, or a Binary of JSON Patch.', 'patch', `${place}.resource`);
}

function required(resource: Resource | undefined, place: string): Resource {
  if (typeof resource === 'object' && resource !== null) return resource;
  throw wrong('The entry holds no resource.', 'no-resource', `${place}.resource`);
}

function addressOf({ base }: Asking, text: string, place: string): URL {
  const bare = text.startsWith(`${base}/`) ? text.slice(base.length + 1) : text;
  try {
    if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(bare)) throw new Error('another server');
    return new URL(`/${bare.replace(/^\/+/, '')}`, 'http://localhost');
  } catch {
    throw wrong('This is not an address at this server.', 'url', `${place}.request.url`);
  }
}

function wrong(text: string, code: string, place: string): Problem {
  return new Problem('invalid', text, { code, expression: [place] });
}

/** The letters of a UUID count in either case (RFC 9562). */
const bundleName = (fullUrl: string): string =>
  /^urn:uuid:/i.test(fullUrl) ? fullUrl.toLowerCase() : fullUrl;
