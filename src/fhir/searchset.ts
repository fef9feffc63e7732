/** The Bundle of a search. https://hl7.org/fhir/R4/bundle.html#searchset */
import { randomUUID } from 'node:crypto';
import {
  type Bundle,
  type BundleEntry,
  OUTCOME_SYSTEM,
  type Resource,
  type SearchQuery,
  selfLink,
  subsetElements,
} from '../conformance/index.ts';
import type { ReleasedResource, SearchAnswer } from '../consent/index.ts';
import type { Asking } from './asking.ts';
import { bundleBytes, entryBytes, textEntry } from './entry-bytes.ts';
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
    ...notesOf(asking, query, answer),
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
    ...notesOf(asking, query, answer).map(textEntry),
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
  const address = path === '' ? asking.base : `${asking.base}/${path}`;
  const link = [{ relation: 'self', url: self }];
  if (answer.next !== undefined) {
    link.push({
      relation: 'next',
      url: `${address}?_cursor=${answer.next}${formatParameter}`,
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

interface Note {
  readonly severity: 'warning' | 'information';
  readonly code: 'incomplete' | 'informational';
  readonly detail: string;
  readonly text: string;
}

/** What goes beside the resources; without a note an empty answer says that it is empty. */
function notesOf(asking: Asking, query: SearchQuery, answer: SearchAnswer): BundleEntry[] {
  const notes = (asking.notes ?? []).map(
    ({ code, text }): Note => ({ severity: 'warning', code: 'incomplete', detail: code, text }),
  );
  if (notes.length > 0) return [noteEntry(notes)];
  if (!asking.tellsEmpty || !isEmpty(query, answer)) return [];
  const text = 'Nothing is recorded here.';
  const empty = { severity: 'information', code: 'informational' } as const;
  return [noteEntry([{ ...empty, detail: 'nothing-recorded', text }])];
}

/** Who only counts, or is at the last page, sees no matches though there are some. */
function isEmpty({ summary, count }: SearchQuery, { matches, total = 0 }: SearchAnswer): boolean {
  const shows = summary !== 'count' && count !== 0;
  return shows && matches.length === 0 && total === 0;
}

/** With words beside the code, since apps show them. */
function noteEntry(notes: readonly Note[]): BundleEntry {
  const issue = notes.map(({ severity, code, detail, text }) => ({
    severity,
    code,
    details: { coding: [{ system: OUTCOME_SYSTEM, code: detail, display: text }], text },
    diagnostics: text,
  }));
  return {
    fullUrl: `urn:uuid:${randomUUID()}`,
    resource: { resourceType: 'OperationOutcome', issue },
    search: { mode: 'outcome' },
  };
}
