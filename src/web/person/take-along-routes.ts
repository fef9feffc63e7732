/**
 * `/mij/meenemen`: the whole record and who looked into it, to take along (capabilities A12, AVG
 * 20). The bundle is FHIR R4 and can be sent in elsewhere; a digest shows that nothing changed.
 */
import { createHash } from 'node:crypto';
import { logRead, type PatientLedger } from '../../audit/index.ts';
import { R4, type Resource, type Sourced, writeFhir } from '../../conformance/index.ts';
import { html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { allToldToPerson } from './as-told-to-person.ts';
import { recordDocument } from './record-document.ts';
import { recordPdf } from './record-pdf.ts';
import type { RecordDocument } from './record-sections.ts';
import {
  organisationNames,
  ownAccess,
  type PersonRoutes,
  personAgent,
  type Visit,
} from './visit.ts';

const T = {
  title: { nl: 'Alles meenemen', en: 'Take everything along' },
  intro: {
    nl: 'Hier neemt u uw dossier mee. De eerste twee bestanden kunt u zelf lezen en printen. De PDF is gemaakt om lang te bewaren (PDF/A). Het derde bestand kan een ander systeem lezen. In het vierde staat wie er keek.',
    en: 'Here you take your record along. You can read and print the first two files. The PDF is made to be kept for long (PDF/A). Another system can read the third file. The fourth says who looked.',
  },
  pdf: { nl: 'Download om te bewaren (PDF)', en: 'Download to keep (PDF)' },
  document: { nl: 'Download om te lezen (webpagina)', en: 'Download to read (web page)' },
  record: { nl: 'Download mijn dossier (FHIR)', en: 'Download my record (FHIR)' },
  looked: { nl: 'Download wie er keek', en: 'Download who looked' },
  careful: {
    nl: 'Let op: in deze bestanden staan uw medische gegevens. Bewaar ze op een veilige plek.',
    en: 'Note: these files hold your medical data. Keep them in a safe place.',
  },
} as const satisfies Record<string, Text>;

const LINES_MAX = 10_000;
const LINES_AT_ONCE = 500;

/** Registers the page and its files. */
export function takeAlongRoutes(pages: PersonRoutes): void {
  pages.get('/mij/meenemen', async (visit) =>
    visit.page({
      title: T.title,
      path: '/mij/meenemen',
      body: (say) => html`<h1>${say(T.title)}</h1>
<p>${say(T.intro)}</p>
<p class="note">${say(T.careful)}</p>
<p><a class="button" href="/mij/meenemen/dossier.pdf">${say(T.pdf)}</a></p>
<p><a class="button secondary" href="/mij/meenemen/dossier.html">${say(T.document)}</a></p>
<p><a class="button secondary" href="/mij/meenemen/dossier.json">${say(T.record)}</a></p>
<p><a class="button secondary" href="/mij/meenemen/inzage.json">${say(T.looked)}</a></p>`,
    }),
  );
  pages.get('/mij/meenemen/dossier.pdf', pdfFile);
  pages.get('/mij/meenemen/dossier.html', readableFile);
  pages.get('/mij/meenemen/dossier.json', recordFile);
  pages.get('/mij/meenemen/inzage.json', lookedFile);
}

async function recordFile(visit: Visit) {
  const record = await visit.door.ownRecord(visit.vault);
  return file(visit, 'dossier.json', 'application/fhir+json', bundleOf(record));
}

/** A transaction that keeps ids, so that taking it in elsewhere twice changes nothing. */
export function bundleOf(record: readonly Sourced[]): Buffer {
  const entry = record.map(({ resource }) => {
    const url = `${resource.resourceType}/${resource.id ?? ''}`;
    return { fullUrl: url, resource, request: { method: 'PUT', url } };
  });
  // In one order and without a time of making, so that the same record is the same file.
  const ordered = entry.toSorted((a, b) => (a.fullUrl < b.fullUrl ? -1 : 1));
  const bundle = { resourceType: 'Bundle', type: 'transaction', entry: ordered };
  return writeFhir(bundle as Resource, { format: 'json', version: R4, pretty: true });
}

async function readableFile(visit: Visit) {
  const text = recordDocument(await documentOf(visit), visit.language).toString();
  return file(visit, 'dossier.html', 'text/html', Buffer.from(text, 'utf8'));
}

async function pdfFile(visit: Visit) {
  const bytes = await recordPdf(await documentOf(visit), visit.language);
  return file(visit, 'dossier.pdf', 'application/pdf', bytes);
}

async function documentOf({ door, vault }: Visit): Promise<RecordDocument> {
  const [record, names, settings] = await Promise.all([
    door.ownRecord(vault),
    organisationNames(door),
    door.consent.own.settings(vault),
  ]);
  const digest = createHash('sha256').update(bundleOf(record)).digest('hex');
  return { record, names, apart: new Set(settings.apart ?? []), at: door.clock(), digest };
}

/**
 * What the digest beside each line is, so that nobody takes a line that reads differently for a
 * false one: all lines are told alike, also those in which something is kept back.
 */
const ABOUT = {
  nl: 'leafHash is de vingerafdruk van de hele verzegelde regel in het logboek, met delen die hier niet staan. U kunt hem dus niet zelf narekenen uit dit bestand. U kunt wel nagaan dat hij in het logboek staat: vraag het bewijs op bij proof, en vergelijk het met de wortel in checkpoint. De gateway rekende elke regel na voordat die in dit bestand kwam; klopte er iets niet, dan staat bij complete: false.',
  en: 'leafHash is the fingerprint of the whole sealed line in the ledger, with parts that do not stand here. So it cannot be computed from this file. That it stands in the ledger can be checked: fetch the proof at proof, and compare it with the root in checkpoint. The gateway recomputed each line before it came into this file; where something was wrong, complete is false.',
} as const satisfies Text;

async function lookedFile(visit: Visit) {
  const { door, vault, request } = visit;
  const pages: PatientLedger[] = [];
  let shown = 0;
  for (let before: number | undefined; shown < LINES_MAX; ) {
    const page = await door.ledger.ofPatient(vault, {
      limit: LINES_AT_ONCE,
      ...(before === undefined ? {} : { before }),
    });
    pages.push(page);
    shown += page.entries.length;
    before = page.next;
    if (before === undefined) break;
  }
  const held = await door.consent.own.heldBack(vault, ownAccess(visit));
  await door.ledger.record([
    logRead({
      ...{ agent: personAgent(vault, request), act: 'log-export', patient: vault, shown },
      ...{ question: '/mij/meenemen/inzage.json', requestId: request.id, door: 'web' },
    }),
  ]);
  const checkpoint = await door.ledger.checkpoint();
  const size = checkpoint.split('\n')[1];
  const told = {
    about: ABOUT,
    proof: `${door.config.publicUrl}/ledger/proof/inclusion?seq={seq}&size=${size}`,
    checkpoint,
    total: pages[0]?.total ?? 0,
    erasedAfterTerm: pages.reduce((sum, { past }) => sum + past, 0),
    complete: pages.every(({ complete }) => complete) && pages.at(-1)?.next === undefined,
    entries: allToldToPerson(
      pages.flatMap(({ entries }) => entries),
      held,
    ),
  };
  const bytes = Buffer.from(JSON.stringify(told, undefined, 1), 'utf8');
  return file(visit, 'inzage.json', 'application/json', bytes);
}

function file({ reply }: Visit, name: string, type: string, bytes: Buffer) {
  const digest = createHash('sha256').update(bytes).digest('base64');
  return reply
    .header('cache-control', 'no-store')
    .header('content-disposition', `attachment; filename="${name}"`)
    .header('repr-digest', `sha-256=:${digest}:`)
    .type(type === 'application/pdf' ? type : `${type}; charset=utf-8`)
    .send(bytes);
}
