/**
 * A modifier extension changes what a resource means, and so do implicit rules (FHIR R4 2.4.1).
 * One that is not known on a medicine may stop it, or say that it is not to be taken: refused
 * (source-formats 5), for who shows it would not know. On all else it is told.
 */
import type { BundleEntry } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import type { MappingIssue } from '../format.ts';

/** The Dutch ones: StopType, RepeatPeriodCyclicalSchedule and their kin, zib2017 and zib2020. */
const KNOWN = /^http:\/\/nictiz\.nl\/fhir\/StructureDefinition\/(ext|zib|mp)-/;
const DEPTH_MAX = 100;

/** @throws Problem `unprocessable` code `modifier-extension` with its place. */
export function checkModifiers(entries: readonly BundleEntry[]): MappingIssue[] {
  return entries.flatMap(({ resource }, index) => {
    if (!resource) return [];
    const at = `Bundle.entry[${index}].resource`;
    const within = unknownIn(resource, 0);
    const place = within && at + within.reverse().join('');
    if (place !== undefined && resource.resourceType.startsWith('Medication')) {
      throw new Problem('unprocessable', 'This modifier extension of a medicine is not known.', {
        code: 'modifier-extension',
        expression: [place],
      });
    }
    const rules = resource['implicitRules'] === undefined ? [] : [`${at}.implicitRules`];
    return [...(place === undefined ? [] : [place]), ...rules].map(unknown);
  });
}

const unknown = (place: string): MappingIssue => ({
  kind: 'rule',
  severity: 'warning',
  code: 'modifier-extension',
  text: 'This changes what the resource means, and how is not known here.',
  place,
});

/** The way to the first one, from it outward: put together only where there is one. */
function unknownIn(value: unknown, depth: number): string[] | undefined {
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return undefined;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      const found = unknownIn(value[at], depth + 1);
      if (found) return [...found, `[${at}]`];
    }
    return undefined;
  }
  const object = value as Record<string, unknown>;
  const { modifierExtension } = object;
  const own = Array.isArray(modifierExtension) ? (modifierExtension as { url?: unknown }[]) : [];
  const unknown = own.findIndex((one) => !KNOWN.test(String(one?.url)));
  if (unknown >= 0) return [`.modifierExtension[${unknown}]`];
  for (const name in object) {
    const found = unknownIn(object[name], depth + 1);
    if (found) return [...found, `.${name}`];
  }
  return undefined;
}
