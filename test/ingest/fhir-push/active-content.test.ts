/** A PDF that would do something by itself is refused: source-formats.md 3.6 and 6. */
import { expect, test } from 'vitest';
import { fhirFormat } from '../../../src/ingest/fhir-push/fhir-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { Problem } from '../../../src/platform/problem.ts';

const url = 'urn:uuid:7b1a2c3d-0000-4000-8000-000000000001';

function codeOf(pdf: string): string | undefined {
  const data = Buffer.from(pdf, 'latin1').toString('base64');
  const subject = { identifier: { system: 'urn:x', value: '1' } };
  const content = [{ attachment: { contentType: 'application/pdf', url } }];
  const list = { resourceType: 'List', status: 'current', mode: 'working', subject };
  const code = { coding: [{ system: 'urn:ihe', code: 'submissionset' }] };
  const resources = [
    { resourceType: 'Binary', contentType: 'application/pdf', data },
    { resourceType: 'DocumentReference', status: 'current', subject, content },
    { ...list, code },
  ];
  const entry = resources.map((resource, at) => ({
    fullUrl: at === 0 ? url : `urn:uuid:7b1a2c3d-0000-4000-8000-00000000001${at}`,
    resource,
    request: { method: 'POST', url: resource.resourceType },
  }));
  const bundle = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry });
  try {
    fhirFormat.read(Buffer.from(bundle), readOverlay('default'), 'application/fhir+json');
    return undefined;
  } catch (error) {
    return error instanceof Problem ? error.code : String(error);
  }
}

const ACTIVE = '<< /S /JavaScript /JS (app.alert(1)) >>';
const stream = (text: string) => `2 0 obj << /Length 9 >> stream\r\n${text}\nendstream endobj\n`;

test.each([
  ['in an object', `%PDF-1.4\n1 0 obj ${ACTIVE} endobj`, true],
  ['in a stream, where it means nothing', `%PDF-1.4\n${stream(ACTIVE)}`, false],
  ['after a stream', `%PDF-1.4\n${stream('x')}3 0 obj ${ACTIVE} endobj`, true],
  ['between two streams', `%PDF-1.4\n${stream('x')}${ACTIVE}${stream('y')}`, true],
  ['after a stream that does not end', `%PDF-1.4\n1 0 obj stream\nxx ${ACTIVE}`, true],
  ['after a word that only ends like a stream', `%PDF-1.4\nmystream\n${ACTIVE}\nendstream`, true],
  ['spelled with numbers', '%PDF-1.4\n1 0 obj << /S /J#61vaScript /J#53 (x) >> endobj', true],
  ['nowhere', `%PDF-1.4\n${stream('x')}${stream('y')}`, false],
])('active content %s', (_where, pdf, isRefused) => {
  expect(codeOf(pdf)).toBe(isRefused ? 'active-content' : undefined);
});
