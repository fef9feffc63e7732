/** `/mij/gestuurd`: what the person sent to providers, and what became of it (A10, A11). */
import { answerDue, type SharedItem, type SharedState } from '../../ingest/index.ts';
import { html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { momentText } from '../moment-text.ts';
import { organisationNames, type PersonRoutes, type Visit } from './visit.ts';

const T = {
  title: { nl: 'Wat u stuurde', en: 'What you sent' },
  intro: {
    nl: 'Dit stuurde u met een app naar een zorgverlener. U ziet wat ermee is gebeurd.',
    en: 'You sent this to a care provider with an app. You see what became of it.',
  },
  none: { nl: 'U stuurde nog niets.', en: 'You sent nothing yet.' },
  to: { nl: 'Naar', en: 'To' },
  sent: { nl: 'Verstuurd', en: 'Sent' },
  told: { nl: 'Systeem van de zorgverlener kreeg bericht', en: 'System of the provider was told' },
  count: { nl: 'Onderdelen', en: 'Items' },
  state: { nl: 'Stand', en: 'Status' },
  changed: { nl: 'Sinds', en: 'Since' },
  reason: { nl: 'De zorgverlener schrijft', en: 'The care provider writes' },
  due: { nl: 'Antwoord uiterlijk', en: 'Answer due by' },
  statement: {
    nl: 'Bent u het er niet mee eens? Dan mag u een eigen verklaring in uw dossier laten zetten. De zorgverlener mag dat niet weigeren.',
    en: 'Do you disagree? Then you may have a statement of your own put into your record. The care provider may not refuse that.',
  },
  overdue: {
    nl: 'Het antwoord is te laat. U kunt de zorgverlener bellen.',
    en: 'The answer is overdue. You can call the care provider.',
  },
} as const satisfies Record<string, Text>;

const STATE: Readonly<Record<SharedState, Text>> = {
  received: { nl: 'Ontvangen', en: 'Received' },
  opened: { nl: 'Geopend', en: 'Opened' },
  filed: { nl: 'In het dossier gezet', en: 'Put in the record' },
  'not-accepted': { nl: 'Niet overgenomen', en: 'Not accepted' },
};

/** Registers the page about what was sent. */
export function sentRoutes(pages: PersonRoutes): void {
  pages.get('/mij/gestuurd', list);
}

async function list(visit: Visit) {
  const { door, vault } = visit;
  const [items, names] = await Promise.all([
    door.sharedItems.ofPerson(door.database, vault),
    organisationNames(door),
  ]);
  return visit.page({
    title: T.title,
    path: '/mij/gestuurd',
    body: (say) => html`<h1>${say(T.title)}</h1>
<p>${say(T.intro)}</p>
${items.length === 0 && html`<p class="note">${say(T.none)}</p>`}
${items.map((one) => card(visit, one, names.get(one.organisation) ?? ''))}`,
  });
}

/** A request to change the record comes as a Communication. */
const isRequest = ({ references }: SharedItem): boolean =>
  references.some((one) => one.startsWith('Communication/'));

function card({ door, language }: Visit, one: SharedItem, provider: string) {
  const say = (text: Text) => text[language];
  const what = door.apps.serviceText(one.service)?.[language] ?? one.service;
  const due = answerDue(one);
  const isLate = due !== undefined && due < door.clock();
  return html`<section class="card">
<h2>${what} <span class="tag">${say(STATE[one.state])}</span></h2>
<dl>
<dt>${say(T.to)}</dt><dd>${provider}</dd>
<dt>${say(T.sent)}</dt><dd>${momentText(one.received, language)}</dd>
${one.told && html`<dt>${say(T.told)}</dt><dd>${momentText(one.told, language)}</dd>`}
<dt>${say(T.count)}</dt><dd>${one.references.length}</dd>
<dt>${say(T.state)}</dt><dd>${say(STATE[one.state])}</dd>
<dt>${say(T.changed)}</dt><dd>${momentText(one.changed, language)}</dd>
${one.reason !== '' && html`<dt>${say(T.reason)}</dt><dd>${one.reason}</dd>`}
${due && html`<dt>${say(T.due)}</dt><dd>${momentText(due, language)}</dd>`}
</dl>
${isLate && html`<p class="note" role="status">${say(T.overdue)}</p>`}
${isRequest(one) && one.state === 'not-accepted' && html`<p>${say(T.statement)}</p>`}
</section>`;
}
