/**
 * Home measurements: what is measured, when, in which unit and in which range, so that a slip of
 * the finger is refused at once, with its place (capabilities A10). The table is
 * profiles/medmij/measurements.yaml.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Coding, Resource } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';

interface Row {
  readonly system: string;
  readonly code: string;
  /** Absent: the values stand in the parts. */
  readonly units?: Readonly<Record<string, readonly [number, number]>>;
}

const FILE = new URL('../../../profiles/medmij/measurements.yaml', import.meta.url);
const UCUM = 'http://unitsofmeasure.org';

let table: ReadonlyMap<string, Row> | undefined;

function rows(): ReadonlyMap<string, Row> {
  if (!table) {
    const { measurements } = parse(readFileSync(FILE, 'utf8')) as { measurements: Row[] };
    table = new Map(measurements.map((row) => [`${row.system}|${row.code}`, row]));
  }
  return table;
}

interface Measured {
  code?: { coding?: Coding[] };
  valueQuantity?: { value?: unknown; system?: unknown; code?: unknown };
}

/** What an Observation can say: a value, parts with values, or why there is none. */
const SAYS = /^(_?value[A-Z]|component$|dataAbsentReason$|hasMember$|related$)/;

/**
 * @throws Problem `unprocessable` with the element that does not fit, or that is not there: what
 * is measured, a moment that is still to come, a unit, a value
 */
export function checkMeasurement(observation: Resource, place: string, now: Date): void {
  const components = observation['component'];
  const measured = observation as unknown as Measured;
  if (!rowOf(measured)) {
    throw unfit('This service takes no such measurement.', 'unknown-measurement', `${place}.code`);
  }
  requirePast(observation, place, now);
  if (!Object.keys(observation).some((name) => SAYS.test(name))) {
    throw unfit('This says nothing that was measured.', 'no-value', `${place}.value[x]`);
  }
  checkOne(measured, place);
  if (!Array.isArray(components)) return;
  for (const [at, one] of components.entries()) {
    checkOne(one as Measured, `${place}.component[${at}]`);
  }
}

const rowOf = ({ code }: Measured): Row | undefined =>
  code?.coding
    ?.map((coding) => rows().get(`${coding.system}|${coding.code}`))
    .find((found) => found !== undefined);

/** How far the clock of a phone may be ahead of ours. */
const CLOCK_AHEAD_MS_MAX = 15 * 60_000;
/** Where a day begins first: the zone of a date alone is not known. */
const FIRST_ZONE_MS = 14 * 3_600_000;

/** Nobody measured what is still to come (0810). */
function requirePast(observation: Resource, place: string, now: Date): void {
  const { start, end } = (observation['effectivePeriod'] ?? {}) as Record<string, unknown>;
  const moments = {
    effectiveDateTime: observation['effectiveDateTime'],
    'effectivePeriod.start': start,
    'effectivePeriod.end': end,
  };
  for (const [name, text] of Object.entries(moments)) {
    if (typeof text !== 'string') continue;
    const graceMs = text.includes('T') ? CLOCK_AHEAD_MS_MAX : FIRST_ZONE_MS;
    if (Date.parse(text) > now.getTime() + graceMs) {
      throw unfit('This moment is still to come.', 'in-the-future', `${place}.${name}`);
    }
  }
}

function checkOne(measured: Measured, place: string): void {
  const { valueQuantity } = measured;
  const units = rowOf(measured)?.units;
  if (!units || !valueQuantity) return;
  const unit = String(valueQuantity.code ?? '');
  const range = valueQuantity.system === UCUM ? units[unit] : undefined;
  if (!range) {
    const known = Object.keys(units).join(', ');
    throw unfit(`This is measured in ${known} (UCUM).`, 'unit', `${place}.valueQuantity.code`);
  }
  const value = Number(String(valueQuantity.value ?? ''));
  if (!(value >= range[0] && value <= range[1])) {
    const text = `In ${unit} this is between ${range[0]} and ${range[1]}.`;
    throw unfit(text, 'out-of-range', `${place}.valueQuantity.value`);
  }
}

const unfit = (text: string, code: string, place: string): Problem =>
  new Problem('unprocessable', text, { code, expression: [place] });
