/** Panels and allergies of a hospital document: what is said of each part (source-formats 4). */
import { expect, test } from 'vitest';
import { R4, validateInline } from '../../../src/conformance/index.ts';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { cdaDocument } from './laboratory-messages.ts';

const LOINC = 'codeSystem="2.16.840.1.113883.6.1"';
const SNOMED = 'codeSystem="2.16.840.1.113883.6.96"';
const id = (extension: string) =>
  `<id root="2.16.840.1.113883.2.4.3.999.6" extension="${extension}"/>`;

function mapped(code: string, ...entries: readonly string[]) {
  const section = `<component><section><code code="${code}" ${LOINC}/><text>In woorden</text>
${entries.map((one) => `<entry>${one}</entry>`).join('')}</section></component>`;
  const xml = cdaDocument(`<structuredBody>${section}</structuredBody>`);
  const [found] = readHl7v3(Buffer.from(xml), readOverlay('default'));
  return (type: string) => {
    const all = found?.resources.filter(({ resource }) => resource.resourceType === type) ?? [];
    for (const { resource } of all) {
      expect(validateInline(resource, R4).filter((it) => it.severity === 'error')).toEqual([]);
    }
    return all.map(({ resource }) => resource);
  };
}

const measured = (name: string, code: string, rest: string, status = 'completed') =>
  `<component><observation classCode="OBS" moodCode="EVN">${id(name)}<code code="${code}" ${LOINC}/>
<statusCode code="${status}"/>${rest}</observation></component>`;
const organizer = (kind: string, code: string, ...parts: readonly string[]) =>
  `<organizer classCode="${kind}" moodCode="EVN">${id('panel')}${code}<statusCode code="completed"/>
<effectiveTime value="20260101"/>${parts.join('')}</organizer>`;

test('a result of a panel keeps its number, time, flag and limits', () => {
  const [potassium, sodium, panel, ...more] = mapped(
    '30954-2',
    organizer(
      'BATTERY',
      `<code code="24326-1" ${LOINC}/>`,
      measured(
        'k',
        '2823-3',
        `<effectiveTime value="202601010800"/><value xsi:type="PQ" value="6.1" unit="mmol/L"/>
<interpretationCode code="H" codeSystem="2.16.840.1.113883.5.83"/><referenceRange>
<observationRange><value xsi:type="IVL_PQ"><low value="3.5" unit="mmol/L"/>
<high value="5.1" unit="mmol/L"/></value></observationRange></referenceRange>`,
      ),
      measured('na', '2951-2', '<value xsi:type="PQ" nullFlavor="NASK"/>', 'aborted'),
    ),
  )('Observation');
  expect(potassium).toMatchObject({
    identifier: [{ value: 'k' }],
    effectiveDateTime: '2026-01-01T08:00:00+01:00',
    interpretation: [{ coding: [{ code: '281302008' }, { code: 'H' }] }],
    referenceRange: [{ low: { value: 3.5 }, high: { value: 5.1 } }],
  });
  expect(sodium).toMatchObject({
    status: 'cancelled',
    dataAbsentReason: { coding: [{ code: 'not-asked' }] },
  });
  expect(panel?.['hasMember']).toHaveLength(2);
  expect(more).toEqual([]);
});

test('measurements that only stand together keep their own times; a pressure stays one', () => {
  const part = (name: string, code: string, value: string) =>
    measured(name, code, `<value xsi:type="PQ" value="${value}" unit="mm[Hg]"/>`);
  const pressure = organizer(
    'CLUSTER',
    `<code code="85354-9" ${LOINC}/>`,
    part('s', '8480-6', '120'),
    part('d', '8462-4', '80'),
  ).replace('"panel"', '"pressure"');
  const all = mapped(
    '8716-3',
    organizer(
      'CLUSTER',
      `<code code="46680005" ${SNOMED}/>`,
      measured(
        'w',
        '29463-7',
        '<effectiveTime value="202601011100"/><value xsi:type="PQ" value="80" unit="kg"/>',
      ),
      `<component>${pressure}</component>`,
    ),
  )('Observation');
  const [weight, whole, group] = ['29463-7', '85354-9', '46680005'].map((code) =>
    all.find((it) => (it['code'] as { coding: { code: string }[] }).coding[0]?.code === code),
  );
  expect(weight).toMatchObject({ effectiveDateTime: '2026-01-01T11:00:00+01:00' });
  expect(whole?.['component']).toHaveLength(2);
  expect(group?.['hasMember']).toHaveLength(2);
  expect(group).not.toHaveProperty('component');
  expect(all).toHaveLength(3);
});

