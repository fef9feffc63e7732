/** A PDF that would do something by itself is refused: source-formats.md 3.6 and 6. */
import { expect, test } from 'vitest';
import { fhirFormat } from '../../../src/ingest/fhir-push/fhir-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { Problem } from '../../../src/platform/problem.ts';

const url = 'urn:uuid:7b1a2c3d-0000-4000-8000-000000000001';

function codeOf(pdf: string, contentType = 'application/pdf'): string | undefined {
  const data = Buffer.from(pdf, 'latin1').toString('base64');
  const subject = { identifier: { system: 'urn:x', value: '1' } };
  const content = [{ attachment: { contentType, url } }];
  const list = { resourceType: 'List', status: 'current', mode: 'working', subject };
  const code = { coding: [{ system: 'urn:ihe', code: 'submissionset' }] };
  const resources = [
    { resourceType: 'Binary', contentType, data },
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
  ['in a stream, where the table of places may point', `%PDF-1.4\n${stream(ACTIVE)}`, true],
  ['that chance writes in a stream', `%PDF-1.4\n${stream('x/JS /AA x')}`, false],
  ['after a stream', `%PDF-1.4\n${stream('x')}3 0 obj ${ACTIVE} endobj`, true],
  ['between two streams', `%PDF-1.4\n${stream('x')}${ACTIVE}${stream('y')}`, true],
  ['after a stream that does not end', `%PDF-1.4\n1 0 obj stream\nxx ${ACTIVE}`, true],
  ['after a word that only ends like a stream', `%PDF-1.4\nmystream\n${ACTIVE}\nendstream`, true],
  ['spelled with numbers', '%PDF-1.4\n1 0 obj << /S /J#61vaScript /J#53 (x) >> endobj', true],
  ['nowhere', `%PDF-1.4\n${stream('x')}${stream('y')}`, false],
])('active content %s', (_where, pdf, isRefused) => {
  expect(codeOf(pdf)).toBe(isRefused ? 'active-content' : undefined);
});

test('a PDF that is encrypted is taken, and never counts as PDF/A', () => {
  const pdf = '%PDF-1.4\n<pdfaid:part>2</pdfaid:part>\ntrailer << /Encrypt 9 0 R /Size 3 >>\n%%EOF';
  const content = [{ attachment: { contentType: 'application/pdf', data: btoa(pdf) } }];
  const document = {
    resourceType: 'DocumentReference',
    status: 'current',
    subject: { identifier: { system: 'urn:x', value: '1' } },
    content,
  };
  const [message] = fhirFormat.read(Buffer.from(JSON.stringify(document)), readOverlay('default'));
  const codes = message?.issues.map(({ code }) => code);
  expect(codes).toContain('pdf-encrypted');
});

test('is refused in a document that calls itself something else', () => {
  const pdf = `%PDF-1.4\n1 0 obj ${ACTIVE} endobj`;
  expect(codeOf(pdf, 'text/plain')).toBe('active-content');
  expect(codeOf('only words', 'text/plain')).toBeUndefined();
});

test.each(['Observation', 'DocumentReference', 'Binary'])(
  'a narrative that acts is refused in a pushed %s, with its place',
  (resourceType) => {
    const div = '<div xmlns="http://www.w3.org/1999/xhtml"><script>x()</script></div>';
    const entry = [{ resource: { resourceType, text: { status: 'generated', div } } }];
    const bundle = JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry });
    const type = 'application/fhir+json; fhirVersion=4.0';
    expect(() => fhirFormat.read(Buffer.from(bundle), readOverlay('default'), type)).toThrow(
      expect.objectContaining({
        code: 'active-content',
        expression: ['Bundle.entry[0].resource.text.div'],
      }),
    );
  },
);

test.each([
  [
    'a report',
    'R4',
    { resourceType: 'DiagnosticReport', presentedForm: [{}] },
    'presentedForm[0].data',
  ],
  [
    'a Binary of its own',
    'R4',
    { resourceType: 'Binary', contentType: 'application/octet-stream' },
    'data',
  ],
  ['a Binary of its own', 'STU3', { resourceType: 'Binary', contentType: 'image/png' }, 'content'],
  ['a report in a Binary that no document names', 'R4', { resourceType: 'Binary' }, 'data'],
])('in %s (%s) it is refused with its place', (_what, version, resource, at) => {
  const data = Buffer.from(`%PDF-1.4\n1 0 obj ${ACTIVE} endobj`).toString('base64');
  const own = at.startsWith('presentedForm') ? { presentedForm: [{ data }] } : { [at]: data };
  const entry = [{ resource: { ...resource, ...own } }];
  const bundle = JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry });
  const type = `application/fhir+json; fhirVersion=${version === 'R4' ? '4.0' : '3.0'}`;
  expect(() => fhirFormat.read(Buffer.from(bundle), readOverlay('default'), type)).toThrow(
    expect.objectContaining({
      code: 'active-content',
      expression: [`Bundle.entry[0].resource.${at}`],
    }),
  );
});

const DIV = '<div xmlns="http://www.w3.org/1999/xhtml"><script>x()</script></div>';
const acting = { resourceType: 'Observation', text: { status: 'generated', div: DIV } };
const pointing = {
  resourceType: 'DocumentReference',
  status: 'current',
  content: [{ attachment: { contentType: 'text/plain', url } }],
};

test.each([
  [
    'another resource that a document names as its bytes',
    [{ fullUrl: url, resource: acting }, { resource: pointing }],
    'Bundle.entry[0].resource.text.div',
  ],
  [
    'what a document contains',
    [{ resource: { ...pointing, contained: [acting] } }],
    'Bundle.entry[0].resource.contained[0].text.div',
  ],
])('a narrative that acts is refused in %s', (_where, entry, place) => {
  const bundle = JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry });
  const type = 'application/fhir+json; fhirVersion=4.0';
  expect(() => fhirFormat.read(Buffer.from(bundle), readOverlay('default'), type)).toThrow(
    expect.objectContaining({ code: 'active-content', expression: [place] }),
  );
});
