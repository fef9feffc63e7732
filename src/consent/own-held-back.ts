/**
 * What the record holds that its source still keeps back from the person: named, so that lines of
 * the log about how it came in read as if it had not (capabilities B9). It leaves in no answer.
 */
import type { AccessRequest } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import { Problem } from '../platform/problem.ts';
import { throughPages } from '../store/index.ts';
import type { OwnCountParts } from './own-counts.ts';
import { isHeldBack } from './release-event.ts';

export interface OwnHeldBack {
  /** `Type/id` of each, also of what was taken back meanwhile. @throws Problem `busy`. */
  heldBack(vault: string, access: AccessRequest): Promise<ReadonlySet<string>>;
}

const AGAIN_MAX = 4;

/** For the pages of the person, and of no one else. */
export function createOwnHeldBack(parts: OwnCountParts & { readonly clock: Clock }): OwnHeldBack {
  const { database, store, grantFor, clock } = parts;
  return {
    async heldBack(vault, access) {
      for (let attempt = 0; attempt < AGAIN_MAX; attempt += 1) {
        const grant = await grantFor(access, vault, clock());
        const held = new Set<string>();
        const asked = { vault, epoch: grant.epoch, deletedToo: true };
        const moved = await throughPages(store, database, asked, (rows) => {
          for (const { facts, type, id } of rows) {
            if (isHeldBack(grant.covers(facts).reason)) held.add(`${type}/${id}`);
          }
        });
        if (!moved) return held;
      }
      throw new Problem('busy', 'The record changed while it was read.', { retryAfterSeconds: 1 });
    },
  };
}
