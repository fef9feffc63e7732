/**
 * What came, changed or was taken back in the own record since a moment (capabilities A7). What is
 * under embargo shows from the moment that this ends, and then as new.
 */

import type { Ledger } from '../audit/index.ts';
import { isTakenBack, R4 } from '../conformance/index.ts';
import {
  type AccessRequest,
  clinicalDate,
  type Grant,
  isPartOfAnother,
} from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store, StoredResource } from '../store/index.ts';
import { asShown } from './as-shown.ts';
import { titleOf } from './own-title.ts';
import { disclosure } from './release-event.ts';
import { inForm } from './release-form.ts';
import { verdictOn } from './release-read.ts';
import type { Opened } from './search-pool.ts';

export interface OwnNewsItem {
  readonly kind: 'new' | 'changed' | 'taken-back';
  /** `Type/id`. */
  readonly ref: string;
  readonly type: string;
  /** What the source calls it; of what was taken back, what it called it before. */
  readonly title?: string;
  /** When the source said it here. */
  readonly at: Date;
  /** Clinical date, where there is one. */
  readonly date?: string;
  /** Organisation id. */
  readonly custodian: string;
}

export interface OwnNews {
  /**
   * Newest first, at most `OWN_NEWS_MAX`.
   * @param only of one kind.
   * @throws Problem `too-costly` for a record with too many versions, `busy`.
   */
  news(
    vault: string,
    access: AccessRequest,
    since: Date,
    only?: OwnNewsItem['kind'],
  ): Promise<readonly OwnNewsItem[]>;
}

export interface OwnNewsParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Pick<Ledger, 'record'>;
  readonly clock: Clock;
  grantFor(access: AccessRequest, vault: string, at: Date): Promise<Grant>;
}

const OWN_NEWS_MAX = 500;

export function createOwnNews(parts: OwnNewsParts): OwnNews {
  const store = asShown(parts.store, parts.clock);
  return {
    async news(vault, access, since, only) {
      const grant = await parts.grantFor(access, vault, parts.clock());
      const { rows, epochMoved, tooMany } = await store.candidates(parts.database, {
        vault,
        epoch: grant.epoch,
        deletedToo: true,
        olderToo: true,
        cut: true,
      });
      if (epochMoved) throw new Problem('busy', 'The record changed.', { retryAfterSeconds: 1 });
      if (tooMany) throw new Problem('too-costly', 'This record has too many versions.');
      const news = [...byResource(rows)]
        .flatMap((versions) => newsOf(versions, grant, since))
        .filter(({ item }) => only === undefined || item.kind === only)
        .toSorted((a, b) => b.item.at.getTime() - a.item.at.getTime())
        .slice(0, OWN_NEWS_MAX);
      await parts.ledger.record([
        disclosure(access, vault, {
          event: 'history-type',
          action: 'E',
          grant,
          shown: news.map(({ opened }) => opened),
          withheld: [],
          query: only === undefined ? 'own-news' : `own-news?kind=${only}`,
        }),
      ]);
      return news.map(({ item }) => item);
    },
  };
}

/** The versions of each resource, the current one first. */
function byResource(rows: readonly StoredResource[]): Iterable<readonly StoredResource[]> {
  const all = new Map<string, StoredResource[]>();
  for (const row of rows) {
    const name = `${row.type}/${row.id}/${row.custodian}`;
    const known = all.get(name);
    if (known) known.push(row);
    else all.set(name, [row]);
  }
  return all.values();
}

interface Told {
  readonly item: OwnNewsItem;
  readonly opened: Opened;
}

function newsOf(versions: readonly StoredResource[], grant: Grant, since: Date): Told[] {
  const [current] = versions;
  if (!current || current.updated < since) return [];
  // The bytes of a document go with the document; what is no part of a record is no news.
  if (isPartOfAnother(current.facts) || current.facts.category === 'none') return [];
  const verdict = verdictOn(grant, { row: current, current });
  if (!verdict.permit) return [];
  const stood = versions.find((row) => !isGone(row));
  const kind = isGone(current) ? 'taken-back' : wasKnown(versions, since) ? 'changed' : 'new';
  // What never stood here was not seen by anybody.
  if (stood === undefined) return [];
  const resource = JSON.parse((stood.r4 ?? stood.bytes).toString('utf8'));
  const [title, date] = [titleOf(resource), clinicalDate(resource)];
  const { type, id, custodian, updated: at } = current;
  const item: OwnNewsItem = {
    ...{ kind, ref: `${type}/${id}`, type, custodian, at },
    ...(title === undefined ? {} : { title }),
    ...(date === undefined ? {} : { date }),
  };
  return [{ item, opened: { row: current, verdict } }];
}

const wasKnown = (versions: readonly StoredResource[], since: Date): boolean =>
  versions.some((row) => row.updated < since && !isGone(row));

function isGone(row: StoredResource): boolean {
  if (row.deleted) return true;
  const form = inForm(row, R4);
  return form === undefined || isTakenBack(form);
}
