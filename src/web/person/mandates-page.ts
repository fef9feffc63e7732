/**
 * `/mij/machtigingen`: whom the person lets look, at what and until when; given, limited and ended
 * here. consent.md 10.2, capabilities D8.
 */
import { passesElevenTest } from '../../conformance/index.ts';
import type { Mandate, MandateDraft, Recorded } from '../../consent/index.ts';
import {
  ageAt,
  type DataMatch,
  MANDATE_KINDS,
  nextTurn,
  OPENED_TO_PARENTS,
} from '../../permission/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { dayOf, startOfDay } from '../moment-text.ts';
import { TOPICS } from '../plain-words.ts';
import { field, tellAt } from '../portal.ts';
import {
  faultList,
  KINDS,
  MANDATE_TEXT,
  type MandateFault,
  mandateForm,
  parentForm,
  type Typed,
} from './mandate-form.ts';
import { organisationNames, type PersonRoutes, personAgent, type Visit } from './visit.ts';

/** A mandate can be given from this age on (consent.md 10.1). */
const AGE_YEARS_MIN = 16;
const DAY_MS = 86_400_000;
const USUAL_DAYS = 365;

const T = {
  title: { nl: 'Iemand laten meekijken', en: 'Let somebody look' },
  intro: {
    nl: 'U kunt iemand laten meekijken in uw gegevens, bijvoorbeeld uw kind of een mantelzorger. U kiest wat, en tot wanneer. Stoppen kan altijd.',
    en: 'You can let somebody look at your data, for instance your child or a carer. You choose what, and until when. You can always stop.',
  },
  how: {
    nl: 'Deze persoon logt in met de eigen DigiD. Alles wat hij of zij bekijkt, ziet u bij "Wie keek".',
    en: 'This person logs in with their own DigiD. All that they look at you see at "Who looked".',
  },
  now: { nl: 'Wie mag nu meekijken', en: 'Who may look now' },
  none: { nl: 'Er mag niemand meekijken.', en: 'Nobody may look.' },
  ended: { nl: 'Afgelopen', en: 'Over' },
  until: { nl: 'tot en met', en: 'up to and including' },
  stop: { nl: 'Stop', en: 'Stop' },
  give: { nl: 'Nieuw', en: 'New' },
  saved: { nl: 'Dit is bewaard.', en: 'This is saved.' },
  stopped: { nl: 'Dit is gestopt. Het werkt meteen.', en: 'This is stopped. It works at once.' },
  many: {
    nl: 'Er mogen al zoveel mensen meekijken als hier kan. Stop er eerst een.',
    en: 'As many people may look already as is possible here. Stop one of them first.',
  },
  decidesKind: { nl: 'beslissen over delen', en: 'decide on sharing' },
  parent: { nl: 'Uw ouder of voogd', en: 'Your parent or guardian' },
  parentKind: {
    nl: 'kijken, en samen beslissen over delen',
    en: 'look, and decide on sharing together',
  },
  recorded: {
    nl: 'Wat een zorgverlener heeft vastgelegd',
    en: 'What a care provider has on record',
  },
  curator: { nl: 'Curator', en: 'Curator' },
  mentor: { nl: 'Mentor', en: 'Mentor' },
  blocked: {
    nl: 'Laat iemand niet meekijken in wat daar over u bekend is',
    en: 'Lets somebody not look at what is known about you there',
  },
  recordedBy: { nl: 'Vastgelegd door', en: 'Recorded by' },
  ask: {
    nl: 'Klopt dit niet? Vraag het aan deze zorgverlener.',
    en: 'Is this wrong? Ask this care provider.',
  },
} as const satisfies Record<string, Text>;

/** Registers the pages. */
export function mandateRoutes(pages: PersonRoutes): void {
  pages.get('/mij/machtigingen', (visit) => show(visit));
  pages.post('/mij/machtigingen', give);
  pages.post('/mij/machtigingen/stop', stop);
}

async function show(visit: Visit, typed?: Typed) {
  const { door, vault, session } = visit;
  const [all, facts, recorded, names] = await Promise.all([
    door.consent.mandates.of(vault),
    door.consent.own.facts(vault),
    door.consent.representatives.of(vault),
    organisationNames(door),
  ]);
  const now = door.clock();
  const age = ageAt(facts.birthDate, now);
  const isActive = (one: Mandate) => one.status === 'active' && new Date(one.until) > now;
  const active = all.filter(isActive);
  const over = all.filter((one) => !isActive(one));
  const usual = dayOf(new Date(now.getTime() + USUAL_DAYS * DAY_MS));
  const text = typed ? undefined : await session.told('/mij/machtigingen');
  return visit.page({
    title: T.title,
    path: '/mij/machtigingen',
    ...(typed ? { status: 422 } : {}),
    body: (say, language) => html`<h1>${say(T.title)}</h1>
${text && html`<p class="note" role="status">${say(text)}</p>`}
${typed && faultList(typed, say)}
<p class="lead">${say(T.intro)}</p><p>${say(T.how)}</p>
<h2>${say(T.now)}</h2>
${active.length === 0 && html`<p class="note">${say(T.none)}</p>`}
${active.map(
  (one) => html`<section class="card"><h3>${one.name}</h3>
<p>${kindsText(one, say)}; ${say(T.until)} ${dayText(lastDay(one), language)}</p>
<form method="post" action="/mij/machtigingen/stop">
<input type="hidden" name="csrf" value="${session.csrf}">
<input type="hidden" name="id" value="${one.id}">
<button class="secondary">${say(T.stop)}<span class="hidden"> ${one.name}</span></button></form>
</section>`,
)}
${
  over.length > 0 &&
  html`<h2>${say(T.ended)}</h2><ul>${over.map(
    (one) => html`<li>${one.name}: ${kindsText(one, say)}</li>`,
  )}</ul>`
}
${recordedPart(recorded, names, say)}
<h2>${say(T.give)}</h2>
${
  age !== undefined && age < AGE_YEARS_MIN
    ? parentForm({ csrf: session.csrf, usual, typed, say })
    : mandateForm({ csrf: session.csrf, usual, typed, say })
}`,
  });
}

