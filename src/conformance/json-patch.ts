/**
 * JSON Patch (RFC 6902) on a resource. Written here because a Decimal must come through as it is,
 * and a path must never reach anything but own members of the resource.
 */
import { Problem } from '../platform/problem.ts';
import { Decimal } from './decimal.ts';
import { isObject, readFhirJson } from './fhir-json.ts';
import type { Resource } from './resource.ts';

export const PATCH_LIMITS = { operationsMax: 1_000 } as const satisfies Record<string, number>;

const OPERATIONS = ['add', 'remove', 'replace', 'move', 'copy', 'test'] as const;

export interface JsonPatchOperation {
  readonly op: (typeof OPERATIONS)[number];
  readonly path: readonly string[];
  readonly from?: readonly string[];
  readonly value?: unknown;
}

/** @param mediaType with its parameters: a longer name that begins like it is another type */
export function isJsonPatchType(mediaType: string): boolean {
  return mediaType.split(';')[0]?.trim().toLowerCase() === 'application/json-patch+json';
}

/** @throws Problem `invalid` when the body is not a JSON Patch. */
export function readJsonPatch(body: Uint8Array): JsonPatchOperation[] {
  const wrapped = readFhirJson(
    Buffer.concat([Buffer.from('{"resourceType":"Patch","patch":'), body, Buffer.from('}')]),
  );
  const { patch } = wrapped;
  if (!Array.isArray(patch) || Object.keys(wrapped).length !== 2) {
    throw malformed('A JSON Patch is an array of operations.', 'patch');
  }
  if (patch.length > PATCH_LIMITS.operationsMax) {
    throw new Problem('too-large', `A patch may hold ${PATCH_LIMITS.operationsMax} operations.`);
  }
  return patch.map((one: unknown, at) => operationOf(one, `patch[${at}]`));
}

function operationOf(one: unknown, place: string): JsonPatchOperation {
  if (!isObject(one)) throw malformed('An operation is an object.', place);
  const op = OPERATIONS.find((name) => name === one['op']);
  if (op === undefined) throw malformed('There is no such patch operation.', `${place}.op`);
  const path = pointer(one['path'], `${place}.path`);
  const needsFrom = op === 'move' || op === 'copy';
  const needsValue = op === 'add' || op === 'replace' || op === 'test';
  if (needsValue && !Object.hasOwn(one, 'value')) {
    throw malformed('This operation needs a value.', `${place}.value`);
  }
  return {
    op,
    path,
    ...(needsFrom ? { from: pointer(one['from'], `${place}.from`) } : {}),
    ...(needsValue ? { value: one['value'] } : {}),
  };
}

function pointer(text: unknown, place: string): string[] {
  if (typeof text !== 'string' || (text !== '' && !text.startsWith('/'))) {
    throw malformed('This is not a JSON pointer.', place);
  }
  const parts = text.split('/').slice(1);
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/**
 * The resource after all operations, or none of them; the one given is not changed.
 * @throws Problem `unprocessable` naming the operation that does not fit the resource.
 */
export function applyJsonPatch(
  resource: Resource,
  operations: readonly JsonPatchOperation[],
): Resource {
  let root: unknown = copied(resource);
  for (const [at, operation] of operations.entries()) {
    root = applyOne(root, operation, `patch[${at}]`);
  }
  if (operations.some(({ op }) => op === 'remove' || op === 'move')) root = withoutEmptyLists(root);
  if (!isObject(root)) throw unfit('What is left is not a resource.', 'patch');
  return root as Resource;
}

/**
 * FHIR has no list without an entry, and whoever takes the last one away means that none is left.
 * Only at the end: a later operation may still add to the list.
 */
function withoutEmptyLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyLists);
  if (!isObject(value)) return value;
  const isEmpty = (one: unknown) => Array.isArray(one) && one.length === 0;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) =>
      isEmpty(one) ? [] : [[name, withoutEmptyLists(one)] as const],
    ),
  );
}

