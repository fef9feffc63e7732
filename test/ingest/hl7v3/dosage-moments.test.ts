/** Moments, distances and amounts of a dosage that belong to one part of it only. */
import { describe, expect, test } from 'vitest';
import { R4, type Resource, validateInline } from '../../../src/conformance/index.ts';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import {
  author,
  blocks,
  dosageLine,
  fhirSchedule,
  given,
  numbered,
  supplied,
  taken,
} from './own-blocks.ts';
import { ANNA, dispense, dispenseSubject, dose, during, line, message } from './own-messages.ts';

const overlay = readOverlay('default');

function read(xml: string) {
  const [found] = readHl7v3(Buffer.from(xml), overlay);
  const resources = found?.resources.map(({ resource }) => resource) ?? [];
  for (const one of resources) expect(validateInline(one, R4)).toEqual([]);
  const issues = found?.issues ?? [];
  return {
    of: (type: string): Resource[] => resources.filter((one) => one.resourceType === type),
    unread: issues.filter(({ kind }) => kind === 'unread').map(({ place }) => place),
    told: issues.filter(({ kind }) => kind === 'rule').map(({ code }) => code),
  };
}

const part = (type: string, content: string) =>
  `<hl7nl:comp xsi:type="hl7nl:${type}_TS" operator="I">${content}</hl7nl:comp>`;
const event = (code: string, minutes = '') =>
  part(
    'EIVL',
    `<hl7nl:event code="${code}"/>${minutes && `<hl7nl:offset><hl7nl:low value="${minutes}" unit="min"/></hl7nl:offset>`}`,
  );
const daily = (low: string, rest = '') =>
  part(
    'PIVL',
    `<hl7nl:phase><hl7nl:low value="${low}"/>${rest}</hl7nl:phase><hl7nl:period value="1" unit="d"/>`,
  );
const MORNING = daily('197001010600', '<hl7nl:high value="197001011200"/>');
const EVENING = daily('197001011800', '<hl7nl:high value="197001020000"/>');

function agreed(...parts: readonly string[]) {
  const times = `<effectiveTime xsi:type="hl7nl:SXPR_TS" xmlns:hl7nl="urn:hl7-nl:v3">${parts.join('')}
</effectiveTime>`;
  const block = taken('33633005', 'ma-1', author() + dosageLine(1, times, given('1')));
  const { of, unread, told } = read(blocks('95', ANNA, block));
  const [made] = of('MedicationRequest') as unknown as [
    { dosageInstruction: readonly { timing?: { repeat: unknown } }[] },
  ];
  return { repeat: made.dosageInstruction[0]?.timing?.repeat, unread, told };
}

describe('moments of the day', () => {
  test('in the morning and in the evening is twice a day', () => {
    const { repeat, told } = agreed(MORNING, EVENING);
    expect(repeat).toEqual({ frequency: 2, period: 1, periodUnit: 'd', when: ['MORN', 'EVE'] });
    expect(told).toEqual([]);
  });
  test('in the morning and at eight in the evening is so too, without a place for both', () => {
    const { repeat, told } = agreed(MORNING, daily('197001012000'));
    expect(repeat).toEqual({ frequency: 2, period: 1, periodUnit: 'd' });
    expect(told).toContain('days-and-times');
  });
  test('on Monday in the morning is on Monday', () => {
    const { repeat } = agreed(
      MORNING.replaceAll('19700101', '19700601').replace('unit="d"', 'unit="wk"'),
    );
    expect(repeat).toMatchObject({ periodUnit: 'wk', dayOfWeek: ['mon'], when: ['MORN'] });
  });
  test('a meal beside a clock time is left to the text: nobody knows whether it is once', () => {
    const { repeat, told } = agreed(daily('197001010800'), event('CM'));
    expect(repeat).toBeUndefined();
    expect(told).toContain('days-and-times');
  });
});

describe('half an hour', () => {
  test('before breakfast, and nothing before bed, is no half hour of both', () => {
    const { repeat, unread } = agreed(event('ACM', '30'), event('HS'));
    expect(repeat).toEqual({ when: ['ACM', 'HS'] });
    expect(unread.join('\n')).toMatch(/offset\/hl7nl:low\/@value/);
  });
  test('and an hour are not both an hour', () => {
    expect(agreed(event('ACM', '30'), event('HS', '60')).repeat).toEqual({ when: ['ACM', 'HS'] });
  });
  test('before both meals is so', () => {
    const { repeat, unread } = agreed(event('ACM', '30'), event('ACV', '30'));
    expect(repeat).toEqual({ when: ['ACM', 'ACV'], offset: 30 });
    expect(unread).toEqual([]);
  });
});

