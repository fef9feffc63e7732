/** https://hl7.org/fhir/R4/search.html#summary */
import { expect, test } from 'vitest';
import { fhirFormat } from '../../src/ingest/fhir-push/fhir-format.ts';
import { readOverlay } from '../../src/ingest/mapping/sender-overlay.ts';
import { requireWholeEntries } from '../../src/ingest/whole-resource.ts';
import { Problem } from '../../src/platform/problem.ts';

const observation = (system: string) => ({
  resourceType: 'Observation',
  meta: {
    tag: [
      { system: 'urn:x', code: 'a' },
      { system, code: 'SUBSETTED' },
    ],
  },
  status: 'final',
  code: { text: 'gewicht' },
  subject: { identifier: { system: 'urn:x', value: '1' } },
});

function problemOf(attempt: () => void): Problem | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

test.each([
  'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
  'http://hl7.org/fhir/v3/ObservationValue',
])('a part of a resource is refused in a push, with its place: %s', (system) => {
  const entry = [
    { resource: observation(system), request: { method: 'POST', url: 'Observation' } },
  ];
  const bundle = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry });
  const problem = problemOf(() =>
    fhirFormat.read(Buffer.from(bundle), readOverlay('default'), 'application/fhir+json'),
  );
  expect([problem?.kind, problem?.code]).toEqual(['unprocessable', 'subsetted']);
  expect(problem?.expression).toEqual(['Bundle.entry[0].resource.meta.tag']);
});

test('what is whole, or tagged by somebody else, is not', () => {
  const entries = [{ resource: observation('urn:own') }, {}];
  expect(problemOf(() => requireWholeEntries(entries))).toBeUndefined();
});
