/** Medication of zib2017 (STU3) and zib2020 (R4): where the duration and the description stand. */
import { describe, expect, it } from 'vitest';
import { toR4, toStu3 } from '../../src/conformance/convert.ts';
import type { Resource } from '../../src/conformance/resource.ts';

const NICTIZ = 'http://nictiz.nl/fhir/StructureDefinition/';
const days = { value: 93, unit: 'dag', system: 'http://unitsofmeasure.org', code: 'd' };
const durationStu3 = { url: `${NICTIZ}zib-MedicationUse-Duration`, valueDuration: days };
const durationR4 = { url: `${NICTIZ}ext-TimeInterval.Duration`, valueDuration: days };

const agreement = (more: Record<string, unknown>): Resource => ({
  resourceType: 'MedicationDispense',
  medicationReference: { reference: 'Medication/a' },
  ...more,
});

describe('a document', () => {
  it('claims the profile of its version, so that apps that look for it find it', () => {
    const r4 =
      'https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.Minimal.DocumentReference';
    const document = { resourceType: 'DocumentReference', meta: { profile: [r4] } };
    const back = toStu3(document).resource;
    expect(back.meta?.profile).toEqual([`${NICTIZ}IHE.MHD.Minimal.DocumentReference`]);
    expect(toR4(back).resource.meta?.profile).toEqual([r4]);
  });
});

describe('the duration of use', () => {
  it('is within the period in R4, and beside it again in STU3', () => {
    const start = '2021-06-08T00:00:00+02:00';
    const period = { url: `${NICTIZ}zib-Medication-PeriodOfUse`, valuePeriod: { start } };
    const sent = agreement({ extension: [period, durationStu3] });
    const { resource } = toR4(sent);
    expect(resource['extension']).toEqual([
      {
        url: `${NICTIZ}ext-TimeInterval.Period`,
        valuePeriod: { extension: [durationR4], start },
      },
    ]);
    expect(toStu3(resource).resource['extension']).toEqual(
      expect.arrayContaining([durationStu3, period]),
    );
  });

  it('makes a period of its own where there is none, which is gone again in STU3', () => {
    const { resource } = toR4(agreement({ extension: [durationStu3] }));
    expect(resource['extension']).toEqual([
      { url: `${NICTIZ}ext-TimeInterval.Period`, valuePeriod: { extension: [durationR4] } },
    ]);
    const back = toStu3(resource).resource['extension'];
    expect(back).toContainEqual(durationStu3);
    expect(JSON.stringify(back)).not.toContain('PeriodOfUse');
  });

  it('changes nothing of the resource that was given', () => {
    const sent = agreement({ extension: [durationStu3] });
    const before = structuredClone(sent);
    toR4(sent);
    expect(sent).toEqual(before);
  });
});

describe('the description of a dosage', () => {
  const described = {
    url: `${NICTIZ}ext-RenderedDosageInstruction`,
    valueString: '1 tot 2 tabletten zo nodig',
  };

  it('is the text of the dosage in STU3, made where there is none', () => {
    const { resource } = toStu3(agreement({ status: 'completed', extension: [described] }));
    expect(resource['dosageInstruction']).toEqual([{ text: described.valueString }]);
  });

  it('leaves a dosage that has a text as it is', () => {
    const dosageInstruction = [{ sequence: 1 }, { sequence: 2, text: 'eigen' }];
    const r4 = agreement({ status: 'completed', extension: [described], dosageInstruction });
    expect(toStu3(r4).resource['dosageInstruction']).toEqual(dosageInstruction);
  });
});

describe('a quantity in two systems of units', () => {
  const url = 'http://hl7.org/fhir/StructureDefinition/iso21090-PQ-translation';
  const system = 'urn:oid:2.16.840.1.113883.2.4.4.1.900.2';
  const gStandard = { value: 30, unit: 'Stuk', system, code: '245' };
  const ucum = { value: 30, unit: 'Stuk', system: 'http://unitsofmeasure.org', code: '1' };
  const r4 = agreement({
    status: 'completed',
    quantity: { ...ucum, extension: [{ url, valueQuantity: gStandard }] },
  });

  it('is in the units of the G-Standaard in STU3, with UCUM as its translation', () => {
    const { resource } = toStu3(r4);
    expect(resource['quantity']).toEqual({
      ...gStandard,
      extension: [{ url, valueQuantity: ucum }],
    });
    expect(toR4(resource).resource['quantity']).toEqual(r4['quantity']);
  });

  it('stays as it is where it has one system only', () => {
    expect(toStu3(agreement({ status: 'completed', quantity: ucum })).resource['quantity']).toEqual(
      ucum,
    );
    expect(toR4(agreement({ quantity: gStandard })).resource['quantity']).toEqual(gStandard);
  });
});
