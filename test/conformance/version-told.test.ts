import { describe, expect, it } from 'vitest';
import { R4, STU3 } from '../../src/conformance/fhir-version.ts';
import type { Resource } from '../../src/conformance/resource.ts';
import { likelierVersion } from '../../src/conformance/version-told.ts';

const claiming = (...profile: string[]): Resource => ({
  resourceType: 'Patient',
  meta: { profile },
});
const coded = (system: string): Resource => ({
  resourceType: 'Encounter',
  class: { system, code: 'AMB' },
});

const EQUAL = { r4: 1, stu3: 1 };

describe('what is no address of a profile', () => {
  it.each([[[null]], [[{}, 3]], ['x'], [{ 0: 'x' }], [7]])('tells nothing: %j', (profile) => {
    const odd = { resourceType: 'Observation', meta: { profile } } as never;
    expect(likelierVersion([odd], EQUAL)).toBe(R4);
  });
});

describe('the FHIR version of a resource whose sender does not say it', () => {
  it.each([
    [claiming('http://fhir.nl/fhir/StructureDefinition/nl-core-patient'), 'STU3'],
    [claiming('http://nictiz.nl/fhir/StructureDefinition/zib-BloodPressure'), 'STU3'],
    [claiming('http://nictiz.nl/fhir/StructureDefinition/nl-core-Patient|0.8'), 'R4'],
    [claiming('http://nictiz.nl/fhir/StructureDefinition/mp-MedicationUse2'), 'R4'],
    [coded('http://hl7.org/fhir/v3/ActCode'), 'STU3'],
    [coded('http://terminology.hl7.org/CodeSystem/v3-ActCode'), 'R4'],
  ])('is told by what it claims and names: %j is %s', (resource, version) => {
    expect(likelierVersion([resource], EQUAL).name).toBe(version);
  });

  it.each([
    [claiming('http://nictiz.nl/fhir/StructureDefinition/mp-MedicationAgreement')],
    [claiming('http://hl7.org/fhir/StructureDefinition/bp')],
    [coded('http://snomed.info/sct')],
  ])('is R4 where nothing tells: %j', (resource) => {
    expect(likelierVersion([resource], EQUAL)).toBe(R4);
    expect(likelierVersion([resource], { r4: 2, stu3: 1 })).toBe(STU3);
  });

  it('goes by the profile rather than by the systems, and by faults rather than by systems', () => {
    const meta = { profile: ['http://nictiz.nl/fhir/StructureDefinition/zib-Encounter'] };
    const newer = coded('http://terminology.hl7.org/CodeSystem/v3-ActCode');
    expect(likelierVersion([{ ...newer, meta }], EQUAL)).toBe(STU3);
    expect(likelierVersion([newer], { r4: 1, stu3: 0 })).toBe(STU3);
  });

  it('lets a claim outweigh a few faults only', () => {
    const stu3 = claiming('http://fhir.nl/fhir/StructureDefinition/nl-core-patient');
    expect(likelierVersion([stu3], { r4: 0, stu3: 1 })).toBe(STU3);
    expect(likelierVersion([stu3], { r4: 0, stu3: 9 })).toBe(R4);
  });
});
