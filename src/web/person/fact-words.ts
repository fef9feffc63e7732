/**
 * What a resource says beside its name, in words that a person reads: how much and how often, the
 * value, whether it still holds. The words of the source go before ours (capabilities A8, A9).
 */
import type { Resource } from '../../conformance/index.ts';
import type { Language, Text } from '../../platform/html/language.ts';

/** @returns one text for each thing that it says; none when it says nothing more. */
export function factWords(resource: Resource, language: Language): readonly string[] {
  const said = [
    dosage(resource, language),
    value(resource, language),
    ...STATUSES.map((element) => status(resource[element], language)),
    criticality(resource['criticality'], language),
  ];
  return said.filter((one) => one !== undefined && one !== '') as string[];
}

/** When it was, began or was written down, as recorded. */
const DAYS = [
  ...['effectiveDateTime', 'occurrenceDateTime', 'performedDateTime', 'onsetDateTime'],
  ...['whenHandedOver', 'whenPrepared', 'authoredOn', 'dateAsserted', 'recordedDate', 'date'],
] as const;
const PERIODS_OF = ['effectivePeriod', 'performedPeriod', 'onsetPeriod', 'period'] as const;

/** @returns undefined when the resource has no date. */
export function dayOfFact(resource: Resource): string | undefined {
  const starts = PERIODS_OF.map(
    (name) => (resource[name] as { start?: unknown } | undefined)?.start,
  );
  const found = [...DAYS.map((name) => resource[name]), ...starts];
  return found.find((one): one is string => typeof one === 'string')?.slice(0, 10);
}

interface Quantity {
  readonly value?: number;
  readonly unit?: string;
  readonly code?: string;
  readonly comparator?: string;
}

interface Concept {
  readonly text?: string;
  readonly coding?: readonly { readonly code?: string; readonly display?: string }[];
}

interface Dosage {
  readonly text?: string;
  readonly timing?: {
    readonly repeat?: {
      readonly frequency?: number;
      readonly period?: number;
      readonly periodUnit?: string;
    };
  };
  readonly doseAndRate?: readonly { readonly doseQuantity?: Quantity }[];
}

/** All lines of it: a scheme of days is more than its first. */
function dosage(resource: Resource, language: Language): string | undefined {
  const lines = (resource['dosageInstruction'] ?? resource['dosage']) as Dosage[] | undefined;
  if (!Array.isArray(lines)) return undefined;
  return lines
    .map((one) => one.text ?? ownWords(one, language))
    .filter(Boolean)
    .join(', ');
}

function ownWords({ timing, doseAndRate }: Dosage, language: Language): string {
  const often = frequency(timing?.repeat ?? {}, language);
  const much = quantity(doseAndRate?.[0]?.doseQuantity, language);
  return [often, much].filter(Boolean).join(' ');
}

const PERIODS: Readonly<Record<string, readonly [Text, Text]>> = {
  h: [
    { nl: 'uur', en: 'hour' },
    { nl: 'uur', en: 'hours' },
  ],
  d: [
    { nl: 'dag', en: 'day' },
    { nl: 'dagen', en: 'days' },
  ],
  wk: [
    { nl: 'week', en: 'week' },
    { nl: 'weken', en: 'weeks' },
  ],
  mo: [
    { nl: 'maand', en: 'month' },
    { nl: 'maanden', en: 'months' },
  ],
};

/** `3 maal per dag`, as Dutch prescriptions say it. */
function frequency(
  {
    frequency: times = 1,
    period = 1,
    periodUnit = '',
  }: NonNullable<NonNullable<Dosage['timing']>['repeat']>,
  language: Language,
): string {
  const names = PERIODS[periodUnit];
  if (!names) return '';
  const name = names[period === 1 ? 0 : 1][language];
  const each = period === 1 ? name : `${number(period, language)} ${name}`;
  const often = language === 'nl' ? 'maal' : times === 1 ? 'time' : 'times';
  return `${times} ${often} per ${each}`;
}

