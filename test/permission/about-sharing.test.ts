/** Which Consent is a choice about sharing, and which is a treatment limit or a living will. */
import { describe, expect, it } from 'vitest';
import { isAboutSharing } from '../../src/permission/index.ts';

const coded = (system: string, code: string) => ({ coding: [{ system, code }] });
const SCOPE = 'http://terminology.hl7.org/CodeSystem/consentscope';
const consent = (scope: string, system: string, code: string) => ({
  resourceType: 'Consent',
  ...(scope === '' ? {} : { scope: coded(SCOPE, scope) }),
  category: [coded(system, code)],
});

describe('a Consent', () => {
  it.each([
    ['patient-privacy', 'urn:any', 'x'],
    ['research', 'urn:any', 'x'],
    ['', 'http://loinc.org', '59284-0'],
    ['', 'http://loinc.org', '64292-6'],
    ['', 'http://hl7.org/fhir/v3/ActCode', 'IDSCL'],
    ['treatment', 'http://terminology.hl7.org/CodeSystem/v3-ActCode', 'INFA'],
    ['', 'http://hl7.org/fhir/consentcategorycodes', 'research'],
  ])('of scope %s and category %s|%s is about sharing', (scope, system, code) => {
    expect(isAboutSharing(consent(scope, system, code))).toBe(true);
  });

  it.each([
    ['treatment', 'http://snomed.info/sct', '129125009'],
    ['adr', 'http://terminology.hl7.org/CodeSystem/consentcategorycodes', 'acd'],
    ['', 'http://snomed.info/sct', '11291000146105'],
  ])('of scope %s and category %s|%s is clinical data', (scope, system, code) => {
    expect(isAboutSharing(consent(scope, system, code))).toBe(false);
  });
});
