/**
 * `/auditor/mede`: who wants to take along more lines than one person may asks a colleague of the
 * same organisation to agree (audit.md 7.3). What was asked is kept sealed for a day under a code
 * that only the two have; it is good for one download.
 */
import { Readable } from 'node:stream';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { type FieldFaults, faultAt, faultSummary, markOf } from '../form-faults.ts';
import type { Say } from '../page.ts';
import { field } from '../portal.ts';
import type { WebDoor } from '../web-door.ts';
import type { AuditorRoutes, AuditorVisit } from './auditor-visit.ts';
import { chainExport, sendChain } from './chain-routes.ts';
import { LINES_ALONE_MAX } from './csv-routes.ts';
import {
  digested,
  directoryOf,
  type LinesSought,
  linePages,
  linesText,
  MEDIA,
  watched,
} from './line-files.ts';
import { questionOf } from './search-routes.ts';

const DAY_SECONDS = 86_400;

/** The bound as people write it. */
function grouped(by: string): string {
  return String(LINES_ALONE_MAX).replace(/\B(?=(\d{3})+$)/g, by);
}

const T = {
  title: { nl: 'Veel regels meenemen', en: 'Taking many lines along' },
  intro: {
    nl: `Meer dan ${grouped('.')} regels neemt u niet alleen mee. Een collega met toegang tot dit logboek kijkt mee en geeft akkoord.`,
    en: `You do not take along more than ${grouped(',')} lines by yourself. A colleague with access to this log looks along and agrees.`,
  },
  kind: { nl: 'Wat wilt u meenemen?', en: 'What do you want to take along?' },
  csv: { nl: 'de gevonden regels als CSV', en: 'the lines found, as CSV' },
  ndjson: { nl: 'de gevonden regels als FHIR (NDJSON)', en: 'the lines found, as FHIR (NDJSON)' },
  keten: { nl: 'alle regels met bewijs (NDJSON)', en: 'all lines with proof (NDJSON)' },
  ask: { nl: 'Vraag een collega', en: 'Ask a colleague' },
  code: { nl: 'Code voor uw collega', en: 'Code for your colleague' },
  codeText: {
    nl: 'Geef deze code aan uw collega. Hij werkt één dag.',
    en: 'Give this code to your colleague. It works for a day.',
  },
  waits: { nl: 'Nog geen akkoord.', en: 'Not agreed yet.' },
  refresh: { nl: 'Kijk opnieuw', en: 'Look again' },
  agreed: { nl: 'Akkoord gegeven door', en: 'Agreed by' },
  fetch: { nl: 'Download (één keer)', en: 'Download (once)' },
  fromColleague: { nl: 'Code van een collega', en: 'Code of a colleague' },
  look: { nl: 'Bekijk de vraag', en: 'Look at the question' },
  who: { nl: 'Wie vraagt het', en: 'Who asks' },
  why: { nl: 'Reden', en: 'Reason' },
  question: { nl: 'Vraag', en: 'Question' },
  agree: { nl: 'Ik geef akkoord', en: 'I agree' },
  gone: {
    nl: 'Deze code werkt niet (meer). Typ de code over, of vraag uw collega om een nieuwe.',
    en: 'This code does not work (any more). Copy the code again, or ask your colleague for a new one.',
  },
  over: {
    nl: 'Deze vraag geldt niet meer: het bestand is al opgehaald, of de dag is voorbij.',
    en: 'This question does not count any more: the file was fetched already, or the day is over.',
  },
  reason: {
    nl: 'Typ bij Zoeken eerst waarom u kijkt.',
    en: 'First type under Search why you look.',
  },
} as const satisfies Record<string, Text>;

const KINDS = ['csv', 'ndjson', 'keten'] as const;

interface LargeExport extends LinesSought {
  readonly kind: (typeof KINDS)[number];
  readonly asker: string;
  readonly reason: string;
  readonly agreedBy?: string;
}

