/**
 * An independent witness over HTTP: it cosigns a head only when the tree extends the one it saw
 * before, so nobody, not even who holds our keys, can show it another history.
 * https://c2sp.org/tlog-witness and https://c2sp.org/tlog-cosignature
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { httpCall } from '../platform/http-client.ts';
import { Problem } from '../platform/problem.ts';
import type { Witness } from './checkpoint-files.ts';

export interface WitnessAt {
  /** Its address, to which `/add-checkpoint` is added. */
  readonly url: string;
  /** Its verifier key; without it cosignatures are kept as they come. */
  readonly key?: string;
}

export interface WitnessParts extends WitnessAt {
  /** Consistency proof between two sizes, oldest first. */
  readonly consistency: (first: number, second: number) => Promise<readonly Buffer[]>;
}

const LIMITS = { msMax: 10_000, bytesMax: 16_384, proofLinesMax: 63 } as const;
const COSIGNATURE = 4;

/**
 * @returns a witness that throws Problem `fault`, code `ledger-rolled-back` when it knows more than
 *   we have, `ledger-split` when it knows another history, and `busy` when it does not answer.
 */
export function createWitness(parts: WitnessParts): Witness {
  const key = parts.key === undefined ? undefined : readKey(parts.key);
  let known = 0;
  return async (note) => {
    const size = Number(note.split('\n')[1]);
    let answer = await add(parts, known, size, note);
    if (answer.status === 409) {
      known = Number(answer.text.trim());
      if (known > size) {
        throw found(
          'ledger-rolled-back',
          `A witness knows ${known} entries, and here are ${size}.`,
        );
      }
      answer = await add(parts, known, size, note);
    }
    if (answer.status === 422) {
      throw found('ledger-split', `A witness knows another history of the first ${known} entries.`);
    }
    if (answer.status !== 200) {
      throw new Problem('busy', `The witness answered ${answer.status}.`);
    }
    if (key) requireCosigned(answer.text, note, key);
    known = size;
    return answer.text;
  };
}

const found = (code: string, text: string): Problem => new Problem('fault', text, { code });

async function add(
  { url, consistency }: WitnessParts,
  old: number,
  size: number,
  note: string,
): Promise<{ status: number; text: string }> {
  const proof = old === 0 || old === size ? [] : await consistency(old, size);
  if (proof.length > LIMITS.proofLinesMax) throw new Error('The proof is longer than any tree.');
  const lines = proof.map((hash) => `${hash.toString('base64')}\n`).join('');
  const { status, body } = await httpCall(`${url.replace(/\/$/, '')}/add-checkpoint`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: `old ${old}\n${lines}\n${note}`,
    ...{ msMax: LIMITS.msMax, bytesMax: LIMITS.bytesMax },
  });
  return { status, text: body.toString('utf8') };
}

interface WitnessKey {
  readonly name: string;
  readonly id: Buffer;
  readonly publicKey: KeyObject;
}

/** @throws Error when it is no key for cosignatures, or does not fit its own name. */
function readKey(text: string): WitnessKey {
  const [name = '', id = '', ...rest] = text.trim().split('+');
  const bytes = Buffer.from(rest.join('+'), 'base64');
  if (bytes.length !== 33 || bytes[0] !== COSIGNATURE) {
    throw new Error('WITNESS_KEY is no verifier key of a witness.');
  }
  const expected = createHash('sha256').update(`${name}\n`).update(bytes).digest().subarray(0, 4);
  if (expected.toString('hex') !== id) throw new Error('WITNESS_KEY does not fit its own name.');
  const x = bytes.subarray(1).toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return { name, id: expected, publicKey };
}

/** @throws Problem `busy` when no line is a good cosignature of this witness. */
function requireCosigned(answer: string, note: string, { name, id, publicKey }: WitnessKey): void {
  const text = note.slice(0, note.indexOf('\n\n') + 1);
  const isGood = answer.split('\n').some((line) => {
    const start = `\u2014 ${name} `;
    if (!line.startsWith(start)) return false;
    const bytes = Buffer.from(line.slice(start.length), 'base64');
    if (bytes.length !== 76 || !bytes.subarray(0, 4).equals(id)) return false;
    const time = bytes.readBigUInt64BE(4);
    const signed = Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
    return verify(null, signed, publicKey, bytes.subarray(12));
  });
  if (!isGood) throw new Problem('busy', 'The witness did not sign with its key.');
}
