import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hasR4Type,
  r4TypeOf,
  stu3TypesOf,
  systemIn,
} from '../../src/conformance/conversion-names.ts';
import { toR4, toStu3 } from '../../src/conformance/convert.ts';
import { resourceTypes } from '../../src/conformance/elements.ts';
import { readFhir } from '../../src/conformance/fhir-format.ts';
import { R4, STU3 } from '../../src/conformance/fhir-version.ts';
import type { Resource } from '../../src/conformance/resource.ts';
import { validateInline } from '../../src/conformance/validate-inline.ts';
import { arbitraryResource } from './arbitrary-resource.ts';

const subject = { reference: 'Patient/a' };
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** The types that the gegevensdiensten need, with those their bundles hold. */
const TYPES = (
  'AllergyIntolerance Appointment Binary BodySite CarePlan CareTeam Composition Condition Consent Coverage Device ' +
  'DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest DocumentReference Encounter Endpoint ' +
  'EpisodeOfCare FamilyMemberHistory Flag Goal Immunization ImmunizationRecommendation List Location Media ' +
  'Medication MedicationAdministration MedicationDispense MedicationRequest MedicationStatement NutritionOrder ' +
  'Observation Organization Patient Practitioner PractitionerRole Procedure ProcedureRequest Questionnaire ' +
  'QuestionnaireResponse ReferralRequest RelatedPerson Specimen Task Communication ImagingStudy Provenance'
).split(' ');

describe('names between the versions', () => {
  it('knows the types that were renamed, merged and left out', () => {
    expect(r4TypeOf('ProcedureRequest')).toBe('ServiceRequest');
    expect(stu3TypesOf('ServiceRequest')).toEqual(['ProcedureRequest', 'ReferralRequest']);
    expect(stu3TypesOf('Patient')).toEqual(['Patient']);
    expect(stu3TypesOf('ServiceRequest')).not.toContain('ServiceRequest');
    expect(stu3TypesOf('Invoice')).toEqual([]);
    expect(hasR4Type('ImagingManifest')).toBe(false);
    expect(() => toR4({ resourceType: 'ImagingManifest' })).toThrowError(/no form/);
  });

  it.each([
    ['http://hl7.org/fhir/v3/ActCode', 'http://terminology.hl7.org/CodeSystem/v3-ActCode'],
    ['http://hl7.org/fhir/v2/0203', 'http://terminology.hl7.org/CodeSystem/v2-0203'],
    [
      'http://hl7.org/fhir/observation-category',
      'http://terminology.hl7.org/CodeSystem/observation-category',
    ],
    ['http://snomed.info/sct', 'http://snomed.info/sct'],
  ])('moves the code system %s', (stu3, r4) => {
    expect(systemIn(true, stu3)).toBe(r4);
    expect(systemIn(false, r4)).toBe(stu3);
  });
});

describe('from R4 to STU3 and back', () => {
  it('tells that the type of a reference that names nobody by address is lost', () => {
    const r4 = {
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'x' },
      subject: { type: 'Patient', identifier: { system: 'urn:a', value: '1' } },
      performer: [{ type: 'Organization', reference: 'Organization/o' }],
    };
    const { resource, loss } = toStu3(r4);
    // The address of the performer says it as well: nothing is lost there.
    expect(loss.map(({ path }) => path)).toEqual(['Observation.subject.type']);
    const back = toR4(resource).resource;
    expect(back['subject']).toEqual({ identifier: r4.subject.identifier });
    expect(back['performer']).toEqual([{ reference: 'Organization/o' }]);
  });

  it.each(['Condition', 'AllergyIntolerance'])('says that the state of a %s is unknown', (type) => {
    const whose = type === 'Condition' ? { subject } : { patient: subject };
    const r4 = { resourceType: type, code: { text: 'x' }, ...whose };
    const { resource } = toStu3(r4);
    expect(resource['_clinicalStatus']).toMatchObject({ extension: [{ valueCode: 'unknown' }] });
    expect(
      validateInline(resource, STU3).filter(({ detail }) => /^(con|ait)-/.test(detail ?? '')),
    ).toEqual([]);
    const system = `http://terminology.hl7.org/CodeSystem/${
      type === 'Condition' ? 'condition-ver-status' : 'allergyintolerance-verification'
    }`;
    const mistaken = toStu3({
      ...r4,
      verificationStatus: { coding: [{ system, code: 'entered-in-error' }] },
    });
    expect(mistaken.resource['_clinicalStatus']).toBeUndefined();
  });

  it('tells that the words beside a code are lost where there is room for a code only', () => {
    const coding = {
      system: 'http://terminology.hl7.org/CodeSystem/condition-clinical',
      code: 'active',
      display: 'Actief',
    };
    const r4 = { resourceType: 'Condition', subject, clinicalStatus: { coding: [coding] } };
    const { resource, loss } = toStu3(r4);
    expect(resource['clinicalStatus']).toBe('active');
    expect(loss.map(({ path }) => path)).toEqual(['Condition.clinicalStatus.coding.display']);
  });
});