/** Registers the pages of two people. */
export function largeExportRoutes(pages: AuditorRoutes): void {
  pages.get('/auditor/mede', largePage);
  pages.post('/auditor/mede/vraag', askColleague);
  pages.post('/auditor/mede/code', async (visit) => {
    const code = field(visit.request.body, 'code');
    const found = code === undefined ? undefined : await read(visit, code);
    if (!found) return largePage(visit, [{ field: 'code', text: T.gone }]);
    await visit.session.keep({ ...visit.who, large: code as string });
    return visit.reply.redirect('/auditor/mede', 303);
  });
  pages.post('/auditor/mede/akkoord', agree);
  pages.post('/auditor/mede/haal', fetchOnce);
}

const questionText = ({ kind, search }: LargeExport): string =>
  kind === 'keten' ? '/auditor/keten/export' : `${questionOf(search)}#${kind}`;

/** Codes of another organisation are codes of nobody. */
async function read({ door, who }: AuditorVisit, code: string): Promise<LargeExport | undefined> {
  const found = await door.state.peek<LargeExport>(door.database, 'large-export', code);
  return found?.value.organisation === who.organisation ? found.value : undefined;
}

async function askColleague(visit: AuditorVisit) {
  const { door, who, request, reply, session } = visit;
  const kind = KINDS.find((one) => one === field(request.body, 'soort'));
  if (kind === undefined) throw new Problem('invalid', 'The form holds no such kind of file.');
  if (who.reason === undefined || (kind !== 'keten' && who.search === undefined)) {
    throw new Problem('unprocessable', 'A reason is needed.', { code: 'reason-required' });
  }
  const { organisation, scope, subject: asker, reason } = who;
  const asked: LargeExport = { organisation, scope, asker, reason, kind, search: who.search ?? {} };
  const large = await door.state.put(door.database, asked, {
    kind: 'large-export',
    seconds: DAY_SECONDS,
  });
  await session.keep({ ...who, large });
  return reply.redirect('/auditor/mede', 303);
}

async function agree(visit: AuditorVisit) {
  const { door, who, reply } = visit;
  const asked = who.large === undefined ? undefined : await read(visit, who.large);
  if (!asked || who.large === undefined) return largePage(visit, [], T.over);
  if (asked.asker === who.subject) {
    throw new Problem('conflict', 'Nobody agrees to an export of their own.', {
      code: 'four-eyes',
    });
  }
  await visit.readLog({
    act: 'log-export-agreed',
    question: questionText(asked),
    shown: 0,
    patient: asked.kind === 'keten' ? undefined : asked.search.patient,
    aboutUser: asked.search.agent?.id,
    about: { askedBy: asked.asker, reasonOfAsker: asked.reason },
  });
  const agreed = { ...asked, agreedBy: who.subject };
  await door.state.replace(door.database, 'large-export', who.large, agreed);
  return reply.redirect('/auditor/mede', 303);
}

async function fetchOnce(visit: AuditorVisit) {
  const { door, who, reply } = visit;
  const asked = who.large === undefined ? undefined : await read(visit, who.large);
  if (who.large === undefined || asked?.asker !== who.subject) {
    return largePage(visit, [], T.over);
  }
  if (asked.agreedBy === undefined) {
    throw new Problem('conflict', 'A colleague did not agree yet.', { code: 'four-eyes' });
  }
  // Whoever comes second with the same code gets nothing.
  const taken = await door.state.take(door.database, 'large-export', who.large);
  if (!taken) return largePage(visit, [], T.over);
  const line = (shown: number, about: Readonly<Record<string, string>>) =>
    visit.readLog({
      act: 'log-export',
      question: questionText(asked),
      shown,
      patient: asked.kind === 'keten' ? undefined : asked.search.patient,
      aboutUser: asked.search.agent?.id,
      about: { agreedBy: asked.agreedBy ?? '', ...about },
    });
  await line(0, { state: 'started' });
  const { text, lines } = await textOf(door, asked);
  const whole = digested(text, (digest) => line(lines(), { state: 'ended', digest }));
  if (asked.kind === 'keten') return sendChain(visit, whole);
  return reply
    .type(MEDIA[asked.kind])
    .header('cache-control', 'no-store')
    .header('content-disposition', `attachment; filename="logboek.${asked.kind}"`)
    .send(Readable.from(whole));
}

