/**
 * What a decision looks at stands before the content of a large row, sealed by itself: whoever may
 * not look into that row is refused without its bytes being fetched or opened. The time that takes
 * would tell of it (docs/decisions/2040). It is sealed with the content as well.
 * Layout: format 2 | bytes of what stands ahead 4 | that, sealed | the content, sealed. A row
 * without it begins with the format of a seal, 1.
 */
import type { KeyObject } from 'node:crypto';
import type { About } from './frame.ts';
import { seal, unseal } from './seal.ts';

/** Rows of which more is opened have it. */
export const AHEAD_FROM_BYTES = 65_536;
/** Of a row, to see what stands ahead; where that takes more, the whole row is fetched. */
export const AHEAD_FETCH_BYTES = 16_384;

const FORMAT = 2;
const HEAD_BYTES = 5;

const contextOf = (rowContext: string) => `${rowContext}|ahead`;

/** @param context of the row: of another row, or another version, it does not open */
export function sealAhead(key: KeyObject, about: About, context: string): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  const sealed = seal(key, Buffer.from(JSON.stringify(about)), contextOf(context), head);
  sealed[0] = FORMAT;
  sealed.writeUInt32BE(sealed.length - HEAD_BYTES, 1);
  return sealed;
}

/** The sealed content of a row, without what stands ahead of it. */
export const besides = (sealed: Buffer): Buffer =>
  sealed[0] === FORMAT ? sealed.subarray(endOf(sealed)) : sealed;

/**
 * What stands ahead, as `readAbout` reads it.
 * @param start the first bytes of a row, or all
 * @returns undefined where nothing does, or more than these bytes.
 * @throws Problem `fault` when it is not as it was sealed.
 */
export function aheadOf(key: KeyObject, start: Buffer, context: string): Buffer | undefined {
  if (start[0] !== FORMAT) return undefined;
  const end = endOf(start);
  if (end === undefined || end > start.length) return undefined;
  return unseal(key, start.subarray(HEAD_BYTES, end), contextOf(context));
}

const endOf = (start: Buffer): number | undefined =>
  start.length < HEAD_BYTES ? undefined : HEAD_BYTES + start.readUInt32BE(1);
