/**
 * `_summary` and `_elements`: fewer elements, marked as such.
 * https://hl7.org/fhir/R4/search.html#summary
 */
import { isObject } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';
import type { Coding, Resource } from './resource.ts';
import { elementsOf } from './search-parameters.ts';
import type { SearchQuery } from './search-query.ts';

const ALWAYS: ReadonlySet<string> = new Set(['resourceType', 'id', 'meta']);
const SUBSETTED = 'SUBSETTED';
const SYSTEM = {
  STU3: 'http://hl7.org/fhir/v3/ObservationValue',
  R4: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
} as const;
const SYSTEMS: ReadonlySet<string> = new Set(Object.values(SYSTEM));

/**
 * The resource with only what the query asks of it. Required elements stay, so that it is still
 * valid. The resource itself is returned when the query asks for all of it; it is never changed.
 */
export function subsetElements(query: SearchQuery, resource: Resource): Resource {
  const { elements, summary, version } = query;
  const known = elementsOf(version, resource.resourceType);
  const required = known?.required ?? ALWAYS;
  if (elements) {
    const asked = new Set(elements.flatMap((path) => topElement(path, resource.resourceType)));
    return reduced(version, resource, (name) => asked.has(name) || required.has(name));
  }
  switch (summary) {
    case 'true':
      return reduced(
        version,
        resource,
        (name) => known?.summary.has(name) === true || required.has(name),
      );
    case 'text':
      return reduced(version, resource, (name) => name === 'text' || required.has(name));
    case 'data':
      return reduced(version, resource, (name) => name !== 'text');
    default:
      return resource;
  }
}

/**
 * `Patient.name` counts for patients, `name` for every type; of `name.family` the whole name is
 * given.
 */
function topElement(path: string, type: string): string[] {
  const [first = '', second] = path.split('.');
  if (!/^[A-Z]/.test(first)) return [first];
  return first === type && second !== undefined ? [second] : [];
}

function reduced(
  version: FhirVersion,
  resource: Resource,
  keep: (element: string) => boolean,
): Resource {
  const kept: Resource = { resourceType: resource.resourceType };
  const choices = elementsOf(version, resource.resourceType)?.choices ?? [];
  for (const [key, value] of Object.entries(resource)) {
    const plain = key.startsWith('_') ? key.slice(1) : key;
    const choice = choices.find((name) => isChoice(name, plain));
    if (ALWAYS.has(plain) || keep(plain) || (choice !== undefined && keep(choice))) {
      kept[key] = value;
    }
  }
  const meta = isObject(resource.meta) ? resource.meta : {};
  const tags = Array.isArray(meta['tag']) ? (meta['tag'] as Coding[]) : [];
  const tag: Coding = { system: subsettedSystem(version), code: SUBSETTED };
  return { ...kept, meta: { ...meta, tag: [...tags, tag] } };
}

/** It was marked as a part of a resource, by us or by another server. */
export function isSubset({ meta }: Resource): boolean {
  const tags: unknown = isObject(meta) ? meta['tag'] : undefined;
  return (
    Array.isArray(tags) &&
    tags.some(
      (tag: unknown) =>
        isObject(tag) && tag['code'] === SUBSETTED && SYSTEMS.has(String(tag['system'])),
    )
  );
}

/** Tables name a choice `value`; data names it `valueQuantity`. */
function isChoice(name: string, key: string): boolean {
  return key.startsWith(name) && /^[A-Z]/.test(key.slice(name.length));
}

const subsettedSystem = ({ name }: FhirVersion): string => SYSTEM[name];
