/** https://c2sp.org/tlog-checkpoint and https://c2sp.org/signed-note */
import { createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
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

  describe('that our own key signed', () => {
    const noteOf = (text: string, id = hash, signer = ORIGIN) => {
      const signature = Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]);
      return `${text}\n\u2014 ${signer} ${signature.toString('base64')}\n`;
    };
    const base64 = root.toString('base64');
    const text = `${ORIGIN}\n42\n${base64}\n`;

    it('opens, also with a line that a later version may add', () => {
      expect(openCheckpoint(noteOf(text), ORIGIN, publicKey).size).toBe(42);
      expect(openCheckpoint(noteOf(`${text}later\n`), ORIGIN, publicKey).size).toBe(42);
      expect(openCheckpoint(noteOf(text.replace('42', '0')), ORIGIN, publicKey).size).toBe(0);
    });

    it('is refused for another ledger, though the key is the same', () => {
      const name = 'other.example/audit';
      const other = signCheckpoint(
        { origin: name, size: 42, root },
        privateKey,
        keyHash(name, publicKey),
      );
      expect(openCheckpoint(other, name, publicKey).size).toBe(42);
      expect(() => openCheckpoint(other, ORIGIN, publicKey)).toThrow(/another ledger/);
      const posing = noteOf(text.replace(ORIGIN, name));
      expect(() => openCheckpoint(posing, ORIGIN, publicKey)).toThrow(/another ledger/);
    });

    it.each(['042', '-1', '+42', '4e1', '42 ', '', '12345678901234567', 'x'])(
      'is refused with size %j',
      (size) => {
        const odd = noteOf(`${ORIGIN}\n${size}\n${base64}\nrest\n`);
        expect(() => openCheckpoint(odd, ORIGIN, publicKey)).toThrow();
      },
    );

    it.each([
      ['of 31 bytes', root.subarray(1).toString('base64')],
      ['of 33 bytes', Buffer.concat([root, Buffer.alloc(1)]).toString('base64')],
      ['in another spelling', base64.slice(0, -1)],
      ['with something behind it', `${base64} `],
    ])('is refused with a root %s', (_, odd) => {
      const changed = noteOf(`${ORIGIN}\n42\n${odd}\n`);
      expect(() => openCheckpoint(changed, ORIGIN, publicKey)).toThrow(/no root/);
    });

    it('is refused where the line names another key or another signer', () => {
      expect(() => openCheckpoint(noteOf(text, randomBytes(4)), ORIGIN, publicKey)).toThrow(
        /not signed/,
      );
      const other = noteOf(text, hash, 'witness.example');
      expect(() => openCheckpoint(other, ORIGIN, publicKey)).toThrow(/not signed/);
    });

    it('is not read where it is longer than any of ours', () => {
      const good = noteOf(text);
      const most = good + 'x'.repeat(16_384 - good.length);
      expect(openCheckpoint(most, ORIGIN, publicKey).size).toBe(42);
      expect(() => openCheckpoint(`${most}x`, ORIGIN, publicKey)).toThrow(/too long/);
    });
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
