/** Sections of a CDA document of a hospital, such as the BgZ: source-formats 4. */
import { expect, test } from 'vitest';
import { R4, type Resource, STU3, toR4, validateInline } from '../../../src/conformance/index.ts';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { cdaDocument } from './laboratory-messages.ts';
import { author, dosageLine, given, olderSchedule, taken } from './own-blocks.ts';

const LOINC = '2.16.840.1.113883.6.1';
const SNOMED = '2.16.840.1.113883.6.96';

const section = (
  code: string,
  title: string,
  ...entries: readonly string[]
) => `<component><section>
<templateId root="1.2.3"/><code code="${code}" codeSystem="${LOINC}"/><title>${title}</title>
<text><paragraph>${title} in woorden</paragraph></text>
${entries.map((one) => `<entry typeCode="DRIV">${one}</entry>`).join('')}</section></component>`;

const id = (extension: string) =>
  `<id root="2.16.840.1.113883.2.4.3.999.6" extension="${extension}"/>`;
const code = (value: string, system = SNOMED) => `<code code="${value}" codeSystem="${system}"/>`;
const value = (of: string) => `<value xsi:type="CD" code="${of}" codeSystem="${SNOMED}"/>`;

const observation = (name: string, inner: string, attributes = '') =>
  `<observation classCode="OBS" moodCode="EVN" ${attributes}>${id(name)}${inner}</observation>`;
const concern = (inner: string, status = 'active') => `<act classCode="ACT" moodCode="EVN">
<code code="CONC" codeSystem="2.16.840.1.113883.5.6"/><statusCode code="${status}"/>
<entryRelationship typeCode="SUBJ">${inner}</entryRelationship></act>`;
const status = (of: string) => `<entryRelationship typeCode="REFR"><observation classCode="OBS"
 moodCode="EVN">${code('33999-4', LOINC)}${value(of)}</observation></entryRelationship>`;

function mapped(...sections: readonly string[]) {
  const xml = cdaDocument(`<structuredBody>${sections.join('')}</structuredBody>`);
  const [found] = readHl7v3(Buffer.from(xml), readOverlay('default'));
  expect(found?.issues.filter((issue) => issue.kind === 'unread')).toEqual([]);
  return (type: string) =>
    (found?.resources ?? [])
      .filter(({ resource }) => resource.resourceType === type)
      .map((one) => one.resource);
}

const since = '<effectiveTime><low value="20250301"/></effectiveTime>';
const problem = observation(
  'p1',
  `${code('282291009')}${since}${value('195967001')}${status('55561003')}`,
);

test('a problem has its state, and past illness is inactive', () => {
  const of = mapped(
    section('11450-4', 'Problemen', concern(problem)),
    section(
      '11348-0',
      'Voorgeschiedenis',
      observation('p2', `${code('282291009')}${since}${value('72704001')}`),
    ),
  );
  expect(of('Condition')).toMatchObject([
    {
      code: { coding: [{ code: '195967001' }] },
      clinicalStatus: { coding: [{ code: 'active' }] },
      onsetDateTime: '2025-03-01',
    },
    {
      code: { coding: [{ code: '72704001' }] },
      clinicalStatus: { coding: [{ code: 'inactive' }] },
    },
  ]);
});

test('what the document denies is refuted, never dropped', () => {
  const denied = observation(
    'a1',
    `${code('ASSERTION', '2.16.840.1.113883.5.4')}${value('419511003')}`,
    'negationInd="true"',
  );
  const of = mapped(section('48765-2', 'Allergie', concern(denied, 'completed')));
  expect(of('AllergyIntolerance')).toMatchObject([
    {
      verificationStatus: { coding: [{ code: 'refuted' }] },
      clinicalStatus: { coding: [{ code: 'inactive' }] },
    },
  ]);
});

test.each(['completed', 'nullified'])('a measurement in a group that is %s', (state) => {
  const weight = `${code('29463-7', LOINC)}<statusCode code="completed"/>${since}<value
 xsi:type="PQ" value="80" unit="kg"/>`;
  const group = `<organizer classCode="CLUSTER" moodCode="EVN"><statusCode code="${state}"/>
<component>${observation('g1', weight)}</component></organizer>`;
  const [found] = mapped(section('8716-3', 'Metingen', group))('Observation');
  expect(found?.['status']).toBe(state === 'nullified' ? 'entered-in-error' : 'final');
});

