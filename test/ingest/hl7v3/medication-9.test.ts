import { describe, expect, test } from 'vitest';
import type { Resource } from '../../../src/conformance/index.ts';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import {
  about,
  author,
  blocks,
  dosageLine,
  fhirSchedule,
  given,
  numbered,
  olderSchedule,
  PHARMACY,
  relation,
  snomed,
  supplied,
  taken,
} from './own-blocks.ts';
import { ANNA } from './own-messages.ts';

const overlay = readOverlay('default');
const daily = fhirSchedule('<frequency value="1"/><period value="1"/><periodUnit value="d"/>');

interface Outcome {
  readonly resources: readonly Resource[];
  readonly unread: readonly string[];
}

function mapped(xml: string): Outcome {
  const [found] = readHl7v3(Buffer.from(xml), overlay);
  return {
    resources: found?.resources.map(({ resource }) => resource) ?? [],
    unread: (found?.issues ?? [])
      .filter((issue) => issue.kind === 'unread')
      .map((issue) => issue.place),
  };
}

const ofType = ({ resources }: Outcome, type: string) =>
  resources.filter((one) => one.resourceType === type);
const only = (outcome: Outcome, type: string) => {
  const [first] = ofType(outcome, type);
  return first as Resource & Record<string, unknown>;
};
const extension = (resource: Record<string, unknown>, name: string, list = 'extension') =>
  ((resource[list] ?? []) as { url: string }[]).find((one) => one.url.endsWith(name));
const dosages = (resource: Record<string, unknown>) =>
  (resource['dosageInstruction'] ?? resource['dosage']) as Record<string, unknown>[];
const ref = (id: string) => ({ system: 'urn:oid:2.16.840.1.113883.2.4.3.999.9', value: id });

const agreement = (rest: string, code: '95' | '102' = '95') =>
  mapped(blocks(code, ANNA, taken('33633005', 'ma-1', author() + rest)));

describe('a medication agreement', () => {
  const outcome = agreement(
    about('1', snomed('410546004', 'stopgezet'), 'COMP') +
      about('160111000146106', snomed('58848006', 'geen effect')) +
      relation('33633005', 'ma-0') +
      relation('422037009', 'ta-0') +
      dosageLine(1, daily, given('1')),
  );
  const made = only(outcome, 'MedicationRequest');

  test('is a request with its own identifier, its treatment and what it ends', () => {
    expect(made['identifier']).toEqual([ref('ma-1')]);
    expect(extension(made, 'PharmaceuticalTreatment.Identifier')).toMatchObject({
      valueIdentifier: ref('t-1'),
    });
    expect(made['priorPrescription']).toMatchObject({ identifier: ref('ma-0') });
    expect(made['basedOn']).toMatchObject([
      { extension: [{ valueReference: { identifier: ref('ta-0') } }] },
    ]);
    expect(made['status']).toBe('active');
  });

  test('a stop is a modifier, so that nobody can overlook it', () => {
    expect(extension(made, 'ext-StopType', 'modifierExtension')).toMatchObject({
      valueCodeableConcept: { coding: [{ code: '410546004' }] },
    });
    expect(made['reasonCode']).toMatchObject([{ coding: [{ code: '58848006' }] }]);
  });

  test('keeps the period of use as sent, a duration without an invented end', () => {
    expect(extension(made, 'ext-TimeInterval.Period')).toMatchObject({
      valuePeriod: {
        start: '2026-03-03',
        extension: [{ valueDuration: { code: 'wk' } }],
      },
    });
  });

  test('was changed when its author wrote it, so that an older copy never takes its place', () => {
    const [found] = readHl7v3(
      Buffer.from(blocks('95', ANNA, taken('33633005', 'ma-1', author()))),
      overlay,
    );
    const written = found?.resources.find((one) => one.key.includes('medication-agreement'));
    expect(written?.sourceTime).toBe('2026-03-02T09:15:00+01:00');
  });

  test('leaves nothing of the message unread', () => expect(outcome.unread).toEqual([]));

  test('in a list of what is known it does not ask for action', () => {
    const known = only(agreement('', '102'), 'MedicationRequest');
    expect(known['status']).toBe('unknown');
  });
});

