/** Bodies that are almost FHIR, and bodies that are nothing. */
import type { Random } from '../../src/demo/region/random.ts';
import { oddShape } from './fuzz-shapes.ts';

type Json = unknown;

const ODD: readonly Json[] = [
  null,
  true,
  -1,
  1e308,
  '',
  'x',
  [],
  {},
  [null],
  [[]],
  { resourceType: 'Patient' },
  'urn:uuid:x',
  'Patient?identifier=a|b',
  '\u0000',
  '<script>',
  ['a', ['b']],
  { reference: 1 },
  { reference: 'Patient/x' },
];

/** A body by the same random stream is the same body. */
export function hostileBody(random: Random, references: readonly string[]): Buffer {
  const kind = random.int(0, 18);
  if (kind > 14) return oddShape(random, references);
  if (kind === 0) return Buffer.from(random.pick(RAW));
  if (kind === 1) return noise(random);
  if (kind === 2) return Buffer.from(nested(random.int(2, 3_000)));
  const whole = JSON.stringify(
    mutated(random, random.pick([0, 0.01, 0.04]), startOf(random, references), 0),
  );
  if (kind === 3) return Buffer.from(whole.slice(0, random.int(0, whole.length)));
  if (kind === 4) return Buffer.from(asXml(random));
  return Buffer.from(whole);
}

const RAW = [
  '',
  '{',
  '[]',
  'null',
  '"text"',
  '{"resourceType":"Patient","resourceType":"Observation"}',
  '{"resourceType":{}}',
  '{"resourceType":"Patient","__proto__":{"x":1}}',
  '{"resourceType":"Patient","id":1e999}',
  '\ufeff{"resourceType":"Patient"}',
  '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Patient>&e;</Patient>',
  'identifier=a|b&_count=x',
  '[{"op":"add","path":"/__proto__/x","value":1}]',
  '[{"op":"replace","path":"/status","value":{"a":[1]}}]',
];

function noise(random: Random): Buffer {
  return Buffer.from(Array.from({ length: random.int(1, 400) }, () => random.int(0, 255)));
}

function nested(depth: number): string {
  return `{"resourceType":"Patient","extension":${'[{"extension":'.repeat(depth)}[]${'}]'.repeat(depth)}}`;
}

function asXml(random: Random): string {
  const value = random.pick(['final', '', '&#0;', '&lt;', '&nope;', 'x'.repeat(500)]);
  return random.pick([
    `<Observation xmlns="http://hl7.org/fhir"><status value="${value}"/></Observation>`,
    `<Patient xmlns="http://hl7.org/fhir"><name><family value='${value}'></name></Patient>`,
    `<Bundle xmlns="http://hl7.org/fhir"><type value="batch"/><entry/><entry><request/></entry></Bundle>`,
    `<Patient xmlns="urn:other"/>`,
    '<Patient xmlns="http://hl7.org/fhir" xmlns="x"/>',
  ]);
}

function startOf(random: Random, references: readonly string[]): Json {
  const reference = random.pick(references);
  const observation = {
    resourceType: 'Observation',
    id: random.pick(['fuzz-1', 'fuzz-2', 'a b', '']),
    meta: { versionId: '1', profile: ['x'], security: [{ system: 's', code: 'R' }] },
    identifier: [{ system: 'urn:fuzz', value: String(random.int(0, 50)) }],
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
    subject: { reference },
    effectiveDateTime: '2026-01-01',
    valueQuantity: { value: 1.5, unit: 'kg' },
    hasMember: [{ reference: 'Observation/fuzz-1' }],
    note: [{ text: 'x' }],
  };
  const entry = (method: string, url: string, resource?: Json) => ({
    fullUrl: random.pick(['urn:uuid:6f1d3f0a-0000-4000-8000-000000000001', 'x', undefined]),
    request: { method, url, ...(random.chance(0.2) ? { ifMatch: 'W/"1"' } : {}) },
    ...(resource === undefined ? {} : { resource }),
  });
  const operation = (type: string, path: string) => ({
    name: 'operation',
    part: [
      { name: 'type', valueCode: type },
      { name: 'path', valueString: path },
      { name: 'value', valueCode: 'amended' },
    ],
  });
  return random.pick<Json>([
    observation,
    observation,
    { resourceType: 'Patient', identifier: [{ system: 'x', value: 'y' }], name: [{ family: 'F' }] },
    {
      resourceType: 'Bundle',
      type: random.pick(['transaction', 'batch', 'collection']),
      entry: [
        entry('POST', 'Observation', observation),
        entry('PUT', 'Observation/fuzz-1', observation),
        entry('PATCH', 'Observation/fuzz-2', {
          resourceType: 'Parameters',
          parameter: [operation('replace', 'Observation.status')],
        }),
        entry('DELETE', `Observation?identifier=urn:fuzz|1&patient=${reference}`),
        entry('GET', random.pick(['Patient', reference, 'x/y/z', '%', 'Observation/$lastn'])),
      ],
    },
    {
      resourceType: 'Parameters',
      parameter: [
        operation(
          random.pick(['add', 'delete', 'move', 'replace']),
          random.pick([
            'Observation.status',
            'Observation.note[0]',
            "Observation.note.where(text = 'x')",
            'Observation.',
            'Observation.note.where((((',
            'x'.repeat(5_000),
          ]),
        ),
      ],
    },
    [{ op: random.pick(['add', 'remove', 'replace', 'test']), path: '/status', value: 'amended' }],
  ]);
}

const DEPTH_MAX = 6;

/** A value here and there becomes another kind of value, vanishes, or comes twice. */
function mutated(random: Random, rate: number, value: Json, depth: number): Json {
  if (depth > 0 && random.chance(rate)) return random.pick(ODD);
  if (depth > DEPTH_MAX || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const kept = value.filter(() => !random.chance(rate));
    const more = random.chance(rate) ? [...kept, ...kept] : kept;
    return more.map((one) => mutated(random, rate, one, depth + 1));
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) =>
      random.chance(rate) ? [] : [[name, mutated(random, rate, one, depth + 1)]],
    ),
  );
}
