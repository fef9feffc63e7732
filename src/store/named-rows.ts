/**
 * Rows by their names, for many requests in one statement. Beside the row that was asked for, the
 * statement looks at what that row refers to: of those only that they are there, and which version,
 * since their facts are mostly known. Each question carries its own vault, and gets that vault's
 * consent epoch of the same moment, so a choice that was committed before it always counts (D6).
 */
import type { ResourceFacts } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import { gather } from '../platform/gather.ts';
import { Problem } from '../platform/problem.ts';
import {
  type Answer,
  type FoundRow,
  fetchAll,
  type Owner,
  type Question,
  type RowQuestion,
} from './ask-named-rows.ts';
import { withLarge } from './fetch-large.ts';
import { createOpenedRows, type OpenedRows } from './opened-rows.ts';
import { type PlaceKeys, placeOf } from './place.ts';
import { isSameMark, type Mark, markOf } from './record-marks.ts';
import type { StoredResource } from './stored-resource.ts';
import type { VaultKey, VaultKeys } from './vault-keys.ts';

const NAMED_LIMITS = {
  questionsTogetherMax: 400,
  roundTripsMax: 3,
} as const satisfies Record<string, number>;

export interface ResourceName {
  /** R4 type name. */
  readonly type: string;
  readonly id: string;
}

export interface NamedQuery {
  readonly vault: string;
  /** The consent epoch that the decision was made under. */
  readonly epoch: number;
  /** Tombstones as well. */
  readonly whole: readonly (ResourceName & { readonly custodian?: string })[];
  /** What nobody may look into is given without its content, where that is large. */
  readonly mayOpen?: ((facts: ResourceFacts) => boolean) | undefined;
  /** Only what a decision looks at; what was deleted is not there. */
  readonly facts: readonly ResourceName[];
  /**
   * The vault is where the first of `whole` was found before by its bare id: looked at again in the
   * same moment.
   */
  readonly asFound?: boolean;
  /**
   * How the record stood when the same request fetched what it shows. Facts that are remembered of
   * that very mark are of the same moment: nothing is asked again. Not together with `whole`.
   */
  readonly asOf?: Mark | undefined;
}

export interface NamedAnswer {
  readonly rows: readonly StoredResource[];
  /** Facts of all custodians' rows of each name asked, in the order asked. */
  readonly facts: readonly (readonly ResourceFacts[])[];
}

export interface NamedRows {
  /**
   * @returns `moved` when the vault's epoch is another now, or when its bare id leads elsewhere:
   *   decide again, nothing was fetched.
   */
  ask(sql: Sql, query: NamedQuery, opened: OpenedRows): Promise<NamedAnswer | 'moved'>;
}

export function createNamedRows(keys: VaultKeys, places: PlaceKeys): NamedRows {
  const lines = new WeakMap<Sql, (question: Question) => Promise<Answer>>();

  function lineOf(sql: Sql) {
    const line =
      lines.get(sql) ??
      gather((asked: readonly Question[]) => fetchAll(sql, asked), {
        togetherMax: 64,
        lanesMax: 1,
      });
    lines.set(sql, line);
    return line;
  }

  return {
    async ask(sql, query, opened) {
      const { vault, epoch } = query;
      // What a transaction sees of its own is not yet so for others, and may come to nothing.
      const shelf = 'transaction' in sql ? opened : createOpenedRows();
      const whole = query.whole.map(({ type, id, custodian = null }) => ({
        type,
        place: placeOf(places, type, id),
        custodian,
        whole: true,
      }));
      const named = query.facts.map(({ type, id }) => ({
        type,
        place: placeOf(places, type, id),
        custodian: null,
        whole: false,
      }));
      const [first] = whole;
      const leading = query.asFound && first ? { leading: first } : {};
      const question = query.asOf && `named ${named.map(({ type, place }) => type + place).join()}`;
      const known = question && remembered(shelf, query, question);
      if (known) return known;
      let rows: RowQuestion[] = [...whole, ...named];
      for (let attempt = 0; attempt < NAMED_LIMITS.roundTripsMax; attempt += 1) {
        const key = await keys.recordOrNobodys(sql, vault);
        const found = await lineOf(sql)({ vault, rows, ...leading });
        if ((found.owner?.epoch ?? 0) !== epoch) return 'moved';
        if (query.asFound && found.leads !== vault) return 'moved';
        // Of an erased vault there is no row left, and no key.
        if (found.rows.length > 0 && found.owner?.key_number !== key.number) {
          keys.forget(vault);
          continue;
        }
        const { mayOpen } = query;
        if (!(await withLarge(sql, { key, shelf, rows, mayOpen }, found.rows))) continue;
        const missing = missingIn(shelf, key, found.rows);
        if (missing.size === 0) {
          if (question) shelf.answers.put(vault, question, markOfOwner(found.owner), found.rows);
          return answerOf(shelf, key, whole.length, rows, found.rows);
        }
        // What is met for the first time is opened once; its facts are known from then on.
        rows = rows.map((one, nth) => (missing.has(nth) ? { ...one, whole: true } : one));
      }
      throw new Problem('busy', 'The record is being changed.', { retryAfterSeconds: 1 });
    },
  };
}

function markOfOwner(owner: Owner | undefined): Mark {
  return markOf(owner && { ...owner, changes: owner.version });
}

/** Facts by the names that were asked of the same mark before, as far as all are at hand. */
function remembered(
  opened: OpenedRows,
  { vault, facts: asked, asOf }: NamedQuery,
  question: string,
): NamedAnswer | undefined {
  const known = opened.answers.get(vault, question);
  if (!known?.rows || !asOf || !isSameMark(known.mark, asOf)) return undefined;
  const facts = asked.map((): ResourceFacts[] => []);
  for (const row of known.rows) {
    if (row.deleted) continue;
    const one = opened.known(vault, row);
    if (!one) return undefined;
    facts[row.nth ?? -1]?.push(one.facts);
  }
  return { rows: [], facts };
}

/** Numbers of the names of which some facts are not known yet. */
function missingIn(opened: OpenedRows, key: VaultKey, found: readonly FoundRow[]): Set<number> {
  const missing = new Set<number>();
  for (const row of found) {
    if (row.sealed !== null || row.atHand || row.deleted) continue;
    if (!opened.known(key.vault, row)) missing.add(row.nth);
  }
  return missing;
}

function answerOf(
  opened: OpenedRows,
  key: VaultKey,
  wholes: number,
  asked: readonly RowQuestion[],
  found: readonly FoundRow[],
): NamedAnswer {
  const rows: StoredResource[] = [];
  const facts = asked.slice(wholes).map((): ResourceFacts[] => []);
  for (const row of found) {
    const { sealed } = row;
    const isWanted = row.nth < wholes;
    if (isWanted || ((sealed !== null || row.atHand) && !row.deleted)) {
      const one = sealed ? opened.open(key, { ...row, sealed }) : row.atHand;
      if (!one) throw new Error('A row was given without its content.');
      if (isWanted) rows.push(one);
      else facts[row.nth - wholes]?.push(one.facts);
    } else if (!row.deleted) {
      const one = opened.known(key.vault, row);
      if (one) facts[row.nth - wholes]?.push(one.facts);
    }
  }
  return { rows, facts };
}
