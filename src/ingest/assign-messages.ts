/**
 * Whose each message of a delivery is, and with whose record its original ends. What came for
 * several people at once is parted: each has a share of their own (architecture D4), and what still
 * waits to be given to somebody is all that is left of the original.
 */
import type { Tx } from '../platform/database.ts';
import type { OpenOriginal } from '../store/index.ts';
import { layoutOf } from './cut-shares.ts';
import type { MappedMessage } from './format.ts';
import type { Handling, IntakeRooms } from './handling.ts';
import { type Identified, identify, identifyVerified, type LookedUp } from './identify.ts';
import { askedMerges, joinsTwo, linkEndedNumbers, TWO_RECORDS } from './person-merge.ts';

export interface Assigned {
  readonly message: MappedMessage;
  readonly found: Identified;
  /** Where the message can be read as it came. */
  readonly original: string;
}

/**
 * Finds whose each message is, and lets its original end with that person's record. What came for
 * several people at once is split: each has a share of their own (architecture D4).
 */
export async function assigned(
  rooms: IntakeRooms,
  tx: Tx,
  { sender, delivery, decision, verified, atOnce, claim, sha256, alongside }: Handling,
  messages: readonly MappedMessage[],
  looked: readonly (LookedUp | undefined)[] = [],
): Promise<Assigned[]> {
  const { store } = rooms;
  const custodian = sender.organisation.id;
  const { original, channel } = delivery;
  const found: Identified[] = [];
  for (const [at, message] of messages.entries()) {
    const merges = await askedMerges(store, tx, custodian, message);
    const one = joinsTwo(merges)
      ? { hold: [TWO_RECORDS] }
      : verified
        ? await identifyVerified(store, tx, custodian, message)
        : await identify(store, tx, custodian, message, decision, looked[at]);
    if (one.vault !== undefined) claim?.(one.vault);
    if (one.vault !== undefined) await linkEndedNumbers(store, tx, custodian, message, one.vault);
    found.push(one);
  }
  const loose = messages.flatMap((message, at) => (message.keptAs ? [] : [found[at]?.vault]));
  const vaults = new Set(loose);
  const [only] = vaults;
  if (atOnce) {
    const kept = { ...atOnce, sender: sender.client.id, custodian, channel };
    const keeping = store.keepOriginal(tx, kept, {
      id: original,
      ...(only ? { vault: only } : {}),
    });
    // Nothing of what follows waits for its answer.
    if (alongside) alongside(keeping);
    else await keeping;
  } else if (vaults.size === 1 && only !== undefined) {
    await store.bindOriginal(tx, original, only);
  }
  const isParted = vaults.size > 1 && messages.every(({ share, keptAs }) => share && !keptAs);
  const shares: Assigned[] = [];
  for (const [index, message] of messages.entries()) {
    const { vault } = found[index] ?? {};
    let id = message.keptAs ?? original;
    if (isParted && message.share) {
      const share = { ...message.share, sender: sender.client.id, custodian, channel };
      id = (await store.keepOriginal(tx, share)).id;
    }
    if (id !== original && vault !== undefined) await store.bindOriginal(tx, id, vault);
    shares.push({ message, found: found[index] ?? { hold: [] }, original: id });
  }
  if (isParted) {
    const layout = layoutOf(
      messages.flatMap(({ share }) => share ?? []),
      sha256,
    );
    const parts = shares.map((one) => one.original);
    await store.partOriginal(tx, original, parts, layout);
  }
  return shares;
}

/** An original, or one of its parts: then what is read from it goes on lying there. */
type Kept = OpenOriginal & { readonly bytes: Buffer; readonly keptAs?: string };

/** All that is there of a delivery; what ended with the record it belonged to is not. */
export async function originalsOf(
  { store, database }: Pick<IntakeRooms, 'store' | 'database'>,
  original: string,
): Promise<Kept[]> {
  const parts = await store.partsOfOriginal(database, original);
  if (parts.length === 0) return [await store.openOriginal(database, original)];
  const kept: Kept[] = [];
  for (const id of parts) kept.push({ ...(await store.openOriginal(database, id)), keptAs: id });
  return kept;
}
