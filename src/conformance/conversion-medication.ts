/**
 * What the Dutch medication profiles write otherwise in zib2017 (STU3) and zib2020 (R4): the kind
 * of building block, the unit of a quantity, and the treatment of what came from a pharmacy list.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Json, Place } from './conversion-place.ts';
import type { Converter } from './conversion-steps.ts';
import { isObject } from './fhir-json.ts';

const NICTIZ = 'http://nictiz.nl/fhir/StructureDefinition/';
const SNOMED = 'http://snomed.info/sct';
const TRANSLATION = 'http://hl7.org/fhir/StructureDefinition/iso21090-PQ-translation';
const BASIC_UNITS = 'urn:oid:2.16.840.1.113883.2.4.4.1.900.2';

/** Kinds of building blocks as both versions name them; STU3 has the Dutch name as text. */
const KINDS: readonly { readonly r4: Json; readonly stu3: Json }[] = [
  kind('33633005', 'voorschrijven van geneesmiddel', {
    code: '16076005',
    display: 'Prescription (procedure)',
    text: 'Medicatieafspraak',
  }),
  kind('422037009', 'toedieningsafspraak', {
    code: '422037009',
    display: 'Provider medication administration instructions (procedure)',
    text: 'Toedieningsafspraak',
  }),
  kind('373784005', 'verstrekken van medicatie', {
    code: '373784005',
    display: 'Dispensing medication (procedure)',
    text: 'Medicatieverstrekking',
  }),
];

function kind(
  code: string,
  display: string,
  stu3: { readonly code: string; readonly display: string; readonly text: string },
) {
  const { text, ...coding } = stu3;
  return {
    r4: { coding: [{ system: SNOMED, code, display }] },
    stu3: { coding: [{ system: SNOMED, ...coding }], text },
  };
}

/** Only what is written as one version writes it is written as the other does. */
const medicationKind: Converter = (place) => {
  const { category } = place.source;
  if (category === undefined) return;
  const from = place.run.forward ? 'stu3' : 'r4';
  const to = place.run.forward ? 'r4' : 'stu3';
  const turned = (one: unknown): unknown => {
    const known = KINDS.find((pair) => isDeepStrictEqual(pair[from], one));
    return known ? structuredClone(known[to]) : one;
  };
  place.source['category'] = Array.isArray(category)
    ? (category as unknown[]).map(turned)
    : turned(category);
};

const isPlain = (value: unknown): value is Json =>
  isObject(value) && Object.getPrototypeOf(value) === Object.prototype;

/**
 * R4 counts in UCUM with the G-standaard unit as its translation, STU3 in units of the G-standaard;
 * there UCUM becomes the translation, so that the way back has both again.
 */
const basicUnit: Converter = (place) => {
  for (const [name, value] of Object.entries(place.source)) {
    place.source[name] = withUnits(value, place.run.forward);
  }
};

function withUnits(value: unknown, forward: boolean): unknown {
  if (Array.isArray(value)) return (value as unknown[]).map((one) => withUnits(one, forward));
  if (!isPlain(value)) return value;
  const turned = turnedQuantity(value, forward);
  if (turned) return turned;
  const changed = Object.entries(value).map(([name, inner]) => [name, withUnits(inner, forward)]);
  return Object.fromEntries(changed) as Json;
}

/** The quantity with its translation in its place; undefined when it has no such translation. */
function turnedQuantity(quantity: Json, forward: boolean): Json | undefined {
  const { extension, ...own } = quantity;
  if (own['value'] === undefined || !Array.isArray(extension)) return undefined;
  const all = extension as unknown[];
  const at = all.findIndex((one) => isPlain(one) && one['url'] === TRANSLATION);
  const found = all[at];
  const other = isPlain(found) ? found['valueQuantity'] : undefined;
  if (!isPlain(other)) return undefined;
  const basic = forward ? own : other;
  if (basic['system'] !== BASIC_UNITS) return undefined;
  const kept = all.with(at, { url: TRANSLATION, valueQuantity: own });
  return { extension: kept, ...other };
}

/** With this before its root a pharmacy's number names the agreement (source-formats 8). */
const MADE_OF_DISPENSE = 'urn:oid:1.3.6.1.4.1.58606.1.1.';

/** In STU3 the treatment of what came from a pharmacy list is the dispense itself. */
const dispenseTreatment: Converter = (place: Place) => {
  if (place.run.forward) return;
  const { identifier, extension } = place.source;
  const list = Array.isArray(extension) ? (extension as unknown[]).filter(isPlain) : [];
  const related = list.flatMap(({ url, valueReference }) =>
    url === `${NICTIZ}ext-RelationAdministrationAgreement` && isPlain(valueReference)
      ? [valueReference['identifier']]
      : [],
  );
  const own = Array.isArray(identifier) ? (identifier as unknown[]) : [];
  for (const one of [...own, ...related]) {
    const { system, value } = isPlain(one) ? one : {};
    if (typeof system !== 'string' || !system.startsWith(MADE_OF_DISPENSE)) continue;
    const dispense = { system: `urn:oid:${system.slice(MADE_OF_DISPENSE.length)}`, value };
    place.source['extension'] = list.map((known) =>
      known['url'] === `${NICTIZ}ext-PharmaceuticalTreatment.Identifier`
        ? { ...known, valueIdentifier: dispense }
        : known,
    );
    return;
  }
};

export const MEDICATION_STEPS = { medicationKind, basicUnit, dispenseTreatment };
