/**
 * A search inside one vault. SQL narrows; then every candidate is first asked whether it may be
 * seen, and only what may be seen is matched, joined, sorted, counted and paged. What is withheld
 * takes no part in anything, so it cannot show (consent.md 7.2).
 */
import {
  includeTargets,
  lastn,
  matches,
  narrow,
  type Resource,
  r4TypeOf,
  revincludeSources,
  revincludeTargets,
  type SearchQuery,
  sortComparator,
} from '../conformance/index.ts';
import type { Grant, Verdict } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store, StoredResource } from '../store/index.ts';
import { inForm } from './release-form.ts';

export const SEARCH_LIMITS = {
  candidatesMax: 5_000,
  includedResourcesMax: 1_000,
  includeRoundsMax: 4,
} as const satisfies Record<string, number>;

export interface Opened {
  readonly row: StoredResource;
  readonly verdict: Verdict;
}

/** That something was withheld, of whom and why; never what. */
export interface Withheld {
  readonly reason: string;
  /** Organisation id. */
  readonly custodian: string;
}

export interface VaultAnswer {
  readonly matches: readonly Opened[];
  readonly included: readonly Opened[];
  readonly total: number | undefined;
  readonly next: { after: string; skipped: number } | undefined;
  /** What was withheld: for the ledger, the holder and the patient only. */
  readonly withheld: readonly Withheld[];
}

export interface PageAsked {
  readonly size: number;
  readonly after?: string;
  readonly skipped?: number;
}

type Moved = 'moved';

