/** A line of the ledger as a row of CSV with NEN columns (audit.md section 10). */
import type { LedgerEntry } from '../../audit/index.ts';
import { momentText } from '../moment-text.ts';

const COLUMNS = [
  'seq',
  'recorded',
  'local time',
  'action',
  'event',
  'outcome',
  'user id',
  'role',
  'organisation',
  'on behalf of',
  'purpose',
  'patient pseudonym',
  'data kind',
  'references',
  'ground',
  'consent',
  'emergency',
  'reason',
  'client',
  'address',
  'request id',
  'leaf hash',
] as const;

export const csvHead = (): string => csvRow(COLUMNS);

export const csvLine = (entry: LedgerEntry): string => csvRow(cellsOf(entry));

function cellsOf({ seq, recorded, record, leafHash }: LedgerEntry): readonly string[] {
  const { agent, counts = {}, what = [], basis = [] } = record;
  return [
    String(seq),
    recorded,
    momentText(record.at, 'nl'),
    record.action,
    record.event,
    String(record.outcome),
    `${agent.kind} ${agent.id}`,
    agent.role ?? '',
    agent.organisation ?? '',
    agent.onBehalfOf ?? '',
    record.purpose ?? '',
    record.patient ?? '',
    Object.entries(counts)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(' '),
    what.join(' '),
    record.route ?? '',
    basis.join(' '),
    record.route === 'emergency' ? 'yes' : 'no',
    record.reason ?? record.detail?.['reason'] ?? '',
    record.client ?? '',
    agent.address ?? '',
    record.requestId ?? '',
    leafHash,
  ];
}

/** RFC 4180; a cell that a spreadsheet would run as a formula is made text. */
export function csvRow(cells: readonly string[]): string {
  const quoted = cells.map((cell) => {
    const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
    return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  });
  return `${quoted.join(',')}\r\n`;
}
