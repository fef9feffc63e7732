import { describe, expect, test } from 'vitest';
import type { Resource } from '../../../src/conformance/index.ts';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import {
  ANNA,
  alert,
  allergy,
  batch,
  block,
  contact,
  determination,
  episode,
  ii,
  message,
  report,
} from './own-messages.ts';

const overlay = readOverlay('default');

function mapped(...blocks: readonly [string, string, string][]) {
  const messages = blocks.map(([name, code, components]) =>
    message(name, block(code, ANNA, components)),
  );
  const xml = messages.length === 1 ? (messages[0] ?? '') : batch(...messages);
  const found = readHl7v3(Buffer.from(xml), overlay);
  expect(found).toHaveLength(1);
  expect(found[0]?.issues.filter((issue) => issue.kind === 'unread')).toEqual([]);
  const resources = found[0]?.resources ?? [];
  return (type: string) =>
    resources.filter(({ resource }) => resource.resourceType === type).map((one) => one.resource);
}

const episodes = (status: string) => mapped(['REPC_IN990111NL', '75310-3', episode('e-1', status)]);

test.each([
  ['active', 'active'],
  ['completed', 'finished'],
  ['obsolete', 'finished'],
  ['cancelled', 'cancelled'],
  ['held', 'onhold'],
  ['new', 'planned'],
  ['nullified', 'entered-in-error'],
])('an episode that is %s is %s', (source, status) => {
  expect(episodes(source)('EpisodeOfCare')).toMatchObject([{ status }]);
});

test.each([
  ['active', 'active', undefined],
  ['completed', 'inactive', undefined],
  ['obsolete', 'inactive', undefined],
  ['nullified', undefined, 'entered-in-error'],
])('the problem of an episode that is %s is as open as the episode', (status, open, sure) => {
  const [problem] = episodes(status)('Condition');
  const code = (name: string) =>
    (problem?.[name] as { coding: { code: string }[] } | undefined)?.coding[0]?.code;
  expect([code('clinicalStatus'), code('verificationStatus')]).toEqual([open, sure]);
});

test('a determination without a value says why', () => {
  const of = mapped([
    'POOB_IN990003NL',
    '27899-4',
    determination('d-1', '<value xsi:type="PQ" nullFlavor="UNK"/>'),
  ]);
  expect(of('Observation')).toMatchObject([
    { dataAbsentReason: { coding: [{ code: 'unknown' }] } },
  ]);
});

test('an episode carries its title, its problem and its practice', () => {
  const of = episodes('active');
  expect(of('EpisodeOfCare')).toMatchObject([
    {
      extension: [{ valueString: 'Gezwollen enkel' }],
      identifier: [{ value: 'e-1' }],
      diagnosis: [{ condition: { type: 'Condition' } }],
      period: { start: '2025-03-01' },
      managingOrganization: { type: 'Organization' },
    },
  ]);
  expect(of('Condition')).toMatchObject([
    {
      code: { coding: [{ system: 'http://hl7.org/fhir/sid/icpc-1-nl', code: 'L16' }] },
      onsetDateTime: '2025-03-01',
    },
  ]);
  expect(of('Patient')).toMatchObject([{ generalPractitioner: [{ type: 'PractitionerRole' }] }]);
});

