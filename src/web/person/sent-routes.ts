/** `/mij/gestuurd`: what the person sent to providers, and what became of it (A10, A11). */
import { type LedgerEntry, logRead } from '../../audit/index.ts';
import { answerDue, type SharedItem, type SharedState } from '../../ingest/index.ts';
import { type Html, html } from '../../platform/html/html.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { kindText } from '../kinds-text.ts';
import { momentText } from '../moment-text.ts';
import { begun } from '../plain-words.ts';
import { correctionReaders } from './correction-readers.ts';
import { organisationNames, type PersonRoutes, personAgent, type Visit } from './visit.ts';

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
  corrected: { nl: 'Verbeterd', en: 'Corrected' },
  version: { nl: 'Nieuwe versie', en: 'New version' },
  readers: {
    nl: 'Deze apps en zorgverleners hadden de oude versie:',
    en: 'These apps and care providers had the old version:',
  },
  noReaders: { nl: 'Niemand anders had de oude versie.', en: 'Nobody else had the old version.' },
  reached: { nl: 'kreeg de nieuwe versie op', en: 'got the new version on' },
  notified: { nl: 'kreeg bericht op', en: 'was told on' },
  notYet: { nl: 'haalde de nieuwe versie nog niet op', en: 'did not fetch the new version yet' },
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
  const isCorrected = items.some(({ corrected = [] }) => corrected.length > 0);
  const words = { names, ...(isCorrected ? await readersOf(visit) : NO_READERS) };
  return visit.page({
    title: T.title,
    path: '/mij/gestuurd',
    body: (say) => html`<h1>${say(T.title)}</h1>
<p>${say(T.intro)}</p>
${items.length === 0 && html`<p class="note">${say(T.none)}</p>`}
${items.map((one) => card(visit, one, words))}`,
  });
}

/** A request to change the record comes as a Communication. */
const isRequest = ({ references }: SharedItem): boolean =>
  references.some((one) => one.startsWith('Communication/'));

function card({ door, language }: Visit, one: SharedItem, words: Words) {
  const provider = words.names.get(one.organisation) ?? '';
  const say = (text: Text) => text[language];
  const what = door.apps.serviceText(one.service)?.[language] ?? one.service;
  const due = answerDue(one);
  const isLate = due !== undefined && due < door.clock();
  return html`<section class="card">
<h2>${begun(what)} <span class="tag">${say(STATE[one.state])}</span></h2>
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
${one.corrected?.map((item) => correction(item, one, words, language))}
${isLate && html`<p class="note" role="status">${say(T.overdue)}</p>`}
${isRequest(one) && one.state === 'not-accepted' && html`<p>${say(T.statement)}</p>`}
</section>`;
}

interface Words {
  /** Organisations by id. */
  readonly names: ReadonlyMap<string, string>;
  /** Apps and partners by id. */
  readonly clients: ReadonlyMap<string, string>;
  readonly entries: readonly LedgerEntry[];
}

const NO_READERS = { clients: new Map<string, string>(), entries: [] };
/** Lines of the ledger that are looked through. */
const LINES_MAX = 5_000;

/** Who read what, written down as a look into the log. */
async function readersOf({ door, vault, request }: Visit): Promise<Omit<Words, 'names'>> {
  const [{ entries }, clients] = await Promise.all([
    door.ledger.ofPatient(vault, { limit: LINES_MAX }),
    door.clients.all(),
  ]);
  await door.ledger.record([
    logRead({
      agent: personAgent(vault, request),
      act: 'log-read',
      patient: vault,
      question: '/mij/gestuurd',
      shown: entries.length,
      requestId: request.id,
      door: 'web',
    }),
  ]);
  return { entries, clients: new Map(clients.map(({ id, name }) => [id, name])) };
}

/** One thing that was corrected, and whom the corrected version reached. */
function correction(
  item: string,
  { organisation }: SharedItem,
  { names, clients, entries }: Words,
  language: Language,
): Html {
  const [name = '', version = ''] = item.split('@');
  const kind = kindText(name.split('/')[0] ?? '')[language];
  const readers = correctionReaders(entries, item, organisation);
  const lines = readers.map(({ client, organisation: id, told, reached }) => {
    const who = (id && names.get(id)) ?? clients.get(client) ?? client;
    const notice = told && html`; ${T.notified[language]} ${momentText(told, language)}`;
    return reached
      ? html`<li>${who}: ${T.reached[language]} ${momentText(reached, language)}${notice}</li>`
      : html`<li>${who}: ${T.notYet[language]}${notice}</li>`;
  });
  const intro = lines.length === 0 ? T.noReaders : T.readers;
  return html`<h3>${T.corrected[language]}: ${kind}</h3>
<p>${T.version[language]} ${version}. ${intro[language]}</p>
${lines.length > 0 && html`<ul>${lines}</ul>`}`;
}
