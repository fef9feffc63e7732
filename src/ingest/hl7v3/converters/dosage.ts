/**
 * Dosage of the medication 6.12 message to FHIR R4 (source-formats 8): periods of use,
 * frequencies as
 * PIVL_TS, on and off schedules, doses, "as needed" and additional instructions.
 */
import type { ConvertContext, Converter } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { conceptOf } from './coded.ts';
import { durationOf, quantityOf, rangeOf, ratioOf } from './quantity.ts';
import { periodOf } from './times.ts';
import type { PartOfTime } from './timing.ts';
import { frequencyOf, listMoments, type Moment, momentOf, splitTime } from './timing.ts';

const child = (node: SourceNode, ...names: readonly string[]): SourceNode | undefined => {
  let at: SourceNode | undefined = node;
  for (const name of names) at = at && childrenNamed(at, name)[0];
  return at;
};

/** The parts of the effectiveTime of one dosage line. */
function timesOf(context: ConvertContext, line: SourceNode): PartOfTime[] {
  return childrenNamed(line, 'effectiveTime').flatMap((time) => splitTime(context, time));
}

function useOf(context: ConvertContext, line: SourceNode): Record<string, unknown> | undefined {
  for (const part of timesOf(context, line)) {
    if (part.kind !== 'interval') continue;
    const period = periodOf({ ...context, options: { duration: true } }, part.node);
    if (period) return period;
  }
  return undefined;
}

interface Uses {
  readonly period: Record<string, unknown> | undefined;
  /** True when lines follow each other in time, so that one period cannot carry them. */
  readonly sequence: boolean;
}

/**
 * The one period of all dosage lines. Lines that each have another period follow each other, or
 * hold beside each other for a while: then the agreement runs from the first start to the last
 * end, when each line has them.
 */
