/**
 * Points and intervals of time (TS, IVL_TS) to dateTime, date and Period (source-formats 2.2,
 * 2.3).
 */
import { type ConvertContext, type Converter, take } from '../../mapping/converter.ts';
import { hl7Time } from '../../mapping/date-time.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { Typed } from '../../mapping/target.ts';
import { durationOf } from './quantity.ts';

const DURATION_URL = 'http://nictiz.nl/fhir/StructureDefinition/ext-TimeInterval.Duration';

const REASONS = {
  'not-a-time': 'The value is not a date or time that exists.',
  'skipped-by-clock': 'The clock skipped this time in spring.',
} as const;

/** The `value` attribute as dateTime; what is no time is reported and left out. */
export function timeOf(context: ConvertContext, node: SourceNode | undefined): string | undefined {
  const leaf = node?.children.find((child) => child.name === '@value');
  const text = take(context, leaf);
  if (leaf === undefined || text === undefined) return undefined;
  const found = hl7Time(text, context.overlay.zone);
  if (typeof found === 'string') {
    context.reject(leaf, found, REASONS[found]);
    return undefined;
  }
  if (found.note) {
    context.note(
      leaf,
      'clock-twice',
      'This clock time occurs twice on that day; the first one was taken.',
    );
  }
  return found.value;
}

/**
 * Low and high as Period, a width as extension ext-TimeInterval.Duration (option `duration: true`).
 * A single value is a period that starts and ends there; with option `open` it only starts: of what
 * has a state, as an alert, that is when it was seen.
 */
export function periodOf(
  context: ConvertContext,
  node: SourceNode,
): Record<string, unknown> | undefined {
  const child = (name: string) => childrenNamed(node, name)[0];
  take(context, node, '@xsi:type');
  const at = timeOf(context, node);
  const start = timeOf(context, child('low')) ?? at;
  const end = timeOf(context, child('high')) ?? (context.options['open'] === true ? undefined : at);
  const width =
    context.options['duration'] === true ? durationOf(context, child('width')) : undefined;
  if (start === undefined && end === undefined && width === undefined) return undefined;
  if (start !== undefined && end !== undefined && isReversed(start, end)) {
    context.note(child('high') ?? node, 'period-reversed', 'The period ends before it begins.');
  }
  return {
    ...(width ? { extension: [{ url: DURATION_URL, valueDuration: width }] } : {}),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  };
}

function firstTime(
  context: ConvertContext,
  nodes: readonly (SourceNode | undefined)[],
): string | undefined {
  for (const node of nodes) {
    const found = timeOf(context, node);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** By the digits that both have: a day ends after every moment of it. */
function isReversed(start: string, end: string): boolean {
  const digits = Math.min(start.length, end.length);
  const [from, to] = [start, end].map((one) => one.slice(0, digits)) as [string, string];
  return digits > '2026-01-01T00:00'.length ? Date.parse(start) > Date.parse(end) : from > to;
}

export const timeConverters = {
  /** A Period when both bounds are there, else a dateTime: for `effective[x]` and the like. */
  moment: {
    type: 'dateTime',
    convert(node, context) {
      const bounds = ['low', 'high'].map((name) => childrenNamed(node, name)[0]);
      if (bounds.every((one) => one?.children.some((child) => child.name === '@value'))) {
        const period = periodOf(context, node);
        return period && new Typed('Period', period);
      }
      take(context, node, '@xsi:type');
      const single = [node, ...bounds, childrenNamed(node, 'center')[0]];
      return firstTime(context, single);
    },
  },
  /** The value itself, else the low bound, else the middle of an interval without bounds. */
  time: {
    type: 'dateTime',
    convert(node, context) {
      take(context, node, '@xsi:type');
      const single = ['low', 'center'].map((name) => childrenNamed(node, name)[0]);
      return firstTime(context, [node, ...single]);
    },
  },
  /**
   * An instant needs a time with offset; a date alone gives none, or with option `midnight` the
   * beginning of that day, where FHIR requires an instant.
   */
  instant: {
    type: 'instant',
    convert(node, context) {
      const found = timeOf(context, node);
      if (found?.includes('T')) return found;
      if (context.options['midnight'] !== true || found?.length !== 10) return undefined;
      const begins = hl7Time(`${found.replaceAll('-', '')}000000`, context.overlay.zone);
      return typeof begins === 'string' ? undefined : begins.value;
    },
  },
  date: {
    type: 'date',
    convert(node, context) {
      return timeOf(context, node)?.slice(0, 10);
    },
  },
  period: { type: 'Period', convert: (node, context) => periodOf(context, node) },
} satisfies Record<string, Converter>;
