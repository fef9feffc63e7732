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
