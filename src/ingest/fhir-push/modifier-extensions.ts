/**
 * A modifier extension changes what a resource means. One that is not known on a medicine may stop
 * it, or say that it is not to be taken: refused (source-formats 5), for who shows it would not
 * know.
 */
import type { BundleEntry } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';

/** The Dutch ones: StopType, RepeatPeriodCyclicalSchedule and their kin, zib2017 and zib2020. */
const KNOWN = /^http:\/\/nictiz\.nl\/fhir\/StructureDefinition\/(ext|zib|mp)-/;
const DEPTH_MAX = 100;

/** @throws Problem `unprocessable` code `modifier-extension` with its place. */
export function checkModifiers(entries: readonly BundleEntry[]): void {
  for (const [index, { resource }] of entries.entries()) {
    if (!resource?.resourceType.startsWith('Medication')) continue;
    const place = unknownIn(resource, `Bundle.entry[${index}].resource`, 0);
    if (place === undefined) continue;
    throw new Problem('unprocessable', 'This modifier extension of a medicine is not known.', {
      code: 'modifier-extension',
      expression: [place],
    });
  }
}

function unknownIn(value: unknown, place: string, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return undefined;
  if (Array.isArray(value)) {
    return firstOf(value, (one, at) => unknownIn(one, `${place}[${at}]`, depth + 1));
  }
  const { modifierExtension } = value as { modifierExtension?: unknown };
  const own = Array.isArray(modifierExtension) ? (modifierExtension as { url?: unknown }[]) : [];
  const unknown = own.findIndex((one) => !KNOWN.test(String(one?.url)));
  if (unknown >= 0) return `${place}.modifierExtension[${unknown}]`;
  return firstOf(Object.entries(value), ([name, inner]) =>
    typeof inner === 'object' ? unknownIn(inner, `${place}.${name}`, depth + 1) : undefined,
  );
}

function firstOf<Item>(
  items: readonly Item[],
  find: (item: Item, at: number) => string | undefined,
): string | undefined {
  for (const [at, item] of items.entries()) {
    const found = find(item, at);
    if (found !== undefined) return found;
  }
  return undefined;
}