describe('contacts', () => {
  test.each([
    ['01', 'HH'],
    ['03', 'AMB'],
    ['05', 'VR'],
    ['12', 'VR'],
  ])('type %s has class %s', (code, expected) => {
    const [encounter] = mapped(['PRPA_IN900350NL', '46240-8', contact('c-1', code)])('Encounter');
    expect(encounter).toMatchObject({
      class: { code: expected },
      type: [{ coding: [{ code }] }],
      status: 'finished',
      period: { start: '2026-01-05T09:10:00+01:00', end: '2026-01-05T09:20:00+01:00' },
    });
  });

  test('a type without class says that there is none', () => {
    const [encounter] = mapped(['PRPA_IN900350NL', '46240-8', contact('c-1', '10')])('Encounter');
    expect(encounter?.['class']).toMatchObject({
      extension: [
        { valueCode: 'not-applicable' },
        { valueCodeableConcept: { coding: [{ code: '10' }] } },
      ],
    });
  });

  test('one role for a person, role and organisation, however often it comes', () => {
    const of = mapped(['PRPA_IN900350NL', '46240-8', contact('c-1', '03') + contact('c-2', '03')]);
    expect(of('Practitioner')).toHaveLength(1);
    const names = of('Organization').map((one) => one['name']);
    expect(names).toHaveLength(new Set(names).size);
  });

  test('the practice that holds the record keeps it, whoever sends it on', () => {
    const of = mapped(['PRPA_IN900350NL', '46240-8', contact('c-1', '03')]);
    expect(of('Patient')).toMatchObject([{ managingOrganization: { type: 'Organization' } }]);
    expect(of('Organization').map(({ name }) => name)).toEqual(['Praktijk De Vos']);
  });
});

describe('the journal', () => {
  const of = mapped(
    ['REPC_IN990101NL', '34900-1', report('r-1', 'c-1')],
    ['PRPA_IN900350NL', '46240-8', contact('c-1', '03')],
    ['REPC_IN990111NL', '75310-3', episode('e-1', 'active')],
  );
  const [composition] = of('Composition');
  const lines = of('Observation');
  const lineType = (one: Resource) =>
    (one['code'] as { coding: { code: string }[] }).coding[0]?.code;

  test('a report has a section for each line, in order', () => {
    expect(composition).toMatchObject({
      type: { coding: [{ system: 'http://loinc.org', code: '67781-5' }] },
      title: 'Verstuiking enkel',
      date: '2026-01-05T09:15:00+01:00',
    });
    expect(lines.map(lineType)).toEqual(['S', 'O', 'E', 'P']);
    expect(composition?.['section']).toHaveLength(4);
  });

  test('S and O lines are working notes, and their text stands nowhere else', () => {
    const notes = lines.filter((one) => one.meta?.tag?.some((tag) => tag.code === 'working-note'));
    expect(notes.map(lineType)).toEqual(['S', 'O']);
    const others = [composition, ...lines.filter((one) => !notes.includes(one))];
    expect(JSON.stringify(others)).not.toContain('Vertelt over de enkel');
    expect(JSON.stringify(others)).not.toContain('Enkel gezwollen');
    expect(JSON.stringify(composition)).toContain('Rust, over een week terug');
  });

  test('the code of an E line stands with the line', () => {
    const evaluation = lines.find((one) => lineType(one) === 'E');
    expect(evaluation).toMatchObject({
      component: [
        {
          code: { coding: [{ code: 'DISDX' }] },
          valueCodeableConcept: { coding: [{ code: 'L77' }] },
        },
      ],
    });
  });

  test('what came in the same message is referred to, by identifier and for real', () => {
    const encounter = composition?.['encounter'] as { reference?: string; identifier?: unknown };
    expect(encounter.reference).toMatch(/^urn:uuid:/);
    expect(encounter.identifier).toMatchObject({ value: 'c-1' });
  });

  test('the record holder has the practice also where only the number is said', () => {
    const of = mapped(['REPC_IN990101NL', '34900-1', report('r-1', 'c-1')]);
    const roles = of('PractitionerRole');
    expect(roles.length).toBeGreaterThan(0);
    for (const role of roles) expect(role).toMatchObject({ organization: expect.anything() });
  });

  test('what came in no message is referred to by identifier only', () => {
    const [alone] = mapped(['REPC_IN990101NL', '34900-1', report('r-1', 'c-9')])('Composition');
    expect(alone?.['encounter']).toEqual({
      type: 'Encounter',
      identifier: { system: 'urn:oid:2.16.840.1.113883.2.4.3.999.5', value: 'c-9' },
    });
  });
});

