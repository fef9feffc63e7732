import { expect, test } from 'vitest';
import { answerHl7v3 } from '../../../src/ingest/hl7v3/answer.ts';
import { parseXml } from '../../../src/ingest/hl7v3/parse.ts';
import type { SourceNode } from '../../../src/ingest/mapping/source-node.ts';
import { leavesOf } from '../../../src/ingest/mapping/source-node.ts';
import { Problem } from '../../../src/platform/problem.ts';
import { ANNA, dispense, dispenseSubject, message, soap } from './own-messages.ts';

const own = {
  id: { root: '2.16.840.1.113883.2.4.6.6.1.9', extension: 'a-1' },
  created: new Date('2026-03-02T09:15:01Z'),
};
const question = message('QURX_IN990113NL', dispenseSubject(ANNA, dispense('d-1', '')));

const answer = (xml: string, problem?: Problem): SourceNode =>
  parseXml(Buffer.from(answerHl7v3(Buffer.from(xml), problem, own).xml));

const values = (node: SourceNode) =>
  new Map(
    [...leavesOf(node)].map((leaf) => [leaf.place.replace(/^.*MCCI_IN000002/, ''), leaf.value]),
  );

test('accepted: AA in a message of its own, which names the message it answers', () => {
  const found = values(answer(question));
  expect(found.get('/acknowledgement/@typeCode')).toBe('AA');
  expect(found.get('/acknowledgement/targetMessage/id/@extension')).toBe('m-1');
  expect(found.get('/id/@extension')).toBe('a-1');
  expect(found.get('/creationTime/@value')).toBe('20260302091501+0000');
  expect(found.get('/receiver/device/id/@extension')).toBe('700');
  expect(found.get('/sender/device/id/@extension')).toBe('1');
});

test('wrong: AE with the reason and its XPath', () => {
  const problem = new Problem('unprocessable', 'The BSN fails the eleven-test.', {
    code: 'bsn-eleven-test',
    expression: ['/QURX_IN990113NL/id/@extension'],
  });
  const found = values(answer(question, problem));
  expect(found.get('/acknowledgement/@typeCode')).toBe('AE');
  expect(found.get('/acknowledgement/acknowledgementDetail/text')).toContain('eleven-test');
  expect(found.get('/acknowledgement/acknowledgementDetail/location')).toBe(
    '/QURX_IN990113NL/id/@extension',
  );
});

test('never to be sent again: AR', () => {
  const found = values(answer(question, new Problem('not-supported', 'Not known here.')));
  expect(found.get('/acknowledgement/@typeCode')).toBe('AR');
});

test('a question in SOAP is answered in SOAP, an outage by a fault', () => {
  expect(answer(soap(question)).name).toBe('soap:Envelope');
  const outage = answerHl7v3(Buffer.from(soap(question)), new Problem('busy', 'Later.'), own);
  expect(outage.xml).toContain('<faultcode>soap:Server</faultcode>');
});

test('what is no XML gets a fault, and no byte of it comes back', () => {
  const fault = answerHl7v3(Buffer.from('Jan <Jansen'), new Problem('invalid', 'Not XML.'), own);
  expect(fault.xml).toContain('<faultcode>soap:Client</faultcode>');
  expect(fault.xml).not.toContain('Jansen');
});

test('an id that would break the XML is escaped', () => {
  const odd = question.replace('extension="m-1"', 'extension="m&quot;&lt;1"');
  expect(values(answer(odd)).get('/acknowledgement/targetMessage/id/@extension')).toBe('m"<1');
});

test('a SOAP 1.2 question is answered in SOAP 1.2', () => {
  const asked = soap(question).replace(
    'http://schemas.xmlsoap.org/soap/envelope/',
    'http://www.w3.org/2003/05/soap-envelope',
  );
  const taken = answerHl7v3(Buffer.from(asked), undefined, own);
  expect(taken).toMatchObject({ soap: '1.2', fault: false });
  expect(taken.xml).toContain('xmlns:soap="http://www.w3.org/2003/05/soap-envelope"');
  const outage = answerHl7v3(Buffer.from(asked), new Problem('busy', 'Later.'), own);
  expect(outage.xml).toContain('<soap:Value>soap:Receiver</soap:Value>');
});

test('what waits is accepted, and says that it waits', () => {
  const note = { type: 'I', code: 'held', text: 'Held: bsn-missing.', locations: [] } as const;
  const waits = answerHl7v3(Buffer.from(question), undefined, { ...own, notes: [note] });
  const found = values(parseXml(Buffer.from(waits.xml)));
  expect(found.get('/acknowledgement/@typeCode')).toBe('AA');
  expect(found.get('/acknowledgement/acknowledgementDetail/@typeCode')).toBe('I');
});
