/**
 * `/auditor/pakket`: the lines of the kept search to take along in every form, with what proves
 * them: CSV, PDF, FHIR AuditEvents a line each, and the signed statement (audit.md section 10).
 */
import { zipSync } from 'fflate';
import { type LedgerEntry, toAuditEvent } from '../../audit/index.ts';
import { Problem } from '../../platform/problem.ts';
import { organisationNames } from '../person/visit.ts';
import type { AuditorRoutes, AuditorVisit } from './auditor-visit.ts';
import { collectLines, csvRows } from './csv-routes.ts';
import { linesPdf } from './lines-pdf.ts';
import { questionOf } from './search-routes.ts';

/** What somebody reads on paper; larger sets go as CSV, or as the export of the chain. */
export const PACKAGE_LINES_MAX = 2_000;

/** Registers the download. */
export function packageRoutes(pages: AuditorRoutes): void {
  pages.get('/auditor/pakket', async (visit) => {
    const { who, reply } = visit;
    if (who.search === undefined || who.reason === undefined) {
      throw new Problem('unprocessable', 'A reason is needed.', { code: 'reason-required' });
    }
    const lines = await collectLines(visit, PACKAGE_LINES_MAX);
    await visit.readLog({
      act: 'log-export',
      question: `${questionOf(who.search)}#pakket`,
      shown: lines.length,
      patient: who.search.patient,
      aboutUser: who.search.agent?.id,
    });
    return reply
      .header('cache-control', 'no-store')
      .header('content-disposition', 'attachment; filename="logboek.zip"')
      .type('application/zip')
      .send(Buffer.from(zipSync(await filesOf(visit, lines), { level: 1 })));
  });
}

async function filesOf(
  visit: AuditorVisit,
  lines: readonly LedgerEntry[],
): Promise<Record<string, Uint8Array>> {
  const { door, who, language } = visit;
  const names = await organisationNames(door);
  const pdf = await linesPdf({
    ...{ lines, names, language, made: door.clock() },
    organisation: names.get(who.organisation) ?? who.organisation,
    reason: who.reason ?? '',
  });
  const files = [
    { name: 'logboek.csv', bytes: Buffer.from([...csvRows(lines)].join('')) },
    { name: 'logboek.pdf', bytes: pdf },
    { name: 'logboek.ndjson', bytes: await auditEvents(visit, lines) },
  ];
  const statement = await door.ledger.statement({
    ...{ files, lines, organisation: who.organisation },
    question: questionOf(who.search ?? {}),
  });
  return Object.fromEntries([
    ...files.map(({ name, bytes }) => [name, bytes] as const),
    ['bewijs.json', Buffer.from(statement)] as const,
  ]);
}

/** A FHIR resource a line, as bulk data has it. */
async function auditEvents({ door }: AuditorVisit, lines: readonly LedgerEntry[]): Promise<Buffer> {
  const all = new Map((await door.organisations.all()).map((one) => [one.id, one]));
  const { host } = new URL(door.config.publicUrl);
  const directory = {
    organisation: (id: string) => all.get(id),
    gateway: { name: 'Zorgsluis', host },
  };
  return Buffer.from(
    lines.map((entry) => `${JSON.stringify(toAuditEvent(entry, directory))}\n`).join(''),
  );
}
