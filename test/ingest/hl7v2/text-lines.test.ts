/** Letters of which every line is a segment (HL7 v2.5 7.4.2, source-formats.md 3.5). */
import { describe, expect, test } from 'vitest';
import { er7, msh, one, only, PID, resourcesOf } from './messages.ts';

const OBR = 'OBR|1|A-1|L-1|XTH^X-thorax^L||||||||||||||||||||RAD|F';
const radiology = (...obx: string[]) => only(er7(msh('ORU^R01'), PID, OBR, ...obx));
const unread = (message: ReturnType<typeof radiology>) =>
  message.issues.filter(({ kind }) => kind === 'unread');

describe('text over several segments of one code', () => {
  test('is one result of the report, its lines in order and the empty ones kept', () => {
    const message = radiology(
      'OBX|1|TX|GDT^Verslag^L||Geen eerder onderzoek.||||||F',
      'OBX|2|TX|GDT^Verslag^L||||||||F',
      'OBX|3|TX|GDT^Verslag^L||Geen infiltraat.||||||F',
      'OBX|4|TX|GDT^Verslag^L||Geen infiltraat.||||||F',
      'OBX|5|TX|IMP^Conclusie^L||Geen afwijkingen.||||||F',
    );
    const texts = resourcesOf(message, 'Observation').flatMap((it) => it['valueString'] ?? []);
    expect(texts).toEqual([
      'Geen eerder onderzoek.\n\nGeen infiltraat.\nGeen infiltraat.',
      'Geen afwijkingen.',
    ]);
    expect(unread(message)).toEqual([]);
    expect(message.issues.filter(({ code }) => code === 'identity-twice')).toEqual([]);
  });

  test('without another result makes no panel', () => {
    const message = radiology(
      'OBX|1|FT|GDT^Verslag^L|1|Eerste.||||||F|||20260302',
      'OBX|2|FT|GDT^Verslag^L|2|Tweede.||||||F',
      'NTE|1||Telefonisch doorgegeven',
    );
    expect(one(message, 'Observation')).toMatchObject({
      valueString: 'Eerste.\nTweede.',
      note: [{ text: 'Telefonisch doorgegeven' }],
    });
    expect(one(message, 'DiagnosticReport')['result']).toHaveLength(1);
    expect(unread(message)).toEqual([]);
  });
});

describe('are results of their own', () => {
  test.each([
    ['texts of another state', 'OBX|1|TX|X^X^L||a||||||F', 'OBX|2|TX|X^X^L||b||||||C'],
    [
      'texts of another time',
      'OBX|1|TX|X^X^L||a||||||F|||20260301',
      'OBX|2|TX|X^X^L||b||||||F|||20260302',
    ],
    ['amounts', 'OBX|1|TX|X^X^L||12|mg|||||F', 'OBX|2|TX|X^X^L||13|mg|||||F'],
    ['short strings', 'OBX|1|ST|X^X^L||a||||||F', 'OBX|2|ST|X^X^L||b||||||F'],
  ])('%s', (_what, ...obx) => {
    // Two results and the panel around them.
    expect(resourcesOf(radiology(...obx), 'Observation')).toHaveLength(3);
  });

  test('what is said of two isolates', () => {
    const message = radiology(
      'OBX|1|CE|ISO^Isolaat^L|1|112283007^E. coli^SCT||||||F',
      'OBX|2|TX|OPM^Opmerking^L|1|Ruim.||||||F',
      'OBX|3|CE|ISO^Isolaat^L|2|3092008^S. aureus^SCT||||||F',
      'OBX|4|TX|OPM^Opmerking^L|2|Matig.||||||F',
    );
    const texts = resourcesOf(message, 'Observation').flatMap((it) => it['valueString'] ?? []);
    expect(texts).toEqual(['Ruim.', 'Matig.']);
  });
});

test('the empty lines of a document stay in it', () => {
  const message = only(
    er7(
      msh('MDM^T02'),
      PID,
      'TXA|1|B^Brief^L||20260301||||||||DOC-4',
      'OBX|1|TX|R||Geachte,||||||F',
      'OBX|2|TX|R||||||||F',
      'OBX|3|TX|R||tot ziens||||||F',
    ),
  );
  const data = one(message, 'Binary')['data'] as string;
  expect(Buffer.from(data, 'base64').toString()).toBe('Geachte,\n\ntot ziens');
  expect(unread(message)).toEqual([]);
});
