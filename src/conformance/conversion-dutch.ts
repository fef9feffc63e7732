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

export const DUTCH_STEPS = { periodOfUse, dosageText };
