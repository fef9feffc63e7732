/**
 * The landing page: which aanbieder, what follows, log in or stop. medmij-protocol.md 1.6; plain
 * Dutch (B1) with English beside it.
 */
import { type Html, html } from '../../platform/html/html.ts';
import { say, type Text } from '../../platform/html/language.ts';
import { layout } from '../../platform/html/layout.ts';
import type { AuthorizationRun } from '../authorization-run.ts';
import { pageOf } from '../run-cookie.ts';
import { type FormFields, fields, type Screen } from './screen.ts';

const LOGIN: Text = { nl: 'Inloggen met DigiD', en: 'Log in with DigiD' };
const CANCEL: Text = { nl: 'Annuleren', en: 'Cancel' };

interface Words {
  readonly title: Text;
  readonly intro: Text;
  readonly next: Text;
}

function wordsOf({ kind, pgo, aanbiederName: aanbieder, days }: AuthorizationRun): Words {
  switch (kind) {
    case 'verzamelen':
      return {
        title: { nl: 'Gegevens ophalen', en: 'Collect your data' },
        intro: {
          nl: `U wilt met ${pgo} gegevens ophalen bij ${aanbieder}.`,
          en: `You want to collect data from ${aanbieder} with ${pgo}.`,
        },
        next: {
          nl: 'Eerst logt u in met DigiD. Daarna vragen wij uw toestemming.',
          en: 'First you log in with DigiD. Then we ask for your consent.',
        },
      };
    case 'delen':
      return {
        title: { nl: 'Gegevens delen', en: 'Share your data' },
        intro: {
          nl: `U wilt met ${pgo} gegevens delen met ${aanbieder}.`,
          en: `You want to share data with ${aanbieder} through ${pgo}.`,
        },
        next: {
          nl: 'Eerst logt u in met DigiD. Daarna vragen wij of u het zeker weet.',
          en: 'First you log in with DigiD. Then we ask if you are sure.',
        },
      };
    case 'abonneren':
      return days === 0
        ? {
            title: { nl: 'Berichten stoppen', en: 'Stop messages' },
            intro: {
              nl: `U wilt dat ${aanbieder} geen berichten meer stuurt aan ${pgo}.`,
              en: `You want ${aanbieder} to stop sending messages to ${pgo}.`,
            },
            next: {
              nl: 'Eerst logt u in met DigiD. Daarna vragen wij of u het zeker weet.',
              en: 'First you log in with DigiD. Then we ask if you are sure.',
            },
          }
        : {
            title: { nl: 'Bericht bij nieuwe gegevens', en: 'Message when there is new data' },
            intro: {
              nl: `U wilt dat ${aanbieder} een bericht stuurt aan ${pgo} als er nieuwe gegevens zijn.`,
              en: `You want ${aanbieder} to send a message to ${pgo} when there is new data.`,
            },
            next: {
              nl: 'Eerst logt u in met DigiD. Daarna vragen wij uw toestemming.',
              en: 'First you log in with DigiD. Then we ask for your consent.',
            },
          };
    case 'beheren':
      return {
        title: { nl: 'Toestemmingen aanpassen', en: 'Change your consents' },
        intro: {
          nl: `U wilt vanuit ${pgo} zien welke apps uw gegevens mogen ophalen.`,
          en: `From ${pgo} you want to see which apps may collect your data.`,
        },
        next: {
          nl: 'Eerst logt u in met DigiD. Daarna ziet u uw toestemmingen en kunt u ze stoppen.',
          en: 'First you log in with DigiD. Then you see your consents and can stop them.',
        },
      };
  }
}

const FOR_SOMEONE: Text = {
  nl: 'U doet dit voor iemand anders. Kies bij DigiD dus voor "namens iemand anders".',
  en: 'You do this for somebody else. So choose "for somebody else" at DigiD.',
};

/** Which aanbieder, what follows, and the choice. */
export function landingScreen({ lang }: Screen, run: AuthorizationRun, form: FormFields): Html {
  const { title, intro, next } = wordsOf(run);
  return layout({
    lang,
    path: pageOf('/medmij/landing', run),
    title: say(title, lang),
    body: html`<h1>${say(title, lang)}</h1>
<p class="lead">${say(intro, lang)}</p>
<p>${say(next, lang)}</p>
${run.delegation && html`<p class="note">${say(FOR_SOMEONE, lang)}</p>`}
<form method="post" action="/medmij/start">
${fields(form)}
<p><button name="keuze" value="inloggen">${say(LOGIN, lang)}</button>
<button name="keuze" value="annuleren" class="secondary">${say(CANCEL, lang)}</button></p>
</form>`,
  });
}
