/**
 * The question after the log-in: Toestemmingsverklaring (collect), Bevestigingsverklaring (share),
 * consent to a subscription and its Beëindigingsverklaring. Required content:
 * medmij-protocol.md 1.6. Nothing is preselected.
 */
import { kindsNamed, type MandateKind, voluntaryMandate } from '../../permission/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import { type Content, type Html, html } from '../../platform/html/html.ts';
import { type Language, say, type Text } from '../../platform/html/language.ts';
import { layout } from '../../platform/html/layout.ts';
import type { AuthorizationRun } from '../authorization-run.ts';
import type { Gegevensdienst } from '../gegevensdienst.ts';
import { pageOf } from '../run-cookie.ts';
import { daysText, type FormFields, fields, type Screen } from './screen.ts';

interface Question {
  readonly title: Text;
  readonly ask: Text;
  readonly more: readonly Text[];
  readonly yes: Text;
  readonly no: Text;
}

const LONG_LIVED = {
  choice: {
    nl: 'Ja, ook de volgende keren, zonder dat ik opnieuw hoef in te loggen',
    en: 'Yes, also the next times, without logging in again',
  },
  summary: { nl: 'Wat betekent dit?', en: 'What does this mean?' },
  text: {
    nl: 'Uw toestemming geldt tot u haar intrekt. Haalt u 6 maanden niets op? Dan vervalt de toestemming. Wij vragen dan opnieuw om in te loggen en om toestemming. U kunt uw keuze altijd wijzigen in uw app, bij "Toestemmingen aanpassen".',
    en: 'Your consent is valid until you withdraw it. If you collect nothing for 6 months, it lapses. Then we ask you again to log in and to consent. You can always change your choice in your app, under "Toestemmingen aanpassen".',
  },
} as const satisfies Record<string, Text>;

const PRIVACY: Text = { nl: 'Privacyverklaring', en: 'Privacy statement' };
const FOR_OTHER: Text = {
  nl: 'U geeft dit antwoord voor iemand anders.',
  en: 'You give this answer for somebody else.',
};
const ONLY: Text = {
  nl: 'U bent gemachtigd, en alleen voor:',
  en: 'You hold a mandate, and only for:',
};
const MANDATE_ENDS: Text = {
  nl: 'De machtiging loopt tot en met',
  en: 'The mandate lasts up to and including',
};
const THEN_OVER: Text = {
  nl: 'Daarna krijgt de app niets meer.',
  en: 'After that the app gets nothing more.',
};
const MANDATED: Readonly<Record<MandateKind, Text>> = {
  medicijnen: { nl: 'medicijnen en allergieën', en: 'medicines and allergies' },
  uitslagen: { nl: 'uitslagen en metingen', en: 'results and measurements' },
  brieven: { nl: 'brieven', en: 'letters' },
  afspraken: { nl: 'afspraken en bezoeken', en: 'appointments and visits' },
  klachten: { nl: 'klachten, ziekten en behandelingen', en: 'problems and procedures' },
};
const TASKS: Text = {
  nl: 'De app mag ook een taak voor u starten, zoals een vragenlijst van uw zorgverlener.',
  en: 'The app may also start a task for you, such as a questionnaire of your care provider.',
};
const MODULES: Text = { nl: 'Wat mogen die vragen?', en: 'What may these ask?' };
const CONSENT = {
  title: { nl: 'Geeft u toestemming?', en: 'Do you give consent?' },
  yes: { nl: 'Ja, ik geef toestemming', en: 'Yes, I give consent' },
  no: { nl: 'Nee, ik geef geen toestemming', en: 'No, I do not give consent' },
} as const;
const CONFIRM = {
  yes: { nl: 'Ja, ik weet het zeker', en: 'Yes, I am sure' },
  no: { nl: 'Nee, toch niet', en: 'No, I changed my mind' },
} as const;

/** What the PGO will get or give, and the person's answer. */
export function consentScreen(
  { lang }: Screen,
  run: AuthorizationRun,
  given: FormFields & {
    diensten: readonly Gegevensdienst[];
    startsTasks?: boolean;
    notOffered?: readonly Gegevensdienst[];
    /** Weergavenaam by id, of the GNL (5.1): the name that the person knows from the app. */
    names?: ReadonlyMap<string, string>;
  },
): Html {
  const { title, ask, more, yes, no } = questionOf(run);
  return layout({
    lang,
    path: pageOf('/medmij/toestemming', run),
    title: say(title, lang),
    body: html`<h1>${say(title, lang)}</h1>
<p class="lead">${say(ask, lang)}</p>
${run.representative && forOther(run.representative.authority, lang)}
<ul>${given.diensten.map(({ id, text }) => {
      const name = given.names?.get(id);
      const words = run.representative ? ofSomebody(text) : text;
      return html`<li>${say(words, lang)}${
        name !== undefined && html` (<span lang="nl">${name}</span>)`
      }</li>`;
    })}</ul>
${notOffered(run.aanbiederName, given.notOffered ?? [], lang)}
${more.map((text) => html`<p>${say(text, lang)}</p>`)}
${
  given.startsTasks &&
  html`<p>${say(TASKS, lang)}
<a href="/medmij/modules">${say(MODULES, lang)}</a></p>`
}
<form method="post" action="/medmij/toestemming">
${fields(given)}
${run.kind === 'verzamelen' && longLived(lang)}
<p><button name="keuze" value="ja">${say(yes, lang)}</button>
<button name="keuze" value="nee" class="secondary">${say(no, lang)}</button></p>
</form>
<p><a href="/privacy">${say(PRIVACY, lang)}</a></p>`,
  });
}

