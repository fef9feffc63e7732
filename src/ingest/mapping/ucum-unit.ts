/**
 * Is a unit text a UCUM unit (ucum.org, case sensitive)? Only the atoms that care uses are
 * listed; what is not recognised is kept as text, which is safe, while a wrong code is not. So
 * those are left out that people write for something else: `dag` (a day, no dekagram), `st`
 * (pieces, no stere), `pH` (no picohenry), `T/l`, `EU/ml`, `C` and `F` of degrees, `K/uL`, and a
 * million of what is measured in thousandths (`Mmol/l`, `Mg`, `ML`).
 */
const PREFIXES = [...'GMkhdcmunpfa'];
const METRIC =
  'm s g L l mol eq osm U kat Pa bar Hz N J W V A Ohm S lm lx Bq Gy Sv Ci Cel cal B [iU] [IU] m[Hg] m[H2O] eV bit By';
const OTHER =
  "10* 10^ % min h d a wk mo deg [pi] [ppth] [ppm] [ppb] [pH] [degF] [in_i] [ft_i] [lb_av] [oz_av] [CFU] [PFU] [drp] [arb'U] [USP'U] [beth'U] [diop] [hp_X] Cel/min";
const NEVER_MILLIONS = new Set('m s g L l mol eq osm'.split(' '));
const METRIC_ATOMS = new Set(METRIC.split(' '));
const OTHER_ATOMS = new Set(OTHER.split(' '));
/** Longer than any unit in use; bounds the work on a hostile text. */
const UNIT_LENGTH_MAX = 40;

const judged = new Map<string, boolean>();
const UNITS_KEPT_MAX = 5_000;

export function isUcum(text: string): boolean {
  if (text === '' || text.length > UNIT_LENGTH_MAX) return false;
  const known = judged.get(text);
  if (known !== undefined) return known;
  if (judged.size >= UNITS_KEPT_MAX) judged.clear();
  const isUnit = judge(text);
  judged.set(text, isUnit);
  return isUnit;
}

function judge(text: string): boolean {
  if (!/^[\x21-\x7e]+$/.test(text)) return false;
  const flat = withoutBrackets(text);
  if (flat === undefined) return false;
  const body = flat.startsWith('/') ? flat.slice(1) : flat;
  if (/[./]{2}|[./]$|^[./]/.test(body)) return false;
  const parts = body.match(/(?:\{[^{}]*\}|\[[^[\]]*\]|[^./{}[\]])+/g) ?? [];
  return parts.join('').length === body.replace(/[./]/g, '').length + annotationDots(body)
    ? parts.length > 0 && parts.every(isPart)
    : false;
}

/** `mmol/(24.h)`: brackets only group, so they may go where they stand for a whole term. */
function withoutBrackets(text: string): string | undefined {
  let flat = text;
  while (flat.includes('(')) {
    const next = flat.replace(/(^|[./])\(([^()]+)\)(?=$|[./])/, '$1$2');
    if (next === flat) return undefined;
    flat = next;
  }
  return flat.includes(')') ? undefined : flat;
}

/** Points and slashes inside braces belong to the annotation. */
const annotationDots = (body: string): number =>
  [...body.matchAll(/\{[^{}]*\}|\[[^[\]]*\]/g)].reduce(
    (sum, match) => sum + (match[0].match(/[./]/g)?.length ?? 0),
    0,
  );

function isPart(part: string): boolean {
  const bare = part.replace(/\{[^{}]*\}$/, '');
  if (bare === '') return part !== '';
  // `109/l` is `10⁹/l` that lost its exponent, and no number of units.
  if (/^\d+$/.test(bare)) return !/^10(3|6|9|12)$/.test(bare);
  const exponent = /^(10[*^])[+-]?\d+$/.exec(bare) ?? /^(.*?[A-Za-z\]%])([+-]?\d)$/.exec(bare);
  const atom = exponent?.[1] ?? bare;
  if (METRIC_ATOMS.has(atom) || OTHER_ATOMS.has(atom)) return true;
  const [prefix = '', rest] = [atom.slice(0, 1), atom.slice(1)];
  if ((prefix === 'M' || prefix === 'G') && NEVER_MILLIONS.has(rest)) return false;
  return PREFIXES.includes(prefix) && METRIC_ATOMS.has(rest);
}
