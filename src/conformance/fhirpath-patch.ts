/**
 * FHIRPath Patch: a Parameters of operations on a resource.
 * https://hl7.org/fhir/R4/fhirpatch.html
 */
import { Problem } from '../platform/problem.ts';
import { findElements, type Place, typeOf, valueAt } from './element-path.ts';
import { type Spelling, typeRules } from './elements.ts';
import { isObject } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';
import { copied, PATCH_LIMITS } from './json-patch.ts';
import type { Resource } from './resource.ts';

type Json = Record<string, unknown>;

const TYPES = ['add', 'insert', 'delete', 'replace', 'move'] as const;

export interface FhirPathOperation {
  readonly type: (typeof TYPES)[number];
  readonly path: string;
  readonly name?: string;
  readonly index?: number;
  readonly source?: number;
  readonly destination?: number;
  /** With the suffix of `value[x]` that it was given under; empty for one made of parts. */
  readonly value?: { readonly value: unknown; readonly suffix: string };
}

/** @throws Problem `invalid` when the Parameters are not a patch. */
export function readFhirPathPatch(parameters: Resource): FhirPathOperation[] {
  const given = parameters['parameter'];
  if (parameters.resourceType !== 'Parameters' || !Array.isArray(given)) {
    throw malformed('A FHIRPath Patch is a Parameters of operations.', 'Parameters.parameter');
  }
  if (given.length > PATCH_LIMITS.operationsMax) {
    throw new Problem('too-large', `A patch may hold ${PATCH_LIMITS.operationsMax} operations.`);
  }
  return given.map((one: unknown, at) => operationOf(one, `Parameters.parameter[${at}]`));
}

function operationOf(one: unknown, place: string): FhirPathOperation {
  const parts = isObject(one) && one['name'] === 'operation' ? one['part'] : undefined;
  if (!Array.isArray(parts)) throw malformed('This is not an operation with parts.', place);
  const part = (name: string): Json | undefined =>
    parts.find((candidate: unknown) => isObject(candidate) && candidate['name'] === name) as
      | Json
      | undefined;
  const text = (name: string) => textOf(part(name));
  const type = TYPES.find((known) => known === text('type'));
  if (type === undefined) throw malformed('There is no such patch operation.', `${place}.type`);
  const path = text('path');
  if (path === undefined) throw malformed('An operation needs a path.', `${place}.path`);
  const name = text('name');
  if (type === 'add' && (name === undefined || !/^[A-Za-z]{1,64}$/.test(name))) {
    throw malformed('To add needs the name of an element.', `${place}.name`);
  }
  const value = valueIn(part('value'), place);
  if (['add', 'insert', 'replace'].includes(type) && value === undefined) {
    throw malformed('This operation needs a value.', `${place}.value`);
  }
  const numbers = Object.fromEntries(
    ['index', 'source', 'destination'].flatMap((key) => {
      const number = part(key)?.['valueInteger'];
      return typeof number === 'number' && Number.isInteger(number) ? [[key, number]] : [];
    }),
  ) as Pick<FhirPathOperation, 'index' | 'source' | 'destination'>;
  return {
    type,
    path,
    ...numbers,
    ...(name === undefined ? {} : { name }),
    ...(value === undefined ? {} : { value }),
  };
}

function textOf(part: Json | undefined): string | undefined {
  const value = part?.['valueString'] ?? part?.['valueCode'];
  return typeof value === 'string' ? value : undefined;
}

/** `value[x]`, a resource, or parts that make up a backbone element. */
function valueIn(part: Json | undefined, place: string): FhirPathOperation['value'] {
  if (!part) return undefined;
  const key = Object.keys(part).find((name) => /^value[A-Z]/.test(name));
  if (key !== undefined) return { value: part[key], suffix: key.slice('value'.length) };
  if (isObject(part['resource'])) return { value: part['resource'], suffix: '' };
  if (!Array.isArray(part['part'])) return undefined;
  return { value: composed(part['part'], place, 0), suffix: '' };
}

const COMPOSED_DEPTH_MAX = 20;

function composed(parts: readonly unknown[], place: string, depth: number): Json {
  const made: Json = {};
  for (const part of parts) {
    const name = isObject(part) ? part['name'] : undefined;
    if (!isObject(part) || typeof name !== 'string' || !/^[A-Za-z]{1,64}$/.test(name)) {
      throw malformed('A part of a value needs the name of an element.', `${place}.value`);
    }
    if (depth > COMPOSED_DEPTH_MAX) throw malformed('The value is too deep.', `${place}.value`);
    const inner = Array.isArray(part['part'])
      ? composed(part['part'], place, depth + 1)
      : valueIn(part, place)?.value;
    const before = made[name];
    made[name] = before === undefined ? inner : [before, inner].flat();
  }
  return made;
}

/**
 * The resource after all operations, or none of them; the one given is not changed.
 * @throws Problem `unprocessable` naming the operation that does not fit the resource.
 */
export function applyFhirPathPatch(
  version: FhirVersion,
  resource: Resource,
  operations: readonly FhirPathOperation[],
): Resource {
  const root = copied(resource);
  for (const [at, operation] of operations.entries()) {
    applyOne(version, root, operation, `Parameters.parameter[${at}]`);
  }
  return root;
}

