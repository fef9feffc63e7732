/** Where a schedule could be read as more, less or at another time than the sender said. */
import { describe, expect, test } from 'vitest';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { author, blocks, dosageLine, fhirSchedule, given, taken } from './own-blocks.ts';
import {
  ANNA,
  asNeeded,
  dispense,
  dispenseSubject,
  dose,
  during,
  line,
  message,
} from './own-messages.ts';

const overlay = readOverlay('default');
const daily = '<period value="1" unit="d"/>';
const january = '<low value="20260101"/><high value="20260131"/>';

interface Repeating {
  readonly extension: readonly { url: string; valuePeriod?: unknown; valueString?: string }[];
  readonly dosageInstruction?: readonly {
    sequence?: number;
    timing?: { repeat: unknown };
    asNeededCodeableConcept?: unknown;
  }[];
}

function read(xml: string, profile: string) {
  const [found] = readHl7v3(Buffer.from(xml), overlay);
  const resources = found?.resources.map(({ resource }) => resource) ?? [];
  const made = resources.find(({ meta }) => meta?.profile?.[0]?.endsWith(profile));
  const { extension, dosageInstruction = [] } = made as unknown as Repeating;
  const issues = found?.issues ?? [];
  return {
    extension: (name: string) => extension.find(({ url }) => url.endsWith(name)),
    lines: dosageInstruction,
    repeat: dosageInstruction[0]?.timing?.repeat,
    unread: issues.filter(({ kind }) => kind === 'unread').map(({ place }) => place),
    told: issues.filter(({ kind }) => kind === 'rule').map(({ code }) => code),
    ignored: issues.filter(({ kind }) => kind === 'ignored').map(({ place }) => place),
  };
}

const pharmacy = (...lines: readonly string[]) =>
  read(
    message('QURX_IN990113NL', dispenseSubject(ANNA, dispense('d-1', lines.join('')))),
    'mp-AdministrationAgreement',
  );

const agreed = (schedule: string, rest = '') =>
  read(
    blocks(
      '95',
      ANNA,
      taken('33633005', 'ma-1', author() + dosageLine(1, schedule, given('1') + rest)),
    ),
    'mp-MedicationAgreement',
  );

const NL = 'xmlns:hl7nl="urn:hl7-nl:v3"';
const older = (...parts: readonly string[]) =>
  `<effectiveTime xsi:type="hl7nl:SXPR_TS" ${NL}>${parts.join('')}</effectiveTime>`;
const part = (content: string, operator = 'I') =>
  `<hl7nl:comp xsi:type="hl7nl:PIVL_TS" operator="${operator}">${content}</hl7nl:comp>`;
const from = (low: string, high = '') =>
  `<hl7nl:phase><hl7nl:low value="${low}"/>${high}</hl7nl:phase>`;
const each = (unit: string) => `<hl7nl:period value="1" unit="${unit}"/>`;

describe('what is left out of a schedule', () => {
  test('of the pharmacy is not when to take it', () => {
    const sunday = '<phase><center value="20260104"/></phase><period value="1" unit="wk"/>';
    const { repeat, told, unread } = pharmacy(
      line(
        'niet op zondag',
        during(january, daily, sunday).replace(/operator="A"(?!.*operator="A")/, 'operator="E"'),
        dose('1'),
      ),
    );
    expect(repeat).toBeUndefined();
    expect(told).toContain('excluded-time');
    expect(unread.join('\n')).toMatch(/center\/@value/);
  });
  test('of an agreement neither', () => {
    const { repeat, told } = agreed(
      older(part(each('d')), part(from('19700607') + each('wk'), 'E')),
    );
    expect(repeat).toBeUndefined();
    expect(told).toContain('excluded-time');
  });
});

test('several cycles of one line are told by its text only, not by the last of them', () => {
  const { repeat, told } = pharmacy(
    line('x', during(january, daily, '<period value="1" unit="wk"/>'), dose('1')),
  );
  expect(repeat).toBeUndefined();
  expect(told).toContain('cycles');
});

test('Monday at nine and Thursday at one is not both days at both times', () => {
  const { repeat, told } = agreed(
    older(part(from('197006010900') + each('wk')), part(from('197006041300') + each('wk'))),
  );
  expect(repeat).toEqual({ frequency: 2, period: 1, periodUnit: 'wk' });
  expect(told).toContain('days-and-times');
});

test('from six to six is no morning', () => {
  const day = from('197001010600', '<hl7nl:high value="197001011800"/>');
  const { repeat, unread } = agreed(older(part(day + each('d'))));
  expect(repeat).not.toHaveProperty('when');
  expect(unread).toHaveLength(2);
});

