/** An entry as it is read back: where it stands, the record, and what the reader may see of it. */
import type { LedgerRecord } from './ledger-record.ts';

export interface LedgerEntry {
  readonly ledger: string;
  readonly seq: number;
  /** The moment it was numbered; never goes back within one ledger. */
  readonly recorded: string;
  readonly record: LedgerRecord;
  /** Hex. */
  readonly leafHash: string;
  /** How-manieth entry of the patient it is about. */
  readonly nth?: number;
  /** True when fields were left out that this reader's organisation is not told. */
  readonly masked: boolean;
}

/**
 * What the auditor of one organisation sees of an entry. Holders of the data see it whole. An
 * organisation that only asked must not learn from its own log what was withheld from it, so to it
 * a refusal looks like a question without an answer (audit.md 4.3).
 * @returns undefined when the entry is of neither kind: another organisation's.
 */
export function asSeenBy(entry: LedgerEntry, organisation: string): LedgerEntry | undefined {
  const { record } = entry;
  if (record.agent.organisation === organisation) return isWithheld(record) ? masked(entry) : entry;
  return record.holders?.includes(organisation) ? entry : undefined;
}

/** A line that says something of what the asker was not to know. */
function isWithheld(record: LedgerRecord): boolean {
  const isClosed = record.outcome === 4 && record.route === 'none';
  return isClosed || (record.withheld ?? 0) > 0;
}

function masked(entry: LedgerEntry): LedgerEntry {
  const { withheld, reason, basis, epoch, inputsHash, obligations, labels, ...told } = entry.record;
  const nothing = (told.released ?? 0) === 0;
  const seen = withoutHeldBack(told);
  const { patient, holders, ...untold } = seen;
  const record: LedgerRecord = nothing ? { ...untold, outcome: 0, route: 'none' } : seen;
  const { nth, ...place } = entry;
  return { ...(nothing ? place : entry), record, masked: true };
}

function withoutHeldBack(record: LedgerRecord): LedgerRecord {
  if (record.detail?.['heldBack'] === undefined) return record;
  const { heldBack, ...detail } = record.detail;
  return { ...record, detail };
}
