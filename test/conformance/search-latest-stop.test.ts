import { describe, expect, it } from 'vitest';
import type { Resource } from '../../src/conformance/resource.ts';
import { found } from './search-ask.ts';

const NICTIZ = 'http://nictiz.nl/fhir/StructureDefinition/';

function agreement(id: string, treatment: string, authoredOn: string, stops: boolean): Resource {
  return {
    resourceType: 'MedicationRequest',
    id,
    status: 'active',
    authoredOn,
    category: [{ coding: [{ system: 'http://snomed.info/sct', code: '33633005' }] }],
    extension: [
      {
        url: `${NICTIZ}ext-PharmaceuticalTreatment.Identifier`,
        valueIdentifier: { system: 'urn:oid:1.2', value: treatment },
      },
      {
        url: `${NICTIZ}ext-TimeInterval.Period`,
        valuePeriod: { start: '2020-01-01', end: authoredOn },
      },
    ],
    ...(stops
      ? { modifierExtension: [{ url: `${NICTIZ}ext-StopType`, valueCodeableConcept: {} }] }
      : {}),
  };
}

const world = [
  agreement('first-stop', 'a', '2021-01-01', true),
  agreement('last-stop', 'a', '2022-01-01', true),
  agreement('no-stop', 'a', '2023-01-01', false),
  agreement('other-treatment', 'b', '2020-06-01', true),
  agreement('in-use', 'c', '2026-06-01', false),
];

describe('is-latest-stop of the medication standard', () => {
  it('adds the latest stop of each treatment to what is in use', () => {
    const search = 'MedicationRequest?period-of-use=ge2026-01-01';
    expect(found(search, world)).toEqual(['in-use']);
    expect(found(`${search}&is-latest-stop=false`, world)).toEqual(['in-use']);
    expect(found(`${search}&is-latest-stop=true`, world)).toEqual([
      'last-stop',
      'other-treatment',
      'in-use',
    ]);
  });

  it('adds nothing that the other parameters leave out', () => {
    const search =
      'MedicationRequest?period-of-use=ge2026-01-01&is-latest-stop=true&pharmaceutical-treatment-identifier=urn:oid:1.2|b';
    expect(found(search, world)).toEqual(['other-treatment']);
  });
});
