import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEAL_OVERHEAD_BYTES, seal, unseal } from '../../src/store/seal.ts';

const key = createSecretKey(randomBytes(32));
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

/** AES-256-GCM, NIST SP 800-38D; architecture D4. */
describe('seal', () => {
  it('opens with the same key and context', () => {
    fc.assert(
      fc.property(bytes, fc.string(), (plain, context) => {
        const sealed = seal(key, plain, context);
        expect(sealed.length).toBe(plain.length + SEAL_OVERHEAD_BYTES);
        const half = Math.floor(plain.length / 2);
        const pieces = seal(key, [plain.subarray(0, half), plain.subarray(half)], context);
        expect(unseal(key, pieces, context).equals(plain)).toBe(true);
        expect(unseal(key, sealed, context).equals(plain)).toBe(true);
      }),
    );
  });

  it('refuses when any one bit is changed', () => {
    const sealed = seal(key, Buffer.from('{"resourceType":"Patient"}'), 'row');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => unseal(key, changed, 'row')).toThrow('could not be opened');
    }
  });

  it('refuses when any end is cut off', () => {
    const sealed = seal(key, Buffer.from('content'), 'row');
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => unseal(key, sealed.subarray(0, length), 'row')).toThrow('could not be opened');
    }
  });

  it('refuses another context and another key', () => {
    fc.assert(
      fc.property(bytes, fc.string(), fc.string(), (plain, one, other) => {
        fc.pre(one !== other);
        expect(() => unseal(key, seal(key, plain, one), other)).toThrow('could not be opened');
      }),
    );
    const stranger = createSecretKey(randomBytes(32));
    expect(() => unseal(stranger, seal(key, Buffer.from('x'), 'row'), 'row')).toThrow(
      'could not be opened',
    );
  });

  it('never uses a nonce twice', () => {
    const nonces = new Set<string>();
    for (let n = 0; n < 2_000; n += 1) {
      nonces.add(seal(key, Buffer.alloc(0), '').toString('hex', 1, 13));
    }
    expect(nonces.size).toBe(2_000);
  });

  it('says nothing of key, context or content when it refuses', () => {
    const sealed = seal(key, Buffer.from('geheim'), 'vault-7');
    let message = '';
    try {
      unseal(key, sealed, 'vault-8');
    } catch (error) {
      message = String(error);
    }
    expect(message).toBe('Problem: A sealed record could not be opened.');
  });
});
