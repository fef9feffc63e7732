/**
 * What the person sees on the way: landing page, consent, stop, fault. Required content: screens of
 * the Afsprakenstelsel (medmij-protocol.md 1.6); plain Dutch (B1) with English beside it.
 */
import { type Html, html } from '../platform/html/html.ts';
import { type Language, say, type Text } from '../platform/html/language.ts';
import { layout } from '../platform/html/layout.ts';
import type { Gegevensdienst } from './gegevensdienst.ts';

interface Screen {
  readonly lang: Language;
  /** Where the language switch leads: the same step again. */
  readonly path: string;
}

const TEXT = {
  landing: { nl: 'Gegevens ophalen', en: 'Collect your data' },
  landingIntro: (aanbieder: string, pgo: string): Text => ({
    nl: `U wilt met ${pgo} gegevens ophalen bij ${aanbieder}. Eerst logt u in met DigiD. Daarna vragen wij uw toestemming.`,
    en: `You want to collect data from ${aanbieder} with ${pgo}. First you log in with DigiD. Then we ask for your consent.`,
  }),
  login: { nl: 'Inloggen met DigiD', en: 'Log in with DigiD' },
  cancel: { nl: 'Annuleren', en: 'Cancel' },
  consent: { nl: 'Geeft u toestemming?', en: 'Do you give consent?' },
  consentIntro: (aanbieder: string, pgo: string): Text => ({
    nl: `Mag ${aanbieder} deze gegevens aan ${pgo} geven?`,
    en: `May ${aanbieder} give these data to ${pgo}?`,
  }),
  longLived: {
    nl: 'Ja, ook de volgende keren, zonder dat ik opnieuw hoef in te loggen',
    en: 'Yes, also the next times, without logging in again',
  },
  longLivedMore: { nl: 'Wat betekent dit?', en: 'What does this mean?' },
  longLivedText: {
    nl: 'Uw toestemming geldt tot u haar intrekt. Haalt u 6 maanden niets op? Dan vervalt de toestemming en vragen wij u opnieuw in te loggen. U kunt uw keuze altijd wijzigen in uw app, bij "Toestemmingen aanpassen".',
    en: 'Your consent is valid until you withdraw it. If you collect nothing for 6 months it ends, and we ask you to log in again. You can always change this in your app, under "Toestemmingen aanpassen".',
  },
  yes: { nl: 'Ja, ik geef toestemming', en: 'Yes, I give consent' },
  no: { nl: 'Nee, ik geef geen toestemming', en: 'No, I do not give consent' },
  privacy: { nl: 'Privacyverklaring', en: 'Privacy statement' },
  stopped: { nl: 'U bent gestopt', en: 'You stopped' },
  stoppedText: {
    nl: 'Er is niets opgehaald en niets gedeeld.',
    en: 'Nothing was collected and nothing was shared.',
  },
  back: (pgo: string): Text => ({ nl: `Terug naar ${pgo}`, en: `Back to ${pgo}` }),
  fault: { nl: 'Het lukt nu niet', en: 'It does not work now' },
  faultText: (dva: string, phone: string): Text => ({
    nl: `Er is een technische storing of de vraag van uw app klopt niet. Probeer het later opnieuw. Lukt het dan nog niet? Bel ${dva}, telefoon ${phone}. Noem dan deze nummers:`,
    en: `There is a technical fault, or the question of your app is not right. Try again later. Still not working? Call ${dva}, telephone ${phone}. Please mention these numbers:`,
  }),
} as const;

export function landingScreen(
  screen: Screen,
  run: { aanbieder: string; pgo: string; csrf: string },
): Html {
  const { lang } = screen;
  return layout({
    ...screen,
    title: say(TEXT.landing, lang),
    body: html`<h1>${say(TEXT.landing, lang)}</h1>
<p>${say(TEXT.landingIntro(run.aanbieder, run.pgo), lang)}</p>
<form method="post" action="/medmij/start">
<input type="hidden" name="csrf" value="${run.csrf}">
<p><button name="keuze" value="inloggen">${say(TEXT.login, lang)}</button>
<button name="keuze" value="annuleren" class="secondary">${say(TEXT.cancel, lang)}</button></p>
</form>`,
  });
}

/** The Toestemmingsverklaring; long-lived consent is never preselected. */
/** What the PGO will get, and the person's answer. */
export function consentScreen(
  screen: Screen,
  run: {
    aanbieder: string;
    pgo: string;
    csrf: string;
    diensten: readonly Gegevensdienst[];
  },
): Html {
  const { lang } = screen;
  return layout({
    ...screen,
    title: say(TEXT.consent, lang),
    body: html`<h1>${say(TEXT.consent, lang)}</h1>
<p>${say(TEXT.consentIntro(run.aanbieder, run.pgo), lang)}</p>
<ul>${run.diensten.map((dienst) => html`<li>${say(dienst.text, lang)}</li>`)}</ul>
<form method="post" action="/medmij/toestemming">
<input type="hidden" name="csrf" value="${run.csrf}">
<p><label><input type="checkbox" name="langdurig" value="ja">
${say(TEXT.longLived, lang)}</label></p>
<details><summary>${say(TEXT.longLivedMore, lang)}</summary>
<p>${say(TEXT.longLivedText, lang)}</p></details>
<p><button name="keuze" value="ja">${say(TEXT.yes, lang)}</button>
<button name="keuze" value="nee" class="secondary">${say(TEXT.no, lang)}</button></p>
</form>
<p><a href="/privacy">${say(TEXT.privacy, lang)}</a></p>`,
  });
}

/** Says that nothing was collected, with the way back to the PGO. */
/** The person stopped. */
export function stoppedScreen(screen: Screen, run: { pgo: string; backUrl: string }): Html {
  const { lang } = screen;
  return layout({
    ...screen,
    title: say(TEXT.stopped, lang),
    body: html`<h1>${say(TEXT.stopped, lang)}</h1>
<p>${say(TEXT.stoppedText, lang)}</p>
<p><a class="button" href="${run.backUrl}">${say(TEXT.back(run.pgo), lang)}</a></p>`,
  });
}

/**
 * Shown by us, so that little traffic goes to the PGO; the link back only when both are known
 * good.
 */
export function faultScreen(
  screen: Screen,
  fault: {
    dvaName: string;
    dvaPhone: string;
    traceId: string;
    sessionId: string;
    back?: { pgo: string; url: string };
  },
): Html {
  const { lang } = screen;
  return layout({
    ...screen,
    title: say(TEXT.fault, lang),
    body: html`<h1>${say(TEXT.fault, lang)}</h1>
<p>${say(TEXT.faultText(fault.dvaName, fault.dvaPhone), lang)}</p>
<dl><dt>Trace ID</dt><dd>${fault.traceId}</dd><dt>Session ID</dt><dd>${fault.sessionId}</dd></dl>
${fault.back ? wayBack(fault.back, lang) : ''}`,
  });
}

function wayBack({ pgo, url }: { pgo: string; url: string }, lang: Language): Html {
  return html`<p><a class="button" href="${url}">${say(TEXT.back(pgo), lang)}</a></p>`;
}
