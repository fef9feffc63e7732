/** Numbers of searches once more, as fractions of whole numbers, so that nothing is rounded. */

/** A decimal as `digits` times ten to the power of `exponent`. */
interface Whole {
  readonly digits: bigint;
  readonly exponent: number;
}

interface Span {
  /** Undefined: no end on this side. */
  readonly low: Whole | undefined;
  readonly high: Whole | undefined;
}

/** Whether a stored number, Quantity, Range or SampledData answers `gt5.4|system|code`. */
export function plainQuantity(
  stored: unknown,
  [number = '', system, code]: readonly string[],
): boolean {
  const [, prefix = 'eq', text = ''] = /^(eq|ne|gt|ge|lt|le|sa|eb|ap)?(.*)$/.exec(number) ?? [];
  const span = spanOf(stored, system === UCUM ? code : undefined);
  if (!span || !hasUnit(stored, system, code)) return false;
  const asked = wholeOf(text);
  // `1e2` is 95 up to 105 in the table of search.html#number: a digit more than it shows.
  const written = /^[^.]*[eE]/.test(text) ? asked.exponent - 1 : asked.exponent;
  const half: Whole = { digits: 5n, exponent: written - 1 };
  const [below, above] = [plus(asked, half, -1n), plus(asked, half, 1n)];
  const equal =
    span.low !== undefined &&
    span.high !== undefined &&
    !less(span.low, below) &&
    less(span.high, above);
  switch (prefix) {
    case 'eq':
      return equal;
    case 'ne':
      return !equal;
    case 'gt':
      return span.high === undefined || less(asked, span.high);
    case 'ge':
      return span.high === undefined || !less(span.high, asked);
    case 'lt':
      return span.low === undefined || less(span.low, asked);
    case 'le':
      return span.low === undefined || !less(asked, span.low);
    case 'sa':
      return span.low !== undefined && less(asked, span.low);
    case 'eb':
      return span.high !== undefined && less(span.high, asked);
    default: {
      const tenth = {
        digits: asked.digits < 0n ? -asked.digits : asked.digits,
        exponent: asked.exponent - 1,
      };
      const margin = less(tenth, half) ? half : tenth;
      return (
        (span.low === undefined || !less(plus(asked, margin, 1n), span.low)) &&
        (span.high === undefined || !less(span.high, plus(asked, margin, -1n)))
      );
    }
  }
}

const UCUM = 'http://unitsofmeasure.org';
/** Powers of ten of units that can be turned into each other. */
const POWERS: readonly Readonly<Record<string, number>>[] = [
  { mg: -3, g: 0, kg: 3 },
  { 'nmol/L': -9, 'umol/L': -6, 'mmol/L': -3 },
];

/** How many powers of ten lie between two units; undefined: no number of them does. */
function powersBetween(from: unknown, to: string | undefined): number | undefined {
  if (to === undefined) return undefined;
  const scale = POWERS.find((one) => one[to] !== undefined && one[String(from)] !== undefined);
  return scale && (scale[String(from)] ?? 0) - (scale[to] ?? 0);
}

/** @param to the UCUM code of the unit to give it in, as far as that can be done. */
function spanOf(stored: unknown, to?: string): Span | undefined {
  const { system, code } = (typeof stored === 'object' ? (stored ?? {}) : {}) as {
    system?: unknown;
    code?: unknown;
  };
  const powers = system === UCUM ? powersBetween(code, to) : undefined;
  const shifted = (one: Whole): Whole => ({ ...one, exponent: one.exponent + (powers ?? 0) });
  if (typeof stored !== 'object' || stored === null) {
    const one = wholeOf(String(stored));
    return { low: one, high: one };
  }
  const { value, comparator, low, high, origin, factor, data } = stored as Record<string, unknown>;
  if (origin !== undefined) {
    const start = spanOf(origin)?.low ?? wholeOf('0');
    const inUnit = origin as { system?: unknown; code?: unknown };
    const moved = inUnit.system === UCUM ? (powersBetween(inUnit.code, to) ?? 0) : 0;
    const by = wholeOf(String(factor ?? 1));
    const samples = String(data ?? '')
      .split(/\s+/)
      .filter((one) => /^-?\d/.test(one))
      .map((one) => plus(start, times(by, wholeOf(one)), 1n))
      .map((one) => ({ ...one, exponent: one.exponent + moved }))
      .toSorted((a, b) => (less(a, b) ? -1 : 1));
    return samples.length === 0 ? undefined : { low: samples[0], high: samples.at(-1) };
  }
  if (low !== undefined || high !== undefined) {
    return {
      low: low === undefined ? undefined : spanOf(low, to)?.low,
      high: high === undefined ? undefined : spanOf(high, to)?.high,
    };
  }
  if (value === undefined) return undefined;
  const one = shifted(wholeOf(String(value)));
  if (String(comparator).startsWith('<')) return { low: undefined, high: one };
  if (String(comparator).startsWith('>')) return { low: one, high: undefined };
  return { low: one, high: one };
}

function hasUnit(stored: unknown, system: string | undefined, code: string | undefined): boolean {
  if (!system && !code) return true;
  if (typeof stored !== 'object' || stored === null) return false;
  const { low, high, origin } = stored as Record<string, unknown>;
  const parts = [low, high, origin].filter((one) => one !== undefined);
  return (parts.length > 0 ? parts : [stored]).some((one) => {
    const { system: own, code: ownCode, unit } = one as Record<string, unknown>;
    if (system && own !== system) return false;
    if (system === UCUM && powersBetween(ownCode, code) !== undefined) return true;
    return !code || ownCode === code || (!system && unit === code);
  });
}

function wholeOf(text: string): Whole {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) throw new Error(`Not a number: ${text}`);
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  return { digits, exponent: Number(exponent) - fraction.length };
}

function aligned(a: Whole, b: Whole): [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent);
  const at = ({ digits, exponent: own }: Whole) => digits * 10n ** BigInt(own - exponent);
  return [at(a), at(b), exponent];
}

function less(a: Whole, b: Whole): boolean {
  const [left, right] = aligned(a, b);
  return left < right;
}

function plus(a: Whole, b: Whole, sign: bigint): Whole {
  const [left, right, exponent] = aligned(a, b);
  return { digits: left + sign * right, exponent };
}

function times(a: Whole, b: Whole): Whole {
  return { digits: a.digits * b.digits, exponent: a.exponent + b.exponent };
}
