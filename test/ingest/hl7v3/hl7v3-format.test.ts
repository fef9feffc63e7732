import { describe, expect, test } from 'vitest';
import type { MappedMessage } from '../../../src/ingest/format.ts';
import { hl7v3Formats, readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { Problem } from '../../../src/platform/problem.ts';
import { author, blocks, taken } from './own-blocks.ts';
import {
  ANNA,
  BRAM,
  batch,
  block,
  dispense,
  dispenseSubject,
  episode,
  message,
  soap,
} from './own-messages.ts';

const overlay = readOverlay('default');
const read = (xml: string) => readHl7v3(Buffer.from(xml), overlay);
const list = (bsn: string, id = 'd-1') => dispenseSubject(bsn, dispense(id, ''));
const NAME = 'QURX_IN990113NL';

function refusal(xml: string): Problem {
  try {
    read(xml);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

const unread = (messages: readonly MappedMessage[]) =>
  messages.flatMap((one) => one.issues.filter((issue) => issue.kind === 'unread'));

describe('wrappers', () => {
  test.each([
    ['bare', message(NAME, list(ANNA))],
    ['in a SOAP envelope', soap(message(NAME, list(ANNA)))],
    ['in a batch', batch(message(NAME, list(ANNA)))],
    ['in a batch in SOAP', soap(batch(message(NAME, list(ANNA))))],
  ])('%s: the payload is found and every value is accounted for', (_name, xml) => {
    const messages = read(xml);
    expect(hl7v3Formats[0]?.recognise(Buffer.from(xml))).toBe(true);
    expect(messages).toHaveLength(1);
    expect(messages[0]?.format).toBe('hl7v3 QURX_IN990113NL');
    expect(messages[0]?.patient.identifiers).toEqual([
      { system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: ANNA },
    ]);
    expect(unread(messages)).toEqual([]);
  });

  test('the key of a message is its own id, of a batch that of the batch', () => {
    expect(read(message(NAME, list(ANNA), { id: 'm-7' }))[0]?.messageKey).toBe(
      '2.16.840.1.113883.2.4.6.6.700.1#m-7',
    );
    expect(read(batch(message(NAME, list(ANNA))))[0]?.messageKey).toContain('#batch-1');
  });

  test('test material reaches no record, unless the file of its sender says so', () => {
    const training = message(NAME, list(ANNA), { processing: 'T' });
    const mixed = batch(message(NAME, list(ANNA)), message(NAME, list(ANNA), { processing: 'D' }));
    const inTraining = batch(message(NAME, list(ANNA))).replace(
      '<interactionId root="2.16.840.1.113883.1.6" extension="MCCI_IN200101"/>',
      '$&<processingCode code="T"/>',
    );
    for (const xml of [training, mixed, inTraining]) {
      expect(() => read(xml)).toThrow(
        expect.objectContaining({
          code: 'processing-id',
          expression: [expect.stringMatching(/processingCode\/@code$/)],
        }),
      );
    }
    const all = { ...readOverlay('default'), processing: ['P', 'T', 'D'] };
    expect(readHl7v3(Buffer.from(training), all)[0]?.processing).toBe('T');
  });

  test('nothing found is no error and gives nothing', () => {
    expect(read(message(NAME, '', { response: 'NF' }))).toEqual([]);
  });

  test('a message without id, or of a kind that is not HL7v3, is refused with its place', () => {
    const without = message(NAME, list(ANNA)).replace(/<id root="[^"]*700.1"[^>]*>/, '');
    expect(refusal(without)).toMatchObject({
      code: 'hl7v3-message-id',
      expression: ['/QURX_IN990113NL/id'],
    });
    expect(refusal('<letter xmlns="urn:hl7-org:v3"/>')).toMatchObject({
      kind: 'not-supported',
      expression: ['/letter'],
    });
  });
});

test('a block of a kind that no rule knows is refused, not taken in silence', () => {
  const problem = refusal(
    message('REPC_IN990111NL', block('99999-9', ANNA, episode('e', 'active'))),
  );
  expect(problem).toMatchObject({ kind: 'not-supported', code: 'hl7v3-content' });
  expect(problem.expression[0]).toContain('/organizer/recordTarget/patientRole');
});

test('an empty list of a known kind is no error', () => {
  const messages = read(message(NAME, dispenseSubject(ANNA)));
  expect(messages.flatMap((one) => one.resources)).toEqual([]);
  expect(unread(messages)).toEqual([]);
});

describe('people', () => {
  test('a BSN that fails the eleven-test is refused at its XPath', () => {
    const problem = refusal(message(NAME, list('999903008')));
    expect(problem).toMatchObject({ kind: 'unprocessable', code: 'bsn-eleven-test' });
    expect(problem.expression).toEqual([
      `/${NAME}/ControlActProcess/subject/MedicationDispenseList/subject/Patient/id/@extension`,
    ]);
    expect(problem.message).not.toContain('999903008');
  });

  test('lists of two people become two messages that know nothing of each other', () => {
    const messages = read(message(NAME, list(ANNA, 'd-1') + list(BRAM, 'd-2')));
    expect(messages).toHaveLength(2);
    const [anna, bram] = messages.map((one) => JSON.stringify(one));
    expect(anna).toContain(ANNA);
    expect(anna).not.toContain(BRAM);
    expect(bram).not.toContain(ANNA);
    expect(messages[0]?.messageKey).not.toBe(messages[1]?.messageKey);
    expect(unread(messages)).toEqual([]);
  });

  test('a subject without a patient is refused, a patient without a number is held', () => {
    const nobody = list(ANNA).replace(/<subject><Patient>.*<\/Patient><\/subject>/s, '');
    expect(refusal(message(NAME, nobody)).code).toBe('patient-missing');
    const unnamed = list(ANNA).replace(/(<Patient>)<id [^>]*>/, '$1<id nullFlavor="UNK"/>');
    const [held] = read(message(NAME, unnamed));
    expect(held?.hold).toEqual(['patient-without-identifier']);
    expect(held?.patient.flags).toContain('bsn-missing');
  });

  test('a Dutch name keeps its parts', () => {
    const patient = read(message(NAME, list(ANNA)))[0]?.resources.find(
      ({ resource }) => resource.resourceType === 'Patient',
    );
    expect(patient?.resource['name']).toMatchObject([
      { text: 'A.B. van der Linden-de Boer', family: 'van der Linden-de Boer', use: 'official' },
    ]);
    expect(patient?.resource['birthDate']).toBe('1961-07-04');
  });
});

test('the same bytes give the same identities, and another sender gets others', () => {
  const xml = message(NAME, list(ANNA));
  const urls = (sender: string) =>
    readHl7v3(Buffer.from(xml), { ...overlay, id: sender }).flatMap((one) =>
      one.resources.map(({ fullUrl }) => fullUrl),
    );
  expect(urls('a')).toEqual(urls('a'));
  expect(urls('a')[0]).not.toBe(urls('b')[0]);
});

describe('what is not known here is never accepted and lost', () => {
  test('an interaction that is no answer and brings nothing is refused with its place', () => {
    const xml =
      '<REPC_IN990199NL xmlns="urn:hl7-org:v3"><id root="1.2" extension="3"/></REPC_IN990199NL>';
    expect(refusal(xml)).toMatchObject({
      kind: 'not-supported',
      code: 'hl7v3-interaction',
      expression: ['/REPC_IN990199NL'],
    });
    expect(refusal(batch(message(NAME, list(ANNA)), xml)).code).toBe('hl7v3-interaction');
  });

  test('one subject about two people is refused: its facts cannot be told apart', () => {
    const xml = blocks('95', ANNA, taken('33633005', 'ma-1', author()));
    const [target = ''] = /<recordTarget.*?<\/recordTarget>/s.exec(xml) ?? [];
    const two = (bsn: string) => xml.replace(target, target + target.replace(ANNA, bsn));
    expect(refusal(two(BRAM))).toMatchObject({
      code: 'several-patients',
      expression: [expect.stringContaining('recordTarget[2]')],
    });
    expect(read(two(ANNA))).toHaveLength(1);
  });
});
