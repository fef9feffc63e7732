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

/**
 * Groups below ten that the equations give as a number of their own. In reduced form each pivot
 * stands in one row alone, so a group that follows from them in whatever way is a plain sum of some
 * of the rows: of one, or of a few whose weights cancel out.
 */
function smallGroups(
  rows: readonly (readonly number[])[],
  countOf: (isIn: (at: number) => boolean) => number,
  isSmall: (number: number) => boolean,
): Set<string> {
  const found = new Set<string>();
  const budget = { left: SUMS_MAX };
  for (const [at, row] of rows.entries()) {
    for (const group of groupsFrom(rows, row, [at], budget)) {
      if (isSmall(countOf((place) => group[place] === 1))) found.add(group.join(''));
    }
  }
  // What was not looked through to the end counts as found: it is refused, not told.
  if (budget.left < 0) found.add('not looked through');
  return found;
}

/** Rows that are added up at most, and sums that are tried at most for one question. */
const ROWS_ADDED_MAX = 5;
const SUMS_MAX = 20_000;

/** What is a group already, or becomes one when rows are added that cancel its weights. */
function* groupsFrom(
  rows: readonly (readonly number[])[],
  sum: readonly number[],
  used: readonly number[],
  budget: { left: number },
): Generator<readonly number[]> {
  const off = sum.findIndex((value) => value !== 0 && value !== 1);
  if (off < 0) {
    yield sum;
    return;
  }
  if (used.length >= ROWS_ADDED_MAX) return;
  for (const [at, row] of rows.entries()) {
    if (used.includes(at) || (row[off] ?? 0) === 0) continue;
    budget.left -= 1;
    if (budget.left < 0) return;
    const more = sum.map((value, place) => (value + (row[place] ?? 0)) % PRIME);
    yield* groupsFrom(rows, more, [...used, at], budget);
  }
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