test('what is denied where no rule reads it waits, though its section tells of it', () => {
  const held = (attributes: string) => {
    const finding = `${code('365508006')}${value('160724009')}`;
    const entry = section('29762-2', 'Sociaal', observation('l1', finding, attributes));
    const xml = cdaDocument(`<structuredBody>${entry}</structuredBody>`);
    return readHl7v3(Buffer.from(xml), readOverlay('default'))[0]?.hold;
  };
  expect(held('negationInd="true"')).toContain('negated-unread');
  expect(held('negationInd="false"')).toEqual([]);
});

test('alert, contact, procedure, vaccination', () => {
  const of = mapped(
    section(
      '75310-3',
      'Waarschuwing',
      concern(
        observation(
          'w1',
          `${code('75323-6', LOINC)}${since}<entryRelationship typeCode="REFR"><observation classCode="OBS" moodCode="EVN">${code('44944-7', LOINC)}${value('66598005')}</observation></entryRelationship>`,
        ),
      ),
    ),
    section(
      '46240-8',
      'Contacten',
      `<encounter classCode="ENC" moodCode="EVN">${id('c1')}<code code="AMB" codeSystem="2.16.840.1.113883.5.4"/><effectiveTime><low value="202601050900"/><high value="202601050930"/></effectiveTime></encounter>`,
    ),
    section(
      '47519-4',
      'Verrichtingen',
      `<organizer classCode="CLUSTER" moodCode="EVN"><component><procedure classCode="PROC" moodCode="EVN">${id('v1')}${code('80146002')}<effectiveTime><low value="20250101"/><high value="20250102"/></effectiveTime></procedure></component></organizer>`,
    ),
    section(
      '11369-6',
      'Vaccinaties',
      `<substanceAdministration classCode="SBADM" moodCode="EVN">${id('i1')}<effectiveTime value="20240130"/><doseQuantity value="1"/><consumable><manufacturedProduct><manufacturedMaterial>${code('836374004')}</manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>`,
    ),
  );
  expect(of('Flag')).toMatchObject([
    { status: 'active', code: { coding: [{ code: '66598005' }] } },
  ]);
  expect(of('Encounter')).toMatchObject([{ status: 'finished', class: { code: 'AMB' } }]);
  expect(of('Procedure')).toMatchObject([
    { status: 'completed', performedPeriod: { start: '2025-01-01', end: '2025-01-02' } },
  ]);
  expect(of('Immunization')).toMatchObject([
    { status: 'completed', occurrenceDateTime: '2024-01-30' },
  ]);
});

test('of an interval that has only a middle, that is when it was', () => {
  const middle = '<effectiveTime xsi:type="IVL_TS"><center value="20240130"/></effectiveTime>';
  const of = mapped(
    section(
      '11369-6',
      'Vaccinaties',
      `<substanceAdministration classCode="SBADM" moodCode="EVN">${id('i1')}${middle}<consumable><manufacturedProduct><manufacturedMaterial>${code('836374004')}</manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>`,
    ),
    section(
      '8716-3',
      'Vitale functies',
      observation(
        'w1',
        `${code('29463-7', LOINC)}${middle}<value xsi:type="PQ" value="75" unit="kg"/>`,
      ),
    ),
  );
  expect(of('Immunization')).toMatchObject([{ occurrenceDateTime: '2024-01-30' }]);
  expect(of('Observation')).toMatchObject([{ effectiveDateTime: '2024-01-30' }]);
});

test('a measurement of several values is one Observation with components', () => {
  const part = (name: string, of: string) =>
    `<component>${observation(name, `${code(of, LOINC)}<effectiveTime value="202601050900"/><value xsi:type="PQ" value="120" unit="mm[Hg]"/>`)}</component>`;
  const pressure = `<organizer classCode="CLUSTER" moodCode="EVN"><component><organizer classCode="CLUSTER" moodCode="EVN">${code('85354-9', LOINC)}<statusCode code="completed"/>${part('s', '8480-6')}${part('d', '8462-4')}</organizer></component></organizer>`;
  const weight = `<organizer classCode="CLUSTER" moodCode="EVN"><component>${observation('g', `${code('29463-7', LOINC)}<value xsi:type="PQ" value="75.0" unit="kg"/>`)}</component></organizer>`;
  const of = mapped(section('8716-3', 'Vitale functies', pressure, weight));
  expect(of('Observation')).toMatchObject([
    {
      meta: { profile: ['http://nictiz.nl/fhir/StructureDefinition/nl-core-BloodPressure'] },
      effectiveDateTime: '2026-01-05T09:00:00+01:00',
      component: [
        { code: { coding: [{ code: '8480-6' }] } },
        { valueQuantity: { code: 'mm[Hg]' } },
      ],
    },
    { category: [{ coding: [{ code: 'vital-signs' }] }], valueQuantity: { unit: 'kg' } },
  ]);
});