/** fhir-versions section 5, one example of each pattern. */
describe('from STU3 to R4', () => {
  it.each<[string, Resource, object]>([
    [
      'a status becomes a concept, a date and the encounter are renamed',
      {
        resourceType: 'Condition',
        clinicalStatus: 'resolved',
        assertedDate: '2020',
        context: { reference: 'Encounter/e' },
        subject,
      },
      {
        clinicalStatus: {
          coding: [
            {
              system: 'http://terminology.hl7.org/CodeSystem/condition-clinical',
              code: 'resolved',
            },
          ],
        },
        recordedDate: '2020',
        encounter: { reference: 'Encounter/e' },
      },
    ],
    [
      'relations and comment of an observation',
      {
        resourceType: 'Observation',
        status: 'final',
        code: { text: 'a' },
        comment: 'b',
        related: [{ type: 'has-member', target: { reference: 'Observation/m' } }],
      },
      { note: [{ text: 'b' }], hasMember: [{ reference: 'Observation/m' }] },
    ],
    [
      'a dose goes into doseAndRate, the requester out of its backbone',
      {
        resourceType: 'MedicationRequest',
        intent: 'order',
        subject,
        medicationReference: { reference: 'Medication/m' },
        requester: { agent: { reference: 'Practitioner/p' } },
        dosageInstruction: [{ doseQuantity: { value: 1 } }],
      },
      {
        requester: { reference: 'Practitioner/p' },
        dosageInstruction: [{ doseAndRate: [{ doseQuantity: { value: 1 } }] }],
        status: 'unknown',
      },
    ],
    [
      'what was not done is a status',
      {
        resourceType: 'Immunization',
        status: 'completed',
        notGiven: true,
        vaccineCode: { text: 'v' },
        patient: subject,
        primarySource: true,
        explanation: { reasonNotGiven: [{ text: 'ill' }] },
      },
      { status: 'not-done', statusReason: { text: 'ill' } },
    ],
    [
      'medication not taken',
      {
        resourceType: 'MedicationStatement',
        status: 'active',
        taken: 'n',
        subject,
        medicationReference: { reference: 'Medication/m' },
      },
      { status: 'not-taken' },
    ],
    [
      'exceptions of a consent lie below its provision, which has no type',
      {
        resourceType: 'Consent',
        status: 'active',
        patient: subject,
        policyRule: 'urn:p',
        period: { start: '2020' },
        except: [{ type: 'deny', code: [{ system: 's', code: 'c' }] }],
      },
      {
        provision: {
          period: { start: '2020' },
          provision: [{ type: 'deny', code: [{ coding: [{ system: 's', code: 'c' }] }] }],
        },
      },
    ],
    [
      'a reference to the role of a practitioner',
      {
        resourceType: 'Procedure',
        status: 'completed',
        subject,
        performer: [
          {
            actor: {
              reference: 'Practitioner/p',
              display: 'P',
              extension: [
                {
                  url: 'http://nictiz.nl/fhir/StructureDefinition/practitionerrole-reference',
                  valueReference: { reference: 'PractitionerRole/r', display: 'R' },
                },
              ],
            },
          },
        ],
      },
      { performer: [{ actor: { reference: 'PractitionerRole/r', display: 'R' } }] },
    ],
    [
      'references follow the types',
      {
        resourceType: 'Encounter',
        status: 'finished',
        class: { code: 'AMB' },
        incomingReferral: [{ reference: 'ReferralRequest/r' }],
      },
      { basedOn: [{ reference: 'ServiceRequest/r' }] },
    ],
    [
      'a coverage grouping becomes classes',
      {
        resourceType: 'Coverage',
        status: 'active',
        grouping: { plan: 'B37FC', planDisplay: 'Full' },
      },
      {
        class: [
          {
            type: {
              coding: [
                { system: 'http://terminology.hl7.org/CodeSystem/coverage-class', code: 'plan' },
              ],
            },
            value: 'B37FC',
            name: 'Full',
          },
        ],
      },
    ],
  ])('%s', (_name, stu3, expected) => {
    const { resource, loss } = toR4(stu3);
    expect(plain(resource)).toMatchObject(expected);
    expect(loss).toEqual([]);
    expect(plain(toStu3(resource).resource)).toMatchObject(plain(stu3) as object);
  });

  it('claims the successor of a Dutch profile, and reports one without', () => {
    const { resource, loss } = toR4({
      resourceType: 'Condition',
      meta: {
        profile: [
          'http://nictiz.nl/fhir/StructureDefinition/zib-Problem',
          'http://example.org/own',
        ],
      },
      subject,
    });
    expect(resource.meta?.profile).toEqual([
      'http://nictiz.nl/fhir/StructureDefinition/nl-core-Problem',
    ]);
    expect(loss).toEqual([
      { path: 'Condition.meta.profile[1]', reason: 'no profile with the same meaning' },
    ]);
  });

  it('keeps what changes the meaning as a modifier', () => {
    const request = {
      resourceType: 'MedicationRequest',
      status: 'active',
      intent: 'order',
      doNotPerform: true,
      subject,
      medicationReference: { reference: 'Medication/m' },
    };
    const { resource } = toStu3(request);
    expect(resource['modifierExtension']).toEqual([
      {
        url: 'http://hl7.org/fhir/4.0/StructureDefinition/extension-MedicationRequest.doNotPerform',
        valueBoolean: true,
      },
    ]);
    expect(toR4(resource).resource['doNotPerform']).toBe(true);
  });

  it('keeps the digits of a decimal', () => {
    const text =
      '{"resourceType":"Observation","status":"final","code":{},"valueQuantity":{"value":1.50}}';
    const stu3 = readFhir(Buffer.from(text), { format: 'json', version: STU3 });
    expect(JSON.stringify(toR4(stu3).resource)).toContain('"value":1.50');
  });
});

