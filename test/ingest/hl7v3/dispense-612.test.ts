import { describe, expect, test } from 'vitest';
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

interface Agreement {
  extension: { url: string; [value: string]: unknown }[];
  modifierExtension?: unknown[];
  dosageInstruction?: Record<string, unknown>[];
  [element: string]: unknown;
}

function mapped(event: string) {
  const xml = message('QURX_IN990113NL', dispenseSubject(ANNA, event));
  const [found] = readHl7v3(Buffer.from(xml), overlay);
  const resources = found?.resources.map(({ resource }) => resource) ?? [];
  const dispenses = resources.filter((one) => one.resourceType === 'MedicationDispense');
  const by = (profile: string) =>
    dispenses.find((one) => one.meta?.profile?.[0]?.endsWith(profile)) as Agreement | undefined;
  return {
    agreement: by('mp-AdministrationAgreement') as Agreement,
    handedOver: by('mp-MedicationDispense') as Agreement,
    resources,
    unread: found?.issues.filter((issue) => issue.kind === 'unread') ?? [],
  };
}

const extension = (agreement: Agreement, name: string) =>
  agreement.extension.find((one) => one.url.endsWith(name));

const daily = '<period value="1" unit="d"/>';
const week = '<low value="20260115"/><width value="7" unit="d"/>';

describe('one dispense feeds two building blocks', () => {
  const { agreement, handedOver, resources, unread } = mapped(
    dispense('d-1', line('1 maal per dag\n  1 tablet', during(week, daily), dose('1'))),
  );

  test('each with an identifier of its own', () => {
    expect(agreement['identifier']).toEqual([
      { system: 'urn:oid:1.3.6.1.4.1.58606.1.1.2.16.840.1.113883.2.4.3.999.5', value: 'd-1' },
    ]);
    expect(handedOver['identifier']).toEqual([
      { system: 'urn:oid:2.16.840.1.113883.2.4.3.999.5', value: 'd-1' },
    ]);
  });

  test('each with what its STU3 profile rests on claimed first, for apps that know that one alone', () => {
    const claims = [agreement, handedOver].map((one) =>
      (one['meta'] as { extension: { valueUri: string }[] }).extension.map(({ valueUri }) =>
        valueUri.split('/').at(-1),
      ),
    );
    expect(claims).toEqual([
      ['zib-AdministrationAgreement', 'mp612-DispenseToFHIRConversion-AdministrationAgreement'],
      ['zib-Dispense', 'mp612-DispenseToFHIRConversion-Dispense'],
    ]);
  });

  test('tied together by the treatment, which is the PRK', () => {
    const treatment = {
      url: 'http://nictiz.nl/fhir/StructureDefinition/ext-PharmaceuticalTreatment.Identifier',
      valueIdentifier: { system: 'urn:oid:2.16.840.1.113883.2.4.3.11.61.2', value: '90001' },
    };
    expect(agreement.extension).toContainEqual(treatment);
    expect(handedOver.extension).toContainEqual(treatment);
  });

  test('the quantity is kept, in UCUM with the unit of the G-standaard beside it', () => {
    expect(handedOver['quantity']).toMatchObject({ value: 30, unit: 'stuk', code: '1' });
    expect(JSON.stringify(handedOver['quantity'])).toContain('"245"');
  });

  test('an agreement is not over because its dispense is completed', () => {
    expect(agreement['status']).toBe('unknown');
    expect(handedOver['status']).toBe('completed');
  });

  test('text, period of use, frequency and dose', () => {
    expect(extension(agreement, 'RenderedDosageInstruction')).toMatchObject({
      valueString: '1 maal per dag 1 tablet',
    });
    expect(extension(agreement, 'TimeInterval.Period')).toMatchObject({
      valuePeriod: {
        start: '2026-01-15',
        extension: [{ valueDuration: { value: 7, unit: 'dag', code: 'd' } }],
      },
    });
    expect(agreement.dosageInstruction).toMatchObject([
      {
        timing: { repeat: { frequency: 1, period: 1, periodUnit: 'd' } },
        doseAndRate: [{ doseQuantity: { value: 1, code: '1' } }],
      },
    ]);
  });

  test('the product keeps every code in the order sent, the leading one marked', () => {
    const product = resources.find((one) => one.resourceType === 'Medication');
    expect(product?.['code']).toMatchObject({
      text: 'PROEFTABLET 5MG',
      coding: [{ code: '90000001', userSelected: true }, { code: '900001' }, { code: '90001' }],
    });
  });

  test('nothing is left unread', () => expect(unread).toEqual([]));
});