test('a part of a measurement with the code and a value of the whole is called in words (obs-7)', () => {
  const value = (amount: string) => `<value xsi:type="PQ" value="${amount}" unit="kg"/>`;
  const named = code('29463-7', LOINC).replace('/>', ' displayName="gewicht"/>');
  const part = (of: string) =>
    `<entryRelationship typeCode="COMP">${observation('p', `${of}${value('74.0')}`)}</entryRelationship>`;
  const whole = observation(
    'g',
    `${named}${value('75.0')}${part(named)}${part(code('8352-7', LOINC))}`,
  );
  const of = mapped(section('8716-3', 'Vitale functies', whole));
  const [found, ...others] = of('Observation') as unknown as Resource[];
  expect(others).toEqual([]);
  expect(found).toMatchObject({
    component: [{ code: { text: 'gewicht' } }, { code: { coding: [{ code: '8352-7' }] } }],
  });
  expect(found?.['component']).not.toMatchObject([{ code: { coding: expect.anything() } }, {}]);
  expect(validateInline(found as Resource, R4)).toEqual([]);
});

test('every section keeps its narrative and is tied to what was made of it', () => {
  const of = mapped(
    section('11450-4', 'Problemen', concern(problem)),
    section('18776-5', 'Zorgplan'),
  );
  expect(of('Composition')).toMatchObject([
    {
      section: [
        { title: 'Problemen', entry: [{ type: 'Condition' }] },
        { text: { div: expect.stringContaining('Zorgplan in woorden') } },
      ],
    },
  ]);
});

const about = (of: string, inner: string, type = 'SUBJ') =>
  `<entryRelationship typeCode="${type}"><observation classCode="OBS" moodCode="EVN">${code(of)}
${inner}</observation></entryRelationship>`;

test('an allergy says how dangerous it is, and of a reaction what, how and how badly', () => {
  const substance = `<participant typeCode="CSM"><participantRole><playingEntity>${code('372687004')}
</playingEntity></participantRole></participant>`;
  const severity = `<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">
${code('SEV', '2.16.840.1.113883.5.4')}${value('24484000')}</observation></entryRelationship>`;
  const reaction = `<entryRelationship typeCode="MFST"><observation classCode="OBS" moodCode="EVN">
<text>Zakte in elkaar</text><effectiveTime value="20150301"/>${value('39579001')}${substance}
${about('284009009', value('26643006'))}${severity}</observation></entryRelationship>`;
  const period = '<effectiveTime><low value="2012"/><high value="20150301"/></effectiveTime>';
  const [allergy] = mapped(
    section(
      '48765-2',
      'Allergieën',
      concern(
        observation(
          'a-1',
          `${period}${value('418471000')}${substance}${about('246112005', value('255604002'))}${reaction}`,
        ),
      ),
    ),
  )('AllergyIntolerance');
  expect(allergy).toMatchObject({
    category: ['food'],
    criticality: 'low',
    lastOccurrence: '2015-03-01',
    reaction: [
      {
        substance: { coding: [{ code: '372687004' }] },
        manifestation: [{ coding: [{ code: '39579001' }] }],
        description: 'Zakte in elkaar',
        severity: 'severe',
        exposureRoute: { coding: [{ code: '26643006' }] },
      },
    ],
  });
});

const PERMITTED = '2.16.840.1.113883.2.4.3.11.60.40.4';
const verified = (denied: string) => `<entryRelationship typeCode="REFR">
<observation classCode="OBS" moodCode="EVN" negationInd="${denied}">${code('3390006')}
<effectiveTime value="20261113"/></observation></entryRelationship>`;
const decided = (answer: string, inner = '') => `<entryRelationship typeCode="REFR">
<observation classCode="OBS" moodCode="EVN">${code(answer, PERMITTED)}
<effectiveTime><low value="20260307"/></effectiveTime>${inner}</observation></entryRelationship>`;
const will = `<entryRelationship typeCode="SUBJ"><act classCode="ACT" moodCode="EVN">${id('w-1')}
${code('NR', '2.16.840.1.113883.2.4.3.11.60.40.4.14.1')}<effectiveTime value="20250101"/>
</act></entryRelationship>`;