describe('determinations and laboratory', () => {
  const one = (value: string, rest = '') =>
    mapped(['POLB_IN364001NL', '26436-6', determination('o-1', value, rest)])('Observation')[0];

  test.each([
    ['<value xsi:type="PQ" value="10.20" unit="mmol/l"/>', '"valueQuantity":{"value":10.20'],
    ['<value xsi:type="ST">zie onder</value>', '"valueString":"zie onder"'],
    ['<value xsi:type="BL" value="false"/>', '"valueBoolean":false'],
    [
      `<value xsi:type="CE" code="32" codeSystem="2.16.840.1.113883.2.4.4.30.1045"
displayName="positief"/>`,
      '#resultaten","code":"32"',
    ],
    ['<value xsi:type="INT" value="7"/>', '"valueQuantity":{"value":7}'],
    [
      '<value xsi:type="IVL_PQ"><high value="5" unit="mg/l" inclusive="false"/></value>',
      '"comparator":"<"',
    ],
  ])('value %s', (value, expected) => {
    expect(JSON.stringify(one(value))).toContain(expected);
  });

  test('a laboratory result says so, a general determination does not', () => {
    const value = '<value xsi:type="INT" value="7"/>';
    const codes = ['laboratory', '49581000146104'].map((code) => ({ code }));
    expect(one(value)).toMatchObject({ category: [{ coding: codes }] });
    const [general] = mapped(['POOB_IN990003NL', '27899-4', determination('o-1', value)])(
      'Observation',
    );
    expect(general?.['category']).toBeUndefined();
    expect(general?.['code']).toMatchObject({ coding: [{ code: '372', version: 'v40' }] });
  });

  test('a flag has the SNOMED code first, and normal has none', () => {
    const flag = (code: string) =>
      `<interpretationCode code="${code}" codeSystem="2.16.840.1.113883.5.83"/>`;
    const value = '<value xsi:type="INT" value="7"/>';
    expect(one(value, flag('HH'))).toMatchObject({
      interpretation: [{ coding: [{ code: '281302008' }, { code: 'HH' }] }],
    });
    expect(one(value, flag('N'))?.['interpretation']).toBeUndefined();
    expect(one(value, flag('POS'))?.['interpretation']).toMatchObject([
      { coding: [{ code: 'POS' }] },
    ]);
  });

  test('a reference range has its limits', () => {
    const range = `<referenceRange><observationRange><value xsi:type="IVL_PQ"><low value="4.0"
unit="mmol/l"/><high value="8" unit="mmol/l"/></value><interpretationCode code="N"
codeSystem="2.16.840.1.113883.5.83"/></observationRange></referenceRange>`;
    const found = one('<value xsi:type="INT" value="7"/>', range);
    expect(found?.['referenceRange']).toMatchObject([
      { high: { value: 8 }, type: { coding: [{ code: 'normal' }] } },
    ]);
  });
});

test('an alert holds until its high bound', () => {
  const status = (period: string) =>
    mapped(['REPC_IN990121NL', '74018-3', alert('f-1', period)])('Flag')[0]?.['status'];
  expect(status('<low value="20250101"/>')).toBe('active');
  expect(status('<low value="20250101"/><high value="20250601"/>')).toBe('inactive');
});

test.each([
  ['active', 'active', 'confirmed'],
  ['completed', 'inactive', 'confirmed'],
  ['nullified', undefined, 'entered-in-error'],
])('an allergy that is %s', (source, clinical, verification) => {
  const [found] = mapped(['REPC_IN990131NL', '48765-2', allergy('a-1', source)])(
    'AllergyIntolerance',
  );
  expect(found).toMatchObject({
    category: ['medication'],
    code: { text: 'Rode zalf' },
    verificationStatus: { coding: [{ code: verification }] },
  });
  const status = found?.['clinicalStatus'] as { coding: { code: string }[] } | undefined;
  expect(status?.coding[0]?.code).toBe(clinical);
});

