/** One digest for equal values: keys in order, maps as lists, absent values left out. */
import { createHash } from 'node:crypto';

const digests = new WeakMap<object, string>();

/** sha256 (hex) of a value that never changes; remembered for as long as the value lives. */
export function digestOf(value: object): string {
  const known = digests.get(value);
  if (known !== undefined) return known;
  const digest = sha256(canonical(value));
  digests.set(value, digest);
  return digest;
}

/** SHA-256 of a text, hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** JSON with the keys of every object in order (RFC 8785 for the values that occur here). */
export function canonical(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return textOf(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null';
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : canonicalObject(value);
    default:
      return JSON.stringify(value) ?? 'null';
  }
}

function canonicalObject(value: object): string {
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (value instanceof Map) return canonicalObject(Object.fromEntries(value));
  if (Array.isArray(value)) {
    let text = '[';
    for (const one of value) text += text === '[' ? canonical(one) : `,${canonical(one)}`;
    return `${text}]`;
  }
  let text = '{';
  for (const key of inOrder(Object.keys(value))) {
    const one = (value as Record<string, unknown>)[key];
    if (one === undefined) continue;
    text += `${text === '{' ? '' : ','}${textOf(key)}:${canonical(one)}`;
  }
  return `${text}}`;
}

const orders = new Map<string, readonly string[]>();
const ORDERS_KEPT_MAX = 2_000;

/** Two hundred rules have a handful of shapes: each set of keys is sorted once. */
function inOrder(keys: string[]): readonly string[] {
  const shape = keys.join('\n');
  const known = orders.get(shape);
  // A name with a line break in it makes a shape of more lines than names, so it finds no other.
  if (known?.length === keys.length) return known;
  const sorted = keys.sort();
  if (sorted.some((key) => key.includes('\n'))) return sorted;
  if (orders.size >= ORDERS_KEPT_MAX) orders.clear();
  orders.set(shape, sorted);
  return sorted;
}

/** Only what JSON has to escape takes the longer way. */
const PLAIN_TEXT = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

const textOf = (text: string): string =>
  PLAIN_TEXT.test(text) ? `"${text}"` : JSON.stringify(text);
