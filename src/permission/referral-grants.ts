/**
 * Implicit consent: what a holder gives along with a referral or a hand-over (consent.md 11). The
 * grant is part of the care relation that the Task shows, so it is made, changed and ended in the
 * transaction that stores the Task.
 */
import type { CareRelation } from './care-relation.ts';
import { type Clinical, codingsOf } from './codings.ts';
import { type ListedLine, listedLine } from './listed-search.ts';
import type { ConsentRule, DataMatch } from './rule.ts';

/** Seen by whoever asks this very search (its digest), and by no other way. */
export interface SearchGrant {
  readonly search: string;
  readonly data: readonly DataMatch[];
}

/** What a Task lets its receiver see at the holder that wrote it, for fourteen days. */
export interface ReferralGrant {
  readonly data: readonly DataMatch[];
  readonly searches?: readonly SearchGrant[];
}

const SNOMED = 'http://snomed.info/sct';
const REFERRAL = '3457005';
const HAND_OVER = '308292007';
/** A hand-over shows nothing before the receiver took it; a referral does from the start. */
const RUNS: Readonly<Record<string, ReadonlySet<string>>> = {
  [REFERRAL]: new Set(['requested', 'received', 'accepted', 'ready', 'in-progress', 'on-hold']),
  [HAND_OVER]: new Set(['accepted', 'ready', 'in-progress', 'on-hold']),
};
const DAYS = 14;
const DAY_MS = 86_400_000;
const MATCHES_MAX = 200;

/** @returns undefined for a Task that gives nothing, or not now. */
export function referralGrant(task: Clinical): ReferralGrant | undefined {
  const code = codingsOf(task['code']).find(
    (one) => one.system === SNOMED && Object.hasOwn(RUNS, one.code ?? ''),
  )?.code;
  if (code === undefined || !RUNS[code]?.has(String(task['status']))) return undefined;
  const lines = inputsOf(task).flatMap((input) => lineOf(input) ?? []);
  const listed = lines.flatMap(({ data, search }) => (search === undefined ? data : []));
  const searches = lines.flatMap(({ data, search }) =>
    search === undefined ? [] : [{ search, data }],
  );
  // A hand-over is of the whole treatment; a referral of what it lists, and of nothing else.
  const given: DataMatch[] =
    code === HAND_OVER ? [{ level: 'ggc', value: 'GGC002' }, ...listed] : listed;
  if (given.length === 0 && searches.length === 0) return undefined;
  const own: DataMatch = { level: 'instance', value: `Task/${task['id'] ?? ''}` };
  const data = withoutDoubles([own, ...given]).slice(0, MATCHES_MAX);
  if (searches.length === 0) return { data };
  return { data, searches: withoutDoubles(searches).slice(0, MATCHES_MAX) };
}

function inputsOf(task: Clinical): Readonly<Record<string, unknown>>[] {
  const { input } = task;
  const inputs = Array.isArray(input) ? (input as Readonly<Record<string, unknown>>[]) : [];
  return [...inputs, ...(task['focus'] ? [{ valueReference: task['focus'] }] : [])];
}

/** A resource by its name, or a search with all that it says. */
function lineOf(input: Readonly<Record<string, unknown>>): ListedLine | undefined {
  const { reference } = (input['valueReference'] ?? {}) as { reference?: unknown };
  if (typeof reference === 'string') {
    return reference.includes('?') || !reference.includes('/') ? undefined : listedLine(reference);
  }
  const query = input['valueString'] ?? input['valueUri'] ?? input['valueUrl'];
  return typeof query === 'string' ? listedLine(query) : undefined;
}

function withoutDoubles<T>(all: readonly T[]): T[] {
  const known = new Map(all.map((one) => [JSON.stringify(one), one]));
  return [...known.values()];
}

const made = new WeakMap<readonly CareRelation[], readonly ConsentRule[]>();
const NONE: readonly ConsentRule[] = [];

/** The rules that the relations of a record carry; the same list gives the same rules. */
export function grantsIn(relations: readonly CareRelation[] | undefined): readonly ConsentRule[] {
  if (!relations || relations.length === 0) return NONE;
  const known = made.get(relations);
  if (known) return known;
  const rules = relations.flatMap(rulesOfGrant);
  made.set(relations, rules);
  return rules;
}

/** When what a referral gives is over; undefined for one that gives nothing (any more). */
export function grantEnds({ grant, withdrawn, from }: CareRelation): Date | undefined {
  if (!grant || withdrawn) return undefined;
  return new Date(Date.parse(from) + DAYS * DAY_MS);
}

function rulesOfGrant(relation: CareRelation): ConsentRule[] {
  const { id, grant, evidence, organisation, source, from } = relation;
  const end = grantEnds(relation)?.toISOString();
  if (!grant || end === undefined) return [];
  const parts: { data: DataMatch; search?: string }[] = [
    ...grant.data.map((data) => ({ data })),
    ...(grant.searches ?? []).flatMap(({ search, data }) =>
      data.map((one) => ({ data: one, search })),
    ),
  ];
  return parts.map((part, at) => ({
    id: `referral:${id}:${at}`,
    source: 'implicit',
    type: 'permit',
    status: 'active',
    dateTime: from,
    period: { start: from, end },
    performers: [],
    holder: { level: 'org', value: source },
    recipient: { level: 'org', value: organisation },
    purpose: ['COC', 'TREAT'],
    context: { kind: 'referral', value: evidence },
    ...part,
  }));
}
