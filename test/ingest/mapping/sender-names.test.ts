/** A slip in a sender's file is an error with its place, never a rule that quietly does nothing. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { formats } from '../../../src/ingest/formats.ts';
import { openOverlays } from '../../../src/ingest/mapping/live-overlays.ts';
import { SENDERS_FOLDER } from '../../../src/ingest/mapping/sender-overlay.ts';
import { er7, format, PID } from '../hl7v2/messages.ts';

const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-names-'));
afterAll(() => rmSync(folder, { recursive: true }));
const overlays = () =>
  openOverlays({
    folder,
    check: (overlay) => formats.forEach((one) => void one.prepare?.(overlay)),
  });

function overlay(text: string) {
  writeFileSync(join(folder, 'lab.yaml'), text);
  return overlays().of('lab', 'lab');
}
const adding = (rule: string, fields: string, format = 'hl7v2') =>
  `tables: [{ table: lab, format: ${format}, rules: [{ extend: ${rule}, fields: [${fields}] }] }]`;

it('every file that ships fits, as the gateway and `map` read it', () => {
  const live = openOverlays({
    check: (overlay) => formats.forEach((one) => void one.prepare?.(overlay)),
  });
  const names = readdirSync(SENDERS_FOLDER).map((name) => name.replace(/\.yaml$/, ''));
  for (const name of names) expect(live.of(name, name)).toMatchObject({ id: name });
  expect(names).toContain('zorgdomein');
});

it('a table without a format that fits not every one is told which it does not fit', () => {
  const table = '{ extend: request, fields: [{ to: priority, from: OBR-5, as: CWE }] }';
  expect(() => overlay(`tables: [{ table: lab, rules: [${table}] }]`)).toThrow(
    /no converter "CWE" \(as a table for (hl7v3|edifact); .*"format"\)/,
  );
});

it.each([
  ['off: [patient.gendre]', /senders\/lab\.yaml: no rule or field is called "patient\.gendre"/],
  [adding('patint', '{ to: name, from: PID-5, as: text }'), /no rule or field is called "patint"/],
  [adding('visit', '{ to: name, from: PID-5, as: text }', 'hl7v3'), /extend: no rule "visit"/],
  [
    adding('patient', '{ to: name, from: PID-5, as: nope }'),
    /senders\/lab\.yaml: \/tables\/0\/rules\/0\/fields\/0\/as: no converter "nope"/,
  ],
  [
    adding('patient', '{ to: name, fromm: PID-5 }'),
    /senders\/lab\.yaml: \/tables\/0\/rules\/0\/fields\/0\/fromm: unknown key/,
  ],
  ['codes: { GLU: [{ system: x, code: y }] }', /lab\.yaml: \/codes\/GLU: a key is list\|code/],
  ['delays: { Observatie: P3D }', /lab\.yaml: \/delays\/Observatie: FHIR has no resource type/],
  ['base: https://lab.example', /lab\.yaml: \/base: must match/],
  ['zone: Mars/Base', /lab\.yaml: \/zone: there is no time zone/],
  ['units: { mmoll: schepje }', /lab\.yaml: \/units\/mmoll: "schepje" is no unit/],
  ['charset: [', /lab\.yaml: /],
])('%s', (text, reason) => {
  expect(() => overlay(text)).toThrow(reason);
});

it('a table for one format may use converters that the others lack', () => {
  const own = overlay(adding('patient', "{ to: 'telecom[]', from: ^PATIENT/ZPI-1, as: XTN }"));
  const bytes = er7('MSH|^~\\&|A|B|C|D|20260302||ADT^A28|1|P|2.5', PID, 'ZPI|0612345678^PRN^CP');
  const [message] = format.read(bytes, own);
  expect(JSON.stringify(message?.resources)).toContain('0612345678');
});

it('a number has the system of its authority and kind', () => {
  const own = overlay('authorities: { "HAVENLAB|FILL": "https://lab.haven.example/order" }');
  const lines = ['OBR|1||L-1^HAVENLAB|BB^Bloedbeeld^L', 'OBX|1|ST|X^Y^L||z||||||F'];
  const bytes = er7('MSH|^~\\&|A|B|C|D|20260302||ORU^R01|1|P|2.5', PID, ...lines);
  const report = format
    .read(bytes, own)[0]
    ?.resources.find(({ resource }) => resource.resourceType === 'DiagnosticReport');
  expect(report?.resource).toMatchObject({
    identifier: [{ system: 'https://lab.haven.example/order', value: 'L-1' }],
  });
});
