/** A CDA document is not told stronger, weaker or emptier than it says: source-formats 4. */
import { describe, expect, it } from 'vitest';
import { R4, type Resource, validateInline } from '../../../src/conformance/index.ts';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { cdaDocument } from './laboratory-messages.ts';

const LOINC = '2.16.840.1.113883.6.1';
const SNOMED = '2.16.840.1.113883.6.96';

const section = (code: string, entries: readonly string[], text = 'In woorden') =>
  `<component><section><code code="${code}" codeSystem="${LOINC}"/><text>${text}</text>
${entries.map((one) => `<entry>${one}</entry>`).join('')}</section></component>`;
const code = (value: string, system = SNOMED) => `<code code="${value}" codeSystem="${system}"/>`;
const concept = (of: string) => `<value xsi:type="CD" code="${of}" codeSystem="${SNOMED}"/>`;
const observation = (inner: string, attributes = 'moodCode="EVN"') =>
  `<observation classCode="OBS" ${attributes}>${inner}</observation>`;
const concern = (inner: string, attributes = '') => `<act classCode="ACT" moodCode="EVN"
 ${attributes}>${code('CONC', '2.16.840.1.113883.5.6')}<statusCode code="active"/>
<entryRelationship typeCode="SUBJ">${inner}</entryRelationship></act>`;
const certainty = (of: string) =>
  `<entryRelationship typeCode="REFR">${observation(
    `${code('408729009')}${concept(of)}`,
  )}</entryRelationship>`;

function read(...sections: readonly string[]) {
  const xml = cdaDocument(`<structuredBody>${sections.join('')}</structuredBody>`);
  const [found] = readHl7v3(Buffer.from(xml), readOverlay('default'));
  if (found === undefined) throw new Error('no message');
  const of = (type: string): Resource[] =>
    found.resources.map((one) => one.resource).filter((one) => one.resourceType === type);
  for (const { resource } of found.resources) expect(validateInline(resource, R4)).toEqual([]);
  const told = found.issues.filter(({ kind }) => kind === 'rule').map((issue) => issue.code);
  return { of, told, hold: found.hold };
}

const valued = (value: string, attributes?: string) =>
  observation(`${code('8302-2', LOINC)}<statusCode code="completed"/>${value}`, attributes);
const toldOf = (value: string) => {
  const { of, told } = read(section('8716-3', [valued(value)]));
  const found = of('Observation')[0] ?? {};
  const named = Object.entries(found).filter(([name]) => /^(value|dataAbsent)/.test(name));
  return { ...Object.fromEntries(named), told };
};

describe('what did not happen', () => {
  const weight = '<value xsi:type="PQ" value="80" unit="kg"/>';

  it.each(['GOL', 'INT', 'RQO', 'RSK', 'DEF'])('a value in mood %s was not measured', (mood) => {
    const inMood = valued(weight, `moodCode="${mood}"`);
    const group = (one: string) =>
      `<organizer classCode="CLUSTER" moodCode="EVN">${code('8716-3', LOINC)}
<component>${one}</component></organizer>`;
    expect(read(section('8716-3', [inMood])).of('Observation')).toEqual([]);
    expect(read(section('8716-3', [group(inMood)])).of('Observation')[0]).not.toHaveProperty(
      'valueQuantity',
    );
    const panel = group(inMood).replace('CLUSTER', 'BATTERY');
    const measured = read(section('30954-2', [panel])).of('Observation');
    expect(measured.some((one) => 'valueQuantity' in one)).toBe(false);
  });

  it('a problem that is only a goal or a risk is no problem', () => {
    const risk = observation(`${code('282291009')}${concept('195967001')}`, 'moodCode="RSK"');
    expect(read(section('11450-4', [risk])).of('Condition')).toEqual([]);
  });

  it.each([
    ['PRP', ['preparation']],
    ['ARQ', ['preparation']],
    ['EVN', ['completed']],
    ['GOL', []],
  ])('a procedure in mood %s', (mood, states) => {
    const one = `<procedure classCode="PROC" moodCode="${mood}">${code('80146002')}</procedure>`;
    expect(
      read(section('47519-4', [one]))
        .of('Procedure')
        .map(({ status }) => status),
    ).toEqual(states);
  });

  it('an aid that is only asked for is not in use', () => {
    const aid = (mood: string) => `<organizer classCode="CLUSTER" moodCode="EVN"><component>
<supply classCode="SPLY" moodCode="${mood}"><participant typeCode="PRD"><participantRole>
<playingDevice>${code('58938008')}</playingDevice></participantRole></participant></supply>
</component></organizer>`;
    expect(read(section('46264-8', [aid('RQO')])).of('DeviceUseStatement')).toEqual([]);
    expect(read(section('46264-8', [aid('EVN')])).of('DeviceUseStatement')).toHaveLength(1);
  });
});

