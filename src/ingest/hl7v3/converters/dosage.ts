/**
 * Dosage of the medication 6.12 message to FHIR R4 (source-formats 8): periods of use,
 * frequencies as
 * PIVL_TS, on and off schedules, doses, "as needed" and additional instructions.
 */
import type { ConvertContext, Converter } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { conceptOf } from './coded.ts';
import { conditionOf } from './criterion.ts';
import { boundsOf, cycleOf, repeatOf, same, usesOf } from './line-timing.ts';
import { quantityOf, rangeOf, ratioOf, translatedQuantity } from './quantity.ts';
import { periodOf } from './times.ts';

const child = (node: SourceNode, ...names: readonly string[]): SourceNode | undefined => {
  let at: SourceNode | undefined = node;
  for (const name of names) at = at && childrenNamed(at, name)[0];
  return at;
};

export const doseOf = (context: ConvertContext, line: SourceNode) =>
  amountOf(context, child(line, 'doseQuantity'), 'dose');

export const rateOf = (context: ConvertContext, line: SourceNode) =>
  amountOf(context, child(line, 'rateQuantity'), 'rate');

/** Less than nothing is no dose to give: it is left out and reported. */
function isBelowNothing(context: ConvertContext, node: SourceNode): boolean {
  const wrong = [node, ...node.children]
    .flatMap((one) => one.children.find(({ name }) => name === '@value') ?? [])
    .find(({ value }) => value?.trim().startsWith('-'));
  if (wrong === undefined) return false;
  context.reject(wrong, 'negative-amount', 'Less than nothing is no amount of a medicine.');
  return true;
}

/** The most in a while. */
export const maximumOf = (context: ConvertContext, node: SourceNode | undefined) =>
  node && !isBelowNothing(context, node) ? ratioOf(context, node) : undefined;

/** One quantity, or low and high; a rate may also be a ratio. */
function amountOf(
  context: ConvertContext,
  node: SourceNode | undefined,
  name: 'dose' | 'rate',
): Record<string, unknown> | undefined {
  if (node === undefined) return undefined;
  if (isBelowNothing(context, node)) return undefined;
  const quantity = quantityOf(context, child(node, 'center') ?? node, true);
  if (quantity) return { [`${name}Quantity`]: quantity };
  const range = rangeOf(context, node, true);
  if (range) return { [`${name}Range`]: range };
  const ratio = name === 'rate' ? ratioOf(context, node) : undefined;
  if (ratio) return { rateRatio: ratio };
  const translated = translatedQuantity(context, child(node, 'center') ?? node);
  return translated && { [`${name}Quantity`]: translated };
}

/**
 * "As needed" stands in a precondition; any other code of table 25 there is its reason. What comes
 * after the first is an instruction of its own.
 */
function conditionsOf(context: ConvertContext, line: SourceNode): Concept[] {
  return childrenNamed(line, 'precondition').flatMap((one) => {
    const found = conditionOf({ ...context, options: {} }, child(one, 'observationEventCriterion'));
    return found === undefined ? [] : [found];
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
    maximum: maximumOf(context, max),
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

/** Lines with cycles of several lengths cannot be told side by side either. */
function isSequence(context: ConvertContext, lines: readonly SourceNode[]): boolean {
  const cycles = lines.flatMap((line) => cycleOf(context, [line]) ?? []);
  return usesOf(context, lines).sequence || !cycles.every((cycle) => same(cycle, cycles[0]));
}

const isTold = (line: SourceNode): boolean => child(line, 'text')?.value !== undefined;

/**
 * One of several lines that follow each other, with the time in which it holds. Days on and off
 * have no place in it: their length stands above all lines.
 */
function within(
  context: ConvertContext,
  dosage: Dosage,
  line: SourceNode | undefined,
  sequence: number,
): Dosage {
  const bounds = line && boundsOf(context, line);
  const { timing, ...rest } = dosage;
  const cycle = line && cycleOf(context, [line]);
  if (line && cycle) {
    const text =
      'Days on and off in lines that follow each other: only when the line holds is told.';
    context.note(line, 'several-cycles', text);
  }
  const repeat = { ...bounds, ...(cycle ? {} : timing?.repeat) };
  return { sequence, ...rest, ...(Object.keys(repeat).length > 0 ? { timing: { repeat } } : {}) };
}

const TOLD_BY_TEXT = [
  'effectiveTime',
  'doseQuantity',
  'rateQuantity',
  'precondition',
  'support',
  'support2',
  'routeCode',
  'maxDoseQuantity',
];

/** Option `because` is why. */
function leaveToText(context: ConvertContext, line: SourceNode): void {
  const because = String(context.options['because']);
  for (const name of TOLD_BY_TEXT) {
    for (const part of childrenNamed(line, name)) context.leaveOut(part, because);
  }
}

export const dosageConverters = {
  /**
   * What was given: one amount, be it in the unit of the sender alone. An amount below nothing
   * sets another one right. Of low and high nobody knows which; they stay unread. Option `words`: a
   * bare UCUM unit gets its Dutch name.
   */
  'given-amount': {
    type: 'Quantity',
    convert(node, context) {
      const amount = child(node, 'center') ?? node;
      const words = context.options['words'] === true;
      return quantityOf(context, amount, words) ?? translatedQuantity(context, amount);
    },
  },
  /**
   * `with: lines` all dosage lines; `expected` the expectedUseTime when no line has a period. Option
   * `open`: a single time of it is only the beginning.
   */
  'period-of-use': {
    type: 'Period',
    convert(_node, context) {
      const { period } = usesOf(context, context.all('lines'));
      const expected = context.args['expected'];
      if (period !== undefined || expected === undefined) return period;
      const { open } = context.options;
      return periodOf({ ...context, options: { duration: true, open } }, expected);
    },
  },
  /** None for lines that follow each other: it would be read as true of all of them. */
  'cycle-length': {
    type: 'Duration',
    convert(_node, context) {
      const lines = context.all('lines');
      return isSequence(context, lines) ? undefined : cycleOf(context, lines);
    },
  },
  /**
   * Of lines that follow each other only what they share: their text tells which holds when. Where
   * one has no text, each is told with its number and the time in which it holds.
   */
  dosages: {
    type: 'Dosage',
    convert(node, context) {
      const lines = context.all('lines');
      const dosages = lines.map((line) => dosageOf(context, line));
      if (!isSequence(context, lines)) {
        return upTo(dosages.filter((dosage) => Object.keys(dosage).length > 0));
      }
      if (!lines.every((line) => isTold(line))) {
        return dosages.map((dosage, index) => within(context, dosage, lines[index], index + 1));
      }
      const text = 'Dosage lines that follow each other are told by their text only.';
      context.note(node, 'dosage-sequence', text);
      for (const line of lines) leaveToText(context, line);
      return inCommon(dosages);
    },
  },
} satisfies Record<string, Converter>;
