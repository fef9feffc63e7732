/** What does something when it is opened is refused in every write: source-formats.md 3.6. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { type Json, patientOf, person } from '../support/people.ts';

let gateway: Gateway;
let token: string;
let patient: string;

const call = (
  method: 'POST' | 'PUT' | 'PATCH',
  path: string,
  body: unknown,
  type = 'application/fhir+json',
) =>
  gateway.ask(`/fhir/r4/${path}`, {
    ...{ token, method, headers: { 'content-type': type } },
    body: JSON.stringify(body),
  });

beforeAll(async () => {
  gateway = await openGateway();
  token = await gateway.token('epd-proef');
  patient = (await call('POST', 'Patient', patientOf(person(61)))).json().id;
});
afterAll(() => gateway.close());

const attachment = (text: string): Json => ({
  contentType: 'application/octet-stream',
  data: Buffer.from(text).toString('base64'),
});
const ACTIVE = attachment(
  '%PDF-1.4\n1 0 obj << /S /JavaScript /JS (app.alert(1)) >> endobj\n%%EOF',
);
const CALM = attachment('%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n%%EOF');

const report = (form: Json): Json => ({
  resourceType: 'DiagnosticReport',
  identifier: [{ system: 'urn:oid:2.999.61', value: 'report-with-pdf' }],
  status: 'final',
  code: { text: 'Verslag' },
  subject: { reference: `Patient/${patient}` },
  presentedForm: [form],
});

it('is refused in what is created, updated and patched, with its place', async () => {
  const said = ({ statusCode, json }: Awaited<ReturnType<typeof call>>) => {
    const { issue } = json();
    return [statusCode, issue?.[0]?.details.coding[0]?.code, issue?.[0]?.expression];
  };
  const refused = [422, 'active-content', ['DiagnosticReport.presentedForm[0].data']];

  expect(said(await call('POST', 'DiagnosticReport', report(ACTIVE)))).toEqual(refused);
  const made = await call('POST', 'DiagnosticReport', report(CALM));
  expect(made.statusCode, made.body).toBe(201);
  const { id } = made.json();
  const path = `DiagnosticReport/${id}`;
  expect(said(await call('PUT', path, { ...report(ACTIVE), id }))).toEqual(refused);
  const add = [{ op: 'add', path: '/presentedForm/0', value: ACTIVE }];
  expect(said(await call('PATCH', path, add, 'application/json-patch+json'))).toEqual(refused);
});

it('is refused in the narrative too, which is served as it came', async () => {
  const div = (inner: string) => `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`;
  const said = (inner: string) => ({
    ...report(CALM),
    identifier: [{ system: 'urn:oid:2.999.61', value: 'report-with-narrative' }],
    text: { status: 'generated', div: div(inner) },
  });
  const answer = await call('POST', 'DiagnosticReport', said('<p onclick="x()">a</p>'));
  expect(answer.statusCode).toBe(422);
  expect(answer.json().issue[0].expression).toEqual(['DiagnosticReport.text.div']);
  const made = await call('POST', 'DiagnosticReport', said('<p class="a">a</p>'));
  expect(made.statusCode, made.body).toBe(201);
});
