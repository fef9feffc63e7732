/** `/mij/apps`: which apps may collect, and the button that stops one at once. */
import { html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { momentText } from '../moment-text.ts';
import { field } from '../portal.ts';
import type { AppConsent } from '../web-door.ts';
import { webEvent } from '../web-event.ts';
import { organisationNames, type PersonRoutes, personAgent, type Visit } from './visit.ts';

const T = {
  title: { nl: 'Mijn apps', en: 'My apps' },
  intro: {
    nl: 'Deze apps (PGO’s) mogen of mochten uw gegevens ophalen. Stopt u een app? Dan kan die meteen niets meer ophalen. Wat de app al heeft, blijft in de app.',
    en: 'These apps may or might collect your data. If you stop an app, it can collect nothing more at once. What the app already has stays in the app.',
  },
  none: { nl: 'U gaf nog geen enkele app toestemming.', en: 'You gave no app consent yet.' },
  stop: { nl: 'Stop deze app', en: 'Stop this app' },
  stopped: { nl: 'De app is gestopt.', en: 'The app is stopped.' },
  ended: { nl: 'Gestopt', en: 'Stopped' },
  active: { nl: 'Actief', en: 'Active' },
  given: { nl: 'Toestemming gegeven', en: 'Consent given' },
  used: { nl: 'Laatst gebruikt', en: 'Last used' },
  what: { nl: 'Wat', en: 'What' },
  from: { nl: 'Van', en: 'From' },
  long: { nl: 'Ook de volgende keren', en: 'Also the next times' },
  once: { nl: 'Eén keer', en: 'Once' },
  kind: { nl: 'Hoe lang', en: 'How long' },
} as const satisfies Record<string, Text>;

/** Registers the pages about apps. */
export function appRoutes(pages: PersonRoutes): void {
  pages.get('/mij/apps', (visit) => list(visit));
  pages.post('/mij/apps/stop', stop);
}

async function list(visit: Visit, stopped = false) {
  const { door, vault, language } = visit;
  const [consents, names] = await Promise.all([door.apps.of(vault), organisationNames(door)]);
  const clients = new Map((await door.clients.all('pgo')).map(({ id, name }) => [id, name]));
  return visit.page({
    title: T.title,
    path: '/mij/apps',
    body: (say) => html`<h1>${say(T.title)}</h1>
<p>${say(T.intro)}</p>
${stopped && html`<p class="good" role="status">${say(T.stopped)}</p>`}
${consents.length === 0 && html`<p class="note">${say(T.none)}</p>`}
${consents.map(
  (one) => html`<section class="card">
<h2>${clients.get(one.client) ?? one.client} <span class="tag">${say(
    one.ended ? T.ended : T.active,
  )}</span></h2>
<dl>
<dt>${say(T.from)}</dt><dd>${names.get(one.aanbieder) ?? ''}</dd>
<dt>${say(T.what)}</dt><dd>${servicesText(visit, one)}</dd>
<dt>${say(T.kind)}</dt><dd>${say(one.longLived ? T.long : T.once)}</dd>
<dt>${say(T.given)}</dt><dd>${momentText(one.given, language)}</dd>
<dt>${say(T.used)}</dt><dd>${momentText(one.lastUsed, language)}</dd>
${one.ended && html`<dt>${say(T.ended)}</dt><dd>${momentText(one.ended, language)}</dd>`}
</dl>
${
  !one.ended &&
  html`<form method="post" action="/mij/apps/stop">
<input type="hidden" name="csrf" value="${visit.session.csrf}">
<button name="id" value="${one.id}">${say(T.stop)}<span class="hidden">: ${
    clients.get(one.client) ?? one.client
  }, ${names.get(one.aanbieder) ?? ''}</span></button></form>`
}
</section>`,
)}`,
  });
}

function servicesText({ door, language }: Visit, { services }: AppConsent): string {
  return services.map((id) => door.apps.serviceText(id)?.[language] ?? id).join('; ');
}

/** The consent ends, its tokens end with it, and the ledger says so, before the page answers. */
async function stop(visit: Visit) {
  const { door, request, vault } = visit;
  const id = field(request.body, 'id') ?? '';
  const one = (await door.apps.of(vault)).find((consent) => consent.id === id);
  if (!one) throw new Problem('not-found', 'There is no such consent.');
  await door.apps.end(vault, id, door.clock());
  await door.tokens.revokeFamily(door.database, id);
  await door.ledger.record([
    webEvent(request, {
      class: 'evidence',
      event: 'toestemming-ended',
      action: 'U',
      outcome: 0,
      patient: vault,
      agent: personAgent(vault, request),
      client: one.client,
      purpose: 'PATRQT',
      holders: [one.aanbieder],
      basis: [`toestemming:${id}`],
    }),
  ]);
  return list(visit, true);
}
