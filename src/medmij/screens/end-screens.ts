/**
 * How a run can end on a page of ours: the person stopped, there is nothing to give (with the real
 * reason, for this person only), or a technical fault. medmij-protocol.md 1.6 and 2.4.
 */
import { type Html, html } from '../../platform/html/html.ts';
import { type Language, say, type Text } from '../../platform/html/language.ts';
import { layout } from '../../platform/html/layout.ts';
import type { AuthorizationRun } from '../authorization-run.ts';
import { pageOf } from '../run-cookie.ts';
import { backTo, type FormFields, fields, paragraphs, type Screen } from './screen.ts';

const STOPPED = {
  title: { nl: 'U bent gestopt', en: 'You stopped' },
  text: { nl: 'Er is niets opgehaald en niets gedeeld.', en: 'Nothing was collected or shared.' },
} as const;

/** Annuleringspagina: nothing was shared, and the way back. */
export function stoppedScreen({ lang }: Screen, run: { pgo: string; backUrl: string }): Html {
  return layout({
    lang,
    title: say(STOPPED.title, lang),
    body: html`<h1>${say(STOPPED.title, lang)}</h1>
<p>${say(STOPPED.text, lang)}</p>
<p><a class="button" href="${run.backUrl}">${say(backTo(run.pgo), lang)}</a></p>
${inTheOther(lang, STOPPED.title, [STOPPED.text])}`,
  });
}

/** An end cannot be asked for again in another language: the run is over. So both stand here. */
function inTheOther(lang: Language, title: Text, texts: readonly Text[]): Html {
  const other = lang === 'nl' ? 'en' : 'nl';
  return html`<section lang="${other}"><h2>${say(title, other)}</h2>
${paragraphs(texts, other)}</section>`;
}

const NOTHING: Text = { nl: 'Er is nu niets om te geven', en: 'There is nothing to give now' };
const NOT_SENT: Text = { nl: 'Sturen kan nu niet', en: 'Sending is not possible now' };
const WRITES = (aanbieder: string): Text => ({
  nl: `${aanbieder} schrijft:`,
  en: `${aanbieder} writes:`,
});
const ONLY_YOU = (pgo: string): Text => ({
  nl: `${pgo} krijgt deze reden niet te zien.`,
  en: `${pgo} does not get to see this reason.`,
});

/** In plain words, by the reason of the ledger; whatever is not here is told in general. */
function reasonText(reason: string, aanbieder: string): Text {
  const texts: Readonly<Record<string, Text>> = {
    'not-known-here': {
      nl: `${aanbieder} heeft hier geen gegevens van u klaargezet. Bent u daar wel patiënt? Bel ze dan.`,
      en: `${aanbieder} has made no data of yours available here. Are you a patient there? Then call them.`,
    },
    'too-young': {
      nl: 'U kunt dit doen vanaf de dag dat u 16 jaar wordt. Op onze eigen pagina’s kunt u nu al kijken.',
      en: 'You can do this from the day you turn 16. On our own pages you can look already.',
    },
    'age-unknown': {
      nl: `Wij weten uw geboortedatum niet. Vraag ${aanbieder} om die aan te vullen.`,
      en: `We do not know your date of birth. Please ask ${aanbieder} to add it.`,
    },
    'no-service-open': {
      nl: `${aanbieder} stelt deze gegevens nu niet beschikbaar. Probeer het later opnieuw.`,
      en: `${aanbieder} does not make these data available now. Try again later.`,
    },
    'intake-closed': {
      nl: `${aanbieder} neemt dit nu niet aan. Er is niets gestuurd.`,
      en: `${aanbieder} does not take this now. Nothing was sent.`,
    },
    'intake-daily-limit': {
      nl: `${aanbieder} neemt vandaag niets meer van u aan. Probeer het morgen opnieuw.`,
      en: `${aanbieder} takes no more from you today. Try again tomorrow.`,
    },
    'representation-not-used': {
      nl: 'Uw app vroeg dit voor iemand anders. U logde in voor uzelf. Begin opnieuw in uw app.',
      en: 'Your app asked this for somebody else. You logged in for yourself. Start again in your app.',
    },
    'representation-not-asked': {
      nl: 'U logde in voor iemand anders. Uw app vroeg dit voor uzelf. Begin opnieuw in uw app.',
      en: 'You logged in for somebody else. Your app asked this for yourself. Start again in your app.',
    },
    'birth-date-differs': {
      nl: 'De geboortedatum in uw app is een andere dan die bij ons. Kijk die na en begin opnieuw.',
      en: 'The date of birth in your app differs from ours. Check it and start again.',
    },
  };
  return (
    texts[reason === 'no-relation' ? 'not-known-here' : reason] ?? {
      nl: `${aanbieder} kan deze gegevens niet geven. Bel ze als u wilt weten waarom.`,
      en: `${aanbieder} cannot give these data. Call them if you want to know why.`,
    }
  );
}

