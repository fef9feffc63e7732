/** The order of an answer, and what it includes, once more and plainly. */
import type { Resource } from '../../../src/conformance/resource.ts';
import { storedSpan } from './plain-date.ts';
import { nodesOf, parameterOf, targetsOf, tokensOf, type World } from './plain-search.ts';

/** Kinds whose order the specification leaves no choice in. */
export const SORTED_KINDS: ReadonlySet<string> = new Set(['date', 'token', 'reference']);

/** By the keys of `_sort`, each rising or falling; what has no value last; then by id. */
export function plainOrder(
  world: World,
  resources: readonly Resource[],
  keys: readonly string[],
): Resource[] {
  const by = keys.map((key) => {
    return key.startsWith('-') ? { code: key.slice(1), sign: -1 } : { code: key, sign: 1 };
  });
  return resources.toSorted((a, b) => {
    for (const { code, sign } of by) {
      const [left, right] = [keyOf(world, a, code, sign), keyOf(world, b, code, sign)];
      if (left === right) continue;
      if (left === undefined || right === undefined) return left === undefined ? 1 : -1;
      return left < right ? -sign : sign;
    }
    return (a.id ?? '') < (b.id ?? '') ? -1 : 1;
  });
}

/** Of several values the one that comes first in this direction. */
function keyOf(
  world: World,
  resource: Resource,
  code: string,
  sign: number,
): string | number | undefined {
  const parameter = parameterOf(world, resource.resourceType, code);
  if (!parameter) throw new Error(`There is no ${code}.`);
  const values =
    parameter.kind === 'reference'
      ? targetsOf(world, resource, code)
      : nodesOf(world, resource, parameter.expression).flatMap((node): (string | number)[] => {
          if (parameter.kind === 'token') return tokensOf(node).flatMap((one) => one.code || []);
          const span = storedSpan(node.value);
          return span ? [sign > 0 ? span.from : span.until] : [];
        });
  const [first, ...rest] = values;
  return rest.reduce<string | number | undefined>(
    (best, one) => (best !== undefined && (one < best ? sign : -sign) > 0 ? one : best),
    first,
  );
}

/** What one `_include` brings with a resource: `Type/id`, in no particular order. */
export function plainIncludes(world: World, resource: Resource, include: string): string[] {
  const [type = '', code = '', target] = include.split(':');
  if (type !== resource.resourceType) return [];
  const found = targetsOf(world, resource, code).filter((one) => !one.startsWith('#'));
  return found.filter((one) => {
    const named = /(?:^|\/)([A-Z][A-Za-z]+)\/[^/]+$/.exec(one)?.[1];
    return target === undefined || named === undefined || named === target;
  });
}
