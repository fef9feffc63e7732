/**
 * Fixed values, patterns and bindings of profiles, compared with what a resource holds.
 * https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_
 */
import { isObject } from './fhir-json.ts';
import { type CodeList, hasCode } from './value-set-codes.ts';

/** Exactly the same content. */
export function isSame(expected: unknown, actual: unknown): boolean {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((one, at) => isSame(one, actual[at]))
    );
  }
  if (!isObject(expected)) return isSamePrimitive(expected, actual);
  if (!isObject(actual)) return false;
  const names = Object.keys(expected);
  return (
    names.length === Object.keys(actual).length &&
    names.every((name) => isSame(expected[name], actual[name]))
  );
}

/** At least what the pattern says: every member, and of each list some entry. */
export function fitsPattern(pattern: unknown, actual: unknown): boolean {
  if (Array.isArray(pattern)) {
    return (
      Array.isArray(actual) &&
      pattern.every((one) => (actual as unknown[]).some((other) => fitsPattern(one, other)))
    );
  }
  if (!isObject(pattern)) return isSamePrimitive(pattern, actual);
  return (
    isObject(actual) &&
    Object.keys(pattern).every((name) => fitsPattern(pattern[name], actual[name]))
  );
}

function isSamePrimitive(expected: unknown, actual: unknown): boolean {
  if (expected === actual) return true;
  return typeof expected === 'object' || typeof actual === 'object'
    ? false
    : typeof expected === 'number' && Number(actual) === expected;
}

/**
 * Whether a code, Coding, CodeableConcept, Quantity or uri has a code of the list; undefined when
 * it states no code at all.
 */
export function isOfList(list: CodeList, value: unknown): boolean | undefined {
  if (typeof value === 'string') return hasCode(list, undefined, value);
  if (!isObject(value)) return undefined;
  const { coding, system, code } = value;
  if (Array.isArray(coding)) {
    const known = (coding as unknown[]).map((one) => isOfList(list, one));
    return known.includes(true) || (known.every((one) => one === undefined) ? undefined : false);
  }
  if (typeof code !== 'string') return undefined;
  return hasCode(list, typeof system === 'string' ? system : undefined, code);
}
