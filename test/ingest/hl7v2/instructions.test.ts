/** What an event asks beyond its resources: source-formats.md 2.8, 3.4, 3.6. */
import { describe, expect, it } from 'vitest';
import type { MappedMessage } from '../../../src/ingest/format.ts';
import { Problem } from '../../../src/platform/problem.ts';
import { format, overlay } from './messages.ts';

const message = (event: string, ...segments: readonly string[]) =>
  [
    `MSH|^~\\&|EPD|ZKH|GW|GW|20260105120000||${event}|m-1|P|2.5|||AL|NE||8859/1`,
    `EVN|${event.slice(-3)}|20260105120000`,
    'PID|1||999903007^^^NLMINBIZA^NNNLD~123^^^ZKH^PI||Linden^A||19610704|F',
    ...segments,
  ].join('\r');

function read(text: string): MappedMessage {
  const [found] = format.read(Buffer.from(text, 'latin1'), overlay);
  if (!found) throw new Error('Nothing was read.');
  return found;
}

function refusal(text: string): Problem {
  try {
    read(text);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

const urlOf = (found: MappedMessage, type: string) =>
  found.resources.find((one) => one.resource.resourceType === type)?.fullUrl;

describe('a merge', () => {
  it.each([
    ['ADT^A18', 'person'],
    ['ADT^A30', 'person'],
    ['ADT^A34', 'person'],
    ['ADT^A40', 'person'],
    ['ADT^A36', 'number'],
    ['ADT^A47', 'number'],
  ])('%s joins the old number to the new one (%s)', (event, of) => {
    const found = read(message(event, 'MRG|122^^^ZKH^PI||||||Boer'));
    expect(found.instructions).toMatchObject([
      {
        kind: 'merge',
        of,
        from: [{ value: '122' }],
        into: [{ value: '999903007' }, { value: '123' }],
        place: 'MRG-1',
      },
    ]);
    const [merge] = found.instructions ?? [];
    expect(merge).toMatchObject({
      fromUrl: found.resources.find((one) => one.resource['active'] === false)?.fullUrl,
    });
  });

  it('without the number that ends is refused: to guess it could join two people', () => {
    expect(refusal(message('ADT^A40'))).toMatchObject({
      code: 'segment-missing',
      expression: ['MRG'],
    });
    expect(refusal(message('ADT^A40', 'MRG|'))).toMatchObject({
      code: 'field-missing',
      expression: ['MRG-1'],
    });
  });

  it('of two people in one message is two merges, each of its own', () => {
    const text = `${message('ADT^A40', 'MRG|122^^^ZKH^PI')}\rPID|2||456^^^ZKH^PI||Boer^B\rMRG|455^^^ZKH^PI`;
    const found = format.read(Buffer.from(text, 'latin1'), overlay);
    expect(found.map((one) => one.instructions)).toMatchObject([
      [{ from: [{ value: '122' }] }],
      [{ from: [{ value: '455' }], into: [{ value: '456' }] }],
    ]);
  });
});

describe('a cancellation', () => {
  const visit = 'PV1|1|I|2B^12^1^ZKH||||||||||||||||V77^^^ZKH^VN|||||||||||||||||||||||||20260101';

  it.each([
    ['ADT^A11', 'admission', 'cancelled'],
    ['ADT^A12', 'transfer', 'in-progress'],
    ['ADT^A13', 'discharge', 'in-progress'],
    ['ADT^A27', 'planned', 'cancelled'],
    ['ADT^A38', 'planned', 'cancelled'],
  ])('%s of an %s leaves the visit %s', (event, what, status) => {
    const found = read(message(event, visit));
    expect(found.instructions).toEqual([
      { kind: 'cancel', what, fullUrl: urlOf(found, 'Encounter'), place: 'EVN-1' },
    ]);
    const encounter = found.resources.find((one) => one.resource.resourceType === 'Encounter');
    expect(encounter?.resource).toMatchObject({ status });
    expect(encounter?.resource['period'] ?? {}).not.toHaveProperty('end');
  });

  it('an ordinary admission asks nothing more', () => {
    expect(read(message('ADT^A01', visit)).instructions).toBeUndefined();
  });

  it('a visit and a person that are deleted are taken back', () => {
    const gone = read(message('ADT^A23', visit));
    expect(gone.instructions).toMatchObject([
      { kind: 'retract', fullUrls: [urlOf(gone, 'Encounter')] },
    ]);
    expect(read(message('ADT^A29')).instructions).toMatchObject([{ kind: 'retract' }]);
  });
});

describe('a result that is taken back', () => {
  const result = (status: string) =>
    message(
      'ORU^R01',
      'OBR|1||F1|K^Kalium^L',
      `OBX|1|NM|K^Kalium^L||4.1|mmol/l|||||${status}`,
      'OBX|2|NM|NA^Natrium^L||140|mmol/l|||||F',
    );

  it.each(['D', 'W', 'F'])('OBX-11 %s of a weight beside a stay', (status) => {
    const weighed = `OBX|1|NM|29463-7^Gewicht^LN||82|kg|||||${status}`;
    const { instructions } = read(message('ADT^A08', 'PV1|1|I|4A', weighed));
    const taken = { kind: 'retract', ...(status === 'W' ? { removed: true } : {}) };
    expect(instructions ?? []).toMatchObject(status === 'F' ? [] : [taken]);
  });

  it.each(['D', 'W'])('OBX-11 %s names the one result and no other', (status) => {
    const found = read(result(status));
    const wrong = found.resources.find((one) => one.resource['status'] === 'entered-in-error');
    expect(found.instructions).toEqual([
      {
        kind: 'retract',
        fullUrls: [wrong?.fullUrl],
        ...(status === 'W' ? { removed: true } : {}),
        place: 'OBX[1]-11',
      },
    ]);
  });

  it('a corrected one is no retraction', () => {
    expect(read(result('C')).instructions).toBeUndefined();
  });
});

describe('a document', () => {
  const document = (event: string) =>
    read(
      message(
        event,
        'TXA|1|CON|TX|20260105||||||||D-2^EPD|D-1^EPD||||AU||AV',
        'OBX|1|TX|1^Brief^L||Hersteld.||||||F',
      ),
    );

  it.each(['MDM^T09', 'MDM^T10'])('%s supersedes the one before', (event) => {
    const found = document(event);
    expect(found.instructions).toMatchObject([
      {
        kind: 'supersede',
        identifier: { value: 'D-1' },
        by: urlOf(found, 'DocumentReference'),
        place: 'TXA-13',
      },
    ]);
  });

  it('MDM^T11 takes it back; MDM^T05 only adds to another', () => {
    const gone = document('MDM^T11');
    expect(gone.instructions).toMatchObject([
      { kind: 'retract', fullUrls: [urlOf(gone, 'DocumentReference')] },
    ]);
    expect(document('MDM^T05').instructions).toBeUndefined();
  });
});

describe('what a document holds', () => {
  const document = (event: string, txa: string, ...results: readonly string[]) =>
    read(message(event, txa, ...results.map((one, at) => `OBX|${at + 1}|${one}`)));
  const TXA = 'TXA|1|CON|TX|20260105||||||||D-1^EPD|||||AU||AV';
  const textOf = ({ resources }: ReturnType<typeof read>) =>
    resources.flatMap(({ resource }) =>
      resource.resourceType === 'Binary'
        ? [Buffer.from(String(resource['data']), 'base64').toString('utf8')]
        : [],
    );

  it('tells of a measurement what it is of and in what', () => {
    const found = document(
      'MDM^T02',
      TXA,
      'TX|1^Brief^L||Bij controle:||||||F',
      'NM|8867-4^Hartslag^LN||72|/min|||||F',
      'CE|X^Conclusie^L||A1^Goedaardig^L||||||F',
    );
    expect(textOf(found)).toEqual(['Bij controle:\nHartslag: 72 /min\nConclusie: Goedaardig']);
    expect(found.issues.filter(({ kind }) => kind === 'unread')).toEqual([]);
  });

  it.each([
    ['W', true],
    ['D', undefined],
  ])('is taken back with it (OBX-11 %s)', (state, removed) => {
    const found = document('MDM^T02', TXA, `TX|1^Brief^L||Van een ander.||||||${state}`);
    expect(textOf(found)).toEqual([]);
    expect(found.instructions).toEqual([
      {
        kind: 'retract',
        fullUrls: [urlOf(found, 'DocumentReference')],
        ...(removed ? { removed } : {}),
        place: 'OBX-11',
      },
    ]);
  });

  it('loses only the part that is taken back', () => {
    const found = document(
      'MDM^T02',
      TXA,
      'TX|1^Brief^L||Eigen tekst.||||||F',
      'TX|1^Brief^L||Van een ander.||||||W',
    );
    expect(textOf(found)).toEqual(['Eigen tekst.']);
    expect(found.instructions).toBeUndefined();
  });

  it('as a new version under its own number takes the place of nothing', () => {
    const own = 'TXA|1|CON|TX|20260105||||||||D-1^EPD|D-1^EPD||||AU||AV';
    const found = document('MDM^T10', own, 'TX|1^Brief^L||Hersteld.||||||F');
    expect(found.instructions).toBeUndefined();
  });
});

describe('a stay', () => {
  const stay = (event: string, planned: string, rest: string) => {
    const text = message(`ADT^${event}`, `PV1|1|I|3A${rest}`);
    return read(text.replace(/(EVN\|[^\r]*)/, `$1|${planned}`))
      .resources.map(({ resource }) => resource)
      .find(({ resourceType }) => resourceType === 'Encounter');
  };
  const number = `${'|'.repeat(16)}V-1${'|'.repeat(25)}`;

  it('whose discharge is cancelled has no end, whatever the message repeats', () => {
    const found = stay('A13', '', `${number}20260301120000|20260302080000`);
    expect(found).toMatchObject({
      status: 'in-progress',
      period: { start: '2026-03-01T12:00:00+01:00' },
    });
    expect(found?.['period']).not.toHaveProperty('end');
  });

  it('that is planned begins when the event is planned', () => {
    const found = stay('A05', '20260310090000', number);
    expect(found).toMatchObject({
      status: 'planned',
      period: { start: '2026-03-10T09:00:00+01:00' },
    });
  });
});

it('segments without a header are refused by name', () => {
  const bytes = Buffer.from('PID|1||123^^^ZKH^PI||Linden^A');
  expect(format.recognise(bytes)).toBe(true);
  expect(refusal(bytes.toString())).toMatchObject({ code: 'segment-missing', expression: ['MSH'] });
});

describe('a message without what it is about is refused with the place', () => {
  it.each(['T01', 'T02', 'T05', 'T09', 'T11'])('MDM^%s without a document', (event) => {
    const { code, expression } = refusal(message(`MDM^${event}`, 'PV1|1|O'));
    expect([code, ...expression]).toEqual(['segment-missing', 'TXA']);
  });

  it.each(['Y', 'Z'])('ORU that knows no such order or person (OBR-25 %s)', (state) => {
    const obr = `OBR|1|A-1|L-1|BB^Bloedbeeld^L${'|'.repeat(21)}${state}`;
    for (const obx of [[], ['OBX|1|NM|718-7^Hb^LN||7.9|mmol/l|||||F']]) {
      const { code, expression } = refusal(message('ORU^R01', obr, ...obx));
      expect([code, ...expression]).toEqual(['no-result', 'OBR-25']);
    }
  });

  const order = (number: string, state: string) =>
    `OBR|1|P-${number}|F-${number}|BB^Bloedbeeld^L${'|'.repeat(21)}${state}`;
  const hb = 'OBX|1|NM|718-7^Hb^LN||7.9|mmol/l|||||F';

  it('but an order that is not known keeps back its own results only', () => {
    const found = read(message('ORU^R01', order('1', 'F'), hb, order('2', 'Y'), hb));
    const sorted = found.resources.map(({ resource, waits }) => [resource.resourceType, waits]);
    expect(sorted).toEqual([
      ['Patient', undefined],
      ['Observation', undefined],
      ['Observation', 'no-result'],
      ['DiagnosticReport', undefined],
      ['ServiceRequest', undefined],
      ['ServiceRequest', 'no-result'],
    ]);
    expect(found.issues.filter(({ code }) => code === 'no-result')).toEqual([
      expect.objectContaining({ severity: 'warning', place: 'OBR[2]-25' }),
    ]);
    expect(found.hold).toEqual([]);
  });

  it('while a person who is not known leaves nobody to whom the rest belongs', () => {
    const { code, expression } = refusal(
      message('ORU^R01', order('1', 'F'), hb, order('2', 'Z'), hb),
    );
    expect([code, ...expression]).toEqual(['no-result', 'OBR[2]-25']);
  });
});
