import { expect, test } from 'vitest';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { ANNA, ii, journalLine, message, summary } from './own-messages.ts';

function mapped(content: string) {
  const xml = message('QUPC_IN990002NL', summary(ANNA, content));
  const [found] = readHl7v3(Buffer.from(xml), readOverlay('default'));
  expect(found?.issues.filter((issue) => issue.kind === 'unread')).toEqual([]);
  return (type: string) =>
    found?.resources.filter((one) => one.resource.resourceType === type).map((one) => one.resource);
}

const contact = `<component1><encounter>${ii('c-1')}
<code code="03" codeSystem="2.16.840.1.113883.2.4.4.30.14" displayName="consult"/>
<effectiveTime><low value="202607011100"/><high value="202607011110"/></effectiveTime>
${journalLine('l-1', 'S', 'Moe sinds een week')}${journalLine('l-2', 'P', 'Meer slapen')}
</encounter></component1>`;

test('a contact has its summer time and a report with its lines', () => {
  const of = mapped(contact);
  expect(of('Encounter')).toMatchObject([
    { identifier: [{ value: 'c-1' }], period: { start: '2026-07-01T11:00:00+02:00' } },
  ]);
  expect(of('Composition')).toMatchObject([
    { encounter: { reference: expect.stringMatching(/^urn:uuid:/) }, section: [{}, {}] },
  ]);
});

test('an S line is a working note and stands nowhere else', () => {
  const of = mapped(contact);
  const lines = of('Observation') ?? [];
  expect(lines.map((one) => one.meta?.tag?.[0]?.code)).toEqual(['working-note', undefined]);
  expect(JSON.stringify([of('Composition'), lines[1]])).not.toContain('Moe sinds');
  expect(JSON.stringify(of('Composition'))).toContain('Meer slapen');
});

test.each([
  ['false', 'active', undefined],
  ['true', 'inactive', 'refuted'],
])('an intolerance with negation %s', (negated, clinical, verification) => {
  const of = mapped(`<component4><ObservationIntolerance negationInd="${negated}">${ii('i-1')}
<code code="INTLRNC" codeSystem="2.16.840.1.113883.5.4"/><statusCode code="completed"/>
<effectiveTime><low value="20200101"/></effectiveTime>
<value code="35" codeSystem="2.16.840.1.113883.2.4.4.1.902.122" displayName="GROEP"/>
</ObservationIntolerance></component4>`);
  const [found] = of('AllergyIntolerance') ?? [];
  const code = (name: string) =>
    (found?.[name] as { coding: { code: string }[] } | undefined)?.coding[0]?.code;
  expect([code('clinicalStatus'), code('verificationStatus')]).toEqual([clinical, verification]);
});

const moe = (status: string, high = '') => `<component7><episodeOfCondition>${ii('e-1')}
<text>Moe</text><statusCode code="${status}"/>
<effectiveTime><low value="20260101"/>${high}</effectiveTime>
<reason><ObservationDx>${ii('x-1')}<code code="DISDX" codeSystem="2.16.840.1.113883.5.4"/>
<value code="A04" codeSystem="2.16.840.1.113883.2.4.4.31.1" displayName="Moeheid"/>
</ObservationDx></reason></episodeOfCondition></component7>`;

test('an episode has its problem and its practice', () => {
  const of = mapped(moe('active'));
  expect(of('EpisodeOfCare')).toMatchObject([
    { status: 'active', period: { start: '2026-01-01' } },
  ]);
  expect(of('Condition')).toMatchObject([
    { code: { coding: [{ code: 'A04' }] }, clinicalStatus: { coding: [{ code: 'active' }] } },
  ]);
});

test.each([moe('completed'), moe('active', '<high value="20260201"/>')])(
  'the problem of an episode that is closed is not on the list any more',
  (closed) => {
    expect(mapped(closed)('Condition')).toMatchObject([
      { clinicalStatus: { coding: [{ code: 'inactive' }] } },
    ]);
  },
);

test('an intolerance that is only told in words is named by them', () => {
  const of = mapped(`<component4><ObservationIntolerance negationInd="false">${ii('i-1')}
<code code="INTLRNC" codeSystem="2.16.840.1.113883.5.4"/><text>Bruine pleisters</text>
<statusCode code="completed"/><effectiveTime><low value="20200101"/></effectiveTime>
</ObservationIntolerance></component4>`);
  expect(of('AllergyIntolerance')).toMatchObject([{ code: { text: 'Bruine pleisters' } }]);
});

const episodeOf = (...lines: readonly string[]) => `<component7><episodeOfCondition>${ii('e-1')}
<text>Moe</text><statusCode code="active"/>
<component2><episodOfCare><effectiveTime><low value="20260701"/></effectiveTime>
${lines.map((one) => `<component><actReference moodCode="EVN">${ii(one)}</actReference></component>`)}
</episodOfCare></component2></episodeOfCondition></component7>`;

test('lines and their contact belong to the episode that names the line', () => {
  const of = mapped(episodeOf('l-2') + contact);
  const episode = { identifier: { value: 'e-1' }, reference: expect.any(String) };
  expect(of('Encounter')).toMatchObject([{ episodeOfCare: [episode] }]);
  const [report] = of('Composition') ?? [];
  const sections = report?.['section'] as { entry: unknown[] }[] | undefined;
  expect(sections?.map(({ entry }) => entry.length)).toEqual([1, 2]);
  expect(report).toMatchObject({ section: [{}, { entry: [{}, episode] }] });
});

