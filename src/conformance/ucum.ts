/**
 * Units of UCUM as factors over base units, so that 5.4 g answers a question about 5400 mg. What is
 * not listed, and scales that are no ratio (pH, Celsius inside a product), compare by their code
 * only. https://ucum.org/ucum (tables 2 to 26), https://hl7.org/fhir/R4/search.html#quantity
 */
export const UCUM = 'http://unitsofmeasure.org';

/** `value × factor + offset` in base units; `dimension` is equal for units that can be compared. */
export interface Canonical {
  readonly factor: number;
  readonly offset: number;
  readonly dimension: string;
}

interface Unit {
  readonly factor: number;
  /** Exponents by base unit; arbitrary units are their own base. */
  readonly powers: ReadonlyMap<string, number>;
}

const PREFIXES: Readonly<Record<string, number>> = {
  ...{ Y: 1e24, Z: 1e21, E: 1e18, P: 1e15, T: 1e12, G: 1e9, M: 1e6, k: 1e3, h: 1e2, da: 10 },
  ...{ d: 0.1, c: 1e-2, m: 1e-3, u: 1e-6, n: 1e-9, p: 1e-12, f: 1e-15, a: 1e-18, z: 1e-21 },
};

/** Atom, factor, and what it is in base units: `g.m-1.s-2`. */
const METRIC = `m 1 m|s 1 s|g 1 g|rad 1 rad|K 1 K|C 1 C|cd 1 cd|mol 6.0221367e23 1|
eq 6.0221367e23 1|osm 6.0221367e23 1|L 1e-3 m3|l 1e-3 m3|Hz 1 s-1|N 1e3 g.m.s-2|
Pa 1e3 g.m-1.s-2|bar 1e8 g.m-1.s-2|J 1e3 g.m2.s-2|W 1e3 g.m2.s-3|A 1 C.s-1|V 1e3 g.m2.s-2.C-1|
F 1e-3 g-1.m-2.s2.C2|Ohm 1e3 g.m2.s-1.C-2|S 1e-3 g-1.m-2.s.C2|Wb 1e3 g.m2.s-1.C-1|
T 1e3 g.s-1.C-1|H 1e3 g.m2.C-2|lm 1 cd.sr|lx 1 cd.sr.m-2|Bq 1 s-1|Ci 3.7e10 s-1|Gy 1 m2.s-2|
Sv 1 m2.s-2|kat 6.0221367e23 s-1|U 1.00368945e16 s-1|cal 4184 g.m2.s-2|t 1e6 g|st 1 m3|ar 100 m2|
m[Hg] 1.33322e8 g.m-1.s-2|m[H2O] 9.80665e6 g.m-1.s-2|eV 1.60217733e-16 g.m2.s-2|
[iU] 1 [iU]|[IU] 1 [iU]|sr 1 sr`;
const OTHER = `10* 10 1|10^ 10 1|% 1e-2 1|[ppth] 1e-3 1|[ppm] 1e-6 1|[ppb] 1e-9 1|min 60 s|h 3600 s|
d 86400 s|wk 604800 s|mo 2629800 s|a 31557600 s|deg 0.017453292519943295 rad|
[pi] 3.141592653589793 1|[in_i] 0.0254 m|[ft_i] 0.3048 m|[lb_av] 453.59237 g|[oz_av] 28.349523125 g|
[drp] 5e-8 m3|[diop] 1 m-1|[CFU] 1 [CFU]|[PFU] 1 [PFU]|[arb'U] 1 [arb'U]|[USP'U] 1 [USP'U]|
[Cal] 4184000 g.m2.s-2`;

/** Temperatures, which compare only when they stand alone. */
const SCALES: Readonly<Record<string, Canonical>> = {
  Cel: { factor: 1, offset: 273.15, dimension: 'K1' },
  '[degF]': { factor: 5 / 9, offset: 273.15 - (32 * 5) / 9, dimension: 'K1' },
};

const UNIT_LENGTH_MAX = 60;
const KNOWN_MAX = 2_000;
const known = new Map<string, Canonical | undefined>();

/** Undefined for what is no unit that we know, or none that can be compared. */
export function canonicalUnit(code: string): Canonical | undefined {
  if (known.has(code)) return known.get(code);
  const scale = SCALES[code];
  const unit = scale ? undefined : readUnit(code);
  const found = scale ?? (unit && { factor: unit.factor, offset: 0, dimension: named(unit) });
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(code, found);
  return found;
}

