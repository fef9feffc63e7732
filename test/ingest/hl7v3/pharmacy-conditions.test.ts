import { describe, expect, test } from 'vitest';
import type { Resource } from '../../../src/conformance/index.ts';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { ANNA, BRAM, ii, message } from './own-messages.ts';

const overlay = readOverlay('default');

const PHARMACIST = `<assignedPerson><id root="2.16.528.1.1007.3.1" extension="000700701"/>
<assignee><assigneePerson><name><family qualifier="BR">Vos</family></name></assigneePerson>
</assignee></assignedPerson>`;

const condition = (
  name: string,
  options: {
    code?: string;
    status?: string;
    value?: string;
    agent?: string;
    rest?: string;
    bsn?: string;
    negated?: boolean;
  } = {},
) => `<subject typeCode="SUBJ"><Condition negationInd="${options.negated ?? false}">${ii(name)}
<code code="${options.code ?? 'DINT'}" codeSystem="2.16.840.1.113883.5.4"/>
<statusCode code="${options.status ?? 'active'}"/>
<effectiveTime xsi:type="IVL_TS"><low value="20190101"/></effectiveTime>
<uncertaintyCode code="N" codeSystem="2.16.840.1.113883.5.1053"/>
${options.value ?? '<value nullFlavor="OTH"/>'}
<subject><patient><id root="2.16.840.1.113883.2.4.6.3" extension="${options.bsn ?? ANNA}"/>
<statusCode code="active"/><Person><name><family qualifier="BR">Linden</family></name>
<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/></Person></patient></subject>
${options.agent ?? ''}<author><time value="20190830"/>${PHARMACIST}</author>
${options.rest ?? ''}</Condition></subject>`;

const agent = (kind: string) => `<causativeAgent><administerableMaterial><${kind}>
<code code="35" codeSystem="2.16.840.1.113883.2.4.4.1.902.122" displayName="PENICILLINES"/>
</${kind}></administerableMaterial></causativeAgent>`;
const penicillins = agent('administerableMaterialKind');
const diabetes = `<value code="190" codeSystem="2.16.840.1.113883.2.4.4.1.902.40"
displayName="DIABETES MELLITUS"/>`;

function mapped(...subjects: string[]) {
  const found = readHl7v3(Buffer.from(message('REPC_IN000024NL', subjects.join(''))), overlay);
  const issues = found.flatMap((one) => one.issues);
  return {
    found,
    resources: found.flatMap((one) => one.resources.map(({ resource }) => resource)),
    unread: issues.filter((one) => one.kind === 'unread').map((one) => one.place),
  };
}
const ofType = (resources: readonly Resource[], type: string) =>
  resources.filter((one) => one.resourceType === type);

describe('one number with two people behind it', () => {
  const penicillin = condition('i-1', { agent: penicillins });
  test('is looked at by somebody', () => {
    const other = condition('i-2', { agent: penicillins }).replace('Linden', 'Mulders');
    expect(mapped(penicillin, other).found.flatMap((one) => one.hold)).toEqual(['name-mismatch']);
    const born = (day: string) => (name: string) =>
      condition(name, { agent: penicillins }).replace(
        '</Person>',
        `<birthTime value="${day}"/></Person>`,
      );
    expect(
      mapped(born('19610704')('i-1'), born('19610407')('i-2')).found.flatMap((one) => one.hold),
    ).toEqual(['birth-date-mismatch']);
  });
  test('is one person when a partner name is added, or a day of birth left out', () => {
    const married = condition('i-2', { agent: penicillins }).replace(
      '<family qualifier="BR">Linden',
      '<family qualifier="SP">Mulders</family><family qualifier="BR">Linden',
    );
    expect(mapped(penicillin, married).found.flatMap((one) => one.hold)).toEqual([]);
  });
});

test('how sure and how severe a contra-indication is stands in its remark', () => {
  const severity = `<subjectOf1><severityObservation><code code="SEV"
codeSystem="2.16.840.1.113883.5.4"/><value code="H" codeSystem="2.16.840.1.113883.5.1063"/>
</severityObservation></subjectOf1>`;
  const remark = '<subjectOf2><annotation><text>Sinds 2018.</text></annotation></subjectOf2>';
  const flagOf = (rest: string, from = 'N', to = 'N') => {
    const made = condition('i-1', { code: 'DX', value: diabetes, rest });
    const { resources, unread } = mapped(
      made.replace(`uncertaintyCode code="${from}"`, `uncertaintyCode code="${to}"`),
    );
    expect(unread).toEqual([]);
    const [flag] = ofType(resources, 'Flag') as { extension?: { valueString: string }[] }[];
    return flag?.extension?.map(({ valueString }) => valueString);
  };
  expect(flagOf(severity + remark, 'N', 'U')).toEqual(['Sinds 2018.\nOnzeker.\nErnst: ernstig.']);
  expect(flagOf('', 'N', 'U')).toEqual(['Onzeker.']);
  expect(flagOf(remark)).toEqual(['Sinds 2018.']);
  expect(flagOf('')).toBeUndefined();
});

