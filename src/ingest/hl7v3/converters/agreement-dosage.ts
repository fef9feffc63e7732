/**
 * Dosage of the building blocks of medication 9 in their CDA form: one substanceAdministration for
 * each line, with its schedule as FHIR Timing or, in older versions, as times of the namespace
 * `urn:hl7-nl:v3` (source-formats 7.2, 9).
 */
import { type ConvertContext, type Converter, take } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { type Schedule, scheduleOf } from './agreement-timing.ts';
import { conceptOf } from './coded.ts';
import { conditionOf } from './criterion.ts';
import { type Dosage, dosageFrom, doseOf, maximumOf, rateOf } from './dosage.ts';
import { fhirCycleOf, fhirRepeatOf } from './fhir-timing.ts';
import { same } from './line-timing.ts';
import { periodOf } from './times.ts';

const CONDITION_URL = 'http://nictiz.nl/fhir/StructureDefinition/ext-PeriodOfUse.Condition';

const child = (node: SourceNode | undefined, ...names: readonly string[]) => {
  let at = node;
  for (const name of names) at = at && childrenNamed(at, name)[0];
  return at;
};

interface Line {
  readonly node: SourceNode;
  readonly sequence: SourceNode | undefined;
}

/** Relations of which the target is a dosage line: no building block, so without number or code. */
function linesOf(entries: readonly SourceNode[]): Line[] {
  return entries.flatMap((entry) => {
    const node = child(entry, 'substanceAdministration');
    if (node === undefined || child(node, 'code') || child(node, 'id')) return [];
    return [{ node, sequence: child(entry, 'sequenceNumber') }];
  });
}

function timesOf(context: ConvertContext, line: SourceNode): Schedule {
  for (const timing of childrenNamed(line, 'fhir:effectiveTime')) {
    const cycle = fhirCycleOf(context, timing);
    return { repeat: fhirRepeatOf(context, timing) ?? {}, ...(cycle ? { cycle } : {}) };
  }
  return scheduleOf(context, childrenNamed(line, 'effectiveTime'));
}

/** What must be so before it is taken, by code or in words. */
const neededOf = (context: ConvertContext, line: SourceNode): Record<string, unknown>[] =>
  childrenNamed(line, 'precondition').flatMap((one) => {
    const found = conditionOf(
      { ...context, options: { nullFlavor: 'coding' } },
      child(one, 'criterion'),
    );
    return found === undefined ? [] : [found];
  });

/** A condition that comes as a code alone is told by its name. */
function wordsOf(concept: Record<string, unknown> | undefined): string | undefined {
  const coding = (concept?.['coding'] ?? []) as readonly { display?: string; code?: string }[];
  return (concept?.['text'] ?? coding[0]?.display ?? coding[0]?.code) as string | undefined;
}

interface Shared {
  readonly route: Record<string, unknown> | undefined;
  readonly instructions: readonly unknown[];
}

function dosageOf(context: ConvertContext, line: Line, several: boolean, shared: Shared): Dosage {
  const { repeat } = timesOf(context, line.node);
  const [needed, ...furtherNeeds] = neededOf(context, line.node);
  const number = Number(take(context, line.sequence, '@value'));
  return dosageFrom({
    sequence: several && Number.isInteger(number) ? number : undefined,
    // FHIR has room for one condition; a further one is still said to whoever takes it.
    additionalInstruction: [...shared.instructions, ...furtherNeeds],
    repeat: Object.keys(repeat).length === 0 ? undefined : repeat,
    needed,
    route: shared.route,
    dose: doseOf(context, line.node),
    rate: rateOf(context, line.node),
    maximum: maximumOf(context, child(line.node, 'maxDoseQuantity')),
  });
}

const cyclesOf = (context: ConvertContext, lines: readonly SourceNode[]) =>
  lines.map((line) => timesOf(context, line).cycle);

/**
 * The length of a cycle stands above all lines. Where each has another, none can stand there, and
 * a schedule without it would be read as one without days off.
 */
function withoutCycles(
  context: ConvertContext,
  lines: readonly SourceNode[],
  dosages: readonly Dosage[],
): readonly Dosage[] {
  const cycles = cyclesOf(context, lines);
  const [first, ...others] = cycles.filter((cycle) => cycle !== undefined);
  if (others.every((other) => same(other, first))) return dosages;
  return dosages.map((dosage, at) => {
    const line = lines[at];
    if (cycles[at] === undefined || line === undefined) return dosage;
    const text = 'Lines with cycles of several lengths; they are told by their text only.';
    context.note(line, 'several-cycles', text);
    const { timing: _timing, ...rest } = dosage;
    return rest;
  });
}

export const agreementDosageConverters = {
  /**
   * `with: entries` the relations; `route` and `instructions` hold for all lines. A line alone
   * has its number only with the option `numbered`.
   */
  'agreement-dosages': {
    type: 'Dosage',
    convert(_node, context) {
      const { route } = context.args;
      const concept = route && conceptOf({ ...context, options: {} }, route);
      const instructions = context
        .all('instructions')
        .flatMap(
          (code) => conceptOf({ ...context, options: { nullFlavor: 'coding' } }, code) ?? [],
        );
      const shared = { route: concept, instructions };
      const lines = linesOf(context.all('entries'));
      const isNumbered = lines.length > 1 || context.options['numbered'] === true;
      const dosages = withoutCycles(
        context,
        lines.map((line) => line.node),
        lines.map((line) => dosageOf(context, line, isNumbered, shared)),
      ).filter((dosage) => Object.keys(dosage).length > 0);
      if (dosages.length > 0) return dosages;
      const bare = dosageFrom({
        additionalInstruction: instructions,
        repeat: undefined,
        needed: undefined,
        route: concept,
        dose: undefined,
      });
      return Object.keys(bare).length === 0 ? undefined : [bare];
    },
  },
  /** Length of the cycle of an on and off schedule, for the modifier extension. */
  'agreement-cycle': {
    type: 'Duration',
    convert(_node, context) {
      const nodes = linesOf(context.all('entries')).map(({ node }) => node);
      const [cycle, ...others] = cyclesOf(context, nodes).filter((one) => one !== undefined);
      return others.every((other) => same(other, cycle)) ? cycle : undefined;
    },
  },
  /** `with: time` the period of use, `condition` the criterion for its start, told in words. */
  'conditional-period': {
    type: 'Period',
    convert(_node, context) {
      const { time } = context.args;
      const condition = wordsOf(conditionOf(context, context.args['condition']));
      const period = time && periodOf({ ...context, options: { duration: true } }, time);
      if (condition === undefined) return period;
      const { extension = [], ...bounds } = period ?? {};
      const said = { url: CONDITION_URL, valueString: condition };
      return { extension: [...(extension as unknown[]), said], ...bounds };
    },
  },
} satisfies Record<string, Converter>;