const TYPE_AND_ID = /(?:^|\/)([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/|$)/;

/** @throws Problem `too-costly` when SQL cannot narrow below the limit: the same for everyone. */
export async function searchVault(
  store: Store,
  sql: Sql,
  vault: string,
  grant: Grant,
  query: SearchQuery,
  page: PageAsked,
): Promise<VaultAnswer | Moved> {
  const pool = createPool(store, sql, vault, grant, query);
  const narrowed = narrow(query);
  const ids = narrowed.ids?.flatMap((id) => narrowed.types.map((type) => ({ type, id })));
  const candidates = await pool.fetch(narrowed, ids);
  if (candidates === 'moved') return 'moved';
  if (narrowed.visits.length > 0) {
    const visited = await pool.fetch({ types: narrowed.visits, tokens: [] });
    if (visited === 'moved') return 'moved';
  }
  let found = candidates.filter((one) => pool.isMatch(one));
  if (query.lastnMax !== undefined) {
    const kept = new Set(
      lastn(
        query,
        found.map((one) => pool.form(one)),
      ),
    );
    found = found.filter((one) => kept.has(pool.form(one)));
  }
  found.sort(inOrder(query, pool));
  const start = startOf(found, page);
  const matched = query.summary === 'count' ? [] : found.slice(start, start + page.size);
  const included = await includes(pool, query, matched);
  if (included === 'moved') return 'moved';
  const last = matched.at(-1);
  return {
    matches: matched,
    included,
    total: query.total === 'none' ? undefined : found.length,
    next:
      last && start + matched.length < found.length
        ? { after: nameOf(last), skipped: start + matched.length }
        : undefined,
    withheld: pool.withheld(),
  };
}

interface Narrowed {
  readonly types: readonly string[];
  readonly tokens: readonly (readonly string[])[];
  readonly months?: readonly (readonly string[])[];
}

interface Pool {
  /** Fetches, asks the grant for each row, and keeps what may be seen. */
  fetch(
    narrowed: Narrowed,
    ids?: readonly { type: string; id: string }[],
  ): Promise<Opened[] | Moved>;
  form(one: Opened): Resource;
  isMatch(one: Opened): boolean;
  resolve(reference: string): Opened | undefined;
  storedTypes(type: string): string[];
  withheld(): Withheld[];
}

/** What was fetched and may be seen, and why the rest may not. */
interface Sight {
  readonly seen: ReadonlyMap<string, Opened>;
  readonly refused: ReadonlyMap<string, Withheld>;
  admit(row: StoredResource): Opened | undefined;
}

function createSight(grant: Grant): Sight {
  const seen = new Map<string, Opened>();
  const refused = new Map<string, Withheld>();
  return {
    seen,
    refused,
    admit(row) {
      const verdict = grant.covers(row.facts);
      const name = nameOf({ row, verdict });
      if (!verdict.permit) {
        refused.set(name, { reason: verdict.reason, custodian: row.custodian });
        return undefined;
      }
      const opened = seen.get(name) ?? { row, verdict };
      seen.set(name, opened);
      return opened;
    },
  };
}

function createPool(store: Store, sql: Sql, vault: string, grant: Grant, query: SearchQuery): Pool {
  const { seen, refused, admit } = createSight(grant);
  const { custodians, notCustodians, types: granted } = grant.narrowing;
  const form = (one: Opened) => inForm(one.row, query.version) ?? { resourceType: one.row.type };

  function resolve(reference: string): Opened | undefined {
    const [, type, id] = TYPE_AND_ID.exec(reference) ?? [];
    if (type === undefined) return undefined;
    for (const one of seen.values()) {
      if (one.row.id === id && form(one).resourceType === type) return one;
    }
    return undefined;
  }
  function resolveForm(reference: string): Resource | undefined {
    const one = resolve(reference);
    return one && form(one);
  }
  function* referrers(type: string) {
    for (const one of seen.values()) {
      const resource = form(one);
      if (resource.resourceType === type) yield resource;
    }
  }
  return {
    async fetch(narrowed, ids) {
      const { rows, epochMoved, tooMany } = await store.candidates(sql, {
        vault,
        epoch: grant.epoch,
        types: granted ? narrowed.types.filter((type) => granted.includes(type)) : narrowed.types,
        tokens: narrowed.tokens,
        ...(narrowed.months ? { months: narrowed.months } : {}),
        ...(custodians ? { custodians } : {}),
        ...(notCustodians ? { notCustodians } : {}),
        ...(ids ? { ids } : {}),
        limit: SEARCH_LIMITS.candidatesMax,
      });
      if (epochMoved) return 'moved';
      if (tooMany) {
        throw new Problem('too-costly', 'Narrow this search: it has too many candidates.');
      }
      return rows.flatMap((row) => admit(row) ?? []);
    },
    form,
    isMatch(one) {
      const resource = form(one);
      if (resource.resourceType !== query.type) return false;
      return matches(query, resource, resolveForm, referrers);
    },
    resolve,
    storedTypes: (type) => storedTypesOf(query, type),
    withheld: () => [...refused.values()],
  };
}

/** The R4 types under which resources of this type may be stored. */
function storedTypesOf(query: SearchQuery, type: string): string[] {
  return query.version.name === 'R4' ? [type] : [r4TypeOf(type)];
}

/** What the matches point at (and what points at them), as far as it may be seen. */
async function includes(
  pool: Pool,
  query: SearchQuery,
  matched: readonly Opened[],
): Promise<Opened[] | Moved> {
  const found = new Map<string, Opened>();
  const isMatch = new Set(matched.map(nameOf));
  let wave: readonly Opened[] = matched;
  for (let round = 0; round < SEARCH_LIMITS.includeRoundsMax && wave.length > 0; round += 1) {
    const targets = wave.flatMap((one) =>
      includeTargets(query, pool.form(one)).filter((target) => round === 0 || target.iterate),
    );
    const asked = targets.flatMap(({ reference }) => placeOf(query, reference));
    if (asked.length > 0) {
      const types = [...new Set(asked.map(({ type }) => type))];
      if ((await pool.fetch({ types, tokens: [] }, asked)) === 'moved') return 'moved';
    }
    const backward = await referring(pool, query, wave, round);
    if (backward === 'moved') return 'moved';
    const fresh = [
      ...targets.flatMap(({ reference }) => pool.resolve(reference) ?? []),
      ...backward,
    ];
    wave = fresh.filter((one) => !isMatch.has(nameOf(one)) && !found.has(nameOf(one)));
    for (const one of wave) found.set(nameOf(one), one);
    wave = [...new Set(wave)];
    if (found.size > SEARCH_LIMITS.includedResourcesMax) {
      throw new Problem('too-costly', 'This search includes too many resources.');
    }
  }
  return [...found.values()];
}

async function referring(
  pool: Pool,
  query: SearchQuery,
  wave: readonly Opened[],
  round: number,
): Promise<Opened[] | Moved> {
  const sources = revincludeSources(query);
  if (sources.length === 0) return [];
  const types = [...new Set(sources.flatMap((type) => pool.storedTypes(type)))];
  const fetched = await pool.fetch({ types, tokens: [] });
  if (fetched === 'moved') return 'moved';
  const targets = new Set(wave.map((one) => `${pool.form(one).resourceType}/${one.row.id}`));
  return fetched.filter((one) =>
    revincludeTargets(query, pool.form(one)).some(
      (target) => (round === 0 || target.iterate) && targets.has(target.reference),
    ),
  );
}

function placeOf(query: SearchQuery, reference: string): { type: string; id: string }[] {
  const match = /(?:^|\/)([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/\d+)?$/.exec(
    reference,
  );
  if (!match?.[1] || !match[2]) return [];
  return storedTypesOf(query, match[1]).map((type) => ({ type, id: match[2] as string }));
}

/** Sort keys first; then the newest first, and the id, so that the order is the same every time. */
function inOrder(query: SearchQuery, pool: Pool): (a: Opened, b: Opened) => number {
  const bySort = query.sort.length > 0 ? sortComparator(query) : () => 0;
  return (a, b) =>
    bySort(pool.form(a), pool.form(b)) ||
    b.row.updated.getTime() - a.row.updated.getTime() ||
    (nameOf(a) < nameOf(b) ? -1 : 1);
}

function startOf(found: readonly Opened[], page: PageAsked): number {
  if (page.after === undefined) return 0;
  const at = found.findIndex((one) => nameOf(one) === page.after);
  return at < 0 ? Math.min(page.skipped ?? 0, found.length) : at + 1;
}

const nameOf = ({ row }: Opened): string => `${row.type}/${row.id}/${row.custodian}`;