test.each([
  ['<when value="CM"/><offset value="30"/>', { when: ['CM'] }, 'offset'],
  ['<when value="ACM"/><offset value="30"/>', { when: ['ACM'], offset: 30 }, undefined],
  ['<when value="ACM"/><timeOfDay value="08:00:00"/><count value="9"/>', { count: 9 }, 'when'],
  ['<count value="9"/><offset value="30"/>', { count: 9 }, 'offset'],
  ['<count value="9"/><countMax value="10"/>', { count: 9, countMax: 10 }, undefined],
  ['<when value="HS"/><countMax value="10"/>', { when: ['HS'] }, 'countMax'],
])('of %s FHIR has a schedule, or it is left out and told', (schedule, expected, left) => {
  const block = taken('33633005', 'ma-1', author() + dosageLine(1, fhirSchedule(schedule)));
  const { of, unread } = read(blocks('95', ANNA, block));
  expect(of('MedicationRequest')).toMatchObject([
    { dosageInstruction: [{ timing: { repeat: expected } }] },
  ]);
  const [made] = of('MedicationRequest') as unknown as [
    { dosageInstruction: [{ timing: { repeat: unknown } }] },
  ];
  expect(made.dosageInstruction[0].timing.repeat).toEqual(expected);
  if (left === undefined) expect(unread).toEqual([]);
  else expect(unread.join('\n')).toContain(`fhir:${left}/@value`);
});

test('half an hour during a meal is no distance to it', () => {
  const { repeat, unread } = agreed(event('CM', '30'));
  expect(repeat).toEqual({ when: ['CM'] });
  expect(unread).toHaveLength(2);
});

test('of two that last another while, neither is said of both', () => {
  const lasting = (low: string, hours: string) =>
    daily(low, `<hl7nl:width value="${hours}" unit="h"/>`);
  const { repeat, told } = agreed(lasting('197001010800', '1'), lasting('197001012000', '2'));
  expect(repeat).toMatchObject({ frequency: 2, timeOfDay: ['08:00:00', '20:00:00'] });
  expect(repeat).not.toHaveProperty('duration');
  expect(told).toContain('several-durations');
});

describe('lines of the pharmacy', () => {
  const once = '<period value="1" unit="d"/>';
  const pharmacy = (...lines: readonly string[]) =>
    read(message('QURX_IN990113NL', dispenseSubject(ANNA, dispense('d-1', lines.join('')))));
  const silent = (one: string) => one.replace(/<text[\s\S]*?<\/text>/, '');
  const instructions = (found: ReturnType<typeof read>) =>
    found.of('MedicationDispense')[0]?.['dosageInstruction'] ?? [];

  test('with days on and off, that follow each other without a text, are not daily', () => {
    const onAndOff = '<phase><width value="21" unit="d"/></phase><period value="28" unit="d"/>';
    const found = pharmacy(
      silent(
        line(
          '',
          during('<low value="20260101"/><width value="56" unit="d"/>', onAndOff, once),
          dose('1'),
        ),
      ),
      silent(
        line('', during('<low value="20260301"/><width value="56" unit="d"/>', once), dose('2')),
      ),
    );
    expect(instructions(found)).toMatchObject([
      { sequence: 1, timing: { repeat: { boundsPeriod: { start: '2026-01-01' } } } },
      { sequence: 2, timing: { repeat: { frequency: 1, period: 1 } } },
    ]);
    expect(instructions(found)).not.toMatchObject([{ timing: { repeat: { frequency: 1 } } }, {}]);
    expect(found.told).toContain('several-cycles');
  });
  test('end by the clock of that day, also after it changed to summer time', () => {
    const week = (low: string) => `<low value="${low}"/><width value="7" unit="d"/>`;
    const found = pharmacy(
      line('eerst 3', during(week('20260320080000'), once), dose('3')),
      line('dan 1', during(week('20260327080000'), once), dose('1')),
    );
    const [made] = found.of('MedicationDispense') as unknown as [
      { extension: readonly { url: string; valuePeriod?: unknown }[] },
    ];
    expect(made.extension.find(({ url }) => url.endsWith('.Period'))?.valuePeriod).toEqual({
      start: '2026-03-20T08:00:00+01:00',
      end: '2026-04-03T08:00:00+02:00',
    });
  });
  test('are not read side by side where the first has only a length', () => {
    const found = pharmacy(
      line('3 maal daags, 7 dagen', during('<width value="7" unit="d"/>', once), dose('3')),
      line('daarna 1', `<effectiveTime xsi:type="PIVL_TS">${once}</effectiveTime>`, dose('1')),
    );
    expect(instructions(found)).toEqual([]);
    expect(JSON.stringify(found.of('MedicationDispense')[0])).not.toContain('TimeInterval.Period');
    expect(found.told).toContain('dosage-sequence');
  });
});

