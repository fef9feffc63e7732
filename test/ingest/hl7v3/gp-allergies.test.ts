/** What a GP knows of allergies, REPC_IN990131NL (source-formats 7.2). */
import { expect, test } from 'vitest';
import { R4, validateInline } from '../../../src/conformance/index.ts';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { ANNA, allergy, block, message } from './own-messages.ts';

const SNOMED = 'codeSystem="2.16.840.1.113883.6.96"';
const active = allergy('a', 'active');
const AGENT = /<participant typeCode="CSM">[\s\S]*<\/participant>/;

function mapped(component: string) {
  const xml = message('REPC_IN990131NL', block('48765-2', ANNA, component));
  const [found] = readHl7v3(Buffer.from(xml), readOverlay('default'));
  expect(found?.issues.filter(({ kind }) => kind === 'unread')).toEqual([]);
  expect(found?.hold).toEqual([]);
  const all = found?.resources.map(({ resource }) => resource) ?? [];
  const [made] = all.filter(({ resourceType }) => resourceType === 'AllergyIntolerance');
  expect(made && validateInline(made, R4).filter((it) => it.severity === 'error')).toEqual([]);
  return made;
}

test.each([
  ['as it stands', active, 'active', 'confirmed'],
  ['without a state', active.replace('<statusCode code="active"/>', ''), 'active', 'confirmed'],
  [
    'that has ended',
    active.replaceAll('value="20240102"/>', 'value="20240102"/><high value="20250101"/>'),
    'inactive',
    'confirmed',
  ],
  [
    'that is denied',
    active.replace('<observation ', '<observation negationInd="true" '),
    'inactive',
    'refuted',
  ],
])('an allergy %s', (_what, component, clinical, sure) => {
  expect(mapped(component)).toMatchObject({
    clinicalStatus: { coding: [{ code: clinical }] },
    verificationStatus: { coding: [{ code: sure }] },
    code: { text: 'Rode zalf' },
  });
});

test('without a substance is what its value says', () => {
  const none = active.replace(AGENT, '').replace('419511003', '716186003');
  expect(mapped(none)).toMatchObject({ code: { coding: [{ code: '716186003' }] } });
  expect(mapped(active.replace(AGENT, ''))).toMatchObject({
    category: ['medication'],
    code: { coding: [{ code: '419511003' }] },
  });
});

test('has the reaction that was seen, with how severe it was', () => {
  const severity = `<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">
<code code="SEV" codeSystem="2.16.840.1.113883.5.4"/><value xsi:type="CD" code="24484000" ${SNOMED}/>
</observation></entryRelationship>`;
  const seen = `<entryRelationship typeCode="MFST"><observation classCode="OBS" moodCode="EVN">
<code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>
<value xsi:type="CD" code="271807003" ${SNOMED} displayName="huiduitslag"/>${severity}
</observation></entryRelationship>`;
  expect(mapped(active.replace('</participant>', `</participant>${seen}`))).toMatchObject({
    reaction: [{ manifestation: [{ coding: [{ code: '271807003' }] }], severity: 'severe' }],
  });
});
