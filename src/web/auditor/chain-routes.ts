/**
 * `/auditor/keten`: the head of the ledger, a check of all of it, and an export to check
 * elsewhere.
 */
import { Readable } from 'node:stream';
import { type Verification, within } from '../../audit/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { momentText } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { tellAt } from '../portal.ts';
import type { WebDoor } from '../web-door.ts';
import type { AuditorRoutes, AuditorVisit } from './auditor-visit.ts';
import { LINES_ALONE_MAX } from './csv-routes.ts';
import { findingText } from './finding-text.ts';
import { directoryOf, type LinesSought, linesUpTo } from './line-files.ts';

const T = {
  title: { nl: 'De keten', en: 'The chain' },
  intro: {
    nl: 'Alle regels staan samen in een boom van controlegetallen. Wie een regel verandert, weghaalt of verwisselt, verandert de top. De top is ondertekend.',
    en: 'All lines stand together in a tree of digests. Whoever changes, removes or swaps a line changes the top. The top is signed.',
  },
  size: { nl: 'Aantal regels', en: 'Number of lines' },
  root: { nl: 'Top van de boom', en: 'Root of the tree' },
  recorded: { nl: 'Laatste regel', en: 'Last line' },
  checkpoint: { nl: 'Ondertekende top (checkpoint)', en: 'Signed top (checkpoint)' },
  verify: { nl: 'Controleer alle regels', en: 'Check all lines' },
  sound: { nl: 'De keten klopt.', en: 'The chain is sound.' },
  broken: { nl: 'De keten klopt niet.', en: 'The chain is not sound.' },
  first: { nl: 'Eerste foute regel', en: 'First bad line' },
  checked: { nl: 'Gecontroleerde regels', en: 'Lines checked' },
  since: {
    nl: 'Deze controle is zelf ook een regel. Die telt hieronder al mee.',
    en: 'This check is a line itself. It is counted below.',
  },
  exportTitle: { nl: 'Meenemen en zelf controleren', en: 'Take along and check yourself' },
  exportText: {
    nl: 'Het bestand bevat de regels van uw organisatie met bewijs. Controleer het zonder ons met scripts/verify-ledger.mjs.',
    en: 'The file holds the lines of your organisation with proof. Check it without us with scripts/verify-ledger.mjs.',
  },
  exportButton: { nl: 'Download met bewijs (NDJSON)', en: 'Download with proof (NDJSON)' },
  reason: {
    nl: 'Typ bij Zoeken eerst waarom u kijkt; daarna kunt u een bestand meenemen.',
    en: 'First type under Search why you look; then you can take a file along.',
  },
} as const satisfies Record<string, Text>;

/** One check at a time reads the whole ledger; more would only slow each other down. */
let checking: Promise<Verification> | undefined;

/** Registers the pages of the chain. */
export function chainRoutes(pages: AuditorRoutes): void {
  pages.post('/auditor/keten/controleren', (visit) => tellAt(visit, '/auditor/keten', T.verify));
  pages.get('/auditor/keten', async (visit) => {
    const { ledger } = visit.door;
    // Once for each form: it reads the whole ledger.
    if (!(await visit.session.told('/auditor/keten'))) return chain(visit);
    checking ??= ledger.verify().finally(() => {
      checking = undefined;
    });
    const found = await checking;
    await visit.readLog({ act: 'log-verify', question: '/auditor/keten', shown: found.checked });
    return chain(visit, found);
  });
  pages.post('/auditor/keten/export', async (visit) => {
    const { door, who, reply } = visit;
    if (who.reason === undefined) {
      throw new Problem('unprocessable', T.reason.en, { code: 'reason-required' });
    }
    const { organisation, scope } = who;
    const few = await linesUpTo(door, { organisation, search: {}, scope }, LINES_ALONE_MAX);
    if (!few) return reply.redirect('/auditor/mede', 303);
    await visit.readLog({
      act: 'log-export',
      question: '/auditor/keten/export',
      shown: few.length,
    });
    return sendChain(visit, await chainExport(door, { organisation, scope }));
  });
}

/** What an organisation may see of the ledger, each line with what proves it. */
export async function chainExport(
  door: WebDoor,
  { organisation, scope }: Pick<LinesSought, 'organisation' | 'scope'>,
): Promise<AsyncIterable<string>> {
  return door.ledger.exportNdjson(within({ organisation }, scope), await directoryOf(door));
}

/** Answers with an export of the chain as it is made. */
export function sendChain({ reply }: AuditorVisit, lines: AsyncIterable<string>) {
  return reply
    .type('application/x-ndjson; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('content-disposition', 'attachment; filename="logboek.ndjson"')
    .send(Readable.from(lines));
}

async function chain(visit: AuditorVisit, found?: Verification) {
  const { door, session, language, who } = visit;
  const [head, checkpoint] = await Promise.all([door.ledger.head(), door.ledger.checkpoint()]);
  const form = (action: string, text: string) => html`<form method="post" action="${action}">
<input type="hidden" name="csrf" value="${session.csrf}"><button>${text}</button></form>`;
  return visit.page({
    title: T.title,
    path: '/auditor/keten',
    body: (say) => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
${found && verdict(found, say)}
<dl><dt>${say(T.size)}</dt><dd>${head.size}</dd>
<dt>${say(T.root)}</dt><dd><code>${head.root}</code></dd>
<dt>${say(T.recorded)}</dt><dd>${momentText(head.recorded, language)}</dd></dl>
${form('/auditor/keten/controleren', say(T.verify))}
<h2>${say(T.checkpoint)}</h2>
<pre tabindex="0">${checkpoint}</pre>
<p><a href="/ledger/checkpoint">/ledger/checkpoint</a></p>
<h2>${say(T.exportTitle)}</h2>
<p>${say(T.exportText)}</p>
${
  who.reason === undefined
    ? html`<p class="note">${say(T.reason)}</p>`
    : form('/auditor/keten/export', say(T.exportButton))
}`,
  });
}

/** What a finding is about is told by its number only; the content of a line stays where it is. */
function verdict(found: Verification, say: Say): Content {
  const [first] = found.findings;
  return html`<div class="${found.ok ? 'good' : 'bad'}" role="status">
<p><strong>${say(found.ok ? T.sound : T.broken)}</strong> ${say(T.checked)}: ${found.checked}.
${say(T.since)}</p>
${first && html`<p>${say(T.first)}: ${first.seq ?? '–'}: ${findingText(first, say)}</p>`}
${
  found.findings.length > 1 &&
  html`<ul>${found.findings.slice(1, 20).map((one) => html`<li>${findingText(one, say)}</li>`)}</ul>`
}</div>`;
}