const allergy = (name: string, inner: string, attributes = '') =>
  `<observation classCode="OBS" moodCode="EVN" ${attributes}>${id(name)}
<code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>${inner}</observation>`;
const kind = (code: string) => `<value xsi:type="CD" code="${code}" ${SNOMED}/>`;
const agent = (inner: string) => `<participant typeCode="CSM"><participantRole classCode="MANU">
<playingEntity classCode="MMAT">${inner}</playingEntity></participantRole></participant>`;

test.each([
  ['that none is known', allergy('a', kind('716186003')), '716186003', 'active', 'confirmed'],
  [
    'denied as a whole',
    allergy('a', kind('419199007'), 'negationInd="true"'),
    '419199007',
    'inactive',
    'refuted',
  ],
  [
    'of a substance',
    allergy('a', kind('419511003') + agent(`<code code="91936005" ${SNOMED}/>`)),
    '91936005',
    'active',
    'confirmed',
  ],
])('an allergy entry without a concern around it: %s', (...[, entry, code, clinical, sure]) => {
  expect(mapped('48765-2', entry)('AllergyIntolerance')).toMatchObject([
    {
      code: { coding: [{ code }] },
      clinicalStatus: { coding: [{ code: clinical }] },
      verificationStatus: { coding: [{ code: sure }] },
    },
  ]);
});

test('a substance that has a name alone is named', () => {
  const entry = allergy(
    'a',
    kind('419511003') + agent('<code nullFlavor="NI"/><name>Pleister X</name>'),
  );
  expect(mapped('48765-2', entry)('AllergyIntolerance')).toMatchObject([
    { code: { text: 'Pleister X' } },
  ]);
});

test('allergies that nobody asked about are none', () => {
  const entry = allergy('a', '', 'nullFlavor="NASK"');
  expect(mapped('48765-2', entry)('AllergyIntolerance')).toEqual([]);
});

test('an allergy that is resolved by its own state is not active', () => {
  const resolved = `<entryRelationship typeCode="REFR"><observation classCode="OBS" moodCode="EVN">
<code code="33999-4" ${LOINC}/><value xsi:type="CD" code="413322009" ${SNOMED}/>
</observation></entryRelationship>`;
  const [made] = mapped(
    '48765-2',
    allergy('a', kind('716186003') + resolved),
  )('AllergyIntolerance');
  expect(made).toMatchObject({ clinicalStatus: { coding: [{ code: 'resolved' }] } });
});

const vaccination = (mood: string) => `<substanceAdministration classCode="SBADM"
 moodCode="${mood}">${id('v')}<effectiveTime value="20270101"/><consumable><manufacturedProduct>
<manufacturedMaterial><code code="J07BB02" codeSystem="2.16.840.1.113883.6.73"/>
</manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>`;

test('a vaccination that is planned was not given', () => {
  expect(mapped('11369-6', vaccination('INT'))('Immunization')).toEqual([]);
  expect(mapped('11369-6', vaccination('EVN'))('Immunization')).toMatchObject([
    { status: 'completed' },
  ]);
});

test('an examination that stands among the procedures as an observation is one of them', () => {
  const ecg = `<observation classCode="OBS" moodCode="EVN">${id('e')}
<code code="29303009" ${SNOMED}/><statusCode code="completed"/>
<effectiveTime value="20250101"/></observation>`;
  expect(mapped('47519-4', ecg)('Procedure')).toMatchObject([
    { status: 'completed', code: { coding: [{ code: '29303009' }] } },
  ]);
});