describe('an intolerance that the pharmacy knows', () => {
  test('is an allergy of its substance, since the day it says', () => {
    const { resources, unread } = mapped(condition('i-1', { agent: penicillins }));
    expect(ofType(resources, 'AllergyIntolerance')).toMatchObject([
      {
        identifier: [{ value: 'i-1' }],
        clinicalStatus: { coding: [{ code: 'active' }] },
        verificationStatus: { coding: [{ code: 'confirmed' }] },
        category: ['medication'],
        code: { coding: [{ code: '35', display: 'PENICILLINES' }] },
        onsetDateTime: '2019-01-01',
        recordedDate: '2019-08-30',
      },
    ]);
    expect(unread).toEqual([]);
  });

  test('that is over is not active any more', () => {
    const over = condition('i-1', { agent: penicillins }).replace(
      '<low value="20190101"/>',
      '<low value="20190101"/><high value="20200202"/>',
    );
    const { resources, unread } = mapped(over);
    expect(ofType(resources, 'AllergyIntolerance')).toMatchObject([
      { clinicalStatus: { coding: [{ code: 'inactive' }] }, onsetDateTime: '2019-01-01' },
    ]);
    expect(unread).toEqual([]);
  });

  test('has the pharmacy as its author where the pharmacist is not named', () => {
    const unnamed = condition('i-1', { agent: penicillins }).replace(
      PHARMACIST,
      `<assignedPerson><id nullFlavor="MSK"/><Organization>
<id root="2.16.528.1.1007.3.3" extension="00700703"/><name>Apotheek De Vos</name>
</Organization></assignedPerson>`,
    );
    const { resources, unread } = mapped(unnamed);
    expect(ofType(resources, 'PractitionerRole')).toMatchObject([
      { organization: { type: 'Organization' } },
    ]);
    expect(ofType(resources, 'AllergyIntolerance')).toMatchObject([
      { recorder: { type: 'PractitionerRole' } },
    ]);
    expect(unread).toEqual([]);
  });

  test('a product in place of a substance is taken as well', () => {
    const product = condition('i-1', { agent: agent('administerableMedicationKind') });
    expect(ofType(mapped(product).resources, 'AllergyIntolerance')).toMatchObject([
      { code: { coding: [{ code: '35' }] } },
    ]);
  });

  test('that is denied or withdrawn never reads as one that holds', () => {
    const status = (options: { status?: string; negated?: boolean }) => {
      const { resources } = mapped(condition('i-1', { agent: penicillins, ...options }));
      const [allergy] = ofType(resources, 'AllergyIntolerance');
      return allergy?.['verificationStatus'];
    };
    expect(status({ negated: true })).toMatchObject({ coding: [{ code: 'refuted' }] });
    expect(status({ status: 'nullified' })).toMatchObject({
      coding: [{ code: 'entered-in-error' }],
    });
  });

  test.each([
    ['H', '2.16.840.1.113883.5.1063', 'severe'],
    ['6736007', '2.16.840.1.113883.6.96', 'moderate'],
  ])('how severe it was (%s) stands with the reaction', (code, system, severity) => {
    const rest = `<subjectOf1><severityObservation><code code="SEV"
codeSystem="2.16.840.1.113883.5.4"/><value code="${code}" codeSystem="${system}"/>
</severityObservation></subjectOf1>`;
    const { resources, unread } = mapped(condition('i-1', { agent: penicillins, rest }));
    expect(ofType(resources, 'AllergyIntolerance')).toMatchObject([{ reaction: [{ severity }] }]);
    expect(unread).toEqual([]);
  });

  test('a remark stays a remark, with the one who made it', () => {
    const rest = `<subjectOf2><annotation><text>Huiduitslag in 2018.</text>
<statusCode code="completed"/><author><time value="20190830120000"/>${PHARMACIST}</author>
</annotation></subjectOf2>`;
    const { resources, unread } = mapped(condition('i-1', { agent: penicillins, rest }));
    expect(ofType(resources, 'AllergyIntolerance')).toMatchObject([
      { note: [{ text: 'Huiduitslag in 2018.', time: '2019-08-30T12:00:00+02:00' }] },
    ]);
    expect(unread).toEqual([]);
  });
});

describe('a contra-indication that the pharmacy knows', () => {
  test('is an alert, and no longer one when it was withdrawn', () => {
    const alert = (status: string) => {
      const found = mapped(condition('c-1', { code: 'DX', value: diabetes, status }));
      expect(found.unread).toEqual([]);
      return ofType(found.resources, 'Flag');
    };
    expect(alert('active')).toMatchObject([
      { status: 'active', code: { coding: [{ code: '190' }] }, period: { start: '2019-01-01' } },
    ]);
    expect(alert('completed')).toMatchObject([{ status: 'inactive' }]);
    expect(alert('nullified')).toMatchObject([{ status: 'entered-in-error' }]);
  });
});

