/** Where a message could be read as another medicine, amount or dosage than the pharmacy meant. */
import { describe, expect, test } from 'vitest';
import type { Resource } from '../../../src/conformance/index.ts';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
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

function mapped(...events: readonly string[]) {
  const xml = message('QURX_IN990113NL', dispenseSubject(ANNA, ...events));
  const [found] = readHl7v3(Buffer.from(xml), overlay);
  const made = found?.resources ?? [];
  const byUrl = new Map(made.map(({ fullUrl, resource }) => [fullUrl, resource]));
  const resources = made.map(({ resource }) => resource);
  const agreements = resources.filter((one) =>
    one.meta?.profile?.[0]?.endsWith('mp-AdministrationAgreement'),
  );
  return { agreements, byUrl, resources, issues: found?.issues ?? [] };
}

const daily = '<period value="1" unit="d"/>';
const january = '<low value="20260101"/><high value="20260131"/>';
const quantity = (event: string, xml: string) =>
  event.replace(/<quantity value="30">[\s\S]*?<\/quantity>/, xml);
const basic = (value: string, code: string, name: string) =>
  `<translation value="${value}" code="${code}"
codeSystem="2.16.840.1.113883.2.4.4.1.900.2" displayName="${name}"/>`;
const periodOf = (one: Resource | undefined) =>
  ((one?.['extension'] ?? []) as { url: string; valuePeriod?: unknown }[]).find(({ url }) =>
    url.endsWith('ext-TimeInterval.Period'),
  )?.valuePeriod;

describe('what a pharmacy puts right', () => {
  const bottle = dispense('d-1', '');
  const statuses = (...events: readonly string[]) =>
    mapped(...events).resources.flatMap((one) =>
      one.resourceType === 'MedicationDispense' ? [one['status']] : [],
    );

  test('further on in the same list takes the place of what it corrects', () => {
    const { resources } = mapped(bottle, quantity(bottle, '<quantity value="60"/>'));
    const amounts = resources.flatMap((one) => one['quantity'] ?? []);
    expect(amounts).toEqual([{ value: 60 }]);
  });
  test('is withdrawn, and stays so whatever comes first', () => {
    const gone = bottle.replace('"completed"', '"nullified"');
    expect(statuses(bottle, gone)).toEqual(['entered-in-error', 'entered-in-error']);
    expect(statuses(gone, bottle)).toEqual(['entered-in-error', 'entered-in-error']);
  });
  test('counts by when the message was made: the day of a dispense may be moved back', () => {
    const xml = message('QURX_IN990113NL', dispenseSubject(ANNA, bottle));
    const [found] = readHl7v3(Buffer.from(xml), overlay);
    expect(new Set(found?.resources.map(({ sourceTime }) => sourceTime))).toEqual(
      new Set(['2026-03-02T10:15:00+01:00']),
    );
  });
});

test('a medicine that has no code of its own has those that go with it', () => {
  const code = `<code nullFlavor="OTH"><translation code="900001"
codeSystem="2.16.840.1.113883.2.4.4.7" displayName="PROEFDRANK"/></code>`;
  const { resources, issues } = mapped(dispense('d-1', '', { code }));
  expect(resources.find((one) => one.resourceType === 'Medication')).toMatchObject({
    code: { coding: [{ code: 'OTH' }, { code: '900001', display: 'PROEFDRANK' }] },
  });
  expect(issues.filter(({ kind }) => kind === 'unread')).toEqual([]);
});

test('a remark of the pharmacy is told with the agreement', () => {
  const remark = '<subjectOf><annotation><text>Halve tablet!</text></annotation></subjectOf>';
  const told = dispense('d-1', '').replace('</medicationDispenseEvent>', `${remark}$&`);
  const { agreements, issues } = mapped(told);
  expect(agreements).toMatchObject([{ note: [{ text: 'Halve tablet!' }] }]);
  expect(issues.filter(({ kind }) => kind === 'unread')).toEqual([]);
});

describe('two products under one code of the pharmacy', () => {
  const own = (rest: string) =>
    `<code code="99999999" codeSystem="2.16.840.1.113883.2.4.4.8" ${rest}`;
  const of = (name: string) => own(`displayName="${name}"/>`);
  const holding = (value: string) =>
    `${of('MAGISTRAAL')}<activeIngredient><quantity>
<numerator xsi:type="PQ" value="${value}" unit="mg"/><denominator xsi:type="PQ" value="1" unit="g"/>
</quantity><activeIngredientMaterialKind>
<code code="1" codeSystem="2.16.840.1.113883.2.4.4.7" displayName="STOF"/>
</activeIngredientMaterialKind></activeIngredient>`;
  const medicines = (...codes: readonly string[]) => {
    const { agreements, byUrl } = mapped(
      ...codes.map((code, at) => dispense(`d-${at}`, '', { code })),
    );
    return agreements.map((one) =>
      byUrl.get((one['medicationReference'] as { reference: string }).reference),
    );
  };

  test('are two by their names', () => {
    expect(medicines(of('HYDROCORTISON CREME'), of('METHADON DRANK'))).toMatchObject([
      { code: { text: 'HYDROCORTISON CREME' } },
      { code: { text: 'METHADON DRANK' } },
    ]);
  });
  test('and by what they are made of', () => {
    const strengths = medicines(holding('1'), holding('500')).map((one) => one?.['ingredient']);
    expect(strengths).toMatchObject([
      [{ strength: { numerator: { value: 1 } } }],
      [{ strength: { numerator: { value: 500 } } }],
    ]);
  });
  test('are one when both are alike', () => {
    const [first, second] = medicines(of('METHADON DRANK'), of('METHADON DRANK'));
    expect(first).toBe(second);
  });
});

