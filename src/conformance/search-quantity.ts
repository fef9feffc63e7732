/**
 * Numbers and quantities in searches. The precision asked for is the precision compared with: `5.4`
 * stands for 5.35 up to 5.45. https://hl7.org/fhir/R4/search.html#quantity
 */
import type { Prefix } from './search-date.ts';
import { canonicalUnit, inUnit, UCUM } from './ucum.ts';

export interface NumberAsked {
  readonly prefix: Prefix;
  readonly value: number;
  /** Half a unit of the last digit that was written. */
  readonly half: number;
}

export interface QuantityAsked extends NumberAsked {
  readonly system?: string;
  readonly code?: string;
}

interface NumberRange {
  readonly low: number;
  readonly high: number;
}

const DECIMAL = /^[+-]?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;
const CURRENCY = 'urn:iso:std:iso:4217';
const APPROXIMATE_SHARE = 0.1;
/** Room for binary fractions: 5.35 is not exactly halfway. */
const ROUNDING = 1e-9;

/** Reads a decimal with its precision; undefined when it is none. */
export function numberAsked(prefix: Prefix, text: string): NumberAsked | undefined {
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  // `1e2` is 95 up to 105, as search.html#number has it: one digit more than was written.
  const digits = match[2]?.length ?? (match[3] === undefined ? 0 : 1);
  const exponent = Number(match[3] ?? 0) - digits;
  return { prefix, value, half: 0.5 * 10 ** exponent };
}

/** Compares a number, Quantity, Range, Money, SampledData or Duration with what is asked. */
export function matchesQuantity(stored: unknown, asked: QuantityAsked): boolean {
  if (!sameUnit(stored, asked)) return false;
  const range = numberRange(stored, (unit) => converter(unit, asked));
  return range !== undefined && comparesTo(range, asked);
}

type Unit = { readonly system?: unknown; readonly code?: unknown; readonly unit?: unknown };
type Convert = (value: number) => number;

/** Into the UCUM unit asked for; undefined where the one cannot be had from the other. */
function converter(unit: Unit, { system, code }: QuantityAsked): Convert | undefined {
  if (system !== UCUM || code === undefined || unit.system !== UCUM || unit.code === code) {
    return undefined;
  }
  const to = canonicalUnit(code);
  const from = to && typeof unit.code === 'string' ? canonicalUnit(unit.code) : undefined;
  if (!to || from?.dimension !== to.dimension) return undefined;
  return (value) => inUnit(value, from, to);
}

/**
 * The numbers an element stands for: one, or a range where it says so (`<5`, low to high, samples).
 */
export function numberRange(
  stored: unknown,
  converting: (unit: Unit) => Convert | undefined = () => undefined,
): NumberRange | undefined {
  if (typeof stored !== 'object' || stored === null) return point(stored);
  const { value, comparator, low, high, origin, data } = stored as Record<string, unknown>;
  if (origin !== undefined) {
    const range = sampledRange(stored as Record<string, unknown>, data);
    return converted(range, converting(origin as Unit));
  }
  if (low !== undefined || high !== undefined) {
    return {
      low: numberRange(low, converting)?.low ?? -Infinity,
      high: numberRange(high, converting)?.high ?? Infinity,
    };
  }
  const exact = converted(value === undefined ? point(stored) : point(value), converting(stored));
  if (!exact) return undefined;
  if (comparator === '<' || comparator === '<=') return { low: -Infinity, high: exact.high };
  if (comparator === '>' || comparator === '>=') return { low: exact.low, high: Infinity };
  return exact;
}

function converted(
  range: NumberRange | undefined,
  convert: Convert | undefined,
): NumberRange | undefined {
  return range && convert ? { low: convert(range.low), high: convert(range.high) } : range;
}

/** Decimals arrive as numbers, or as objects that keep their digits and print as a decimal. */
function point(value: unknown): NumberRange | undefined {
  if (value === undefined || value === null || typeof value === 'boolean') return undefined;
  const number = Number(String(value));
  return Number.isFinite(number) && String(value) !== ''
    ? { low: number, high: number }
    : undefined;
}

function sampledRange(sampled: Record<string, unknown>, data: unknown): NumberRange | undefined {
  const origin = numberRange(sampled['origin'])?.low ?? 0;
  const factor = numberRange(sampled['factor'])?.low ?? 1;
  const samples = String(data ?? '')
    .split(/\s+/)
    .filter((sample) => DECIMAL.test(sample))
    .map((sample) => origin + factor * Number(sample));
  if (samples.length === 0) return undefined;
  return samples.reduce<NumberRange>(
    (range, sample) => ({ low: Math.min(range.low, sample), high: Math.max(range.high, sample) }),
    { low: Infinity, high: -Infinity },
  );
}

function comparesTo(stored: NumberRange, asked: NumberAsked): boolean {
  const { value, half } = asked;
  const slack = half * ROUNDING;
  const equal = stored.low >= value - half - slack && stored.high < value + half - slack;
  switch (asked.prefix) {
    case 'eq':
      return equal;
    case 'ne':
      return !equal;
    case 'gt':
      return stored.high > value;
    case 'ge':
      return stored.high >= value;
    case 'lt':
      return stored.low < value;
    case 'le':
      return stored.low <= value;
    case 'sa':
      return stored.low > value;
    case 'eb':
      return stored.high < value;
    case 'ap': {
      const margin = Math.max(Math.abs(value) * APPROXIMATE_SHARE, half);
      return stored.low <= value + margin && stored.high >= value - margin;
    }
  }
}

/**
 * `5.4|system|code` asks for the coded unit, or any that UCUM can turn into it; `5.4||mg` for the
 * code or the unit as written.
 */
function sameUnit(stored: unknown, asked: QuantityAsked): boolean {
  if (asked.code === undefined && asked.system === undefined) return true;
  return unitsOf(stored).some(
    (unit) =>
      ((asked.system === undefined || unit.system === asked.system) &&
        (asked.code === undefined ||
          unit.code === asked.code ||
          (asked.system === undefined && unit.unit === asked.code))) ||
      converter(unit, asked) !== undefined,
  );
}

function unitsOf(stored: unknown): Unit[] {
  if (typeof stored !== 'object' || stored === null) return [];
  const { low, high, origin, currency, ...own } = stored as Record<string, unknown>;
  if (currency !== undefined) return [{ system: CURRENCY, code: currency }];
  const inner = [low, high, origin].filter((one) => typeof one === 'object' && one !== null);
  return inner.length > 0 ? (inner as Unit[]) : [own];
}
