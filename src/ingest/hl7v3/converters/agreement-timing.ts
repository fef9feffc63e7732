/**
 * Dosing schedules of medication 9 before they were written as FHIR Timing: PIVL_TS and EIVL_TS of
 * the namespace `urn:hl7-nl:v3`, alone or together in an SXPR_TS (source-formats 9). The phase says
 * when: a low alone is a time of day or a day of the week, low and high a part of the day, a width
 * how long it takes or, with a cycle, how long it is taken.
 */
import { type ConvertContext, take } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { isEventTiming } from './fhir-timing.ts';
import { same } from './line-timing.ts';
import { durationOf } from './quantity.ts';
import {
  frequencyOf,
  isOneCycle,
  isOtherSet,
  listMoments,
  type Moment,
  UNITS_OF_TIME,
} from './timing.ts';

const EXACT = 'http://hl7.org/fhir/StructureDefinition/timing-exact';

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** Part of the day by the hours from which and to which it lasts. */
const DAY_PARTS: Readonly<Record<string, string>> = {
  '0000-0600': 'NIGHT',
  '0600-1200': 'MORN',
  '1200-1800': 'AFT',
  '1800-0000': 'EVE',
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
  readonly moments: Moment[];
  readonly events: Event[];
  readonly durations: Record<string, unknown>[];
  cycle?: Record<string, unknown>;
}

/** A meal or the like, and how many minutes before or after it. */
interface Event {
  readonly code: string;
  readonly distance?: number;
  readonly offset?: SourceNode | undefined;
}

export function scheduleOf(context: ConvertContext, times: readonly SourceNode[]): Schedule {
  const reading: Reading = { repeat: {}, moments: [], events: [], durations: [] };
  const parts = times.flatMap(partsOf);
  const isOther = [...times, ...parts].filter((one) => isOtherSet(context, one)).length > 0;
  if (isOther || !isOneCycle(context, parts.flatMap(oftenOf))) return { repeat: {} };
  for (const time of times) readTime(context, time, reading);
  const { repeat, cycle } = reading;
  addLists(context, times[0], reading);
  addEvents(context, times[0], reading);
  addDuration(context, times[0], reading);
  return { repeat, ...(cycle ? { cycle } : {}) };
}

/** What an expression joins, to any depth; else the time itself. */
function partsOf(time: SourceNode): readonly SourceNode[] {
  const parts = [...childrenNamed(time, 'comp'), ...childrenNamed(time, 'hl7nl:comp')];
  return parts.length === 0 ? [time] : parts.flatMap(partsOf);
}

/** The cycle of a part that says how often; one of days on and off says how long. */
function oftenOf(part: SourceNode): readonly SourceNode[] {
  const period = inner(part, 'period');
  const width = inner(inner(part, 'phase'), 'width');
  const unit = width?.children.find(({ name }) => name === '@unit')?.value ?? '';
  return period && !DAYS_OR_LONGER.has(unit) ? [period] : [];
}

function addLists(
  context: ConvertContext,
  time: SourceNode | undefined,
  { repeat, moments }: Reading,
): void {
  if (time === undefined || moments.length === 0) return;
  const { frequency, ...lists } = listMoments(context, time, moments);
  Object.assign(repeat, lists);
  if (moments.length > 1 && repeat['frequency'] === 1) repeat['frequency'] = frequency;
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
  const event = inner(time, 'event');
  const code = event?.children.find(({ name }) => name === '@code');
  if (event === undefined || code?.value === undefined) return;
  if (!isEventTiming(code.value)) {
    context.reject(code, 'unknown-code', 'FHIR knows no such moment of the day.');
    return;
  }
  take(context, event, '@code');
  const offset = inner(time, 'offset');
  const at = inner(offset, 'low') ?? offset;
  const minutes = minutesOf(at);
  // Before a meal the distance may be written as one that goes back.
  const distance = /^A/.test(code.value) ? Math.abs(minutes) : minutes;
  // During a meal nothing can be before or after it.
  const isTold = distance > 0 && !/^C/.test(code.value.trim());
  reading.events.push({ code: code.value.trim(), ...(isTold ? { distance, offset: at } : {}) });
}

/**
 * FHIR has one distance for all of them: where half an hour is meant of one only, it stays unread.
 * Whether an event is another moment than a clock time beside it or the same, nobody can say.
 */
