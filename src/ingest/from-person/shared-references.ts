/**
 * References inside what is shared must lead somewhere, and whose it is must be clear: a broken
 * bundle is refused as a whole.
 */
import { isBsnSystem, type Resource, r4TypeOf } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';

export interface ReferenceCheck {
  /** `Bundle.entry[2]` */
  readonly place: string;
  /** `Type/id` of what is in the bundle. */
  readonly own: ReadonlySet<string>;
  /** What is stored under these types and ids. */
  known(types: readonly string[], ids: readonly string[]): Promise<ReadonlyMap<string, unknown>>;
}

const WHOSE = /\.resource\.(subject|patient)\.reference$/;
const LOCAL = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/\d+)?$/;

/** @throws Problem `unprocessable` code `dangling-reference` with the element. */
export async function requireReferences(
  resource: Resource,
  { place, own, known }: ReferenceCheck,
): Promise<void> {
  const contained = new Set(
    ([resource['contained']].flat() as (Resource | undefined)[]).map((one) => `#${one?.id ?? ''}`),
  );
  const asked: { path: string; type: string; id: string }[] = [];
  for (const { path, reference } of referencesIn(resource, `${place}.resource`)) {
    if (reference.startsWith('#')) {
      if (reference !== '#' && !contained.has(reference)) throw dangling(path);
    } else if (reference.startsWith('urn:')) throw dangling(path);
    else {
      const [, type = '', id = ''] = LOCAL.exec(reference) ?? [];
      // Whose it is must be known here: a person of another server could be anybody.
      if (type === '' && WHOSE.test(path)) throw dangling(path);
      if (type !== '' && !own.has(`${type}/${id}`)) asked.push({ path, type: r4TypeOf(type), id });
    }
  }
  if (asked.length === 0) return;
  const found = await known(
    asked.map(({ type }) => type),
    asked.map(({ id }) => id),
  );
  for (const { path, type, id } of asked) if (!found.has(`${type}/${id}`)) throw dangling(path);
}

const OF_WHOM = ['subject', 'patient'] as const;
/** People who are not the one whose record this is. */
const OTHERS = new Set(['Practitioner', 'PractitionerRole', 'RelatedPerson', 'Person', 'Group']);

/**
 * What is shared lands in the record of the token's person. A name or a number alone may be
 * anybody's: then the app says whose it is by a reference, or not at all (gegevensdiensten.md 2.1).
 * @throws Problem `unprocessable` code `of-whom` with the element.
 */
export function requireOfPerson(resource: Resource, place: string): void {
  const contained = [resource['contained']].flat() as (Resource | undefined)[];
  for (const name of OF_WHOM) {
    const whose = resource[name];
    if (whose === undefined) continue;
    const { reference } = whose as { reference?: unknown };
    if (typeof reference !== 'string') throw ofWhom(`${place}.${name}`);
    const inside = contained.find((one) => reference === `#${one?.id}`)?.resourceType;
    const type = reference.startsWith('#') ? (inside ?? '') : LOCAL.exec(reference)?.[1];
    const isNobodys = reference.startsWith('#') && type !== 'Patient';
    if (isNobodys || OTHERS.has(type ?? '')) throw ofWhom(`${place}.${name}.reference`);
  }
}

/** Named by a number that is not sent: that can only be the person in the token. */
export function isMaskedPerson(whose: unknown): boolean {
  const { reference, identifier } = (whose ?? {}) as Record<string, unknown>;
  const { system, value } = (identifier ?? {}) as Record<string, unknown>;
  return reference === undefined && value === undefined && isBsnSystem(system);
}

const ofWhom = (path: string): Problem =>
  new Problem(
    'unprocessable',
    'Say whose this is by a reference to the Patient, or leave it out: the person is in the token.',
    { code: 'of-whom', expression: [path] },
  );

function referencesIn(value: unknown, path: string): { path: string; reference: string }[] {
  if (Array.isArray(value)) {
    return value.flatMap((one, index) => referencesIn(one, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name === 'contained') return [];
    const isReference = name === 'reference' && typeof inner === 'string';
    return isReference
      ? [{ path: `${path}.reference`, reference: inner }]
      : referencesIn(inner, `${path}.${name}`);
  });
}

const dangling = (path: string): Problem =>
  new Problem('unprocessable', 'This reference leads nowhere.', {
    code: 'dangling-reference',
    expression: [path],
  });