describe('what is denied', () => {
  const alert = (attributes: string) =>
    observation(`${code('75323-6', LOINC)}${concept('66598005')}`, attributes);

  it('an alert is none, and the others of the document stand', () => {
    const other = concern(alert('moodCode="EVN"'));
    for (const denied of [
      concern(alert('moodCode="EVN" negationInd="true"')),
      concern(alert('moodCode="EVN"'), 'negationInd="1"'),
    ]) {
      const { of, hold } = read(section('75310-3', [denied, other]));
      expect(of('Flag')).toMatchObject([{ status: 'active' }]);
      expect(hold).toEqual([]);
    }
  });

  it('an alert that is known to be absent is none either', () => {
    const absent = alert('moodCode="EVN"').replace(
      '</observation>',
      `${certainty('410516002')}</observation>`,
    );
    expect(read(section('75310-3', [concern(absent)])).of('Flag')).toEqual([]);
  });

  it('a list of medicines that says that there are none has none', () => {
    const none = `<substanceAdministration classCode="SBADM" moodCode="EVN" negationInd="true">
<consumable><manufacturedProduct><manufacturedMaterial><code nullFlavor="NA"/>
</manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>`;
    const { of, hold } = read(section('10160-0', [none]));
    expect(of('MedicationStatement')).toEqual([]);
    expect(hold).toEqual([]);
  });

  it('an allergy in a list that is active is not', () => {
    const denied = observation(
      `${code('ASSERTION', '2.16.840.1.113883.5.4')}${concept('419511003')}`,
      'moodCode="EVN" negationInd="true"',
    );
    expect(read(section('48765-2', [concern(denied)])).of('AllergyIntolerance')).toMatchObject([
      {
        clinicalStatus: { coding: [{ code: 'inactive' }] },
        verificationStatus: { coding: [{ code: 'refuted' }] },
      },
    ]);
  });
});

describe('how sure it is', () => {
  it.each([
    ['415684004', 'provisional', 'unconfirmed', 'active'],
    ['410605003', 'confirmed', 'confirmed', 'active'],
    ['410516002', 'refuted', 'refuted', undefined],
  ])('%s', (said, problem, allergy, state) => {
    const inner = `${code('282291009')}${concept('195967001')}${certainty(said)}`;
    const { of } = read(
      section('11450-4', [concern(observation(inner))]),
      section('48765-2', [concern(observation(inner))]),
    );
    const [condition] = of('Condition');
    expect(condition).toMatchObject({ verificationStatus: { coding: [{ code: problem }] } });
    const clinical = condition?.['clinicalStatus'] as { coding: { code: string }[] } | undefined;
    expect(clinical?.coding[0]?.code).toBe(state);
    expect(of('AllergyIntolerance')).toMatchObject([
      {
        verificationStatus: { coding: [{ code: allergy }] },
        clinicalStatus: { coding: [{ code: state ?? 'inactive' }] },
      },
    ]);
  });
});

it('of which nobody knows how sure it is, nothing is confirmed', () => {
  const unknown = certainty('1').replace(/<value[^>]*>/, '<value xsi:type="CD" nullFlavor="UNK"/>');
  const inner = `${code('282291009')}${concept('195967001')}${unknown}`;
  const { of } = read(
    section('11450-4', [concern(observation(inner))]),
    section('48765-2', [concern(observation(inner))]),
  );
  expect(of('Condition')).toMatchObject([
    { verificationStatus: { coding: [{ code: 'unconfirmed' }] } },
  ]);
  expect(of('AllergyIntolerance')[0]).not.toHaveProperty('verificationStatus');
});

