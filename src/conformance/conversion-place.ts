/** One object on its way between the versions, and how values get into it. */
import type { ConversionMap } from './conversion-map.ts';
import type { ElementRule, Spelling, TypeRules } from './elements.ts';
import type { FhirVersion } from './fhir-version.ts';
import type { Resource } from './resource.ts';

export interface ConversionLoss {
  /** FHIRPath in the source. */
  readonly path: string;
  readonly reason: string;
}

export type Json = Record<string, unknown>;

/** A value with its primitive extensions. */
export interface Pair {
  readonly value: unknown;
  readonly extra: unknown;
}

/** A conversion in progress, with the engine's own functions for what lies deeper. */
export interface Conversing {
  /** True from STU3 to R4. */
  readonly forward: boolean;
  readonly from: FhirVersion;
  readonly to: FhirVersion;
  readonly loss: ConversionLoss[];
  /** Converts a data type or backbone; `key` is its STU3 name. */
  object(source: Json, from: TypeRules, to: TypeRules, key: string, path: string): Json;
  /** Undefined when the type has no counterpart. */
  resource(resource: Json, path: string): Resource | undefined;
  /** Converts what is left of a place; with `names` under these names instead of the map's. */
  members(place: Place, names?: ReadonlyMap<string, string>): void;
  /** Puts one value into the target, or says why it could not. */
  put(place: Place, from: Spelling, to: ElementRule, pair: Pair, path: string): string | undefined;
}

export interface Place {
  readonly run: Conversing;
  readonly source: Json;
  readonly target: Json;
  readonly sourceRules: TypeRules;
  readonly targetRules: TypeRules;
  readonly map: ConversionMap;
  readonly path: string;
  /** Spelled names of the source that are dealt with. */
  readonly done: Set<string>;
}

export function ruleOf(rules: TypeRules, element: string): ElementRule | undefined {
  return rules.elements.find((rule) => rule.name === element);
}

/** Values with their primitive extensions, one by one; none for an absent element. */
export function pairsOf(value: unknown, extra: unknown): Pair[] {
  if (value === undefined && extra === undefined) return [];
  if (!Array.isArray(value) && !Array.isArray(extra)) return [{ value, extra }];
  const values = Array.isArray(value) ? (value as unknown[]) : [];
  const extras = Array.isArray(extra) ? (extra as unknown[]) : [];
  return Array.from({ length: Math.max(values.length, extras.length) }, (_, at) => ({
    value: values[at] ?? undefined,
    extra: extras[at] ?? undefined,
  }));
}

/** Takes an element of the source out of the general way: its values, whatever type they have. */
export function take(place: Place, element: string): { spelling: Spelling; pair: Pair }[] {
  const rule = ruleOf(place.sourceRules, element);
  return (rule?.spellings ?? []).flatMap((spelling) => {
    const { name } = spelling;
    const found = pairsOf(place.source[name], place.source[`_${name}`]);
    if (found.length > 0) place.done.add(name);
    return found.map((pair) => ({ spelling, pair }));
  });
}

/** True when the target can take one more value of an element. */
export function hasRoom(target: Json, rule: ElementRule): boolean {
  if (rule.max > 1) return true;
  return rule.spellings.every(
    ({ name }) => target[name] === undefined && target[`_${name}`] === undefined,
  );
}

/** Adds a value to an object, as the cardinality of its element asks. */
export function putValue(target: Json, rule: ElementRule, name: string, pair: Pair): void {
  const { value, extra } = pair;
  if (rule.max === 1) {
    if (value !== undefined) target[name] = value;
    if (extra !== undefined) target[`_${name}`] = extra;
    return;
  }
  const values = listIn(target, name);
  const extras = listIn(target, `_${name}`);
  const length = Math.max(values.length, extras.length);
  if (value !== undefined || values.length > 0) {
    while (values.length < length) values.push(null);
    values.push(value ?? null);
    target[name] = values;
  }
  if (extra !== undefined || extras.length > 0) {
    while (extras.length < length) extras.push(null);
    extras.push(extra ?? null);
    target[`_${name}`] = extras;
  }
}

function listIn(target: Json, name: string): unknown[] {
  const there = target[name];
  return Array.isArray(there) ? (there as unknown[]) : [];
}

/** The same place seen with other rules, a part of the source, or another target. */
export function placeWith(place: Place, changes: Partial<Place>): Place {
  return { ...place, done: new Set<string>(), ...changes };
}
