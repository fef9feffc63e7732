/**
 * `period-of-use` of the Dutch medication standard: a period whose missing end follows from the
 * other end and ext-TimeInterval.Duration. Days and longer are counted on the Dutch calendar.
 */
import { dateRange, rangeOf, type TimeRange } from './search-date.ts';
import { amsterdamDate, amsterdamMs } from './search-local-time.ts';
import { numberRange } from './search-quantity.ts';

const DURATION = 'http://nictiz.nl/fhir/StructureDefinition/ext-TimeInterval.Duration';

const UNIT_MS: Record<string, number> = { s: 1000, min: 60_000, h: 3_600_000 };
/** UCUM; each as months and days of the calendar. */
const UNIT_CALENDAR: Record<string, readonly [months: number, days: number]> = {
  d: [0, 1],
  wk: [0, 7],
  mo: [1, 0],
  a: [12, 0],
};

/** The time a medication is used, completed with its duration; undefined when nothing is known. */
export function periodOfUse(value: unknown): TimeRange | undefined {
  const range = rangeOf(value);
  if (typeof value !== 'object' || value === null) return range;
  const period = value as Record<string, unknown>;
  const duration = durationOf(period);
  if (!duration || !range) return range;
  const { start, end } = period;
  if (typeof start === 'string' && end === undefined) {
    const from = dateRange(start);
    return from && { low: from.low, high: shifted(from.low, duration, 1) };
  }
  if (typeof end === 'string' && start === undefined) {
    const until = dateRange(end);
    return until && { low: shifted(until.high, duration, -1), high: until.high };
  }
  return range;
}

interface Duration {
  readonly amount: number;
  readonly unit: string;
}

function durationOf(period: Record<string, unknown>): Duration | undefined {
  const extensions = [period['extension'], period['modifierExtension']].flat();
  for (const extension of extensions as ({ url?: unknown } | undefined)[]) {
    if (extension?.url !== DURATION) continue;
    const quantity = (extension as { valueDuration?: { code?: unknown } }).valueDuration;
    const amount = numberRange(quantity)?.high;
    const unit = String(quantity?.code);
    const known = unit in UNIT_MS || unit in UNIT_CALENDAR;
    if (amount !== undefined && Number.isFinite(amount) && known) return { amount, unit };
  }
  return undefined;
}

function shifted(ms: number, { amount, unit }: Duration, sign: 1 | -1): number {
  const exact = UNIT_MS[unit];
  if (exact !== undefined) return ms + sign * amount * exact;
  const [months, days] = UNIT_CALENDAR[unit] ?? [0, 0];
  if (!Number.isInteger(amount)) return ms + sign * amount * (months * 30 + days) * 86_400_000;
  const { year, month, day } = amsterdamDate(ms);
  const timeOfDay = ms - amsterdamMs(year, month, day);
  return amsterdamMs(year, month + sign * amount * months, day + sign * amount * days) + timeOfDay;
}