describe('how far it is', () => {
  it.each([
    ['completed', 'completed', 'completed'],
    ['active', 'in-progress', 'completed'],
    ['held', 'on-hold', 'completed'],
    ['aborted', 'stopped', 'not-done'],
    ['cancelled', 'not-done', 'not-done'],
    ['obsolete', 'entered-in-error', 'entered-in-error'],
  ])('%s', (state, procedure, vaccination) => {
    const inner = `<statusCode code="${state}"/><effectiveTime value="20260101"/>`;
    const { of } = read(
      section('47519-4', [
        `<procedure classCode="PROC" moodCode="EVN">${code('80146002')}${inner}</procedure>`,
      ]),
      section('11369-6', [
        `<substanceAdministration classCode="SBADM" moodCode="EVN">${inner}<consumable>
<manufacturedProduct><manufacturedMaterial>${code('871765008')}</manufacturedMaterial>
</manufacturedProduct></consumable></substanceAdministration>`,
      ]),
    );
    expect(of('Procedure')).toMatchObject([{ status: procedure }]);
    expect(of('Immunization')).toMatchObject([{ status: vaccination }]);
  });
});

describe('values', () => {
  it('from a low bound with a width, bytes and other types are told to be unread', () => {
    for (const value of [
      '<value xsi:type="IVL_PQ"><low value="5" unit="mm"/><width value="2" unit="mm"/></value>',
      '<value xsi:type="ED" mediaType="image/png" representation="B64">iVBORw0KGgo=</value>',
      '<value xsi:type="II" root="1.2.3" extension="4"/>',
    ]) {
      expect(toldOf(value)).toEqual({ told: ['value-type'] });
    }
  });

  it.each([
    ['<value value="5" unit="mg"/>', { valueQuantity: { value: 5, code: 'mg' } }],
    ['<value>negatief</value>', { valueString: 'negatief' }],
    [
      '<value xsi:type="IVL_PQ"><center value="5" unit="mg"/></value>',
      { valueQuantity: { value: 5 } },
    ],
    [
      '<value xsi:type="IVL_INT"><low value="1"/><high value="3"/></value>',
      { valueRange: { high: { value: 3 } } },
    ],
    ['<value xsi:type="SXCM_TS" value="20260101"/>', { valueDateTime: '2026-01-01' }],
  ])('%s', (value, expected) => {
    expect(toldOf(value)).toMatchObject({ ...expected, told: [] });
  });

  it('a translation of what has no code is a value, so no reason for absence stands beside it', () => {
    const value = `<value xsi:type="CD" nullFlavor="OTH"><translation code="X" codeSystem="1.2.3"
 displayName="Lokaal"/></value>`;
    const found = toldOf(value);
    expect(found).toMatchObject({ valueCodeableConcept: { coding: [{ code: 'X' }] } });
    expect(found).not.toHaveProperty('dataAbsentReason');
  });

  it('limits in words, and limits that are not the normal ones, say so', () => {
    const range = (inner: string) =>
      `<referenceRange><observationRange>${inner}</observationRange></referenceRange>`;
    const low = `<value xsi:type="IVL_PQ"><low value="1" unit="mm"/><high value="2" unit="mm"/></value>
<interpretationCode code="L" codeSystem="2.16.840.1.113883.5.83"/>`;
    const of = (inner: string) =>
      read(
        section('8716-3', [valued(`<value xsi:type="PQ" value="5" unit="mm"/>${range(inner)}`)]),
      ).of('Observation')[0]?.['referenceRange'];
    expect(of('<value xsi:type="ST">negatief</value>')).toMatchObject([{ text: 'negatief' }]);
    expect(of(low)).toMatchObject([
      { low: { value: 1 }, type: { coding: [{ code: '281300000' }, { code: 'L' }] } },
    ]);
  });

  it('in the third group of groups', () => {
    const group = (name: string, inner: string) =>
      `<organizer classCode="CLUSTER" moodCode="EVN">${code(name, '1.2.3')}
<component>${inner}</component></organizer>`;
    const deep = group('A', group('B', group('C', valued('<value xsi:type="INT" value="3"/>'))));
    expect(read(section('30954-2', [deep])).of('Observation')).toMatchObject([
      { code: { coding: [{ code: 'C' }] }, component: [{ valueQuantity: { value: 3 } }] },
    ]);
  });
});

