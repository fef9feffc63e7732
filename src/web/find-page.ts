/**
 * `/zorgverleners`: find my provider, for people (capabilities A1). What an app can fetch there,
 * whether it answers, and "not connected (yet)" in the place of nothing. Public, as the directory
 * is: no log-in, and nothing about who asks.
 */
import type { FastifyInstance } from 'fastify';
import { FIND_LIMITS, isFetchable, type Organisation } from '../identity/index.ts';
import { type Content, html } from '../platform/html/html.ts';
import type { Language, Text } from '../platform/html/language.ts';
import { momentText } from './moment-text.ts';
import { type PageContent, type Say, sendPage } from './page.ts';
import { begun } from './plain-words.ts';
import type { WebDoor } from './web-door.ts';

const t = (nl: string, en: string): Text => ({ nl, en });

/** Also the words of the links that lead here. */
export const FIND_TITLE = t('Zoek uw zorgverlener', 'Find your care provider');
export const FIND_PATH = '/zorgverleners';

const T = {
  intro: t(
    'Hier ziet u bij welke zorgverleners u met een app uw gegevens kunt ophalen.',
    'Here you see from which care providers you can collect your data with an app.',
  ),
  label: t('Naam of plaats', 'Name or town'),
  hint: t(
    'Bijvoorbeeld: dokter Jansen Beverwijk. Een tikfout is niet erg.',
    'For instance: dokter Jansen Beverwijk. A typing error does no harm.',
  ),
  search: t('Zoeken', 'Search'),
  found: t('Gevonden', 'Found'),
  none: t(
    'Wij vonden geen zorgverlener met deze naam.',
    'We found no care provider with this name.',
  ),
  advice: t(
    'Probeer een ander deel van de naam, of zet de plaats erbij. Staat uw zorgverlener er dan nog niet bij? Dan kunt u daar via ons (nog) niets ophalen. Vraag uw zorgverlener hoe u uw gegevens wel krijgt.',
    'Try another part of the name, or add the town. Is your care provider still not there? Then you cannot collect anything from it through us (yet). Ask your care provider how you can get your data.',
  ),
  connected: t('aangesloten', 'connected'),
  notConnected: t('(nog) niet aangesloten', 'not connected (yet)'),
  notYet: t(
    'U kunt hier met een app (nog) niets ophalen. Vraag deze zorgverlener hoe u uw gegevens wel krijgt.',
    'You cannot collect anything here with an app (yet). Ask this care provider how you can get your data.',
  ),
  fetch: t('Dit kunt u ophalen', 'You can collect'),
  send: t('Dit kunt u sturen', 'You can send'),
  alsoCalled: t('Ook bekend als', 'Also known as'),
  answers: t('Bereikbaar.', 'It answers.'),
  last: t('Wij hoorden er het laatst iets van:', 'We last heard from it:'),
  silent: t('Nu niet bereikbaar, sinds', 'It does not answer now, since'),
  older: t(
    'U krijgt wat er eerder binnenkwam. Probeer het later nog eens voor de rest.',
    'You get what came in before. Try again later for the rest.',
  ),
  unknown: t(
    'Wij weten nog niet of deze zorgverlener bereikbaar is.',
    'We do not know yet if this care provider answers.',
  ),
} as const satisfies Record<string, Text>;

interface Found {
  readonly organisation: Organisation;
  readonly state: Awaited<ReturnType<WebDoor['sources']['of']>>;
}

const QUERY = {
  type: 'object',
  properties: { q: { type: 'string' }, lang: { type: 'string' } },
} as const;

/** Registers the page. */
export function findPage(app: FastifyInstance, door: WebDoor): void {
  app.get<{ Querystring: { q?: string } }>(
    FIND_PATH,
    { schema: { hide: true, querystring: QUERY } },
    async (request, reply) => {
      const question = (request.query.q ?? '').trim().slice(0, FIND_LIMITS.questionLengthMax);
      const found = question === '' ? [] : await door.findOrganisations(question);
      const states = await Promise.all(
        found.map(async (organisation) => ({
          organisation,
          state: await door.sources.of(organisation.id),
        })),
      );
      return sendPage(request, reply, page(door, question, states), !door.config.production);
    },
  );
}

function page(door: WebDoor, question: string, found: readonly Found[]): PageContent {
  const path = `${FIND_PATH}?${new URLSearchParams({ q: question })}`;
  return {
    title: FIND_TITLE,
    path: question === '' ? FIND_PATH : path,
    body: (say, language) => html`<h1>${say(FIND_TITLE)}</h1>
<p class="lead">${say(T.intro)}</p>
<form method="get" action="${FIND_PATH}" role="search">
<label for="q">${say(T.label)}</label>
<p id="hint">${say(T.hint)}</p>
<input type="search" id="q" name="q" value="${question}" required
maxlength="${FIND_LIMITS.questionLengthMax}" aria-describedby="hint" autocomplete="off">
<p><button>${say(T.search)}</button></p>
</form>
${
  question !== '' &&
  html`<h2>${say(T.found)}</h2>${
    found.length === 0
      ? html`<p class="note" role="status">${say(T.none)}</p><p>${say(T.advice)}</p>`
      : found.map((one) => card(door, one, say, language))
  }`
}`,
  };
}

function card(door: WebDoor, { organisation, state }: Found, say: Say, lang: Language): Content {
  const { name, town, aliases, services } = organisation;
  const isOpen = isFetchable(organisation);
  const known = door.apps.services();
  const offered = known.filter(({ id }) => isOpen && services.includes(id));
  const list = (title: Text, isSent: boolean) => {
    const own = offered.filter((one) => one.isSent === isSent);
    return (
      own.length > 0 &&
      html`<h4>${say(title)}</h4><ul>${own.map(({ text }) => html`<li>${begun(say(text))}</li>`)}</ul>`
    );
  };
  return html`<section class="card"><h3>${name}</h3>
<p>${town !== undefined && html`${town} `}<span class="tag">${say(
    isOpen ? T.connected : T.notConnected,
  )}</span></p>
${aliases.length > 0 && html`<p>${say(T.alsoCalled)}: ${aliases.join(', ')}</p>`}
${isOpen ? answering(state, say, lang) : html`<p>${say(T.notYet)}</p>`}
${list(T.fetch, false)}${list(T.send, true)}</section>`;
}

function answering(state: Found['state'], say: Say, language: Language): Content {
  if (state?.downSince) {
    return html`<p class="note">${say(T.silent)} ${momentText(state.downSince, language)}. ${say(
      T.older,
    )}</p>`;
  }
  if (!state?.lastHeard) return html`<p>${say(T.unknown)}</p>`;
  return html`<p class="good">${say(T.answers)} ${say(T.last)} ${momentText(
    state.lastHeard,
    language,
  )}.</p>`;
}
