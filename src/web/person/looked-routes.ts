/**
 * `/mij/inzage`: every line of the ledger about this person, newest first, a day at a time, and
 * whether these are all. Refused attempts stand among them. audit.md 7.1, capabilities D4 and D5.
 */
import { type LedgerEntry, logRead, type PatientLedger } from '../../audit/index.ts';
import { officerOf } from '../../insight/index.ts';
import type { ConsentRule } from '../../permission/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Language } from '../../platform/html/language.ts';
import { eventText } from '../event-words.ts';
import { statusOf } from '../form-faults.ts';
import { kindsText } from '../kinds-text.ts';
import { dayOf, timeText } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { purposeText, reasonText, roleText, routeText, ruleText } from '../plain-words.ts';
import { allToldToPerson } from './as-told-to-person.ts';
import { elsewhereRoutes } from './elsewhere-page.ts';
import { filterFields, passes } from './looked-filter.ts';
import {
  isChosen,
  isWithin,
  type LookedPeriod,
  olderLines,
  periodForm,
  periodIn,
} from './looked-period.ts';
import { LOOKED as T } from './looked-text.ts';
import { isOutsideCare, seenInAll, sentInAll } from './seen-in-all.ts';
import {
  organisationNames,
  ownAccess,
  type PersonRoutes,
  personAgent,
  type Visit,
} from './visit.ts';

/** Lines on one page. */
const LINES_MAX = 5_000;

/** Registers the page, and that of other networks. */
export function lookedRoutes(pages: PersonRoutes): void {
  elsewhereRoutes(pages);
  pages.get('/mij/inzage', looked);
}

async function looked(visit: Visit) {
  const { door, vault, request, language } = visit;
  const query = request.query as Record<string, unknown>;
  const period = periodIn(query);
  // What cannot be asked is not looked up.
  if (period.faults.length > 0) return askedAgain(visit, period);
  const before = Number(query['voor']);
  const whole = await door.ledger.ofPatient(vault, {
    limit: LINES_MAX,
    ...(Number.isSafeInteger(before) && before > 0 ? { before } : {}),
  });
  const held = await door.consent.own.heldBack(vault, ownAccess(visit));
  const found = { ...whole, entries: allToldToPerson(whole.entries, held) };
  const relations = period.zonder ? await relationsOf(visit) : [];
  const shown = found.entries.filter(
    (entry) =>
      isWithin(period, new Date(entry.record.at)) &&
      !(period.wie && entry.record.agent.kind === 'person') &&
      passes(period.filter, entry) &&
      !(period.zonder && !isOutsideCare(entry, relations)),
  );
  await door.ledger.record([
    logRead({
      ...{ agent: personAgent(vault, request), act: 'log-read', patient: vault },
      ...{ question: '/mij/inzage', shown: shown.length, requestId: request.id, door: 'web' },
    }),
  ]);
  const words = await wordsOf(visit);
  return visit.page({
    title: T.title,
    body: (say) => html`<h1>${say(T.title)}</h1>
<p class="lead">${say(T.intro)}</p>
${counterLine(found, language)}
<p>${say(T.proof)} <a href="/mij/inzage/vragen">${say(T.mine)}</a>
<a href="/mij/inzage/elders">${say(T.elsewhere)}</a></p>
${periodForm(period, say, filterFields(period.filter, found.entries, words.organisations, say))}
${isChosen(period) && shown.length > 0 && html`<p>${say(T.chosenLines)}: ${shown.length}</p>`}
${shown.length === 0 && html`<p class="note">${say(found.next === undefined ? T.none : T.noneYet)}</p>`}
${daysOf(shown).map(
  ([day, lines]) => html`<section><h2>${dayText(`${day}T12:00:00Z`, language)}</h2>
<ul class="cards">${bundlesOf(lines).map((bundle) => bundleCard(bundle, words, say, language))}</ul>
  </section>`,
)}
${
  found.next !== undefined &&
  html`<p><a class="button secondary" href="${olderLines(period, found.next)}">${say(T.next)}</a></p>`
}`,
  });
}

async function relationsOf({ door, vault }: Visit) {
  const { epoch } = await door.consent.choices.list(vault);
  return door.consent.relations.at(door.database, vault, epoch);
}

