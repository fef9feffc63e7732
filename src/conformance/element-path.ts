/**
 * The part of FHIRPath by which a patch names elements: members, indexes, `first()`, `last()`,
 * `single()`, `where(member = literal and ...)`, `ofType()` and `extension(url)`, also below a
 * primitive. What is found is a place in the resource, not a copy, so that it can be changed there.
 * https://hl7.org/fhir/R4/fhirpatch.html
 */
import { Problem } from '../platform/problem.ts';
import { typeRules } from './elements.ts';
import { isObject } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';
import type { Resource } from './resource.ts';

type Json = Record<string, unknown>;

/** One element where it stands: `holder[key]`, and in a list `holder[key][index]`. */
export interface Place {
  readonly holder: Json;
  /** As spelled in JSON: `valueQuantity` for `value`. */
  readonly key: string;
  readonly index?: number;
  /** Name of the type of the holder in the element tables, `Patient.contact`. */
  readonly holderType: string;
}

/** What a path came to: the resource itself, or places in it. */
export type Found = { readonly root: Resource } | { readonly places: readonly Place[] };

const STEP =
  /^\.?(?:([A-Za-z_][A-Za-z0-9_]*)(?:\(((?:[^()']|'(?:[^'\\]|\\.)*')*)\))?|\[(\d{1,6})\])/;
const TERM =
  /^\s*([A-Za-z][A-Za-z0-9.]*)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(true|false)|(-?\d+(?:\.\d+)?)|@([\d:.TZ+-]+))\s*$/;

/** @throws Problem `unprocessable` code `patch-path` when the path is not of the part above. */
export function findElements(
  version: FhirVersion,
  resource: Resource,
  path: string,
  place: string,
): Found {
  const bad = () =>
    new Problem('unprocessable', 'This path cannot be followed in a patch.', {
      code: 'patch-path',
      expression: [place],
    });
  const [start = ''] = /^[A-Za-z]+/.exec(path) ?? [];
  const isNamed = [resource.resourceType, 'Resource', 'DomainResource'].includes(start);
  // A path may begin at a member: what is patched is the context (FHIRPath section 3).
  if (!isNamed && !/^[a-z]/.test(start)) throw bad();
  let rest = isNamed ? path.slice(start.length) : path;
  let places: Place[] | undefined;
  while (rest !== '') {
    const step = STEP.exec(rest);
    if (!step) throw bad();
    rest = rest.slice(step[0].length);
    const [, name, argument, index] = step;
    if (index !== undefined) places = (places ?? []).slice(Number(index), Number(index) + 1);
    else if (name === 'extension' && argument !== undefined) {
      places = extended(members(version, resource, places, name), argument, bad);
    } else if (argument !== undefined) places = called(version, name ?? '', argument, places, bad);
    else places = members(version, resource, places, name ?? '');
  }
  return places === undefined ? { root: resource } : { places };
}

/** The value that stands there. */
export function valueAt({ holder, key, index }: Place): unknown {
  const value = holder[key];
  return index === undefined ? value : (value as unknown[] | undefined)?.[index];
}

/** A value that has no members: its id and extensions stand beside it. */
export const isPrimitive = (value: unknown): boolean => !isNested(value);

/** Id and extensions of a primitive. @param make where there are none yet */
export function besideAt({ holder, key, index }: Place, make = false): Json | undefined {
  const name = `_${key}`;
  const known = holder[name];
  if (index === undefined) {
    if (!isObject(known) && make) holder[name] = {};
    return isObject(holder[name]) ? holder[name] : undefined;
  }
  const list = Array.isArray(known) ? (known as unknown[]) : [];
  if (make && !isObject(list[index])) {
    const { length } = (holder[key] ?? []) as unknown[];
    holder[name] = Array.from({ length }, (_none, at) => (at === index ? {} : (list[at] ?? null)));
  }
  const found = ((holder[name] ?? []) as unknown[])[index];
  return isObject(found) ? found : undefined;
}

function members(
  version: FhirVersion,
  resource: Resource,
  places: readonly Place[] | undefined,
  name: string,
): Place[] {
  const holders = places
    ? places.map((one) => {
        const value = valueAt(one);
        return isPrimitive(value)
          ? { holder: besideAt(one), type: 'Element' }
          : { holder: value, type: typeOf(version, one) };
      })
    : [{ holder: resource, type: resource.resourceType }];
  return holders.flatMap(({ holder, type }) => {
    if (!isObject(holder)) return [];
    const key = spelled(version, holder, type, name);
    if (key === undefined) return [];
    const value = holder[key] ?? holder[`_${key}`];
    const where = { holder, key, holderType: type };
    return Array.isArray(value) ? value.map((_one, index) => ({ ...where, index })) : [where];
  });
}

function spelled(version: FhirVersion, holder: Json, type: string, name: string) {
  const has = (key: string) => Object.hasOwn(holder, key) || Object.hasOwn(holder, `_${key}`);
  if (has(name)) return name;
  const rules = typeRules(version, type);
  const choice = rules?.elements.find((element) => element.choice && element.name === name);
  return choice?.spellings.find((one) => has(one.name))?.name;
}

/** Type of the element at this place in the tables; empty where they do not say. */
export function typeOf(version: FhirVersion, { holderType, key, holder, index }: Place): string {
  const type = typeRules(version, holderType)?.spelled.get(key)?.type ?? '';
  if (type !== 'Resource') return type;
  const value = index === undefined ? holder[key] : (holder[key] as unknown[])[index];
  return isObject(value) && typeof value['resourceType'] === 'string' ? value['resourceType'] : '';
}

/** Those extensions that have this address. */
function extended(places: Place[], argument: string, bad: () => Problem): Place[] {
  const [, url] = /^\s*'([^'\\]*)'\s*$/.exec(argument) ?? [];
  if (url === undefined) throw bad();
  return places.filter((one) => (valueAt(one) as { url?: unknown } | undefined)?.url === url);
}

function called(
  version: FhirVersion,
  name: string,
  argument: string,
  given: readonly Place[] | undefined,
  bad: () => Problem,
): Place[] {
  const places = given ?? [];
  if (name === 'where') {
    const terms = argument.split(/\sand\s/).map((text) => TERM.exec(text));
    if (terms.some((term) => term === null)) throw bad();
    return places.filter((one) => terms.every((term) => holds(valueAt(one), term)));
  }
  if (name === 'ofType') {
    return places.filter((one) => typeOf(version, one).toLowerCase() === argument.toLowerCase());
  }
  if (argument !== '') throw bad();
  if (name === 'first') return places.slice(0, 1);
  if (name === 'last') return places.slice(-1);
  if (name === 'single') {
    if (places.length > 1) throw bad();
    return [...places];
  }
  throw bad();
}

function holds(value: unknown, term: RegExpExecArray | null): boolean {
  const [, path = '', text, bool, number, date] = term ?? [];
  const expected = text?.replace(/\\(.)/g, '$1') ?? bool ?? number ?? date ?? '';
  return path
    .split('.')
    .reduce<unknown[]>(
      (values, name) =>
        values.flatMap((one) =>
          isObject(one) && Object.hasOwn(one, name) ? [one[name]].flat() : [],
        ),
      [value],
    )
    .some((one) => !isNested(one) && String(one) === expected);
}

const isNested = (value: unknown): boolean =>
  isObject(value) && Object.getPrototypeOf(value) === Object.prototype;