test.each([
  ['0.5', 'd', { frequency: 2, period: 1, periodUnit: 'd' }],
  ['0.3333', 'd', { frequency: 3, period: 1, periodUnit: 'd' }],
  ['0.5', 'wk', { frequency: 2, period: 1, periodUnit: 'wk' }],
  ['2', 'wk', { frequency: 1, period: 2, periodUnit: 'wk' }],
  ['6', 'h', { frequency: 1, period: 6, periodUnit: 'h' }],
])('every %s %s', (value, unit, repeat) => {
  const { agreement } = mapped(
    dispense('d-1', line('x', during(week, `<period value="${value}" unit="${unit}"/>`))),
  );
  expect(agreement.dosageInstruction).toEqual([{ timing: { repeat } }]);
});

test('a period that is no number is reported and left out', () => {
  const { agreement, unread } = mapped(
    dispense('d-1', line('x', during(week, '<period value="soms" unit="d"/>'))),
  );
  expect(agreement.dosageInstruction).toBeUndefined();
  expect(unread[0]?.place).toMatch(/effectiveTime\/comp\[2\]\/period\/@value$/);
});

test('half an hour of each day is how long it takes, and no schedule on and off', () => {
  const half = '<phase><width value="30" unit="min"/></phase><period value="1" unit="d"/>';
  const { agreement } = mapped(dispense('d-9', line('infuus', during(week, half), dose('1'))));
  expect(agreement).not.toHaveProperty('modifierExtension');
  expect(agreement.dosageInstruction?.[0]?.['timing']).toEqual({
    repeat: { duration: 30, durationUnit: 'min', frequency: 1, period: 1, periodUnit: 'd' },
  });
});

test('a phase whose width is not known leaves no empty timing', () => {
  const unknown = '<phase><width nullFlavor="UNK"/></phase><period value="28" unit="d"/>';
  const { agreement } = mapped(
    dispense('d-0', line('1 x per dag 1 tablet', during(week, daily, unknown), dose('1'))),
  );
  expect(JSON.stringify(agreement)).not.toContain('{}');
  const only = mapped(dispense('d-0', line('1 tablet', during(week, unknown), dose('1'))));
  expect(JSON.stringify(only.agreement)).not.toContain('{}');
});

test('three weeks on, one week off', () => {
  const onOff = '<phase><width value="21" unit="d"/></phase><period value="28" unit="d"/>';
  const { agreement } = mapped(dispense('d-1', line('x', during(week, daily, onOff), dose('1'))));
  expect(agreement.modifierExtension).toMatchObject([{ valueDuration: { value: 28, code: 'd' } }]);
  expect(agreement.dosageInstruction).toMatchObject([
    { timing: { repeat: { boundsDuration: { value: 21 }, frequency: 1, period: 1 } } },
  ]);
});

test('one to three times a day comes as two lines and becomes one', () => {
  const { agreement } = mapped(
    dispense(
      'd-1',
      line('1-3 x', during(week, daily), dose('1')) +
        line('1-3 x', during(week, '<period value="0.5" unit="d"/>'), dose('1') + asNeeded),
    ),
  );
  expect(agreement.dosageInstruction).toHaveLength(1);
  expect(agreement.dosageInstruction?.[0]).toMatchObject({
    timing: { repeat: { frequency: 1, frequencyMax: 3, period: 1, periodUnit: 'd' } },
  });
});

test('two lines that say the same are two doses', () => {
  const once = (rest = '') => line('2 x per dag', during(week, daily), dose('1') + rest);
  const { agreement } = mapped(dispense('d-1', once() + once()));
  expect(agreement.dosageInstruction).toHaveLength(2);
  const needed = mapped(dispense('d-1', once(asNeeded) + once(asNeeded)));
  expect(needed.agreement.dosageInstruction).toHaveLength(2);
});

