/** General timing specifications (SXPR_TS, IVL_TS, PIVL_TS) taken apart for the FHIR Timing. */
import { type ConvertContext, take } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';

export interface Repeat {
  readonly kind: 'repeat';
  readonly cycle: SourceNode | undefined;
  readonly phase: Phase | undefined;
}

/** `other` is what a FHIR Timing cannot say, as "but not on Sundays". */
export type PartOfTime =
  | { readonly kind: 'interval' | 'other'; readonly node: SourceNode }
  | Repeat;

interface Phase {
  readonly node: SourceNode;
  readonly width: SourceNode | undefined;
}

/**
 * SXPR_TS holds its parts in `comp`, to any depth; what has a period repeats, all else is an
 * interval.
 */
export function splitTime(context: ConvertContext, node: SourceNode): PartOfTime[] {
  if (isOtherSet(context, node)) return [{ kind: 'other', node }];
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

/**
 * Times are joined (I) or intersected (A). Taken as such, what is excluded (E) would be said to be
 * when to take it, and a hull (H, P) is wider than its parts.
 */
export function isOtherSet(context: ConvertContext, node: SourceNode): boolean {
  const operator = node.children.find(({ name }) => name === '@operator');
  if (['', 'A', 'I'].includes(operator?.value?.trim() ?? '')) return false;
  const text = 'FHIR has no such schedule; the dosage is told by its text only.';
  context.reject(operator ?? node, 'excluded-time', text);
  return true;
}

/** Several cycles of one line, as daily and once a week, are no schedule that FHIR can say. */
export function isOneCycle(
  context: ConvertContext,
  cycles: readonly (SourceNode | undefined)[],
): boolean {
  const textOf = (cycle: SourceNode | undefined) =>
    ['@value', '@unit'].map((at) => cycle?.children.find(({ name }) => name === at)?.value);
  const [first, ...others] = cycles;
  const other = others.find((one) => String(textOf(one)) !== String(textOf(first)));
  if (other === undefined) return true;
  const text = 'Several cycles at once; the dosage is told by its text only.';
  context.reject(other.children.find(({ name }) => name === '@value') ?? other, 'cycles', text);
  return false;
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

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** When in its cycle something is taken: clock time or part of the day, and of a week the day. */
export interface Moment {
  readonly day?: string;
  readonly time?: string;
  readonly part?: string;
}

/** The centre of a phase: of a day its clock time, of a week also its day. Else it stays unread. */
export function momentOf(
  context: ConvertContext,
  phase: Phase | undefined,
  cycle: Record<string, unknown> | undefined,
): Moment | undefined {
  const center = phase && childrenNamed(phase.node, 'center')[0];
  const at = center?.children.find(({ name }) => name === '@value');
  const match = /^(\d{4})(\d\d)(\d\d)(?:([01]\d|2[0-3])([0-5]\d))?/.exec(at?.value ?? '');
  if (!match) return undefined;
  const [, year, month, date, hour, minute] = match;
  const isWeekly = cycle?.['periodUnit'] === 'wk' && cycle['period'] === 1;
  const weekday = new Date(`${year}-${month}-${date}T00:00:00Z`).getUTCDay();
  const day = isWeekly ? WEEKDAYS[weekday] : undefined;
  if (day === undefined && hour === undefined) return undefined;
  take(context, center, '@value');
  return {
    ...(day === undefined ? {} : { day }),
    ...(hour === undefined ? {} : { time: `${hour}:${minute}:00` }),
  };
}

/**
 * Moments that belong together, as FHIR lists them. Where days and times cross, as on Monday at
 * nine and on Thursday at one, the lists would say more: then only how often. Beside a clock time
 * FHIR has no room for a part of the day.
 */
export function listMoments(
  context: ConvertContext,
  line: SourceNode,
  moments: readonly Moment[],
): Record<string, unknown> {
  const all = (name: keyof Moment) => [...new Set(moments.flatMap((one) => one[name] ?? []))];
  const [days, times, parts] = [all('day'), all('time'), all('part')];
  const told = new Set(moments.map(({ day, time, part }) => `${day} ${time} ${part}`)).size;
  const listed = Math.max(times.length, parts.length, 1) * Math.max(days.length, 1);
  if (listed !== told || (times.length > 0 && parts.length > 0)) {
    const text = 'Days with times of their own: here only how often, the text says when.';
    context.note(line, 'days-and-times', text);
    return { frequency: told };
  }
  return {
    frequency: told,
    ...(days.length === 0 ? {} : { dayOfWeek: days }),
    ...(times.length === 0 ? {} : { timeOfDay: times }),
    ...(parts.length === 0 ? {} : { when: parts }),
  };
}
