/** https://c2sp.org/tlog-checkpoint and https://c2sp.org/signed-note */
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  keyHash,
  openCheckpoint,
  signCheckpoint,
  verifierKey,
} from '../../src/audit/checkpoint.ts';

const ORIGIN = 'gateway.example/audit';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const hash = keyHash(ORIGIN, publicKey);
const root = randomBytes(32);
const note = signCheckpoint({ origin: ORIGIN, size: 42, root }, privateKey, hash);

describe('a checkpoint', () => {
  it('is three lines, an empty line, and a signature that names its key', () => {
    const [origin, size, base64, empty, signature, end] = note.split('\n');
    expect([origin, size, base64, empty, end]).toEqual([
      ORIGIN,
      '42',
      root.toString('base64'),
      '',
      '',
    ]);
    expect(signature).toMatch(/^\u2014 gateway\.example\/audit [A-Za-z0-9+/]+=*$/);
    const bytes = Buffer.from(signature?.split(' ')[2] ?? '', 'base64');
    expect(bytes).toHaveLength(4 + 64);
    expect(bytes.subarray(0, 4)).toEqual(hash);
  });

  it('opens with the key of its ledger, also with cosignatures of others behind it', () => {
    const cosigned = `${note}\u2014 witness.example AAAAAAAA\n`;
    expect(openCheckpoint(cosigned, ORIGIN, publicKey)).toEqual({ origin: ORIGIN, size: 42, root });
  });

  it.each([
    ['another size', note.replace('\n42\n', '\n43\n')],
    ['another root', note.replace(root.toString('base64'), randomBytes(32).toString('base64'))],
    ['another origin', note.replaceAll(ORIGIN, 'other.example/audit')],
    ['a size with a leading zero', note.replace('\n42\n', '\n042\n')],
    ['no signature', note.slice(0, note.indexOf('\n\n') + 2)],
    ['an extra line', note.replace('\n\n', '\nextra\n\n')],
    ['nothing', ''],
  ])('is refused with %s', (_what, changed) => {
    expect(() => openCheckpoint(changed, ORIGIN, publicKey)).toThrow();
  });

  it('is refused with the signature of another key', () => {
    const other = generateKeyPairSync('ed25519');
    expect(() => openCheckpoint(note, ORIGIN, other.publicKey)).toThrow(/not signed/);
  });

  it('has a verifier key from which the public key can be made again', () => {
    const [name, id, key] = verifierKey(ORIGIN, publicKey).split('+');
    const bytes = Buffer.from(
      verifierKey(ORIGIN, publicKey).split('+').slice(2).join('+'),
      'base64',
    );
    const x = bytes.subarray(1).toString('base64url');
    const made = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    expect({ name, id, typed: (key ?? '').length > 0 }).toEqual({
      name: ORIGIN,
      id: hash.toString('hex'),
      typed: true,
    });
    expect(made.equals(publicKey)).toBe(true);
  });
});
