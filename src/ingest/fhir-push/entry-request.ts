/** What an entry may ask of the intake: to keep, replace, change or take back what it holds. */
import {
  type Bundle,
  type BundleEntry,
  type FhirVersion,
  isResourceType,
  type Resource,
  requireKnownMembers,
} from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';

const CONTAINERS = new Set([
  'transaction',
  'batch',
  'collection',
  'searchset',
  'document',
  'message',
]);

/** @throws Problem when the bundle asks for something else than to keep what it holds. */
export function checkRequests(root: Resource, version: FhirVersion): void {
  if (root.resourceType !== 'Bundle') {
    checkFrame({ resource: root }, root.resourceType);
    return;
  }
  const { type, entry = [] } = root as Bundle;
  if (!CONTAINERS.has(type)) {
    throw refused('This type of Bundle is not taken in.', 'bundle-type', 'Bundle.type');
  }
  requireKnownMembers(version, 'Bundle', root, 'Bundle');
  if (!Array.isArray(entry) || entry.length === 0) {
    throw refused('The bundle holds nothing to store.', 'empty', 'Bundle.entry');
  }
  for (const [index, one] of entry.entries()) {
    checkFrame(one, `Bundle.entry[${index}]`);
    checkRequest(one, `Bundle.entry[${index}]`, version);
  }
  checkNames(entry);
}

const METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * The frame of a bundle must be whole before anything in it can be understood.
 * @throws Problem `unprocessable` naming the part of the entry that is not what FHIR says it is.
 */
function checkFrame(entry: unknown, place: string): void {
  const isPart = (value: unknown) =>
    value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value));
  const isText = (value: unknown) => value === undefined || typeof value === 'string';
  if (entry === undefined || !isPart(entry)) throw misshapen(place);
  const { fullUrl, resource, request } = entry as Record<string, unknown>;
  if (!isText(fullUrl)) throw misshapen(`${place}.fullUrl`);
  if (!isPart(resource)) throw misshapen(`${place}.resource`);
  if (!isPart(request)) throw misshapen(`${place}.request`);
  const { resourceType = '', id } = (resource ?? {}) as Record<string, unknown>;
  if (!isText(resourceType)) throw misshapen(`${place}.resource`);
  if (!isText(id)) throw misshapen(`${place}.resource.id`);
  for (const [name, value] of Object.entries((request ?? {}) as Record<string, unknown>)) {
    if (REQUEST_TEXTS.has(name) && !isText(value)) {
      throw misshapen(`${place}.request.${name}`);
    }
  }
}

const REQUEST_TEXTS = new Set([
  'method',
  'url',
  'ifNoneExist',
  'ifMatch',
  'ifNoneMatch',
  'ifModifiedSince',
]);

const misshapen = (place: string) =>
  refused('This is not of the shape that FHIR gives it.', 'shape', place);

/** @throws Problem `unprocessable` naming the part of the entry that is wrong. */
function checkRequest(entry: BundleEntry, place: string, version: FhirVersion): void {
  const { resource, request } = entry;
  requireKnownMembers(version, 'Bundle.entry', entry, place);
  if (request) requireKnownMembers(version, 'Bundle.entry.request', request, `${place}.request`);
  if (request && !METHODS.has(request.method)) {
    throw refused(
      'Only POST, PUT, PATCH and DELETE are taken in.',
      'method',
      `${place}.request.method`,
    );
  }
  const [type = '', id, ...more] = (request?.url ?? '').split('?')[0]?.split('/') ?? [];
  const url = `${place}.request.url`;
  if (more.length > 0 || id === '.' || id === '..') {
    throw refused('An address here is a type and at most an id.', 'url', url);
  }
  if (request?.method === 'DELETE' || request?.method === 'PATCH') {
    if (!isResourceType(version, type) || !id) throw refused('Type and id are needed.', 'url', url);
    if (request.method === 'PATCH' && resource?.resourceType !== 'Parameters') {
      throw refused('A patch is a Parameters.', 'patch', `${place}.resource`);
    }
    return;
  }
  if (!resource) throw refused('The entry holds no resource.', 'no-resource', place);
  if (type !== '' && type !== resource.resourceType) {
    throw refused('The address is of another type than the resource.', 'url', url);
  }
  if (request?.method === 'PUT' && id && resource.id !== undefined && resource.id !== id) {
    throw refused('The address is of another id than the resource.', 'url', url);
  }
}

/**
 * Two entries of one name: nobody can tell which of them a reference means.
 * @throws Problem `unprocessable` with the second, unless it says the same.
 */
function checkNames(entries: readonly BundleEntry[]): void {
  const named = new Map<string, BundleEntry>();
  for (const [index, entry] of entries.entries()) {
    if (entry?.fullUrl === undefined) continue;
    const before = named.get(entry.fullUrl);
    named.set(entry.fullUrl, entry);
    if (!before || JSON.stringify(before.resource) === JSON.stringify(entry.resource)) continue;
    const place = `Bundle.entry[${index}].fullUrl`;
    throw refused('Another entry has this fullUrl too.', 'full-url-twice', place);
  }
}

/** A refusal of one place of what was sent. */
export function refused(text: string, code: string, place: string): Problem {
  return new Problem('unprocessable', text, { code, expression: [place] });
}