describe('what the sender denies where no rule reads it', () => {
  const negated = (value: string, sender = overlay) => {
    const xml = message('REPC_IN990111NL', block('75310-3', ANNA, episode('e-1', 'active')));
    const [tag = ''] =
      /<observation(?=[ >])|<episodeOfCondition(?=[ >])|<act(?=[ >])/.exec(xml) ?? [];
    expect(tag).not.toBe('');
    return readHl7v3(Buffer.from(xml.replace(tag, `${tag} negationInd="${value}"`)), sender);
  };

  test.each(['true', '1'])('(%s) waits, with its place, and is no fact', (value) => {
    const [found] = negated(value);
    expect(found?.hold).toContain('negated-unread');
    const told = found?.issues.find(({ code }) => code === 'negated-unread');
    expect(told).toMatchObject({ severity: 'error' });
    expect(told?.place).toMatch(/\/@negationInd$/);
  });

  test('waits alone for a sender whose file says so: what is not denied is stored', () => {
    const [found] = negated('true', { ...overlay, unreadDenials: 'hold-item' });
    expect(found?.hold).not.toContain('negated-unread');
    const sorted = (waits: string | undefined) =>
      found?.resources.filter((one) => one.waits === waits).map(({ resource }) => resource);
    expect(sorted('negated-unread')).not.toEqual([]);
    expect(sorted(undefined)?.map(({ resourceType }) => resourceType)).toContain('Patient');
    expect(sorted('negated-unread')?.map(({ resourceType }) => resourceType)).not.toContain(
      'Patient',
    );
  });

  test('holds nothing back when it says that it is so', () => {
    const [found] = negated('false');
    expect(found?.hold).not.toContain('negated-unread');
  });
});

test.each([
  ['20250101', 'finished'],
  ['20260302', 'finished'],
  ['20260303', 'planned'],
  ['202603021400', 'planned'],
])('a contact of %s that says nothing of its state is %s', (low, status) => {
  const contact = `<component><encounter classCode="ENC" moodCode="EVN">${ii('c-1')}
<code code="03" codeSystem="2.16.840.1.113883.2.4.4.30.14"/>
<effectiveTime><low value="${low}"/></effectiveTime></encounter></component>`;
  const xml = message('PRPA_IN900350NL', block('46240-8', ANNA, contact));
  const [found] = readHl7v3(Buffer.from(xml), readOverlay('default'));
  expect(found?.resources.map(({ resource }) => resource)).toContainEqual(
    expect.objectContaining({ resourceType: 'Encounter', status }),
  );
});

test('what is still to come is measured by the message itself, not by the batch around it', () => {
  const xml = batch(message('PRPA_IN900350NL', block('46240-8', ANNA, contact('c-1', '03'))));
  const old = xml.replace('value="20260302101501"', 'value="20190101"');
  expect(old).not.toBe(xml);
  const [found] = readHl7v3(Buffer.from(old), readOverlay('default'));
  expect(found?.resources.map(({ resource }) => resource)).toContainEqual(
    expect.objectContaining({ resourceType: 'Encounter', status: 'finished' }),
  );
});

test('what was measured of somebody else is not made, and is told', () => {
  const weight = `<component><observation classCode="OBS" moodCode="EVN">${ii('d-1')}
<code code="357" codeSystem="2.16.840.1.113883.2.4.4.30.45"/><statusCode code="completed"/>
<value xsi:type="PQ" value="3.4" unit="kg"/><subject><relatedSubject classCode="PRS">
<code code="CHILD" codeSystem="2.16.840.1.113883.5.111"/></relatedSubject></subject>
</observation></component>`;
  const own = weight.replace(/<subject>[\s\S]*<\/subject>/, '').replace('d-1', 'd-2');
  const xml = message('POOB_IN990003NL', block('27899-4', ANNA, own + weight));
  const [found] = readHl7v3(Buffer.from(xml), readOverlay('default'));
  const made = found?.resources.filter(({ resource }) => resource.resourceType === 'Observation');
  expect(made?.map(({ key }) => key.slice(-3))).toEqual(['d-2']);
  expect(
    found?.issues.some(({ kind, place }) => kind === 'unread' && place.endsWith('value/@value')),
  ).toBe(true);
});
