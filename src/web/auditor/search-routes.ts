/** The auditor's search: typed in a form, kept sealed in the session, answered a page at a time. */
import { type LedgerEntry, type LedgerPage, type LedgerQuery, within } from '../../audit/index.ts';
import { createLedgerSubject } from '../../consent/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import { EVENT_NAMES, eventText, sameWords } from '../event-words.ts';
import { type FieldFaults, faultSummary, statusOf } from '../form-faults.ts';
import { kindsText } from '../kinds-text.ts';
import { momentText, startOfDay } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { organisationNames } from '../person/visit.ts';
import { PURPOSE_NAMES, purposeText, reasonText, roleText } from '../plain-words.ts';
import { field } from '../portal.ts';
import { aboutPatient } from './about-patient.ts';
import type { AuditorRoutes, AuditorVisit, KeptSearch } from './auditor-visit.ts';
import { eventsOf, savedQuestions } from './saved-questions.ts';
import { AGENT_KINDS, digitsIn, faultsIn, searchForm } from './search-form.ts';

const PAGE_LINES = 50;

const T = {
  title: { nl: 'Zoeken in het logboek', en: 'Search the log' },
  results: { nl: 'Gevonden regels', en: 'Lines found' },
  none: { nl: 'Geen regels gevonden.', en: 'No lines found.' },
  next: { nl: 'Volgende regels', en: 'Next lines' },
  csv: { nl: 'Neem mee als CSV', en: 'Take along as CSV' },
  package: { nl: 'Neem mee met bewijs (ZIP)', en: 'Take along with proof (ZIP)' },
  packed: {
    nl: 'In de ZIP staan de regels als CSV, PDF en FHIR, met een ondertekend bewijs: hoogstens 2.000 regels. Als CSV of NDJSON neemt u 10.000 regels alleen mee; voor meer geeft een collega akkoord.',
    en: 'The ZIP holds the lines as CSV, PDF and FHIR, with a signed proof: at most 2,000 lines. As CSV or NDJSON you take 10,000 lines along by yourself; for more a colleague agrees.',
  },
  ndjson: { nl: 'Neem mee als FHIR (NDJSON)', en: 'Take along as FHIR (NDJSON)' },
  many: { nl: 'Meer dan 10.000 regels', en: 'More than 10,000 lines' },
  fhir: {
    nl: 'Geef mij een sleutel om met mijn eigen programma te vragen (FHIR)',
    en: 'Give me a key to ask with my own program (FHIR)',
  },
  first: { nl: 'Eerste regels', en: 'First lines' },
  line: { nl: 'Regel', en: 'Line' },
  when: { nl: 'Wanneer', en: 'When' },
  who: { nl: 'Wie', en: 'Who' },
  what: { nl: 'Wat', en: 'What' },
  why: { nl: 'Doel', en: 'Purpose' },
  outcome: { nl: 'Uitkomst', en: 'Outcome' },
  data: { nl: 'Gegevens', en: 'Data' },
  done: { nl: 'gelukt', en: 'done' },
  notDone: { nl: 'geweigerd', en: 'refused' },
  failed: { nl: 'mislukt', en: 'failed' },
} as const satisfies Record<string, Text>;

/** Registers the search. */
export function searchRoutes(pages: AuditorRoutes): void {
  pages.post('/auditor/zoeken', async (visit) => {
    const { request, reply, session, who } = visit;
    const reason = field(request.body, 'reden') ?? who.reason;
    const faults = faultsIn(request.body, reason);
    if (reason === undefined || faults.length > 0) return searchPage(visit, faults);
    const search = await readSearch(visit);
    await session.keep({ ...who, reason, search });
    return reply.redirect('/auditor/zoeken', 303);
  });
  pages.get('/auditor/zoeken', searchPage);
}

/** The form, and what the kept search finds. */
export async function searchPage(visit: AuditorVisit, faults: FieldFaults = []) {
  const { who, request } = visit;
  const cursor = (request.query as { verder?: unknown }).verder;
  // What was asked before is not asked again by a form that does not fit: each search is a line.
  const isAsked =
    who.search !== undefined && faults.length === 0 && request.url.startsWith('/auditor/zoeken');
  const found = isAsked
    ? await run(visit, who.search as KeptSearch, typeof cursor === 'string' ? cursor : undefined)
    : undefined;
  const names = await organisationNames(visit.door);
  return visit.page({
    title: T.title,
    ...statusOf(faults),
    body: (say) => html`<h1>${say(T.title)}</h1>
<p class="lead">${names.get(who.organisation) ?? ''}</p>
${faultSummary(faults, say)}${found && results(visit, found, names, say)}
${searchForm(visit, faults, say)}
${who.reason !== undefined && savedQuestions(visit.session.csrf, say)}`,
  });
}

