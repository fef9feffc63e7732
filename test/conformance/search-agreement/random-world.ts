/**
 * Random resources that refer to each other, from the element tables: every element of every type
 * may occur, with values that are awkward to search.
 */
import { decimalOf } from '../../../src/conformance/decimal.ts';
import { boundCodes, type ElementRule, typeRules } from '../../../src/conformance/elements.ts';
import type { FhirVersion } from '../../../src/conformance/fhir-version.ts';
import type { Resource } from '../../../src/conformance/resource.ts';
import type { World } from './plain-search.ts';

export type Pick = <T>(from: readonly T[]) => T;
export const BASE = 'https://gateway.example/fhir';

/** A function that picks, the same for the same seed (mulberry32). */
export function picker(seed: number): Pick {
  let state = seed | 0;
  return (from) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    const share = ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    return from[Math.floor(share * from.length)] as (typeof from)[number];
  };
}

const SYSTEMS = ['http://loinc.org', 'http://snomed.info/sct', 'urn:oid:2.16.840.1.113883.2.4'];
const UNITS = ['mg', 'mmol/L', 'kg', 'umol/L'];
const WORDS = [
  'Müller-de Vries',
  'muller',
  'MULLER',
  'Zoë',
  'Zoe',
  'van den  Berg',
  'Ångström',
  'Straße',
  'strasse',
  "O'Brien",
  'a,b',
  'a|b',
  'a$b',
  'a\\b',
  'één',
  'Eén',
  'ﬁlm',
  'İstanbul',
  'x',
];
const CODES = ['8480-6', '8462-4', 'a', 'A', 'b c', 'a,b', 'a|b', 'a$b', 'a\\b', '1'];
const DATES = ['2025', '2025-12', '2026', '2026-03', '2026-03-29', '2025-10-26', '2026-01-31'];
const TIMES = [
  '2026-03-29T01:59:59+01:00',
  '2026-03-29T03:00:00+02:00',
  '2025-10-26T02:30:00+02:00',
  '2025-10-26T02:30:00+01:00',
  '2026-01-31T23:30:00Z',
  '2026-02-01T00:30:00+01:00',
  '2026-03-01T12:00:00.500Z',
  '2025-12-31T23:00:00Z',
  '2026-03-01T12:00:00-05:00',
];
const NUMBERS = [
  '5.4',
  '5.40',
  '5.35',
  '5.45',
  '5',
  '0',
  '-1.5',
  '100',
  '99.95',
  '1e2',
  '0.1',
  '0.30',
];
const URIS = [
  'http://example.org/a',
  'http://example.org/a/b',
  'http://example.org/ab',
  'urn:oid:1.2.3',
  'http://example.org/a|2.0',
  'http://example.org/a|1',
];
const IDS = ['1', '2', '3'];

const TEXTS: Readonly<Record<string, readonly unknown[]>> = {
  boolean: [true, false],
  integer: [0, 1, 5, 100, -2],
  unsignedInt: [0, 1, 5, 100],
  positiveInt: [1, 5, 100],
  date: DATES,
  dateTime: [...DATES, ...TIMES],
  instant: TIMES,
  time: ['10:00:00'],
  code: CODES,
  id: IDS,
  oid: ['urn:oid:1.2.3'],
  uuid: ['urn:uuid:0b0e7b1e-54f5-4d4b-9c59-0d6c1e3b5a77'],
  base64Binary: ['YQ=='],
  xhtml: ['<div xmlns="http://www.w3.org/1999/xhtml"><p>Bloeddruk</p></div>'],
  string: WORDS,
  markdown: WORDS,
  uri: URIS,
  url: URIS,
  canonical: URIS,
};

/** Resources of these types, three of each, that refer to each other. */
export function randomWorld(version: FhirVersion, types: readonly string[], pick: Pick): World {
  const places = types.flatMap((type) => IDS.map((id) => `${type}/${id}`));
  const context: Context = { version, places, pick };
  const resources = types.flatMap((type) => IDS.map((id) => resourceOf(context, type, id)));
  return { version, base: BASE, resources };
}

interface Context {
  readonly version: FhirVersion;
  readonly places: readonly string[];
  readonly pick: Pick;
}

function resourceOf(context: Context, type: string, id: string): Resource {
  const { pick } = context;
  const body = objectOf(context, type, 0);
  const contained = pick([true, false, false])
    ? { contained: [{ resourceType: 'Patient', id: 'c', name: [{ family: pick(WORDS) }] }] }
    : {};
  return { ...body, ...contained, resourceType: type, id, meta: metaOf(pick) } as Resource;
}

