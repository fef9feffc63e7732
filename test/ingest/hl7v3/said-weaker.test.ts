/** What a sender denies, doubts, intends or took back is never told as a plain fact. */
import { describe, expect, test } from 'vitest';
import { R4, type Resource, validate } from '../../../src/conformance/index.ts';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { about, blocks, snomed, taken } from './own-blocks.ts';
import {
  ANNA,
  alert,
  allergy,
  block,
  contact,
  determination,
  episode,
  ii,
  journalLine,
  message,
  report,
  summary,
} from './own-messages.ts';

const overlay = readOverlay('default');

function read(xml: string) {
  const [found] = readHl7v3(Buffer.from(xml), overlay);
  const resources = found?.resources.map(({ resource }) => resource) ?? [];
  return {
    of: (type: string) => resources.filter((one) => one.resourceType === type),
    unread: (found?.issues ?? []).filter(({ kind }) => kind === 'unread').map(({ place }) => place),
  };
}

const gp = (interaction: string, code: string, ...components: readonly string[]) =>
  read(message(interaction, block(code, ANNA, components.join(''))));
const codeOf = (concept: unknown) =>
  (concept as { coding?: { code: string }[] } | undefined)?.coding?.[0]?.code;
const DOUBT = '<uncertaintyCode code="U" codeSystem="2.16.840.1.113883.5.1053"/>';

describe('medicine that is not used', () => {
  const use = (rest: string, state: string, attributes = 'moodCode="EVN"') =>
    read(
      blocks(
        '102',
        ANNA,
        taken('422979000', 'u-1', rest, { attributes }).replace(
          '<text>',
          `<statusCode code="${state}"/><text>`,
        ),
      ),
    ).of('MedicationStatement')[0]?.['status'];
  const unused = about('15', '<value xsi:type="BL" value="false"/>', 'COMP');

  test.each(['active', 'completed'])('is not taken, though its act is %s', (state) => {
    expect(use(unused, state)).toBe('not-taken');
    expect(use('', state, 'moodCode="EVN" negationInd="true"')).toBe('not-taken');
  });
  test('or of which nobody knows it is not told to be used', () => {
    const unknown = unused.replace('value="false"', 'nullFlavor="UNK"');
    expect(use(unknown, 'active')).toBe('unknown');
  });
  test('is an error once it was taken back', () => {
    expect(use(unused, 'nullified')).toBe('entered-in-error');
  });
  test('is stopped when the sender says so', () => {
    expect(use(unused + about('1', snomed('410546004', 'stop'), 'COMP'), 'active')).toBe('stopped');
  });
});

