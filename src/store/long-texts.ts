/** Long texts of base64, as documents are, taken out of a large row. */
import { cutTexts } from '../conformance/index.ts';
import { letGoWithRoom } from '../platform/let-go.ts';
import type { StoredResource } from './stored-resource.ts';

/** Bytes of a row, sealed or opened, from which on it is cut; smaller ones stay whole. */
export const CUT_ROW_BYTES = 65_536;
const LONG_TEXT_BYTES = 32_768;

type Content = Pick<StoredResource, 'bytes' | 'r4' | 'wholeBytes'>;

/** The same row without its long texts; it says how large it was. */
export function withoutLongTexts<R extends Content>(row: R): R {
  const { bytes, r4 } = row;
  const wholeBytes = bytes.length + (r4?.length ?? 0);
  if (wholeBytes <= CUT_ROW_BYTES) return row;
  const cut = cutTexts(bytes, LONG_TEXT_BYTES);
  const cutR4 = r4 && cutTexts(r4, LONG_TEXT_BYTES);
  if (!cut && !cutR4) return row;
  const rest = {
    bytes: cut ?? Buffer.from(bytes),
    ...(r4 ? { r4: cutR4 ?? Buffer.from(r4) } : {}),
  };
  // Both were parts of what was unpacked, which nobody else has.
  letGoWithRoom(bytes);
  return { ...row, ...rest, wholeBytes };
}