describe('a dosing schedule written as FHIR Timing', () => {
  test.each(['0', '-1'])('of which the period is %s leaves that out and tells it', (period) => {
    const repeat = `<frequency value="2"/><period value="${period}"/><periodUnit value="d"/>`;
    const line = dosageLine(1, fhirSchedule(`${repeat}<when value="MORN"/>`));
    const [found] = readHl7v3(
      Buffer.from(blocks('95', ANNA, taken('33633005', 'ma-1', author() + line))),
      overlay,
    );
    expect(found?.issues.map(({ code }) => code)).toContain('no-time');
    const made = found?.resources.find(
      ({ resource }) => resource.resourceType === 'MedicationRequest',
    );
    const [dosage] = dosages(made?.resource ?? {});
    expect(JSON.stringify(dosage?.['timing'])).not.toContain('frequency');
  });

  test('of which a number has no unit of time leaves that out, tells it, and keeps the rest', () => {
    const schedule = fhirSchedule(
      '<duration value="5"/><frequency value="2"/><period value="1"/><when value="MORN"/>',
    );
    const [found] = readHl7v3(
      Buffer.from(
        blocks('95', ANNA, taken('33633005', 'ma-1', author() + dosageLine(1, schedule))),
      ),
      overlay,
    );
    const told = found?.issues.filter(({ code }) => code === 'no-unit-of-time') ?? [];
    expect(told.map(({ place }) => place.match(/\w+\/@value$|\w+\[\d+\]\/@value$/)?.[0])).toEqual([
      expect.stringContaining('period'),
      expect.stringContaining('duration'),
    ]);
    const made = found?.resources.find(
      ({ resource }) => resource.resourceType === 'MedicationRequest',
    );
    const [dosage] = dosages(made?.resource ?? {});
    expect(dosage?.['timing']).toEqual({ repeat: { when: ['MORN'] } });
  });

  const repeatOf = (schedule: string, rest = '') => {
    const outcome = agreement(dosageLine(1, schedule, rest));
    expect(outcome.unread).toEqual([]);
    const [dosage] = dosages(only(outcome, 'MedicationRequest'));
    return JSON.parse(JSON.stringify(dosage)) as { timing?: { repeat: unknown } } & Record<
      string,
      unknown
    >;
  };

  test('frequency, times of day, days and exactness are kept', () => {
    const exact = `<extension url="http://hl7.org/fhir/StructureDefinition/timing-exact">
<valueBoolean value="true"/></extension>`;
    const found = repeatOf(
      fhirSchedule(`${exact}<boundsDuration><value value="2"/><unit value="week"/>
<system value="http://unitsofmeasure.org"/><code value="wk"/></boundsDuration>
<frequency value="1"/><frequencyMax value="2"/><period value="1"/><periodUnit value="d"/>
<dayOfWeek value="mon"/><dayOfWeek value="thu"/><timeOfDay value="09:00:00"/>`),
    );
    expect(found.timing?.repeat).toEqual({
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/timing-exact', valueBoolean: true },
      ],
      boundsDuration: { value: 2, unit: 'week', system: 'http://unitsofmeasure.org', code: 'wk' },
      frequency: 1,
      frequencyMax: 2,
      period: 1,
      periodUnit: 'd',
      dayOfWeek: ['mon', 'thu'],
      timeOfDay: ['09:00:00'],
    });
  });

  test('the length of a cycle stands above it as a modifier', () => {
    const cyclical = 'http://nictiz.nl/fhir/StructureDefinition/ext-InstructionsForUse';
    const modifier = `<modifierExtension url="${cyclical}.RepeatPeriodCyclicalSchedule">
<valueDuration><value value="28"/><unit value="dag"/><system value="http://unitsofmeasure.org"/>
<code value="d"/></valueDuration></modifierExtension>`;
    const outcome = agreement(dosageLine(1, fhirSchedule('<frequency value="1"/>', modifier)));
    const made = only(outcome, 'MedicationRequest');
    expect(extension(made, 'RepeatPeriodCyclicalSchedule', 'modifierExtension')).toMatchObject({
      valueDuration: { code: 'd', unit: 'dag' },
    });
    expect(outcome.unread).toEqual([]);
  });

  test('dose range, rate, most per period and condition stand beside it', () => {
    const rest = `${given('1', '2')}<rateQuantity><low value="0.2" unit="ml/h"/>
<high value="0.5" unit="ml/h"/></rateQuantity><maxDoseQuantity><numerator value="6" unit="1"/>
<denominator value="1" unit="d"/></maxDoseQuantity><precondition><criterion>
<code code="1028" codeSystem="2.16.840.1.113883.2.4.4.5" displayName="Bij pijn"/></criterion>
</precondition>`;
    const found = repeatOf(daily, rest);
    expect(found).toMatchObject({
      asNeededCodeableConcept: { coding: [{ code: '1028' }] },
      doseAndRate: [
        {
          doseRange: { low: { value: 1 }, high: { value: 2 } },
          rateRange: { low: { value: 0.2, unit: 'ml/h' }, high: { value: 0.5 } },
        },
      ],
      maxDosePerPeriod: { numerator: { value: 6 }, denominator: { value: 1, code: 'd' } },
    });
  });

  test('a number that is none is reported with its place, not invented', () => {
    const [found] = readHl7v3(
      Buffer.from(
        blocks(
          '95',
          ANNA,
          taken('33633005', 'm', author() + dosageLine(1, fhirSchedule('<count value="x"/>'))),
        ),
      ),
      overlay,
    );
    const issue = found?.issues.find((one) => one.code === 'not-a-number');
    expect(issue?.place).toMatch(/fhir:count$/);
  });

  test('several lines keep their order', () => {
    const outcome = agreement(dosageLine(1, daily, given('1')) + dosageLine(2, daily, given('2')));
    expect(dosages(only(outcome, 'MedicationRequest')).map((one) => one['sequence'])).toEqual([
      1, 2,
    ]);
  });

  test('without any line the route and the instruction are still told', () => {
    const sprt = `<entryRelationship typeCode="SPRT"><act><code nullFlavor="OTH">
<originalText>Bij het eten</originalText></code></act></entryRelationship>`;
    const [dosage] = dosages(only(agreement(sprt), 'MedicationRequest'));
    expect(dosage).toMatchObject({
      route: { coding: [{ code: '9' }] },
      additionalInstruction: [{ coding: [{ code: 'OTH' }], text: 'Bij het eten' }],
    });
  });
});

