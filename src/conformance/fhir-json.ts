/**
 * FHIR JSON, read and written without losing digits or hiding anything.
 *
 * Reading refuses what two readers could understand differently (a key twice, invalid UTF-8,
 * `__proto__`) and what could exhaust us (depth). The careful way, with a reviver that sees the
 * source of each number, is five times slower, so it is taken only where a number in the text could
 * lose digits. https://hl7.org/fhir/R4/json.html
 */
import { Problem } from '../platform/problem.ts';
import { decimalOf } from './decimal.ts';
import { jsonFaultAt, lineAndColumn, validUtf8Before } from './json-fault.ts';
import { liftTexts } from './lifted-texts.ts';
import type { Resource } from './resource.ts';

const JSON_LIMITS = { depthMax: 100 } as const;

/**
 * A number with a closing zero after its point, an exponent, or more digits than a double holds.
 */
const FRAGILE_NUMBER =
  /(?:"\s*:|[[,])\s*(?:-?(?:\d+\.\d*0(?!\d)|\d+(?:\.\d+)?[eE]|[\d.]{16}|0\.0{6})|-0\s*[,}\]])/;
/** A key may be spelled with escapes of its letters; only then is it worth looking at every key. */
const UNSAFE_KEY = /__proto__|\\u00(?:5f|6f|7[024])/i;

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** @throws Problem invalid when the bytes are not one JSON resource. */
export function readFhirJson(bytes: Uint8Array): Resource {
  return readLifted(bytes) ?? readText(decodeUtf8(bytes));
}

/** @returns undefined when there is no document to take out, or what is left is not a resource. */
function readLifted(bytes: Uint8Array): Resource | undefined {
  const lifted = liftTexts(bytes);
  if (!lifted) return undefined;
  try {
    const resource = readText(decodeUtf8(lifted.rest));
    return lifted.putBack(resource) ? resource : undefined;
  } catch {
    // Read once more as it came: the fault then names its place there.
    return undefined;
  }
}

function readText(text: string): Resource {
  const keys = scan(text);
  const value = parse(text);
  if (!isObject(value)) throw invalid('json-not-object', 'The body is not a JSON object.');
  if (countKeys(value) !== keys) {
    throw invalid('json-duplicate-key', 'The body holds the same property twice in one object.');
  }
  if (typeof value['resourceType'] !== 'string' || value['resourceType'] === '') {
    throw invalid('resource-type-missing', 'The body has no resourceType.', 'resourceType');
  }
  if (MAYBE_CONTROL.test(text)) refuseControl(value, value['resourceType']);
  return value as Resource;
}

/** JSON can only write a control character, or half of a pair, as an escape. */
const MAYBE_CONTROL = /\\(?:u(?:00[01]|d[89a-f]|fff[ef])|[bf])/i;
/** What FHIR lets no string hold: https://hl7.org/fhir/R4/datatypes.html#string */
const CONTROL = new RegExp(
  `[${[...Array(32).keys()]
    .filter((code) => ![9, 10, 13].includes(code))
    .map((code) => String.fromCharCode(code))
    .join('')}]`,
);

/** No characters in XML: https://www.w3.org/TR/xml/#charsets */
const NONE = /[\ufffe\uffff]/;

/** @throws Problem invalid with the place: XML could not carry the character. */
function refuseControl(value: unknown, place: string): void {
  if (typeof value === 'string' && CONTROL.test(value)) {
    throw invalid('control-character', 'A string holds a control character.', place);
  }
  if (typeof value === 'string' && (!value.isWellFormed() || NONE.test(value))) {
    throw invalid('not-unicode', 'A string holds what is no Unicode character.', place);
  }
  if (typeof value !== 'object' || value === null) return;
  const isList = Array.isArray(value);
  for (const [key, one] of Object.entries(value)) {
    refuseControl(one, isList ? `${place}[${key}]` : `${place}.${key}`);
  }
}

/**
 * The same for JSON that this house wrote and sealed itself: it was checked when it came in. What
 * is left to take care of is the digits of decimals.
 */
export function readOwnJson(bytes: Buffer): Resource {
  const lifted = liftTexts(bytes);
  const resource = lifted && (parse(lifted.rest.toString('utf8')) as Resource);
  return resource && lifted.putBack(resource)
    ? resource
    : (parse(bytes.toString('utf8')) as Resource);
}

/** Decimals are written with the digits they were read with. */
export function writeFhirJson(resource: Resource, pretty = false): Buffer {
  return Buffer.from(JSON.stringify(resource, null, pretty ? 2 : undefined), 'utf8');
}

/** @throws Problem invalid when the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    const before = validUtf8Before(bytes);
    const where = lineAndColumn(before, before.length);
    throw new Problem('invalid', `The body is not valid UTF-8 (${where}).`, {
      code: 'utf8',
      cause,
    });
  }
}

function parse(text: string): unknown {
  try {
    if (!FRAGILE_NUMBER.test(text) && !UNSAFE_KEY.test(text)) return JSON.parse(text);
    return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown);
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    const where = lineAndColumn(text, jsonFaultAt(text));
    throw new Problem('invalid', `The body is not valid JSON (${where}).`, { code: 'json', cause });
  }
}

function keepDigits(key: string, value: unknown, context: { source?: string }): unknown {
  if (key === '__proto__')
    throw invalid('json-key', 'The body holds a property that is not allowed.');
  if (typeof value !== 'number' || context.source === undefined) return value;
  return decimalOf(context.source) ?? value;
}

/** Counts the keys of the text and refuses depth, in one pass without building anything. */
function scan(text: string): number {
  let depth = 0;
  let keys = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfString(text, at);
    else if (code === 0x3a) keys++;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > JSON_LIMITS.depthMax) {
        throw invalid(
          'json-depth',
          `The body is nested deeper than ${JSON_LIMITS.depthMax} levels (${lineAndColumn(text, at)}).`,
        );
      }
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return keys;
}

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + countKeys(item), 0);
  if (!isObject(value)) return 0;
  let keys = 0;
  for (const name of Object.keys(value)) keys += 1 + countKeys(value[name]);
  return keys;
}

/** True for a plain object: not null, an array or a Decimal. */
export function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function invalid(code: string, text: string, expression?: string): Problem {
  return new Problem('invalid', text, { code, ...(expression && { expression: [expression] }) });
}