function askedAgain(visit: Visit, period: LookedPeriod) {
  return visit.page({
    title: T.title,
    path: '/mij/inzage',
    ...statusOf(period.faults),
    body: (say) => html`<h1>${say(T.title)}</h1>${periodForm(period, say)}`,
  });
}

/** What was kept for its term and is gone since is told: it counts, and it is not missing. */
function counterLine(found: PatientLedger, language: Language): Content {
  const { total, past, complete } = found;
  const read = found.entries.length;
  const isAll = complete && read + past === total;
  const old = {
    nl: past === 0 ? '' : ` ${past} oude regels zijn na hun bewaartijd gewist.`,
    en: past === 0 ? '' : ` ${past} old lines were erased after the time they are kept.`,
  };
  const text = {
    nl: `Wij tonen ${read} van ${total} regels.${old.nl}${isAll ? ' Er ontbreekt niets.' : ''}`,
    en: `We show ${read} of ${total} lines.${old.en}${isAll ? ' Nothing is missing.' : ''}`,
  };
  return html`<p class="${complete ? 'good' : 'bad'}"${!complete && html` role="alert"`}>${
    text[language]
  }
${!complete && html`<br>${T.incomplete[language]}`}</p>`;
}

interface Words {
  readonly organisations: ReadonlyMap<string, string>;
  readonly clients: ReadonlyMap<string, string>;
  /** Every version of every choice, as `id@version`. */
  readonly choices: ReadonlyMap<string, { readonly rule: ConsentRule; readonly recorded: Date }>;
}

async function wordsOf({ door, vault }: Visit): Promise<Words> {
  const [organisations, clients, history] = await Promise.all([
    organisationNames(door),
    door.clients.all(),
    door.consent.choices.history(vault),
  ]);
  return {
    organisations,
    clients: new Map(clients.map(({ id, name }) => [id, name])),
    choices: new Map(
      history.map(({ rule, recorded }) => [`${rule.id}@${rule.version}`, { rule, recorded }]),
    ),
  };
}

const daysOf = (entries: readonly LedgerEntry[]): [string, LedgerEntry[]][] => [
  ...Map.groupBy(entries, ({ record }) => dayOf(record.at)),
];

interface Bundle {
  readonly first: LedgerEntry;
  readonly lines: LedgerEntry[];
}

/** Like lines of one day stand as one with a count: the same who, why, outcome and ground. */
function bundlesOf(lines: readonly LedgerEntry[]): Bundle[] {
  const bundles = new Map<string, Bundle>();
  for (const line of lines) {
    const { agent, client, purpose, outcome, reason, route, event, basis } = line.record;
    const key = JSON.stringify([
      agent.kind,
      agent.id,
      agent.organisation,
      client,
      purpose,
      outcome,
      reason,
      route,
      event,
      basis,
      holdersOf(line),
    ]);
    const bundle = bundles.get(key);
    if (bundle) bundle.lines.push(line);
    else bundles.set(key, { first: line, lines: [line] });
  }
  return [...bundles.values()];
}

/**
 * Where an app of the person was let in. Of a question that gave nothing it is not told: what is
 * held back for now must read like what is not there.
 */
function holdersOf({ record }: LedgerEntry): readonly string[] {
  const { agent, client, outcome, released, holders = [] } = record;
  const isApp = agent.kind === 'person' || agent.kind === 'representative';
  const isElsewhere = client !== undefined && client !== 'web';
  return isApp && isElsewhere && outcome === 0 && released !== 0 ? holders : [];
}

/** Two acts in one minute have one time. */
const fromTo = (first = '', last = ''): string => (first === last ? last : `${first} – ${last}`);