const alertOf = (concern: string) => `<component2><observation classCode="OBS" moodCode="EVN">
<code code="74018-3" codeSystem="2.16.840.1.113883.6.1" displayName="Alert"/>
<statusCode code="completed"/><sourceOf typeCode="REFR"><act classCode="ACT" moodCode="EVN">
${ii(concern)}<code code="CONC" codeSystem="2.16.840.1.113883.5.6"/></act></sourceOf>
</observation></component2>`;

test('an alert that points to an episode says what the episode is about', () => {
  const told = mapped(episodeOf() + alertOf('e-1'))('Flag');
  expect(told).toMatchObject([{ code: { text: 'Moe' }, status: 'active' }]);
  const unknown = mapped(episodeOf() + alertOf('e-2'))('Flag');
  expect(unknown).toMatchObject([{ code: { coding: [{ code: 'not-applicable' }] } }]);
});

test('each product of a prescription is an agreement, with its own lines and treatment', () => {
  const target = (prk: string, system: string, line: string) => `<directTarget>
<prescribedMedication><MedicationKind><code code="${prk}" codeSystem="${system}"
displayName="PROEF ${prk}"/></MedicationKind><therapeuticAgentOf><medicationAdministrationRequest>
<text mediaType="text/plain">${line}</text><statusCode code="active"/>
</medicationAdministrationRequest></therapeuticAgentOf></prescribedMedication></directTarget>`;
  const of = mapped(`<component1><encounter>${ii('c-1')}
<code code="03" codeSystem="2.16.840.1.113883.2.4.4.30.14" displayName="consult"/>
<effectiveTime><low value="202601011100"/></effectiveTime><component><Prescription>${ii('p-1')}
<statusCode code="active"/><author><time value="20260101"/></author>
${target('1', '2.16.840.1.113883.2.4.4.1', '1 maal per dag 1 tablet')}
${target('2', '2.16.840.1.113883.2.4.4.1', '3 maal per dag 9 tabletten')}
${target('3', '2.16.840.1.113883.2.4.4.10', 'zo nodig')}
</Prescription></component></encounter></component1>`);
  const told = of('MedicationRequest')?.map((one) => {
    const extensions = one['extension'] as { url: string; [name: string]: unknown }[];
    const at = (name: string) => extensions.find(({ url }) => url.endsWith(name));
    const treatment = at('PharmaceuticalTreatment.Identifier')?.['valueIdentifier'];
    return [
      at('RenderedDosageInstruction')?.['valueString'],
      (treatment as { value: string } | undefined)?.value,
    ];
  });
  expect(told).toEqual([
    ['1 maal per dag 1 tablet', 'p-1'],
    ['3 maal per dag 9 tabletten', undefined],
    ['zo nodig', '3'],
  ]);
});

test('a contra-indication that was taken back is so, also when it had ended', () => {
  const of = mapped(`<component3><ContraIndication>${ii('k-1')}
<code code="DISDX" codeSystem="2.16.840.1.113883.5.4"/><statusCode code="nullified"/>
<effectiveTime><low value="20200101"/><high value="20210101"/></effectiveTime>
<value code="190" codeSystem="2.16.840.1.113883.2.4.4.1.902.40" displayName="DIABETES"/>
</ContraIndication></component3>`);
  expect(of('Flag')).toMatchObject([{ status: 'entered-in-error' }]);
});

test('a prescription says how long its days on and off together are, and how often it is given', () => {
  const part = (type: string, content: string) => `<comp xsi:type="${type}">${content}</comp>`;
  const of = mapped(`<component1><encounter>${ii('c-1')}<effectiveTime value="20260101"/>
<component><Prescription>${ii('p-1')}<statusCode code="active"/><directTarget>
<prescribedMedication><MedicationKind><code code="1" codeSystem="2.16.840.1.113883.2.4.4.10"/>
</MedicationKind><productOf><medicationDispenseRequest><repeatNumber value="3"/>
<quantity value="63"/></medicationDispenseRequest></productOf><therapeuticAgentOf>
<medicationAdministrationRequest><text>21 dagen wel, 7 niet</text><statusCode code="active"/>
<effectiveTime xsi:type="SXPR_TS">${part('PIVL_TS', '<period value="1" unit="d"/>')}${part(
    'PIVL_TS',
    '<phase><width value="21" unit="d"/></phase><period value="28" unit="d"/>',
  )}</effectiveTime></medicationAdministrationRequest></therapeuticAgentOf>
</prescribedMedication></directTarget></Prescription></component></encounter></component1>`);
  expect(of('MedicationRequest')).toMatchObject([
    {
      modifierExtension: [{ valueDuration: { value: 28 } }],
      dispenseRequest: { numberOfRepeatsAllowed: 2 },
    },
  ]);
});

test('an intolerance that was denied and is taken back is taken back', () => {
  const of = mapped(`<component4><ObservationIntolerance negationInd="true">${ii('i-1')}
<code code="DINT" codeSystem="2.16.840.1.113883.5.4"/><statusCode code="nullified"/>
<effectiveTime><low value="2010"/></effectiveTime>
<value code="1" codeSystem="2.16.840.1.113883.2.4.4.1.902.122" displayName="PENICILLINE"/>
</ObservationIntolerance></component4>`);
  const [made] = of('AllergyIntolerance') ?? [];
  expect(made).toMatchObject({ verificationStatus: { coding: [{ code: 'entered-in-error' }] } });
  expect(made).not.toHaveProperty('clinicalStatus');
});
