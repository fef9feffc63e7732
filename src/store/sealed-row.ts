/** A resource between its open form and the row it stands in. */

import { letGoOf } from '../platform/let-go.ts';
import { AHEAD_FROM_BYTES, aheadOf, besides, sealAhead } from './ahead.ts';
import { frame, readAbout, unframe } from './frame.ts';
import type { Known } from './opened-rows.ts';
import { seal, unseal } from './seal.ts';
import type { ResourceWrite, StoredResource } from './stored-resource.ts';
import type { VaultKey } from './vault-keys.ts';

export interface SealedRow {
  readonly type: string;
  readonly place: string;
  readonly custodian: string;
  readonly version: number;
  readonly updated: Date;
  readonly deleted: boolean;
  readonly sealed: Buffer;
}

/**
 * All that stands in clear in the row is bound to what is sealed: a row that was moved to another
 * vault, type, id or custodian, or whose version, time or deletion was changed, does not open.
 */
function rowContext(vault: string, row: Omit<SealedRow, 'sealed'>): string {
  const { type, place, custodian, version, updated, deleted } = row;
  return `${vault}|${type}|${place}|${custodian}|${version}|${updated.getTime()}|${deleted ? 1 : 0}`;
}

/**
 * @param known what stood beside the content when this very row was opened before: not read again
 * @throws Problem `fault` when the row is not as it was sealed.
 */
export function openRow(
  key: VaultKey,
  row: SealedRow,
  known?: Known,
): Omit<StoredResource, 'kept'> {
  const context = rowContext(key.vault, row);
  const framed = unframe(unseal(key.for('record'), besides(row.sealed), context));
  const { facts, ...about } = known ?? knownAhead(key, row) ?? aboutOf(framed.about, row);
  return {
    vault: key.vault,
    type: row.type,
    id: facts.id,
    version: row.version,
    custodian: row.custodian,
    updated: row.updated,
    native: framed.native,
    deleted: row.deleted,
    facts,
    bytes: framed.bytes,
    ...(framed.r4 ? { r4: framed.r4 } : {}),
    ...about,
  };
}

/**
 * What stands beside the content, of a row that has it ahead of that.
 * @param row its bytes, or the first of them
 * @returns undefined where it does not, or where more bytes are needed to tell.
 * @throws Problem `fault` when it is not as it was sealed.
 */
export function knownAhead(key: VaultKey, row: SealedRow): Known | undefined {
  const ahead = aheadOf(key.for('record'), row.sealed, rowContext(key.vault, row));
  return ahead && aboutOf(ahead, row);
}

function aboutOf(about: Buffer, { type, custodian }: SealedRow): Known {
  const { facts, ...rest } = readAbout(about);
  return { ...rest, facts: { ...facts, type, custodian } };
}

export const SAID = ['originalId', 'sourceTime', 'standing', 'elementTimes', 'mapping'] as const;

/** What is known of where a row came from; what is not known takes no room. */
export function saidOf(write: Pick<ResourceWrite, (typeof SAID)[number]>) {
  return Object.fromEntries(
    SAID.flatMap((name) => (write[name] === undefined ? [] : [[name, write[name]]])),
  );
}

/** Seals the content of a row under its vault key, bound to the place where it stands. */
export function sealRow(
  key: VaultKey,
  row: Omit<SealedRow, 'sealed'>,
  write: Pick<ResourceWrite, 'id' | 'native' | 'bytes' | 'r4' | 'facts' | (typeof SAID)[number]>,
): Buffer {
  const { type: _type, custodian: _custodian, ...facts } = write.facts;
  // Asked for once: what is made when it is asked for would be made again.
  const { bytes, r4 } = write;
  const about = { facts: { ...facts, id: write.id }, ...saidOf(write) };
  const framed = frame({ native: write.native, bytes, ...(r4 ? { r4 } : {}), about });
  const context = rowContext(key.vault, row);
  const isLarge = bytes.length + (r4?.length ?? 0) > AHEAD_FROM_BYTES;
  const ahead = isLarge ? sealAhead(key.for('record'), about, context) : undefined;
  if (Buffer.isBuffer(framed)) return seal(key.for('record'), framed, context, ahead);
  // Bytes that are made when they are asked for were made for this; and so were the pieces.
  const isOurs = Object.getOwnPropertyDescriptor(write, 'bytes')?.get !== undefined;
  if (isOurs && !framed.includes(bytes)) letGoOf(bytes);
  const sealed = seal(key.for('record'), framed, context, ahead);
  for (const piece of framed) if (piece !== bytes && piece !== r4) letGoOf(piece);
  return sealed;
}
