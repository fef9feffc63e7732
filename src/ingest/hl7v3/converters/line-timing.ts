/**
 * When the dosage lines of medication 6.12 hold and repeat (source-formats 8): the period of use of
 * all lines together, and the schedule of one.
 */
import type { ConvertContext } from '../../mapping/converter.ts';
import { hl7Time } from '../../mapping/date-time.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { durationOf } from './quantity.ts';
import { periodOf } from './times.ts';
import type { PartOfTime, Repeat } from './timing.ts';
import {
  frequencyOf,
  isOneCycle,
  listMoments,
  type Moment,
  momentOf,
  splitTime,
} from './timing.ts';

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
export function usesOf(context: ConvertContext, lines: readonly SourceNode[]): Uses {
  const uses = lines.map((line) => useOf(context, line));
  const [first, ...others] = uses.filter((use) => use !== undefined);
  // A line without a time of its own adds to the others while they hold, as "zo nodig" does.
  if (others.every((use) => same(use, first))) {
    if (!hasOpenLine(context, lines, uses)) return { period: first, sequence: false };
    const start = first?.['start'];
    return { period: start === undefined ? undefined : { start }, sequence: true };
  }
  if (uses.includes(undefined)) return { period: undefined, sequence: true };
  const starts = uses.flatMap((use) => (typeof use?.['start'] === 'string' ? use['start'] : []));
  // One that has only its length begins where another ends: nobody may read them side by side.
  if (starts.length < uses.length) return { period: undefined, sequence: true };
  const ends = uses.flatMap((use) => endOf(context, use) ?? []);
  const end = ends.length < uses.length ? undefined : ends.sort().at(-1);
  const start = starts.sort()[0];
  return { period: { start, ...(end === undefined ? {} : { end }) }, sequence: true };
}

/**
 * "3 a day for a week, then 1 a day" may come as one line with an end and one without: nobody may
 * read them side by side. What is taken as needed adds to the others.
 */
function hasOpenLine(
  context: ConvertContext,
  lines: readonly SourceNode[],
  uses: readonly (Record<string, unknown> | undefined)[],
): boolean {
  const isBounded = uses.some(
    (use) => use?.['end'] !== undefined || use?.['extension'] !== undefined,
  );
  return (
    isBounded &&
    lines.some(
      (line, index) =>
        uses[index] === undefined &&
        childrenNamed(line, 'precondition').length === 0 &&
        timesOf(context, line).some(({ kind }) => kind === 'repeat'),
    )
  );
}

/** Whether two values say the same. */
export const same = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

const DAYS: Readonly<Record<string, number>> = { d: 1, wk: 7 };

/** The end as sent, or start and width added up on the wall clock; a bare date has no such end. */
function endOf(
  context: ConvertContext,
  use: Record<string, unknown> | undefined,
): string | undefined {
  if (typeof use?.['end'] === 'string') return use['end'];
  const start = /^(\d{4}-\d\d-\d\d)T([\d:]{8})/.exec(String(use?.['start']));
  const [extension] = (use?.['extension'] ?? []) as {
    valueDuration?: { value?: unknown; code?: string };
  }[];
  const days =
    Number(extension?.valueDuration?.value) *
    (DAYS[extension?.valueDuration?.code ?? ''] ?? Number.NaN);
  if (!start || !Number.isInteger(days)) return undefined;
  const day = new Date(Date.parse(`${start[1]}T00:00:00Z`) + days * 86_400_000);
  if (Number.isNaN(day.getTime())) return undefined;
  // By then the clock may have changed to summer time or back.
  const digits = `${day.toISOString().slice(0, 10)}${start[2]}`.replace(/\D/g, '');
  const found = hl7Time(digits, context.overlay.zone);
  return typeof found === 'string' ? undefined : found.value;
}

/** The time in which one line holds, as bounds of its schedule. */
export function boundsOf(
  context: ConvertContext,
  line: SourceNode,
): Record<string, unknown> | undefined {
  const use = useOf(context, line);
  if (use === undefined) return undefined;
  if (use['start'] !== undefined || use['end'] !== undefined) return { boundsPeriod: use };
  const [width] = use['extension'] as { readonly valueDuration: unknown }[];
  return width && { boundsDuration: width.valueDuration };
}

/** Half an hour of each day is how long one administration takes, and no schedule on and off. */
const isWithinADay = (unit: unknown): boolean => unit === 's' || unit === 'min' || unit === 'h';

/** What repeats; none when the parts together are no schedule that FHIR can say. */
function repeatsOf(context: ConvertContext, line: SourceNode): readonly Repeat[] {
  const parts = timesOf(context, line);
  if (parts.some(({ kind }) => kind === 'other')) return [];
  const repeats = parts.filter((part) => part.kind === 'repeat');
  const often = repeats.filter(({ phase }) => !phase?.width || isOnceIn(phase.width));
  return isOneCycle(
    context,
    often.map(({ cycle }) => cycle),
  )
    ? repeats
    : [];
}

const isOnceIn = (width: SourceNode): boolean =>
  isWithinADay(width.children.find(({ name }) => name === '@unit')?.value);

/** The schedule of one line; none where nothing repeats, or FHIR cannot say how. */
export function repeatOf(
  context: ConvertContext,
  line: SourceNode,
): Record<string, unknown> | undefined {
  const repeat: Record<string, unknown> = {};
  const moments: Moment[] = [];
  for (const { cycle, phase } of repeatsOf(context, line)) {
    const bounds = phase?.width && durationOf(context, phase.width);
    const isOnce = isWithinADay(bounds?.['code']);
    if (isOnce)
      Object.assign(repeat, { duration: bounds?.['value'], durationUnit: bounds?.['code'] });
    else if (bounds) repeat['boundsDuration'] = bounds;
    if (isOnce || !phase?.width) Object.assign(repeat, frequencyOf(context, cycle));
    const moment = momentOf(context, phase, repeat);
    if (moment !== undefined) moments.push(moment);
  }
  if (moments.length > 0) Object.assign(repeat, listMoments(context, line, moments));
  return Object.keys(repeat).length === 0 ? undefined : repeat;
}

/** The length of the cycle when a dosage is taken on and off, for the modifier extension. */
export function cycleOf(context: ConvertContext, lines: readonly SourceNode[]) {
  for (const line of lines) {
    for (const { cycle, phase } of repeatsOf(context, line)) {
      if (!phase?.width) continue;
      const isOnce = isWithinADay(durationOf(context, phase.width)?.['code']);
      if (!isOnce) return durationOf(context, cycle);
    }
  }
  return undefined;
}
