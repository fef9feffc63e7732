/** `/mij/bronnen`: which providers sent data, what an app can fetch there, and if not, why. */
import { isFetchable, type Organisation } from '../../identity/index.ts';
import { ageAt } from '../../permission/index.ts';
import { html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { begun } from '../plain-words.ts';
import type { Service } from '../web-door.ts';
import { CAUSE_TEXT, emptyCause, type ServiceAtSource } from './empty-cause.ts';
import type { PersonRoutes, Visit } from './visit.ts';

const T = {
  title: { nl: 'Mijn zorgverleners', en: 'My care providers' },
  intro: {
    nl: 'Deze zorgverleners stuurden gegevens over u. U ziet wat een app hier kan ophalen. Is er niets? Dan staat erbij waarom.',
    en: 'These care providers sent data about you. You see what an app can collect here. If there is nothing, you see why.',
  },
  search: { nl: 'Zoek een andere zorgverlener', en: 'Find another care provider' },
  button: { nl: 'Zoeken', en: 'Search' },
  none: {
    nl: 'Niets gevonden. Probeer een ander deel van de naam, of de plaats erbij.',
    en: 'Nothing found. Try another part of the name, or add the town.',
  },
  items: { nl: 'onderdelen', en: 'items' },
  sendable: { nl: 'U kunt dit met een app sturen.', en: 'You can send this with an app.' },
} as const satisfies Record<string, Text>;

/** Registers the page about sources. */
export function sourceRoutes(pages: PersonRoutes): void {
  pages.get('/mij/bronnen', list);
}

interface Known {
  readonly ageYears: number | undefined;
  /** Items by organisation and R4 type. */
  items(organisation: string, types: ReadonlySet<string>): number;
  hasRelation(organisation: string): boolean;
  isStopped(organisation: string): boolean;
  waiting(organisation: string): number;
}

async function list(visit: Visit) {
  const { door, request } = visit;
  const { q = '' } = request.query as { q?: unknown };
  const question = typeof q === 'string' ? q.trim() : '';
  const [known, all] = await Promise.all([knownOf(visit), door.organisations.all()]);
  const own = all.filter(({ id }) => known.hasRelation(id));
  const found = question === '' ? [] : await door.findOrganisations(question);
  const shown = question === '' ? own : found;
  const cards = await Promise.all(shown.map((one) => card(visit, known, one)));
  return visit.page({
    title: T.title,
    path: '/mij/bronnen',
    body: (say) => html`<h1>${say(T.title)}</h1>
<p>${say(T.intro)}</p>
<form method="get" action="/mij/bronnen"><label>${say(T.search)}
<input name="q" maxlength="100" value="${question}"></label>
<button>${say(T.button)}</button></form>
${question !== '' && found.length === 0 && html`<p class="note">${say(T.none)}</p>`}
${cards}`,
  });
}

async function knownOf(visit: Visit): Promise<Known> {
  const { door, vault } = visit;
  const [counts, waiting, consents, facts] = await Promise.all([
    door.ownCounts(vault),
    door.waiting(vault),
    door.apps.of(vault),
    door.consent.own.facts(vault),
  ]);
  const related = new Set(counts.map(({ custodian }) => custodian));
  return {
    ageYears: ageAt(facts.birthDate, door.clock()),
    items: (organisation, types) =>
      counts
        .filter((one) => one.custodian === organisation && types.has(one.type))
        .reduce((sum, one) => sum + one.items, 0),
    hasRelation: (organisation) => related.has(organisation),
    waiting: (organisation) => waiting.find((one) => one.custodian === organisation)?.items ?? 0,
    isStopped(organisation) {
      const given = consents.filter((one) => one.aanbieder === organisation);
      return given.length > 0 && given.every((one) => one.ended !== null);
    },
  };
}

async function card(visit: Visit, known: Known, organisation: Organisation) {
  const { door, language } = visit;
  const { id, name, town = '' } = organisation;
  const isDown = Boolean((await door.sources.of(id))?.downSince);
  const services = door.apps.services().filter((one) => organisation.services.includes(one.id));
  const at = (service: Service | undefined): ServiceAtSource => ({
    isConnected: isFetchable(organisation),
    isOffered: service !== undefined,
    hasRelation: known.hasRelation(id),
    ageYears: known.ageYears,
    isDown,
    waiting: known.waiting(id),
    isStopped: known.isStopped(id),
    items: service ? known.items(id, service.types) : 0,
  });
  const whole = emptyCause(at(undefined));
  // What holds for the whole provider is said once.
  if (whole !== undefined && whole !== 'not-offered') {
    return html`<section class="card"><h2>${name}</h2><p>${town}</p>
<p class="note">${CAUSE_TEXT[whole][language]}</p></section>`;
  }
  const lines = services.map((service) => {
    const place = at(service);
    const cause = emptyCause(place);
    const what = begun(service.text[language]);
    if (service.isSent) return html`<dt>${what}</dt><dd>${T.sendable[language]}</dd>`;
    return html`<dt>${what}</dt>
<dd>${place.items > 0 && html`${place.items} ${T.items[language]}. `}${
      cause && CAUSE_TEXT[cause][language]
    }</dd>`;
  });
  const nothing = services.length === 0 && CAUSE_TEXT['not-offered'][language];
  return html`<section class="card"><h2>${name}</h2><p>${town}</p>
${nothing && html`<p class="note">${nothing}</p>`}<dl>${lines}</dl></section>`;
}