describe('a dosing schedule of an older version', () => {
  const repeat = (...times: string[]) => {
    const outcome = agreement(dosageLine(1, times.join('')));
    expect(outcome.unread).toEqual([]);
    const [dosage] = dosages(only(outcome, 'MedicationRequest'));
    const { timing } = JSON.parse(JSON.stringify(dosage)) as { timing?: { repeat: unknown } };
    return timing?.repeat;
  };
  const period = (value: string, unit: string) => `<hl7nl:period value="${value}" unit="${unit}"/>`;

  test('times per day', () => {
    const often = `<hl7nl:frequency><hl7nl:numerator xsi:type="hl7nl:INT" value="3"/>
<hl7nl:denominator xsi:type="hl7nl:PQ" value="1" unit="d"/></hl7nl:frequency>`;
    expect(repeat(olderSchedule(often))).toEqual({ frequency: 3, period: 1, periodUnit: 'd' });
  });

  test('an interval is exact', () => {
    expect(repeat(olderSchedule(period('8', 'h'), 'isFlexible="false"'))).toEqual({
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/timing-exact', valueBoolean: true },
      ],
      frequency: 1,
      period: 8,
      periodUnit: 'h',
    });
  });

  test('a phase with a low is a time of day, on a day of June 1970 a day of the week', () => {
    const at = (low: string, every: string) =>
      olderSchedule(`<hl7nl:phase><hl7nl:low value="${low}"/></hl7nl:phase>${period('1', every)}`);
    expect(repeat(at('197001010930', 'd'))).toMatchObject({ timeOfDay: ['09:30:00'] });
    expect(repeat(at('19700603', 'wk'))).toMatchObject({ dayOfWeek: ['wed'], periodUnit: 'wk' });
    const twice = [at('1970010108', 'd'), at('1970010120', 'd')]
      .map((time) => time.replace(/^<effectiveTime/, '<comp').replace(/effectiveTime>$/, 'comp>'))
      .join('');
    expect(
      repeat(`<effectiveTime xsi:type="SXPR_TS" operator="A">${twice}</effectiveTime>`),
    ).toMatchObject({ timeOfDay: ['08:00:00', '20:00:00'], frequency: 2, period: 1 });
  });

  test('a phase with low and high is a part of the day', () => {
    const evening = `<hl7nl:phase><hl7nl:low value="1970010118"/><hl7nl:high value="1970010200"/>
</hl7nl:phase>${period('1', 'd')}`;
    expect(repeat(olderSchedule(evening))).toMatchObject({ when: ['EVE'] });
  });

  test('a width in days within a period is an on and off schedule', () => {
    const cycle = `<hl7nl:phase><hl7nl:width xsi:type="hl7nl:PQ" value="21" unit="d"/></hl7nl:phase>
${period('28', 'd')}`;
    const outcome = agreement(dosageLine(1, olderSchedule(cycle)));
    const made = only(outcome, 'MedicationRequest');
    expect(extension(made, 'RepeatPeriodCyclicalSchedule', 'modifierExtension')).toBeDefined();
    expect(dosages(made)[0]).toMatchObject({
      timing: { repeat: { boundsDuration: { code: 'd', unit: 'dag' } } },
    });
    expect(outcome.unread).toEqual([]);
  });
});