function bundleCard({ first, lines }: Bundle, words: Words, say: Say, language: Language): Content {
  const { record } = first;
  const times = lines.map((line) => timeText(line.record.at, language));
  const span =
    times.length === 1
      ? times[0]
      : `${fromTo(times.at(-1), times[0])}, ${times.length} ${say(T.times)}`;
  const purpose = purposeText(record.purpose);
  const isFound = record.outcome === 0 && !(isOwn(record) && record.route === 'none');
  const route = isFound ? routeText(record.route) : undefined;
  const reason = reasonText(record.reason);
  const why = [purpose && say(purpose), route && say(route), reason && say(reason)].filter(Boolean);
  const emergency = record.route === 'emergency' || record.purpose === 'ETREAT';
  const typed = record.detail?.['reason'];
  const holders = holdersOf(first).map((id) => words.organisations.get(id) ?? id);
  return html`<li class="card">
<h3>${whoText(first, words, say)}</h3>
<p>${say(eventText(record.event))} · ${span}
${record.outcome !== 0 && html` <span class="tag">${say(T.refused)}</span>`}
${emergency && html` <span class="tag">${say(T.emergency)}</span>`}</p>
<dl>${holders.length > 0 && html`<dt>${say(T.at)}</dt><dd>${holders.join(', ')}</dd>`}
${why.length > 0 && html`<dt>${say(T.why)}</dt><dd>${why.join('; ')}</dd>`}
${sawText(lines, say, language)}
${(record.basis ?? []).map((basis) => choiceLine(basis, words, say, language))}
${typed && html`<dt>${say(T.typed)}</dt><dd>${typed}</dd>`}
<dt>${say(T.line)}</dt><dd>${lines.map(({ nth }) => nth).join(', ')}</dd></dl>
${
  officerOf(first) !== undefined &&
  html`<p><a href="/mij/inzage/vraag/${first.seq}">${say(T.strange)}</a></p>`
}</li>`;
}

function whoText({ record }: LedgerEntry, words: Words, say: Say): string {
  const { agent, client } = record;
  const app =
    client === undefined || client === 'web'
      ? ''
      : ` ${say(T.via)} ${words.clients.get(client) ?? client}`;
  const organisation = agent.organisation && words.organisations.get(agent.organisation);
  const role = roleText(agent.role);
  switch (agent.kind) {
    case 'person':
      return `${say(T.you)}${app}`;
    case 'representative':
      return `${say(T.behalf)}${app}`;
    case 'auditor':
    case 'operator':
      return `${say(T.staff)}${organisation ? `, ${organisation}` : ''}`;
    default:
      return [
        organisation ??
          words.clients.get(agent.id) ??
          (agent.id === 'gateway' ? say(T.gateway) : say(T.unknown)),
        role && say(role),
      ]
        .filter(Boolean)
        .join(', ');
  }
}

function sawText(lines: readonly LedgerEntry[], say: Say, language: Language): Content {
  const record = lines[0]?.record;
  const withheld = lines.reduce((sum, one) => sum + (one.record.withheld ?? 0), 0);
  const isDisclosure = record?.event !== 'log-read' && lines.some(hasReleased);
  const isSent = record?.route === 'sender' || SENDING.test(record?.event ?? '');
  const counted = record?.event === 'consent-change' ? [] : lines;
  const kinds = kindsText(isSent ? sentInAll(counted) : seenInAll(counted), language);
  if (kinds === '' && !isDisclosure) return '';
  const hidden = withheld > 0 ? ` (${withheld} ${say(T.withheld)})` : '';
  const nothing = withheld === 0 && isOwn(record) ? T.wasNothing : T.sawNothing;
  return html`<dt>${say(isSent ? T.sent : T.saw)}</dt><dd>${
    kinds === '' ? say(nothing) : kinds
  }${hidden}</dd>`;
}

const hasReleased = ({ record }: LedgerEntry): boolean => record.released !== undefined;

const SENDING = /^(receive|create|update|patch)$/;

/** The person asked, or an app for the person: then nothing found is nothing there. */
const isOwn = (record: LedgerEntry['record'] | undefined): boolean => record?.purpose === 'PATRQT';

function choiceLine(
  basis: string,
  { choices, organisations }: Words,
  say: Say,
  language: Language,
): Content {
  const choice = choices.get(basis.replace(/^rule:/, ''));
  if (!choice) return '';
  // A lock and the end of a lock are lines alike: which of the two it was is said.
  const { status } = choice.rule;
  const what = status === 'active' ? T.chosen : status === 'proposed' ? T.proposed : T.ended;
  return html`<dt>${say(T.because)}</dt><dd>${say(ruleText(choice.rule, organisations))} (${say(
    what,
  )} ${dayText(choice.recorded, language)})</dd>`;
}
