/**
 * "This is not so" (`negationInd`) where no rule reads it: what stands there would become a fact
 * that the sender denies. The message waits until somebody looked, or until a rule reads it.
 */
import type { MappingIssue } from '../format.ts';
import type { Made } from '../mapping/later-reference.ts';
import type { SourceNode } from '../mapping/source-node.ts';

/** Why such a message waits. */
export const NEGATED = 'negated-unread';

/**
 * One error for each denial that no rule read, with its place. One that is left to the narrative of
 * its section counts too, where something was made of what is denied.
 */
export function negatedUnread(
  root: SourceNode,
  issues: readonly MappingIssue[],
  made: readonly Made[],
): readonly MappingIssue[] {
  const unread = new Set(
    issues.flatMap(({ kind, place }) => {
      if (!place.endsWith('/@negationInd')) return [];
      if (kind === 'unread') return [place];
      return kind === 'ignored' && isToldOf(made, elementOf(place)) ? [place] : [];
    }),
  );
  if (unread.size === 0) return [];
  return denialsIn(root)
    .filter(({ place }) => unread.has(place))
    .map(({ place }) => ({
      kind: 'rule',
      severity: 'error',
      code: NEGATED,
      text: 'The sender says that this is not so, and no rule reads that here.',
      place,
    }));
}

const elementOf = (place: string): string => place.slice(0, place.lastIndexOf('/'));

/** The document as a whole holds every entry, and says itself nothing of what is in it. */
const WHOLE = /^(Composition|DocumentReference|Bundle)$/;

function isToldOf(made: readonly Made[], element: string): boolean {
  return (
    made.some(({ from }) => isWithin(from.node.place, element)) ||
    nearestAround(made, element).some(({ resource }) => !WHOLE.test(resource.resourceType))
  );
}

/**
 * What was made of what is denied: from that element or below it, else from the nearest element
 * around it. Undefined when for one of them that is the person, or nothing: then nobody can tell
 * what would be wrong.
 */
export function madeOfDenied(
  made: readonly Made[],
  denials: readonly MappingIssue[],
): ReadonlySet<Made> | undefined {
  const items = new Set<Made>();
  for (const { place } of denials) {
    const element = elementOf(place);
    const own = made.filter(({ from }) => isWithin(from.node.place, element));
    const around = own.length > 0 ? own : nearestAround(made, element);
    if (around.length === 0) return undefined;
    for (const one of around) items.add(one);
  }
  return items;
}

const isWithin = (place: string, element: string): boolean =>
  place === element || place.startsWith(`${element}/`);

/** Parties and the person are around everything, and say nothing of what is denied. */
const NO_FACT = /^(Patient|Practitioner|PractitionerRole|Organization|RelatedPerson|Location)$/;

function nearestAround(made: readonly Made[], element: string): Made[] {
  const around = made.filter(
    ({ from, resource }) =>
      from.node.place !== '' &&
      isWithin(element, from.node.place) &&
      !NO_FACT.test(resource.resourceType),
  );
  const depth = Math.max(...around.map(({ from }) => from.node.place.length));
  return around.filter(({ from }) => from.node.place.length === depth);
}

function denialsIn(node: SourceNode): readonly SourceNode[] {
  const isDenial = node.name === '@negationInd' && /^(true|1)$/.test(node.value?.trim() ?? '');
  return isDenial ? [node] : node.children.flatMap(denialsIn);
}