function usesOf(context: ConvertContext, lines: readonly SourceNode[]): Uses {
  const uses = lines.map((line) => useOf(context, line));
  const [first, ...others] = uses.filter((use) => use !== undefined);
  // A line without a time of its own adds to the others while they hold, as "zo nodig" does.
  if (others.every((use) => same(use, first))) return { period: first, sequence: false };
  if (uses.includes(undefined)) return { period: undefined, sequence: true };
  const starts = uses.flatMap((use) => (typeof use?.['start'] === 'string' ? use['start'] : []));
  // One that has only its length begins where another ends: nobody may read them side by side.
  if (starts.length < uses.length) return { period: undefined, sequence: true };
  const ends = uses.flatMap((use) => endOf(use) ?? []);
  const end = ends.length < uses.length ? undefined : ends.sort().at(-1);
  const start = starts.sort()[0];
  return { period: { start, ...(end === undefined ? {} : { end }) }, sequence: true };
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

const DAYS: Readonly<Record<string, number>> = { d: 1, wk: 7 };

/** The end as sent, or start and width added up on the wall clock; a bare date has no such end. */
function endOf(use: Record<string, unknown> | undefined): string | undefined {
  if (typeof use?.['end'] === 'string') return use['end'];
  const start = /^(\d{4}-\d\d-\d\d)(T.*)$/.exec(String(use?.['start']));
  const [extension] = (use?.['extension'] ?? []) as {
    valueDuration?: { value?: unknown; code?: string };
  }[];
  const days =
    Number(extension?.valueDuration?.value) *
    (DAYS[extension?.valueDuration?.code ?? ''] ?? Number.NaN);
  if (!start || !Number.isInteger(days)) return undefined;
  const day = new Date(Date.parse(`${start[1]}T00:00:00Z`) + days * 86_400_000);
  return Number.isNaN(day.getTime()) ? undefined : `${day.toISOString().slice(0, 10)}${start[2]}`;
}

export const doseOf = (context: ConvertContext, line: SourceNode) =>
  amountOf(context, child(line, 'doseQuantity'), 'dose');

export const rateOf = (context: ConvertContext, line: SourceNode) =>
  amountOf(context, child(line, 'rateQuantity'), 'rate');

/** One quantity, or low and high; a rate may also be a ratio. */
function amountOf(
  context: ConvertContext,
  node: SourceNode | undefined,
  name: 'dose' | 'rate',
): Record<string, unknown> | undefined {
  if (node === undefined) return undefined;
  const quantity = quantityOf(context, child(node, 'center') ?? node, true);
  if (quantity) return { [`${name}Quantity`]: quantity };
  const range = rangeOf(context, node, true);
  if (range) return { [`${name}Range`]: range };
  const ratio = name === 'rate' ? ratioOf(context, node) : undefined;
  return ratio && { rateRatio: ratio };
}

/** Half an hour of each day is how long one administration takes, and no schedule on and off. */
const isWithinADay = (unit: unknown): boolean => unit === 's' || unit === 'min' || unit === 'h';

function repeatOf(context: ConvertContext, line: SourceNode): Record<string, unknown> | undefined {
  const repeat: Record<string, unknown> = {};
  const moments: Moment[] = [];
  for (const part of timesOf(context, line)) {
    if (part.kind !== 'repeat') continue;
    const { cycle, phase } = part;
    const bounds = phase?.width && durationOf(context, phase.width);
    const isOnce = isWithinADay(bounds?.['code']);
    if (isOnce)
      Object.assign(repeat, { duration: bounds?.['value'], durationUnit: bounds?.['code'] });
    else if (bounds) repeat['boundsDuration'] = bounds;
    if (isOnce || !phase?.width) Object.assign(repeat, frequencyOf(context, cycle));
    const moment = momentOf(context, phase, repeat);
    if (moment !== undefined) moments.push(moment);
  }
  if (moments.length > 0) Object.assign(repeat, listMoments(moments));
  return Object.keys(repeat).length === 0 ? undefined : repeat;
}

/**
 * "As needed" stands in a precondition; any other code of table 25 there is its reason. What comes
 * after the first is an instruction of its own.
 */
function conditionsOf(context: ConvertContext, line: SourceNode): Concept[] {
  return childrenNamed(line, 'precondition').flatMap((one) => {
    const code = child(one, 'observationEventCriterion', 'code');
    const concept = code && conceptOf({ ...context, options: {} }, code);
    return concept === undefined ? [] : [concept];
  });
}

function instructionsOf(context: ConvertContext, line: SourceNode) {
  return [...childrenNamed(line, 'support2'), ...childrenNamed(line, 'support')].flatMap((one) => {
    const code = child(one, 'medicationAdministrationInstruction', 'code');
    return (code && conceptOf({ ...context, options: { nullFlavor: 'coding' } }, code)) ?? [];
  });
}

type Concept = Record<string, unknown>;

export interface Dosage {
  sequence?: number;
  additionalInstruction?: readonly unknown[];
  timing?: { repeat: Record<string, unknown> };
  asNeededCodeableConcept?: Record<string, unknown> | undefined;
  route?: unknown;
  doseAndRate?: unknown[];
  maxDosePerPeriod?: unknown;
}

function dosageOf(context: ConvertContext, line: SourceNode): Dosage {
  const routeCode = child(line, 'routeCode');
  const max = child(line, 'maxDoseQuantity');
  const [needed, ...further] = conditionsOf(context, line);
  return dosageFrom({
    additionalInstruction: [...instructionsOf(context, line), ...further],
    repeat: repeatOf(context, line),
    needed,
    route: routeCode && conceptOf({ ...context, options: {} }, routeCode),
    dose: doseOf(context, line),
    rate: rateOf(context, line),
    maximum: max && ratioOf(context, max),
  });
}

interface DosageParts {
  readonly sequence?: number | undefined;
  readonly additionalInstruction?: readonly unknown[];
  readonly repeat: Record<string, unknown> | undefined;
  readonly needed: Record<string, unknown> | undefined;
  readonly route: Record<string, unknown> | undefined;
  readonly dose: Record<string, unknown> | undefined;
  readonly rate?: Record<string, unknown> | undefined;
  readonly maximum?: Record<string, unknown> | undefined;
}

/** A Dosage without the parts that are not there. */
export function dosageFrom(parts: DosageParts): Dosage {
  const {
    sequence,
    additionalInstruction = [],
    repeat,
    needed,
    route,
    dose,
    rate,
    maximum,
  } = parts;
  return {
    ...(sequence === undefined ? {} : { sequence }),
    ...(additionalInstruction.length === 0 ? {} : { additionalInstruction }),
    ...(repeat ? { timing: { repeat } } : {}),
    ...(needed ? { asNeededCodeableConcept: needed } : {}),
    ...(route ? { route } : {}),
    ...(dose || rate ? { doseAndRate: [{ ...dose, ...rate }] } : {}),
    ...(maximum ? { maxDosePerPeriod: maximum } : {}),
  };
}

/**
 * "One to three times a day" comes as two lines: once a day, and twice a day as needed. They
 * become one
 * dosage with a highest frequency, when nothing else differs.
 */
function upTo(dosages: readonly Dosage[]): readonly Dosage[] {
  const [fixed, extra] = dosages;
  if (dosages.length !== 2 || !fixed || !extra || fixed.asNeededCodeableConcept) return dosages;
  if (!isAsNeeded(extra.asNeededCodeableConcept)) return dosages;
  const { frequency: least, ...fixedRest } = fixed.timing?.repeat ?? {};
  const { frequency: more, ...extraRest } = extra.timing?.repeat ?? {};
  if (typeof least !== 'number' || typeof more !== 'number') return dosages;
  const { asNeededCodeableConcept: _needed, ...bare } = extra;
  const alike = same({ ...fixed, timing: fixedRest }, { ...bare, timing: extraRest });
  if (!alike) return dosages;
  const repeat = { ...fixed.timing?.repeat, frequencyMax: least + more };
  return [{ ...fixed, timing: { repeat } }];
}

/** NHG table 25 "as needed". */
const isAsNeeded = (concept: Record<string, unknown> | undefined) =>
  ((concept?.['coding'] ?? []) as { code?: string }[]).some((coding) => coding.code === '1137');

/** What holds in every line of a sequence still holds for the whole. */
function inCommon(dosages: readonly Dosage[]): Dosage[] {
  const [first, ...others] = dosages;
  const shared = Object.entries(first ?? {}).filter(
    ([name, value]) =>
      !['timing', 'doseAndRate'].includes(name) &&
      others.every((other) => same(other[name as keyof Dosage], value)),
  );
  return shared.length === 0 ? [] : [Object.fromEntries(shared)];
}

/** The length of the cycle when a dosage is taken on and off, for the modifier extension. */
function cycleOf(context: ConvertContext, lines: readonly SourceNode[]) {
  for (const line of lines) {
    for (const part of timesOf(context, line)) {
      if (part.kind !== 'repeat' || !part.phase?.width) continue;
      const isOnce = isWithinADay(durationOf(context, part.phase.width)?.['code']);
      if (!isOnce) return durationOf(context, part.cycle);
    }
  }
  return undefined;
}

export const dosageConverters = {
  /** `with: lines` all dosage lines; `expected` the expectedUseTime when no line has a period. */
  'period-of-use': {
    type: 'Period',
    convert(_node, context) {
      const { period } = usesOf(context, context.all('lines'));
      const expected = context.args['expected'];
      if (period !== undefined || expected === undefined) return period;
      return periodOf({ ...context, options: { duration: true } }, expected);
    },
  },
  /** None for lines that follow each other: it would be read as true of all of them. */
  'cycle-length': {
    type: 'Duration',
    convert(_node, context) {
      const lines = context.all('lines');
      return usesOf(context, lines).sequence ? undefined : cycleOf(context, lines);
    },
  },
  /** Of lines that follow each other only what they share: their text tells which holds when. */
  dosages: {
    type: 'Dosage',
    convert(node, context) {
      const lines = context.all('lines');
      const dosages = lines.map((line) => dosageOf(context, line));
      if (!usesOf(context, lines).sequence) {
        return upTo(dosages.filter((dosage) => Object.keys(dosage).length > 0));
      }
      const text = 'Dosage lines that follow each other are told by their text only.';
      context.note(node, 'dosage-sequence', text);
      return inCommon(dosages);
    },
  },
} satisfies Record<string, Converter>;
