/**
 * A dosing schedule that stands in the message as FHIR Timing: elements of the FHIR namespace
 * inside HL7v3 (source-formats 9). What the schedule may hold is listed here; anything else stays
 * unread, so that it is reported.
 */
import { type ConvertContext, take } from '../../mapping/converter.ts';
import { decimal } from '../../mapping/decimal.ts';
import { UCUM } from '../../mapping/quantity.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';

type Kind = 'text' | 'texts' | 'number' | 'quantity' | 'range' | 'period';

/** Elements of Timing.repeat, in the order of FHIR. */
const ELEMENTS: readonly (readonly [string, Kind])[] = [
  ['boundsDuration', 'quantity'],
  ['boundsRange', 'range'],
  ['boundsPeriod', 'period'],
  ['count', 'number'],
  ['countMax', 'number'],
  ['duration', 'number'],
  ['durationMax', 'number'],
  ['durationUnit', 'text'],
  ['frequency', 'number'],
  ['frequencyMax', 'number'],
  ['period', 'number'],
  ['periodMax', 'number'],
  ['periodUnit', 'text'],
  ['dayOfWeek', 'texts'],
  ['timeOfDay', 'texts'],
  ['when', 'texts'],
  ['offset', 'number'],
];

/** What FHIR lets stand there: EventTiming, units of time, days, clock times (R4 datatypes). */
const UNIT_OF_TIME = /^(s|min|h|d|wk|mo|a)$/;
/** What is no number at all is told as such when it is read. */
const WHOLE = /^([1-9]\d*|[^\d.-].*)$/;
const ALLOWED: Readonly<Record<string, RegExp>> = {
  durationUnit: UNIT_OF_TIME,
  periodUnit: UNIT_OF_TIME,
  dayOfWeek: /^(mon|tue|wed|thu|fri|sat|sun)$/,
  timeOfDay: /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?$/,
  frequency: WHOLE,
  frequencyMax: WHOLE,
  count: WHOLE,
  countMax: WHOLE,
  when: /^((MORN|AFT|EVE)(\.early|\.late)?|NOON|NIGHT|PHS|IMD|HS|WAKE|[AP]?C[MDV]?)$/,
};

/** Whether FHIR knows this moment of the day (EventTiming). */
export const isEventTiming = (code: string): boolean => ALLOWED['when']?.test(code.trim()) ?? false;

const QUANTITY_TEXTS = ['comparator', 'unit', 'system', 'code'];

const valueIn = (context: ConvertContext, node: SourceNode | undefined) =>
  take(context, node, '@value')?.trim();

/** `repeat` of the Timing; undefined when it says nothing. */
export function fhirRepeatOf(
  context: ConvertContext,
  timing: SourceNode,
): Record<string, unknown> | undefined {
  const [source] = childrenNamed(timing, 'fhir:repeat');
  if (source === undefined || isChanged(context, timing)) return undefined;
  const repeat: Record<string, unknown> = {};
  const extensions = childrenNamed(source, 'fhir:extension').flatMap(
    (one) => extensionOf(context, one) ?? [],
  );
  if (extensions.length > 0) repeat['extension'] = extensions;
  for (const [name, kind] of ELEMENTS) {
    const nodes = childrenNamed(source, `fhir:${name}`);
    if (nodes.some((one) => isForeign(context, name, one))) continue;
    // FHIR has room for one kind of bounds; the others stay unread.
    if (name.startsWith('bounds') && hasBounds(repeat)) continue;
    const value = nodes.length === 0 ? undefined : read(context, nodes, kind);
    if (value !== undefined) repeat[name] = value;
  }
  leaveOutUncounted(context, source, repeat);
  leaveOutUnitless(context, source, repeat);
  leaveOutAlone(context, source, repeat);
  return Object.keys(repeat).length === 0 ? undefined : repeat;
}

const hasBounds = (repeat: Record<string, unknown>): boolean =>
  Object.keys(repeat).some((name) => name.startsWith('bounds'));

