/** `/auditor/regel/{seq}`: why a line is as it is, and where it stands in the tree. */
import { isWithin, type LedgerEntry } from '../../audit/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { eventText } from '../event-words.ts';
import { type FieldFaults, faultAt, faultSummary, markOf } from '../form-faults.ts';
import { kindsText } from '../kinds-text.ts';
import { momentText } from '../moment-text.ts';
import { organisationNames } from '../person/visit.ts';
import { purposeText, reasonText, routeText } from '../plain-words.ts';
import { field } from '../portal.ts';
import { aboutPatient } from './about-patient.ts';
import type { AuditorRoutes, AuditorVisit } from './auditor-visit.ts';
import { faultsIn, REASON_LENGTH_MIN } from './search-form.ts';
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
  noReason: t('Typ eerst waarom u deze regel bekijkt.', 'First type why you look at this line.'),
  reason: t('Waarom kijkt u? (komt in het logboek)', 'Why do you look? (is written down)'),
  look: t('Bekijk de regel', 'Look at the line'),
} as const;

const LABELS = {
  when: t('Wanneer', 'When'),
  who: t('Wie', 'Who'),
  behalf: t('Namens', 'On behalf of'),
  patient: t('Patiënt (pseudoniem)', 'Patient (pseudonym)'),
  nth: t('Nummer bij de patiënt', 'Number at the patient'),
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
  heldBack: t('Waarvan de bron tegenhield', 'Of which the source kept back'),
  query: t('Vraag', 'Question'),
  request: t('Aanvraagnummer', 'Request id'),
  correlation: t('Ketennummer', 'Correlation id'),
  token: t('Token', 'Token'),
  seq: t('Plaats in de keten', 'Place in the chain'),
  leaf: t('Controlegetal van de regel', 'Leaf hash'),
} as const;

/** A question or a review leads here without a search: then the reason is typed here. */
function reasonPage(visit: AuditorVisit, faults: FieldFaults = []) {
  const { seq } = visit.request.params as { seq: string };
  const path = `/auditor/regel/${encodeURIComponent(seq)}`;
  return visit.page({
    title: T.noReason,
    path,
    status: 422,
    body: (say) => html`<h1>${say(T.noReason)}</h1>${faultSummary(faults, say)}
<form method="post" action="${path}"><input type="hidden" name="csrf" value="${visit.session.csrf}">
<label for="reden">${say(T.reason)}</label>${faultAt(faults, 'reden', say)}
<textarea id="reden" name="reden" rows="2" minlength="${REASON_LENGTH_MIN}" maxlength="500"
  required${markOf(faults, 'reden')}>${field(visit.request.body, 'reden') ?? ''}</textarea>
<p><button>${say(T.look)}</button></p></form>`,
  });
}

async function keepReason(visit: AuditorVisit) {
  const { request, reply, session, who } = visit;
  const reason = field(request.body, 'reden');
  const faults = faultsIn({}, reason);
  if (reason === undefined || faults.length > 0) return reasonPage(visit, faults);
  await session.keep({ ...who, reason });
  const { seq } = request.params as { seq: string };
  return reply.redirect(`/auditor/regel/${encodeURIComponent(seq)}`, 303);
}

/** Registers the page of one line. */
export function entryRoutes(pages: AuditorRoutes): void {
  pages.post('/auditor/regel/:seq', keepReason);
  pages.get('/auditor/regel/:seq', async (visit) => {
    const { door, who, request } = visit;
    if (who.reason === undefined) return reasonPage(visit);
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
    [LABELS.nth, entry.nth],
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
    [LABELS.heldBack, record.detail?.['heldBack']],
    [LABELS.query, code(record.query)],
    [LABELS.request, code(record.requestId)],
    [LABELS.correlation, code(record.correlationId)],
    [LABELS.token, code(record.tokenId)],
    [LABELS.seq, entry.seq],
    [LABELS.leaf, code(entry.leafHash)],
  ];
}
