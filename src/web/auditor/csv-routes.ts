/** `/auditor/csv`: the lines of the kept search as CSV with NEN columns (audit.md section 10). */
import { Readable } from 'node:stream';
import { type LedgerEntry, within } from '../../audit/index.ts';
import { Problem } from '../../platform/problem.ts';
import { momentText } from '../moment-text.ts';
import type { AuditorRoutes, AuditorVisit } from './auditor-visit.ts';
import { ledgerQuery, questionOf } from './search-routes.ts';

/** Above this two people have to agree (audit.md 7.3); one gets no more. */
export const CSV_LINES_MAX = 10_000;
const PAGE = 500;

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

export function csvRoutes(pages: AuditorRoutes): void {
  pages.get('/auditor/csv', async (visit) => {
    const { who, reply } = visit;
    if (who.search === undefined || who.reason === undefined) {
      throw new Problem('unprocessable', 'A reason is needed.', { code: 'reason-required' });
    }
    const lines = await collectLines(visit, CSV_LINES_MAX);
    await visit.readLog({
      act: 'log-export',
      question: questionOf(who.search),
      shown: lines.length,
      patient: who.search.patient,
      aboutUser: who.search.agent?.id,
    });
    return reply
      .type('text/csv; charset=utf-8; header=present')
      .header('content-disposition', 'attachment; filename="logboek.csv"')
      .send(Readable.from(csvRows(lines)));
  });
}

/**
 * All lines of the kept search.
 * @throws Problem `too-costly` beyond what one person may take along.
 */
export async function collectLines(
  { door, who }: AuditorVisit,
  most: number,
): Promise<LedgerEntry[]> {
  const query = within(ledgerQuery(who.organisation, who.search ?? {}), who.scope);
  const found: LedgerEntry[] = [];
  let cursor: string | undefined;
  do {
    const page = await door.ledger.search({
      ...query,
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.entries);
    if (found.length > most) {
      throw new Problem('too-costly', `More than ${most} lines: choose a shorter period.`, {
        code: 'export-too-large',
      });
    }
    cursor = page.next;
  } while (cursor !== undefined);
  return found;
}

/** The header and a row for each line, each with its line end. */
export function* csvRows(lines: readonly LedgerEntry[]): Generator<string> {
  yield csvRow(COLUMNS);
  for (const entry of lines) yield csvRow(cellsOf(entry));
}

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
