/**
 * Dosing schedules of medication 9 before they were written as FHIR Timing: PIVL_TS and EIVL_TS of
 * the namespace `urn:hl7-nl:v3`, alone or together in an SXPR_TS (source-formats 9). The phase says
 * when: a low alone is a time of day or a day of the week, low and high a part of the day, a width
 * how long it takes or, with a cycle, how long it is taken.
 */
import { type ConvertContext, take } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { durationOf } from './quantity.ts';
import { frequencyOf, UNITS_OF_TIME } from './timing.ts';

const EXACT = 'http://hl7.org/fhir/StructureDefinition/timing-exact';

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** Part of the day by the hour at which it begins, when an end is given. */
const DAY_PARTS: Readonly<Record<string, string>> = {
  '00': 'NIGHT',
  '06': 'MORN',
  '12': 'AFT',
  '18': 'EVE',
};

const DAYS_OR_LONGER = new Set(['d', 'wk', 'mo', 'a']);

/** What the times of one dosage line say together. */
export interface Schedule {
  readonly repeat: Record<string, unknown>;
  /** Length of the cycle of an on and off schedule. */
  readonly cycle?: Record<string, unknown>;
}

interface Reading {
  readonly repeat: Record<string, unknown>;
  readonly times: string[];
  readonly days: string[];
  readonly when: string[];
  cycle?: Record<string, unknown>;
}

export function scheduleOf(context: ConvertContext, times: readonly SourceNode[]): Schedule {
  const reading: Reading = { repeat: {}, times: [], days: [], when: [] };
  for (const time of times) readTime(context, time, reading);
  const { repeat, cycle } = reading;
  addLists(repeat, reading);
  return { repeat, ...(cycle ? { cycle } : {}) };
}

function addLists(repeat: Record<string, unknown>, { times, days, when }: Reading): void {
  if (days.length > 0) repeat['dayOfWeek'] = days;
  if (times.length > 0) repeat['timeOfDay'] = times;
  if (when.length > 0) repeat['when'] = when;
  const most = times.length || days.length;
  if (most > 1 && repeat['frequency'] === 1) repeat['frequency'] = most;
}

const inner = (node: SourceNode | undefined, name: string): SourceNode | undefined =>
  node && (childrenNamed(node, `hl7nl:${name}`)[0] ?? childrenNamed(node, name)[0]);

function readTime(context: ConvertContext, time: SourceNode, reading: Reading): void {
  take(context, time, '@operator');
  take(context, time, '@xsi:type');
  take(context, time, '@alignment');
  const parts = [...childrenNamed(time, 'comp'), ...childrenNamed(time, 'hl7nl:comp')];
  for (const part of parts) readTime(context, part, reading);
  if (parts.length > 0) return;
  const { repeat } = reading;
  if (take(context, time, '@isFlexible') === 'false') {
    repeat['extension'] = [{ url: EXACT, valueBoolean: true }];
  }
  const width = inner(time, 'width');
  if (width) repeat['boundsDuration'] = durationOf(context, width);
  const count = Number(take(context, inner(time, 'count'), '@value'));
  if (Number.isInteger(count) && count > 0) repeat['count'] = count;
  readEvent(context, time, reading);
  const often = inner(time, 'frequency');
  const period = inner(time, 'period');
  const phase = inner(time, 'phase');
  if (often) Object.assign(repeat, countOf(context, often));
  if (phase) readPhase(context, phase, { period, often }, reading);
  else if (period) Object.assign(repeat, frequencyOf(context, period));
}

/** Meals and the like: an event, and how long before or after it. */
function readEvent(context: ConvertContext, time: SourceNode, reading: Reading): void {
  const event = take(context, inner(time, 'event'), '@code');
  if (event === undefined) return;
  reading.when.push(event);
  const offset = inner(time, 'offset');
  const minutes = Number(take(context, offset, '@value'));
  const unit = take(context, offset, '@unit');
  if (minutes > 0 && (unit === 'min' || unit === 'h')) {
    reading.repeat['offset'] = unit === 'h' ? minutes * 60 : minutes;
  }
}