test('a treatment directive says what is not done, with whom it was checked, and its will', () => {
  const restriction = '<value xsi:type="ST">Eerst overleg</value>';
  const consents = mapped(
    section(
      '42348-3',
      'Behandelaanwijzingen',
      observation('t-1', code('89666000') + decided('NEE', restriction + verified('false')) + will),
    ),
  )('Consent');
  const [advance, treatment] = consents;
  expect(advance).toMatchObject({ dateTime: '2025-01-01', category: [{}, {}] });
  expect(treatment).toMatchObject({
    extension: [
      { extension: [{ url: 'Verified', valueBoolean: true }, { url: 'VerificationDate' }] },
      { valueCodeableConcept: { coding: [{ code: '89666000' }] } },
    ],
    modifierExtension: [{ valueCodeableConcept: { coding: [{ code: 'NEE' }] } }],
    period: { start: '2026-03-07' },
    sourceReference: { reference: expect.stringMatching(/^urn:uuid:/) },
    except: [{ type: 'deny', extension: [{ valueString: 'Eerst overleg' }] }],
  });
  expect(JSON.stringify(consents)).not.toContain('"type":"Patient"');
  for (const one of consents) expect(validateInline(one, STU3)).toEqual([]);
  const scopes = consents.map((one) => toR4(one).resource['scope']);
  expect(scopes).toMatchObject([
    { coding: [{ code: 'adr' }] },
    { coding: [{ code: 'treatment' }] },
  ]);
});

test('a directive that does not say what is decided is not made, and that is told', () => {
  const xml = cdaDocument(
    `<structuredBody>${section('42348-3', 'X', observation('t-1', code('89666000')))}</structuredBody>`,
  );
  const [found] = readHl7v3(Buffer.from(xml), readOverlay('default'));
  expect(found?.resources.some(({ resource }) => resource.resourceType === 'Consent')).toBe(false);
  expect(found?.issues.some(({ code: what }) => what === 'required-missing')).toBe(true);
});

test('medication in a document is what it is in a message of its own', () => {
  const asEntry = (component: string) =>
    /<component[^>]*>([\s\S]*)<\/component>$/.exec(component)?.[1] ?? '';
  const of = mapped(
    section(
      '10160-0',
      'Medicatie',
      asEntry(taken('33633005', 'ma-1', author() + dosageLine(1, olderSchedule(''), given('1')))),
      asEntry(taken('422037009', 'ta-1', author())),
    ),
  );
  const [patient] = of('Patient');
  expect(patient).toBeDefined();
  expect(of('MedicationRequest')).toMatchObject([
    { identifier: [{ value: 'ma-1' }], intent: 'order', subject: { type: 'Patient' } },
  ]);
  expect(of('MedicationDispense')).toMatchObject([{ identifier: [{ value: 'ta-1' }] }]);
  expect(of('Medication')).not.toEqual([]);
});

test('a weight in a document is one observation, and nobody objects to it', () => {
  const weight = `<organizer classCode="CLUSTER" moodCode="EVN"><statusCode code="completed"/>
<component>${observation(
    'o-1',
    `${code('29463-7', LOINC)}<effectiveTime value="20260102"/>
<value xsi:type="PQ" value="75" unit="kg"/>`,
  )}</component></organizer>`;
  const xml = cdaDocument(
    `<structuredBody>${section('8716-3', 'Vitale functies', weight)}</structuredBody>`,
  );
  const [found] = readHl7v3(Buffer.from(xml), readOverlay('default'));
  const weights = found?.resources.filter(
    ({ resource }) => resource.resourceType === 'Observation',
  );
  expect(weights).toHaveLength(1);
  expect(found?.issues.filter((issue) => issue.kind === 'rule')).toEqual([]);
});