test('conditions of two people become two messages, each with its own person', () => {
  const { found } = mapped(
    condition('i-1', { agent: penicillins }),
    condition('i-2', { agent: penicillins, bsn: BRAM }),
  );
  expect(found.map((one) => one.patient.identifiers[0]?.value)).toEqual([ANNA, BRAM]);
  for (const one of found) {
    expect(one.resources.filter((made) => made.resource.resourceType === 'Patient')).toHaveLength(
      1,
    );
  }
});

test('of an interval that has only a middle, that is when it began', () => {
  const middle = condition('i-1', { agent: penicillins }).replace(
    '<low value="20190101"/>',
    '<center value="201906"/>',
  );
  const { resources, unread } = mapped(middle);
  expect(ofType(resources, 'AllergyIntolerance')).toEqual([
    expect.objectContaining({ onsetDateTime: '2019-06' }),
  ]);
  expect(unread).toEqual([]);
});

describe('what has an end', () => {
  const until = (one: string, end: string) =>
    one.replace('<low value="20190101"/>', `<low value="20190101"/><high value="${end}"/>`);
  const stateOf = (one: string) =>
    mapped(one).resources.flatMap((made) => {
      if (made.resourceType === 'Flag') return [made['status']];
      const clinical = made['clinicalStatus'] as { coding: { code: string }[] } | undefined;
      return made.resourceType === 'AllergyIntolerance' ? [clinical?.coding[0]?.code] : [];
    });
  const pregnancy = condition('i-1', { code: 'DIS', value: diabetes });
  const penicillin = condition('i-1', { agent: penicillins });

  test.each([
    ['before the message was made', '20260301', 'inactive'],
    ['on that day', '20260302', 'inactive'],
    ['in that month', '202603', 'inactive'],
    ['later on that day', '20260302101501', 'active'],
    ['after it', '20260901', 'active'],
  ])('%s holds until then', (_when, end, state) => {
    expect(stateOf(until(pregnancy, end))).toEqual([state]);
    expect(stateOf(until(penicillin, end))).toEqual([state]);
  });

  test('and a state that nobody knows is no reason not to warn', () => {
    const unknown = penicillin.replace('<statusCode code="active"/>', '<statusCode code="held"/>');
    expect(stateOf(unknown)).toEqual(['active']);
    expect(stateOf(penicillin.replace('<statusCode code="active"/>', ''))).toEqual(['active']);
  });
});

test('a denial is one however it is written', () => {
  for (const value of ['true', '1', ' true ']) {
    const [refuted, mistaken] = [{ agent: penicillins }, { code: 'DIS', value: diabetes }].map(
      (options) =>
        mapped(condition('i-1', options).replace('negationInd="false"', `negationInd="${value}"`))
          .resources,
    );
    expect(ofType(refuted ?? [], 'AllergyIntolerance')).toMatchObject([
      {
        clinicalStatus: { coding: [{ code: 'inactive' }] },
        verificationStatus: { coding: [{ code: 'refuted' }] },
      },
    ]);
    expect(ofType(mistaken ?? [], 'Flag')).toMatchObject([{ status: 'entered-in-error' }]);
  }
});

test('what the same list takes back stays taken back', () => {
  const penicillin = condition('i-1', { agent: penicillins });
  const gone = condition('i-1', { agent: penicillins, status: 'nullified' });
  for (const both of [[penicillin, gone] as const, [gone, penicillin] as const]) {
    expect(ofType(mapped(...both).resources, 'AllergyIntolerance')).toMatchObject([
      { verificationStatus: { coding: [{ code: 'entered-in-error' }] } },
    ]);
  }
});

test('of which nobody knows whether it is certain is not confirmed', () => {
  const doubted = condition('i-1', { agent: penicillins }).replace(
    /<uncertaintyCode[^>]*>/,
    '<uncertaintyCode nullFlavor="UNK"/>',
  );
  const [allergy] = ofType(mapped(doubted).resources, 'AllergyIntolerance');
  expect(allergy).toMatchObject({ clinicalStatus: { coding: [{ code: 'active' }] } });
  expect(allergy).not.toHaveProperty('verificationStatus');
});

describe('what is told in words alone', () => {
  const words = (options: Parameters<typeof condition>[1]) =>
    condition('i-1', { value: '<value nullFlavor="UNK"/>', ...options }).replace(
      '<statusCode code="active"/>',
      '<text>Verdraagt geen noten</text>$&',
    );
  test.each([
    ['an allergy', 'AllergyIntolerance', { code: 'DALG' }],
    ['a contra-indication', 'Flag', { code: 'DX' }],
  ])('is %s by that name', (_what, type, options) => {
    const { resources, unread } = mapped(words(options));
    expect(ofType(resources, type)).toMatchObject([{ code: { text: 'Verdraagt geen noten' } }]);
    expect(unread).toEqual([]);
  });
});
