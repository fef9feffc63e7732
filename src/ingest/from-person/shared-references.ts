/** References inside what is shared must lead somewhere: a broken bundle is refused as a whole. */
import { type Resource, r4TypeOf } from '../../conformance/index.ts';
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
