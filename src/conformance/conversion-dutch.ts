/**
 * Shapes of the Dutch medication profiles that differ between zib2017 (STU3) and zib2020 (R4).
 * The names of their extensions stand in profiles/conversion/dutch.yaml.
 */
import { extensionIn } from './conversion-names.ts';
import type { Json, Place } from './conversion-place.ts';
import type { Converter } from './conversion-steps.ts';
import { isObject } from './fhir-json.ts';

const ZIB = 'http://nictiz.nl/fhir/StructureDefinition/';
const PERIOD = `${ZIB}zib-Medication-PeriodOfUse`;
const DURATION = `${ZIB}zib-MedicationUse-Duration`;
const DESCRIPTION = `${ZIB}zib-Medication-InstructionsForUseDescription`;

function extensionsOf(value: Json): Json[] {
  const { extension } = value;
  return Array.isArray(extension) ? (extension as unknown[]).filter(isObject) : [];
}

function setExtensions(place: Place, extensions: readonly Json[]): void {
  if (extensions.length > 0) place.source['extension'] = extensions;
  else delete place.source['extension'];
}

/** The duration of use stands beside the period in STU3, and within it in R4. */
const periodOfUse: Converter = (place) => {
  const extensions = extensionsOf(place.source);
  if (place.run.forward) intoPeriod(place, extensions);
  else outOfPeriod(place, extensions);
};

function intoPeriod(place: Place, extensions: readonly Json[]): void {
  const durations = extensions.filter(({ url }) => url === DURATION);
  if (durations.length === 0) return;
  const others = extensions.filter(({ url }) => url !== DURATION);
  const at = others.findIndex(({ url }) => url === PERIOD);
  const known = others[at] ?? { url: PERIOD };
  const period = isObject(known['valuePeriod']) ? known['valuePeriod'] : {};
  const inside = { ...period, extension: [...extensionsOf(period), ...durations] };
  const whole = { ...known, valuePeriod: inside };
  setExtensions(place, at < 0 ? [...others, whole] : others.with(at, whole));
}

function outOfPeriod(place: Place, extensions: readonly Json[]): void {
  const [inR4, durationInR4] = [extensionIn(true, PERIOD), extensionIn(true, DURATION)];
  const isDuration = ({ url }: Json): boolean => url === durationInR4;
  const moved = extensions.flatMap((one): Json[] => {
    const period = one['url'] === inR4 ? one['valuePeriod'] : undefined;
    if (!isObject(period) || !extensionsOf(period).some(isDuration)) return [one];
    const { extension: _extension, ...plain } = period;
    const kept = extensionsOf(period).filter((inner) => !isDuration(inner));
    const rest = kept.length > 0 ? { extension: kept, ...plain } : plain;
    const durations = extensionsOf(period).filter(isDuration);
    return Object.keys(rest).length > 0 ? [{ ...one, valuePeriod: rest }, ...durations] : durations;
  });
  setExtensions(place, moved);
}

/** In STU3 the description of a dosage is the text of the dosage; it also stays as an extension. */
const dosageText: Converter = (place, step) => {
  if (place.run.forward) return;
  const element = String(step['element']);
  const inR4 = extensionIn(true, DESCRIPTION);
  const described = extensionsOf(place.source).find(({ url }) => url === inR4)?.['valueString'];
  const given = place.source[element];
  const dosages = Array.isArray(given) ? (given as unknown[]).filter(isObject) : [];
  if (typeof described !== 'string' || dosages.some(({ text }) => text !== undefined)) return;
  const [first = {}, ...rest] = dosages;
  place.source[element] = [{ ...first, text: described }, ...rest];
};

/** Instruction about treatment, and written will: neither is about who may see the record. */
const SCOPES: Readonly<Record<string, string>> = {
  '11291000146105': 'treatment',
  '11341000146107': 'adr',
};

/** R4 wants to know what a Consent is about; STU3 says so in the category only. */
const directiveScope: Converter = ({ run, source, target }) => {
  if (!run.forward) return;
  const categories = [source['category']].flat().filter(isObject);
  const codings = categories.flatMap((one) => [one['coding']].flat()).filter(isObject);
  const code = codings.map((one) => SCOPES[String(one['code'])]).find((one) => one !== undefined);
  if (code === undefined) return;
  const system = 'http://terminology.hl7.org/CodeSystem/consentscope';
  target['scope'] = { coding: [{ system, code }] };
};

const TRANSLATION = 'http://hl7.org/fhir/StructureDefinition/iso21090-PQ-translation';
const UCUM = 'http://unitsofmeasure.org';
/** Units of the G-Standaard (thesaurus basiseenheden). */
const G_STANDARD = 'urn:oid:2.16.840.1.113883.2.4.4.1.900.2';

/**
 * A quantity in units of the G-Standaard and of UCUM: zib2017 says the first, zib2020 the second,
 * with the other as its translation. They change places, so that nothing is lost.
 */
const unitTranslation: Converter = ({ run, source }) => {
  const [wanted, now] = run.forward ? [UCUM, G_STANDARD] : [G_STANDARD, UCUM];
  if (source['system'] !== now) return;
  const extensions = extensionsOf(source);
  const at = extensions.findIndex(({ url, valueQuantity }) => {
    return url === TRANSLATION && isObject(valueQuantity) && valueQuantity['system'] === wanted;
  });
  const other = extensions[at]?.['valueQuantity'];
  if (!isObject(other)) return;
  const said: Json = {};
  for (const name of QUANTITY) {
    if (source[name] !== undefined) said[name] = source[name];
    if (other[name] === undefined) delete source[name];
    else source[name] = other[name];
  }
  source['extension'] = extensions.with(at, { url: TRANSLATION, valueQuantity: said });
};

const QUANTITY = ['value', 'comparator', 'unit', 'system', 'code'] as const;

export const DUTCH_STEPS = { periodOfUse, dosageText, unitTranslation, directiveScope };
