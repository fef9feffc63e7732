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
  const places = placesOf(issues.some(isDenial) ? made : []);
  const unread = new Set(
    issues.filter(isDenial).flatMap(({ kind, place }) => {
      if (kind === 'unread') return [place];
      return kind === 'ignored' && isToldOf(places, elementOf(place)) ? [place] : [];
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

/** Read by a rule it is no question; most issues are that, and their places long texts. */
const isDenial = ({ kind, place }: MappingIssue): boolean =>
  kind !== 'mapped' && place.endsWith('/@negationInd');
const elementOf = (place: string): string => place.slice(0, place.lastIndexOf('/'));

/** The document as a whole holds every entry, and says itself nothing of what is in it. */
const WHOLE = /^(Composition|DocumentReference|Bundle)$/;

function isToldOf(places: Places, element: string): boolean {
  return (
    places.within.has(element) ||
    nearestAround(places, element).some(({ resource }) => !WHOLE.test(resource.resourceType))
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
  const places = placesOf(made);
  for (const { place } of denials) {
    const element = elementOf(place);
    const around = places.within.get(element) ?? nearestAround(places, element);
    if (around.length === 0) return undefined;
    for (const one of around) items.add(one);
  }
  return items;
}

/** Parties and the person are around everything, and say nothing of what is denied. */
const NO_FACT = /^(Patient|Practitioner|PractitionerRole|Organization|RelatedPerson|Location)$/;

/** What was made, by place: a document may hold tens of thousands of entries and of denials. */
interface Places {
  /** From this very element; parties left out. */
  readonly at: ReadonlyMap<string, readonly Made[]>;
  /** From this element or one below it. */
  readonly within: ReadonlyMap<string, readonly Made[]>;
}

function placesOf(made: readonly Made[]): Places {
  const at = new Map<string, Made[]>();
  const within = new Map<string, Made[]>();
  for (const one of made) {
    const { name, place } = one.from.node;
    // The payload is the message without its wrappers: around everything.
    if (name === 'payload') continue;
    if (!NO_FACT.test(one.resource.resourceType)) addTo(at, place, one);
    for (const element of upFrom(place)) addTo(within, element, one);
  }
  return { at, within };
}

function addTo(lists: Map<string, Made[]>, place: string, one: Made): void {
  const list = lists.get(place);
  if (list) list.push(one);
  else lists.set(place, [one]);
}

/** The element and those around it, the nearest first. */
function* upFrom(place: string): Generator<string> {
  for (let element = place; element !== ''; element = elementOf(element)) yield element;
}

function nearestAround({ at }: Places, element: string): readonly Made[] {
  for (const place of upFrom(element)) {
    const found = at.get(place);
    if (found) return found;
  }
  return [];
}

function denialsIn(node: SourceNode): readonly SourceNode[] {
  const isTrue = node.name === '@negationInd' && /^(true|1)$/.test(node.value?.trim() ?? '');
  return isTrue ? [node] : node.children.flatMap(denialsIn);
}
