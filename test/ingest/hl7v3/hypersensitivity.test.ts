import { describe, expect, test } from 'vitest';
import type { Resource } from '../../../src/conformance/index.ts';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { author, numbered } from './own-blocks.ts';
import { ANNA } from './own-messages.ts';

const overlay = readOverlay('default');
const SNOMED = 'codeSystem="2.16.840.1.113883.6.96"';
const id = (value: string) => ({ system: 'urn:oid:2.16.840.1.113883.2.4.3.999.9', value });

const message = (
  code: string,
  ...components: string[]
) => `<organizer classCode="CLUSTER" moodCode="EVN"
xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">${code}
<recordTarget><patientRole><id root="2.16.840.1.113883.2.4.6.3" extension="${ANNA}"/>
<patient><name><family qualifier="BR">Linden</family></name></patient></patientRole>
</recordTarget>${components.map((one) => `<component>${one}</component>`).join('')}</organizer>`;

const KNOWN = `<code code="419891008" ${SNOMED}/>`;
const PROPOSAL = '<code code="38" codeSystem="2.16.840.1.113883.2.4.3.11.60.26.4"/>';
const ANSWER = '<code code="41" codeSystem="2.16.840.1.113883.2.4.3.11.60.26.4"/>';

const observation = (code: string, rest: string, own = '') =>
  `<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">${own}
<code code="${code}" ${SNOMED}/>${rest}</observation></entryRelationship>`;
const named = (code: string, name: string, rest = '') =>
  observation(code, `${author()}${rest}`, numbered(name));
const refers = (code: string, name: string) => observation(code, '', numbered(name));
const value = (code: string) => `<value xsi:type="CD" code="${code}" ${SNOMED}/>`;
const agent = `<participant typeCode="CSM"><participantRole><playingEntity>
<code code="035" codeSystem="2.16.840.1.113883.2.4.4.1.902.122" displayName="PENICILLINES"/>
</playingEntity></participantRole></participant>`;
const concern = (...entries: string[]) =>
  `<act classCode="ACT" moodCode="EVN"><code code="CONC" codeSystem="2.16.840.1.113883.5.6"/>
${entries.join('')}</act>`;
const hypersensitivity = `<entryRelationship typeCode="SUBJ"><procedure classCode="PROC"
moodCode="EVN">${numbered('case-1')}<code code="410398001" ${SNOMED}/></procedure>
</entryRelationship>`;

interface Found extends Resource {
  readonly extension?: readonly { readonly url: string; readonly [name: string]: unknown }[];
}

function mapped(xml: string) {
  const [found] = readHl7v3(Buffer.from(xml), overlay);
  const issues = found?.issues ?? [];
  return {
    resources: (found?.resources.map(({ resource }) => resource) ?? []) as Found[],
    unread: issues.filter((one) => one.kind === 'unread').map((one) => one.place),
  };
}

const extension = (resource: Found | undefined, name: string) =>
  resource?.extension?.find((one) => one.url.endsWith(name));

describe('a case of hypersensitivity', () => {
  const since = '<effectiveTime xsi:type="IVL_TS"><low value="20240904"/></effectiveTime>';
  const diagnosis = observation(
    '439401001',
    `<effectiveTime><low value="20240910"/></effectiveTime>${value('416098002')}`,
  );
  const { resources, unread } = mapped(
    message(
      KNOWN,
      concern(
        named('225419007', 'decision', `${agent}${refers('420134006', 'intolerance')}`),
        named(
          '420134006',
          'intolerance',
          `${value('419511003')}${agent}${diagnosis}${refers('365860008', 'condition')}
${hypersensitivity}`,
        ),
        named(
          '281647001',
          'reaction',
          `${agent}${refers('365860008', 'condition')}${observation(
            '350371000146103',
            '<value xsi:type="IVL_PQ"><center value="5" unit="min"/></value>',
          )}`,
        ),
        named('365860008', 'condition', since),
        named('162408000', 'symptom', `${value('247472004')}${refers('365860008', 'condition')}`),
      ),
    ),
  );
  const byId = (name: string) =>
    resources.find((one) => JSON.stringify(one['identifier'] ?? '').includes(`"${name}"`));

  test('becomes a decision, an intolerance, a reaction, a condition and its symptom', () => {
    expect(byId('decision')?.resourceType).toBe('Flag');
    expect(byId('intolerance')?.resourceType).toBe('AllergyIntolerance');
    expect(byId('reaction')?.resourceType).toBe('AllergyIntolerance');
    expect(byId('condition')?.resourceType).toBe('Condition');
    expect(byId('symptom')?.resourceType).toBe('Observation');
    expect(unread).toEqual([]);
  });

  test('the decision names the substance and what it rests on', () => {
    expect(byId('decision')).toMatchObject({
      status: 'active',
      code: { coding: [{ code: '035' }] },
    });
    expect(extension(byId('decision'), 'flag-detail')).toMatchObject({
      valueReference: { type: 'AllergyIntolerance', identifier: id('intolerance') },
    });
  });

  test('the diagnosis of the intolerance is the code of the condition it refers to', () => {
    expect(byId('condition')).toMatchObject({
      code: { coding: [{ code: '416098002' }] },
      onsetDateTime: '2024-09-04',
      evidence: [{ detail: [{ identifier: id('symptom') }] }],
    });
    expect(extension(byId('condition'), 'condition-assertedDate')).toMatchObject({
      valueDateTime: '2024-09-10',
    });
  });

  test('intolerance and reaction began when the condition did', () => {
    expect(byId('intolerance')).toMatchObject({
      onsetDateTime: '2024-09-04',
      category: ['medication'],
    });
    expect(byId('reaction')).toMatchObject({ reaction: [{ onset: '2024-09-04' }] });
    expect(extension(byId('intolerance'), 'MedicationHypersensitivity.Identifier')).toMatchObject({
      valueIdentifier: id('case-1'),
    });
  });

  test('each tells who wrote it down', () => {
    const provenance = resources.filter((one) => one.resourceType === 'Provenance');
    expect(provenance).toHaveLength(5);
    for (const one of provenance) expect(one['recorded']).toBe('2026-03-02T09:15:00+01:00');
  });
});