/** What FHIR does not know is no dose to give; it is left out and reported. */
function isForeign(context: ConvertContext, name: string, node: SourceNode): boolean {
  const at = node.children.find((child) => child.name === '@value');
  const isKnown = ALLOWED[name]?.test(at?.value?.trim() ?? '') ?? true;
  if (isKnown || at === undefined) return false;
  const text = 'FHIR knows no such number, moment, day or unit of a schedule.';
  context.reject(at, 'unknown-code', text);
  return true;
}

/** Numbers of time that mean nothing without their unit, and what they say together. */
const WITH_UNIT = [
  {
    number: 'period',
    unit: 'periodUnit',
    all: ['frequency', 'frequencyMax', 'period', 'periodMax'],
  },
  { number: 'duration', unit: 'durationUnit', all: ['duration', 'durationMax'] },
];

/** A period whose number of times cannot be read would say "once": it is left out with it. */
function leaveOutUncounted(
  context: ConvertContext,
  source: SourceNode,
  repeat: Record<string, unknown>,
): void {
  const [period] = childrenNamed(source, 'fhir:period');
  const [frequency] = childrenNamed(source, 'fhir:frequency');
  if (period === undefined || frequency === undefined) return;
  if (repeat['frequency'] !== undefined) return;
  const at = period.children.find((child) => child.name === '@value') ?? period;
  context.reject(at, 'no-frequency', 'How often cannot be read, so the period was left out.');
  for (const name of ['frequencyMax', 'period', 'periodMax', 'periodUnit']) delete repeat[name];
}

/**
 * "Twice in 1" of nobody knows what is no dose to give: it is left out and reported, the text of
 * the dosage stays (FHIR tim-1 and tim-2).
 */
function leaveOutUnitless(
  context: ConvertContext,
  source: SourceNode,
  repeat: Record<string, unknown>,
): void {
  for (const { number, unit, all } of WITH_UNIT) {
    const [node] = childrenNamed(source, `fhir:${number}`);
    if (node === undefined || repeat[number] === undefined) continue;
    const isTime = Number(repeat[number]) > 0;
    if (isTime && repeat[unit] !== undefined) continue;
    const at = node.children.find((child) => child.name === '@value') ?? node;
    const [code, lack] = isTime
      ? (['no-unit-of-time', 'has no unit'] as const)
      : (['no-time', 'is not more than nothing'] as const);
    context.reject(at, code, `The ${number} ${lack}, so it was left out.`);
    for (const name of [...all, unit]) delete repeat[name];
  }
}

/** What says nothing without the other (FHIR tim-6 to tim-9). */
const BESIDE = [
  ['periodMax', 'period'],
  ['durationMax', 'duration'],
  ['countMax', 'count'],
  ['offset', 'when'],
] as const;

/** During a meal nothing can be before or after it. */
const DURING_MEALS = /^C[MDV]?$/;

/**
 * A distance without a meal, a most without a least, and a clock time beside a moment of the day
 * (tim-10): FHIR has no such schedule, so it is left out and reported.
 */
function leaveOutAlone(
  context: ConvertContext,
  source: SourceNode,
  repeat: Record<string, unknown>,
): void {
  const leaveOut = (name: string) => {
    for (const node of childrenNamed(source, `fhir:${name}`)) {
      const at = node.children.find((child) => child.name === '@value') ?? node;
      context.reject(at, 'no-schedule', `FHIR has no schedule with this ${name}; left out.`);
    }
    delete repeat[name];
  };
  for (const [name, other] of BESIDE) {
    if (repeat[name] !== undefined && repeat[other] === undefined) leaveOut(name);
  }
  const moments = (repeat['when'] ?? []) as readonly string[];
  if (repeat['offset'] !== undefined && moments.some((code) => DURING_MEALS.test(code))) {
    leaveOut('offset');
  }
  if (moments.length > 0 && repeat['timeOfDay'] !== undefined) {
    for (const name of ['when', 'timeOfDay', 'offset']) leaveOut(name);
  }
}

