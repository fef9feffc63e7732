/** The Bundle of a history. https://hl7.org/fhir/R4/http.html#history */
import { type Bundle, type BundleEntry, stu3TypesOf } from '../conformance/index.ts';
import type { HistoryAnswer, HistoryVersion, ReleasedResource } from '../consent/index.ts';
import type { Asking } from './asking.ts';
import { face } from './face.ts';
import { etagOf } from './read.ts';

/**
 * Versions with the request that made each; a delete marker has no resource.
 * @param query what was asked: the self link shows what was processed of it
 */
export function historyBundle(
  asking: Asking,
  path: string,
  answer: HistoryAnswer,
  query: URLSearchParams,
  formatParameter: string,
): Bundle {
  const address = `${asking.base}/${path}`;
  const shown = new URLSearchParams([...query].filter(([name]) => PROCESSED.includes(name)));
  if (answer.since !== undefined) shown.set('_since', answer.since.toISOString());
  if (answer.at !== undefined) shown.set('_at', answer.at);
  const self = shown.size === 0 ? address : `${address}?${shown}`;
  const link = [{ relation: 'self', url: self }];
  if (answer.next !== undefined) {
    link.push({ relation: 'next', url: `${address}?_cursor=${answer.next}${formatParameter}` });
  }
  const entry = answer.versions.map((version) => entryOf(asking, version, path));
  return {
    resourceType: 'Bundle',
    id: answer.id,
    meta: { lastUpdated: answer.made.toISOString() },
    type: 'history',
    ...(answer.total === undefined ? {} : { total: answer.total }),
    link,
    ...(entry.length > 0 ? { entry } : {}),
  };
}

const PROCESSED = ['patient', '_since', '_at', '_count'];

/** That of the address; of a delete marker among all types, the usual name of its type. */
function typeIn({ version: { name } }: Asking, version: ReleasedResource, path: string): string {
  const [first = ''] = path.split('/');
  if (first !== '_history') return first;
  if (!version.deleted) return version.resource.resourceType;
  return name === 'R4' ? version.type : (stu3TypesOf(version.type)[0] ?? version.type);
}

function entryOf(asking: Asking, version: HistoryVersion, path: string): BundleEntry {
  const type = typeIn(asking, version, path);
  const name = `${type}/${version.id}`;
  const isFirst = version.version === 1;
  const response = {
    status: version.deleted ? '204' : isFirst || version.isAnew ? '201 Created' : '200 OK',
    etag: etagOf(version),
    lastModified: version.updated.toISOString(),
  };
  const fullUrl = `${asking.base}/${name}`;
  if (version.deleted) return { fullUrl, request: { method: 'DELETE', url: name }, response };
  return {
    fullUrl,
    resource: face(version, asking),
    request:
      isFirst && OURS.test(version.id)
        ? { method: 'POST', url: type }
        : { method: 'PUT', url: name },
    response,
  };
}

/** An id that the gateway gave: whoever created it sent none. */
const OURS = /^[\da-f]{8}-[\da-f]{4}-[48][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
