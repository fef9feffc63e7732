/** Words for codes and the claims of documents, as a PGO needs them (gegevensdiensten.md 3.5). */
import { expect, test } from 'vitest';
import { toStu3 } from '../../src/conformance/index.ts';
import { formats, overlayOf } from '../../src/ingest/index.ts';

const PATIENT = 'PID|1||999990019^^^NLMINBIZA^NNNLD||Jansen^^J||19650301|F|||||0612345678^ORN^CP';

function mapped(...segments: string[]) {
  const bytes = Buffer.from(segments.join('\r'), 'utf8');
  const format = formats.find((one) => one.recognise(bytes, 'application/hl7-v2'));
  const [message] = format?.read(bytes, overlayOf('default', 'huis')) ?? [];
  return (type: string) =>
    (message?.resources ?? [])
      .map(({ resource }) => resource)
      .filter((one) => one.resourceType === type);
}

const letter = (completion: string, ...more: string[]) =>
  mapped(
    'MSH|^~\\&|EPD|ZKH|ZS|R|20260105101500||MDM^T02|m1|P|2.5||||||UNICODE UTF-8',
    PATIENT,
    `TXA|1|OB|TX|20260105101500||||||||d-1^EPD|||||${completion}`,
    ...more,
  );

test('a code without a name gets the name of its table, a local one its own spelling', () => {
  const of = mapped(
    'MSH|^~\\&|EPD|ZKH|ZS|R|20260105101500||ADT^A01|m2|P|2.5||||||UNICODE UTF-8',
    PATIENT,
    'PV1|1|I|A1^2^3|E||||||KNO|||||||||V-1',
  );
  expect(JSON.stringify(of('Patient'))).toContain('Mobiel telefoonnummer');
  const [visit] = of('Encounter');
  expect(visit?.['type']).toMatchObject([{ coding: [{ code: 'E', display: 'Emergency' }] }]);
  expect(visit?.['serviceType']).toMatchObject({ text: 'KNO', coding: [{ code: 'KNO' }] });
});

test('a finished letter claims the profile of data service 51, and keeps it in STU3', () => {
  const [document] = letter('AU', 'OBX|1|TX|1^Brief||Beste collega')('DocumentReference');
  expect(document).toMatchObject({
    meta: { profile: [expect.stringMatching(/IHE\.MHD\.Minimal\.DocumentReference$/)] },
    docStatus: 'final',
    type: { text: 'OB' },
    date: '2026-01-05T10:15:00+01:00',
  });
  if (!document) return;
  const { resource, loss } = toStu3(document);
  expect(resource).toMatchObject({
    meta: {
      profile: ['http://nictiz.nl/fhir/StructureDefinition/IHE.MHD.Minimal.DocumentReference'],
    },
    indexed: '2026-01-05T10:15:00+01:00',
  });
  expect(resource).not.toHaveProperty('docStatus');
  expect(loss.map(({ path }) => path)).toContain('DocumentReference.docStatus');
});

test('a letter that is not finished claims nothing and says so in both versions', () => {
  const [document] = letter('IP', 'OBX|1|TX|1^Brief||Concept')('DocumentReference');
  expect(document).toMatchObject({ docStatus: 'preliminary' });
  expect(document?.meta?.profile).toBeUndefined();
  expect(document && toStu3(document).resource).toMatchObject({ docStatus: 'preliminary' });
});
