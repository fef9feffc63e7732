/** Files of organisations and senders: every mistake at once, and nothing secret is taken. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { clientIn, organisationIn } from '../../src/cli/registry-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'registry-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: unknown): string {
  const path = join(folder, 'one.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const lab = organisationIn(file({ name: 'Lab Oost', ura: '90001234', type: 'L1' }));
const key = { kty: 'EC', crv: 'P-256', x: 'a', y: 'b', kid: 'k1' };

test('an organisation gets its category from the national type', () => {
  expect(lab).toMatchObject({ category: 'LAB', connection: 'connected', services: [] });
  expect(() => organisationIn(file({ name: 'X', ura: '90001234', type: 'QQ' }))).toThrow(
    /type QQ has no category/,
  );
});

test('all mistakes of a file are told at once, with their place', () => {
  const wrong = { id: 'LIS', nme: 'x', keys: [{ kty: 'EC', d: 'secret' }], certificates: ['ab'] };
  const told = () => clientIn(file(wrong), 'sender', [lab]);
  for (const part of [
    /unknown key nme/,
    /property 'name'/,
    /^ {2}id: /m,
    /keys\.0\.d: this is a secret/,
    /keys\.0: .*'kid'/,
    /certificates\.0: /,
    /needs organisationId or ura/,
  ]) {
    expect(told).toThrow(part);
  }
  expect(told).not.toThrow(/"secret"/);
});

test('a sender is bound to its organisation by URA, and may send', () => {
  const sender = { id: 'lab-oost', name: 'LIS', ura: '90001234', keys: [key] };
  expect(clientIn(file(sender), 'sender', [lab])).toMatchObject({
    organisationId: lab.id,
    kind: 'sender',
    status: 'active',
    scopes: expect.arrayContaining(['system/intake']),
  });
  expect(() => clientIn(file({ ...sender, ura: '90009999' }), 'sender', [lab])).toThrow(
    /not registered/,
  );
  expect(() => clientIn(file('{'), 'sender', [lab])).toThrow(/JSON/);
});

test('an organisation is a member of regions that have an agreement, or is not taken', () => {
  const practice = { name: 'Praktijk Oost', ura: '90001235', type: 'Z3' };
  const inRegion = (id: string, more = {}) => file({ ...practice, regions: [{ id, ...more }] });
  expect(organisationIn(inRegion('noord')).regions).toEqual([{ id: 'noord' }]);
  expect(() => organisationIn(inRegion('nord'))).toThrow(
    /member of nord, and there is no agreement of that region\n {2}known: noord/,
  );
  const never = { from: '2026-05-01', until: '2026-05-01' };
  expect(() => organisationIn(inRegion('noord', never))).toThrow(/until 2026-05-01: never/);
  // The agreements of the installation count, not the examples.
  const own = join(folder, 'regions.json');
  const agreement = { active: true, emergencyAgreement: false, purposes: ['TREAT'] };
  writeFileSync(own, JSON.stringify({ version: '1', regions: { nord: agreement } }));
  expect(organisationIn(inRegion('nord'), own).regions).toEqual([{ id: 'nord' }]);
  expect(() => organisationIn(inRegion('noord'), own)).toThrow(/no agreement of that region/);
});

test('a partner is for use cases that there are', () => {
  const partner = { id: 'his-oost', name: 'HIS', ura: '90001234', keys: [key] };
  const told = clientIn(file({ ...partner, useCases: ['bgz'] }), 'partner', [lab]);
  expect(told.useCases).toEqual(['bgz']);
  expect(() =>
    clientIn(file({ ...partner, useCases: ['bgz', 'bgz-zien'] }), 'partner', [lab]),
  ).toThrow(/useCases: there is no use case bgz-zien\./);
});
