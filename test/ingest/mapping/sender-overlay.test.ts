/** A sender is data: one file beside the default one, or none. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { overlayOf } from '../../../src/ingest/mapping/live-overlays.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { er7, format, PID } from '../hl7v2/messages.ts';

const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-senders-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(
  join(folder, 'default.yaml'),
  'zone: Europe/Amsterdam\nauthorities: { A: urn:a, B: urn:b }\n',
);

describe('a sender overlay', () => {
  it('is laid over the default: maps key by key, the rest replaced', () => {
    writeFileSync(
      join(folder, 'lab.yaml'),
      'charset: utf-8\nauthorities: { B: urn:c }\noff: [patient.gender]\n',
    );
    const overlay = readOverlay('lab', folder);
    expect(overlay).toMatchObject({ id: 'lab', charset: 'utf-8', zone: 'Europe/Amsterdam' });
    expect(overlay.authorities).toEqual({ A: 'urn:a', B: 'urn:c' });
    expect(overlay.off).toEqual(['patient.gender']);
  });

  it('with a key that is not known is refused, naming the file', () => {
    writeFileSync(join(folder, 'slip.yaml'), 'timezone: Europe/Amsterdam\n');
    expect(() => readOverlay('slip', folder)).toThrow(/slip\.yaml.*unknown key "timezone"/);
  });

  it.each([
    ['unknownCodes: hold', 'must be one of keep, hold-item, hold-message'],
    ['delays: { Observation/laboratory: 3 days }', 'must be a period such as P3D or PT12H'],
  ])('says of %s that it %s', (text, reason) => {
    writeFileSync(join(folder, 'slip.yaml'), text);
    expect(() => readOverlay('slip', folder)).toThrow(reason);
  });

  it('cannot name a file outside its folder', () => {
    expect(() => readOverlay('../default', folder)).toThrow(SyntaxError);
  });

  it('without a file is the default under the id of the sender, so identities differ', () => {
    const bytes = er7('MSH|^~\\&|A|B|C|D|20260302||ADT^A28|1|P|2.5', PID);
    const urls = ['one', 'two'].map(
      (id) => format.read(bytes, overlayOf(id, id))[0]?.patient.fullUrl,
    );
    expect(urls[0]).not.toBe(urls[1]);
    expect(overlayOf('default', 'one')).toBe(overlayOf('default', 'one'));
  });

  it('maps what only this sender sends: the order platform and its care products', () => {
    const bytes = er7(
      'MSH|^~\\&|ZorgDomein||LAB||20260302||ORM^O01|1|P|2.4',
      PID,
      'PV1|1|O',
      'PV2|||PRD1^Diagnostiek^99zda',
      'ORC|NW|ZD1||ZD1',
      'OBR|1|ZD1||CRP^CRP^99zdl',
    );
    const request = (name: string) =>
      format
        .read(bytes, overlayOf(name, name))[0]
        ?.resources.find((made) => made.resource.resourceType === 'ServiceRequest')?.resource;
    expect(request('zorgdomein')).toMatchObject({
      category: [{ coding: [{ code: 'PRD1' }] }],
      code: { coding: [{ system: 'https://zorgsluis.example/CodeSystem/zorgdomein/products' }] },
    });
    expect(request('default')).not.toHaveProperty('category');
  });
});