test('an agreement of an older version is told by the same rules', () => {
  const often = `<hl7nl:frequency><hl7nl:numerator xsi:type="hl7nl:INT" value="2"/>
<hl7nl:denominator xsi:type="hl7nl:PQ" value="1" unit="d"/></hl7nl:frequency>`;
  const stop = about(
    '1',
    '<value xsi:type="CE" code="2" codeSystem="2.16.840.1.113883.2.4.3.11.60.20.77.5.2.1"/>',
    'COMP',
  );
  const lines = dosageLine(1, olderSchedule(often), given('1'));
  const outcome = mapped(blocks('102', ANNA, taken('16076005', 'ma-1', author() + stop + lines)));
  const made = only(outcome, 'MedicationRequest');
  expect(made['identifier']).toEqual([ref('ma-1')]);
  expect(extension(made, 'ext-StopType', 'modifierExtension')).toBeDefined();
  expect(dosages(made)).toMatchObject([{ timing: { repeat: { frequency: 2, periodUnit: 'd' } } }]);
  expect(outcome.unread).toEqual([]);
});

describe('the other building blocks', () => {
  test('a dispense request counts repeats after the first and waits for nobody once withdrawn', () => {
    const rest = `<expectedUseTime><width value="30" unit="d"/></expectedUseTime>
<repeatNumber value="6"/><product/>${PHARMACY}${author()}${relation('33633005', 'ma-1')}`;
    const outcome = mapped(blocks('95', ANNA, supplied('52711000146108', 'vv-1', rest)));
    const made = only(outcome, 'MedicationRequest');
    expect(made['dispenseRequest']).toMatchObject({
      numberOfRepeatsAllowed: 5,
      validityPeriod: { extension: [{ valueDuration: { code: 'd' } }] },
      quantity: { code: '1' },
    });
    expect(made['basedOn']).toMatchObject([{ identifier: ref('ma-1') }]);
    expect(outcome.unread).toEqual([]);
    const withdrawn = `<statusCode code="nullified"/>${rest}`;
    const gone = mapped(blocks('95', ANNA, supplied('52711000146108', 'vv-1', withdrawn)));
    expect(only(gone, 'MedicationRequest')['status']).toBe('entered-in-error');
    for (const both of [
      [withdrawn, rest],
      [rest, withdrawn],
    ]) {
      const told = both.map((one) => supplied('52711000146108', 'vv-1', one));
      const requests = ofType(mapped(blocks('102', ANNA, ...told)), 'MedicationRequest');
      expect(requests).toMatchObject([{ status: 'entered-in-error' }]);
    }
  });

  test('an administration agreement and its dispense refer to what asked for them', () => {
    const handed = `<effectiveTime value="20260302"/><product/>${PHARMACY}
${relation('52711000146108', 'vv-1', 'supply')}${about('4', '<value xsi:type="TS" value="20260301"/>', 'COMP')}`;
    const outcome = mapped(
      blocks(
        '131',
        ANNA,
        taken('422037009', 'ta-1', author() + relation('33633005', 'ma-1')),
        supplied('373784005', 'mve-1', handed),
      ),
    );
    const [agreed, dispensed] = ofType(outcome, 'MedicationDispense') as Record<string, unknown>[];
    expect(agreed?.['authorizingPrescription']).toMatchObject([{ identifier: ref('ma-1') }]);
    expect(agreed?.['status']).toBe('unknown');
    expect(dispensed?.['authorizingPrescription']).toMatchObject([{ identifier: ref('vv-1') }]);
    expect(dispensed).toMatchObject({ status: 'completed', whenHandedOver: '2026-03-02' });
    expect(outcome.unread).toEqual([]);
  });

  describe('use', () => {
    const used = (rest: string, who = author()) =>
      mapped(blocks('102', ANNA, taken('422979000', 'mgb-1', who + rest)));
    const indicator = (value: boolean) =>
      about('15', `<value xsi:type="BL" value="${value}"/>`, 'COMP');

    test('is not taken when the indicator says so, stopped when it was stopped', () => {
      const status = (rest: string) => only(used(rest), 'MedicationStatement')['status'];
      expect(status(indicator(true))).toBe('active');
      expect(status(indicator(false))).toBe('not-taken');
      const stop = about('1', snomed('385655000', 'onderbroken'), 'COMP');
      expect(status(stop + indicator(false))).toBe('on-hold');
    });

    test('written down by the patient, a relative or a practice', () => {
      const source = (who: string) => {
        const outcome = used('', author(who));
        expect(outcome.unread).toEqual([]);
        const made = only(outcome, 'MedicationStatement');
        return (extension(made, 'MedicationUse2.Author') as { valueReference?: { type?: string } })
          ?.valueReference?.type;
      };
      const self = '<code code="ONESELF" codeSystem="2.16.840.1.113883.5.111"/>';
      const bsn = `<id root="2.16.840.1.113883.2.4.6.3" extension="${ANNA}"/>`;
      expect(source(bsn + self)).toBe('Patient');
      const carer = `<id nullFlavor="NI"/><code code="100001" displayName="Mantelzorger"
codeSystem="2.16.840.1.113883.2.4.3.11.60.40.4.23.1"/><assignedPerson><name>
<family qualifier="BR">Boer</family></name></assignedPerson>`;
      expect(source(carer)).toBe('RelatedPerson');
      const practice = `<id nullFlavor="NI"/><representedOrganization>
<id root="2.16.528.1.1007.3.3" extension="00700703"/><name>Praktijk De Vos</name>
</representedOrganization>`;
      expect(source(practice)).toBe('Location');
    });
  });

  test('an administration that was not done is never shown as done', () => {
    const options = {
      period: '<effectiveTime value="20260303080000"/>',
      attributes: 'moodCode="EVN" negationInd="true"',
      before: `<approachSiteCode code="45981001" codeSystem="2.16.840.1.113883.6.96"><qualifier>
<name code="272741003" codeSystem="2.16.840.1.113883.6.96"/><value xsi:type="CD" code="7771000"
codeSystem="2.16.840.1.113883.6.96"/></qualifier></approachSiteCode>
<doseQuantity><center value="1" unit="1"/></doseQuantity>`,
    };
    const deviation = about('153631000146105', snomed('408366001', 'niet in staat'));
    const outcome = mapped(
      blocks(
        '102',
        ANNA,
        taken('18629005', 'mtd-1', author() + deviation + relation('395067002', 'wds-1'), options),
      ),
    );
    const made = only(outcome, 'MedicationAdministration');
    expect(made).toMatchObject({
      status: 'not-done',
      effectiveDateTime: '2026-03-03T08:00:00+01:00',
      supportingInformation: [{ type: 'MedicationRequest', identifier: ref('wds-1') }],
    });
    expect(extension(made, 'InjectionPatchSite')).toMatchObject({
      valueCodeableConcept: {
        extension: [{ valueCodeableConcept: { coding: [{ code: '7771000' }] } }],
      },
    });
    expect(outcome.unread).toEqual([]);
  });

  test('a regimen is a request of its own, based on the agreement it fills in', () => {
    const outcome = mapped(
      blocks('102', ANNA, taken('395067002', 'wds-1', author() + relation('33633005', 'ma-1'))),
    );
    expect(only(outcome, 'MedicationRequest')).toMatchObject({
      meta: { profile: ['http://nictiz.nl/fhir/StructureDefinition/mp-VariableDosingRegimen'] },
      basedOn: [{ identifier: ref('ma-1') }],
    });
  });

  test('a product without a code is told by its name', () => {
    const xml = blocks('95', ANNA, taken('33633005', 'ma-1', author())).replace(
      /<code code="90002"[\s\S]*?<\/code>/,
      '<code nullFlavor="OTH"/><name>Zalf naar recept</name>',
    );
    const outcome = mapped(xml);
    expect(only(outcome, 'Medication')['code']).toMatchObject({
      coding: [{ code: 'OTH' }],
      text: 'Zalf naar recept',
    });
    expect(numbered('x')).toContain('extension="x"');
  });
});

