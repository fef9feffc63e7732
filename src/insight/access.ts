/** One use of the record by a professional, or of the log, as the detectors look at it. */
import type { LedgerEntry } from '../audit/index.ts';

export interface Access {
  /** Number of the ledger line. */
  readonly seq: number;
  readonly at: Date;
  /** The acting professional, auditor or client. */
  readonly user: string;
  readonly organisation?: string;
  /** Kind of the organisation (HA, ZKH …), where it is known. */
  readonly domain?: string;
  readonly role?: string;
  /** Pseudonym of the patient in this ledger; absent for a search that found nobody. */
  readonly patient?: string;
  readonly kind: 'read' | 'search' | 'export' | 'log';
  readonly emergency: boolean;
  readonly refused: boolean;
  /** Resources that were shown. */
  readonly shown: number;
  readonly labels: readonly string[];
  /** True when all that was shown is the organisation's own. */
  readonly ownData: boolean;
  /** Where numbers were asked for: neighbours share it, and it tells no number. */
  readonly neighbourhood?: string;
  /** The number itself within its neighbourhood, keyed, to tell requests apart. */
  readonly number?: string;
  /** Of a look at the log: the user whose lines were asked for. */
  readonly aboutUser?: string;
}

const LOG_EVENTS = new Set(['log-read', 'log-search', 'log-export', 'log-export-agreed']);
const READS = new Set(['read', 'vread', 'history-instance']);
const SEARCHES = new Set(['search-type', 'everything', 'history-type', 'lastn']);

/**
 * @param domainOf kind of an organisation by its id.
 * @returns undefined for lines that are no access of a professional or of the log.
 */
export function accessOf(
  { seq, record }: LedgerEntry,
  domainOf: (organisation: string) => string | undefined,
): Access | undefined {
  const { agent, event, labels = [], released = 0 } = record;
  const kind = kindOf(event);
  const isStaff = agent.kind === 'professional' || agent.kind === 'auditor';
  if (kind === undefined || !isStaff) return undefined;
  const { organisation, role } = agent;
  const domain = organisation === undefined ? undefined : domainOf(organisation);
  const detail = record.detail ?? {};
  return {
    seq,
    at: new Date(record.at),
    user: agent.id,
    ...(organisation === undefined ? {} : { organisation }),
    ...(domain === undefined ? {} : { domain }),
    ...(role === undefined ? {} : { role }),
    ...(record.patient === undefined ? {} : { patient: record.patient }),
    kind,
    emergency: record.route === 'emergency' || record.purpose === 'BTG',
    refused: record.outcome === 4,
    shown: released,
    labels,
    ownData:
      (record.holders ?? []).length > 0 &&
      (record.holders ?? []).every((holder) => holder === organisation),
    ...(detail['near'] === undefined ? {} : { neighbourhood: detail['near'] }),
    ...(detail['number'] === undefined ? {} : { number: detail['number'] }),
    ...(detail['aboutUser'] === undefined ? {} : { aboutUser: detail['aboutUser'] }),
  };
}

function kindOf(event: string): Access['kind'] | undefined {
  if (LOG_EVENTS.has(event)) return 'log';
  if (READS.has(event)) return 'read';
  if (SEARCHES.has(event)) return 'search';
  return event === 'export' ? 'export' : undefined;
}
