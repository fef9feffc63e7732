import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { R4, STU3 } from '../../src/conformance/fhir-version.ts';
import type { Resource } from '../../src/conformance/resource.ts';
import { type IndexedTokens, indexTokens } from '../../src/conformance/search-index.ts';
import { matches } from '../../src/conformance/search-matches.ts';
import { type Narrowing, narrow } from '../../src/conformance/search-narrow.ts';
import { parseSearch } from '../../src/conformance/search-parse.ts';
import { ask, BASE } from './search-ask.ts';

const code = fc.constantFrom('a', 'A', 'b', 'aB', 'final', 'x|y');
const system = fc.constantFrom('http://s', 'http://t', 'http://hl7.org/fhir/observation-status');
const maybe = <T>(arb: fc.Arbitrary<T>) => fc.option(arb, { nil: undefined });
const coding = fc.record({ system: maybe(system), code: maybe(code) });
const concept = fc.record({ coding: fc.array(coding, { maxLength: 3 }) });
const id = fc.constantFrom('1', '2');
const reference = fc
  .tuple(
    fc.constantFrom('', `${BASE}/`, 'https://other.example/fhir/'),
    fc.constantFrom('Patient', 'Encounter', 'Group', 'Device'),
    id,
    fc.constantFrom('', '/_history/2'),
  )
  .map((parts) => `${parts[0]}${parts[1]}/${parts[2]}${parts[3]}`);
const date = fc.constantFrom(
  '2025',
  '2025-12',
  '2026-01-31',
  '2026-02-01T00:30:00+02:00',
  '1899-12-31',
);
const effective = fc.oneof(
  fc.record({ effectiveDateTime: date }),
  fc.record({ effectivePeriod: fc.record({ start: maybe(date), end: maybe(date) }) }),
  fc.constant({}),
);
const observation: fc.Arbitrary<Resource> = fc
  .tuple(
    fc.record({
      id,
      status: code,
      code: concept,
      category: fc.array(concept, { maxLength: 2 }),
      identifier: fc.array(fc.record({ system: maybe(system), value: code }), { maxLength: 2 }),
      subject: fc.record({ reference }),
      encounter: fc.record({ reference }),
      performer: fc.array(fc.record({ reference: fc.oneof(reference, fc.constant('#c')) }), {
        maxLength: 2,
      }),
    }),
    effective,
  )
  .map(([one, when]) => ({ resourceType: 'Observation', ...one, ...when }) as Resource);

const escaped = code.map((text) => text.replaceAll('|', '\\|'));
const token = fc.oneof(
  escaped,
  fc.tuple(system, escaped).map((parts) => parts.join('|')),
  escaped.map((one) => `|${one}`),
  system.map((one) => `${one}|`),
);
const list = (values: fc.Arbitrary<string>) =>
  fc.array(values, { minLength: 1, maxLength: 3 }).map((all) => all.join(','));
const prefix = fc.constantFrom('', 'eq', 'ne', 'ge', 'gt', 'le', 'lt', 'sa', 'eb', 'ap');
const parameter: fc.Arbitrary<[string, string]> = fc.oneof(
  fc.tuple(
    fc.constantFrom('code', 'category', 'status', 'identifier', 'code:not', '_id'),
    list(token),
  ),
  fc.tuple(
    fc.constantFrom(
      'subject',
      'patient',
      'encounter',
      'performer',
      'subject:Patient',
      'performer:identifier',
    ),
    list(fc.oneof(reference, id)),
  ),
  fc.tuple(fc.constant('date'), list(fc.tuple(prefix, date).map((parts) => parts.join('')))),
  fc.tuple(
    fc.constant('code-value-quantity'),
    token.map((one) => `${one}$1`),
  ),
);

function satisfies(indexed: IndexedTokens, { tokens, months, ids }: Narrowing, resource: Resource) {
  return (
    tokens.every((group) => group.some((one) => indexed.tokens.includes(one))) &&
    months.every((group) => group.some((one) => indexed.months.includes(one))) &&
    (ids === undefined || ids.includes(resource.id ?? ''))
  );
}

