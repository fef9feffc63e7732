import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readFhirJson } from '../../src/conformance/fhir-json.ts';
import { liftTexts } from '../../src/conformance/lifted-texts.ts';
import { Problem } from '../../src/platform/problem.ts';

const LONG = randomBytes(900_000).toString('base64');
const bytesOf = (text: string) => Buffer.from(text);
const binary = (data: string) => ({ resourceType: 'Binary', contentType: 'application/pdf', data });

describe('a document in JSON', () => {
  it.each([
    ['alone', binary(LONG)],
    ['first of many members', { resourceType: 'Binary', data: LONG, id: 'a', language: 'nl' }],
    [
      'twice in a bundle, beside small ones',
      {
        resourceType: 'Bundle',
        entry: [LONG, 'QUJD', LONG].map((data) => ({ resource: binary(data) })),
      },
    ],
    ['in a list', { resourceType: 'Basic', list: ['a', LONG, ['b', LONG]] }],
    ['as the name of a member', { resourceType: 'Basic', [LONG]: LONG }],
    ['behind an escaped quote', { resourceType: 'Basic', text: `"${LONG}` }],
    ['before an escaped quote', { resourceType: 'Basic', text: `${LONG}"` }],
    ['with line ends', binary(`${LONG}\r\n${LONG}`)],
  ])('reads the same as with JSON.parse: %s', (_how, resource) => {
    for (const spaces of [0, 2]) {
      const text = JSON.stringify(resource, null, spaces);
      expect(readFhirJson(bytesOf(text))).toEqual(JSON.parse(text));
    }
  });

  it('keeps the digits of the numbers beside it', () => {
    const read = readFhirJson(bytesOf(`{"resourceType":"Basic","n":1.50,"data":"${LONG}"}`));
    expect(JSON.stringify(read)).toContain('"n":1.50,');
  });

  it('is taken out of what is read', () => {
    const lifted = liftTexts(bytesOf(JSON.stringify(binary(LONG))));
    expect(lifted?.rest.length).toBeLessThan(200);
    expect(liftTexts(bytesOf(JSON.stringify(binary('QUJD'.repeat(1_000)))))).toBeUndefined();
  });

  it.each([
    ['a member twice', `{"resourceType":"Binary","data":"${LONG}","data":"${LONG}"}`],
    ['a text where a name must stand', `{"resourceType":"Binary","${LONG}"}`],
    ['no end', `{"resourceType":"Binary","data":"${LONG}"`],
    ['two texts in a row', `{"resourceType":"Binary","data":"a"${LONG}"b"}`],
    ['nothing but a text', `"${LONG}"`],
  ])('is refused with its place as it stands in the body: %s', (_what, text) => {
    const told = (read: () => unknown): unknown => {
      try {
        return read();
      } catch (error) {
        return error instanceof Problem ? [error.kind, error.code, error.message] : error;
      }
    };
    const faulty = told(() => readFhirJson(bytesOf(text)));
    // The same with a text that is not taken out stands elsewhere by the difference in length only.
    const short = told(() => readFhirJson(bytesOf(text.replaceAll(LONG, 'QUJD'))));
    expect(faulty).toEqual([expect.any(String), expect.any(String), expect.any(String)]);
    expect((faulty as string[]).slice(0, 2)).toEqual((short as string[]).slice(0, 2));
    expect((faulty as string[])[2]).not.toContain('\u{F0000}');
  });
});
