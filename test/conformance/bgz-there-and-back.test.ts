/**
 * What the Dutch base record (BgZ, zib2017, STU3) requires of its resources still stands after the
 * way to R4 and back. The table names the elements that its profiles and base FHIR require.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toR4, toStu3 } from '../../src/conformance/convert.ts';
import { type ElementRule, typeRules } from '../../src/conformance/elements.ts';
import { R4, STU3 } from '../../src/conformance/fhir-version.ts';
import type { Resource } from '../../src/conformance/resource.ts';
import { validateInline } from '../../src/conformance/validate-inline.ts';
import { arbitraryResource } from './arbitrary-resource.ts';

/** Type, and what the profiles ask beyond base FHIR. */
const REQUIRED: Readonly<Record<string, string>> = {
  AllergyIntolerance: 'code',
  Appointment: 'identifier',
  Condition: 'clinicalStatus code',
  Consent: 'category dateTime',
  Coverage: 'payor',
  Device: '',
  DeviceRequest: '',
  DeviceUseStatement: '',
  Encounter: 'class subject',
  Flag: '',
  Immunization: 'date',
  ImmunizationRecommendation: '',
  Medication: '',
  MedicationDispense: 'category',
  MedicationRequest: 'category authoredOn',
  MedicationStatement: 'category dateAsserted',
  NutritionOrder: '',
  Observation: 'category subject effectiveDateTime valueQuantity component',
  Organization: 'identifier type',
  Patient: 'identifier',
  Practitioner: 'identifier',
  Procedure: 'category',
  ProcedureRequest: '',
  RelatedPerson: '',
  Specimen: '',
};
const RUNS = 15;

type Json = Record<string, unknown>;

describe.each(Object.entries(REQUIRED))('%s of the BgZ', (type, asked) => {
  const base = (typeRules(STU3, type)?.required ?? []).map(({ name }) => name);
  const names = [...new Set([...base, ...asked.split(' ')])].filter((name) => name !== '');
  const withRequired = arbitraryResource(STU3, type).filter((resource) =>
    validateInline(resource, STU3).every(({ severity }) => severity !== 'error'),
  );

  it(`keeps ${names.join(', ') || 'what there is'}, by R4 and back`, () => {
    fc.assert(
      fc.property(withRequired, fc.nat(), (resource, seed) => {
        const whole = completed(type, resource, names, seed);
        const r4 = toR4(whole).resource;
        expect(r4.resourceType).toBe(type === 'ProcedureRequest' ? 'ServiceRequest' : type);
        expect(validateInline(r4, R4).filter(({ code }) => code === 'structure')).toEqual([]);
        const back = toStu3(r4, { as: type }).resource;
        for (const name of names) {
          expect(leaves(back, name)).toEqual(expect.arrayContaining(leaves(whole, name)));
        }
      }),
      { numRuns: RUNS },
    );
  });
});

/** The resource with a value in each of these elements; its own where it has one. */
function completed(type: string, resource: Resource, names: readonly string[], seed: number) {
  const rules = typeRules(STU3, type);
  const whole: Resource = { ...resource };
  for (const name of names) {
    const spelling = rules?.spelled.get(name);
    if (!spelling || whole[name] !== undefined || hasOther(whole, spelling.rule)) continue;
    const value = VALUE[name] ?? VALUE[spelling.type];
    if (value === undefined) continue;
    const one = typeof value === 'function' ? (value as (seed: number) => unknown)(seed) : value;
    whole[name] = spelling.rule.max > 1 ? [one] : one;
  }
  return whole;
}

/** A choice that has another type already has its value. */
function hasOther(resource: Resource, rule: ElementRule): boolean {
  return rule.spellings.some(({ name }) => resource[name] !== undefined);
}

const SNOMED = 'http://snomed.info/sct';
const coded = { coding: [{ system: SNOMED, code: '365508006', display: 'bevinding' }] };

const VALUE: Readonly<Record<string, unknown>> = {
  CodeableConcept: coded,
  Coding: { system: 'http://hl7.org/fhir/v3/ActCode', code: 'AMB' },
  Identifier: { system: 'urn:oid:2.16.840.1.113883.2.4', value: '7' },
  Reference: { reference: 'Patient/a', display: 'A' },
  dateTime: (seed: number) => `20${10 + (seed % 10)}-03-04T05:06:07+01:00`,
  Quantity: (seed: number) => ({
    value: seed % 200,
    system: 'http://unitsofmeasure.org',
    code: 'mg',
  }),
  clinicalStatus: 'active',
  component: { code: coded, valueQuantity: { value: 120, unit: 'mmHg' } },
};

/** Values below an element, each with the names that lead to it. */
function leaves(resource: Resource, name: string): string[] {
  const found: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value)) for (const one of value) walk(one, path);
    else if (
      typeof value === 'object' &&
      value !== null &&
      !('text' in value && 'toJSON' in value)
    ) {
      for (const [key, inner] of Object.entries(value as Json)) walk(inner, `${path}.${key}`);
    } else found.push(`${path}=${String(value)}`);
  };
  walk(resource[name], name);
  walk(resource[`_${name}`], `_${name}`);
  return found;
}