describe('a medicine of another model', () => {
  const medicine = (inner: string, attributes = 'moodCode="EVN"', text = '') =>
    `<substanceAdministration classCode="SBADM" ${attributes}>${text}${inner}<consumable>
<manufacturedProduct><manufacturedMaterial><code code="A10BA02"
 codeSystem="2.16.840.1.113883.6.73" displayName="metformine"/></manufacturedMaterial>
</manufacturedProduct></consumable></substanceAdministration>`;
  const state = (value: string) => `<statusCode code="${value}"/>`;
  const since = '<effectiveTime xsi:type="IVL_TS"><low value="20250101"/></effectiveTime>';
  const past = `<effectiveTime xsi:type="IVL_TS"><low value="20250101"/><high value="20250201"/>
</effectiveTime>`;
  const every8h = `<effectiveTime xsi:type="PIVL_TS" operator="A"><period value="8" unit="h"/>
</effectiveTime><doseQuantity value="1"/>`;
  const of = (...medicines: readonly string[]) =>
    read(section('10160-0', medicines, '<content ID="m1">3 dd 1 tablet</content>')).of(
      'MedicationStatement',
    );

  it('has its code, its period and its dosage in the words of the entry alone', () => {
    const text = '<text><reference value="#m1"/></text>';
    const [found] = of(medicine(`${state('active')}${since}${every8h}`, 'moodCode="EVN"', text));
    expect(found).toMatchObject({
      status: 'active',
      medicationCodeableConcept: { coding: [{ code: 'A10BA02' }] },
      effectivePeriod: { start: '2025-01-01' },
      dosage: [{ text: '3 dd 1 tablet' }],
    });
    expect(of(medicine(`${state('active')}${since}${every8h}`))[0]).not.toHaveProperty('dosage');
  });

  it.each([
    [state('active') + past, undefined, 'completed'],
    [state('completed') + since, undefined, 'unknown'],
    [since, undefined, 'unknown'],
    [state('aborted') + since, undefined, 'stopped'],
    [state('suspended') + since, undefined, 'on-hold'],
    [state('nullified') + since, undefined, 'entered-in-error'],
    [state('active') + since, 'moodCode="INT"', 'intended'],
    [state('active') + since, 'moodCode="EVN" negationInd="true"', 'not-taken'],
  ])('%s %s is %s', (inner, attributes, expected) => {
    expect(of(medicine(inner, attributes)).map(({ status }) => status)).toEqual([expected]);
  });

  it('is an entry of its section, and one of medication process 9 is left to its own rules', () => {
    const { of: found } = read(section('10160-0', [medicine(state('active'))]));
    const [composition] = found('Composition');
    expect(composition?.['section']).toMatchObject([{ entry: [{ type: 'MedicationStatement' }] }]);
    expect(of(medicine(`${code('33633005')}${state('active')}`))).toEqual([]);
  });
});

it('a hyphen between the parts of a name is not the whole name', () => {
  const xml = cdaDocument('<structuredBody/>').replace(
    /<name><given.*?<\/name>/s,
    '<name><family qualifier="BR">Meer</family>-<family qualifier="SP">Wit</family></name>',
  );
  const [found] = readHl7v3(Buffer.from(xml), readOverlay('default'));
  const patient = found?.resources.find(({ resource }) => resource.resourceType === 'Patient');
  expect(patient?.resource['name']).toMatchObject([{ text: 'Meer-Wit', family: 'Meer-Wit' }]);
});