describe('a proposal', () => {
  const why = `<component><act classCode="ACT" moodCode="EVN"><code code="48767-8"
codeSystem="2.16.840.1.113883.6.1"/><text>Tablet is lastig te slikken.</text></act></component>`;

  test('asks for action, with what was said beside it', () => {
    const proposed = taken('33633005', 'p-1', author(), { attributes: 'moodCode="PRP"' });
    const outcome = mapped(blocks('102', ANNA, proposed, why));
    expect(only(outcome, 'MedicationRequest')).toMatchObject({
      status: 'active',
      intent: 'proposal',
      note: [{ text: 'Tablet is lastig te slikken.' }],
    });
    expect(outcome.unread).toEqual([]);
  });

  test('is answered by a communication that names what came of it', () => {
    const reply = `<component><act classCode="ACT" moodCode="EVN">
<code code="10" codeSystem="2.16.840.1.113883.2.4.3.11.60.20.77.5.3"/>${author()}
<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN">${numbered('r-1')}
<code code="17" codeSystem="2.16.840.1.113883.2.4.3.11.60.20.77.5.2"/><value xsi:type="CE"
code="1" codeSystem="2.16.840.1.113883.2.4.3.11.60.20.77.5.2.17" displayName="Akkoord"/>
</observation></entryRelationship>${relation('33633005', 'ma-2')}</act></component>`;
    const outcome = mapped(blocks('102', ANNA, reply));
    const made = only(outcome, 'Communication');
    expect(made).toMatchObject({ identifier: [ref('r-1')], sent: '2026-03-02T09:15:00+01:00' });
    expect(extension(made, 'RelationToNewMedicationAgreement')).toMatchObject({
      valueReference: { identifier: ref('ma-2') },
    });
    expect(outcome.unread).toEqual([]);
  });
});