/** Whom a court appointed and whom a provider blocks; why it blocks is between the two of them. */
function recordedPart(
  all: readonly Recorded[],
  names: ReadonlyMap<string, string>,
  say: (text: Text) => string,
): Content {
  const standing = all.filter(({ status }) => status === 'active');
  if (standing.length === 0) return '';
  return html`<h2>${say(T.recorded)}</h2><ul>${standing.map(
    ({ court, holder }) =>
      html`<li>${
        court ? `${say(T[court.rel])}: ${court.name}` : say(T.blocked)
      }. ${say(T.recordedBy)} ${names.get(holder) ?? ''}.</li>`,
  )}</ul><p class="note">${say(T.ask)}</p>`;
}

/** The last whole day on which it counts. */
const lastDay = ({ until }: Mandate): Date => new Date(Date.parse(until) - 1);

function kindsText({ kinds = [], scope, rel }: Mandate, say: (text: Text) => string): string {
  if (rel === 'parent') {
    const opened = kinds.flatMap((one) => (one.level === 'label' ? (TOPICS[one.value] ?? []) : []));
    return [T.parentKind, ...opened].map(say).join(', ');
  }
  const has = (one: DataMatch) =>
    kinds.some((kind) => JSON.stringify(kind) === JSON.stringify(one));
  const seen = KINDS.filter((kind) => MANDATE_KINDS[kind].every(has));
  const also = scope === 'all' || scope === 'manage-consent' ? [say(T.decidesKind)] : [];
  return [...seen.map((kind) => say(MANDATE_TEXT[kind])), ...also].join(', ');
}

async function give(visit: Visit) {
  const { door, vault, request } = visit;
  const { body } = request;
  const proxyBsn = field(body, 'nummer') ?? '';
  const { birthDate } = await door.consent.own.facts(vault);
  const age = ageAt(birthDate, door.clock());
  const isChild = age !== undefined && age < AGE_YEARS_MIN;
  const isOwn = (await door.consent.own.byBsn(proxyBsn)) === vault;
  const faults = isChild ? [] : faultsOf(body, door.clock());
  const name = field(body, 'naam') ?? '';
  if (name === '') faults.unshift('naam');
  if (!/^\d{9}$/.test(proxyBsn) || !passesElevenTest(proxyBsn) || isOwn) faults.push('nummer');
  const draft = isChild ? agreementOf(visit, birthDate) : draftOf(visit);
  if (faults.length > 0 || !draft) return show(visit, { body, faults });
  try {
    const by = { agent: personAgent(vault, request), requestId: request.id };
    await door.consent.mandates.give(vault, { ...draft, proxyBsn, name }, by);
  } catch (error) {
    const { code, expression } = Problem.from(error);
    if (code === 'mandates') return tellAt(visit, '/mij/machtigingen', T.many);
    if (code !== 'mandate') throw error;
    const fault = FIELDS[expression?.[0] ?? ''] ?? 'tot';
    return show(visit, { body, faults: [fault] });
  }
  return tellAt(visit, '/mij/machtigingen', T.saved);
}

/** Names of the draft, as the form has them. */
const FIELDS: Readonly<Record<string, MandateFault>> = {
  name: 'naam',
  principal: 'eigen',
  until: 'tot',
};

function faultsOf(body: unknown, now: Date): MandateFault[] {
  const until = startOfDay(field(body, 'tot'), 1);
  const grants = [...KINDS, 'delen'].some((name) => field(body, name) === 'ja');
  return [
    ...(field(body, 'eigen') === undefined ? (['eigen'] as const) : []),
    ...(grants ? [] : (['wat'] as const)),
    ...(until === undefined || until <= now ? (['tot'] as const) : []),
  ];
}

type Drafted = Omit<MandateDraft, 'proxyBsn' | 'name'> | undefined;

function draftOf({ request: { body } }: Visit): Drafted {
  const chosen = KINDS.filter((kind) => field(body, kind) === 'ja');
  const decides = field(body, 'delen') === 'ja';
  const until = startOfDay(field(body, 'tot'), 1);
  return (
    until && {
      principal: field(body, 'eigen') ?? '',
      kinds: chosen.flatMap((kind) => MANDATE_KINDS[kind]),
      until: until.toISOString(),
      ...(decides ? { scope: chosen.length === 0 ? 'manage-consent' : 'all' } : {}),
    }
  );
}

/** Until the 16th birthday, at which a parent is refused anyhow. */
function agreementOf({ door, vault, request }: Visit, birthDate: string | undefined): Drafted {
  const until = nextTurn(birthDate, door.clock());
  // The name of a child is not asked: on the pages of a parent it is "your child".
  const opened = OPENED_TO_PARENTS.filter((topic) => field(request.body, topic) === 'ja');
  const kinds = opened.map((value) => ({ level: 'label' as const, value }));
  return until && { rel: 'parent', principal: vault, kinds, until: until.toISOString() };
}

async function stop(visit: Visit) {
  const { door, vault, request } = visit;
  const by = { agent: personAgent(vault, request), requestId: request.id };
  await door.consent.mandates.end(vault, field(request.body, 'id') ?? '', by);
  return tellAt(visit, '/mij/machtigingen', T.stopped);
}
