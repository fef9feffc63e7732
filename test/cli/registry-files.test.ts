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
