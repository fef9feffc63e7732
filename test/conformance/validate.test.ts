/** https://hl7.org/fhir/R4/validation.html, https://hl7.org/fhir/R4/profiling.html */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { R4, STU3 } from '../../src/conformance/fhir-version.ts';
import { openProfileBook } from '../../src/conformance/profile-book.ts';
import type { Resource } from '../../src/conformance/resource.ts';
import { validate } from '../../src/conformance/validate.ts';
import { element, OWN, packageOf, profile, slicing } from './profile-samples.ts';

type Json = Record<string, unknown>;

const LOINC = 'http://loinc.org';
const SNOMED = 'http://snomed.info/sct';

const observation = (content: Json = {}): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: LOINC, code: '85354-9' }] },
  ...content,
});
const coded = (system: string, code: string) => ({ coding: [{ system, code }] });

/** Stable codes and places of what is found against one profile of ours. */
async function against(definitions: readonly Json[], resource: Resource): Promise<string[]> {
  const book = openProfileBook(R4, [packageOf(...definitions)]);
  const issues = await validate(resource, { version: R4, profiles: [`${OWN}p`], book });
  return issues.map(({ detail, expression }) => `${detail} ${expression?.[0]}`);
}

describe('validation against a profile', () => {
  it('holds to cardinality, from the profile and from what it is built on', async () => {
    const definitions = [
      profile('base', 'Observation', [element('Observation.note', { max: '0' })]),
      profile('p', 'Observation', [element('Observation.subject', { min: 1 })], 'base'),
    ];
    expect(
      await against(definitions, observation({ subject: { reference: 'Patient/a' } })),
    ).toEqual([]);
    expect(await against(definitions, observation({ note: [{ text: 'x' }] }))).toEqual([
      'profile-max Observation.note',
      'profile-min Observation.subject',
    ]);
  });

  it('holds to fixed values and patterns', async () => {
    const definitions = [
      profile('p', 'Observation', [
        element('Observation.status', { fixedCode: 'final' }),
        element('Observation.code', { patternCodeableConcept: coded(LOINC, '85354-9') }),
      ]),
    ];
    const more = {
      coding: [
        { system: SNOMED, code: '75367002' },
        { system: LOINC, code: '85354-9' },
      ],
    };
    expect(await against(definitions, observation({ code: more }))).toEqual([]);
    const other = observation({ status: 'amended', code: coded(LOINC, '1-8') });
    expect(await against(definitions, other)).toEqual([
      'profile-fixed Observation.status',
      'profile-pattern Observation.code',
    ]);
  });

  it('allows only the types of a choice that the profile names', async () => {
    const definitions = [
      profile('p', 'Observation', [
        element('Observation.value[x]', { type: [{ code: 'Quantity' }] }),
      ]),
    ];
    expect(await against(definitions, observation({ valueQuantity: { value: 1 } }))).toEqual([]);
    expect(await against(definitions, observation({ valueString: 'a' }))).toEqual([
      'profile-type Observation.value',
    ]);
  });

  it('holds to a required value set, and only warns at an extensible one', async () => {
    const valueSet = {
      resourceType: 'ValueSet',
      url: `${OWN}arms`,
      compose: { include: [{ system: SNOMED, concept: [{ code: '368208006' }] }] },
    };
    const bound = (strength: string) =>
      profile('p', 'Observation', [
        element('Observation.bodySite', { binding: { strength, valueSet: `${OWN}arms|1` } }),
      ]);
    const site = (code: string) => observation({ bodySite: coded(SNOMED, code) });
    expect(await against([bound('required'), valueSet], site('368208006'))).toEqual([]);
    expect(await against([bound('required'), valueSet], site('1'))).toHaveLength(1);
    const book = openProfileBook(R4, [packageOf(bound('extensible'), valueSet)]);
    const [issue] = await validate(site('1'), { version: R4, profiles: [`${OWN}p`], book });
    expect(issue).toMatchObject({ severity: 'warning', detail: 'profile-binding' });
  });

  it('evaluates the invariants of the profile on the element that has them', async () => {
    const constraint = [
      {
        key: 'own-1',
        severity: 'error',
        human: 'Whole days.',
        expression: '($this as dateTime).toString().length() >= 10',
      },
    ];
    const definitions = [
      profile('p', 'Observation', [element('Observation.effective[x]', { constraint })]),
    ];
    expect(await against(definitions, observation({ effectiveDateTime: '2026-01-02' }))).toEqual(
      [],
    );
    expect(await against(definitions, observation({ effectiveDateTime: '2026-01' }))).toEqual([
      'own-1 Observation.effective',
    ]);
  });

  it('is only for the type that it constrains', async () => {
    const definitions = [profile('p', 'Patient', [element('Patient.active')])];
    expect(await against(definitions, observation())).toEqual(['profile-type Observation']);
  });

  it('holds each entry of a Bundle and each contained resource to its own claims', async () => {
    const book = openProfileBook(R4, [
      packageOf(profile('p', 'Patient', [element('Patient.gender', { min: 1 })])),
    ]);
    const patient = { resourceType: 'Patient', id: 'a', meta: { profile: [`${OWN}p`] } };
    const holder = observation({ contained: [patient], subject: { reference: '#a' } });
    const bundle: Resource = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ resource: patient }, { resource: holder }],
    };
    const issues = await validate(bundle, { version: R4, book });
    expect(issues.map(({ detail, expression }) => `${detail} ${expression?.[0]}`)).toEqual([
      'profile-min Bundle.entry[0].resource.gender',
      'profile-min Bundle.entry[1].resource.contained[0].gender',
    ]);
  });

  it('says which profile is not at hand', async () => {
    expect(await against([], observation())).toEqual(['profile-unknown Observation.meta.profile']);
  });
});

