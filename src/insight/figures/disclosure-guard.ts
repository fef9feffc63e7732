/**
 * What may still be told, given what was told: no number below ten, and none that follows from
 * others by subtraction. Every set that was told is one equation over the classes of people; a new
 * one is refused when the equations together would give a small group, or when it differs from an
 * earlier one by a small group. The way of Chin and Ozsoyoglu (1982) with a smallest group.
 * consent.md section 12.
 */

export const FIGURE_LIMITS = {
  peopleMin: 10,
  roundedTo: 5,
} as const satisfies Record<string, number>;

/** Arithmetic modulo a prime: products stay below 2^53, and equal rank is all that is asked. */
const PRIME = 67_108_859;

export interface DisclosureGuard {
  /** @returns true when it may be told; it then counts as told. */
  tell(members: readonly boolean[]): boolean;
  /** Told before today: it counts, whatever it says now. */
  told(members: readonly boolean[]): void;
}

/** @param people how many are in each class */
export function createDisclosureGuard(people: readonly number[]): DisclosureGuard {
  let rows: number[][] = [];
  let small = new Set<string>();
  const sets: (readonly boolean[])[] = [];

  const countOf = (isIn: (at: number) => boolean): number =>
    people.reduce((sum, number, at) => (isIn(at) ? sum + number : sum), 0);
  const isSmall = (number: number): boolean => number > 0 && number < FIGURE_LIMITS.peopleMin;

  function add(members: readonly boolean[]): void {
    rows = reduced(rows, members);
    small = smallGroups(rows, countOf, isSmall);
    sets.push(members);
  }

  return {
    told: add,
    tell(members) {
      if (countOf((at) => members[at] === true) < FIGURE_LIMITS.peopleMin) return false;
      for (const other of sets) {
        const more = countOf((at) => members[at] === true && other[at] !== true);
        const less = countOf((at) => other[at] === true && members[at] !== true);
        // What both have stands in neither difference: of two sets that overlap only their numbers
        // are known, so a small difference counts when one lies within the other.
        if ((less === 0 && isSmall(more)) || (more === 0 && isSmall(less))) return false;
        if (isSmall(more) && isSmall(less)) return false;
      }
      const next = reduced(rows, members);
      const found = smallGroups(next, countOf, isSmall);
      if ([...found].some((one) => !small.has(one))) return false;
      add(members);
      return true;
    },
  };
}

/** Groups below ten that the equations give as a number of their own. */
function smallGroups(
  rows: readonly (readonly number[])[],
  countOf: (isIn: (at: number) => boolean) => number,
  isSmall: (number: number) => boolean,
): Set<string> {
  const found = new Set<string>();
  for (const row of rows) {
    if (row.some((value) => value !== 0 && value !== 1)) continue;
    if (isSmall(countOf((at) => row[at] === 1))) found.add(row.join(''));
  }
  return found;
}

/** The equations with one more, in reduced row echelon form. */
function reduced(rows: readonly (readonly number[])[], members: readonly boolean[]): number[][] {
  let fresh = members.map((one) => (one ? 1 : 0)) as number[];
  for (const row of rows) {
    const pivot = row.findIndex((value) => value !== 0);
    const factor = fresh[pivot] ?? 0;
    if (factor !== 0) fresh = minus(fresh, row, factor);
  }
  const pivot = fresh.findIndex((value) => value !== 0);
  if (pivot < 0) return rows.map((row) => [...row]);
  const scale = inverse(fresh[pivot] ?? 1);
  fresh = fresh.map((value) => (value * scale) % PRIME);
  const others = rows.map((row) => {
    const factor = row[pivot] ?? 0;
    return factor === 0 ? [...row] : minus(row, fresh, factor);
  });
  return [...others, fresh];
}

const minus = (row: readonly number[], other: readonly number[], factor: number): number[] =>
  row.map((value, at) => (value + (PRIME - factor) * (other[at] ?? 0)) % PRIME);

/** Fermat: a^(p-2). Halves of a 26-bit number keep the products exact. */
function inverse(value: number): number {
  let result = 1;
  let base = value % PRIME;
  for (let power = PRIME - 2; power > 0; power = Math.floor(power / 2)) {
    if (power % 2 === 1) result = (result * base) % PRIME;
    base = (base * base) % PRIME;
  }
  return result;
}

/** As it is told: to the nearest five, so that one more or less does not show. */
export function rounded(people: number): number {
  const { roundedTo } = FIGURE_LIMITS;
  return Math.round(people / roundedTo) * roundedTo;
}