function addEvents(
  context: ConvertContext,
  time: SourceNode | undefined,
  { repeat, moments, events }: Reading,
): void {
  const [first] = events;
  if (time === undefined || first === undefined) return;
  if (moments.length > 0) {
    const text = 'Clock times and moments of the day at once; the text says when.';
    context.note(time, 'days-and-times', text);
    for (const name of SCHEDULE) delete repeat[name];
    return;
  }
  const codes = [...new Set(events.map(({ code }) => code))];
  if (repeat['frequency'] === 1 && isDaily(repeat)) repeat['frequency'] = codes.length;
  repeat['when'] = codes;
  const isShared = events.every((one) => one.distance === first.distance);
  if (!isShared || first.distance === undefined) return;
  for (const { offset } of events) {
    for (const name of ['@value', '@unit']) take(context, offset, name);
  }
  repeat['offset'] = first.distance;
}

const SCHEDULE = [
  'frequency',
  'frequencyMax',
  'period',
  'periodUnit',
  'dayOfWeek',
  'timeOfDay',
  'when',
];

const isDaily = ({ period, periodUnit }: Record<string, unknown>): boolean =>
  period === 1 && periodUnit === 'd';

/** Not a number for anything but whole minutes or hours. */
function minutesOf(offset: SourceNode | undefined): number {
  const text = (name: string) => offset?.children.find((one) => one.name === name)?.value?.trim();
  const factor = { min: 1, h: 60 }[text('@unit') ?? ''];
  const minutes = Number(text('@value')) * (factor ?? Number.NaN);
  return Number.isInteger(minutes) ? minutes : Number.NaN;
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
  if (width) readDuration(context, width, unit, reading);
  readMoment(context, phase, reading);
}

/** How long one administration takes. */
function readDuration(
  context: ConvertContext,
  width: SourceNode,
  unit: string,
  { durations }: Reading,
): void {
  const duration = durationOf(context, width)?.['value'];
  const durationUnit = UNITS_OF_TIME[unit];
  if (duration === undefined || durationUnit === undefined) return;
  durations.push({ duration, durationUnit });
}

function addDuration(
  context: ConvertContext,
  time: SourceNode | undefined,
  { repeat, durations }: Reading,
): void {
  const [first, ...others] = durations;
  if (time === undefined || first === undefined) return;
  if (others.every((other) => same(other, first))) {
    Object.assign(repeat, first);
    return;
  }
  const text = 'One takes longer than another; the text says how long.';
  context.note(time, 'several-durations', text);
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
  const [, , , endHour = '00', endMinute = '00'] = clockIn(end);
  const part = end && DAY_PARTS[`${hour}${minute}-${endHour}${endMinute}`];
  // From eight to ten is no part of the day that FHIR names: it stays unread.
  if (end !== undefined && part === undefined) return;
  take(context, begin, '@value');
  take(context, end, '@value');
  // A time on another day than the first of 1970 also tells the day of the week.
  const isOfWeek = hour === undefined || month === '06';
  const weekday = WEEKDAYS[new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDay()];
  reading.moments.push({
    ...(isOfWeek && weekday !== undefined ? { day: weekday } : {}),
    ...(hour === undefined || part !== undefined ? {} : { time: `${hour}:${minute}:${second}` }),
    ...(part === undefined ? {} : { part }),
  });
}

/** Times per period; a period below one unit becomes a count per one unit. */
function countOf(context: ConvertContext, frequency: SourceNode) {
  const numerator = inner(frequency, 'numerator');
  const denominator = inner(frequency, 'denominator');
  const range = inner(numerator, 'uncertainRange');
  for (const node of [numerator, denominator, range]) if (node) take(context, node, '@xsi:type');
  if (denominator === undefined) return undefined;
  const least = countIn(context, numerator) ?? countIn(context, inner(range, 'low'));
  const most = countIn(context, inner(range, 'high'));
  // Of a number of times that nobody knows, or that is none, nobody may make "once".
  if (numerator !== undefined && least === undefined && most === undefined) return undefined;
  if ((least ?? 1) === 1 && most === undefined) return frequencyOf(context, denominator);
  const often = {
    ...(least === undefined ? {} : { frequency: least }),
    ...(most === undefined ? {} : { frequencyMax: most }),
  };
  const period = Number(take(context, denominator, '@value'));
  const periodUnit = UNITS_OF_TIME[take(context, denominator, '@unit') ?? ''];
  if (!(period > 0) || periodUnit === undefined) return undefined;
  return { ...often, period, periodUnit };
}

function countIn(context: ConvertContext, node: SourceNode | undefined): number | undefined {
  const leaf = node?.children.find(({ name }) => name === '@value');
  if (leaf?.value === undefined) return undefined;
  if (/^\s*[1-9]\d{0,3}\s*$/.test(leaf.value)) return Number(take(context, leaf));
  context.reject(leaf, 'not-a-count', 'The value is not a number of times.');
  return undefined;
}
