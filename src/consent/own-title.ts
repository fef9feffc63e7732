/** What a resource is called on the pages of the person whose it is. */

/** Elements that say what a resource is, over the types that have one. */
const NAMES = [
  'code',
  'medicationCodeableConcept',
  'medicationReference',
  'device',
  'vaccineCode',
  'description',
  'title',
  'type',
  'serviceType',
  'category',
  'reasonCode',
] as const;

/** What the source calls it, in at most 120 letters. */
export function titleOf(resource: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of NAMES) {
    const found = wordsOf([resource[name]].flat()[0]);
    if (found !== undefined) return found.slice(0, 120);
  }
  return metAt(resource)?.slice(0, 120);
}

/** A visit or an appointment that says no more is known by where it was, or with whom. */
function metAt({ location, participant }: Readonly<Record<string, unknown>>): string | undefined {
  const places = [location].flat().map((one) => (one as { location?: unknown })?.location);
  const others = [participant].flat().flatMap((one) => {
    const { individual, actor } = (one ?? {}) as { individual?: unknown; actor?: unknown };
    const who = (individual ?? actor ?? {}) as { reference?: unknown };
    return String(who.reference).startsWith('Patient/') ? [] : [who];
  });
  return [...places, ...others].map(wordsOf).find((words) => words !== undefined);
}

function wordsOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const { text, display, coding } = (value ?? {}) as {
    text?: unknown;
    display?: unknown;
    coding?: readonly { display?: unknown }[];
  };
  if (typeof text === 'string') return text;
  // Of a reference: what the source calls what it points at.
  if (typeof display === 'string') return display;
  const named = coding?.find((one) => typeof one.display === 'string')?.display;
  return typeof named === 'string' ? named : undefined;
}
