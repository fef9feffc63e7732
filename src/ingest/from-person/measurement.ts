/**
 * Home measurements: the unit and the range of a value, so that a slip of the finger is refused at
 * once, with its place (capabilities A10). The table is profiles/medmij/measurements.yaml.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Coding, Resource } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';

interface Row {
  readonly system: string;
  readonly code: string;
  readonly units: Readonly<Record<string, readonly [number, number]>>;
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
 * @throws Problem `unprocessable` with the element whose unit or value does not fit, or that is
 * not there
 */
export function checkMeasurement(observation: Resource, place: string): void {
  const components = observation['component'];
  if (!Object.keys(observation).some((name) => SAYS.test(name))) {
    throw unfit('This says nothing that was measured.', 'no-value', `${place}.value[x]`);
  }
  checkOne(observation as unknown as Measured, place);
  if (!Array.isArray(components)) return;
  for (const [at, one] of components.entries()) {
    checkOne(one as Measured, `${place}.component[${at}]`);
  }
}

function checkOne({ code, valueQuantity }: Measured, place: string): void {
  const row = code?.coding
    ?.map((coding) => rows().get(`${coding.system}|${coding.code}`))
    .find((found) => found !== undefined);
  if (!row || !valueQuantity) return;
  const unit = String(valueQuantity.code ?? '');
  const range = valueQuantity.system === UCUM ? row.units[unit] : undefined;
  if (!range) {
    const units = Object.keys(row.units).join(', ');
    throw unfit(`This is measured in ${units} (UCUM).`, 'unit', `${place}.valueQuantity.code`);
  }
  const value = Number(String(valueQuantity.value ?? ''));
  if (!(value >= range[0] && value <= range[1])) {
    const text = `In ${unit} this is between ${range[0]} and ${range[1]}.`;
    throw unfit(text, 'out-of-range', `${place}.valueQuantity.value`);
  }
}

const unfit = (text: string, code: string, place: string): Problem =>
  new Problem('unprocessable', text, { code, expression: [place] });