function metaOf(pick: Pick): Resource['meta'] {
  return {
    lastUpdated: pick(TIMES),
    ...(pick([true, false]) ? { profile: [pick(URIS)] } : {}),
    ...(pick([true, false]) ? { tag: [{ system: pick(SYSTEMS), code: pick(CODES) }] } : {}),
    ...(pick([true, false]) ? { security: [{ system: pick(SYSTEMS), code: pick(CODES) }] } : {}),
  };
}

const DEPTH_MAX = 3;

function objectOf(context: Context, type: string, depth: number): Record<string, unknown> {
  const { version, pick } = context;
  if (type === 'Reference') return referenceOf(context);
  if (type === 'Coding') return codingOf(pick);
  if (type === 'Period') return periodOf(pick);
  const object: Record<string, unknown> = {};
  for (const rule of typeRules(version, type)?.elements ?? []) {
    if (
      !isWanted(rule, depth) ||
      (rule.min === 0 && pick([0, 1, 2, 3, 4]) > (depth === 0 ? 2 : 1))
    ) {
      continue;
    }
    const spelling = pick(rule.spellings);
    const one = () => valueFor(context, rule, spelling.type, spelling.primitive, depth);
    const values = rule.max > 1 ? (pick([1, 1, 2]) === 2 ? [one(), one()] : [one()]) : [one()];
    const kept = values.filter((value) => value !== undefined);
    if (kept.length > 0) object[spelling.name] = rule.max > 1 ? kept : kept[0];
  }
  return object;
}

function isWanted(rule: ElementRule, depth: number): boolean {
  if (
    rule.types.includes('Resource') ||
    /^(?:id|meta|modifierExtension|extension)$/.test(rule.name)
  ) {
    return false;
  }
  return depth < DEPTH_MAX || rule.spellings.some(({ primitive }) => primitive);
}

function valueFor(
  context: Context,
  rule: ElementRule,
  type: string,
  primitive: boolean,
  depth: number,
): unknown {
  const { version, pick } = context;
  const bound = rule.binding === undefined ? undefined : boundCodes(version, rule.binding);
  const listed = [...(bound ?? [])].flatMap(([system, codes]) =>
    [...codes].slice(0, 3).map((code) => ({ system, code })),
  );
  if (listed.length > 0 && type === 'code') return pick(listed).code;
  if (listed.length > 0 && type === 'CodeableConcept') return { coding: [pick(listed)] };
  if (type === 'decimal') return decimalOf(pick(NUMBERS));
  if (primitive) return pick(TEXTS[type] ?? WORDS);
  if (/^(?:Quantity|Age|Duration|Distance|Count)$/.test(type)) return quantityOf(pick, type);
  const object = objectOf(context, type, depth + 1);
  return Object.keys(object).length === 0 ? undefined : object;
}

/** An age has no comparator here: the engine of the plain evaluation compares none that has one. */
function quantityOf(pick: Pick, type: string): Record<string, unknown> {
  const unit = pick(UNITS);
  const coded = pick([true, false]) ? { system: 'http://unitsofmeasure.org', code: unit } : {};
  const comparator = pick(['', '', '', '<', '<=', '>', '>=']);
  return {
    ...(pick([0, 1, 2, 3]) === 0 ? {} : { value: decimalOf(pick(NUMBERS)) }),
    ...(comparator === '' || type !== 'Quantity' ? {} : { comparator }),
    unit,
    ...coded,
  };
}

/** Never before it began. */
function periodOf(pick: Pick): Record<string, unknown> {
  const [hasStart, hasEnd] = pick([
    [true, true],
    [true, false],
    [false, true],
  ]);
  return {
    ...(hasStart ? { start: pick([...DATES, ...TIMES]) } : {}),
    ...(hasEnd
      ? { end: pick(['2026-03-30', '2026-04', '2026-12-31T23:59:59+01:00', '2027']) }
      : {}),
  };
}

function codingOf(pick: Pick): Record<string, unknown> {
  return {
    ...(pick([0, 1, 2, 3]) === 0 ? {} : { system: pick(SYSTEMS) }),
    code: pick(CODES),
    ...(pick([true, false]) ? { display: pick(WORDS) } : {}),
  };
}

function referenceOf({ places, pick }: Context): Record<string, unknown> {
  const place = pick(places);
  const reference = pick([
    place,
    place,
    place,
    `${BASE}/${place}`,
    `${place}/_history/2`,
    `https://other.example/fhir/${place}`,
    '#c',
    'urn:uuid:0b0e7b1e-54f5-4d4b-9c59-0d6c1e3b5a77',
  ]);
  const identifier = { system: pick(SYSTEMS), value: pick(CODES) };
  return pick([0, 1, 2]) === 0
    ? { reference, identifier }
    : pick([0, 1, 2, 3, 4, 5]) === 0
      ? { identifier, display: pick(WORDS) }
      : { reference };
}
