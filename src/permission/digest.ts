/** One digest for equal values: keys in order, maps as lists, absent values left out. */
import { createHash } from 'node:crypto';

const digests = new WeakMap<object, string>();
const texts = new WeakMap<object, string>();

/**
 * sha256 (hex) of a value that never changes; remembered for as long as the value lives. So is the
 * text of every object in a list: a list of which one changed is not written out anew.
 */
export function digestOf(value: object): string {
  const known = digests.get(value);
  if (known !== undefined) return known;
  const digest = sha256(Array.isArray(value) ? `[${value.map(textAsKept)}]` : canonical(value));
  digests.set(value, digest);
  return digest;
}

function textAsKept(value: unknown): string {
  if (typeof value !== 'object' || value === null) return canonical(value);
  const known = texts.get(value);
  if (known !== undefined) return known;
  // Written anew in one piece: put together from forty, it takes five times the memory for as long
  // as it is kept.
  const text = Buffer.from(canonical(value)).toString();
  texts.set(value, text);
  return text;
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
  for (const [key, start] of inOrder(value)) {
    const one = (value as Record<string, unknown>)[key];
    if (one === undefined) continue;
    text += text === '{' ? start : `,${start}`;
    text += canonical(one);
  }
  return `${text}}`;
}

/** Keys in order, each with the text that its value follows. */
type Shape = readonly (readonly [key: string, start: string])[];

interface Step {
  readonly next: Map<string, Step>;
  shape?: Shape;
}

const STEPS_KEPT_MAX = 5_000;
let first: Step = { next: new Map() };
let steps = 0;

/** Two hundred rules have a handful of shapes: the keys of each are put in order once. */
function inOrder(value: object): Shape {
  const keys = Object.keys(value);
  let step = first;
  for (const key of keys) {
    let next = step.next.get(key);
    if (!next) {
      next = { next: new Map() };
      step.next.set(key, next);
      steps += 1;
    }
    step = next;
  }
  step.shape ??= keys.toSorted().map((key) => [key, `${textOf(key)}:`] as const);
  const { shape } = step;
  if (steps > STEPS_KEPT_MAX) {
    first = { next: new Map() };
    steps = 0;
  }
  return shape;
}

/** Only what JSON has to escape takes the longer way. */
const PLAIN_TEXT = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

const textOf = (text: string): string =>
  PLAIN_TEXT.test(text) ? `"${text}"` : JSON.stringify(text);