describe('a unit goes with the number it was given with', () => {
  const dispensed = (xml: string) => {
    const { resources } = mapped(quantity(dispense('d-1', ''), xml));
    return resources.find((one) => one['quantity'])?.['quantity'] as Record<string, unknown>;
  };
  test.each([
    [
      '0.2 litre is not 0.2 milliliter',
      `<quantity value="0.2" unit="L">${basic('200', '233', 'milliliter')}</quantity>`,
      { value: 0.2, unit: 'L', code: 'L' },
    ],
    [
      'one inhaler is not one dose',
      `<quantity value="1">${basic('200', '280', 'dosis')}</quantity>`,
      { value: 1 },
    ],
    [
      'the same number has its own name for it',
      `<quantity value="150" unit="ml">${basic('150.0', '233', 'milliliter')}</quantity>`,
      { value: 150, unit: 'milliliter', code: 'ml' },
    ],
    [
      'a word is no code of UCUM',
      `<quantity value="30" unit="stuks">${basic('30', '245', 'stuk')}</quantity>`,
      { value: 30, unit: 'stuk', code: '1' },
    ],
  ])('%s', (_what, xml, expected) => {
    const { extension, system: _system, ...rest } = dispensed(xml);
    expect(rest).toEqual(expected);
    expect(extension).toHaveLength(1);
  });
});

describe('dosage lines', () => {
  test('of which each has only its length follow each other', () => {
    const { agreements, issues } = mapped(
      dispense(
        'd-1',
        line('3 dagen 2', during('<width value="3" unit="d"/>', daily), dose('2')) +
          line('dan 4 dagen 1', during('<width value="4" unit="d"/>', daily), dose('1')),
      ),
    );
    expect(agreements[0]?.['dosageInstruction']).toBeUndefined();
    expect(issues.map(({ code }) => code)).toContain('dosage-sequence');
  });

  test('that hold beside each other end with the last of them', () => {
    const shorter = '<low value="20260110"/><high value="20260120"/>';
    const { agreements } = mapped(
      dispense(
        'd-1',
        line('2', during(january, daily), dose('2')) +
          line('extra', during(shorter, daily), dose('1')),
      ),
    );
    expect(periodOf(agreements[0])).toEqual({ start: '2026-01-01', end: '2026-01-31' });
  });

  test('that were taken back are not followed', () => {
    const taken = line('2 tabletten', during(january, daily), dose('2'));
    const { agreements, issues } = mapped(
      dispense(
        'd-1',
        taken.replace('"active"', '"nullified"') +
          line('1 tablet', during(january, daily), dose('1')),
      ),
    );
    expect(agreements).toMatchObject([
      { dosageInstruction: [{ doseAndRate: [{ doseQuantity: { value: 1 } }] }] },
    ]);
    expect(JSON.stringify(agreements)).not.toContain('2 tabletten');
    expect(issues.filter(({ kind }) => kind === 'unread')).toEqual([]);
  });

  test('keep a second condition', () => {
    const meals = asNeeded.replace('1137', '1028').replace('zo nodig', 'bij pijn');
    const { agreements, issues } = mapped(
      dispense('d-1', line('x', during(january, daily), dose('1') + asNeeded + meals)),
    );
    expect(agreements).toMatchObject([
      {
        dosageInstruction: [
          {
            asNeededCodeableConcept: { coding: [{ code: '1137' }] },
            additionalInstruction: [{ coding: [{ code: '1028' }] }],
          },
        ],
      },
    ]);
    expect(issues.filter(({ kind }) => kind === 'unread')).toEqual([]);
  });

  test('of a period that ends before it begins are told', () => {
    const { agreements, issues } = mapped(
      dispense(
        'd-1',
        line('x', during('<low value="20260215"/><high value="20260115"/>', daily), dose('1')),
      ),
    );
    expect(periodOf(agreements[0])).toEqual({ start: '2026-02-15', end: '2026-01-15' });
    expect(issues).toContainEqual(
      expect.objectContaining({ code: 'period-reversed', severity: 'warning' }),
    );
  });
});