/** Every leaf with its value, whatever its place in a list. */
function leaves(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => leaves(item, path));
  if (typeof value !== 'object' || value === null) return [`${path}=${String(value)}`];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, `${path}.${name}`));
}

describe('there and back', () => {
  const run = (stu3: Resource) => {
    const there = toR4(stu3);
    const back = toStu3(there.resource, { as: stu3.resourceType });
    return { there, back };
  };

  it.each(TYPES)('STU3 %s loses nothing without a line in the report', (type) => {
    fc.assert(
      fc.property(arbitraryResource(STU3, type), (resource) => {
        const stu3 = plain(resource) as Resource;
        const { there, back } = run(stu3);
        const told = [...there.loss, ...back.loss].map(({ path }) =>
          path.replace(/\[\d+\]/g, '').toLowerCase(),
        );
        const kept = new Set(
          leaves(plain(back.resource)).map((leaf) => leaf.slice(leaf.indexOf('=') + 1)),
        );
        // Names change (systems, types of choices), so a value must be somewhere in the resource.
        const lost = leaves(stu3).filter((leaf) => {
          const [path = ''] = leaf.split('=');
          const value = leaf.slice(path.length + 1);
          if (kept.has(value) || kept.has(systemIn(true, value))) return false;
          const place = `${type}${path}`.toLowerCase().replace(/_/g, '');
          // The report names an element without the type that a choice adds to its name.
          return !told.some((one) => new RegExp(`^${one.split('.').join('\\w*\\.')}`).test(place));
        });
        expect(lost).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  it.each(TYPES)('STU3 %s becomes R4 of the right structure', (type) => {
    fc.assert(
      fc.property(arbitraryResource(STU3, type), (stu3) => {
        const wrong = validateInline(toR4(stu3).resource, R4).filter(
          ({ severity, code }) => severity === 'error' && code !== 'invariant',
        );
        expect(wrong.filter(({ detail }) => detail !== 'reference-type')).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  it('every R4 type with a counterpart becomes STU3 without a fault', () => {
    const types = resourceTypes(R4).filter((type) => stu3TypesOf(type).length > 0);
    fc.assert(
      fc.property(
        fc.constantFrom(...types).chain((type) => arbitraryResource(R4, type)),
        (r4) => {
          const { resource } = toStu3(r4);
          expect(stu3TypesOf(r4.resourceType)).toContain(resource.resourceType);
        },
      ),
      { numRuns: 100 },
    );
  });
});