const CYCLE_URLS: readonly string[] = [
  'http://nictiz.nl/fhir/StructureDefinition/ext-InstructionsForUse.RepeatPeriodCyclicalSchedule',
  'http://nictiz.nl/fhir/StructureDefinition/zib-Medication-RepeatPeriodCyclicalSchedule',
];

const urlOf = (node: SourceNode) => node.children.find(({ name }) => name === '@url');

/** The length of the cycle, which FHIR keeps beside the schedule and MedMij above it. */
export function fhirCycleOf(context: ConvertContext, timing: SourceNode) {
  for (const one of childrenNamed(timing, 'fhir:modifierExtension')) {
    if (!CYCLE_URLS.includes(urlOf(one)?.value?.trim() ?? '')) continue;
    take(context, one, '@url');
    const [duration] = childrenNamed(one, 'fhir:valueDuration');
    if (duration) return quantityOf(context, duration);
  }
  return undefined;
}

/** What changes the meaning of a schedule, and nobody here knows how: then there is none. */
function isChanged(context: ConvertContext, timing: SourceNode): boolean {
  const [unknown] = childrenNamed(timing, 'fhir:modifierExtension').filter(
    (one) => !CYCLE_URLS.includes(urlOf(one)?.value?.trim() ?? ''),
  );
  if (unknown === undefined) return false;
  const text = 'A modifier that is not known here; the dosage is told by its text only.';
  context.reject(urlOf(unknown) ?? unknown, 'unknown-modifier', text);
  return true;
}

function read(context: ConvertContext, nodes: readonly SourceNode[], kind: Kind): unknown {
  const [node] = nodes;
  if (node === undefined) return undefined;
  switch (kind) {
    case 'text':
      return valueIn(context, node);
    case 'texts': {
      const texts = nodes.flatMap((one) => valueIn(context, one) ?? []);
      return texts.length === 0 ? undefined : texts;
    }
    case 'number':
      return numberOf(context, node);
    case 'quantity':
      return quantityOf(context, node);
    case 'range':
      return bothOf(node, ['low', 'high'], (side) => quantityOf(context, side));
    case 'period':
      return bothOf(node, ['start', 'end'], (side) => valueIn(context, side));
  }
}

function bothOf(
  node: SourceNode,
  sides: readonly string[],
  convert: (side: SourceNode) => unknown,
): Record<string, unknown> | undefined {
  const found = sides.flatMap((name) => {
    const [side] = childrenNamed(node, `fhir:${name}`);
    const value = side && convert(side);
    return value === undefined ? [] : [[name, value] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function numberOf(context: ConvertContext, node: SourceNode | undefined) {
  const text = valueIn(context, node);
  if (node === undefined || text === undefined) return undefined;
  const value = decimal(text);
  if (value === undefined) context.reject(node, 'not-a-number', 'The value is not a number.');
  return value;
}

function quantityOf(context: ConvertContext, node: SourceNode) {
  const value = numberOf(context, childrenNamed(node, 'fhir:value')[0]);
  if (value === undefined) return undefined;
  const texts = QUANTITY_TEXTS.flatMap((name) => {
    const text = valueIn(context, childrenNamed(node, `fhir:${name}`)[0]);
    return text === undefined ? [] : [[name, text] as const];
  });
  const {
    code,
    system = UNIT_OF_TIME.test(code ?? '') ? UCUM : undefined,
    ...rest
  } = Object.fromEntries(texts) as { code?: string; system?: string };
  return { value, ...rest, ...(system ? { system } : {}), ...(code ? { code } : {}) };
}

/** Extensions with a simple value, such as timing-exact. */
function extensionOf(context: ConvertContext, node: SourceNode) {
  const url = take(context, node, '@url');
  const [value] = node.children.filter((child) => child.name.startsWith('fhir:value'));
  const text = valueIn(context, value);
  if (url === undefined || value === undefined || text === undefined) return undefined;
  const name = value.name.slice('fhir:'.length);
  if (name === 'valueBoolean') return { url, [name]: text === 'true' };
  return /^value(Integer|Decimal|PositiveInt|UnsignedInt)$/.test(name)
    ? { url, [name]: decimal(text) }
    : { url, [name]: text };
}
