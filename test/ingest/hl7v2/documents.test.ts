/** MDM as systems send it: order of segments, pointers, shielding (HL7 v2.5 chapter 9). */
import { describe, expect, it } from 'vitest';
import { R4, validateInline } from '../../../src/conformance/index.ts';
import { er7, msh, one, only, PID, resourcesOf } from './messages.ts';

const TXA = 'TXA|1|BRIEF^Ontslagbrief^L|TX|20260301||||||||DOC-1^ZIS|||||AU';
const mdm = (event: string, ...segments: readonly string[]) =>
  only(er7(msh(`MDM^${event}`), `EVN|${event}|20260302`, PID, 'PV1|1|O', ...segments));
const textOf = (message: ReturnType<typeof only>) =>
  resourcesOf(message, 'Binary').map((made) =>
    Buffer.from(String(made['data']), 'base64').toString('utf8'),
  );
const contentOf = (message: ReturnType<typeof only>) => {
  const document = one(message, 'DocumentReference');
  expect(validateInline(document, R4)).toEqual([]);
  return document['content'];
};
const ABSENT = {
  extension: [
    { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' },
  ],
};

it('T11 alone takes back a document of which it holds nothing; content that came stays', () => {
  const message = mdm('T11', TXA);
  expect(one(message, 'DocumentReference')['status']).toBe('entered-in-error');
  expect(contentOf(message)).toMatchObject([{ attachment: { _url: ABSENT } }]);
  const made = message.resources.find(
    ({ resource }) => resource.resourceType === 'DocumentReference',
  );
  expect(made?.hints).toEqual(['content']);
});

describe('where the order stands', () => {
  const order = ['ORC|RE|A-1^ZIS', 'OBR|1|A-1^ZIS||CONS^Consult^L'];
  const text = ['OBX|1|TX|A^Brief^L||Geachte collega,||||||F', 'OBX|2|TX|A^Brief^L||Groet||||||F'];

  it.each([
    ['before the document', [...order, TXA, ...text], []],
    ['between the document and its text', [TXA, ...order, ...text], []],
    ['and the text before the document', [...order, ...text, TXA], ['document-order']],
  ])('%s', (_name, segments, told) => {
    const message = mdm('T02', ...segments);
    expect(textOf(message)).toEqual(['Geachte collega,\nGroet']);
    expect(contentOf(message)).toMatchObject([{ attachment: { contentType: 'text/plain' } }]);
    expect(resourcesOf(message, 'ServiceRequest')).toHaveLength(1);
    expect(resourcesOf(message, 'Observation')).toEqual([]);
    const rules = message.issues.filter(({ kind }) => kind === 'rule');
    expect(rules.map(({ code }) => code)).toEqual(told);
    expect(message.issues.filter(({ kind }) => kind === 'unread')).toEqual([]);
  });

  it('of two documents each keeps its own text', () => {
    const second = TXA.replace('DOC-1', 'DOC-2');
    const message = mdm('T02', TXA, 'OBX|1|TX|A||een', ...order, second, 'OBX|1|TX|A||twee');
    expect(textOf(message).toSorted()).toEqual(['een', 'twee']);
  });
});

describe('what is no content', () => {
  it.each(['\\\\server\\map\\x.pdf', 'javascript:alert(1)'])('a pointer to %s', (pointer) => {
    const message = mdm('T02', TXA, `OBX|1|RP|A^Brief^L||${pointer}||||||F`);
    expect(contentOf(message)).toMatchObject([{ attachment: { title: 'Brief', _url: ABSENT } }]);
    expect(message.issues.map(({ code }) => code)).toContain('document-pointer');
  });

  it('the bytes of a PDF without the other parts of ED are one all the same', () => {
    const pdf = Buffer.from('%PDF-1.7\n%voorbeeld').toString('base64');
    const message = mdm('T02', TXA, `OBX|1|ED|A^Brief^L||${pdf}||||||F`);
    expect(contentOf(message)).toMatchObject([{ attachment: { contentType: 'application/pdf' } }]);
    expect(one(message, 'Binary')['data']).toBe(pdf);
  });

  it('other bytes alone are unread, and not called the system that made the file', () => {
    const message = mdm('T02', TXA, 'OBX|1|ED|A^Brief^L||QUJDREVG||||||F');
    const told = message.issues.find(({ place }) => place === 'OBX-5');
    expect(told?.kind).toBe('unread');
  });
});

describe('who may see it (TXA-18)', () => {
  const shielded = (said: string) => {
    const message = mdm('T03', `${TXA}|${said}|AV`);
    const made = message.resources.find(
      ({ resource }) => resource.resourceType === 'DocumentReference',
    );
    const { security = [] } = made?.resource.meta ?? {};
    return { codes: security.map(({ code }) => code), gone: made?.gone ?? [], message };
  };

  it('only usual control opens what was shielded; a word of no table is told', () => {
    expect(shielded('U').gone).toEqual(['meta.security']);
    expect(shielded('R')).toMatchObject({ codes: ['R'], gone: [] });
    for (const said of ['', 'X', 'vertrouwelijk']) {
      const { codes, gone, message } = shielded(said);
      expect([codes, gone]).toEqual([[], []]);
      const told = message.issues.some(({ code }) => code === 'unknown-code');
      expect(told).toBe(said !== '');
    }
  });
});

it.each([
  ['', 'P', 'preliminary'],
  ['', 'F', undefined],
  ['AU', 'P', 'final'],
])('TXA-17 %j over text that is %s', (completion, state, expected) => {
  const txa = TXA.replace('|AU', `|${completion}`);
  const message = mdm('T02', txa, `OBX|1|TX|A||Tekst||||||${state}`);
  expect(one(message, 'DocumentReference')['docStatus']).toBe(expected);
});
