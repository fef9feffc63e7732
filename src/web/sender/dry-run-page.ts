/** "What would you make of this?" on a page (B2): a message is pasted, nothing of it is kept. */
import type { RouteShorthandOptions } from 'fastify';
import type { DryRun } from '../../ingest/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Language } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import type { Say } from '../page.ts';
import { remarkTables, remarkText } from './remark-text.ts';
import { OUTCOMES, PERSONS, READERS, REASONS, STATES, SENDER as T } from './sender-text.ts';
import { ownClient, type SenderVisit, senderOf } from './sender-visit.ts';

/** A form is for trying one message; large ones are sent to the address of the intake. */
const MESSAGE_BYTES_MAX = 900_000;
const ROWS_MAX = 200;

export const DRY_RUN_ROUTE: RouteShorthandOptions = {
  schema: { hide: true },
  bodyLimit: MESSAGE_BYTES_MAX * 3,
};

/** GET: the form. */
export async function dryRunForm(visit: SenderVisit) {
  return show(visit);
}

/** POST: what it would become. */
export async function dryRunAnswer(visit: SenderVisit) {
  const sender = await senderOf(visit);
  const { message = '' } = visit.request.body as { message?: string };
  // A form sends line ends of its own; HL7 v2 ends its segments with CR.
  const text = /^MSH/.test(message.trimStart())
    ? message.trimStart().replace(/\r?\n/g, '\r')
    : message;
  const said = await visit.door.intake.dryRun({
    sender,
    channel: 'http',
    mediaType: '',
    bytes: Buffer.from(text, 'utf8'),
    address: visit.request.ip,
    requestId: visit.request.id,
  });
  return show(visit, said, message);
}

/** @param typed what was tried: it stays, to be changed and tried again */
function show(visit: SenderVisit, said?: DryRun, typed = '') {
  const client = ownClient(visit);
  return visit.page({
    title: T.dryRun,
    path: `/afzender/${client.id}/proef`,
    body: (say, language) => html`<h1>${say(T.dryRun)}</h1>
<p class="lead">${say(T.dryRunIntro)}</p>
${said && dryRunTold(said, say, language)}
<form method="post" action="/afzender/${client.id}/proef">
<input type="hidden" name="csrf" value="${visit.session.csrf}">
<p><label for="message">${say(T.message)}</label>
<textarea id="message" name="message" rows="12" required spellcheck="false">
${typed}</textarea></p>
<button>${say(T.try)}</button></form>
<p><a class="button secondary" href="/afzender">${say(T.back)}</a></p>`,
  });
}

/** What a trial came to: state, whose, what it becomes, who could see it, what is left out. */
export function dryRunTold(said: DryRun, say: Say, language: Language): Content {
  return html`<section role="status"><h2>${say(T.wouldBe)}: ${say(STATES[said.state])}</h2>
<p>${said.format === 'unknown' ? say(T.unknown) : said.format}</p>
${said.reasons.map((reason) => html`<p>${say(REASONS[reason] ?? NONE)} <code>${reason}</code></p>`)}
${said.messages.map((one) => messagePart(one, say, language))}</section>`;
}

const NONE = { nl: '', en: '' };

function messagePart(one: DryRun['messages'][number], say: Say, language: Language): Content {
  return [
    one.joins && html`<p>${say(T.joins)}</p>`,
    one.resources.length > 0 && html`<p>${say(PERSONS[one.person])}</p>`,
    one.items.length > 0 &&
      table(
        {
          caption: T.items,
          columns: [T.item, T.outcome],
          rows: one.items
            .slice(0, ROWS_MAX)
            .map(({ reference, outcome }) => [reference, say(OUTCOMES[outcome])]),
        },
        language,
      ),
    one.visibleTo.length > 0 &&
      table(
        {
          caption: T.visibleTo,
          columns: [T.reader, T.seen],
          rows: one.visibleTo.map(({ reader, items, of }) => [
            say(READERS[reader] ?? { nl: reader, en: reader }),
            `${items} / ${of}`,
          ]),
        },
        language,
      ),
    one.unknownCodes.length > 0 && html`<p>${say(T.translate)}</p>`,
    one.unknownCodes.length > 0 &&
      table(
        {
          caption: T.gaps,
          columns: [T.code, T.element],
          rows: one.unknownCodes
            .slice(0, ROWS_MAX)
            .map(({ system, code, element }) => [html`<code>${code}</code> ${system}`, element]),
        },
        language,
      ),
    one.lost.length + one.remarks.length > 0 &&
      remarkTables(
        {
          caption: T.lost,
          columns: [T.place, T.issue],
          row: (remark) => [html`<code>${remark.place}</code>`, remarkText(remark, language)],
          remarks: [
            ...one.remarks,
            ...one.lost.map(({ kind, ...rest }) => ({ ...rest, code: kind })),
          ],
        },
        language,
      ),
  ];
}