describe('slicing', () => {
  const systolic = { code: coded(LOINC, '8480-6'), valueQuantity: { value: 120 } };
  const components = (discriminator: string, says: Json) => [
    profile('p', 'Observation', [
      element('Observation.component', slicing(discriminator, 'code')),
      element('Observation.component:systolic', { min: 1, max: '1' }),
      element('Observation.component:systolic.code', says),
      element('Observation.component:systolic.value[x]', { min: 1 }),
    ]),
  ];

  it.each(['value', 'pattern'])('by %s counts and checks what is in the slice', async (by) => {
    const definitions = components(by, { patternCodeableConcept: coded(LOINC, '8480-6') });
    expect(await against(definitions, observation({ component: [systolic] }))).toEqual([]);
    expect(await against(definitions, observation())).toEqual([
      'profile-min Observation.component:systolic',
    ]);
    const twice = observation({ component: [systolic, { code: systolic.code }] });
    expect(await against(definitions, twice)).toEqual([
      'profile-max Observation.component:systolic',
      'profile-min Observation.component[1].value',
    ]);
  });

  it('by the value of an element deeper down', async () => {
    const definitions = [
      profile('p', 'Observation', [
        element('Observation.code.coding', slicing('value', 'system', 'closed')),
        element('Observation.code.coding:loinc', { min: 1 }),
        element('Observation.code.coding:loinc.system', { fixedUri: LOINC }),
      ]),
    ];
    expect(await against(definitions, observation())).toEqual([]);
    expect(await against(definitions, observation({ code: coded(SNOMED, '1') }))).toEqual([
      'profile-closed Observation.code.coding[0]',
      'profile-min Observation.code.coding:loinc',
    ]);
  });

  it('by type, also where the path itself names the type', async () => {
    const definitions = [
      profile('p', 'Observation', [element('Observation.valueQuantity.unit', { min: 1 })]),
    ];
    expect(await against(definitions, observation({ valueString: 'a' }))).toEqual([]);
    expect(await against(definitions, observation({ valueQuantity: { value: 1 } }))).toEqual([
      'profile-min Observation.value.unit',
    ]);
  });

  it('by existence', async () => {
    const definitions = [
      profile('p', 'Patient', [
        element('Patient.name', slicing('exists', 'period')),
        element('Patient.name:former', { max: '1' }),
        element('Patient.name:former.period', { min: 1 }),
      ]),
    ];
    const former = { family: 'A', period: { end: '2020' } };
    const names = (...name: Json[]): Resource => ({ resourceType: 'Patient', name });
    expect(await against(definitions, names(former, { family: 'B' }, { family: 'C' }))).toEqual([]);
    expect(await against(definitions, names(former, former))).toEqual([
      'profile-max Patient.name:former',
    ]);
  });

  it('by the type and by the profile of what a reference leads to', async () => {
    const named = profile('named', 'Practitioner', [element('Practitioner.name', { min: 1 })]);
    const bySlice = (discriminator: string, target: string) => [
      named,
      profile('p', 'Observation', [
        element('Observation.performer', slicing(discriminator, 'resolve()')),
        element('Observation.performer:doctor', {
          min: 1,
          type: [{ code: 'Reference', targetProfile: [target] }],
        }),
      ]),
    ];
    const byType = bySlice('type', 'http://hl7.org/fhir/StructureDefinition/Practitioner');
    const by = (reference: string, contained?: Json) =>
      observation({ performer: [{ reference }], ...(contained ? { contained: [contained] } : {}) });
    expect(await against(byType, by('Practitioner/a'))).toEqual([]);
    expect(await against(byType, by('Organization/a'))).toHaveLength(1);
    const byProfile = bySlice('profile', `${OWN}named`);
    const doctor = { resourceType: 'Practitioner', id: 'd' };
    expect(await against(byProfile, by('#d', { ...doctor, name: [{ family: 'A' }] }))).toEqual([]);
    expect(await against(byProfile, by('#d', doctor))).toHaveLength(1);
    // What lies elsewhere may well fit.
    expect(await against(byProfile, by('Practitioner/a'))).toEqual([]);
  });

  it('of extensions goes by their url, and checks each against its own definition', async () => {
    const extension = {
      ...profile('ext', 'Extension', [
        element('Extension.url', { fixedUri: `${OWN}ext` }),
        element('Extension.value[x]', { min: 1, type: [{ code: 'boolean' }] }),
      ]),
      kind: 'complex-type',
    };
    const definitions = [
      extension,
      profile('p', 'Patient', [
        element('Patient.extension:own', {
          min: 1,
          type: [{ code: 'Extension', profile: [`${OWN}ext`] }],
        }),
      ]),
    ];
    const patient = (value: Json): Resource => ({
      resourceType: 'Patient',
      extension: [
        { url: 'https://example.org/other', valueString: 'x' },
        { url: `${OWN}ext`, ...value },
      ],
    });
    expect(await against(definitions, patient({ valueBoolean: true }))).toEqual([]);
    expect(await against(definitions, patient({ valueString: 'x' }))).toEqual([
      'profile-type Patient.extension[1].value',
    ]);
    expect(await against(definitions, { resourceType: 'Patient', active: true })).toEqual([
      'profile-min Patient.extension:own',
    ]);
  });
});