async function readSearch({ door, request, who }: AuditorVisit): Promise<KeptSearch> {
  const { body } = request;
  const digits = digitsIn(body);
  const keeps = field(body, 'zelfde') === 'ja' ? who.search?.patient : undefined;
  const patient =
    digits === undefined
      ? keeps
      : await createLedgerSubject(door.keyring, door.consent.own.byBsn)(digits);
  const from = dateField(body, 'van');
  const until = dateField(body, 'tot');
  const event = EVENT_NAMES.find((name) => name === field(body, 'wat'));
  const purpose = PURPOSE_NAMES.find((name) => name === field(body, 'doel'));
  const id = field(body, 'wie');
  const kind = AGENT_KINDS.find((name) => name === field(body, 'soort')) ?? 'professional';
  return {
    ...(patient === undefined ? {} : { patient }),
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
    ...(event === undefined ? {} : { event }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(id === undefined ? {} : { agent: { kind, id } }),
    ...(field(body, 'geweigerd') === 'ja' ? { refused: true } : {}),
  };
}

function dateField(body: unknown, name: string): string | undefined {
  const text = field(body, name);
  return startOfDay(text) ? text : undefined;
}

/** The kept search as the ledger is asked. */
export function ledgerQuery(organisation: string, search: KeptSearch): LedgerQuery {
  const { patient, from, until, event, purpose, agent, refused, route, labelled } = search;
  const events = search.question === undefined ? sameWords(event) : eventsOf(search.question);
  return {
    organisation,
    ...(patient === undefined ? {} : { patient }),
    ...optionalDate('from', startOfDay(from)),
    ...optionalDate('until', startOfDay(until, 1)),
    ...(event === undefined || events ? {} : { event }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(agent === undefined ? {} : { agent }),
    ...(refused ? { refused } : {}),
    ...(route === undefined ? {} : { route }),
    ...(labelled ? { labelled } : {}),
    ...(events === undefined ? {} : { events }),
  };
}

async function run(
  visit: AuditorVisit,
  search: KeptSearch,
  cursor: string | undefined,
): Promise<LedgerPage> {
  const { patient } = search;
  const found = await visit.door.ledger.search({
    ...within(ledgerQuery(visit.who.organisation, search), visit.who.scope),
    limit: PAGE_LINES,
    ...(cursor === undefined ? {} : { cursor }),
  });
  await visit.readLog({
    act: 'log-search',
    question: questionOf(search),
    shown: found.entries.length,
    patient,
    aboutUser: search.agent?.id,
  });
  return found;
}

function optionalDate<const K extends string>(
  name: K,
  value: Date | undefined,
): { [key in K]?: Date } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]?: Date });
}

/** What was asked, without who it was about: that stands in the entry's own place. */
/** For the line that the search itself is. */
export function questionOf({ patient, agent, ...rest }: KeptSearch): string {
  const asked = [
    ...(patient === undefined ? [] : ['patient']),
    ...(agent === undefined ? [] : [`agent=${agent.kind}`]),
    ...Object.entries(rest).map(([name, value]) => `${name}=${value}`),
  ];
  return `/auditor/zoeken?${asked.join('&')}`;
}

function results(
  visit: AuditorVisit,
  found: LedgerPage,
  names: ReadonlyMap<string, string>,
  say: Say,
): Content {
  if (found.entries.length === 0)
    return html`<h2>${say(T.results)}</h2><p class="note" role="status">${say(T.none)}</p>`;
  const { next } = found;
  return html`<h2>${say(T.results)}</h2>
${table(
  {
    caption: T.results,
    columns: [T.line, T.when, T.who, T.what, T.why, T.outcome, T.data],
    rows: found.entries.map((entry) => row(visit, entry, names, say)),
  },
  visit.language,
)}
<p>${
    next !== undefined &&
    html`<a class="button secondary" href="/auditor/zoeken?verder=${next}">${say(T.next)}</a>`
  }
<a class="button secondary" href="/auditor/zoeken">${say(T.first)}</a>
<a class="button secondary" href="/auditor/csv">${say(T.csv)}</a>
<a class="button secondary" href="/auditor/ndjson">${say(T.ndjson)}</a>
<a class="button secondary" href="/auditor/pakket" download>${say(T.package)}</a></p>
<p>${say(T.packed)} <a href="/auditor/mede">${say(T.many)}</a></p>
<form method="post" action="/auditor/fhir"><input type="hidden" name="csrf" value="${
    visit.session.csrf
  }"><button class="link">${say(T.fhir)}</button></form>`;
}

function row(
  { language }: AuditorVisit,
  entry: LedgerEntry,
  names: ReadonlyMap<string, string>,
  say: Say,
): readonly Content[] {
  const { record, seq } = entry;
  const reason = aboutPatient(reasonText(record.reason));
  const outcome = record.outcome === 0 ? T.done : record.outcome === 4 ? T.notDone : T.failed;
  const purpose = aboutPatient(purposeText(record.purpose));
  return [
    html`<a href="/auditor/regel/${seq}">${seq}</a>`,
    momentText(record.at, language),
    agentText(entry, names, say),
    say(eventText(record.event)),
    purpose ? say(purpose) : '',
    `${say(outcome)}${reason ? `: ${say(reason)}` : ''}`,
    kindsText(record.counts, language, aboutPatient),
  ];
}

/**
 * The one who acted, as the ledger names it: a pseudonym for a person, an id of ours for the rest.
 */
export function agentText(
  { record }: LedgerEntry,
  names: ReadonlyMap<string, string>,
  say: Say,
): string {
  const { kind, id, organisation, role } = record.agent;
  const place = organisation === undefined ? undefined : (names.get(organisation) ?? organisation);
  const what = role === kind ? undefined : roleText(role);
  return [`${say(AGENTS[kind])} ${id}`, what && say(what), place].filter(Boolean).join(', ');
}

const AGENTS: Readonly<Record<LedgerEntry['record']['agent']['kind'], Text>> = {
  person: { nl: 'patiënt', en: 'patient' },
  representative: { nl: 'vertegenwoordiger', en: 'representative' },
  professional: { nl: 'zorgverlener', en: 'professional' },
  system: { nl: 'systeem', en: 'system' },
  auditor: { nl: 'auditor', en: 'auditor' },
  operator: { nl: 'beheerder', en: 'operator' },
};
