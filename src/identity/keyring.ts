/**
 * The gateway's own keys, read from one file. In production a KMS adapter may hand out the same
 * interface; rooms never see raw bytes, only KeyObjects.
 */
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  hkdfSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { Problem } from '../platform/problem.ts';

/** The key file as JSON. It is secret as a whole: mode 0600, never in a log. */
export interface KeyringFile {
  readonly version: 1;
  /** Made by the demo: refused by `npm start`. */
  readonly demo: boolean;
  /** Key-encryption keys by id, base64 of 32 bytes; `current` wraps what is new. */
  readonly kek: { readonly current: string; readonly keys: Readonly<Record<string, string>> };
  /** Root of the look-up secrets, base64 of 32 bytes. Changing it means re-keying every look-up. */
  readonly root: string;
  /** Ed25519; `name` is the origin line of the ledger's checkpoints. */
  readonly ledger: { readonly name: string; readonly privateKey: JsonWebKey };
  /** P-256, for what the gateway signs as JWT. */
  readonly signing: { readonly kid: string; readonly privateKey: JsonWebKey };
}

export interface Keyring {
  readonly demo: boolean;
  readonly kek: { readonly current: string; key(id: string): KeyObject };
  /** A stable secret for one purpose, derived from the root. Same label, same key. */
  hmac(label: string): KeyObject;
  readonly ledger: {
    readonly name: string;
    readonly privateKey: KeyObject;
    readonly publicKey: KeyObject;
  };
  readonly signing: {
    readonly kid: string;
    readonly privateKey: KeyObject;
    readonly publicKey: KeyObject;
  };
}

/** Makes fresh keys. `name` is the ledger's origin, for instance `gateway-noord.example/audit`. */
export function newKeyring(options: { demo: boolean; name: string }): KeyringFile {
  const kekId = newKekId();
  const ledger = generateKeyPairSync('ed25519');
  const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    version: 1,
    demo: options.demo,
    kek: { current: kekId, keys: { [kekId]: randomBytes(32).toString('base64') } },
    root: randomBytes(32).toString('base64'),
    ledger: { name: options.name, privateKey: ledger.privateKey.export({ format: 'jwk' }) },
    signing: {
      kid: `zorgsluis-${randomBytes(4).toString('hex')}`,
      privateKey: signing.privateKey.export({ format: 'jwk' }),
    },
  };
}

/**
 * The same keyring with a new current key-encryption key; old ones stay until all is re-wrapped.
 */
export function withNewKek(file: KeyringFile): KeyringFile {
  const id = newKekId();
  const keys = { ...file.kek.keys, [id]: randomBytes(32).toString('base64') };
  return { ...file, kek: { current: id, keys } };
}

/** How long a running gateway may wrap under the key of before a rotation. */
export const KEY_FILE_REREAD_MS = 1_000;

/**
 * @param reread gives the key file again when it changed, so that key-encryption keys can be
 *   rotated while the gateway runs; nothing else of it is taken over.
 * @throws Error when the file lacks a key or a key has the wrong length.
 */
export function openKeyring(file: KeyringFile, reread?: () => KeyringFile | undefined): Keyring {
  const keks = new Map(
    Object.entries(file.kek.keys).map(([id, text]) => [id, secret(text, `kek ${id}`)] as const),
  );
  if (!keks.has(file.kek.current)) throw new Error('The key file lacks its current kek.');
  let current = file.kek.current;
  let looked = performance.now();
  const look = () => {
    if (!reread || performance.now() - looked < KEY_FILE_REREAD_MS) return;
    looked = performance.now();
    const again = reread();
    if (!again) return;
    for (const [id, text] of Object.entries(again.kek.keys)) {
      if (!keks.has(id)) keks.set(id, secret(text, `kek ${id}`));
    }
    if (keks.has(again.kek.current)) current = again.kek.current;
  };
  const root = secret(file.root, 'root');
  const derived = new Map<string, KeyObject>();
  return {
    demo: file.demo,
    kek: {
      get current() {
        look();
        return current;
      },
      key(id) {
        if (!keks.has(id)) look();
        const key = keks.get(id);
        if (!key) throw new Problem('fault', 'A key-encryption key is missing.', { code: 'kek' });
        return key;
      },
    },
    hmac(label) {
      const known = derived.get(label);
      if (known) return known;
      const key = createSecretKey(
        Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), `zorgsluis/${label}`, 32)),
      );
      derived.set(label, key);
      return key;
    },
    ledger: { name: file.ledger.name, ...pair(file.ledger.privateKey) },
    signing: { kid: file.signing.kid, ...pair(file.signing.privateKey) },
  };
}

function newKekId(): string {
  return `kek-${randomBytes(4).toString('hex')}`;
}

function secret(base64: string, what: string): KeyObject {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== 32)
    throw new Error(`The key file holds a wrong ${what}: 32 bytes expected.`);
  return createSecretKey(bytes);
}

function pair(jwk: JsonWebKey): { privateKey: KeyObject; publicKey: KeyObject } {
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
