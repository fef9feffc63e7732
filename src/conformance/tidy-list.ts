/**
 * One tidy list of what several sources say (capabilities A8): the same fact of several sources
 * stands together, each row as its source wrote it; rows that contradict each other are flagged and
 * never merged. Why rows stand together can be said in a sentence.
 */
import type { Resource } from './resource.ts';
import { type TidyFact, type TidyKind, tidyFactOf } from './tidy-facts.ts';

export interface Sourced {
  readonly resource: Resource;
  /** Organisation id. */
  readonly custodian: string;
}

export interface TidyRow extends Sourced {
  readonly fact: TidyFact;
}

export interface TidyGroup {
  readonly kind: TidyKind;
  readonly rows: readonly TidyRow[];
  /** What the rows have in common: `same-code`, `same-meaning`, `same-name`, `same-document`. */
  readonly because: 'alone' | 'same-code' | 'same-meaning' | 'same-name' | 'same-document';
  /** Elements in which the rows contradict each other. */
  readonly conflicts: readonly string[];
}

/** Names two rows of which somebody said that they are not the same fact. */
function apartKey(a: Sourced, b: Sourced): string {
  return [nameOf(a), nameOf(b)].toSorted().join(' ');
}

const nameOf = ({ resource }: Sourced): string => `${resource.resourceType}/${resource.id ?? ''}`;

/**
 * Every row stands in exactly one group; nothing is left out that has a kind.
 * @param apart pairs that the person keeps apart, as `apartKey` names them
 */
export function tidyList(
  all: readonly Sourced[],
  apart: ReadonlySet<string> = new Set(),
): TidyGroup[] {
  const rows = all.flatMap((one): TidyRow[] => {
    const fact = tidyFactOf(one.resource, medicationOf(one, all));
    return fact ? [{ ...one, fact }] : [];
  });
  const parents = rows.map((_row, at) => at);
  const root = (at: number): number => {
    let top = at;
    while (parents[top] !== top) top = parents[top] ?? top;
    parents[at] = top;
    return top;
  };
  const byKey = new Map<string, number[]>();
  for (const [at, { fact }] of rows.entries()) {
    for (const key of fact.keys) byKey.set(key, [...(byKey.get(key) ?? []), at]);
  }
  const shared = new Map<number, string>();
  for (const [key, members] of byKey) {
    for (const [index, one] of members.entries()) {
      // Against all before it: a row without a day may stand between two days.
      for (const other of members.slice(0, index)) {
        if (root(one) === root(other) || !isSame(rows[one], rows[other], apart)) continue;
        shared.set(root(other), key);
        parents[root(one)] = root(other);
      }
    }
  }
  const groups = new Map<number, TidyRow[]>();
  for (const [at, row] of rows.entries()) {
    groups.set(root(at), [...(groups.get(root(at)) ?? []), row]);
  }
  return [...groups.values()].map((members) => groupOf(members));
}

/** The same day where days count; from one source two rows are two facts, unless they are equal. */
function isSame(
  a: TidyRow | undefined,
  b: TidyRow | undefined,
  apart: ReadonlySet<string>,
): boolean {
  if (!a || !b || a.fact.kind !== b.fact.kind) return false;
  if (apart.size > 0 && apart.has(apartKey(a, b))) return false;
  if (a.fact.day !== b.fact.day) return false;
  if (a.fact.kind === 'medication' || a.fact.kind === 'document') return true;
  if (isOtherCode(a.fact, b.fact)) return false;
  if (a.custodian !== b.custodian) return true;
  return (
    JSON.stringify(a.fact.critical) === JSON.stringify(b.fact.critical) && onset(a) === onset(b)
  );
}

/** Two codes of one system are two things, whatever the words, unless they mean the same. */
function isOtherCode(a: TidyFact, b: TidyFact): boolean {
  if (a.codes.some((code) => b.codes.includes(code))) return false;
  if (a.lay && a.lay.concept === b.lay?.concept) return false;
  const systems = new Set(a.codes.map(systemOf));
  return b.codes.some((code) => systems.has(systemOf(code)));
}

const systemOf = (code: string): string => code.slice(0, code.lastIndexOf('|'));

const onset = ({ resource }: TidyRow): string =>
  String(resource['onsetDateTime'] ?? resource['effectiveDateTime'] ?? '');

function groupOf(rows: readonly TidyRow[]): TidyGroup {
  const [first] = rows;
  if (!first) throw new RangeError('a group without rows');
  const { kind } = first.fact;
  if (rows.length === 1) return { kind, rows, because: 'alone', conflicts: [] };
  const common = first.fact.keys.filter((key) => rows.every(({ fact }) => fact.keys.includes(key)));
  return { kind, rows, because: because(kind, common), conflicts: conflictsIn(rows) };
}

function because(kind: TidyKind, common: readonly string[]): TidyGroup['because'] {
  if (kind === 'document') return 'same-document';
  const isCode = (key: string) => !/\|(concept|substance|text)\|/.test(key);
  if (common.some(isCode)) return 'same-code';
  return common.some((key) => key.includes('|concept|')) ? 'same-meaning' : 'same-name';
}

function conflictsIn(rows: readonly TidyRow[]): string[] {
  const elements = new Set(rows.flatMap(({ fact }) => Object.keys(fact.critical)));
  return [...elements]
    .filter((element) => {
      const said = rows.flatMap(({ fact }) => fact.critical[element] ?? []);
      return new Set(said).size > 1;
    })
    .toSorted();
}

function medicationOf(
  { resource, custodian }: Sourced,
  all: readonly Sourced[],
): Resource | undefined {
  const { reference } = (resource['medicationReference'] ?? {}) as { reference?: string };
  if (reference === undefined) return undefined;
  const contained = (resource['contained'] ?? []) as Resource[];
  if (reference.startsWith('#')) return contained.find((one) => `#${one.id}` === reference);
  return all.find(
    (one) => one.custodian === custodian && reference.endsWith(`Medication/${one.resource.id}`),
  )?.resource;
}
