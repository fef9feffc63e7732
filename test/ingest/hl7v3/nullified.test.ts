/** What a source marks as a mistake (statusCode `nullified`) is one here too: source-formats 2.7. */
import { expect, test } from 'vitest';
import { R4 } from '../../../src/conformance/fhir-version.ts';
import { isTakenBack, validateInline } from '../../../src/conformance/index.ts';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { cdaDocument, labResult, panel } from './laboratory-messages.ts';
import { ANNA, ii, message, summary } from './own-messages.ts';

const LOINC = '2.16.840.1.113883.6.1';
const SNOMED = '2.16.840.1.113883.6.96';

function mapped(xml: string) {
  const [found] = readHl7v3(Buffer.from(xml), readOverlay('default'));
  expect(found?.issues.filter((issue) => issue.kind === 'unread')).toEqual([]);
  const resources = (found?.resources ?? []).map(({ resource }) => resource);
  for (const one of resources) {
    expect(validateInline(one, R4).filter(({ severity }) => severity === 'error')).toEqual([]);
  }
  return resources;
}

const keysOf = (xml: string, type: string) =>
  (readHl7v3(Buffer.from(xml), readOverlay('default'))[0]?.resources ?? [])
    .filter(({ resource }) => resource.resourceType === type)
    .map(({ key }) => key);

const nullified = (xml: string) =>
  xml.replaceAll(/<statusCode code="\w+"\/>/g, '<statusCode code="nullified"/>');

const ofType = (xml: string, type: string) =>
  mapped(xml).filter(({ resourceType }) => resourceType === type);

const entry = (code: string, inner: string) => `<component><section>
<code code="${code}" codeSystem="${LOINC}"/><title>Deel</title><text><paragraph>x</paragraph></text>
<entry typeCode="DRIV">${inner}</entry></section></component>`;
const done = '<statusCode code="completed"/>';
const since = '<effectiveTime><low value="20250301"/></effectiveTime>';
const of = (code: string) => `<code code="${code}" codeSystem="${SNOMED}"/>`;
const value = (code: string) => `<value xsi:type="CD" code="${code}" codeSystem="${SNOMED}"/>`;
const concern = (inner: string) => `<act classCode="ACT" moodCode="EVN">
<code code="CONC" codeSystem="2.16.840.1.113883.5.6"/>${done}
<entryRelationship typeCode="SUBJ">${inner}</entryRelationship></act>`;
const observation = (inner: string) =>
  `<observation classCode="OBS" moodCode="EVN">${ii('n-1')}${inner}</observation>`;

const SECTIONS: readonly [type: string, section: string, content: string][] = [
  ['Condition', '11450-4', concern(observation(`${of('282291009')}${since}${value('195967001')}`))],
  ['Condition', '11348-0', observation(`${of('282291009')}${done}${since}${value('72704001')}`)],
  [
    'AllergyIntolerance',
    '48765-2',
    concern(
      observation(`${of('419199007')}${since}
<participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT">
${of('372687004')}</playingEntity></participantRole></participant>`),
    ),
  ],
  ['Flag', '75310-3', concern(observation(`${of('75310-3')}${since}${value('91936005')}`))],
  [
    'Encounter',
    '46240-8',
    `<encounter classCode="ENC" moodCode="EVN">${ii('n-1')}
<code code="AMB" codeSystem="2.16.840.1.113883.5.4"/>${done}
<effectiveTime><low value="20260101"/><high value="20260102"/></effectiveTime></encounter>`,
  ],
  [
    'Procedure',
    '47519-4',
    `<procedure classCode="PROC" moodCode="EVN">${ii('n-1')}
${of('80146002')}${done}<effectiveTime value="20250101"/></procedure>`,
  ],
];

test.each(SECTIONS)('%s in section %s of a document', (type, section, content) => {
  const stands = cdaDocument(`<structuredBody>${entry(section, content)}</structuredBody>`);
  const [before] = ofType(stands, type);
  expect(before && isTakenBack(before)).toBe(false);
  const gone = nullified(stands);
  const [after] = ofType(gone, type);
  expect(after && isTakenBack(after)).toBe(true);
  expect(after).not.toHaveProperty('clinicalStatus');
  // The same thing: it takes the place of what stood there.
  expect(keysOf(gone, type)).toEqual(keysOf(stands, type));
});

test('a procedure that was broken off is stopped, not done', () => {
  const [, section, content] = SECTIONS.at(-1) ?? ['', '', ''];
  const xml = cdaDocument(`<structuredBody>${entry(section, content)}</structuredBody>`);
  const aborted = xml.replaceAll('code="completed"', 'code="aborted"');
  expect(ofType(aborted, 'Procedure')).toMatchObject([{ status: 'stopped' }]);
});

test('a result of a laboratory, whatever its own state says', () => {
  const report = cdaDocument(`<structuredBody><component><section>
<code code="26436-6" codeSystem="${LOINC}"/><title>Lab</title><text/>
<entry typeCode="DRIV"><act classCode="ACT" moodCode="EVN"><code code="26436-6"
 codeSystem="${LOINC}"/>${done}<entryRelationship typeCode="COMP">${panel(
   labResult({ status: 'final' }),
   labResult({ id: 'r-2', code: '2951-2', status: 'corrected' }),
 )}</entryRelationship></act></entry></section></component></structuredBody>`);
  const gone = ofType(nullified(report), 'Observation');
  expect(gone).toHaveLength(3);
  expect(gone.every(isTakenBack)).toBe(true);
  expect(ofType(report, 'Observation').some(isTakenBack)).toBe(false);
});

test('an episode of a GP goes with its problem', () => {
  const episode = message(
    'QUPC_IN990002NL',
    summary(
      ANNA,
      `<component7><episodeOfCondition>${ii('e-1')}<text>Moe</text><statusCode code="active"/>
<effectiveTime><low value="20260601"/></effectiveTime><reason><ObservationDx>${ii('x-1')}
<code code="DISDX" codeSystem="2.16.840.1.113883.5.4"/><value code="A04"
 codeSystem="2.16.840.1.113883.2.4.4.31.1" displayName="Moeheid"/></ObservationDx></reason>
</episodeOfCondition></component7>`,
    ),
  );
  for (const type of ['EpisodeOfCare', 'Condition']) {
    expect(ofType(episode, type).map(isTakenBack)).toEqual([false]);
    expect(ofType(nullified(episode), type).map(isTakenBack)).toEqual([true]);
  }
});