function applyOne(root: unknown, operation: JsonPatchOperation, place: string): unknown {
  const { op, path, from = [], value } = operation;
  switch (op) {
    case 'add':
      return add(root, path, copied(value), place);
    case 'remove':
      return remove(root, path, place);
    case 'replace':
      if (path.length === 0) return copied(value);
      valueAt(root, path, place);
      return path.length > 0 ? put(root, path, copied(value), place) : copied(value);
    case 'test':
      if (isEqual(valueAt(root, path, place), value)) return root;
      throw unfit('The value tested is another.', place, 'patch-test');
    case 'copy':
      return add(root, path, copied(valueAt(root, from, place)), place);
    case 'move': {
      if (from.every((part, at) => part === path[at]) && from.length < path.length) {
        throw unfit('Nothing can be moved into itself.', place);
      }
      const moved = valueAt(root, from, place);
      return add(remove(root, from, place), path, moved, place);
    }
  }
}

/** RFC 6902 section 4.6: numbers by their amount, objects whatever the order of their members. */
function isEqual(one: unknown, other: unknown): boolean {
  if (isNumber(one) || isNumber(other)) {
    return isNumber(one) && isNumber(other) && amountOf(one) === amountOf(other);
  }
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, at) => isEqual(value, other[at]));
  }
  if (Array.isArray(one) || Array.isArray(other) || !isObject(one) || !isObject(other)) {
    return one === other;
  }
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isEqual(one[name], other[name]))
  );
}

const isNumber = (value: unknown): value is number | Decimal =>
  typeof value === 'number' || value instanceof Decimal;

/** `70`, `70.00` and `7e1` are one text here; no digit is lost, however many there are. */
function amountOf(value: number | Decimal): string {
  const [mantissa = '', exponent = '0'] = String(value).toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  if (digits === '') return '0';
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  const short = digits.slice(0, end);
  const power = Number(exponent) - fraction.length + digits.length - short.length;
  return `${mantissa.startsWith('-') ? '-' : ''}${short}e${power}`;
}

function valueAt(root: unknown, path: readonly string[], place: string): unknown {
  let value = root;
  for (const part of path) {
    if (Array.isArray(value) && /^(0|[1-9]\d*)$/.test(part) && Number(part) < value.length) {
      value = value[Number(part)];
    } else if (isObject(value) && Object.hasOwn(value, part)) value = value[part];
    else throw unfit('There is nothing at the path.', place);
  }
  return value;
}

function parentOf(root: unknown, path: readonly string[], place: string) {
  const parent = valueAt(root, path.slice(0, -1), place);
  const name = path.at(-1) ?? '';
  if (name === '__proto__') throw unfit('There is nothing at the path.', place);
  return { parent, name };
}

function add(root: unknown, path: readonly string[], value: unknown, place: string): unknown {
  if (path.length === 0) return value;
  const { parent, name } = parentOf(root, path, place);
  if (Array.isArray(parent)) {
    const at = name === '-' ? parent.length : /^(0|[1-9]\d*)$/.test(name) ? Number(name) : -1;
    if (at < 0 || at > parent.length) throw unfit('The list has no such place.', place);
    parent.splice(at, 0, value);
  } else if (isObject(parent)) parent[name] = value;
  else throw unfit('There is nothing at the path.', place);
  return root;
}

function put(root: unknown, path: readonly string[], value: unknown, place: string): unknown {
  const { parent, name } = parentOf(root, path, place);
  if (Array.isArray(parent)) parent[Number(name)] = value;
  else if (isObject(parent)) parent[name] = value;
  return root;
}

function remove(root: unknown, path: readonly string[], place: string): unknown {
  valueAt(root, path, place);
  if (path.length === 0) throw unfit('The resource itself cannot be taken away.', place);
  const { parent, name } = parentOf(root, path, place);
  if (Array.isArray(parent)) parent.splice(Number(name), 1);
  else if (isObject(parent)) delete parent[name];
  return root;
}

/** Deep, but for values that are not plain: a Decimal is never changed, so it may be shared. */
export function copied<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copied) as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, copied(one)])) as T;
}

function malformed(text: string, place: string): Problem {
  return new Problem('invalid', text, { code: 'patch', expression: [place] });
}

function unfit(text: string, place: string, code = 'patch-path'): Problem {
  return new Problem('unprocessable', text, { code, expression: [place] });
}