function readPhase(
  context: ConvertContext,
  phase: SourceNode,
  { period, often }: { period: SourceNode | undefined; often: SourceNode | undefined },
  reading: Reading,
): void {
  take(context, phase, '@xsi:type');
  const { repeat } = reading;
  const width = inner(phase, 'width');
  const unit = take(context, width, '@unit') ?? '';
  if (width && !often && period && DAYS_OR_LONGER.has(unit)) {
    repeat['boundsDuration'] = durationOf(context, width);
    const cycle = durationOf(context, period);
    if (cycle) reading.cycle = cycle;
    return;
  }
  if (period) Object.assign(repeat, frequencyOf(context, period));
  if (width) addDuration(context, width, unit, repeat);
  readMoment(context, phase, reading);
}

/** How long one administration takes. */
function addDuration(
  context: ConvertContext,
  width: SourceNode,
  unit: string,
  repeat: Record<string, unknown>,
): void {
  const duration = durationOf(context, width)?.['value'];
  const durationUnit = UNITS_OF_TIME[unit];
  if (duration === undefined || durationUnit === undefined) return;
  Object.assign(repeat, { duration, durationUnit });
}

const MOMENT = /^(\d{4})(\d{2})(\d{2})(?:([01]\d|2[0-3])([0-5]\d)?([0-5]\d)?)?/;

const clockIn = (node: SourceNode | undefined): readonly (string | undefined)[] => {
  const at = node?.children.find(({ name }) => name === '@value');
  return MOMENT.exec(at?.value ?? '')?.slice(1) ?? [];
};

function readMoment(context: ConvertContext, phase: SourceNode, reading: Reading): void {
  const [begin, end] = [inner(phase, 'low') ?? inner(phase, 'center'), inner(phase, 'high')];
  const [year, month, day, hour, minute = '00', second = '00'] = clockIn(begin);
  if (year === undefined) return;
  // From eight to ten is no part of the day that FHIR names: it stays unread.
  if (hour !== undefined && end !== undefined && DAY_PARTS[hour] === undefined) return;
  take(context, begin, '@value');
  const high = take(context, end, '@value');
  if (hour === undefined) {
    const weekday = WEEKDAYS[new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDay()];
    if (weekday !== undefined) reading.days.push(weekday);
  } else if (high !== undefined) {
    const part = DAY_PARTS[hour];
    if (part !== undefined) reading.when.push(part);
  } else {
    reading.times.push(`${hour}:${minute}:${second}`);
    // A time on another day than the first of 1970 also tells the day of the week.
    if (month === '06') {
      const weekday = WEEKDAYS[new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDay()];
      if (weekday !== undefined && !reading.days.includes(weekday)) reading.days.push(weekday);
    }
  }
}

/** Times per period; a period below one unit becomes a count per one unit. */
function countOf(context: ConvertContext, frequency: SourceNode) {
  const numerator = inner(frequency, 'numerator');
  const denominator = inner(frequency, 'denominator');
  for (const side of [numerator, denominator]) if (side) take(context, side, '@xsi:type');
  if (denominator === undefined) return undefined;
  const count = (node: SourceNode | undefined) => {
    const text = take(context, node, '@value');
    return text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : undefined;
  };
  const range = inner(numerator, 'uncertainRange');
  if (range) take(context, range, '@xsi:type');
  const least = count(numerator) ?? count(inner(range, 'low'));
  const most = count(inner(range, 'high'));
  if (least === undefined || least === 1) {
    const once = frequencyOf(context, denominator);
    return once && (most === undefined ? once : { ...once, frequencyMax: most });
  }
  const period = Number(take(context, denominator, '@value'));
  const periodUnit = UNITS_OF_TIME[take(context, denominator, '@unit') ?? ''];
  if (!(period > 0) || periodUnit === undefined) return undefined;
  const often = { frequency: least, ...(most === undefined ? {} : { frequencyMax: most }) };
  return { ...often, period, periodUnit };
}
