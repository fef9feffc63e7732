/**
 * `/auditor/csv` and `/auditor/ndjson`: the lines of the kept search to take along. One person takes
 * so many; for more a colleague agrees first (`/auditor/mede`, audit.md 7.3).
 */
import { Readable } from 'node:stream';
import { Problem } from '../../platform/problem.ts';
import type { AuditorRoutes, AuditorVisit } from './auditor-visit.ts';
import { directoryOf, type LineFormat, linesText, linesUpTo, MEDIA } from './line-files.ts';
import { questionOf } from './search-routes.ts';

/** Above this two people have to agree (audit.md 7.3). */
export const LINES_ALONE_MAX = 10_000;

/** Registers the downloads of one person. */
export function csvRoutes(pages: AuditorRoutes): void {
  pages.get('/auditor/csv', (visit) => download(visit, 'csv'));
  pages.get('/auditor/ndjson', (visit) => download(visit, 'ndjson'));
}

async function download(visit: AuditorVisit, format: LineFormat) {
  const { door, who, reply } = visit;
  const { organisation, search, scope } = who;
  if (search === undefined || who.reason === undefined) {
    throw new Problem('unprocessable', 'A reason is needed.', { code: 'reason-required' });
  }
  const lines = await linesUpTo(door, { organisation, search, scope }, LINES_ALONE_MAX);
  if (!lines) return reply.redirect('/auditor/mede', 303);
  const directory = await directoryOf(door);
  await visit.readLog({
    act: 'log-export',
    question: `${questionOf(search)}#${format}`,
    shown: lines.length,
    patient: search.patient,
    aboutUser: search.agent?.id,
  });
  return reply
    .type(MEDIA[format])
    .header('cache-control', 'no-store')
    .header('content-disposition', `attachment; filename="logboek.${format}"`)
    .send(Readable.from(linesText([lines], format, directory)));
}
