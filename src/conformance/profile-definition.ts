/**
 * What we read of a StructureDefinition, in the one form that both versions come down to.
 * https://hl7.org/fhir/R4/profiling.html, https://hl7.org/fhir/STU3/profiling.html
 */
import { isObject } from './fhir-json.ts';
import type { InvariantRule } from './invariants.ts';
import type { Resource } from './resource.ts';

type Json = Record<string, unknown>;

export interface ProfileType {
  readonly code: string;
  /** Profiles that a value of this type must fit, any of them. */
  readonly profiles: readonly string[];
  readonly targetProfiles: readonly string[];
}

export interface Discriminator {
  readonly type: string;
  readonly path: string;
}

export interface Slicing {
  readonly discriminators: readonly Discriminator[];
  readonly rules: string;
}

/** One element of a differential, as far as it constrains. */
export interface ProfileElement {
  /** Steps from the root, each with its slice: `component:systolic`, `value[x]`. */
  readonly steps: readonly { readonly name: string; readonly slice: string | undefined }[];
  readonly min: number | undefined;
  /** Infinity for `*`. */
  readonly max: number | undefined;
  readonly types: readonly ProfileType[] | undefined;
  readonly fixed: unknown;
  readonly pattern: unknown;
  readonly binding: { readonly strength: string; readonly valueSet: string } | undefined;
  readonly slicing: Slicing | undefined;
  readonly constraints: readonly InvariantRule[];
}

export interface ProfileDefinition {
  readonly url: string;
  readonly type: string;
  readonly base: string | undefined;
  readonly isExtension: boolean;
  readonly elements: readonly ProfileElement[];
}

/** A StructureDefinition that constrains; undefined for a logical model or one without elements. */
export function profileDefinition(definition: Resource): ProfileDefinition | undefined {
  const { url, type, baseDefinition, derivation, kind } = definition;
  const view = [definition['differential'], definition['snapshot']].find(isObject);
  if (typeof url !== 'string' || typeof type !== 'string' || kind === 'logical') return undefined;
  if (derivation !== 'constraint' || !Array.isArray(view?.['element'])) return undefined;
  return {
    url,
    type,
    base: typeof baseDefinition === 'string' ? baseDefinition : undefined,
    isExtension: type === 'Extension',
    elements: (view['element'] as unknown[]).filter(isObject).map(elementOf),
  };
}

function elementOf(element: Json): ProfileElement {
  const { min, max } = element;
  return {
    steps: stepsOf(element),
    min: typeof min === 'number' ? min : undefined,
    max: max === '*' ? Infinity : typeof max === 'string' ? Number(max) : undefined,
    types: typesOf(element['type']),
    fixed: choiceOf(element, 'fixed'),
    pattern: choiceOf(element, 'pattern'),
    binding: bindingOf(element['binding']),
    slicing: slicingOf(element['slicing']),
    constraints: constraintsOf(element['constraint']),
  };
}

/** The id says which slice each step is in; else the path and the name of the slice must do. */
function stepsOf(element: Json): ProfileElement['steps'] {
  const path = String(element['path']).split('.');
  const id = typeof element['id'] === 'string' ? element['id'].split('.') : [];
  const sliceName = element['sliceName'];
  const byId = id.length === path.length;
  return path.slice(1).map((name, index) => {
    const at = index + 1;
    const colon = byId ? (id[at]?.indexOf(':') ?? -1) : -1;
    const last = at === path.length - 1 && typeof sliceName === 'string' ? sliceName : undefined;
    return { name, slice: colon < 0 ? last : id[at]?.slice(colon + 1) };
  });
}

function typesOf(types: unknown): ProfileType[] | undefined {
  if (!Array.isArray(types)) return undefined;
  const byCode = new Map<string, { profiles: string[]; targetProfiles: string[] }>();
  for (const type of (types as unknown[]).filter(isObject)) {
    const code = String(type['code']).replace('http://hl7.org/fhirpath/System.', '');
    const known = byCode.get(code) ?? { profiles: [], targetProfiles: [] };
    known.profiles.push(...strings(type['profile']));
    known.targetProfiles.push(...strings(type['targetProfile']));
    byCode.set(code, known);
  }
  return [...byCode].map(([code, known]) => ({ code, ...known }));
}

function strings(value: unknown): string[] {
  return [value].flat().filter((one): one is string => typeof one === 'string');
}

/** The one member that begins with this word: `fixedUri`, `patternCodeableConcept`. */
function choiceOf(element: Json, begin: string): unknown {
  const key = Object.keys(element).find((name) => name.startsWith(begin));
  return key === undefined ? undefined : element[key];
}

function bindingOf(binding: unknown): ProfileElement['binding'] {
  if (!isObject(binding)) return undefined;
  const { strength, valueSet, valueSetUri, valueSetReference } = binding;
  const named = isObject(valueSetReference) ? valueSetReference['reference'] : undefined;
  const url = valueSet ?? valueSetUri ?? named;
  return typeof url === 'string' ? { strength: String(strength), valueSet: url } : undefined;
}

function slicingOf(slicing: unknown): Slicing | undefined {
  if (!isObject(slicing)) return undefined;
  const listed = slicing['discriminator'];
  const discriminators = (Array.isArray(listed) ? (listed as unknown[]) : []).filter(isObject);
  return {
    rules: String(slicing['rules'] ?? 'open'),
    discriminators: discriminators.map(({ type, path }) => ({
      type: String(type),
      path: String(path),
    })),
  };
}

function constraintsOf(constraints: unknown): InvariantRule[] {
  if (!Array.isArray(constraints)) return [];
  return (constraints as unknown[]).filter(isObject).flatMap((one) => {
    const { key, severity, human, expression } = one;
    if (typeof expression !== 'string') return [];
    return [
      {
        key: String(key),
        severity: severity === 'error' ? ('error' as const) : ('warning' as const),
        text: String(human ?? 'A rule of the profile does not hold.'),
        expression,
      },
    ];
  });
}
