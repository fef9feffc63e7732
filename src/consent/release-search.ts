/**
 * A search inside one vault. SQL narrows; then every candidate is first asked whether it may be
 * seen, and only what may be seen is matched, joined, sorted, counted and paged. What is withheld
 * takes no part in anything, so it cannot show (consent.md 7.2).
 */
import {
  type Condition,
  dropReferences,
  type FhirVersion,
  includeTargets,
  lastn,
  narrow,
  type Resource,
  revincludeSources,
  revincludeTargets,
  type SearchQuery,
  searchParameter,
  sortComparator,
  standsByItself,
} from '../conformance/index.ts';
import type { Grant } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Mark, Store } from '../store/index.ts';
import { inForm } from './release-form.ts';
import {
  createPool,
  type Moved,
  mayStandBeside,
  nameOf,
  type Opened,
  type Pool,
  SEARCH_LIMITS,
  storedTypesOf,
  type Withheld,
} from './search-pool.ts';
import { withheldTargets } from './withheld-references.ts';

export interface VaultAnswer {
  readonly matches: readonly Opened[];
  readonly included: readonly Opened[];
  readonly total: number | undefined;
  readonly next: { after: string; skipped: number } | undefined;
  /** What was withheld: for the ledger, the holder and the patient only. */
  readonly withheld: readonly Withheld[];
  /** How the record stood at all that was fetched; absent where it changed meanwhile. */
  readonly mark?: Mark | undefined;
}

export interface PageAsked {
  readonly size: number;
  /** It is given away, and may not grow too large; absent: only its names are looked at. */
  readonly isGiven?: boolean;
  readonly after?: string;
  readonly skipped?: number;
}

/** @throws Problem `too-costly` when more may be seen than one search looks at. */
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
  if (asksForReferences(query)) {
    // Of what a chain or `_has` looks at too: it tells of the withheld as well as a candidate does.
    const from = { store, sql, asOf: pool.mark() };
    const visible = await visibleForms(from, vault, grant, query, pool.seen());
    if (visible === 'moved') return 'moved';
    pool.showAs(visible);
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
  const asked = query.summary === 'count' ? [] : found.slice(start, start + page.size);
  const given = await withIncluded(pool, query, asked, page);
  if (given === 'moved') return 'moved';
  const { matched, included } = given;
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
    mark: pool.mark(),
  };
}

/**
 * The matches of one page with what they include: fewer of them where they would be too large
 * together, and one at least.
 * @throws Problem `too-costly` where one includes too much.
 */
async function withIncluded(
  pool: Pool,
  query: SearchQuery,
  asked: readonly Opened[],
  { isGiven = false }: PageAsked,
): Promise<{ matched: readonly Opened[]; included: readonly Opened[] } | Moved> {
  const { pageBytesMax, includingBytesMax, answerBytesMax } = SEARCH_LIMITS;
  let matched = isGiven ? upTo(pageBytesMax, asked) : asked;
  for (;;) {
    const included = await includes(pool, query, matched);
    if (included === 'moved') return 'moved';
    const bytes = isGiven ? bytesOf([...matched, ...included]) : 0;
    if (bytes <= includingBytesMax || included.length === 0) return { matched, included };
    if (matched.length === 1) {
      if (bytes <= answerBytesMax) return { matched, included };
      throw new Problem('too-costly', 'This search includes too large resources.');
    }
    matched = matched.slice(0, Math.ceil(matched.length / 2));
  }
}

/** The first ones, up to the one that brings them to so many bytes. */
export function upTo(bytesMax: number, ones: readonly Opened[]): readonly Opened[] {
  let bytes = 0;
  const end = ones.findIndex((one) => {
    bytes += bytesOf([one]);
    return bytes >= bytesMax;
  });
  return end < 0 ? ones : ones.slice(0, end + 1);
}

const bytesOf = (ones: readonly Opened[]): number =>
  ones.reduce((sum, { row }) => sum + (row.wholeBytes ?? row.bytes.length), 0);

/**
 * Whose patient it is everybody may ask; any other reference could lead to what is withheld, and
 * what stands beside one goes with it. What is sorted by is asked as well.
 */
function asksForReferences(query: SearchQuery): boolean {
  return (query.each ?? [query]).some(
    ({ type, conditions, sort }) =>
      sort.some(({ parameter }) => !standsByItself(parameter)) ||
      conditions.some((one) => !isHarmless(query.version, type, one)),
  );
}

function isHarmless(version: FhirVersion, type: string, { name, hint }: Condition): boolean {
  if (/^(patient|subject)(:Patient)?$/.test(name)) return true;
  if (hint === undefined || hint.by === 'reference') return false;
  if (hint.by === 'id') return true;
  const parameter = searchParameter(version, type, hint.parameter);
  return parameter !== undefined && standsByItself(parameter);
}

/** These as whoever asks would get them: a reference to the withheld is not there. */
async function visibleForms(
  parts: { readonly store: Store; readonly sql: Sql; readonly asOf: Mark | undefined },
  vault: string,
  grant: Grant,
  query: SearchQuery,
  ones: readonly Opened[],
): Promise<ReadonlyMap<Opened, Resource> | Moved> {
  const forms = ones.flatMap((one) => {
    const form = inForm(one.row, query.version);
    return form ? [[one, form] as const] : [];
  });
  const resources = forms.map(([, form]) => form);
  const hidden = await withheldTargets(parts, vault, grant, resources, new Set());
  if (hidden === 'moved') return 'moved';
  return new Map(forms.map(([one, form]) => [one, dropReferences(form, query.version, hidden)]));
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
    ].filter((one) => mayStandBeside(query, pool.form(one)));
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
  const bySort = query.sort.length > 0 ? sortComparator(query) : undefined;
  return (a, b) =>
    bySort?.(pool.form(a), pool.form(b)) ||
    b.row.updated.getTime() - a.row.updated.getTime() ||
    (nameOf(a) < nameOf(b) ? -1 : 1);
}

function startOf(found: readonly Opened[], page: PageAsked): number {
  if (page.after === undefined) return 0;
  const at = found.findIndex((one) => nameOf(one) === page.after);
  return at < 0 ? Math.min(page.skipped ?? 0, found.length) : at + 1;
}
