/** The gateway's keys: stable for their purpose, apart from each other, and never shown. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { newKeyring, openKeyring, withNewKek } from '../../src/identity/index.ts';

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
