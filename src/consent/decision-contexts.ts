/**
 * What decisions of one time shared, kept once: written before the first decision that rests on it
 * leaves, so that every line of the ledger can be followed back.
 */
import { createHash } from 'node:crypto';
import { contextDigest, contextText, readContext } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Sql, statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';

const KEEP = statement(
  'consent_keep_context',
  `insert into decision_context (digest, first_used, content) values ($1, $2, $3)
   on conflict do nothing`,
);
const FIND = statement(
  'consent_find_context',
  'select content from decision_context where digest = $1',
);

type Shared = Parameters<typeof contextDigest>[0];

export interface DecisionContexts {
  /** Nothing to wait for once this gateway has kept it. */
  keep(shared: Shared): Promise<void> | undefined;
  /** @throws Problem `fault` when what is kept is not what its digest says. */
  find(digest: string): Promise<ReturnType<typeof readContext> | undefined>;
}

const KNOWN_MAX = 10_000;

/** The contexts of all gateways on this database. */
export function createDecisionContexts(database: Sql, clock: Clock): DecisionContexts {
  const known = new Set<string>();
  return {
    keep(shared) {
      const digest = contextDigest(shared);
      if (known.has(digest)) return undefined;
      const values = [Buffer.from(digest, 'hex'), clock(), contextText(shared)];
      return database.query({ ...KEEP, values }).then(() => {
        if (known.size >= KNOWN_MAX) known.clear();
        known.add(digest);
      });
    },
    async find(digest) {
      const values = [Buffer.from(digest, 'hex')];
      const { rows } = await database.query<{ content: string }>({ ...FIND, values });
      if (!rows[0]) return undefined;
      const { content } = rows[0];
      if (createHash('sha256').update(content).digest('hex') !== digest) {
        throw new Problem('fault', 'What decisions shared was changed afterwards.');
      }
      return readContext(content);
    },
  };
}