/** What leaves, and how many lines of the ledger did so far. */
async function textOf(door: WebDoor, asked: LargeExport) {
  let count = 0;
  const lines = () => count;
  if (asked.kind === 'keten') {
    const text = watched(await chainExport(door, asked), (line) => {
      if (line.startsWith('{"seq":')) count += 1;
    });
    return { text, lines };
  }
  const pages = watched(linePages(door, asked), (page) => {
    count += page.length;
  });
  return { text: linesText(pages, asked.kind, await directoryOf(door)), lines };
}

/** @param over why what was asked before goes no further. */
async function largePage(visit: AuditorVisit, faults: FieldFaults = [], over?: Text) {
  const { who, session } = visit;
  const asked = who.large === undefined ? undefined : await read(visit, who.large);
  return visit.page({
    title: T.title,
    path: '/auditor',
    ...(faults.length > 0 || over ? { status: 404 } : {}),
    body: (say) => html`<h1>${say(T.title)}</h1>${faultSummary(faults, say)}
<p class="lead">${say(T.intro)}</p>
${over && html`<p class="bad" role="alert">${say(over)}</p>`}
${asked && (asked.asker === who.subject ? ownState(visit, asked, say) : toAgree(visit, asked, say))}
${
  who.reason === undefined
    ? html`<p class="note">${say(T.reason)}</p>`
    : html`<h2>${say(T.ask)}</h2><form method="post" action="/auditor/mede/vraag">
<input type="hidden" name="csrf" value="${session.csrf}">
<label for="soort">${say(T.kind)}</label><select id="soort" name="soort">${KINDS.filter(
        (kind) => kind === 'keten' || who.search !== undefined,
      ).map((kind) => html`<option value="${kind}">${say(T[kind])}</option>`)}</select>
<p><button>${say(T.ask)}</button></p></form>`
}
<h2>${say(T.fromColleague)}</h2><form method="post" action="/auditor/mede/code">
<input type="hidden" name="csrf" value="${session.csrf}">
<label for="code">${say(T.fromColleague)}</label>${faultAt(faults, 'code', say)}
<input id="code" name="code" autocomplete="off" maxlength="100" required${markOf(faults, 'code')}>
<p><button class="secondary">${say(T.look)}</button></p></form>`,
  });
}

function ownState({ who, session }: AuditorVisit, asked: LargeExport, say: Say): Content {
  if (asked.agreedBy !== undefined) {
    return html`<div class="card"><p role="status">${say(T.agreed)} ${asked.agreedBy}.</p>
<form method="post" action="/auditor/mede/haal"><input type="hidden" name="csrf" value="${
      session.csrf
    }"><p>${say(T[asked.kind])}</p><button>${say(T.fetch)}</button></form></div>`;
  }
  return html`<div class="card"><h2>${say(T.code)}</h2><p>${say(T.codeText)}</p>
<p><code>${who.large}</code></p><p role="status">${say(T.waits)}
<a href="/auditor/mede">${say(T.refresh)}</a></p></div>`;
}

/** The colleague sees all that was asked but not who it is about: that stays in the line. */
function toAgree({ session }: AuditorVisit, asked: LargeExport, say: Say): Content {
  return html`<div class="card"><dl><dt>${say(T.who)}</dt><dd>${asked.asker}</dd>
<dt>${say(T.why)}</dt><dd>${asked.reason}</dd>
<dt>${say(T.kind)}</dt><dd>${say(T[asked.kind])}</dd>
<dt>${say(T.question)}</dt><dd><code>${questionText(asked)}</code></dd></dl>
${
  asked.agreedBy === undefined
    ? html`<form method="post" action="/auditor/mede/akkoord"><input type="hidden" name="csrf"
  value="${session.csrf}"><button>${say(T.agree)}</button></form>`
    : html`<p role="status">${say(T.agreed)} ${asked.agreedBy}.</p>`
}</div>`;
}