/** The real reason for the person; the PGO hears one answer for all of them. */
export function deniedScreen(
  { lang }: Screen,
  run: AuthorizationRun,
  given: FormFields & { reason: string },
): Html {
  const title = run.kind === 'delen' ? NOT_SENT : NOTHING;
  return layout({
    lang,
    path: pageOf('/medmij/toestemming', run),
    title: say(title, lang),
    body: html`<h1>${say(title, lang)}</h1>
<p class="note">${say(reasonText(given.reason, run.aanbiederName), lang)}</p>
${
  given.reason === 'intake-closed' &&
  run.closedBecause &&
  html`<p>${say(WRITES(run.aanbiederName), lang)} “${run.closedBecause}”</p>`
}
<p>${say(ONLY_YOU(run.pgo), lang)}</p>
<form method="post" action="/medmij/toestemming">
${fields(given)}
<p><button name="keuze" value="terug">${say(backTo(run.pgo), lang)}</button></p>
</form>`,
  });
}

const FAULT: Text = { nl: 'Het lukt nu niet', en: 'It does not work now' };
const OVER: Text = { nl: 'Begin opnieuw in uw app', en: 'Start again in your app' };
const WHY = {
  fault: {
    nl: 'Er is een technische storing, of de vraag van uw app klopt niet. Er is niets gedeeld.',
    en: 'There is a technical fault, or the question of your app is not right. Nothing was shared.',
  },
  over: {
    nl: 'Dit scherm is al gebruikt, of het duurde langer dan een kwartier. Begin opnieuw in uw app.',
    en: 'This screen was used already, or it took longer than 15 minutes. Start again in your app.',
  },
} as const satisfies Record<string, Text>;
const helpText = (dva: string, phone: string): Text => ({
  nl: `Lukt het dan nog niet? Bel ${dva}, telefoon ${phone}. Noem dan de Trace ID en de Session ID.`,
  en: `Still not working? Call ${dva}, telephone ${phone}. Please mention the Trace ID and the Session ID.`,
});
const LATER: Text = { nl: 'Probeer het later opnieuw.', en: 'Try again later.' };

/**
 * Technische storing. Shown by us, so that little traffic goes to the PGO; the link back only when
 * client and address are both known good.
 */
export function faultScreen(
  { lang }: Screen,
  fault: {
    dvaName: string;
    dvaPhone: string;
    traceId: string;
    sessionId: string;
    back?: { pgo: string; url: string };
    /** The run of this browser is over: to begin again helps, to wait does not. */
    isOver?: boolean;
  },
): Html {
  const { back, isOver = false } = fault;
  const title = isOver ? OVER : FAULT;
  const help = helpText(fault.dvaName, fault.dvaPhone);
  const texts = isOver ? [WHY.over, help] : [WHY.fault, LATER, help];
  return layout({
    lang,
    title: say(title, lang),
    body: html`<h1>${say(title, lang)}</h1>
${paragraphs(texts, lang)}
<dl><dt>Trace ID</dt><dd>${fault.traceId}</dd><dt>Session ID</dt><dd>${fault.sessionId}</dd></dl>
${back && html`<p><a class="button" href="${back.url}">${say(backTo(back.pgo), lang)}</a></p>`}
${inTheOther(lang, title, texts)}`,
  });
}
