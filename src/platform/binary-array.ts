/**
 * Arrays as PostgreSQL takes them in binary: for statements that carry the values of many requests.
 * As text every element is quoted, every byte written as two letters, and all of it read back on
 * the other side. A Buffer given as a value is sent in binary; its type must be the one that the
 * statement names (`$1::uuid[]`). Layout: array_recv in PostgreSQL's arrayfuncs.c.
 */
import { writeHex } from './hex.ts';

/** Object ids of the element types, as in pg_type. */
const OID = { bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, uuid: 2950 } as const;
const HEAD_BYTES = 20;
const NULL_LENGTH = -1;
const UUID_LENGTH = 36;
const UUID_BYTES = 16;

type Nullable<T> = readonly (T | null | undefined)[];

export const binaryArray = {
  bool: (values: Nullable<boolean>) =>
    fixed(OID.bool, 1, values, (to, at, value) => to.writeUInt8(value ? 1 : 0, at)),
  int2: (values: Nullable<number>) =>
    fixed(OID.int2, 2, values, (to, at, value) => to.writeInt16BE(value, at)),
  int4: (values: Nullable<number>) =>
    fixed(OID.int4, 4, values, (to, at, value) => to.writeInt32BE(value, at)),
  int8: (values: Nullable<number | bigint | string>) =>
    fixed(OID.int8, 8, values, (to, at, value) => to.writeBigInt64BE(BigInt(value), at)),
  uuid: (values: Nullable<string>) => fixed(OID.uuid, UUID_BYTES, values, writeUuid),
  text(values: Nullable<string>): Buffer {
    let bytes = 0;
    for (const value of values) if (value != null) bytes += Buffer.byteLength(value);
    const { to, at: start } = begin(OID.text, values, bytes);
    let at = start;
    for (const value of values) {
      if (value == null) at = to.writeInt32BE(NULL_LENGTH, at);
      else {
        const length = to.write(value, at + 4);
        at = to.writeInt32BE(length, at) + length;
      }
    }
    return to;
  },
  bytea(values: Nullable<Uint8Array>): Buffer {
    let bytes = 0;
    for (const value of values) bytes += value?.length ?? 0;
    const { to, at: start } = begin(OID.bytea, values, bytes);
    let at = start;
    for (const value of values) {
      at = to.writeInt32BE(value?.length ?? NULL_LENGTH, at);
      if (value) to.set(value, at);
      at += value?.length ?? 0;
    }
    return to;
  },
} as const;

function fixed<T>(
  oid: number,
  width: number,
  values: Nullable<T>,
  write: (to: Buffer, at: number, value: T) => void,
): Buffer {
  // Counted loops: an iterator makes an object for each element, of every array of every group.
  let present = 0;
  for (let nth = 0; nth < values.length; nth += 1) if (values[nth] != null) present += 1;
  const { to, at: start } = begin(oid, values, present * width);
  let at = start;
  for (let nth = 0; nth < values.length; nth += 1) {
    const value = values[nth];
    at = to.writeInt32BE(value == null ? NULL_LENGTH : width, at);
    if (value == null) continue;
    write(to, at, value);
    at += width;
  }
  return to;
}

function begin(oid: number, values: Nullable<unknown>, bytes: number) {
  const count = values.length;
  const to = Buffer.allocUnsafe((count === 0 ? 12 : HEAD_BYTES) + count * 4 + bytes);
  // An array without elements has no dimension.
  to.writeInt32BE(count === 0 ? 0 : 1, 0);
  to.writeInt32BE(values.some((value) => value == null) ? 1 : 0, 4);
  to.writeInt32BE(oid, 8);
  if (count === 0) return { to, at: 12 };
  to.writeInt32BE(count, 12);
  to.writeInt32BE(1, 16);
  return { to, at: HEAD_BYTES };
}

/** @throws RangeError for what is not a uuid: nothing is guessed. */
function writeUuid(to: Buffer, at: number, uuid: string): void {
  if (uuid.length !== UUID_LENGTH || writeHex(to, at, uuid) !== at + UUID_BYTES) {
    throw new RangeError('This is not a uuid.');
  }
}
