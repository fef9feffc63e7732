/**
 * A BSN never leaves to a PGO: what goes out carries its system with a masked value.
 *
 * The number hides in more places than Identifier.value: in the identifier of a reference, in
 * contained resources, in a conditional reference, in a narrative. So the walk is over everything,
 * and a number found in one place is masked wherever else it stands in the same resource.
 */
import { isBsnSystem, passesElevenTest } from './bsn.ts';
import { isObject } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';
import type { Resource } from './resource.ts';

const MASK = '*********';
const DATA_ABSENT_REASON = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';
/** `…/bsn|123456782` in a reference or a URL, the bar perhaps escaped. */
const BSN_TOKEN =
  /((?:fhir\.nl\/fhir\/NamingSystem\/bsn|fhir\.nl%2Ffhir%2FNamingSystem%2Fbsn|2\.16\.840\.1\.113883\.2\.4\.6\.3)(?:\||%7C))\d{7,9}/gi;
/** A number in running text that is announced as a BSN. */
const BSN_IN_TEXT = /(\b(?:bsn|burgerservicenummer)\b[^0-9]{0,60}?)(\d{9})(?!\d)/gi;
const PERHAPS_BSN = /bsn|burgerservicenummer|2\.16\.840\.1\.113883\.2\.4\.6\.3/i;

export interface MaskOptions {
  /** BSNs of the patient known from elsewhere; masked wherever they stand as a whole number. */
  readonly known?: readonly string[];
}

/**
 * The resource without any BSN. Nothing is changed in place; a resource without one comes back as
 * it is. The masked form is the same in both versions.
 */
export function maskForEgress(
  resource: Resource,
  _version: FhirVersion,
  options: MaskOptions = {},
): Resource {
  const known = new Set(options.known);
  collect(resource, known);
  const numbers = [...known].filter((number) => /^\d{7,9}$/.test(number));
  const pattern =
    numbers.length === 0 ? undefined : new RegExp(`(?<!\\d)(?:${numbers.join('|')})(?!\\d)`, 'g');
  return mask(resource, pattern) as Resource;
}

/**
 * True when a resource with this JSON text comes back from `maskForEgress` as it is, told without
 * reading it: nothing in it is called a BSN, and no letter is disguised as an escape.
 */
export function holdsNoBsn(text: string): boolean {
  return !PERHAPS_BSN.test(text) && !text.includes('\\u');
}

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found);
  } else if (isObject(value)) {
    if (isBsnSystem(value['system'])) {
      for (const name of ['value', 'code']) {
        const number = value[name];
        if (typeof number === 'string' && number !== '') found.add(number.replace(/[\s.]/g, ''));
      }
    }
    for (const name of Object.keys(value)) collect(value[name], found);
  }
}

/** Copies only what changes. */
function mask(value: unknown, known: RegExp | undefined): unknown {
  if (typeof value === 'string') return maskText(value, known);
  if (Array.isArray(value)) {
    const items = value.map((item) => mask(item, known));
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  if (!isObject(value)) return value;
  if (isBsnSystem(value['system'])) return maskIdentifier(value, known);
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const masked = mask(value[name], known);
    if (masked === value[name]) continue;
    copy ??= { ...value };
    copy[name] = masked;
  }
  return copy ?? value;
}

/** Also a Coding with this system: some senders put the number in a code. */
function maskIdentifier(
  identifier: Record<string, unknown>,
  known: RegExp | undefined,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  const absent = { extension: [{ url: DATA_ABSENT_REASON, valueCode: 'masked' }] };
  const isCoding = Object.hasOwn(identifier, 'code') && !Object.hasOwn(identifier, 'value');
  const name = isCoding ? 'code' : 'value';
  if (isMasked(identifier, name)) return identifier;
  for (const key of Object.keys(identifier)) {
    if (key === name || key === `_${name}`) continue;
    copy[key] = key === 'system' ? identifier[key] : mask(identifier[key], known);
  }
  copy[`_${name}`] = absent;
  return copy;
}

function isMasked(identifier: Record<string, unknown>, name: string): boolean {
  if (Object.keys(identifier).some((key) => !['use', 'system', `_${name}`].includes(key)))
    return false;
  const extra = identifier[`_${name}`];
  const extension: unknown = isObject(extra) ? extra['extension'] : undefined;
  if (!Array.isArray(extension) || extension.length !== 1) return false;
  const [only] = extension as unknown[];
  return isObject(only) && only['url'] === DATA_ABSENT_REASON && only['valueCode'] === 'masked';
}

function maskText(text: string, known: RegExp | undefined): string {
  if (text.length < 7) return text;
  let masked = known ? text.replace(known, MASK) : text;
  if (PERHAPS_BSN.test(masked)) {
    masked = masked
      .replace(BSN_TOKEN, '$1')
      .replace(BSN_IN_TEXT, (whole, before: string, digits: string) =>
        passesElevenTest(digits) ? before + MASK : whole,
      );
  }
  return masked;
}
