/**
 * The index columns of an entry. They only narrow a search, and they are a function of the record
 * and a key, so a changed column is found by deriving it again.
 */
import type { LedgerRecord } from './ledger-record.ts';
import type { Pseudonyms } from './pseudonyms.ts';

export interface EntryColumns {
  /** Whole seconds since 2020. */
  readonly at: number;
  readonly agent: number;
  readonly organisation: number | null;
  /** The first holder that is not the organisation of the agent. */
  readonly holder: number | null;
  readonly outcome: number;
  readonly action: string;
  readonly event: string;
  readonly purpose: string | null;
  readonly route: string | null;
  readonly holders: readonly number[] | null;
}

/** An integer of four bytes holds the seconds from here until 2088. */
const SECONDS_EPOCH = Date.UTC(2020, 0, 1);

export function secondOf(moment: Date): number {
  const seconds = Math.floor((moment.getTime() - SECONDS_EPOCH) / 1_000);
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, seconds));
}

/** The columns that a record gives. */
export function columnsOf(record: LedgerRecord, pseudonyms: Pseudonyms): EntryColumns {
  const { agent } = record;
  const organisation =
    agent.organisation === undefined ? null : pseudonyms.organisation(agent.organisation);
  const holders = [...new Set(record.holders ?? [])]
    .filter((holder) => holder !== agent.organisation)
    .map(pseudonyms.organisation);
  return {
    at: secondOf(new Date(record.at)),
    agent: pseudonyms.agent(agent.kind, agent.id),
    organisation,
    holder: holders[0] ?? null,
    outcome: record.outcome,
    action: record.action,
    event: record.event,
    purpose: record.purpose ?? null,
    route: record.route ?? null,
    holders: holders.length > 1 ? holders : null,
  };
}

/** Name of the first column that says something else than the record, as read from the database. */
export function changedColumn(
  row: { readonly [K in keyof EntryColumns]: unknown },
  columns: EntryColumns,
): string | undefined {
  for (const name of Object.keys(columns) as (keyof EntryColumns)[]) {
    const [a, b] = [row[name], columns[name]];
    if (a !== b && String(a ?? '') !== String(b ?? '')) return name;
  }
  return undefined;
}