test('functional status has its profile and the aid that goes with it', () => {
  const aid = `<entryRelationship typeCode="REFR"><organizer classCode="CLUSTER" moodCode="EVN">
<statusCode code="completed"/><component><supply classCode="SPLY" moodCode="EVN"><effectiveTime
 value="20240222"/><participant typeCode="PRD"><participantRole classCode="MANU">${id('hulp-1')}
<playingDevice classCode="DEV">${code('58938008')}</playingDevice></participantRole></participant>
</supply></component></organizer></entryRelationship>`;
  const of = mapped(
    section(
      '47420-5',
      'Functionele status',
      observation('f1', `${code('282097004')}${since}${value('371150009')}${aid}`),
    ),
  );
  expect(of('Observation')).toMatchObject([
    {
      meta: {
        profile: ['http://nictiz.nl/fhir/StructureDefinition/nl-core-FunctionalOrMentalStatus'],
      },
      code: { coding: [{ code: '282097004' }] },
      valueCodeableConcept: { coding: [{ code: '371150009' }] },
    },
  ]);
  expect(of('Device')).toMatchObject([{ type: { coding: [{ code: '58938008' }] } }]);
  expect(of('DeviceUseStatement')).toHaveLength(1);
});

test('who pays is a Coverage with the insurer by its UZOVI', () => {
  const policy = `<act classCode="ACT" moodCode="EVN">${code('48768-6', LOINC)}
<statusCode code="completed"/><entryRelationship typeCode="COMP"><act classCode="ACT" moodCode="EVN">
${id('polis-1')}<code code="PUBLICPOL" codeSystem="2.16.840.1.113883.5.4"/>
<performer typeCode="PAYOR"><assignedEntity><id root="2.16.840.1.113883.2.4.6.4" extension="3311"/>
<representedOrganization><name>Zorgverzekeraar Zoom</name></representedOrganization></assignedEntity>
</performer><participant typeCode="COV"><time><low value="20260101"/></time><participantRole>
<id root="2.16.840.1.113883.2.4.3.999.7" extension="A-77"/></participantRole></participant></act>
</entryRelationship></act>`;
  const of = mapped(section('48768-6', 'Betaler', policy));
  expect(of('Coverage')).toMatchObject([
    {
      status: 'active',
      type: { coding: [{ code: 'PUBLICPOL' }] },
      subscriberId: 'A-77',
      period: { start: '2026-01-01' },
    },
  ]);
  expect(of('Organization')).toContainEqual(
    expect.objectContaining({
      identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/uzovi', value: '3311' }],
      name: 'Zorgverzekeraar Zoom',
    }),
  );
});

test('what a care plan intends is a request, and no result', () => {
  const planned = (name: string, mood: string, more = '') =>
    `<procedure classCode="PROC" moodCode="${mood}">${id(name)}${code('12345')}${more}</procedure>`;
  const wanted = `<observation classCode="OBS" moodCode="INT">${id('o1')}${code('27113001')}
${value('1')}</observation>`;
  const visit = `<encounter classCode="ENC" moodCode="INT">${id('c1')}
<code code="AMB" codeSystem="2.16.840.1.113883.5.4"/><effectiveTime value="20270105"/></encounter>`;
  const of = mapped(
    section(
      '18776-5',
      'Zorgplan',
      planned('z1', 'INT', '<effectiveTime value="20261224"/>'),
      planned('z2', 'RQO', '<statusCode code="cancelled"/>'),
      wanted,
      visit,
    ),
  );
  expect(of('ServiceRequest')).toMatchObject([
    { intent: 'plan', status: 'active', occurrenceDateTime: '2026-12-24' },
    { intent: 'order', status: 'revoked' },
    { intent: 'plan', code: { coding: [{ code: '27113001' }] } },
  ]);
  expect(of('Observation')).toEqual([]);
  expect(of('Encounter')).toMatchObject([{ status: 'planned' }]);
  const [composition] = of('Composition');
  expect(JSON.stringify(composition?.['section']).match(/"reference"/g)?.length).toBeGreaterThan(3);
});

test('an organization has no home, whatever use a sender names', () => {
  const home =
    '<telecom use="HP" value="tel:0251000000"/><addr use="HP"><city>Beverwijk</city></addr>';
  const by = `<author><time value="20260302"/><assignedAuthor><id nullFlavor="NI"/>
<representedOrganization><id root="2.16.528.1.1007.3.3" extension="00700704"/><name>Praktijk</name>
${home}</representedOrganization></assignedAuthor></author>`;
  const found = mapped(
    section(
      '11450-4',
      'Problemen',
      concern(observation('p9', `${code('282291009')}${since}${value('195967001')}${by}`)),
    ),
  )('Organization').find((one) => one['name'] === 'Praktijk');
  expect(found?.['telecom']).toEqual([{ system: 'phone', value: '0251000000' }]);
  expect(found?.['address']).toEqual([expect.not.objectContaining({ use: expect.anything() })]);
});

