/** Whatever is pushed as FHIR, JSON or XML: an answer that names the place, no crash, no hang. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  R4,
  type Resource,
  STU3,
  toR4,
  toStu3,
  writeFhir,
} from '../../../src/conformance/index.ts';
import { fhirFormat } from '../../../src/ingest/fhir-push/fhir-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { Problem } from '../../../src/platform/problem.ts';

const MUTATIONS = Number(process.env['MUTATIONS'] ?? 600);
/** Far above what one small bundle takes, far below a hang. */
const MILLISECONDS_MAX = 2_000;
const workMs = () => process.cpuUsage().user / 1_000;

const overlay = readOverlay('default');
const BSN = 'http://fhir.nl/fhir/NamingSystem/bsn';
const patient = {
  resourceType: 'Patient',
  identifier: [{ system: BSN, value: '999903007' }],
  name: [{ family: 'Linden', given: ['A.', null], _given: [null, { id: 'g' }] }],
  birthDate: '1961-07-04',
};
const subject = { reference: 'urn:uuid:6f0e3a52-7c2a-4f55-9a4e-3d1f6f1d6a01' };
const observation = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '14749-6' }] },
  subject,
  effectiveDateTime: '2026-03-02T10:15:00+01:00',
  valueQuantity: { value: 5.1, unit: 'mmol/L', system: 'http://unitsofmeasure.org' },
};
const document = {
  resourceType: 'DocumentReference',
  status: 'current',
  masterIdentifier: { system: 'urn:ietf:rfc:3986', value: 'urn:oid:2.999.1' },
  subject,
  content: [{ attachment: { contentType: 'application/pdf', data: 'JVBERi0xLjc=' } }],
};
const entry = (resource: object, fullUrl?: string) => ({
  ...(fullUrl === undefined ? {} : { fullUrl }),
  resource,
  request: { method: 'POST', url: (resource as Resource).resourceType },
});
const bundle = {
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [entry(patient, subject.reference), entry(observation), entry(document)],
};

/** Everywhere in a value where something else can be put. */
function placesIn(value: unknown): [Record<string, unknown>, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((name) => [[holder, name], ...placesIn(holder[name])]);
}

const deep = (levels: number): unknown =>
  JSON.parse(`${'{"extension":['.repeat(levels)}${']}'.repeat(levels)}`);

const odd = fc.constantFrom<unknown>(
  null,
  [],
  {},
  [null],
  '',
  ' ',
  'x'.repeat(5_000),
  '0000-13-99',
  '#',
  'urn:uuid:',
  -1e300,
  1e-7,
  true,
  { resourceType: 'Patient' },
  { resourceType: 'Nothing', toString: 1 },
  { __proto__: null, constructor: 'x' },
  deep(60),
  [[[]]],
);

const edits = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    kind: fc.constantFrom('put', 'drop', 'twice', 'rename'),
    value: odd,
  }),
  { minLength: 1, maxLength: 5 },
);
const cuts = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 0, max: 60 }),
    bytes: fc.uint8Array({ maxLength: 8 }),
  }),
  { maxLength: 2 },
);

function mutated(changes: readonly { at: number; kind: string; value: unknown }[]): Resource {
  const copy: unknown = structuredClone(bundle);
  for (const { at, kind, value } of changes) {
    const places = placesIn(copy);
    const [holder, name] = places[Math.floor(at * (places.length - 1))] ?? [];
    if (holder === undefined || name === undefined) continue;
    if (kind === 'put') holder[name] = structuredClone(value);
    else if (kind === 'drop') delete holder[name];
    else if (kind === 'twice') holder[name] = [holder[name], holder[name]];
    else holder[`_${name}`] = holder[name];
  }
  return copy as Resource;
}

function cut(bytes: Buffer, parts: readonly { at: number; length: number; bytes: Uint8Array }[]) {
  return parts.reduce((whole, { at, length, bytes: other }) => {
    const from = Math.floor(at * whole.length);
    return Buffer.concat([whole.subarray(0, from), other, whole.subarray(from + length)]);
  }, bytes);
}

function readOrRefuse(bytes: Buffer, mediaType: string): void {
  const start = workMs();
  try {
    fhirFormat.recognise(bytes, mediaType);
    for (const { issues, resources } of fhirFormat.read(bytes, overlay, mediaType)) {
      expect(issues.filter((issue) => issue.place === '')).toEqual([]);
      // What is kept is also served in the other version.
      for (const { resource, version } of resources) {
        const other = version === 'R4' ? toStu3(resource) : toR4(resource);
        writeFhir(other.resource, { format: 'json', version: version === 'R4' ? STU3 : R4 });
      }
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(error.kind).not.toBe('fault');
    // An element by its path; where there is none yet, the line or the whole body in the text.
    const place = error.expression[0] ?? /line \d+|^The body/.exec(error.message)?.[0];
    expect(place ?? error.message).toBe(place);
  }
  expect(workMs() - start).toBeLessThan(MILLISECONDS_MAX);
}

describe('a broken push is taken or refused, in time', () => {
  it('in JSON', () => {
    fc.assert(
      fc.property(
        edits,
        cuts,
        fc.constantFrom('', '; fhirVersion=3.0'),
        (changes, parts, named) => {
          const bytes = cut(Buffer.from(JSON.stringify(mutated(changes))), parts);
          readOrRefuse(bytes, `application/fhir+json${named}`);
        },
      ),
      { numRuns: MUTATIONS },
    );
  });

  it('in XML', () => {
    fc.assert(
      fc.property(edits, cuts, fc.constantFrom(R4, STU3), (changes, parts, version) => {
        let xml: Buffer;
        try {
          xml = writeFhir(mutated(changes), { format: 'xml', version });
        } catch {
          return; // What cannot be written as XML cannot come as XML.
        }
        readOrRefuse(cut(xml, parts), 'application/fhir+xml');
      }),
      { numRuns: MUTATIONS },
    );
  });
});