test('a most that is below nothing is none', () => {
  const most = (value: string) =>
    read(
      message(
        'QURX_IN990113NL',
        dispenseSubject(
          ANNA,
          dispense(
            'd-1',
            line(
              'x',
              during('<low value="20260101"/>', '<period value="1" unit="d"/>'),
              `${dose('1')}<maxDoseQuantity><numerator value="${value}" unit="1"/>
<denominator value="1" unit="d"/></maxDoseQuantity>`,
            ),
          ),
        ),
      ),
    );
  const [fine] = most('4').of('MedicationDispense');
  expect(fine?.['dosageInstruction']).toMatchObject([
    { maxDosePerPeriod: { numerator: { value: 4 } } },
  ]);
  const { of, told } = most('-4');
  expect(JSON.stringify(of('MedicationDispense')[0])).not.toContain('maxDosePerPeriod');
  expect(told).toContain('negative-amount');
});

describe('what was given', () => {
  const at = '<effectiveTime value="202603030800"/>';
  const gave = (amount: string) => {
    const options = { attributes: 'moodCode="EVN"', period: at, before: amount };
    const { of, unread } = read(blocks('102', ANNA, taken('18629005', 'a-1', author(), options)));
    const [made] = of('MedicationAdministration') as unknown as [{ dosage: { dose: unknown } }];
    return { dose: made.dosage.dose, unread };
  };
  const unknown = { extension: [{ valueCode: 'unknown' }] };

  test('in the unit of the sender alone is an amount', () => {
    const { dose, unread } = gave(`<doseQuantity><center nullFlavor="OTH"><translation value="2"
code="245" codeSystem="2.16.840.1.113883.2.4.4.1.900.2" displayName="stuk"/></center>
</doseQuantity>`);
    expect(dose).toMatchObject({ value: 2, unit: 'stuk' });
    expect(unread).toEqual([]);
  });
  test('less than nothing sets right what was written down before, and stays', () => {
    const { dose, unread } = gave('<doseQuantity value="-2" unit="1"/>');
    expect(dose).toMatchObject({ value: -2 });
    expect(unread).toEqual([]);
  });
  test('at a speed that nobody knows is valid still', () => {
    expect(gave('<rateQuantity nullFlavor="UNK"/>').dose).toMatchObject(unknown);
  });
});

describe('a weight that goes along', () => {
  const weighed = (mood: string, state: string) =>
    read(
      blocks(
        '102',
        ANNA,
        taken('33633005', 'ma-1', author()),
        `<component><observation classCode="OBS" moodCode="${mood}">${numbered('w-1')}
<code code="29463-7" codeSystem="2.16.840.1.113883.6.1"/>${state}<effectiveTime value="20260303"/>
<value xsi:type="PQ" value="70" unit="kg"/></observation></component>`,
      ),
    ).of('Observation');
  test.each([
    ['', 'final'],
    ['<statusCode code="completed"/>', 'final'],
    ['<statusCode code="nullified"/>', 'entered-in-error'],
  ])('with %j is %s', (state, expected) => {
    expect(weighed('EVN', state)).toMatchObject([{ status: expected }]);
  });
  test('as a goal was not measured', () => {
    expect(weighed('GOL', '')).toEqual([]);
  });
});

test('what is meant to be used or handed over is not so yet', () => {
  const options = { attributes: 'moodCode="INT"' };
  const { of } = read(
    blocks(
      '102',
      ANNA,
      taken('422979000', 'u-1', author(), options),
      supplied('373784005', 'd-1', '<product/>').replace('moodCode="RQO"', 'moodCode="INT"'),
    ),
  );
  expect(of('MedicationStatement')).toMatchObject([{ status: 'intended' }]);
  expect(of('MedicationDispense')).toMatchObject([{ status: 'preparation' }]);
});