/** The number in the other unit, with the digits that a division leaves right. */
export function inUnit(value: number, from: Canonical, to: Canonical): number {
  if (!Number.isFinite(value)) return value;
  const base = value * from.factor + from.offset;
  return Number(((base - to.offset) / to.factor).toPrecision(12));
}

function readUnit(code: string): Unit | undefined {
  if (code === '' || code.length > UNIT_LENGTH_MAX) return undefined;
  // An annotation says nothing about the amount; standing alone it counts things.
  const tokens = code.replace(/(^|[./(])\{[^{}]*\}/g, '$11').replace(/\{[^{}]*\}/g, '');
  const parts = tokens.match(/[./()]|(?:\[[^[\]]*\]|[^./()[\]])+/g) ?? [];
  if (parts.join('') !== tokens || parts.length === 0) return undefined;
  const reading = { parts, at: 0 };
  const unit = readTerm(reading);
  return reading.at === parts.length ? unit : undefined;
}

interface Reading {
  readonly parts: readonly string[];
  at: number;
}

/** Units that are multiplied and divided from left to right, as UCUM has it. */
function readTerm(reading: Reading): Unit | undefined {
  const { parts } = reading;
  let left: Unit = { factor: 1, powers: new Map() };
  let sign = 1;
  if (parts[reading.at] === '/') {
    sign = -1;
    reading.at += 1;
  }
  for (;;) {
    const right = readComponent(reading);
    if (!right) return undefined;
    left = times(left, right, sign);
    const operator = parts[reading.at];
    if (operator !== '.' && operator !== '/') return left;
    sign = operator === '/' ? -1 : 1;
    reading.at += 1;
  }
}

function readComponent(reading: Reading): Unit | undefined {
  const part = reading.parts[reading.at];
  if (part === undefined || './)'.includes(part)) return undefined;
  reading.at += 1;
  if (part !== '(') return simple(part);
  const inner = readTerm(reading);
  if (reading.parts[reading.at] !== ')') return undefined;
  reading.at += 1;
  return inner;
}

/** One atom with its prefix and exponent, or a whole number. */
function simple(part: string): Unit | undefined {
  if (/^\d{1,12}$/.test(part)) return { factor: Number(part), powers: new Map() };
  const power = /^(10[*^]|.*?[^\d+-])([+-]?\d{1,2})$/.exec(part);
  const unit = atom(power?.[1] ?? part);
  return unit && times({ factor: 1, powers: new Map() }, unit, Number(power?.[2] ?? 1));
}

function atom(text: string): Unit | undefined {
  const { metric, other } = atoms();
  const own = metric.get(text) ?? other.get(text);
  if (own) return own;
  for (const length of [2, 1]) {
    const prefix = PREFIXES[text.slice(0, length)];
    const unit = prefix === undefined ? undefined : metric.get(text.slice(length));
    if (prefix !== undefined && unit) return { ...unit, factor: unit.factor * prefix };
  }
  return undefined;
}

function times(left: Unit, right: Unit, exponent: number): Unit {
  const powers = new Map(left.powers);
  for (const [base, power] of right.powers) {
    powers.set(base, (powers.get(base) ?? 0) + power * exponent);
  }
  return { factor: left.factor * right.factor ** exponent, powers };
}

function named({ powers }: Unit): string {
  const there = [...powers].filter(([, power]) => power !== 0);
  return there
    .map(([base, power]) => base + power)
    .toSorted()
    .join('.');
}

let tables: { metric: ReadonlyMap<string, Unit>; other: ReadonlyMap<string, Unit> } | undefined;

function atoms(): NonNullable<typeof tables> {
  tables ??= { metric: table(METRIC), other: table(OTHER) };
  return tables;
}

function table(text: string): Map<string, Unit> {
  return new Map(
    text.split('|').map((row) => {
      const [name = '', factor = '', bases = ''] = row.trim().split(' ');
      const powers = new Map(
        bases === '1'
          ? []
          : bases.split('.').map((base) => {
              const [, unit = base, power = '1'] = /^(.*?[^\d-])(-?\d+)?$/.exec(base) ?? [];
              return [unit, Number(power)] as const;
            }),
      );
      return [name, { factor: Number(factor), powers }] as const;
    }),
  );
}
