/**
 * The rules and care relations of a vault under its consent epoch, opened once and kept in a
 * bounded cache. A cached set can only be too old if the epoch moved, and then the fetch returns
 * nothing (architecture D6).
 */
import { type CareRelation, type ConsentRule, digestOf } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import type { CareRelations } from './care-relations.ts';
import type { ChoiceBook } from './choices.ts';
import type { VaultEvidence } from './evidence.ts';
import { newestEpoch } from './newest-epoch.ts';

const RULES_CACHE_LIMITS = {
  vaultsMax: 5_000,
  /** Rules and relations of all of them together: some people have thousands of visits. */
  itemsMax: 100_000,
} as const satisfies Record<string, number>;

export interface RulesUnderEpoch {
  readonly epoch: number;
  /** What was laid down up to this epoch counts: higher than the other where that was set back. */
  readonly counts: number;
  /** The same array for the same epoch, so that what is worked out from it is worked out once. */
  readonly rules: readonly ConsentRule[];
  /** Care relations under the same epoch; the same array for the same epoch too. */
  readonly relations: readonly CareRelation[];
}

export interface RulesOf {
  (sql: Sql, vault: string): Promise<RulesUnderEpoch>;
  /** As they were last read, without asking: for whoever fetches under the epoch they name. */
  lastRead(vault: string): RulesUnderEpoch | undefined;
  /** What was read is old: something was laid down just now. */
  forget(vault: string): void;
}

export function createRulesOf(
  store: Pick<VaultEvidence, 'epoch'>,
  choices: Pick<ChoiceBook, 'rulesAt'>,
  careRelations: Pick<CareRelations, 'at'>,
  setBack: (vault: string, epoch: number) => void = () => undefined,
): RulesOf {
  const cache = new Map<string, RulesUnderEpoch>();
  let items = 0;

  function forget(vault: string): void {
    const known = cache.get(vault);
    if (known) items -= known.rules.length + known.relations.length;
    cache.delete(vault);
  }

  /**
   * The epoch is read first. What was saved since then counts as well: either the fetch finds that
   * the epoch moved, or it was set back by another hand.
   */
  async function rulesOf(sql: Sql, vault: string): Promise<RulesUnderEpoch> {
    const epoch = await store.epoch(sql, vault);
    const known = cache.get(vault);
    if (known?.epoch === epoch) return known;
    const under = (counts: number) =>
      Promise.all([choices.rulesAt(sql, vault, counts), careRelations.at(sql, vault, counts)]);
    const [newest, atEpoch] = await Promise.all([newestEpoch(sql, vault), under(epoch)]);
    const counts = Math.max(epoch, newest);
    const [found, relations] = counts > epoch ? await under(counts) : atEpoch;
    if (counts > epoch && (await store.epoch(sql, vault)) < counts) setBack(vault, epoch);
    const rules = known ? asBefore(found, known.rules) : found;
    // What a decision rests on is digested here, once for each epoch, and not by each decision.
    digestOf(rules);
    const read = { epoch, counts, rules, relations };
    forget(vault);
    cache.set(vault, read);
    items += rules.length + relations.length;
    for (const oldest of cache.keys()) {
      const { vaultsMax, itemsMax } = RULES_CACHE_LIMITS;
      if (oldest === vault || (cache.size <= vaultsMax && items <= itemsMax)) break;
      forget(oldest);
    }
    return read;
  }

  return Object.assign(rulesOf, { lastRead: (vault: string) => cache.get(vault), forget });
}

/**
 * A version of a rule never changes: what was worked out for it before the epoch moved is kept.
 * Records that were merged and parted again may use one number twice, so what counts most is
 * compared as well.
 */
function asBefore(
  rules: readonly ConsentRule[],
  before: readonly ConsentRule[],
): readonly ConsentRule[] {
  const known = new Map(before.map((rule) => [nameOf(rule), rule]));
  return rules.map((rule) =>
    rule.version === undefined ? rule : (known.get(nameOf(rule)) ?? rule),
  );
}

const nameOf = ({ id, version, type, status, dateTime }: ConsentRule): string =>
  [id, version, type, status, dateTime].join('|');
