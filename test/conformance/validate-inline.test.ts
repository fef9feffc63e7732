import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capabilityStatement } from '../../src/conformance/capability-statement.ts';
import { resourceTypes } from '../../src/conformance/elements.ts';
import { type FhirVersion, R4, STU3 } from '../../src/conformance/fhir-version.ts';
import { operationOutcome, outcomeOf } from '../../src/conformance/operation-outcome.ts';
import type { Resource } from '../../src/conformance/resource.ts';
import { validateInline } from '../../src/conformance/validate-inline.ts';
import { Problem } from '../../src/platform/problem.ts';
import { arbitraryResource } from './arbitrary-resource.ts';

const found = (resource: Resource, version: FhirVersion = R4) =>
  validateInline(resource, version).map(
    ({ severity, detail, expression }) => `${severity} ${detail} ${expression?.[0]}`,
  );
const observation = { resourceType: 'Observation', status: 'final', code: { text: 'a' } };

describe('inline validation', () => {
  it.each<[string, Resource, string]>([
    ['an unknown type', { resourceType: 'Patent' }, 'error resource-type-unknown Patent'],
    [
      'an unknown element',
      { ...observation, colour: 'red' },
      'error unknown-element Observation.colour',
    ],
    [
      'a missing element',
      { resourceType: 'Observation', code: { text: 'a' } },
      'error cardinality-min Observation.status',
    ],
    [
      'one where a list is due',
      { ...observation, identifier: {} },
      'error not-a-list Observation.identifier',
    ],
    [
      'a list where one is due',
      { ...observation, subject: [{}] },
      'error not-single Observation.subject',
    ],
    ['an empty list', { ...observation, category: [] }, 'error empty-list Observation.category'],
    [
      'a wrong date',
      { ...observation, effectiveDateTime: '2020-02-30' },
      'error primitive-format Observation.effective',
    ],
    [
      'a time without zone',
      { ...observation, effectiveDateTime: '2020-02-03T10:00:00' },
      'error primitive-format Observation.effective',
    ],
    [
      'a number as text',
      { ...observation, valueQuantity: { value: '1' } },
      'error primitive-format Observation.value.value',
    ],
    [
      'an object as a code',
      { ...observation, status: {} },
      'error primitive-kind Observation.status',
    ],
    [
      'a number as a code',
      { ...observation, status: 1 },
      'error primitive-kind Observation.status',
    ],
    [
      'a boolean as text',
      { ...observation, valueBoolean: 'true' },
      'error primitive-kind Observation.value',
    ],
    [
      'nothing in a list',
      { ...observation, category: [null] },
      'error not-an-object Observation.category[0]',
    ],
    [
      'two types of one choice',
      { ...observation, valueString: 'a', valueInteger: 1 },
      'error choice Observation.value',
    ],
    [
      'a type the choice lacks',
      { ...observation, valueAttachment: {} },
      'error unknown-element Observation.valueAttachment',
    ],
    [
      'a code outside its list',
      { ...observation, status: 'done' },
      'error required-binding Observation.status',
    ],
    [
      'a reference of no form',
      { ...observation, subject: { reference: 'x' } },
      'error reference-form Observation.subject.reference',
    ],
    [
      'a reference to a wrong type',
      { ...observation, subject: { reference: 'Coverage/1' } },
      'warning reference-target Observation.subject.reference',
    ],
    [
      'a lost fragment',
      { ...observation, subject: { reference: '#p' } },
      'error ref-1 Observation',
    ],
    [
      'a period that ends before it begins',
      { ...observation, effectivePeriod: { start: '2021', end: '2020' } },
      'error per-1 Observation.effective',
    ],
    [
      'an extension with both',
      {
        ...observation,
        extension: [{ url: 'a', valueCode: 'a', extension: [{ url: 'b', valueCode: 'b' }] }],
      },
      'error ext-1 Observation.extension[0]',
    ],
    [
      'a required concept of another list',
      {
        resourceType: 'Condition',
        subject: { reference: 'Patient/a' },
        clinicalStatus: {
          coding: [
            { system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'gone' },
          ],
        },
      },
      'error required-binding Condition.clinicalStatus',
    ],
  ])('finds %s', (_name, resource, issue) => {
    expect(found(resource)).toContain(issue);
  });

  it('only warns of unknown elements in STU3', () => {
    expect(found({ ...observation, colour: 'red' }, STU3)).toEqual([
      'warning unknown-element Observation.colour',
    ]);
  });

  it('looks into contained resources and entries of a bundle', () => {
    const bundle = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ resource: { resourceType: 'Observation', code: {} } }],
    };
    expect(found(bundle)).toContain('error cardinality-min Bundle.entry[0].resource.status');
    const nested = { resourceType: 'Patient', id: 'p', contained: [{ resourceType: 'Patient' }] };
    expect(found({ ...observation, contained: [nested] })).toContain(
      'error dom-2 Observation.contained[0]',
    );
  });

  it('accepts a primitive that only has an extension', () => {
    const absent = {
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' },
      ],
    };
    expect(found({ resourceType: 'Observation', _status: absent, code: { text: 'a' } })).toEqual(
      [],
    );
  });

  it('never shows a value', () => {
    const secret = 'zeergeheim';
    const issues = validateInline(
      { ...observation, status: secret, issued: secret, subject: { reference: secret } },
      R4,
    );
    expect(issues.length).toBe(3);
    expect(JSON.stringify(issues)).not.toContain(secret);
  });

  it.each([R4, STU3])(
    'finds nothing but broken invariants in what the tables of $name make',
    (version) => {
      fc.assert(
        fc.property(
          fc
            .constantFrom(...resourceTypes(version))
            .chain((type) => arbitraryResource(version, type)),
          (resource) => {
            const wrong = validateInline(resource, version).filter(
              ({ severity, code, detail }) =>
                severity === 'error' && code !== 'invariant' && detail !== 'required-binding',
            );
            expect(wrong).toEqual([]);
          },
        ),
        { numRuns: 150 },
      );
    },
  );

  it.each([R4, STU3])('accepts our own CapabilityStatement of $name', (version) => {
    const statement = capabilityStatement(version, {
      url: 'https://gateway.example/fhir',
      interactions: ['read', 'vread', 'search-type', 'create'],
      searchTypes: new Set(['Patient', 'Location']),
      readTypes: new Set(['Patient']),
      searchParametersOf: () => [{ name: 'near', type: 'special' }],
      operationsOf: () => [
        { name: 'lastn', definition: 'http://hl7.org/fhir/OperationDefinition/Observation-lastn' },
      ],
      systemInteractions: ['transaction', 'batch'],
      systemOperations: [{ name: 'export', definition: 'http://example.org/export' }],
      security: { description: 'OAuth 2.0', token: 'https://gateway.example/token' },
    });
    expect(found(statement, version)).toEqual([]);
    expect(JSON.stringify(statement)).not.toContain(
      '"type":"Coverage","interaction":[{"code":"read"}',
    );
  });
});

