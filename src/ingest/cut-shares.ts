/**
 * A message about several people, cut into a share for each (architecture D4): what stands around
 * is in every share, so that each can be read by itself; what is one person's is in no other's. Each
 * share says where its bytes stood, so that the sender can have the message back as it came.
 */
import { createHash } from 'node:crypto';
import type { PartsLayout } from '../store/index.ts';
import type { Share } from './format.ts';

/** Bytes of the message that are for some only, by the number of the person. */
export interface Cut {
  readonly from: number;
  readonly to: number;
  readonly owners: ReadonlySet<number>;
}

/**
 * @param cuts in their order, and apart from each other.
 * @param people how many shares.
 * @param listed true when a comma parts one cut from the next.
 */
export function cutShares(
  { bytes, mediaType }: Pick<Share, 'bytes' | 'mediaType'>,
  cuts: readonly Cut[],
  people: number,
  listed = false,
): Share[] {
  const first = cuts[0]?.from ?? bytes.length;
  const last = cuts[cuts.length - 1]?.to ?? bytes.length;
  return Array.from({ length: people }, (_none, person) => {
    const share = openShare(bytes, mediaType);
    share.add({ from: 0, to: first }, person === 0);
    let has = false;
    for (const [index, cut] of cuts.entries()) {
      if (cut.owners.has(person)) {
        if (listed && has) share.comma();
        has = true;
        share.add(cut, Math.min(...cut.owners) === person);
      }
      const next = cuts[index + 1];
      if (!next) continue;
      if (!listed) share.add({ from: cut.to, to: next.from }, person === 0);
      else if (person === 0) share.between(cut.to, next.from);
    }
    share.add({ from: last, to: bytes.length }, person === 0);
    return share.done();
  });
}

function openShare(bytes: Buffer, mediaType: string) {
  const pieces: Buffer[] = [];
  const runs: { at: number; from: number; length: number }[] = [];
  const between: { at: number; text: string }[] = [];
  let length = 0;
  const put = (piece: Buffer): void => {
    pieces.push(piece);
    length += piece.length;
  };
  return {
    add({ from, to }: { readonly from: number; readonly to: number }, isTold: boolean): void {
      if (from >= to) return;
      if (isTold) runs.push({ at: from, from: length, length: to - from });
      put(bytes.subarray(from, to));
    },
    comma: (): void => put(COMMA),
    between(from: number, to: number): void {
      between.push({ at: from, text: bytes.subarray(from, to).toString('latin1') });
    },
    done: (): Share => ({ mediaType, bytes: Buffer.concat(pieces), runs, between }),
  };
}

const COMMA = Buffer.from(',');

/** Of nobody: what may be kept outside the shares. */
const NOBODYS = /^[\s,]*$/;

/**
 * How the shares make the message as it came.
 * @returns undefined when they do not, byte for byte.
 */
export function layoutOf(shares: readonly Share[], sha256: string): PartsLayout | undefined {
  const pieces = shares.flatMap(({ runs = [], between = [] }, part) => [
    ...runs.map(({ at, from, length }) => ({ at, piece: [part, from, length] as const })),
    ...between.map(({ at, text }) => ({ at, piece: text })),
  ]);
  const layout = joined(pieces.toSorted((a, b) => a.at - b.at).map(({ piece }) => piece));
  const digest = createHash('sha256');
  for (const piece of layout) {
    if (typeof piece !== 'string') {
      const [part, from, length] = piece;
      digest.update(shares[part]?.bytes.subarray(from, from + length) ?? COMMA);
    } else if (NOBODYS.test(piece)) digest.update(piece, 'latin1');
    else return undefined;
  }
  return digest.digest('hex') === sha256 ? layout : undefined;
}

/** Runs that follow each other in one share are one. */
function joined(pieces: PartsLayout): PartsLayout {
  const layout: PartsLayout[number][] = [];
  for (const piece of pieces) {
    const last = layout[layout.length - 1];
    if (typeof piece === 'string' || typeof last !== 'object') {
      layout.push(piece);
      continue;
    }
    const [part, from, length] = last;
    if (part !== piece[0] || from + length !== piece[1]) layout.push(piece);
    else layout[layout.length - 1] = [part, from, length + piece[2]];
  }
  return layout;
}
