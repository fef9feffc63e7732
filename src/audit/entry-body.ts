/**
 * The sealed body of an entry: the canonical record, packed and encrypted (AES-256-GCM) under the
 * key of its class and month. The nonce is the start of the salt, and the salt is bound in, so a
 * body opens only beside its own salt in its own ledger.
 */
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { WHOLE_TAG } from '../platform/whole-tag.ts';
import { packRecord, unpackRecord } from './packed-record.ts';

const TAG_BYTES = 16;
const NONCE_BYTES = 12;

export function sealBody(key: KeyObject, origin: string, salt: Buffer, canonical: Buffer): Buffer {
  const { dictionary, bytes } = packRecord(canonical);
  const cipher = createCipheriv('aes-256-gcm', key, salt.subarray(0, NONCE_BYTES));
  cipher.setAAD(bound(origin, salt, dictionary));
  const body = Buffer.allocUnsafe(1 + bytes.length + TAG_BYTES);
  body[0] = dictionary;
  cipher.update(bytes).copy(body, 1);
  cipher.final();
  cipher.getAuthTag().copy(body, 1 + bytes.length);
  return body;
}

/** @throws Error when the body was changed, or belongs to another salt, key or ledger. */
export function openBody(key: KeyObject, origin: string, salt: Buffer, body: Buffer): string {
  if (body.length < 1 + TAG_BYTES || salt.length !== 16) {
    throw new Error('The body of a ledger entry is not whole.');
  }
  const dictionary = body.readUInt8(0);
  const decipher = createDecipheriv('aes-256-gcm', key, salt.subarray(0, NONCE_BYTES), WHOLE_TAG);
  decipher.setAAD(bound(origin, salt, dictionary));
  decipher.setAuthTag(body.subarray(-TAG_BYTES));
  const packed = decipher.update(body.subarray(1, -TAG_BYTES));
  decipher.final();
  return unpackRecord(packed, dictionary);
}

function bound(origin: string, salt: Buffer, dictionary: number): Buffer {
  return Buffer.concat([Buffer.from(`zorgsluis/ledger-entry|${origin}|${dictionary}|`), salt]);
}
