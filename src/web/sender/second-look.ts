/**
 * What waits is handled again, or decided about, in two steps: a look at what would change, then
 * the step itself. Who goes on gets what was shown: when it would be something else by then, it is
 * shown anew.
 */
import { createHash } from 'node:crypto';
import type { Client } from '../../identity/index.ts';
import type { DeliveryRow, DryRun, HeldDecision } from '../../ingest/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { tellAt } from '../portal.ts';
import { deliveryPage, waits } from './delivery-page.ts';
import { dryRunTold } from './dry-run-page.ts';
import { decisionIn, fieldsOf } from './held-decision.ts';
import { DECISIONS, SENDER as T } from './sender-text.ts';
import { ownDelivery, type SenderVisit, senderOf, staffAgent } from './sender-visit.ts';

/** POST: from the original, with the mapping as it is now. */
export async function replay(visit: SenderVisit) {
  const { door, request } = visit;
  const { client, row } = await ownDelivery(visit);
  const sender = await senderOf(visit);
  const path = `/afzender/${client.id}/${row.id}`;
  if (!waits(row)) return tellAt(visit, path, T.waitsNoLonger);
  const said = await door.intake.tryWaiting(sender, row);
  const step: Step = { client, row, said, action: 'opnieuw' };
  if (!isSeen(visit, step)) return secondLook(visit, step);
  const told = await door.intake.replay(sender, row, request.id).then(
    ({ state }) => (state === 'accepted' ? T.replayed : T.stillWaits),
    (error: unknown) => unlessOurs(error),
  );
  return tellAt(visit, path, told);
}

/** POST: who decided what and why stands in the ledger before anything follows from it. */
export async function decide(visit: SenderVisit) {
  const { door, request, session } = visit;
  const { client, row } = await ownDelivery(visit);
  // In another window, or by a second click, it may have been decided already.
  const path = `/afzender/${client.id}/${row.id}`;
  if (row.state !== 'held' || row.rejected) return tellAt(visit, path, T.waitsNoLonger);
  const made = await decisionIn(visit, row.reasons);
  if ('faults' in made) return deliveryPage(visit, made);
  const sender = await senderOf(visit);
  let said: DryRun;
  try {
    said = await door.intake.tryWaiting(sender, row, made);
  } catch (error) {
    return tellAt(visit, path, unlessOurs(error));
  }
  const step: Step = { client, row, said, action: 'besluit', made };
  if (!isSeen(visit, step)) return secondLook(visit, step);
  const by = { agent: staffAgent(session.who, request), requestId: request.id };
  const told = await door.intake.decide(sender, row, made, by).then(
    ({ state }) =>
      made.decision === 'reject' ? T.taken : state === 'accepted' ? T.replayed : T.stillWaits,
    (error: unknown) => unlessOurs(error),
  );
  return tellAt(visit, path, told);
}

function unlessOurs(error: unknown): Text {
  const problem = Problem.from(error);
  if (problem.kind === 'fault' || problem.kind === 'busy') throw problem;
  return T.stillWrong;
}

interface Step {
  readonly client: Client;
  readonly row: DeliveryRow;
  readonly said: DryRun;
  /** Last part of the address of the form. */
  readonly action: 'opnieuw' | 'besluit';
  readonly made?: HeldDecision;
}

/** A digest of what was shown: outcome and decision, not the values themselves. */
function seenOf({ said, action, made }: Step): string {
  const { state, reasons, messages } = said;
  const shown = messages.map(({ person, items, remarks, unknownCodes, joins }) => [
    ...[person, joins, unknownCodes, remarks.map(({ code, place }) => [code, place])],
    items.map(({ reference, outcome }) => [reference, outcome]),
  ]);
  const text = JSON.stringify([action, made ?? {}, state, reasons, shown]);
  return createHash('sha256').update(text).digest('base64url');
}

const seenIn = ({ request }: SenderVisit): string | undefined =>
  (request.body as { seen?: string }).seen;

const isSeen = (visit: SenderVisit, step: Step): boolean => seenIn(visit) === seenOf(step);

/** What would change, and a button to go on; nothing has happened yet. */
async function secondLook(visit: SenderVisit, step: Step) {
  const { client, row, said, action, made } = step;
  const path = `/afzender/${client.id}/${row.id}`;
  const decision = made?.decision;
  const chosen = DECISIONS.find((one) => one.decision === decision)?.text;
  const hidden: readonly Content[] = Object.entries({
    ...(made && (await fieldsOf(visit, made))),
    csrf: visit.session.csrf,
    seen: seenOf(step),
  }).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
  return visit.page({
    title: T.lookFirst,
    path,
    body: (say, language) => html`<h1>${say(T.lookFirst)}</h1>
<p class="note" role="status">${say(seenIn(visit) === undefined ? T.nothingYet : T.otherNow)}</p>
${chosen && html`<p><strong>${say(T.decision)}:</strong> ${say(chosen)}</p>`}
${decision === 'reject' ? html`<p>${say(T.wouldEnd)}</p>` : dryRunTold(said, say, language)}
<form method="post" action="${path}/${action}">${hidden}<button>${say(T.goOn)}</button></form>
<p><a class="button secondary" href="${path}">${say(T.notGoOn)}</a></p>`,
  });
}
