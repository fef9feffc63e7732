/** Toestemmingsoverzicht and Beëindigingsverklaring toestemming. medmij-protocol.md 1.6, 8.2. */

import { dayText } from '../../platform/html/day-text.ts';
import { type Html, html } from '../../platform/html/html.ts';
import { type Language, say, type Text } from '../../platform/html/language.ts';
import { layout } from '../../platform/html/layout.ts';
import type { ActiveConsent } from '../manage-routes.ts';
import { type OfWindow, pageOf } from '../run-cookie.ts';
import { backTo, type FormFields, fields, type Screen } from './screen.ts';

const T = {
  title: { nl: 'Uw toestemmingen', en: 'Your consents' },
  intro: {
    nl: 'Deze apps mogen uw gegevens ophalen zonder dat u opnieuw inlogt, of krijgen bericht als er iets nieuws is.',
    en: 'These apps may collect your data without you logging in again, or get a message when there is news.',
  },
  none: { nl: 'Er is nu geen toestemming die geldt.', en: 'There is no consent in force now.' },
  ended: { nl: 'De toestemming is gestopt.', en: 'The consent has ended.' },
  stop: { nl: 'Stoppen', en: 'Stop' },
  given: { nl: 'Gegeven', en: 'Given' },
  used: { nl: 'Laatst gebruikt', en: 'Last used' },
  sure: { nl: 'Toestemming stoppen?', en: 'End this consent?' },
  yes: { nl: 'Ja, stop deze toestemming', en: 'Yes, end this consent' },
  no: { nl: 'Nee, terug naar het overzicht', en: 'No, back to the overview' },
  kept: {
    nl: 'Wat de app al heeft opgehaald, blijft in de app.',
    en: 'What the app has collected already stays in the app.',
  },
} as const satisfies Record<string, Text>;

const message = { nl: 'bericht bij nieuwe gegevens', en: 'message when there is new data' };

/** Grouped by app, in the order of their names. */
export function overviewScreen(
  { lang }: Screen,
  run: OfWindow & { pgo: string },
  given: FormFields & { consents: readonly ActiveConsent[]; isEnded: boolean },
): Html {
  const groups = Map.groupBy(given.consents, ({ pgo }) => pgo);
  return layout({
    lang,
    path: pageOf('/medmij/toestemmingen/overzicht', run),
    title: say(T.title, lang),
    body: html`<h1>${say(T.title, lang)}</h1>
${groups.size > 0 && html`<p>${say(T.intro, lang)}</p>`}
${given.isEnded && html`<p class="good" role="status">${say(T.ended, lang)}</p>`}
${groups.size === 0 && html`<p class="note">${say(T.none, lang)}</p>`}
<form method="post" action="/medmij/toestemmingen/kies">
${fields(given)}
${[...groups]
  .toSorted(([a], [b]) => a.localeCompare(b, 'nl'))
  .map(
    ([pgo, consents]) => html`<section class="card"><h2>${pgo}</h2>
${consents.map((one) => consentCard(one, lang))}</section>`,
  )}
<p><button name="terug" value="ja" class="secondary">${say(backTo(run.pgo), lang)}</button></p>
</form>`,
  });
}

function consentCard(one: ActiveConsent, lang: Language): Html {
  return html`<h3>${one.aanbieder}</h3>
<p>${whatText(one, lang)}</p>
<dl><dt>${say(T.given, lang)}</dt><dd>${dayText(one.given, lang)}</dd>
<dt>${say(T.used, lang)}</dt><dd>${dayText(one.lastUsed, lang)}</dd></dl>
<p><button name="id" value="${one.id}">${say(T.stop, lang)}<span class="hidden">: ${one.pgo}, ${
    one.aanbieder
  }</span></button></p>`;
}

function whatText(one: ActiveConsent, lang: Language): string {
  const what = servicesText(one, lang);
  return one.isSubscription ? `${say(message, lang)}: ${what}` : what;
}

const servicesText = ({ services }: ActiveConsent, lang: Language): string =>
  services.map((text) => say(text, lang)).join('; ');

const noCollecting = (one: ActiveConsent): Text => ({
  nl: `${one.pgo} kan dan niets meer ophalen bij ${one.aanbieder}: ${servicesText(one, 'nl')}.`,
  en: `Then ${one.pgo} can collect nothing more from ${one.aanbieder}: ${servicesText(one, 'en')}.`,
});

const noMessages = (one: ActiveConsent): Text => ({
  nl: `${one.aanbieder} stuurt dan geen bericht meer aan ${one.pgo} als er iets nieuws is in: ${servicesText(one, 'nl')}.`,
  en: `Then ${one.aanbieder} sends ${one.pgo} no more messages when there is news in: ${servicesText(one, 'en')}.`,
});

/** Confirm or cancel; cancel leads back to the overview. */
export function endConsentScreen(
  { lang }: Screen,
  run: OfWindow,
  { one, ...given }: FormFields & { one: ActiveConsent },
): Html {
  const ask = one.isSubscription ? noMessages(one) : noCollecting(one);
  return layout({
    lang,
    path: pageOf('/medmij/toestemmingen/overzicht', run),
    title: say(T.sure, lang),
    body: html`<h1>${say(T.sure, lang)}</h1>
<p>${say(ask, lang)}</p>
<p>${say(T.kept, lang)}</p>
<form method="post" action="/medmij/toestemmingen/einde">
${fields(given)}
<input type="hidden" name="id" value="${one.id}">
<p><button name="keuze" value="ja">${say(T.yes, lang)}</button>
<button name="keuze" value="nee" class="secondary">${say(T.no, lang)}</button></p>
</form>`,
  });
}
