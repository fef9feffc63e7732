/** The gateway's keys: stable for their purpose, apart from each other, and never shown. */
import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  changedKeyFile,
  KEY_FILE_REREAD_MS,
  newKeyring,
  openKeyring,
  withNewKek,
} from '../../src/identity/index.ts';

const file = newKeyring({ demo: false, name: 'gateway.example/audit' });

describe('a keyring', () => {
  it('gives the same secret for a purpose, and another for another', () => {
    const [one, two] = [openKeyring(file), openKeyring(file)];
    expect(one.hmac('store/lookup').equals(two.hmac('store/lookup'))).toBe(true);
    expect(one.hmac('store/lookup').equals(one.hmac('ids'))).toBe(false);
  });

  it('keeps old key-encryption keys when a new one is made', () => {
    const next = openKeyring(withNewKek(file));
    expect(next.kek.current).not.toBe(file.kek.current);
    const old = openKeyring(file).kek.key(file.kek.current);
    expect(next.kek.key(file.kek.current).equals(old)).toBe(true);
    expect(() => next.kek.key('unknown')).toThrow('A key-encryption key is missing.');
  });

  it('takes a new key-encryption key from the file while it runs, and nothing else', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'zorgsluis-keys-')), 'keys.json');
    writeFileSync(path, JSON.stringify(file));
    const running = openKeyring(file, changedKeyFile(path));
    const next = withNewKek({ ...file, root: Buffer.alloc(32, 1).toString('base64') });
    writeFileSync(`${path}.new`, '{ half');
    renameSync(`${path}.new`, path);
    await sleep(KEY_FILE_REREAD_MS + 100);
    expect(running.kek.current).toBe(file.kek.current);
    writeFileSync(`${path}.new`, JSON.stringify(next));
    renameSync(`${path}.new`, path);
    await sleep(KEY_FILE_REREAD_MS + 100);
    const wrapped = openKeyring(next).kek.key(next.kek.current);
    expect(running.kek.key(next.kek.current).equals(wrapped)).toBe(true);
    expect(running.kek.current).toBe(next.kek.current);
    expect(running.kek.key(file.kek.current)).toBeDefined();
    expect(running.hmac('ids').equals(openKeyring(file).hmac('ids'))).toBe(true);
  });

  it('refuses a file that lacks a key or holds a short one', () => {
    const lacking = { ...file, kek: { ...file.kek, current: 'kek-none' } };
    expect(() => openKeyring(lacking)).toThrow('lacks its current kek');
    expect(() => openKeyring({ ...file, root: 'AAAA' })).toThrow('32 bytes expected');
  });

  it('shows none of its secrets when it is printed', () => {
    const shown = `${inspect(openKeyring(file), { depth: 9 })}${JSON.stringify(openKeyring(file))}`;
    expect(shown).not.toContain(file.root);
    expect(shown).not.toContain(String(file.ledger.privateKey['d']));
  });
});
