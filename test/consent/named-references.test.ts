/** What is found in a text is what a reader of JSON finds; else it says that it cannot tell. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namedReferences, nameIn } from '../../src/consent/named-references.ts';
import { referencesOf } from '../../src/consent/withheld-references.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    'Patient/1',
    'Binary/b-1',
    'Observation/o.2/_history/3',
    '"reference":"Patient/9"',
    'http://elsewhere.example/Patient/1',
    'https://elsewhere.example:8443/fhir/Observation/o.2/_history/3',
    'https://elsewhere.example/fhir/Observation/o.2#part/of',
    'http://hl7.org/fhir/StructureDefinition/data-absent-reason',
    '#inside',
    'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0',
  ),
);
const name = fc.oneof(
  fc.constantFrom('reference', 'url', 'valueUri', 'uri', 'subject', 'note'),
  fc.string(),
);
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    text,
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
})).value;

describe('references in a text', () => {
  it('are those that a reader of JSON finds', () => {
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 5 }), (some) => {
        const resource = { ...some, resourceType: 'Observation' };
        const found = namedReferences(JSON.stringify(resource));
        if (found) expect(found.toSorted()).toEqual([...referencesOf([resource])].toSorted());
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    'Observation/o.2',
    'Observation/o.2/_history/3',
    'https://elsewhere.example/fhir/Observation/o.2',
    'https://elsewhere.example/fhir/Observation/o.2/_history/3#part/of',
    'https://elsewhere.example/fhir/Observation/o.2#part',
  ])('name one thing, however they are written: %s', (reference) => {
    expect(nameIn(reference)).toEqual({ type: 'Observation', id: 'o.2' });
  });

  it('are also links of a narrative, in either kind of quote', () => {
    const div = `<div><a href="Condition/1">a</a><img src = 'Binary/2'/><a href="#b">b</a></div>`;
    const resource = { resourceType: 'Observation', text: { div } };
    expect(namedReferences(JSON.stringify(resource))).toEqual(['Condition/1', 'Binary/2']);
    expect([...referencesOf([resource])]).toEqual(['Condition/1', 'Binary/2']);
  });

  it('may be spelled with blanks, and are not guessed when spelled with escapes', () => {
    expect(namedReferences('{"subject" : { "reference" :\n"Patient/1" }}')).toEqual(['Patient/1']);
    expect(namedReferences('{"reference":"Patient\\/1"}')).toBeUndefined();
    expect(namedReferences('{"r\\u0065ference":"Patient/1"}')).toBeUndefined();
  });
});
