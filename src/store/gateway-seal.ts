/**
 * Sealing for what belongs to no vault: receipts, quarantine, log-in state. The key comes from the
 * key-encryption key and the purpose; the sealed bytes name the key, so that they open as long as
 * it is in the key file. Layout: length of the key's id 1 | id | sealed.
 */
import type { KeyObject } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import { Problem } from '../platform/problem.ts';
import { type PurposeKeys, purposeKeys } from './key-wrap.ts';
import { seal, unseal } from './seal.ts';

export interface GatewaySeal {
  /** `id` is bound in: the bytes open only as what they were sealed as. */
  seal(purpose: string, id: string, bytes: Buffer): Buffer;
  /** @throws Problem `fault` when bytes, purpose or id are others, or the key left the key file. */
  unseal(purpose: string, id: string, sealed: Buffer): Buffer;
  /** The same content under the current key, or undefined when it is under it already. */
  reseal(purpose: string, id: string, sealed: Buffer): Buffer | undefined;
}

export function createGatewaySeal(keyring: Keyring): GatewaySeal {
  const roots = new Map<string, PurposeKeys>();
  const keyFor = (kek: string, purpose: string): KeyObject => {
    const root = roots.get(kek) ?? purposeKeys(keyring.kek.key(kek));
    roots.set(kek, root);
    return root.for(`gateway/${purpose}`);
  };
  const split = (sealed: Buffer) => {
    const end = 1 + (sealed[0] ?? 0);
    if (sealed.length <= end) {
      throw new Problem('fault', 'A sealed item could not be opened.', { code: 'seal' });
    }
    return { kek: sealed.toString('latin1', 1, end), body: sealed.subarray(end) };
  };
  const context = (purpose: string, id: string) => `gateway|${purpose}|${id}`;
  const gateway: GatewaySeal = {
    seal(purpose, id, bytes) {
      const kek = keyring.kek.current;
      const head = Buffer.from(`.${kek}`, 'latin1');
      head[0] = kek.length;
      return Buffer.concat([head, seal(keyFor(kek, purpose), bytes, context(purpose, id))]);
    },
    unseal(purpose, id, sealed) {
      const { kek, body } = split(sealed);
      return unseal(keyFor(kek, purpose), body, context(purpose, id));
    },
    reseal(purpose, id, sealed) {
      if (split(sealed).kek === keyring.kek.current) return undefined;
      return gateway.seal(purpose, id, gateway.unseal(purpose, id, sealed));
    },
  };
  return gateway;
}