describe('an administration', () => {
  const given = (attributes: string, state: string) =>
    taken('18629005', 'a-1', '', { attributes }).replace(
      '<text>',
      `<statusCode code="${state}"/><text>`,
    );
  test('that was not done is an error once that was taken back', () => {
    const [made] = read(
      blocks('102', ANNA, given('moodCode="EVN" negationInd="true"', 'nullified')),
    ).of('MedicationAdministration');
    expect(made?.['status']).toBe('entered-in-error');
  });
  test('of which neither amount nor time is told is valid still, so that it is kept', async () => {
    const bare = taken('18629005', 'a-1', '', {
      attributes: 'moodCode="EVN" negationInd="true"',
      period: '<effectiveTime nullFlavor="UNK"/>',
    });
    const [made] = read(blocks('102', ANNA, bare)).of('MedicationAdministration');
    expect(made?.['status']).toBe('not-done');
    const faults = made ? await validate(made, { version: R4 }) : [];
    expect(faults.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
  test('that is only asked for did not take place', () => {
    const use = taken('422979000', 'u-1', '', { attributes: 'moodCode="EVN"' });
    const { of, unread } = read(blocks('102', ANNA, use, given('moodCode="RQO"', 'active')));
    expect(of('MedicationAdministration')).toEqual([]);
    expect(unread.filter((place) => place.includes('component[2]'))).not.toEqual([]);
  });
});

test('why a medicine was stopped is no problem that it is for', () => {
  const stopped = taken('33633005', 'ma-1', about('1', snomed('410546004', 'stop'), 'RSON'));
  const { of } = read(blocks('102', ANNA, stopped));
  expect(of('Condition')).toEqual([]);
  expect(of('MedicationRequest')[0]?.['modifierExtension']).toHaveLength(1);
});

test('a condition for the start that comes as a code is told by its name', () => {
  const criterion = `<precondition><criterion><code code="386661006" displayName="koorts"
codeSystem="2.16.840.1.113883.6.96"/></criterion></precondition>`;
  const { of, unread } = read(
    blocks('95', ANNA, taken('33633005', 'ma-1', '', { before: criterion })),
  );
  expect(JSON.stringify(of('MedicationRequest')[0])).toContain('"valueString":"koorts"');
  expect(unread).toEqual([]);
});

describe('an agreement of a GP', () => {
  const agreed = (attributes: string, state: string) =>
    taken('16076005', 'ma-1', '', { attributes }).replace(
      '<text>',
      `<statusCode code="${state}"/><text>`,
    );
  const agreements = (...components: readonly string[]) =>
    gp('QUMA_IN991203NL02', '52981000146104', ...components).of('MedicationRequest');
  test('that is only proposed is no order', () => {
    expect(agreements(agreed('moodCode="PRP"', 'active'))).toMatchObject([{ intent: 'proposal' }]);
    expect(agreements(agreed('moodCode="RQO"', 'active'))).toMatchObject([{ intent: 'order' }]);
  });
  test('that the same message takes back stays taken back', () => {
    const [held, gone] = ['active', 'nullified'].map((state) => agreed('moodCode="RQO"', state));
    const statuses = agreements(gone ?? '', held ?? '').map((one) => one['status']);
    expect(statuses).toEqual(['entered-in-error']);
  });
});

describe('what a GP doubts', () => {
  const verified = ([one]: readonly Resource[]) => codeOf(one?.['verificationStatus']);
  test('is an unconfirmed problem', () => {
    const doubted = episode('e-1', 'active').replace('<value ', `${DOUBT}<value `);
    const { of, unread } = gp('REPC_IN990111NL', '75310-3', doubted);
    expect(verified(of('Condition'))).toBe('unconfirmed');
    expect(unread).toEqual([]);
  });
  test('is an unconfirmed allergy', () => {
    const doubted = allergy('a-1', 'active').replace('<value ', `${DOUBT}<value `);
    const { of, unread } = gp('REPC_IN990131NL', '48765-2', doubted);
    expect(verified(of('AllergyIntolerance'))).toBe('unconfirmed');
    expect(unread).toEqual([]);
  });
  test('is an alert that says so', () => {
    const doubted = alert('a-1', '<low value="20200101"/>').replace('<value ', `${DOUBT}<value `);
    const [flag] = gp('REPC_IN990121NL', '74018-3', doubted).of('Flag');
    expect(flag?.['extension']).toMatchObject([{ valueString: 'Onzeker.' }]);
  });
  test('is unconfirmed in a summary too', () => {
    const intolerance = `<component4><ObservationIntolerance>${ii('in-1')}
<code code="OINT" codeSystem="2.16.840.1.113883.5.4"/><statusCode code="active"/>${DOUBT}
<value code="35" codeSystem="2.16.840.1.113883.2.4.4.1.902.122" displayName="PENICILLINES"/>
</ObservationIntolerance></component4>`;
    const diagnosis = `<component7><episodeOfCondition>${ii('e-1')}<statusCode code="active"/>
<reason><ObservationDx>${ii('x-1')}${DOUBT}<value code="T90" displayName="Diabetes"
codeSystem="2.16.840.1.113883.2.4.4.31.1"/></ObservationDx></reason></episodeOfCondition>
</component7>`;
    const { of, unread } = read(message('QUPC_IN990002NL', summary(ANNA, intolerance + diagnosis)));
    expect(verified(of('AllergyIntolerance'))).toBe('unconfirmed');
    expect(verified(of('Condition'))).toBe('unconfirmed');
    expect(unread).toEqual([]);
  });
});

describe('what a GP took back', () => {
  test('of a report, is each of its lines', () => {
    const gone = report('r-1', 'c-1').replace('"completed"', '"nullified"');
    const { of } = gp('REPC_IN990101NL', '34900-1', gone);
    expect(of('Composition')[0]?.['status']).toBe('entered-in-error');
    expect(new Set(of('Observation').map((one) => one['status']))).toEqual(
      new Set(['entered-in-error']),
    );
  });
  test('of an allergy, whether it is the concern or what it is about', () => {
    const gone = allergy('a-1', 'active').replace('"completed"', '"nullified"');
    const [made] = gp('REPC_IN990131NL', '48765-2', gone).of('AllergyIntolerance');
    expect(codeOf(made?.['verificationStatus'])).toBe('entered-in-error');
    expect(made?.['clinicalStatus']).toBeUndefined();
  });
});

describe('what a GP intends', () => {
  const glucose = determination('d-1', '<value xsi:type="PQ" value="6" unit="mmol/L"/>');
  test.each(['GOL', 'INT', 'RQO'])('is no result: %s', (mood) => {
    const goal = determination('d-2', '<value xsi:type="PQ" value="5" unit="mmol/L"/>');
    const { of, unread } = gp(
      'POOB_IN990003NL',
      '27899-4',
      glucose,
      goal.replace('moodCode="EVN"', `moodCode="${mood}"`),
    );
    expect(of('Observation')).toMatchObject([{ valueQuantity: { value: 6 } }]);
    expect(unread.filter((place) => place.includes('component[2]'))).not.toEqual([]);
  });
  test('is a contact that is planned', () => {
    const asked = contact('c-1', '03').replace('moodCode="EVN"', 'moodCode="APT"');
    expect(gp('PRPA_IN900350NL', '46240-8', asked).of('Encounter')[0]?.['status']).toBe('planned');
  });
});

describe('an episode', () => {
  test('of which nobody tells the state is over when it has ended', () => {
    const ended = episode('e-1', 'x')
      .replace('<statusCode code="x"/>', '')
      .replace('<low value="20250301"/>', '$&<high value="20250401"/>');
    const { of } = gp('REPC_IN990111NL', '75310-3', ended);
    expect(of('EpisodeOfCare')[0]?.['status']).toBe('finished');
  });
});

describe('an alert', () => {
  test('in words alone is named by them', () => {
    const words = alert('a-1', '<low value="20200101"/>')
      .replace(/<value[^>]*>/, '<value xsi:type="CE" nullFlavor="UNK"/>')
      .replace('<statusCode', '<text>Bijt</text><statusCode');
    const { of, unread } = gp('REPC_IN990121NL', '74018-3', words);
    expect(of('Flag')).toMatchObject([{ code: { text: 'Bijt' } }]);
    expect(unread).toEqual([]);
  });
  test('seen at one moment has not ended there', () => {
    const once = alert('a-1', '').replace('<effectiveTime>', '<effectiveTime value="20200101">');
    const [flag] = gp('REPC_IN990121NL', '74018-3', once).of('Flag');
    expect(flag).toMatchObject({ status: 'active', period: { start: '2020-01-01' } });
    expect(flag?.['period']).not.toHaveProperty('end');
  });
});

test('a journal line of a kind that nobody knows never leaves, as an S line does not', () => {
  const blocked = report('r-1', 'c-1').replace('61150-9', '99999-9');
  const [line] = gp('REPC_IN990101NL', '34900-1', blocked).of('Observation');
  expect(line).toMatchObject({
    meta: { tag: [{ code: 'working-note' }] },
    code: { coding: [{ code: '99999-9' }] },
  });
  const encounter = `<component1><encounter>${ii('c-1')}
<effectiveTime value="20260101"/>${journalLine('j-1', 'X', 'tekst')}</encounter></component1>`;
  const [other] = read(message('QUPC_IN990002NL', summary(ANNA, encounter))).of('Observation');
  expect(other).toMatchObject({ meta: { tag: [{ code: 'working-note' }] } });
});

describe('in a summary', () => {
  const inSummary = (rest: string) => read(message('QUPC_IN990002NL', summary(ANNA, rest)));
  const encounter = (rest: string, attributes = '', state = 'completed') => `<component1>
<encounter ${attributes}>${ii('c-1')}<statusCode code="${state}"/>
<effectiveTime value="20260101"/>${rest}</encounter></component1>`;
  const gone = '<statusCode code="nullified"/>';

  test('a contact that was taken back takes its lines with it', () => {
    const { of } = inSummary(encounter(journalLine('j-1', 'E', 'Verstuikt'), '', 'nullified'));
    const made = ['Encounter', 'Composition', 'Observation'].flatMap(of);
    expect(made.map((one) => one['status'])).toEqual(made.map(() => 'entered-in-error'));
  });
  test('a line that was taken back is so alone', () => {
    const line = journalLine('j-1', 'E', 'Verstuikt').replace('<code', `${gone}<code`);
    const { of, unread } = inSummary(encounter(line));
    expect(of('Observation')[0]?.['status']).toBe('entered-in-error');
    expect(unread).toEqual([]);
  });
  test('a contact that is agreed has not taken place', () => {
    const { of } = inSummary(encounter('', 'moodCode="APT"', 'active'));
    expect(of('Encounter')[0]?.['status']).toBe('planned');
  });
  test('a diagnosis that was taken back is no problem that holds', () => {
    const diagnosis = `<component><ObservationDx>${ii('x-1')}${gone}<value code="L77"
codeSystem="2.16.840.1.113883.2.4.4.31.1"/></ObservationDx></component>`;
    const { of, unread } = inSummary(encounter(diagnosis));
    const [problem] = of('Condition');
    expect(codeOf(problem?.['verificationStatus'])).toBe('entered-in-error');
    expect(problem?.['clinicalStatus']).toBeUndefined();
    expect(unread).toEqual([]);
  });
  test('a remark that was taken back draws no attention', () => {
    const { of } = inSummary(`<pertinentInformation><pertinentAnnotationObsEvent>
<text>Bijt</text>${gone}</pertinentAnnotationObsEvent></pertinentInformation>`);
    expect(of('Flag')[0]?.['status']).toBe('entered-in-error');
  });
  test('an intolerance that is obsolete does not hold', () => {
    const { of } = inSummary(`<component4><ObservationIntolerance>${ii('in-1')}
<statusCode code="obsolete"/><value code="35" codeSystem="2.16.840.1.113883.2.4.4.1.902.122"/>
</ObservationIntolerance></component4>`);
    expect(codeOf(of('AllergyIntolerance')[0]?.['clinicalStatus'])).toBe('inactive');
  });
  test('a determination keeps its remark, its days and a range in words', () => {
    const { of, unread } = inSummary(`<component2><observation>${ii('o-1')}
<code code="1744" codeSystem="2.16.840.1.113883.2.4.4.30.45"/><text>na rust</text>
<effectiveTime><low value="20260101"/><high value="20260102"/></effectiveTime>
<value xsi:type="PQ" value="120" unit="mm[Hg]"/><referenceRange><observationRange>
<value xsi:type="ST">tot 140</value></observationRange></referenceRange>
</observation></component2>`);
    expect(of('Observation')).toMatchObject([
      {
        effectivePeriod: { start: '2026-01-01', end: '2026-01-02' },
        note: [{ text: 'na rust' }],
        referenceRange: [{ text: 'tot 140' }],
      },
    ]);
    expect(unread).toEqual([]);
  });
});