describe('how often', () => {
  const often = (numerator: string) =>
    agreed(
      older(
        part(`<hl7nl:frequency>${numerator}
<hl7nl:denominator xsi:type="hl7nl:PQ" value="1" unit="d"/></hl7nl:frequency>`),
      ),
    );
  test.each([
    ['one and a half', '<hl7nl:numerator xsi:type="hl7nl:INT" value="1.5"/>'],
    ['nobody knows', '<hl7nl:numerator nullFlavor="UNK"/>'],
    ['nought', '<hl7nl:numerator xsi:type="hl7nl:INT" value="0"/>'],
  ])('%s is not once', (_what, numerator) => {
    const { repeat, unread } = often(numerator);
    expect(repeat).toBeUndefined();
    expect(unread.join('\n')).toMatch(/denominator\/@value/);
  });
  test('at most three times has no least', () => {
    const most = '<hl7nl:uncertainRange><hl7nl:high value="3"/></hl7nl:uncertainRange>';
    expect(often(`<hl7nl:numerator>${most}</hl7nl:numerator>`).repeat).toEqual({
      frequencyMax: 3,
      period: 1,
      periodUnit: 'd',
    });
  });
  test.each(['0', '1.5', '-2'])('%s times, as FHIR Timing, takes its period with it', (value) => {
    const { repeat, told } = agreed(
      fhirSchedule(`<frequency value="${value}"/><period value="1"/><periodUnit value="d"/>`),
    );
    expect(repeat).toBeUndefined();
    expect(told).toContain('no-frequency');
  });
});

test('of two kinds of bounds FHIR has room for one', () => {
  const { repeat, unread } = agreed(
    fhirSchedule(`<boundsDuration><value value="2"/><code value="wk"/></boundsDuration>
<boundsPeriod><start value="2026-03-01"/></boundsPeriod>
<frequency value="1"/><period value="1"/><periodUnit value="d"/>`),
  );
  expect(repeat).toMatchObject({ boundsDuration: { value: 2 } });
  expect(repeat).not.toHaveProperty('boundsPeriod');
  expect(unread.join('\n')).toMatch(/boundsPeriod/);
});

describe('an event of the day', () => {
  const at = (code: string, offset: string) =>
    agreed(`<effectiveTime xsi:type="EIVL_TS"><event code="${code}"/>
<offset>${offset}</offset></effectiveTime>`);
  test.each(['-30', '30'])('half an hour before a meal, as %s', (value) => {
    const { repeat, unread } = at('AC', `<low value="${value}" unit="min"/>`);
    expect(repeat).toEqual({ when: ['AC'], offset: 30 });
    expect(unread).toEqual([]);
  });
  test('after a meal cannot be before it', () => {
    const { repeat, unread } = at('PC', '<low value="-30" unit="min"/>');
    expect(repeat).toEqual({ when: ['PC'] });
    expect(unread).toHaveLength(2);
  });
  test('that FHIR does not know is none', () => {
    expect(at('IC', '').repeat).toBeUndefined();
  });
});

describe('lines of the pharmacy that follow each other', () => {
  const week = (day: string) => `<low value="202601${day}"/><width value="7" unit="d"/>`;
  const first = line('eerst 3', during(week('01'), daily), dose('3'));
  const then = line('dan 2', during(week('08'), daily), dose('2'));
  const silent = (one: string) => one.replace(/<text[\s\S]*?<\/text>/, '');

  test('without a text are told each with its time', () => {
    const { lines, unread } = pharmacy(first, silent(then));
    expect(lines).toMatchObject([
      {
        sequence: 1,
        timing: { repeat: { boundsPeriod: { start: '2026-01-01' }, frequency: 1 } },
        doseAndRate: [{ doseQuantity: { value: 3 } }],
      },
      {
        sequence: 2,
        timing: { repeat: { boundsPeriod: { start: '2026-01-08' }, frequency: 1 } },
        doseAndRate: [{ doseQuantity: { value: 2 } }],
      },
    ]);
    expect(unread).toEqual([]);
  });
  test('with their text leave the rest to it', () => {
    const { lines, ignored } = pharmacy(first, then);
    expect(lines).toEqual([]);
    expect(ignored.filter((place) => place.includes('doseQuantity'))).not.toEqual([]);
  });
  test('are not read side by side where one of them has no end', () => {
    const open = line(
      'daarna 1',
      `<effectiveTime xsi:type="PIVL_TS">${daily}</effectiveTime>`,
      dose('1'),
    );
    const { lines, extension } = pharmacy(first, open);
    expect(lines).toEqual([]);
    expect(extension('TimeInterval.Period')?.valuePeriod).toEqual({ start: '2026-01-01' });
  });
});

test('what cannot be read of lines side by side is told, not said to stand in their text', () => {
  const before = (code: string) =>
    `<effectiveTime xsi:type="EIVL_TS"><event code="${code}"/></effectiveTime>`;
  const { unread } = pharmacy(
    line('1 voor het ontbijt', before('ACM'), dose('1')),
    line('2 voor de nacht', before('HS'), dose('2')),
  );
  expect(unread.filter((place) => place.endsWith('event/@code'))).toHaveLength(2);
});