describe('the base specification', () => {
  it('is checked with its invariants too, each with key and place', async () => {
    const item = {
      linkId: '1',
      type: 'group',
      required: true,
      enableWhen: [
        { question: '2', operator: 'exists', answerBoolean: true },
        { question: '3', operator: 'exists', answerBoolean: true },
      ],
    };
    const questionnaire: Resource = {
      resourceType: 'Questionnaire',
      status: 'draft',
      item: [item],
    };
    const issues = await validate(questionnaire, { version: R4 });
    expect(issues.map(({ detail, expression }) => [detail, expression?.[0]])).toEqual([
      ['que-1', 'Questionnaire.item[0]'],
      ['que-12', 'Questionnaire.item[0]'],
    ]);
  });

  it('does not hold rules against a resource that were published wrong', async () => {
    const condition: Resource = {
      resourceType: 'Condition',
      clinicalStatus: 'resolved',
      subject: { reference: 'Patient/a' },
      abatementDateTime: '2020',
    };
    expect(await validate(condition, { version: STU3 })).toEqual([]);
    const active = { ...condition, clinicalStatus: 'active' };
    expect(await validate(active, { version: STU3 })).toMatchObject([{ detail: 'con-4' }]);
  });

  it('stops at a broken structure, which says enough', async () => {
    const broken = observation({ status: ['final'] });
    const issues = await validate(broken, { version: R4, profiles: [`${OWN}p`] });
    expect(issues.map(({ detail }) => detail)).toEqual(['not-single']);
  });
});

it('reads plain XML definitions, each for the FHIR version that it states', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'profiles-'));
  const definition = `<StructureDefinition xmlns="http://hl7.org/fhir"><url value="${OWN}p"/>
    <name value="P"/><status value="draft"/><fhirVersion value="3.0.2"/><kind value="resource"/>
    <abstract value="false"/><type value="Patient"/>
    <baseDefinition value="http://hl7.org/fhir/StructureDefinition/Patient"/>
    <derivation value="constraint"/><differential><element id="Patient.gender">
    <path value="Patient.gender"/><min value="1"/></element></differential></StructureDefinition>`;
  writeFileSync(join(folder, 'p.xml'), definition);
  expect(openProfileBook(R4, [folder]).urls).toEqual([]);
  const book = openProfileBook(STU3, [folder]);
  const patient: Resource = {
    resourceType: 'Patient',
    meta: { profile: [`${OWN}p`] },
    active: true,
  };
  expect(await validate(patient, { version: STU3, book })).toMatchObject([
    { severity: 'error', detail: 'profile-min', expression: ['Patient.gender'] },
  ]);
});
