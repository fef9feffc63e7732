/** A decision and what was fetched under it, of one consent epoch (architecture D6). */
import type { Ledger } from '../audit/index.ts';
import type { AccessRequest, Grant } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';
import type { GrantFor } from './grant-for.ts';
import type { PageCursors } from './page-cursor.ts';
import type { ProvenanceParts } from './provenance/made-provenance.ts';
import { refusal } from './release-event.ts';
import type { Hearing } from './retraction/withdrawn.ts';
import type { AskedElsewhere } from './time-band.ts';

export interface ReleaseParts extends Hearing, Pick<ProvenanceParts, 'uraOf'> {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Pick<Ledger, 'record' | 'pseudonymOf'>;
  readonly cursors: PageCursors;
  readonly clock: Clock;
  /** Decides for one request on one vault; throws the Problems of step 0. */
  readonly grantFor: GrantFor;
  /** The national register, where one is asked. */
  readonly register?: AskedElsewhere | undefined;
  /** Notes which record this look falls on. */
  readonly fallsOn?: (vault: string) => void;
}

/** How often a decision is made again when the patient's choices change during a request. */
const DECIDE_AGAIN_MAX = 4;

/** Stands for people nobody knows here, so that a question about them takes the same way. */
export const NOBODY = '00000000-0000-4000-8000-000000000000';

/**
 * Decides and fetches under one consent epoch; when the epoch moved meanwhile, decides again. A
 * refusal before the decision (step 0) is written down and thrown on.
 */
export async function decided<T>(
  parts: ReleaseParts,
  access: AccessRequest,
  vault: string | undefined,
  question: string,
  fetch: (vault: string, grant: Grant) => Promise<T | 'moved'>,
): Promise<{ grant: Grant; found: T }> {
  parts.fallsOn?.(vault ?? NOBODY);
  try {
    for (let attempt = 0; attempt < DECIDE_AGAIN_MAX; attempt += 1) {
      const grant = await grantNow(parts, access, vault ?? NOBODY, attempt === 0);
      const found = await fetch(vault ?? NOBODY, grant);
      if (found !== 'moved') return { grant, found };
    }
    throw new Problem('busy', 'The record changed while it was read.', { retryAfterSeconds: 1 });
  } catch (error) {
    const problem = Problem.from(error);
    if (problem.kind !== 'busy') {
      await parts.ledger.record([refusal(access, vault, question, problem)]);
    }
    throw error;
  }
}

/**
 * The first time on the choices as they were last read: the fetch compares the epoch, so a choice
 * that was made meanwhile is seen there. A refusal is never given on what was read before.
 */
async function grantNow(
  parts: ReleaseParts,
  access: AccessRequest,
  vault: string,
  lastRead: boolean,
): Promise<Grant> {
  if (!lastRead) return parts.grantFor(access, vault, parts.clock());
  try {
    return await parts.grantFor(access, vault, parts.clock(), { lastRead });
  } catch {
    return parts.grantFor(access, vault, parts.clock());
  }
}
