/** Medication between zib2017 (STU3) and zib2020 (R4): kinds, units and treatments. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Resource, toR4, toStu3 } from '../../src/conformance/index.ts';

const TRANSLATION = 'http://hl7.org/fhir/StructureDefinition/iso21090-PQ-translation';
const NICTIZ = 'http://nictiz.nl/fhir/StructureDefinition/';
const SNOMED = 'http://snomed.info/sct';
const TREATMENT_R4 = `${NICTIZ}ext-PharmaceuticalTreatment.Identifier`;

const quantity = (value: number) => ({
  extension: [
    {
      url: TRANSLATION,
      valueQuantity: {
        value,
        unit: 'stuk',
        system: 'urn:oid:2.16.840.1.113883.2.4.4.1.900.2',
        code: '245',
      },
    },
  ],
  value,
  unit: 'stuk',
  system: 'http://unitsofmeasure.org',
  code: '1',
});

const dispense = (more: Record<string, unknown> = {}): Resource => ({
  resourceType: 'MedicationDispense',
  status: 'completed',
  category: {
    coding: [{ system: SNOMED, code: '373784005', display: 'verstrekken van medicatie' }],
  },
  medicationCodeableConcept: { text: 'Proeftablet' },
  subject: { reference: 'Patient/1' },
  quantity: quantity(30),
  dosageInstruction: [{ doseAndRate: [{ doseQuantity: quantity(1) }] }],
  ...more,
});

const plain = (resource: Resource) => JSON.parse(JSON.stringify(resource)) as Record<string, never>;

describe('a quantity with a unit of the G-standaard', () => {
  it('is told in that unit in STU3, with UCUM as its translation', () => {
    const stu3 = plain(toStu3(dispense()).resource);
    expect(stu3['quantity']).toEqual({
      extension: [
        {
          url: TRANSLATION,
          valueQuantity: {
            value: 30,
            unit: 'stuk',
            system: 'http://unitsofmeasure.org',
            code: '1',
          },
        },
      ],
      value: 30,
      unit: 'stuk',
      system: 'urn:oid:2.16.840.1.113883.2.4.4.1.900.2',
      code: '245',
    });
  });

  it('comes home unchanged, whatever it counts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), (value) => {
        const sent = dispense({ quantity: quantity(value) });
        expect(plain(toR4(toStu3(sent).resource).resource)).toEqual(plain(sent));
      }),
      { numRuns: 50 },
    );
  });

  it('is left alone when it has UCUM only', () => {
    const bare = { value: 5, unit: 'ml', system: 'http://unitsofmeasure.org', code: 'ml' };
    expect(plain(toStu3(dispense({ quantity: bare })).resource)['quantity']).toEqual(bare);
  });
});

describe('the kind of a building block', () => {
  it('has its own words in either version', () => {
    const stu3 = plain(toStu3(dispense()).resource);
    expect(stu3['category']).toEqual({
      coding: [{ system: SNOMED, code: '373784005', display: 'Dispensing medication (procedure)' }],
      text: 'Medicatieverstrekking',
    });
  });

  it('that somebody words otherwise stays as it was worded', () => {
    const own = { coding: [{ system: SNOMED, code: '373784005', display: 'Uitgifte' }] };
    expect(plain(toStu3(dispense({ category: own })).resource)['category']).toEqual(own);
  });
});

describe('what came from a pharmacy list', () => {
  const prk = { system: 'urn:oid:2.16.840.1.113883.2.4.3.11.61.2', value: '90001' };
  const made = {
    system: 'urn:oid:1.3.6.1.4.1.58606.1.1.2.16.840.1.113883.2.4.3.999.5',
    value: 'd',
  };
  const source = { system: 'urn:oid:2.16.840.1.113883.2.4.3.999.5', value: 'd' };
  const treatmentOf = (resource: Resource) =>
    (plain(toStu3(resource).resource)['extension'] as unknown as Record<string, unknown>[]).find(
      ({ url }) => url === `${NICTIZ}zib-Medication-MedicationTreatment`,
    )?.['valueIdentifier'];

  it('has the dispense as its treatment in STU3, agreement and dispense alike', () => {
    const extension = [{ url: TREATMENT_R4, valueIdentifier: prk }];
    expect(treatmentOf(dispense({ extension, identifier: [made] }))).toEqual(source);
    const relation = {
      url: `${NICTIZ}ext-RelationAdministrationAgreement`,
      valueReference: { type: 'MedicationDispense', identifier: made },
    };
    expect(
      treatmentOf(dispense({ extension: [...extension, relation], identifier: [source] })),
    ).toEqual(source);
  });

  it('and anything else keeps the treatment that it has', () => {
    const extension = [{ url: TREATMENT_R4, valueIdentifier: prk }];
    expect(treatmentOf(dispense({ extension, identifier: [source] }))).toEqual(prk);
  });
});
