/**
 * `/mij/meenemen`: the whole record and who looked into it, to take along (capabilities A12, AVG
 * 20). The bundle is FHIR R4 and can be sent in elsewhere; a digest shows that nothing changed.
 */
import { createHash } from 'node:crypto';
import { R4, type Resource, writeFhir } from '../../conformance/index.ts';
import { html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import type { PersonRoutes, Visit } from './visit.ts';

const T = {
  title: { nl: 'Alles meenemen', en: 'Take everything along' },
  intro: {
    nl: 'Hier neemt u uw dossier mee. U krijgt twee bestanden. Een ander systeem kan het eerste lezen.',
    en: 'Here you take your record along. You get two files. Another system can read the first.',
  },
  record: { nl: 'Download mijn dossier (FHIR)', en: 'Download my record (FHIR)' },
  looked: { nl: 'Download wie er keek', en: 'Download who looked' },
  careful: {
    nl: 'Let op: in deze bestanden staan uw medische gegevens. Bewaar ze op een veilige plek.',
    en: 'Note: these files hold your medical data. Keep them in a safe place.',
  },
} as const satisfies Record<string, Text>;

const LINES_MAX = 10_000;
const LINES_AT_ONCE = 500;

/** Registers the page and its two files. */
export function takeAlongRoutes(pages: PersonRoutes): void {
  pages.get('/mij/meenemen', async (visit) =>
    visit.page({
      title: T.title,
      path: '/mij/meenemen',
      body: (say) => html`<h1>${say(T.title)}</h1>
<p>${say(T.intro)}</p>
<p class="note">${say(T.careful)}</p>
<p><a class="button" href="/mij/meenemen/dossier.json">${say(T.record)}</a></p>
<p><a class="button secondary" href="/mij/meenemen/inzage.json">${say(T.looked)}</a></p>`,
    }),
  );
  pages.get('/mij/meenemen/dossier.json', recordFile);
  pages.get('/mij/meenemen/inzage.json', lookedFile);
}

/** A transaction that keeps ids, so that taking it in elsewhere twice changes nothing. */
async function recordFile(visit: Visit) {
  const { door, vault } = visit;
  const entry = (await door.ownRecord(vault)).map(({ resource }) => {
    const url = `${resource.resourceType}/${resource.id ?? ''}`;
    return { fullUrl: url, resource, request: { method: 'PUT', url } };
  });
  const bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    timestamp: door.clock().toISOString(),
    entry,
  };
  const bytes = writeFhir(bundle as Resource, { format: 'json', version: R4, pretty: true });
  return file(visit, 'dossier', 'application/fhir+json', bytes);
}

async function lookedFile(visit: Visit) {
  const { door, vault } = visit;
  const entries: unknown[] = [];
  let before: number | undefined;
  while (entries.length < LINES_MAX) {
    const page = await door.ledger.ofPatient(vault, {
      limit: LINES_AT_ONCE,
      ...(before === undefined ? {} : { before }),
    });
    entries.push(...page.entries);
    before = page.next;
    if (before === undefined) break;
  }
  const bytes = Buffer.from(JSON.stringify({ entries }, undefined, 1), 'utf8');
  return file(visit, 'inzage', 'application/json', bytes);
}

function file({ reply }: Visit, name: string, type: string, bytes: Buffer) {
  const digest = createHash('sha256').update(bytes).digest('base64');
  return reply
    .header('cache-control', 'no-store')
    .header('content-disposition', `attachment; filename="${name}.json"`)
    .header('repr-digest', `sha-256=:${digest}:`)
    .type(`${type}; charset=utf-8`)
    .send(bytes);
}