describe('OperationOutcome', () => {
  it.each([
    ['invalid', 'invalid', 400, 'invalid'],
    ['unauthenticated', 'missing_token', 401, 'security'],
    ['forbidden', 'scope', 403, 'security'],
    ['deleted', 'deleted', 410, 'deleted'],
    ['precondition', 'multiple-matches', 412, 'multiple-matches'],
    ['not-supported', 'not-supported', 404, 'not-supported'],
    ['not-supported', 'interaction-patch', 501, 'not-supported'],
    ['busy', 'busy', 503, 'transient'],
  ] as const)('answers %s (%s) with %i and %s', (kind, code, status, issueCode) => {
    const answer = outcomeOf(
      new Problem(kind, 'A sentence.', { code, expression: ['Patient.id'] }),
      R4,
    );
    expect(answer.status).toBe(status);
    expect(answer.body['issue']).toMatchObject([
      {
        code: issueCode,
        diagnostics: 'A sentence.',
        expression: ['Patient.id'],
        details: { coding: [{ code }] },
      },
    ]);
    expect(found(answer.body)).toEqual([]);
  });

  it('says "not-found" for a deleted resource in STU3, which lacks the code', () => {
    const { body, status } = outcomeOf(new Problem('deleted', 'Gone.'), STU3);
    expect(status).toBe(410);
    expect(body['issue']).toMatchObject([{ code: 'not-found' }]);
    expect(found(body, STU3)).toEqual([]);
  });

  it('is valid without issues', () => {
    expect(found(operationOutcome([], R4))).toEqual([]);
  });
});