test.each([
  ['a unit of time', '<frequency value="1"/><period value="1"/><periodUnit value="dag"/>'],
  ['a moment of the day', '<when value="XYZ"/>'],
  ['a clock time', '<timeOfDay value="8 uur"/>'],
])('%s that FHIR does not know is no schedule, and is reported', (_what, repeat) => {
  const line = dosageLine(1, fhirSchedule(repeat), given('1'));
  const outcome = mapped(blocks('95', ANNA, taken('33633005', 'm', author() + line)));
  const [dosage] = dosages(only(outcome, 'MedicationRequest'));
  expect(dosage).toMatchObject({ doseAndRate: [{ doseQuantity: { value: 1 } }] });
  expect(dosage).not.toHaveProperty('timing');
  expect(outcome.unread.length).toBeGreaterThan(0);
});

test('a number that is one everywhere has no second part, and is still that of the agreement', () => {
  const uuid = '<id root="3F2504E0-4F89-11D3-9A0C-0305E82C3301"/>';
  const first = taken('33633005', 'ma-1', author() + dosageLine(1, daily, given('2')));
  const then = taken('33633005', 'ma-1', author() + dosageLine(1, daily, given('1'))).replace(
    '20260302091500',
    '20260401091500',
  );
  const sent = blocks('102', ANNA, first, then).replaceAll(numbered('ma-1'), uuid);
  const made = ofType(mapped(sent), 'MedicationRequest');
  expect(made).toMatchObject([
    {
      identifier: [{ value: 'urn:uuid:3f2504e0-4f89-11d3-9a0c-0305e82c3301' }],
      dosageInstruction: [{ doseAndRate: [{ doseQuantity: { value: 1 } }] }],
    },
  ]);
});
