/** What a PGO may send for a service, entry by entry, before anything is looked up. */
import {
  type BundleEntry,
  type FhirVersion,
  isBsnSystem,
  type Resource,
  validateInline,
} from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import { checkAttachedData } from '../fhir-push/attached-data.ts';
import { checkDocuments } from '../fhir-push/document-push.ts';
import { requireWholeEntries } from '../whole-resource.ts';
import { checkMeasurement } from './measurement.ts';

export interface SharedEntry {
  readonly place: string;
  readonly method: 'POST' | 'PUT';
  readonly resource: Resource;
  readonly fullUrl: string | undefined;
  /** Only a Task of this version goes on. */
  readonly ifVersion?: number;
}

/** @throws Problem `invalid` or `unprocessable`, naming the entry and the element. */
export function sharedEntry(
  entry: BundleEntry,
  place: string,
  allowed: {
    readonly version: FhirVersion;
    readonly types: ReadonlySet<string>;
    readonly now: Date;
  },
): SharedEntry {
  const { resource, request, fullUrl } = entry;
  if (!resource) throw wrong('The entry holds no resource.', 'no-resource', `${place}.resource`);
  const type = resource.resourceType;
  if (!allowed.types.has(type)) {
    throw wrong('This service takes no such resource.', 'type-not-shared', `${place}.resource`);
  }
  const isTask = type === 'Task';
  const method = request?.method ?? 'POST';
  const wanted = isTask ? 'PUT' : 'POST';
  if (method !== wanted) {
    throw wrong(`Send ${type} with ${wanted}.`, 'method', `${place}.request.method`);
  }
  const url = isTask ? `Task/${resource.id ?? ''}` : type;
  if (request?.url !== undefined && !request.url.endsWith(url)) {
    throw wrong('The address is of another resource.', 'url', `${place}.request.url`);
  }
  requireValid(resource, allowed.version, place);
  requireNoBsn(resource, `${place}.resource`);
  if (type === 'Observation') checkMeasurement(resource, `${place}.resource`, allowed.now);
  return {
    ...{ place, method: isTask ? 'PUT' : 'POST', resource, fullUrl },
    ...(isTask ? ifVersionIn(request?.ifMatch, place) : {}),
  };
}

function ifVersionIn(tag: string | undefined, place: string): { ifVersion?: number } {
  if (tag === undefined) return {};
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(tag)?.[1];
  if (version !== undefined) return { ifVersion: Number(version) };
  throw new Problem('invalid', 'This is not a version tag.', {
    code: 'etag',
    expression: [`${place}.request.ifMatch`],
  });
}

/**
 * @throws Problem `unprocessable` when a document and its bytes do not fit each other, or two
 * entries have one address (bdl-7): then nobody knows which of them a reference means.
 */
export function checkShared(entries: readonly BundleEntry[]): void {
  const seen = new Set<string>();
  for (const [index, { fullUrl }] of entries.entries()) {
    if (fullUrl === undefined) continue;
    const place = `Bundle.entry[${index}].fullUrl`;
    if (seen.has(fullUrl))
      throw wrong('Another entry has this fullUrl too.', 'full-url-twice', place);
    seen.add(fullUrl);
  }
  requireWholeEntries(entries);
  checkDocuments(entries);
  checkAttachedData(entries);
  for (const [index, { resource }] of entries.entries()) {
    if (resource?.resourceType !== 'Binary') continue;
    const type = String(resource['contentType'] ?? '').split(';')[0] ?? '';
    if (SHARED_TYPES.has(type)) continue;
    const place = `Bundle.entry[${index}].resource.contentType`;
    throw wrong('Send a PDF, a JPEG or a PNG.', 'content-type', place);
  }
}

const SHARED_TYPES = new Set(['application/pdf', 'image/jpeg', 'image/png']);

const FAULTS_TOLD_MAX = 20;

function requireValid(resource: Resource, version: FhirVersion, place: string): void {
  const [fault, ...further] = validateInline(resource, version)
    .filter(({ severity }) => severity === 'error')
    .slice(0, FAULTS_TOLD_MAX)
    .map(({ text, detail, code, expression = [] }) => ({
      code: detail ?? code,
      message: text,
      expression: expression.map((one) => `${place}.resource${one.replace(/^[A-Za-z]+/, '')}`),
    }));
  if (!fault) return;
  const { message, ...details } = fault;
  throw new Problem('unprocessable', message, { ...details, further });
}

/**
 * The person is in the token; a number never comes from a PGO (gegevensdiensten.md 2.1), also not
 * where a reference names somebody by it, or in what is contained. Masked ones may stand.
 */
function requireNoBsn(value: unknown, place: string): void {
  if (Array.isArray(value)) {
    for (const [at, one] of value.entries()) requireNoBsn(one, `${place}[${at}]`);
  } else if (typeof value === 'object' && value !== null) {
    const { system, value: number } = value as { system?: unknown; value?: unknown };
    if (isBsnSystem(system) && number !== undefined) {
      throw wrong('A BSN is not sent: the person is in the token.', 'bsn-sent', `${place}.value`);
    }
    for (const [name, inner] of Object.entries(value)) requireNoBsn(inner, `${place}.${name}`);
  }
}

const wrong = (text: string, code: string, place: string): Problem =>
  new Problem('unprocessable', text, { code, expression: [place] });
