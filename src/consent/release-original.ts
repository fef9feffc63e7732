/**
 * The way out for a message as it came: to the system that sent it and nobody else, byte for byte,
 * with a line in the ledger before the first byte leaves (source-formats.md 2.7).
 */
import type { Ledger } from '../audit/index.ts';
import type { Database } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';

export interface OriginalAsked {
  readonly client: string;
  /** Organisation id of the sender. */
  readonly organisation: string;
  readonly address: string;
  readonly requestId: string;
}

/** @throws Problem `not-found` when it is another's, or gone with the record it belonged to. */
export function createReleaseOriginal(parts: {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Ledger;
}) {
  const { database, store, ledger } = parts;
  return async (asked: OriginalAsked, delivery: { id: string; original: string }) => {
    const about = await store.aboutOriginal(database, delivery.original);
    if (about.sender !== asked.client || about.custodian !== asked.organisation) {
      throw new Problem('not-found', 'There is no such message.', { code: 'original' });
    }
    await ledger.record([
      {
        class: 'care',
        event: 'original-read',
        action: 'R',
        outcome: 0,
        agent: {
          kind: 'system',
          id: asked.client,
          organisation: asked.organisation,
          address: asked.address,
        },
        ...(about.vault === undefined ? {} : { patient: about.vault }),
        client: asked.client,
        route: 'sender',
        holders: [about.custodian],
        released: 1,
        requestId: asked.requestId,
        correlationId: delivery.id,
        door: 'ingest',
        detail: { receipt: delivery.id },
      },
    ]);
    const { mediaType, sha256, size } = about;
    return { mediaType, sha256, size, chunks: store.originalChunks(database, about.id) };
  };
}
