/** `/auditor/regel/{seq}`: why a line is as it is, and where it stands in the tree. */
import { isWithin, type LedgerEntry } from '../../audit/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { eventText } from '../event-words.ts';
import { kindsText } from '../kinds-text.ts';
import { momentText } from '../moment-text.ts';
import { organisationNames } from '../person/visit.ts';
import { purposeText, reasonText, routeText } from '../plain-words.ts';
import { aboutPatient } from './about-patient.ts';
import type { AuditorRoutes, AuditorVisit } from './auditor-visit.ts';
import { agentText } from './search-routes.ts';

const t = (nl: string, en: string): Text => ({ nl, en });

const T = {
  title: (seq: number): Text => t(`Regel ${seq}`, `Line ${seq}`),
  masked: t(
    'Van deze vraag is niet alles voor uw organisatie zichtbaar.',
    'Not everything of this question can be seen by your organisation.',
  ),
  back: t('Terug naar de regels', 'Back to the lines'),
  whole: t('De hele regel, zoals de keten haar bewaart', 'The whole line, as the chain keeps it'),
  noReason: t('Typ eerst bij het zoeken waarom u kijkt.', 'First type at the search why you look.'),
} as const;

const LABELS = {
  when: t('Wanneer', 'When'),
  who: t('Wie', 'Who'),
  behalf: t('Namens', 'On behalf of'),
  patient: t('Patiënt (pseudoniem)', 'Patient (pseudonym)'),
  event: t('Wat', 'What'),
  client: t('Systeem of app', 'System or app'),
  purpose: t('Doel', 'Purpose'),
  route: t('Grond', 'Ground'),
  reason: t('Reden van de weigering', 'Reason of the refusal'),
  typed: t('Opgegeven reden', 'Reason given'),
  basis: t('Regels en versies', 'Rules and versions'),
  epoch: t('Stand van de keuzes', 'State of the choices'),
  inputs: t('Controlegetal van de beslissing', 'Digest of the decision'),
  obligations: t('Verplichtingen', 'Obligations'),
  holders: t('Houders', 'Holders'),
  counts: t('Gegevens', 'Data'),
  released: t('Getoond', 'Shown'),
  withheld: t('Niet getoond', 'Not shown'),
  query: t('Vraag', 'Question'),
  request: t('Aanvraagnummer', 'Request id'),
  correlation: t('Ketennummer', 'Correlation id'),
  token: t('Token', 'Token'),
  seq: t('Plaats in de keten', 'Place in the chain'),
  leaf: t('Controlegetal van de regel', 'Leaf hash'),
} as const;

/** Registers the page of one line. */
export function entryRoutes(pages: AuditorRoutes): void {
  pages.get('/auditor/regel/:seq', async (visit) => {
    const { door, who, request } = visit;
    if (who.reason === undefined) {
      throw new Problem('unprocessable', T.noReason.en, { code: 'reason-required' });
    }
    const seq = Number((request.params as { seq: string }).seq);
    const found = Number.isSafeInteger(seq)
      ? await door.ledger.byId(seq, who.organisation)
      : undefined;
    const entry = found && isWithin(found, who.scope) ? found : undefined;
    await visit.readLog({
      act: 'log-read',
      question: `/auditor/regel/${Number.isSafeInteger(seq) ? seq : 'x'}`,
      shown: entry ? 1 : 0,
      aboutUser: entry?.record.agent.id,
    });
    if (!entry) throw new Problem('not-found', 'There is no such line for this organisation.');
    const names = await organisationNames(door);
    return visit.page({
      title: T.title(seq),
      body: (say) => html`<h1>${say(T.title(seq))}</h1>
${entry.masked && html`<p class="note">${say(T.masked)}</p>`}
<dl>${rows(visit, entry, names).map(([label, content]) =>
        content === undefined || content === ''
          ? ''
          : html`<dt>${say(label)}</dt><dd>${content}</dd>`,
      )}</dl>
<details><summary>${say(T.whole)}</summary><pre tabindex="0">${JSON.stringify(
        entry.record,
        null,
        2,
      )}</pre></details>
<p><a class="button secondary" href="/auditor/zoeken">${say(T.back)}</a></p>`,
    });
  });
}

function rows(
  { language }: AuditorVisit,
  entry: LedgerEntry,
  names: ReadonlyMap<string, string>,
): readonly (readonly [Text, Content])[] {
  const { record } = entry;
  const name = (id: string) => names.get(id) ?? id;
  const code = (value: string | undefined): Content => value && html`<code>${value}</code>`;
  return [
    [LABELS.when, momentText(record.at, language)],
    [LABELS.who, agentText(entry, names, (text) => text[language])],
    [LABELS.behalf, code(record.agent.onBehalfOf)],
    [LABELS.patient, code(record.patient)],
    [LABELS.event, eventText(record.event)[language]],
    [LABELS.client, record.client],
    [LABELS.purpose, aboutPatient(purposeText(record.purpose))?.[language]],
    [LABELS.route, aboutPatient(routeText(record.route))?.[language]],
    [LABELS.reason, aboutPatient(reasonText(record.reason))?.[language]],
    [LABELS.typed, record.detail?.['reason']],
    [LABELS.basis, record.basis?.map((one) => html`<code>${one}</code> `)],
    [LABELS.epoch, record.epoch],
    [LABELS.inputs, code(record.inputsHash)],
    [LABELS.obligations, record.obligations?.join(', ')],
    [LABELS.holders, record.holders?.map(name).join(', ')],
    [LABELS.counts, kindsText(record.counts, language, aboutPatient)],
    [LABELS.released, record.released],
    [LABELS.withheld, record.withheld],
    [LABELS.query, code(record.query)],
    [LABELS.request, code(record.requestId)],
    [LABELS.correlation, code(record.correlationId)],
    [LABELS.token, code(record.tokenId)],
    [LABELS.seq, entry.seq],
    [LABELS.leaf, code(entry.leafHash)],
  ];
}
