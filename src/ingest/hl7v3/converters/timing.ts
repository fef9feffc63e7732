/** General timing specifications (SXPR_TS, IVL_TS, PIVL_TS) taken apart for the FHIR Timing. */
import { type ConvertContext, take } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';

export type PartOfTime =
  | { readonly kind: 'interval'; readonly node: SourceNode }
  | {
      readonly kind: 'repeat';
      readonly cycle: SourceNode | undefined;
      readonly phase: Phase | undefined;
    };

interface Phase {
  readonly node: SourceNode;
  readonly width: SourceNode | undefined;
}

/**
 * SXPR_TS holds its parts in `comp`, to any depth; what has a period repeats, all else is an
 * interval.
 */
export function splitTime(context: ConvertContext, node: SourceNode): PartOfTime[] {
  take(context, node, '@xsi:type');
  take(context, node, '@operator');
  const comps = childrenNamed(node, 'comp');
  if (comps.length > 0) return comps.flatMap((comp) => splitTime(context, comp));
  const cycle = childrenNamed(node, 'period')[0];
  if (cycle === undefined) return [{ kind: 'interval', node }];
  const phase = childrenNamed(node, 'phase')[0];
  const width = phase && childrenNamed(phase, 'width')[0];
  return [{ kind: 'repeat', cycle, phase: phase && { node: phase, width } }];
}

/** UCUM units of time that FHIR has as unit of time. */
export const UNITS_OF_TIME: Readonly<Record<string, string>> = {
  s: 's',
  min: 'min',
  h: 'h',
  d: 'd',
  wk: 'wk',
  mo: 'mo',
  a: 'a',
};

/** Farther from a whole number than this is not "n times": 0.3333 day is three times a day. */
const ROUNDING = 0.02;

/**
 * A period below one unit is a frequency: the rounded inverse per one unit. From one up it is
 * once a
 * period. What fits neither is once in that many, to the digit.
 */
export function frequencyOf(context: ConvertContext, cycle: SourceNode | undefined) {
  if (cycle === undefined) return undefined;
  const value = Number(take(context, cycle, '@value'));
  const periodUnit = UNITS_OF_TIME[take(context, cycle, '@unit') ?? ''];
  if (!Number.isFinite(value) || value <= 0 || periodUnit === undefined) {
    context.reject(
      cycle.children.find((child) => child.name === '@value') ?? cycle,
      'not-a-frequency',
      'The period is not a positive number of a unit of time.',
    );
    return undefined;
  }
  const times = Math.round(1 / value);
  if (value < 1 && Math.abs(1 / value - times) <= ROUNDING * times) {
    return { frequency: times, period: 1, periodUnit };
  }
  return { frequency: 1, period: value, periodUnit };
}

/** A phase whose centre has a clock time says when on the day it is taken. */
export function phaseTime(context: ConvertContext, phase: Phase | undefined): string | undefined {
  const center = phase && childrenNamed(phase.node, 'center')[0];
  const text = take(context, center, '@value');
  const match = /^\d{8}([01]\d|2[0-3])([0-5]\d)/.exec(text ?? '');
  return match ? `${match[1]}:${match[2]}:00` : undefined;
}
