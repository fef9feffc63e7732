/**
 * What the sender's people decide about a held delivery: the form, and what was typed into it. The
 * number of a person goes into the form once and stands in no page: it is kept sealed meanwhile.
 */
import { normaliseBsn } from '../../conformance/index.ts';
import type { HeldDecision } from '../../ingest/index.ts';
import { type Content, type Html, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { type FieldFaults, faultAt, markOf } from '../form-faults.ts';
import type { Say } from '../page.ts';
import { field } from '../portal.ts';
import { DECISIONS, SENDER as T } from './sender-text.ts';
import { ownClient, type SenderVisit } from './sender-visit.ts';

/** What was typed that does not do yet. */
export interface TypedDecision {
  readonly body: unknown;
  readonly faults: FieldFaults;
}

const REASON_LENGTH_MAX = 300;
const ASKED_SECONDS = 900;

const FAULTS = {
  decision: {
    nl: 'Kies een besluit dat bij dit bericht past.',
    en: 'Choose a decision that fits this message.',
  },
  bsn: {
    nl: 'Typ het BSN van de persoon: 9 cijfers, en een nummer dat klopt.',
    en: 'Type the BSN of the person: 9 digits, and a valid number.',
  },
  reason: { nl: 'Schrijf waarom u dit besluit.', en: 'Write why you decide this.' },
} as const satisfies Record<string, Text>;
type Name = keyof typeof FAULTS;

/** Only what can be an answer to why it is held. */
const fittingFor = (reasons: readonly string[]) =>
  DECISIONS.filter(({ about }) => reasons.some((reason) => about.includes(reason)));

/**
 * @param reasons why the delivery is held; nothing is shown when no decision is about these.
 * @param typed stands in the form again, but for the number.
 */
export function decisionForm(
  action: string,
  reasons: readonly string[],
  token: Html,
  say: Say,
  { body, faults }: TypedDecision = { body: {}, faults: [] },
): Content {
  const fitting = fittingFor(reasons);
  if (fitting.length === 0) return undefined;
  const chosen = field(body, 'decision');
  return html`<h2>${say(T.decide)}</h2><form method="post" action="${action}">${token}
<fieldset id="decision" tabindex="-1"${markOf(faults, 'decision')}><legend>${say(
    T.decision,
  )}</legend>${faultAt(faults, 'decision', say)}${fitting.map(
    ({
      decision,
      text,
    }) => html`<p><label class="choice"><input type="radio" name="decision" value="${decision}"
 required${decision === chosen && html` checked`}> ${say(text)}</label></p>`,
  )}</fieldset>
${
  fitting.some(({ decision }) => decision === 'link') &&
  html`<p><label for="bsn">${say(T.bsn)}</label>${faultAt(faults, 'bsn', say)}
<input id="bsn" name="bsn" inputmode="numeric" autocomplete="off" maxlength="14"${markOf(
    faults,
    'bsn',
  )}></p>`
}
<p><label for="reason">${say(T.why)}</label>${faultAt(faults, 'reason', say)}
<input id="reason" name="reason" required maxlength="${REASON_LENGTH_MAX}" value="${field(
    body,
    'reason',
  )}"${markOf(faults, 'reason')}></p>
<button>${say(T.save)}</button></form>`;
}

/** The decision, or what is wrong with it. */
export async function decisionIn(
  visit: SenderVisit,
  reasons: readonly string[],
): Promise<HeldDecision | TypedDecision> {
  const { body } = visit.request;
  const given = field(body, 'decision');
  const decision = fittingFor(reasons).find((one) => one.decision === given)?.decision;
  const reason = field(body, 'reason')?.slice(0, REASON_LENGTH_MAX);
  const bsn = decision === 'link' ? await numberIn(visit) : undefined;
  const wrong: Name[] = [
    ...(decision === undefined ? (['decision'] as const) : []),
    ...(decision === 'link' && bsn === undefined ? (['bsn'] as const) : []),
    ...(reason === undefined ? (['reason'] as const) : []),
  ];
  if (decision === undefined || reason === undefined || wrong.length > 0) {
    return { body, faults: wrong.map((name) => ({ field: name, text: FAULTS[name] })) };
  }
  return { decision, reason, ...(bsn === undefined ? {} : { bsn }) };
}

interface Asked {
  readonly client: string;
  readonly bsn: string;
}

/** As typed, or as kept at the first look. */
async function numberIn(visit: SenderVisit): Promise<string | undefined> {
  const { body } = visit.request;
  const { state, database } = visit.door;
  const handle = field(body, 'asked');
  if (handle === undefined) return normaliseBsn((field(body, 'bsn') ?? '').replaceAll('-', ''));
  const found = await state.peek<Asked>(database, 'held-decision', handle);
  return found?.value.client === ownClient(visit).id ? found.value.bsn : undefined;
}

/** Fields with which the decision comes again: a handle in the place of the number. */
export async function fieldsOf(
  visit: SenderVisit,
  { decision, reason, bsn }: HeldDecision,
): Promise<Readonly<Record<string, string>>> {
  if (bsn === undefined) return { decision, reason };
  const { state, database } = visit.door;
  const asked: Asked = { client: ownClient(visit).id, bsn };
  const options = { kind: 'held-decision', seconds: ASKED_SECONDS } as const;
  return { decision, reason, asked: await state.put(database, asked, options) };
}
