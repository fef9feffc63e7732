/** What is shielded in a CDA document, source-formats 4 (confidentialityCode N, R, V). */
import { expect, test } from 'vitest';
import type { Coding } from '../../../src/conformance/index.ts';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { cdaDocument, labResult, labSections } from './laboratory-messages.ts';

const overlay = readOverlay('default');
const plain = cdaDocument(labSections('<paragraph>Kalium</paragraph>', labResult()));
const code = (value: string) => `<confidentialityCode code="${value}"
codeSystem="2.16.840.1.113883.5.25"/>`;

function labels(xml: string) {
  const [found] = readHl7v3(Buffer.from(xml), overlay);
  expect(found?.issues.filter(({ kind }) => kind === 'unread')).toEqual([]);
  return Object.fromEntries(
    (found?.resources ?? []).flatMap(({ resource }) =>
      ((resource.meta?.security ?? []) as Coding[]).map((one) => [resource.resourceType, one.code]),
    ),
  );
}

const inHeader = (value: string) => plain.replace(/<confidentialityCode[^>]*>/, code(value));
const inSection = (xml: string, value: string) =>
  xml.replace('<text><paragraph>', `${code(value)}<text><paragraph>`);

test('nothing in a document for everybody', () => expect(labels(plain)).toEqual({}));

test.each(['R', 'V'])('all that is of a document that is not (%s), but no party', (value) => {
  expect(labels(inHeader(value))).toEqual({
    Composition: value,
    Observation: value,
    Specimen: value,
  });
});

test('what is of one section, and the document that holds its text', () => {
  expect(labels(inSection(plain, 'V'))).toEqual({
    Composition: 'V',
    Observation: 'V',
    Specimen: 'V',
  });
});

test('a section says otherwise than the document around it', () => {
  expect(labels(inSection(inHeader('R'), 'N'))).toEqual({ Composition: 'R' });
});