test('a vaccination has a moment, or says that it is not known', () => {
  const vaccination = (name: string, moment: string) =>
    `<substanceAdministration classCode="SBADM" moodCode="EVN">${id(name)}${moment}
<consumable><manufacturedProduct><manufacturedMaterial>${code('836374004')}</manufacturedMaterial>
</manufacturedProduct></consumable></substanceAdministration>`;
  const of = mapped(
    section(
      '11369-6',
      'Vaccinaties',
      vaccination('v1', '<effectiveTime value="20240501"/>'),
      vaccination('v2', '<effectiveTime><low value="20240502"/></effectiveTime>'),
      vaccination('v3', '<effectiveTime nullFlavor="UNK"/>'),
      vaccination('v4', ''),
    ),
  );
  const url = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';
  const unknown = { _occurrenceDateTime: { extension: [{ url, valueCode: 'unknown' }] } };
  expect(of('Immunization')).toMatchObject([
    { occurrenceDateTime: '2024-05-01' },
    { occurrenceDateTime: '2024-05-02' },
    unknown,
    unknown,
  ]);
  for (const one of of('Immunization')) {
    expect(validateInline(one, R4).filter(({ severity }) => severity === 'error')).toEqual([]);
  }
});

test('a concern that is completed is not active any more', () => {
  const bare = observation('p1', `${code('282291009')}${since}${value('195967001')}`);
  const stateOf = (state: string) =>
    mapped(section('11450-4', 'Problemen', concern(bare, state)))('Condition')[0]?.[
      'clinicalStatus'
    ];
  expect(stateOf('active')).toMatchObject({ coding: [{ code: 'active' }] });
  expect(stateOf('completed')).toMatchObject({ coding: [{ code: 'inactive' }] });
});

test('what somebody else has is not what this person has, but stands in the narrative', () => {
  const father = `<subject><relatedSubject classCode="PRS">
<code code="FTH" codeSystem="2.16.840.1.113883.5.111"/></relatedSubject></subject>`;
  const infarct = observation('f1', `${code('282291009')}${since}${value('22298006')}`);
  const family = `<organizer classCode="CLUSTER" moodCode="EVN">${father}
<component>${infarct}</component></organizer>`;
  const of = mapped(
    section('10157-6', 'Familieanamnese', family, infarct),
    section('29762-2', 'Anamnese', family),
    section('11450-4', 'Problemen', concern(problem).replace('<entryRel', `${father}<entryRel`)),
    section(
      '8716-3',
      'Vitale functies',
      observation(
        'w1',
        `${code('29463-7', LOINC)}${father}<value xsi:type="PQ" value="3450"
unit="g"/>`,
      ),
    ),
  );
  expect([...of('Observation'), ...of('Condition')]).toEqual([]);
  expect(JSON.stringify(of('Composition'))).toContain('Familieanamnese in woorden');
});

test('a measurement that was not taken says why', () => {
  const of = mapped(
    section(
      '8716-3',
      'Vitale functies',
      observation('w1', `${code('29463-7', LOINC)}<value xsi:type="PQ" nullFlavor="ASKU"/>`),
      observation('w2', `${code('8302-2', LOINC)}<value xsi:type="PQ" value="180" unit="cm"/>`),
    ),
  );
  const reasons = of('Observation').map((one) => one['dataAbsentReason']);
  expect(reasons).toMatchObject([{ coding: [{ code: 'asked-unknown' }] }, undefined]);
});

test('what was not done is told as such, and nothing waits for it', () => {
  const xml = cdaDocument(
    `<structuredBody>${section(
      '47519-4',
      'Verrichtingen',
      `<procedure classCode="PROC" moodCode="EVN" negationInd="true">${id('v1')}
${code('80146002')}</procedure>`,
    )}</structuredBody>`,
  );
  const [found] = readHl7v3(Buffer.from(xml), readOverlay('default'));
  expect(found?.hold).toEqual([]);
  expect(found?.resources.map(({ resource }) => resource)).toContainEqual(
    expect.objectContaining({ resourceType: 'Procedure', status: 'not-done' }),
  );
});
