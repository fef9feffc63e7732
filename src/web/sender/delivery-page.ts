/** One delivery: what became of it, its way (B8), and what its sender can do about it (B5, B10). */
import { Readable } from 'node:stream';
import type { Client } from '../../identity/index.ts';
import type { DeliveryRow, Receipt, Trail } from '../../ingest/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Language } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { faultSummary, statusOf } from '../form-faults.ts';
import { momentText } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { decisionForm, type TypedDecision } from './held-decision.ts';
import { remarkTables, remarkText } from './remark-text.ts';
import { OUTCOMES, READERS, REASONS, SEVERITIES, STATES, SENDER as T } from './sender-text.ts';
import { ownDelivery, type SenderVisit, senderOf } from './sender-visit.ts';

/**
 * GET, and the answer to every form of it.
 * @param typed a decision that does not do: it stands in its form again.
 */
export async function deliveryPage(visit: SenderVisit, typed?: TypedDecision) {
  const { door, language, session } = visit;
  const { client, row } = await ownDelivery(visit);
  const path = `/afzender/${client.id}/${row.id}`;
  const told = typed ? undefined : await session.told(path);
  const receipt = door.intake.deliveries.receiptOf(row);
  const organisations = await door.organisations.all();
  const kinds = new Map(organisations.map(({ id, category }) => [id, category]));
  const sender = await senderOf(visit);
  const trail = await door.intake.trail(sender, row, (organisation) => kinds.get(organisation));
  return visit.page({
    title: T.delivery,
    path,
    ...statusOf(typed?.faults ?? []),
    body: (say) => html`<h1>${say(T.delivery)}</h1>${faultSummary(typed?.faults ?? [], say)}
${told && html`<p class="note" role="status">${say(told)}</p>`}
${facts(client, row, receipt, say)}
<h2>${say(T.way)}</h2>${trailList(row, trail, say, language)}
${forms(visit, client, row, { typed, say })}
${receipt && receiptTables(receipt, say, language)}
<p><a class="button secondary" href="/afzender">${say(T.back)}</a></p>`,
  });
}

function facts(client: Client, row: DeliveryRow, receipt: Receipt | undefined, say: Say): Content {
  const reasons = row.reasons.map((reason) => html`<li>${reasonText(reason, say)}</li>`);
  return html`<dl><dt>${say(T.system)}</dt><dd>${client.name}</dd>
<dt>${say(T.receiptId)}</dt><dd><code>${row.id}</code></dd>
<dt>${say(T.format)}</dt><dd>${formatText(row.format, say)}</dd>
<dt>${say(T.state)}</dt><dd>${say(row.rejected ? T.rejected : STATES[row.state])}</dd>
${reasons.length > 0 && html`<dt>${say(T.reasons)}</dt><dd><ul>${reasons}</ul></dd>`}
${receipt && html`<dt>SHA-256</dt><dd><code>${receipt.sha256}</code></dd>`}</dl>
<p><a href="/afzender/${client.id}/${row.id}/origineel" download>${say(T.original)}</a></p>`;
}

/** What nobody recognised has no name. */
export function formatText(format: string | null, say: Say): string {
  return format === null || format === 'unknown' ? say(T.unknown) : format;
}

/** The stable code stands beside the words, for whoever has to look it up. */
function reasonText(reason: string, say: Say): Content {
  const known = REASONS[reason];
  return known ? html`${say(known)} (<code>${reason}</code>)` : html`<code>${reason}</code>`;
}

function trailList(row: DeliveryRow, trail: Trail, say: Say, language: Language): Content {
  const moment = (at: string | undefined) =>
    at === undefined ? say(T.unknown) : momentText(at, language);
  const reads = trail.firstReads.map(
    ({ kind, at }) => html`<li>${say(READERS[kind] ?? { nl: kind, en: kind })}:
${momentText(at, language)}</li>`,
  );
  return html`<dl class="trail"><dt>${say(T.sent)}</dt><dd>${moment(trail.sent)}</dd>
<dt>${say(T.received)}</dt><dd>${moment(trail.received)}</dd>
<dt>${say(T.handled)}</dt><dd>${moment(trail.handled)}</dd>
<dt>${say(T.available)}</dt><dd>${
    trail.available === undefined && waits(row) ? say(T.notRead) : moment(trail.available)
  }</dd>
<dt>${say(T.firstRead)}</dt><dd>${
    reads.length === 0 ? say(T.notRead) : html`<ul>${reads}</ul>`
  }</dd></dl>`;
}

function forms(
  visit: SenderVisit,
  client: Client,
  row: DeliveryRow,
  { typed, say }: { readonly typed: TypedDecision | undefined; readonly say: Say },
): Content {
  if (!waits(row)) return undefined;
  const token = html`<input type="hidden" name="csrf" value="${visit.session.csrf}">`;
  const path = `/afzender/${client.id}/${row.id}`;
  return html`<form method="post" action="${path}/opnieuw">${token}<button>${say(T.replay)}</button>
</form>
${row.state === 'held' && decisionForm(`${path}/besluit`, row.reasons, token, say, typed)}`;
}

/** Whether anything can still be done about it. */
export const waits = ({ state, rejected }: DeliveryRow): boolean =>
  (state === 'held' || state === 'refused') && !rejected;

function receiptTables(receipt: Receipt, say: Say, language: Language): readonly Content[] {
  return [
    receipt.items.length > 0 &&
      table(
        {
          caption: T.items,
          columns: [T.item, T.version, T.outcome],
          rows: receipt.items.map(({ reference, version, outcome }) => [
            reference,
            version === 0 ? '' : version,
            say(OUTCOMES[outcome]),
          ]),
        },
        language,
      ),
    receipt.issues.length > 0 &&
      remarkTables(
        {
          caption: T.issues,
          columns: [T.place, T.severity, T.issue],
          row: (issue) => [
            html`<code>${issue.place}</code>`,
            say(SEVERITIES[issue.severity] ?? { nl: issue.severity, en: issue.severity }),
            remarkText(issue, language),
          ],
          remarks: receipt.issues,
        },
        language,
      ),
  ];
}

/** GET: the message as it came. */
export async function original(visit: SenderVisit) {
  const { door, request, reply, session } = visit;
  const { client, row } = await ownDelivery(visit);
  const asked = {
    client: client.id,
    organisation: session.who.organisation,
    address: request.ip,
    requestId: request.id,
  };
  const sent = await door.releaseOriginal(asked, row);
  return reply
    .header('content-disposition', `attachment; filename="${row.id}"`)
    .type('application/octet-stream')
    .send(Readable.from(sent.chunks));
}