test('lines that follow each other are told by their text only', () => {
  const later = '<low value="20260122"/><width value="7" unit="d"/>';
  const { agreement, unread } = mapped(
    dispense(
      'd-1',
      line('eerst 2', during(week, daily), dose('2')) +
        line('dan 1', during(later, daily), dose('1')),
    ),
  );
  expect(agreement.dosageInstruction).toBeUndefined();
  expect(extension(agreement, 'RenderedDosageInstruction')).toMatchObject({
    valueString: 'eerst 2; dan 1',
  });
  expect(extension(agreement, 'TimeInterval.Period')).toMatchObject({
    valuePeriod: { start: '2026-01-15' },
  });
  expect(unread).toEqual([]);
});

test('"as needed" is no instruction but a condition', () => {
  const { agreement } = mapped(dispense('d-1', line('zo nodig', during(week, daily), asNeeded)));
  expect(agreement.dosageInstruction).toMatchObject([
    { asNeededCodeableConcept: { coding: [{ code: '1137' }] } },
  ]);
});

test('the expected time of use serves when the dosage has none', () => {
  const expected = '<expectedUseTime><width value="90" unit="d"/></expectedUseTime>';
  const { agreement, handedOver } = mapped(dispense('d-1', line('bekend', ''), { expected }));
  const period = extension(agreement, 'TimeInterval.Period');
  expect(period).toMatchObject({ valuePeriod: { extension: [{ valueDuration: { value: 90 } }] } });
  expect(period?.['valuePeriod']).not.toHaveProperty('start');
  expect(handedOver['daysSupply']).toMatchObject({ value: 90, code: 'd' });
});

test('a magistral preparation has text, a null flavour and its ingredients', () => {
  const code = `<code nullFlavor="OTH"><originalText>Proefzalf</originalText></code>
<desc>eigen bereiding</desc>
    <activeIngredient><quantity><numerator xsi:type="PQ" value="1.50" unit="g"/><denominator
xsi:type="PQ" value="100" unit="g"/></quantity>
    <activeIngredientMaterialKind><code code="70001" codeSystem="2.16.840.1.113883.2.4.4.1"
displayName="STOF"/></activeIngredientMaterialKind></activeIngredient>
    <otherIngredient><quantity><numerator xsi:type="PQ" nullFlavor="QS"/><denominator
xsi:type="PQ" value="100" unit="g"/></quantity>
    <ingredientMaterialKind><code code="70002"
codeSystem="2.16.840.1.113883.2.4.4.1"/></ingredientMaterialKind></otherIngredient>`;
  const { agreement, resources, unread } = mapped(
    dispense('d-9', line('dun smeren', ''), { code }),
  );
  const product = resources.find((one) => one.resourceType === 'Medication');
  expect(product?.['code']).toMatchObject({ coding: [{ code: 'OTH' }], text: 'Proefzalf' });
  expect(JSON.stringify(product?.['ingredient'])).toContain('"value":1.50');
  expect(product?.['ingredient']).toMatchObject([
    { isActive: true },
    { isActive: false, strength: { numerator: { extension: [{ valueCode: 'QS' }] } } },
  ]);
  expect(extension(agreement, 'PharmaceuticalTreatment.Identifier')).toMatchObject({
    valueIdentifier: { system: expect.stringContaining('1.3.6.1.4.1.58606.1.2.'), value: 'd-9' },
  });
  expect(unread).toEqual([]);
});

test('a dispense that is taken back is entered in error in both blocks', () => {
  const { agreement, handedOver } = mapped(dispense('d-1', '', { status: 'nullified' }));
  expect(agreement['status']).toBe('entered-in-error');
  expect(handedOver['status']).toBe('entered-in-error');
});

test('a second product is told, and its lines are not those of the first', () => {
  const own = dispense('d-1', line('1 maal per dag 1 tablet', during(week, daily), dose('1')));
  const [product = ''] = /<product>[\s\S]*<\/product>/.exec(own) ?? [];
  const { agreement, unread } = mapped(
    own.replace(product, `${product}${product.replace('1 tablet', '4 tabletten')}`),
  );
  expect(extension(agreement, 'RenderedDosageInstruction')).toMatchObject({
    valueString: '1 maal per dag 1 tablet',
  });
  expect(agreement.dosageInstruction).toHaveLength(1);
  expect(unread.some(({ place }) => place.includes('product[2]') && place.includes('text'))).toBe(
    true,
  );
});