describe('narrowing', () => {
  it('never leaves out what the search finds', () => {
    let hits = 0;
    fc.assert(
      fc.property(
        observation,
        fc.array(parameter, { minLength: 1, maxLength: 2 }),
        (resource, params) => {
          const query = parseSearch(R4, 'Observation', params, { strict: true, bases: [BASE] });
          if (!matches(query, resource)) return;
          hits++;
          expect(satisfies(indexTokens(resource), narrow(query), resource)).toBe(true);
        },
      ),
      { numRuns: 10_000 },
    );
    expect(hits).toBeGreaterThan(500);
  });

  it('asks for the plain tokens of codes, statuses and references', () => {
    const query = ask(
      R4,
      'Observation?code=http://loinc.org|8480-6,GLUC&status=final&encounter=e1&_id=a,b',
    );
    expect(narrow(query)).toEqual({
      types: ['Observation'],
      tokens: [
        ['code|http://loinc.org|8480-6', 'code||GLUC', 'code||gluc'],
        ['status||final', 'status||FINAL'],
        ['encounter|Encounter/e1', 'encounter|EpisodeOfCare/e1'],
      ],
      months: [],
      ids: ['a', 'b'],
      visits: [],
    });
  });

  it('leaves out what is not certain', () => {
    const query = ask(
      R4,
      'Observation?code:not=a&value-quantity=5&subject:identifier=a&date=ne2026',
    );
    expect(narrow(query)).toMatchObject({ tokens: [], months: [] });
  });

  it('says which types a chain visits', () => {
    const query = ask(R4, 'Patient?_has:Observation:patient:encounter.class=IMP');
    expect(narrow(query).visits).toEqual(['Observation', 'Encounter']);
  });

  it.each([
    ['Observation?code=https://tabel-45|', ['code|https://tabel-45|']],
    ['Condition?category=http://snomed.info/sct|1', ['category|http://snomed.info/sct|1']],
    [
      'Encounter?class=http://hl7.org/fhir/v3/ActCode|IMP',
      [
        'class|http://hl7.org/fhir/v3/ActCode|IMP',
        'class|http://terminology.hl7.org/CodeSystem/v3-ActCode|IMP',
      ],
    ],
    ['DocumentReference?class=http://x|1', ['category|http://x|1']],
  ])('reads STU3 %s as R4 tokens', (search, group) => {
    expect(narrow(ask(STU3, search)).tokens).toEqual([group]);
  });

  it.each([
    'ProcedureRequest?status=active',
    'Observation?context=EpisodeOfCare/1',
    'Goal?category=http://hl7.org/fhir/goal-category|x',
  ])('narrows STU3 %s by type only', (search) =>
    expect(narrow(ask(STU3, search)).tokens).toEqual([]),
  );

  it('knows STU3 types under their R4 names', () => {
    expect(narrow(ask(STU3, 'ProcedureRequest')).types).toEqual(['ServiceRequest']);
    expect(narrow(ask(STU3, 'DocumentReference?indexed=ge2026')).months).toHaveLength(1);
  });
});

describe('the index of a resource', () => {
  it('is small and without doubles', () => {
    const { tokens, months } = indexTokens({
      resourceType: 'Observation',
      status: 'final',
      code: {
        coding: [
          { system: 'http://loinc.org', code: '1' },
          { system: 'http://loinc.org', code: '1' },
        ],
      },
      subject: { reference: 'Patient/1' },
      effectiveDateTime: '2026-03-31T23:30:00Z',
    });
    expect(tokens.toSorted()).toEqual([
      'code|http://loinc.org|',
      'code|http://loinc.org|1',
      'code||1',
      'patient|Patient/1',
      'status||final',
      'subject|Patient/1',
    ]);
    expect(months).toEqual(['2026-04', '2026', '202x']);
  });
});
