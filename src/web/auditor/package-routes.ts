/**
 * `/auditor/pakket`: the lines of the kept search to take along in every form, with what proves
 * them: CSV, PDF, FHIR AuditEvents a line each, and the signed statement (audit.md section 10).
 */
import { zipSync } from 'fflate';
import type { LedgerEntry } from '../../audit/index.ts';
import { Problem } from '../../platform/problem.ts';
import { organisationNames } from '../person/visit.ts';
import type { AuditorRoutes, AuditorVisit } from './auditor-visit.ts';
import { directoryOf, type LineFormat, linesText, linesUpTo } from './line-files.ts';
import { linesPdf } from './lines-pdf.ts';
import { questionOf } from './search-routes.ts';

/** What somebody reads on paper; larger sets go as CSV, or as the export of the chain. */
const PACKAGE_LINES_MAX = 2_000;

/** Registers the download. */
export function packageRoutes(pages: AuditorRoutes): void {
  pages.get('/auditor/pakket', async (visit) => {
    const { who, reply } = visit;
    if (who.search === undefined || who.reason === undefined) {
      throw new Problem('unprocessable', 'A reason is needed.', { code: 'reason-required' });
    }
    const { organisation, search, scope } = who;
    const lines = await linesUpTo(visit.door, { organisation, search, scope }, PACKAGE_LINES_MAX);
    if (!lines) {
      const text = `More than ${PACKAGE_LINES_MAX} lines: choose a shorter period, or take CSV.`;
      throw new Problem('too-costly', text, { code: 'export-too-large' });
    }
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
  const directory = await directoryOf(door);
  const written = async (format: LineFormat) => {
    const parts: string[] = [];
    for await (const part of linesText([lines], format, directory)) parts.push(part);
    return { name: `logboek.${format}`, bytes: Buffer.from(parts.join('')) };
  };
  const files = [
    await written('csv'),
    { name: 'logboek.pdf', bytes: pdf },
    await written('ndjson'),
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