function applyOne(
  version: FhirVersion,
  root: Resource,
  operation: FhirPathOperation,
  place: string,
): void {
  const found = findElements(version, root, operation.path, place);
  if (operation.type === 'add') {
    const holder = 'root' in found ? root : valueAt(single(found.places, place));
    const type = 'root' in found ? root.resourceType : typeOf(version, single(found.places, place));
    if (!isObject(holder)) throw unfit('Nothing can be added there.', place);
    addTo(version, holder, type, operation, place);
    return;
  }
  if ('root' in found) throw unfit('The resource itself cannot be changed so.', place);
  switch (operation.type) {
    case 'delete':
      if (found.places.length > 0) take(single(found.places, place));
      return;
    case 'replace':
      replaceAt(version, single(found.places, place), operation, place);
      return;
    case 'insert':
    case 'move':
      shift(found.places, operation, place);
  }
}

function single(places: readonly Place[], place: string): Place {
  const [one, ...more] = places;
  if (one && more.length === 0) return one;
  throw unfit('The path must lead to exactly one element.', place);
}

/** The key an element stands under, and whether it is a list: for a choice by the value's type. */
function spellingOf(
  version: FhirVersion,
  type: string,
  name: string,
  suffix: string,
): Spelling | undefined {
  const rules = typeRules(version, type);
  return rules?.spelled.get(name) ?? rules?.spelled.get(`${name}${suffix}`);
}

function addTo(
  version: FhirVersion,
  holder: Json,
  type: string,
  { name = '', value }: FhirPathOperation,
  place: string,
): void {
  const spelling = spellingOf(version, type, name, value?.suffix ?? '');
  if (!spelling) throw unfit('There is no element of this name there.', place);
  const list = holder[spelling.name];
  if (spelling.rule.max > 1) {
    holder[spelling.name] = [
      ...(Array.isArray(list) ? list : []),
      fitted(version, spelling, value),
    ];
  } else {
    dropChoice(holder, spelling);
    holder[spelling.name] = fitted(version, spelling, value);
  }
}

/** A backbone that was made of parts: members that are lists become lists. */
function fitted(
  version: FhirVersion,
  { type }: Spelling,
  value: FhirPathOperation['value'],
): unknown {
  return value?.suffix === '' && isObject(value.value)
    ? withLists(version, type, value.value)
    : value?.value;
}

function withLists(version: FhirVersion, type: string, value: Json): Json {
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      const spelling = typeRules(version, type)?.spelled.get(name);
      if (!spelling) return [name, one];
      const inner = (each: unknown) =>
        isObject(each) && Object.getPrototypeOf(each) === Object.prototype
          ? withLists(version, spelling.type, each)
          : each;
      const fitting = Array.isArray(one) ? one.map(inner) : inner(one);
      return [name, spelling.rule.max > 1 && !Array.isArray(fitting) ? [fitting] : fitting];
    }),
  );
}

/** Of a choice only one member may stand. */
function dropChoice(holder: Json, { rule }: Spelling): void {
  for (const { name } of rule.spellings) {
    delete holder[name];
    delete holder[`_${name}`];
  }
}

function replaceAt(
  version: FhirVersion,
  at: Place,
  { value }: FhirPathOperation,
  place: string,
): void {
  const { holder, key, index, holderType } = at;
  const rule = typeRules(version, holderType)?.spelled.get(key)?.rule;
  if (index !== undefined) {
    const spelling = typeRules(version, holderType)?.spelled.get(key);
    (holder[key] as unknown[])[index] = spelling ? fitted(version, spelling, value) : value?.value;
    return;
  }
  const spelling = rule?.choice
    ? spellingOf(version, holderType, rule.name, value?.suffix ?? '')
    : typeRules(version, holderType)?.spelled.get(key);
  if (!spelling) throw unfit('The value is of a type that cannot stand there.', place);
  dropChoice(holder, spelling);
  holder[spelling.name] = fitted(version, spelling, value);
}

function take({ holder, key, index }: Place): void {
  const list = holder[key];
  if (index === undefined || !Array.isArray(list)) {
    delete holder[key];
    delete holder[`_${key}`];
    return;
  }
  list.splice(index, 1);
  const extended = holder[`_${key}`];
  if (Array.isArray(extended)) extended.splice(index, 1);
  if (list.length > 0) return;
  delete holder[key];
  delete holder[`_${key}`];
}

/** `insert` and `move`: the path names the list, and the index a place in it. */
function shift(places: readonly Place[], operation: FhirPathOperation, place: string): void {
  const [first] = places;
  const list = first?.holder[first.key];
  const isOneList = places.every(
    ({ holder, key }) => holder === first?.holder && key === first.key,
  );
  if (!Array.isArray(list) || !isOneList) throw unfit('The path must lead to one list.', place);
  const { type, index = -1, source = -1, destination = -1, value } = operation;
  if (type === 'insert') {
    if (index < 0 || index > list.length) throw unfit('The list has no such place.', place);
    list.splice(index, 0, value?.value);
    return;
  }
  const isIn = (at: number) => at >= 0 && at < list.length;
  if (!isIn(source) || !isIn(destination)) throw unfit('The list has no such place.', place);
  list.splice(destination, 0, ...list.splice(source, 1));
}

function malformed(text: string, place: string): Problem {
  return new Problem('invalid', text, { code: 'patch', expression: [place] });
}

function unfit(text: string, place: string): Problem {
  return new Problem('unprocessable', text, { code: 'patch-path', expression: [place] });
}
