/**
 * Dosage of the medication 6.12 message to FHIR R4 (source-formats 8): periods of use, frequencies as
 * PIVL_TS, on and off schedules, doses, "as needed" and additional instructions.
 */
import type { ConvertContext, Converter } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { conceptOf } from './coded.ts';
import { durationOf, quantityOf, rangeOf, ratioOf } from './quantity.ts';
import { frequencyOf, type PartOfTime, phaseTime, splitTime } from './timing.ts';
import { periodOf } from './times.ts';

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
 * The one period of all dosage lines. Lines that each have another period follow each other: then the
 * agreement runs from the first start to the last end.
 */
function usesOf(context: ConvertContext, lines: readonly SourceNode[]): Uses {
  const uses = lines.map((line) => useOf(context, line));
  const [first] = uses;
  if (first !== undefined && uses.every((use) => JSON.stringify(use) === JSON.stringify(first))) {
    return { period: first, sequence: false };
  }
  const starts = uses.map((use) => use?.['start']);
  if (uses.length < 2 || starts.some((start) => typeof start !== 'string')) {
    return { period: undefined, sequence: false };
  }
  const start = (starts as string[]).sort()[0];
  const ends = uses.map((use) => use?.['end']);
  const end = ends.every((one) => typeof one === 'string') ? (ends as string[]).sort().at(-1) : undefined;
  return { period: { start, ...(end === undefined ? {} : { end }) }, sequence: true };
}

function doseOf(context: ConvertContext, line: SourceNode): Record<string, unknown> | undefined {
  const dose = child(line, 'doseQuantity');
  if (dose === undefined) return undefined;
  const center = child(dose, 'center');
  const quantity = quantityOf(context, center ?? dose);
  if (quantity) return { doseQuantity: quantity };
  const range = rangeOf(context, dose);
  return range && { doseRange: range };
}

function timingOf(context: ConvertContext, line: SourceNode): Record<string, unknown> | undefined {
  const repeat: Record<string, unknown> = {};
  const times: string[] = [];
  for (const part of timesOf(context, line)) {
    if (part.kind !== 'repeat') continue;
    const { cycle, phase } = part;
    if (phase?.width) repeat['boundsDuration'] = durationOf(context, phase.width);
    else Object.assign(repeat, frequencyOf(context, cycle));
    const time = phaseTime(context, phase);
    if (time !== undefined) times.push(time);
  }
  if (times.length > 0) {
    repeat['timeOfDay'] = times;
    repeat['frequency'] = times.length;
  }
  return Object.keys(repeat).length === 0 ? undefined : { repeat };
}

/** "As needed" stands in a precondition; any other code of table 25 there is its reason. */
function neededOf(context: ConvertContext, line: SourceNode) {
  const [first] = childrenNamed(line, 'precondition').flatMap((one) => {
    const code = child(one, 'observationEventCriterion', 'code');
    return (code && conceptOf({ ...context, options: {} }, code)) ?? [];
  });
  return first;
}

function instructionsOf(context: ConvertContext, line: SourceNode) {
  return [...childrenNamed(line, 'support2'), ...childrenNamed(line, 'support')].flatMap((one) => {
    const code = child(one, 'medicationAdministrationInstruction', 'code');
    return (code && conceptOf({ ...context, options: { nullFlavor: 'coding' } }, code)) ?? [];
  });
}

function dosageOf(context: ConvertContext, line: SourceNode): Record<string, unknown> | undefined {
  const additionalInstruction = instructionsOf(context, line);
  const timing = timingOf(context, line);
  const needed = neededOf(context, line);
  const route = child(line, 'routeCode');
  const routeConcept = route && conceptOf({ ...context, options: {} }, route);
  const dose = doseOf(context, line);
  const max = child(line, 'maxDoseQuantity');
  const maximum = max && ratioOf(context, max);
  const dosage = {
    ...(additionalInstruction.length === 0 ? {} : { additionalInstruction }),
    ...(timing ? { timing } : {}),
    ...(needed ? { asNeededCodeableConcept: needed } : {}),
    ...(routeConcept ? { route: routeConcept } : {}),
    ...(dose ? { doseAndRate: [dose] } : {}),
    ...(maximum ? { maxDosePerPeriod: maximum } : {}),
  };
  return Object.keys(dosage).length === 0 ? undefined : dosage;
}

/** The length of the cycle when a dosage is taken on and off, for the modifier extension. */
function cycleOf(context: ConvertContext, lines: readonly SourceNode[]) {
  for (const line of lines) {
    for (const part of timesOf(context, line)) {
      if (part.kind === 'repeat' && part.phase?.width) return durationOf(context, part.cycle);
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
  'cycle-length': {
    type: 'Duration',
    convert: (_node, context) => cycleOf(context, context.all('lines')),
  },
  /** Nothing for lines that follow each other: only their text tells which holds when. */
  dosages: {
    type: 'Dosage',
    convert(node, context) {
      const lines = context.all('lines');
      if (!usesOf(context, lines).sequence) return lines.flatMap((line) => dosageOf(context, line) ?? []);
      for (const line of lines) dosageOf(context, line);
      context.note(node, 'dosage-sequence', 'Dosage lines with periods of their own are kept as text only.');
      return undefined;
    },
  },
} satisfies Record<string, Converter>;

