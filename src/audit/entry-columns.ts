/**
 * The index columns of an entry. They are a function of the record and a key, so a changed column is
 * found by deriving it again.
 */
import type { LedgerRecord } from './ledger-record.ts';
import { type Pseudonyms, personColumn } from './pseudonyms.ts';

export interface EntryColumns {
  readonly at: Date;
  readonly agent: string;
  readonly organisation: string | null;
  readonly holder: string | null;
  readonly outcome: number;
  readonly patient: string | null;
  readonly action: string;
  readonly event: string;
  readonly purpose: string | null;
  readonly route: string | null;
  readonly holders: readonly string[] | null;
}

export function columnsOf(record: LedgerRecord, pseudonyms: Pseudonyms): EntryColumns {
  const { agent } = record;
  const holders = [...new Set(record.holders ?? [])].map(pseudonyms.organisation);
  return {
    at: new Date(record.at),
    agent: pseudonyms.agent(agent.kind, agent.id),
    organisation:
      agent.organisation === undefined ? null : pseudonyms.organisation(agent.organisation),
    holder: holders[0] ?? null,
    outcome: record.outcome,
    patient: personColumn(record.patient),
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
    if (plain(row[name]) !== plain(columns[name])) return name;
  }
  return undefined;
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) ? value.map(String).join(',') : String(value);
}