/** For whom, what the mandate leaves out of all services below, and its last day. */
function forOther(authority: string, lang: Language): Html {
  const kinds = kindsNamed(authority);
  const words = (kinds ?? []).map((kind) => say(MANDATED[kind], lang)).join(', ');
  const end = voluntaryMandate(authority)?.period?.end;
  const last = end === undefined ? undefined : dayText(new Date(Date.parse(end) - 1), lang);
  return html`<p class="note">${say(FOR_OTHER, lang)}${
    kinds && ` ${say(ONLY, lang)} ${words}.`
  }${last && ` ${say(MANDATE_ENDS, lang)} ${last}. ${say(THEN_OVER, lang)}`}</p>`;
}

/** Of somebody else they are not `uw vaccinaties`. */
function ofSomebody({ nl, en }: Text): Text {
  return { nl: nl.replace(/^uw (eigen )?/, ''), en: en.replace(/^your (own )?/, '') };
}

function notOffered(
  aanbieder: string,
  diensten: readonly Gegevensdienst[],
  lang: Language,
): Content {
  const title: Text = {
    nl: `Wat ${aanbieder} niet aanbiedt`,
    en: `What ${aanbieder} does not offer`,
  };
  // Two editions of a service are one thing to a person.
  const words = new Set(diensten.map(({ text }) => say(text, lang)));
  return (
    words.size > 0 &&
    html`<details><summary>${say(title, lang)}</summary>
<ul>${[...words].map((one) => html`<li>${one}</li>`)}</ul></details>`
  );
}

function longLived(lang: Language): Content {
  return html`<p><label class="choice"><input type="checkbox" name="langdurig" value="ja">
<span>${say(LONG_LIVED.choice, lang)}</span></label></p>
<details><summary>${say(LONG_LIVED.summary, lang)}</summary>
<p>${say(LONG_LIVED.text, lang)}</p></details>`;
}

function questionOf({ kind, aanbiederName: aanbieder, pgo, days = 0 }: AuthorizationRun): Question {
  if (kind === 'delen') return shareQuestion(aanbieder, pgo);
  if (kind === 'abonneren') return subscribeQuestion(aanbieder, pgo, days);
  return {
    ...CONSENT,
    ask: {
      nl: `Mag ${aanbieder} deze gegevens aan ${pgo} geven?`,
      en: `May ${aanbieder} give these data to ${pgo}?`,
    },
    more: [],
  };
}

function shareQuestion(aanbieder: string, pgo: string): Question {
  return {
    ...CONFIRM,
    title: { nl: 'Weet u het zeker?', en: 'Are you sure?' },
    ask: {
      nl: `${pgo} stuurt deze gegevens aan ${aanbieder}:`,
      en: `${pgo} sends these data to ${aanbieder}:`,
    },
    more: [
      {
        nl: `${aanbieder} beslist zelf of de gegevens in uw dossier komen.`,
        en: `${aanbieder} decides whether the data are put into your record.`,
      },
      {
        nl: 'Uw antwoord geldt voor deze ene keer.',
        en: 'Your answer is for this one time.',
      },
    ],
  };
}

function subscribeQuestion(aanbieder: string, pgo: string, days: number): Question {
  if (days === 0) {
    return {
      ...CONFIRM,
      title: { nl: 'Berichten stoppen?', en: 'Stop the messages?' },
      ask: {
        nl: `${aanbieder} stuurt dan geen bericht meer aan ${pgo} als er iets nieuws is in:`,
        en: `${aanbieder} then sends no more messages to ${pgo} when there is news in:`,
      },
      more: [
        {
          nl: 'Wat de app al heeft opgehaald, blijft in de app.',
          en: 'What the app has collected already stays in the app.',
        },
      ],
    };
  }
  const { nl, en } = daysText(days);
  return {
    ...CONSENT,
    ask: {
      nl: `Mag ${aanbieder} een bericht sturen aan ${pgo} als er iets nieuws is in deze gegevens?`,
      en: `May ${aanbieder} send a message to ${pgo} when there is something new in these data?`,
    },
    more: [
      {
        nl: `Dit geldt ${nl}. Daarna stopt het vanzelf. U kunt het ook eerder stoppen in uw app.`,
        en: `This is valid for ${en}. Then it ends by itself. You can also stop it sooner in your app.`,
      },
      {
        nl: 'In het bericht staan geen gegevens over uw gezondheid.',
        en: 'The message holds no data about your health.',
      },
    ],
  };
}
