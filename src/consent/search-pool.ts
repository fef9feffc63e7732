/**
 * The rows of one search: each is first asked whether it may be seen, and what may not be is only
 * counted, for the ledger. Matching, joins and includes see this pool and nothing else.
 */
import { matches, type Resource, r4TypeOf, type SearchQuery } from '../conformance/index.ts';
import type { Grant, ResourceFacts, Verdict } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import {
  type CandidateQuery,
  type Mark,
  oneMark,
  type Store,
  type StoredResource,
  throughPages,
} from '../store/index.ts';
import { inForm } from './release-form.ts';

export const SEARCH_LIMITS = {
  /** That may be seen; what may not be takes no part in the count. */
  candidatesMax: 5_000,
  includedResourcesMax: 1_000,
  includeRoundsMax: 4,
  /** A page ends with the match that brings it to so many bytes. */
  pageBytesMax: 16_777_216,
  /** With what its matches include, each of that once: else it is a page of fewer. */
  includingBytesMax: 50_331_648,
  /** Of one match and what it includes: that cannot be parted. */
  answerBytesMax: 100_663_296,
} as const satisfies Record<string, number>;

export interface Opened {
  readonly row: StoredResource;
  readonly verdict: Verdict;
  /** What `nameOf` says of it. */
  readonly name?: string;
}

/** That something was withheld, of whom and why; never what. */
export interface Withheld {
  readonly reason: string;
  /** Organisation id. */
  readonly custodian: string;
}

export type Moved = 'moved';

const TYPE_AND_ID = /(?:^|\/)([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/|$)/;

interface Narrowed {
  readonly types: readonly string[];
  readonly tokens: readonly (readonly string[])[];
  readonly months?: readonly (readonly string[])[];
}

export interface Pool {
  /** Fetches, asks the grant for each row, and keeps what may be seen. */
  fetch(
    narrowed: Narrowed,
    ids?: readonly { type: string; id: string }[],
  ): Promise<Opened[] | Moved>;
  /** All that was fetched and may be seen. */
  seen(): readonly Opened[];
  /** From here on these look so: without what of them may not be seen. */
  showAs(forms: ReadonlyMap<Opened, Resource>): void;
  form(one: Opened): Resource;
  isMatch(one: Opened): boolean;
  resolve(reference: string): Opened | undefined;
  storedTypes(type: string): string[];
  withheld(): Withheld[];
  /** How the record stood at all that was fetched; undefined where it changed meanwhile. */
  mark(): Mark | undefined;
}

/** What was fetched and may be seen, and why the rest may not. */
interface Sight {
  readonly seen: ReadonlyMap<string, Opened>;
  /** The same by their id, under which a reference finds them. */
  readonly byId: ReadonlyMap<string, readonly Opened[]>;
  readonly refused: ReadonlyMap<string, Withheld>;
  admit(row: StoredResource): Opened | undefined;
}

function createSight(grant: Grant): Sight {
  const seen = new Map<string, Opened>();
  const byId = new Map<string, Opened[]>();
  const refused = new Map<string, Withheld>();
  return {
    ...{ seen, byId, refused },
    admit(row) {
      const verdict = grant.covers(row.facts);
      const name = nameOf({ row });
      if (!verdict.permit) {
        refused.set(name, { reason: verdict.reason, custodian: row.custodian });
        return undefined;
      }
      const known = seen.get(name);
      if (known) return known;
      const opened = { row, verdict, name };
      seen.set(name, opened);
      const same = byId.get(row.id);
      if (same) same.push(opened);
      else byId.set(row.id, [opened]);
      return opened;
    },
  };
}

/** Whether the door that was asked gives this beside a match, or lets a chain look at it. */
export function mayStandBeside({ mayInclude, within }: SearchQuery, resource: Resource): boolean {
  return mayInclude?.has(resource.resourceType) !== false && within?.(resource) !== false;
}

/** An empty pool for one question under one grant. */
export function createPool(
  store: Store,
  sql: Sql,
  vault: string,
  grant: Grant,
  query: SearchQuery,
): Pool {
  const { seen, byId, refused, admit } = createSight(grant);
  const { custodians, notCustodians, types: granted } = grant.narrowing;
  const marks: (Mark | undefined)[] = [];
  let shown: ReadonlyMap<Opened, Resource> = new Map();
  const form = (one: Opened) =>
    shown.get(one) ?? inForm(one.row, query.version) ?? { resourceType: one.row.type };

  function resolve(reference: string): Opened | undefined {
    const [, type, id] = TYPE_AND_ID.exec(reference) ?? [];
    if (type === undefined || id === undefined) return undefined;
    return byId.get(id)?.find((one) => form(one).resourceType === type);
  }
  function resolveForm(reference: string): Resource | undefined {
    const one = resolve(reference);
    const found = one && form(one);
    return found && mayStandBeside(query, found) ? found : undefined;
  }
  function* referrers(type: string) {
    if (query.mayInclude?.has(type) === false) return;
    for (const one of seen.values()) {
      const resource = form(one);
      if (resource.resourceType === type && mayStandBeside(query, resource)) yield resource;
    }
  }
  return {
    async fetch(narrowed, ids) {
      const asked = {
        vault,
        epoch: grant.epoch,
        asOf: oneMark(marks),
        types: granted ? narrowed.types.filter((type) => granted.includes(type)) : narrowed.types,
        tokens: narrowed.tokens,
        ...(narrowed.months ? { months: narrowed.months } : {}),
        ...(custodians ? { custodians } : {}),
        ...(notCustodians ? { notCustodians } : {}),
        ...(ids ? { ids } : {}),
        cut: true,
        mayOpen: (facts: ResourceFacts) => grant.covers(facts).permit,
      };
      const { rows, epochMoved, tooMany, mark } = await store.candidates(sql, {
        ...asked,
        limit: SEARCH_LIMITS.candidatesMax,
      });
      if (epochMoved) return 'moved';
      if (tooMany || rows.length > 0) marks.push(mark);
      // That there are many rows may not show where few of them may be seen.
      if (tooMany) return fetchInPages(store, sql, asked, admit);
      return rows.flatMap((row) => admit(row) ?? []);
    },
    seen: () => [...seen.values()],
    showAs(forms) {
      shown = forms;
    },
    form,
    isMatch: (one) => matches(query, form(one), resolveForm, referrers),
    resolve,
    storedTypes: (type) => storedTypesOf(query, type),
    withheld: () => [...refused.values()],
    mark: () => oneMark(marks),
  };
}

/**
 * Candidates of a large record, page by page: only what may be seen is kept, and counts.
 * @throws Problem `too-costly` when too many of them may be seen.
 */
async function fetchInPages(
  store: Store,
  sql: Sql,
  asked: CandidateQuery,
  admit: (row: StoredResource) => Opened | undefined,
): Promise<Opened[] | Moved> {
  const seen: Opened[] = [];
  const moved = await throughPages(store, sql, asked, (rows) => {
    seen.push(...rows.flatMap((row) => admit(row) ?? []));
    if (seen.length > SEARCH_LIMITS.candidatesMax) {
      throw new Problem('too-costly', 'Narrow this search: it has too many candidates.');
    }
  });
  return moved ?? seen;
}

/** The R4 types under which resources of this type may be stored. */
export function storedTypesOf(query: SearchQuery, type: string): string[] {
  return query.version.name === 'R4' ? [type] : [r4TypeOf(type)];
}

/** Names a row among all custodians. */
export const nameOf = ({ row, name }: Pick<Opened, 'row' | 'name'>): string =>
  name ?? `${row.type}/${row.id}/${row.custodian}`;
