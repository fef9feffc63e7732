/** Where two forms of one resource differ: element paths with `+`, `-` or `~`, never a value. */

const PATHS_MAX = 200;
const DEPTH_MAX = 64;

/** @returns each path once; array positions are left out, so that the same difference adds up. */
export function elementDifferences(before: unknown, after: unknown): string[] {
  const found = new Set<string>();
  compare(before, after, typeOf(after) ?? typeOf(before) ?? '', found, 0);
  return [...found];
}

function typeOf(value: unknown): string | undefined {
  const type = (value as { resourceType?: unknown } | undefined)?.resourceType;
  return typeof type === 'string' ? type : undefined;
}

function compare(
  before: unknown,
  after: unknown,
  path: string,
  found: Set<string>,
  depth: number,
): void {
  if (found.size >= PATHS_MAX || depth > DEPTH_MAX || same(before, after)) return;
  if (before === undefined) found.add(`+${path}`);
  else if (after === undefined) found.add(`-${path}`);
  else if (Array.isArray(before) && Array.isArray(after)) {
    for (let at = 0; at < Math.max(before.length, after.length); at += 1) {
      compare(before[at], after[at], path, found, depth + 1);
    }
  } else if (isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(before[name], after[name], `${path}.${name}`, found, depth + 1);
    }
  } else found.add(`~${path}`);
}

/** Decimals are objects that keep their digits, so what is written counts. */
const same = (one: unknown, other: unknown): boolean =>
  one === other || JSON.stringify(one) === JSON.stringify(other);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