describe('a contra-indication', () => {
  const alert = `<entryRelationship typeCode="REFR"><observation classCode="OBS" moodCode="EVN">
<code code="44944-7" codeSystem="2.16.840.1.113883.6.1"/><value xsi:type="CD" code="72"
codeSystem="2.16.840.1.113883.2.4.4.1.902.40" displayName="HARTFALEN"/></observation>
</entryRelationship>`;

  test('without a time or an author is still an alert', () => {
    const minimal = observation('350241000146102', alert, numbered('minimal'));
    const { resources, unread } = mapped(message(KNOWN, concern(minimal)));
    const flags = resources.filter((one) => one.resourceType === 'Flag');
    expect(flags).toMatchObject([{ status: 'active', code: { coding: [{ code: '72' }] } }]);
    expect(unread).toEqual([]);
  });

  test('as a proposal keeps what it is about, which does not become an agreement', () => {
    const proposed = `<act classCode="ACT" moodCode="PRP">
<code code="1" codeSystem="2.16.840.1.113883.2.4.3.11.60.26.5.5"/>
${named('350241000146102', 'proposed', alert)}</act>`;
    const about = `<substanceAdministration classCode="SBADM" moodCode="RQO">${numbered('ma-1')}
<code code="33633005" ${SNOMED}/><consumable xsi:nil="true"/></substanceAdministration>`;
    const { resources, unread } = mapped(message(PROPOSAL, proposed, about));
    const flag = resources.find((one) => one.resourceType === 'Flag');
    expect(extension(flag, 'flag-detail')).toMatchObject({
      valueReference: { type: 'MedicationRequest', identifier: id('ma-1') },
    });
    expect(resources.filter((one) => one.resourceType === 'MedicationRequest')).toEqual([]);
    expect(unread).toEqual([]);
  });

  test('an answer to a proposal is a communication that names it', () => {
    const answer = `<act classCode="ACT" moodCode="EVN">
<code code="2" codeSystem="2.16.840.1.113883.2.4.3.11.60.26.5.5"/>${author()}
<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN">${numbered('a-1')}
<code code="1" codeSystem="2.16.840.1.113883.2.4.3.11.60.26.5.4"/><value xsi:type="CE"
code="code-1" codeSystem="2.16.840.1.113883.2.4.3.11.60.26.5.1" displayName="Ja"/></observation>
</entryRelationship><entryRelationship typeCode="SUBJ"><organizer classCode="CLUSTER"
moodCode="EVN">${numbered('proposed')}<code code="38"
codeSystem="2.16.840.1.113883.2.4.3.11.60.26.4"/></organizer></entryRelationship></act>`;
    const { resources, unread } = mapped(message(ANSWER, answer));
    expect(resources.find((one) => one.resourceType === 'Communication')).toMatchObject({
      identifier: [id('a-1')],
      basedOn: [{ type: 'Flag', identifier: id('proposed') }],
      sent: '2026-03-02T09:15:00+01:00',
    });
    expect(unread).toEqual([]);
  });
});

test('a message without any item is no data and no error', () => {
  const { resources, unread } = mapped(message(KNOWN));
  expect(resources).toEqual([]);
  expect(unread).toEqual([]);
});

describe('what ended and says nothing of its state', () => {
  const ended = (end: string, status = '') =>
    `${status}<effectiveTime xsi:type="IVL_TS"><low value="20200101"/><high value="${end}"/>
</effectiveTime>`;
  const decision = (rest: string) =>
    mapped(message(KNOWN, concern(named('225419007', 'd', `${agent}${rest}`)))).resources.find(
      (one) => one.resourceType === 'Flag',
    );

  test.each([
    ['before it was written down', ended('20251231'), 'inactive'],
    ['on the day itself', ended('20260302'), 'active'],
    ['later', ended('20270101'), 'active'],
    ['but is said to be active', ended('20251231', '<statusCode code="active"/>'), 'active'],
  ])('%s', (_when, rest, status) => {
    expect(decision(rest)).toMatchObject({ status });
  });

  test('of an intolerance too', () => {
    const found = mapped(
      message(
        KNOWN,
        concern(named('420134006', 'i', `${value('419511003')}${agent}${ended('20251231')}`)),
      ),
    ).resources.find((one) => one.resourceType === 'AllergyIntolerance');
    expect(found).toMatchObject({ clinicalStatus: { coding: [{ code: 'inactive' }] } });
  });
});

test('a condition that was taken back has no clinical state (con-5)', () => {
  const taken = '<statusCode code="nullified"/>';
  const { resources } = mapped(message(KNOWN, concern(named('365860008', 'c', taken))));
  const condition = resources.find((one) => one.resourceType === 'Condition');
  expect(condition).toMatchObject({
    verificationStatus: { coding: [{ code: 'entered-in-error' }] },
  });
  expect(condition).not.toHaveProperty('clinicalStatus');
});