test.each(['cancelled', 'obsolete', 'aborted'])('a line that was %s is not followed', (state) => {
  const { lines, extension, unread } = pharmacy(
    line('oud 2', during(january, daily), dose('2')).replace('"active"', `"${state}"`),
    line('nieuw 1', during(january, daily), dose('1')),
  );
  expect(lines).toMatchObject([{ doseAndRate: [{ doseQuantity: { value: 1 } }] }]);
  expect(extension('RenderedDosageInstruction')?.valueString).toBe('nieuw 1');
  expect(unread).toEqual([]);
});

describe('a condition that the sender does not tell', () => {
  const unknown = { coding: [{ code: 'UNK' }] };
  test('is one of the pharmacy still', () => {
    const needed = asNeeded.replace(/<code[^>]*>/, '<code nullFlavor="UNK"/>');
    const { lines } = pharmacy(line('x', during(january, daily), dose('1') + needed));
    expect(lines).toMatchObject([{ asNeededCodeableConcept: unknown }]);
  });
  test('and of an agreement', () => {
    const { lines } = agreed(
      fhirSchedule('<frequency value="1"/><period value="1"/><periodUnit value="d"/>'),
      '<precondition><criterion><code nullFlavor="UNK"/></criterion></precondition>',
    );
    expect(lines).toMatchObject([{ asNeededCodeableConcept: unknown }]);
  });
});

test('a dose in the unit of the sender alone is a dose', () => {
  const piece = `<doseQuantity><center nullFlavor="OTH"><translation value="2" code="245"
codeSystem="2.16.840.1.113883.2.4.4.1.900.2" displayName="stuk"/></center></doseQuantity>`;
  const { lines } = pharmacy(line('x', during(january, daily), piece));
  expect(lines).toMatchObject([{ doseAndRate: [{ doseQuantity: { value: 2, unit: 'stuk' } }] }]);
});

describe('days on and off', () => {
  const cycle = 'ext-InstructionsForUse.RepeatPeriodCyclicalSchedule';
  const schedule = (days: number, url = `http://nictiz.nl/fhir/StructureDefinition/${cycle}`) =>
    fhirSchedule(
      `<boundsDuration><value value="7"/><code value="d"/></boundsDuration>
<frequency value="1"/><period value="1"/><periodUnit value="d"/>`,
      `<modifierExtension url="${url}"><valueDuration><value value="${days}"/><code value="d"/>
</valueDuration></modifierExtension>`,
    );
  const both = (first: string, second: string) =>
    read(
      blocks(
        '95',
        ANNA,
        taken(
          '33633005',
          'ma-1',
          author() + dosageLine(1, first, given('1')) + dosageLine(2, second, given('2')),
        ),
      ),
      'mp-MedicationAgreement',
    );

  test('of several lengths are told by the text, not by the first of them', () => {
    const { lines, told } = both(schedule(28), schedule(14));
    expect(lines.map(({ timing }) => timing)).toEqual([undefined, undefined]);
    expect(told).toContain('several-cycles');
    expect(both(schedule(28), schedule(28)).lines[1]?.timing).toBeDefined();
  });
  test('of several lengths at the pharmacy leave all to their text', () => {
    const off = (days: number) =>
      during(
        january,
        daily,
        `<phase><width value="7" unit="d"/></phase><period value="${days}" unit="d"/>`,
      );
    const { lines, told } = pharmacy(
      line('7 van 14 dagen', off(14), dose('1')),
      line('7 van 28 dagen', off(28), dose('2')),
    );
    expect(lines).toEqual([]);
    expect(told).toContain('dosage-sequence');
  });
  test('are not any other modifier, which leaves no schedule', () => {
    const { repeat, told } = agreed(schedule(28, 'http://example.org/other'));
    expect(repeat).toBeUndefined();
    expect(told).toContain('unknown-modifier');
  });
});

test('less than nothing is no dose', () => {
  const { lines, told, unread } = pharmacy(line('x', during(january, daily), dose('-1')));
  expect(lines).toMatchObject([{ timing: { repeat: { frequency: 1 } } }]);
  expect(lines[0]).not.toHaveProperty('doseAndRate');
  expect(told).toContain('negative-amount');
  expect(unread.join('\n')).toMatch(/center\/@value/);
});

test('a unit of time without its system is one of UCUM', () => {
  const { repeat } = agreed(
    fhirSchedule(`<boundsDuration><value value="2"/><code value="wk"/></boundsDuration>
<frequency value="1"/><period value="1"/><periodUnit value="d"/>`),
  );
  expect(repeat).toMatchObject({
    boundsDuration: { value: 2, system: 'http://unitsofmeasure.org', code: 'wk' },
  });
});
