/** The Bundle of a search. https://hl7.org/fhir/R4/bundle.html#searchset */
import {
  type Bundle,
  type BundleEntry,
  type Resource,
  type SearchQuery,
  selfLink,
  subsetElements,
} from '../conformance/index.ts';
import type { ReleasedResource, SearchAnswer } from '../consent/index.ts';
import type { Asking } from './asking.ts';
import { bundleBytes, entryBytes } from './entry-bytes.ts';
import { face } from './face.ts';

/** The page of released resources with its links, `total` being all that is released. */
export function searchset(
  asking: Asking,
  path: string,
  query: SearchQuery,
  answer: SearchAnswer,
  formatParameter = '',
): Bundle {
  const entry = (released: ReleasedResource, mode: 'match' | 'include'): BundleEntry => {
    const resource = subsetElements(query, face(released, asking));
    return {
      fullUrl: `${asking.base}/${resource.resourceType}/${resource.id ?? ''}`,
      resource,
      search: { mode },
    };
  };
  const entries = [
    ...answer.matches.map((released) => entry(released, 'match')),
    ...answer.included.map((released) => entry(released, 'include')),
  ];
  const head = headOf(asking, path, query, answer, formatParameter);
  return { ...head, ...(entries.length > 0 ? { entry: entries } : {}) };
}

/** The same in JSON, with the entries as they lie. */
export function searchsetBytes(
  asking: Asking,
  path: string,
  query: SearchQuery,
  answer: SearchAnswer,
  formatParameter = '',
): Buffer {
  const edit = isWhole(query)
    ? undefined
    : (resource: Resource): Resource => subsetElements(query, resource);
  const entries = [
    ...answer.matches.map((released) => entryBytes(asking, released, 'match', edit)),
    ...answer.included.map((released) => entryBytes(asking, released, 'include', edit)),
  ];
  return bundleBytes(headOf(asking, path, query, answer, formatParameter), entries);
}

/** Nothing is asked to be left out of the resources. */
const isWhole = ({ summary, elements }: SearchQuery): boolean =>
  (summary === undefined || summary === 'false') && elements === undefined;

function headOf(
  asking: Asking,
  path: string,
  query: SearchQuery,
  answer: SearchAnswer,
  formatParameter: string,
): Bundle {
  const self = selfLink(asking.base, query);
  const link = [{ relation: 'self', url: self }];
  if (answer.next !== undefined) {
    link.push({
      relation: 'next',
      url: `${asking.base}/${path}?_cursor=${answer.next}${formatParameter}`,
    });
  }
  return {
    resourceType: 'Bundle',
    id: answer.id,
    meta: { lastUpdated: answer.at.toISOString() },
    type: 'searchset',
    ...(answer.total === undefined ? {} : { total: answer.total }),
    link,
  };
}