function value(resource: Resource, language: Language): string | undefined {
  const components = resource['component'] as Resource[] | undefined;
  const own = plainValue(resource, language);
  if (!Array.isArray(components)) return own;
  const parts = components.flatMap((one) => {
    const told = plainValue(one, language);
    return told === undefined ? [] : [`${named(one['code'] as Concept | undefined)}: ${told}`];
  });
  return [own, ...parts].filter(Boolean).join(', ');
}

function plainValue(resource: Resource, language: Language): string | undefined {
  const text = resource['valueString'];
  if (typeof text === 'string') return text;
  const concept = resource['valueCodeableConcept'] as Concept | undefined;
  if (concept) return named(concept);
  return quantity(resource['valueQuantity'] as Quantity | undefined, language);
}

const named = ({ text, coding = [] }: Concept = {}): string =>
  text ?? coding.find((one) => one.display)?.display ?? coding[0]?.code ?? '';

/** Units as people write them, where UCUM writes them otherwise. */
const UNITS: Readonly<Record<string, string>> = {
  'mm[Hg]': 'mmHg',
  Cel: '°C',
  umol: 'µmol',
  'umol/L': 'µmol/L',
  'ug/L': 'µg/L',
  '[IU]': 'IE',
  '1': '',
};

function quantity(given: Quantity | undefined, language: Language): string | undefined {
  if (given?.value === undefined) return undefined;
  const { value: amount, unit, code, comparator = '' } = given;
  const name = unit ?? code ?? '';
  return `${comparator}${number(amount, language)} ${UNITS[name] ?? name}`.trim();
}

const number = (amount: number, language: Language): string =>
  language === 'nl' ? String(amount).replace('.', ',') : String(amount);

const STATUSES = ['clinicalStatus', 'verificationStatus', 'status'] as const;

/** Only what a reader must know: that it still holds, or was done, goes without saying. */
const STATUS: Readonly<Record<string, Text>> = {
  inactive: { nl: 'niet meer actief', en: 'no longer active' },
  recurrence: { nl: 'weer terug', en: 'back again' },
  relapse: { nl: 'weer terug', en: 'back again' },
  remission: { nl: 'rustig', en: 'in remission' },
  resolved: { nl: 'voorbij', en: 'over' },
  unconfirmed: { nl: 'niet zeker', en: 'not certain' },
  provisional: { nl: 'voorlopig', en: 'provisional' },
  differential: { nl: 'een van de mogelijkheden', en: 'one of the possibilities' },
  refuted: { nl: 'weerlegd', en: 'refuted' },
  'entered-in-error': { nl: 'vergissing', en: 'a mistake' },
  preliminary: { nl: 'voorlopige uitslag', en: 'preliminary result' },
  registered: { nl: 'uitslag volgt', en: 'result to follow' },
  amended: { nl: 'gewijzigd', en: 'changed' },
  corrected: { nl: 'verbeterd', en: 'corrected' },
  cancelled: { nl: 'gaat niet door', en: 'cancelled' },
  stopped: { nl: 'gestopt', en: 'stopped' },
  'on-hold': { nl: 'even gestopt', en: 'on hold' },
  'not-done': { nl: 'niet gedaan', en: 'not done' },
  'in-progress': { nl: 'bezig', en: 'under way' },
  preparation: { nl: 'gepland', en: 'planned' },
  superseded: { nl: 'vervangen', en: 'replaced' },
};

function status(given: unknown, language: Language): string | undefined {
  const code =
    typeof given === 'string' ? given : (given as Concept | undefined)?.coding?.[0]?.code;
  return code === undefined ? undefined : STATUS[code]?.[language];
}

const CRITICALITY: Readonly<Record<string, Text>> = {
  high: { nl: 'kan ernstig zijn', en: 'can be serious' },
  low: { nl: 'niet ernstig', en: 'not serious' },
};

const criticality = (given: unknown, language: Language): string | undefined =>
  typeof given === 'string' ? CRITICALITY[given]?.[language] : undefined;
