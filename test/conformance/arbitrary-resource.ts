/** Arbitrary resources made from the element tables: right in structure, random in content. */
import fc, { type Arbitrary } from 'fast-check';
import { type Decimal, decimalOf } from '../../src/conformance/decimal.ts';
import {
  boundCodes,
  type ElementRule,
  type Spelling,
  typeRules,
} from '../../src/conformance/elements.ts';
import type { FhirVersion } from '../../src/conformance/fhir-version.ts';
import type { Resource } from '../../src/conformance/resource.ts';

const DEPTH_MAX = 3;
const word = fc
  .stringMatching(/^[A-Za-z0-9é&<>"' €]{1,12}$/)
  .filter((text) => text.trim() === text && text !== '');
const decimal: Arbitrary<number | Decimal> = fc
  .tuple(fc.integer({ min: -99999, max: 99999 }), fc.stringMatching(/^[0-9]{0,6}$/))
  .map(([whole, digits]) => decimalOf(digits === '' ? `${whole}` : `${whole}.${digits}`) ?? 0);

const PRIMITIVE: Readonly<Record<string, Arbitrary<unknown>>> = {
  boolean: fc.boolean(),
  integer: fc.integer({ min: -1000, max: 1000 }),
  positiveInt: fc.integer({ min: 1, max: 1000 }),
  unsignedInt: fc.integer({ min: 0, max: 1000 }),
  decimal,
  date: fc.constantFrom('2020', '2020-02', '2020-02-29'),
  dateTime: fc.constantFrom('2020', '2020-02-29', '2020-02-29T10:00:00+01:00'),
  instant: fc.constantFrom('2020-02-29T10:00:00.120Z'),
  time: fc.constantFrom('10:00:00', '23:59:59.5'),
  code: fc.constantFrom('a', 'b-c', 'D1'),
  id: fc.constantFrom('a', 'b.c-1'),
  oid: fc.constantFrom('urn:oid:1.2.3', 'urn:oid:2.16.840'),
  uuid: fc.constant('urn:uuid:c757873d-ec9a-4326-a141-556f43239520'),
  base64Binary: fc.constantFrom('YQ==', 'YWJj'),
  xhtml: fc.constant('<div xmlns="http://www.w3.org/1999/xhtml"><p>a &amp; b<br/>c</p></div>'),
  uri: fc.constantFrom('http://example.org/a', 'urn:oid:1.2'),
  url: fc.constant('http://example.org/url'),
  canonical: fc.constant('http://example.org/canonical'),
  string: word,
  markdown: word,
};

/** A resource of a type; contained resources and extensions within extensions are left out. */
export function arbitraryResource(version: FhirVersion, type: string): Arbitrary<Resource> {
  return objectOf(version, type, 0).map((body) => ({ resourceType: type, ...body }));
}

function objectOf(
  version: FhirVersion,
  type: string,
  depth: number,
): Arbitrary<Record<string, unknown>> {
  const rules = typeRules(version, type);
  if (type === 'Reference') {
    return fc.record({
      reference: fc.constantFrom(
        'Patient/a',
        'http://example.org/Patient/b',
        'urn:uuid:c757873d-ec9a-4326-a141-556f43239520',
      ),
      display: word,
    });
  }
  if (type === 'Extension')
    return fc.record({ url: fc.constant('http://example.org/extension'), valueString: word });
  const members = (rules?.elements ?? [])
    .filter((rule) => isWanted(rule, depth))
    .map((rule) =>
      fc
        .tuple(fc.nat(9), fc.constantFrom(...rule.spellings))
        .chain(([chance, spelling]) =>
          rule.min > 0 || chance < (depth === 0 ? 4 : 3)
            ? elementOf(version, rule, spelling, depth)
            : fc.constant<Record<string, unknown>>({}),
        ),
    );
  return fc
    .tuple(...members)
    .map((parts) => Object.assign({}, ...parts) as Record<string, unknown>)
    .filter((object) => depth === 0 || Object.keys(object).length > 0);
}

function isWanted(rule: ElementRule, depth: number): boolean {
  if (rule.types.includes('Resource') || rule.name === 'modifierExtension') return false;
  if (rule.name === 'extension' && depth > 1) return false;
  const isComplex = rule.spellings.every((spelling) => !spelling.primitive);
  return rule.min > 0 || depth < DEPTH_MAX || !isComplex;
}

function elementOf(
  version: FhirVersion,
  rule: ElementRule,
  spelling: Spelling,
  depth: number,
): Arbitrary<Record<string, unknown>> {
  const codes = rule.binding === undefined ? undefined : boundCodes(version, rule.binding);
  const listed = [...(codes ?? [])].flatMap(([system, set]) =>
    [...set].map((code) => ({ system, code })),
  );
  let value: Arbitrary<unknown>;
  if (spelling.type === 'code' && listed.length > 0) {
    value = fc.constantFrom(...listed.map(({ code }) => code));
  } else if (spelling.primitive) value = PRIMITIVE[spelling.type] ?? word;
  else if (spelling.type === 'CodeableConcept' && listed.length > 0) {
    value = fc.constantFrom(...listed).map((coding) => ({ coding: [coding] }));
  } else value = objectOf(version, spelling.type, depth + 1);
  if (rule.max === 1) return value.map((one) => ({ [spelling.name]: one }));
  return fc.array(value, { minLength: 1, maxLength: 2 }).map((list) => ({ [spelling.name]: list }));
}
