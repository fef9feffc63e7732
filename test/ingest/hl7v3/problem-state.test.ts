/** Whether a problem is still there: only what its message says (source-formats.md 2.3 and 4). */
import { expect, test } from 'vitest';
import { R4, validateInline } from '../../../src/conformance/index.ts';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { cdaDocument } from './laboratory-messages.ts';
import { about, author, blocks, taken } from './own-blocks.ts';
import { ANNA } from './own-messages.ts';

const NOT_SAID = '<value xsi:type="CD" nullFlavor="NI"/>';
const coded = (code: string) =>
  `<value xsi:type="CD" code="${code}" codeSystem="2.16.840.1.113883.6.96"/>`;
const state = (value: string) => `<entryRelationship typeCode="REFR" inversionInd="true">
<observation classCode="OBS" moodCode="EVN"><code code="33999-4" codeSystem="2.16.840.1.113883.6.1"/>
${value}</observation></entryRelationship>`;

function conditions(xml: string) {
  const [found] = readHl7v3(Buffer.from(xml), readOverlay('default'));
  const all = found?.resources.map(({ resource }) => resource) ?? [];
  return all.filter(({ resourceType }) => resourceType === 'Condition');
}

const inDocument = (rest: string, attributes = '') =>
  conditions(
    cdaDocument(`<structuredBody><component><section>
<code code="11450-4" codeSystem="2.16.840.1.113883.6.1"/><text>x</text><entry>
<observation classCode="OBS" moodCode="EVN" ${attributes}>
<id root="2.16.840.1.113883.2.4.3.999.6" extension="p1"/>
<code code="282291009" codeSystem="2.16.840.1.113883.6.96"/>${coded('195967001')}${rest}
</observation></entry></section></component></structuredBody>`),
  );

const asReason = (rest: string) =>
  conditions(
    blocks(
      '95',
      ANNA,
      taken('33633005', 'ma-1', author() + about('282291009', coded('69896004') + rest)),
    ),
  );

test.each([
  ['', [{ coding: [{ code: 'active' }] }]],
  [state(coded('55561003')), [{ coding: [{ code: 'active' }] }]],
  [state(coded('73425007')), [{ coding: [{ code: 'inactive' }] }]],
  [state(coded('413322009')), [{ coding: [{ code: 'resolved' }] }]],
  [state(coded('277022003')), [{ coding: [{ code: 'remission' }] }]],
  [state(coded('1')), [undefined]],
  [state(NOT_SAID), [undefined]],
])('a problem on the list of a document: %s', (rest, wanted) => {
  expect(inDocument(rest).map((it) => it['clinicalStatus'])).toMatchObject(wanted);
});

test('a problem that is denied is refuted, and not active', () => {
  const [denied] = inDocument('', 'negationInd="true"');
  expect(denied).toMatchObject({ verificationStatus: { coding: [{ code: 'refuted' }] } });
  expect(denied).not.toHaveProperty('clinicalStatus');
});

test.each([
  ['', [undefined]],
  [state(NOT_SAID), [undefined]],
  [state(coded('55561003')), [{ coding: [{ code: 'active' }] }]],
])('what a medicine is prescribed for: %s', (rest, wanted) => {
  const found = asReason(rest);
  expect(found.map((it) => it['clinicalStatus'])).toMatchObject(wanted);
});

test('what a medicine was prescribed for and has ended is inactive', () => {
  const ended = '<effectiveTime><low value="2024"/><high value="2025"/></effectiveTime>';
  const [found] = asReason(ended);
  expect(found).toMatchObject({ clinicalStatus: { coding: [{ code: 'inactive' }] } });
  expect(found && validateInline(found, R4)).toEqual([]);
});
