/** The words of the five doors. */
import type { Text } from '../../platform/html/language.ts';

const t = (nl: string, en: string): Text => ({ nl, en });

export const DOORS_TEXT = {
  title: t('Vijf deuren', 'Five doors'),
  intro: t(
    'Kies een deur en druk op een knop. De demo speelt dan de app, het ziekenhuis of de partner, met eigen sleutels en over echte lijnen. U ziet elke stap.',
    'Choose a door and press a button. The demo then plays the app, the hospital or the partner, with its own keys and over real lines. You see each step.',
  ),
  persona: t('Voor wie?', 'For whom?'),
  notReady: t(
    'De demo wordt nog gevuld. Probeer het zo weer.',
    'The demo is still being filled. Try again soon.',
  ),
  steps: t('Wat er gebeurde', 'What happened'),
  answer: t('Antwoord', 'Answer'),
  ledger: t('Wat het logboek ervan opschreef', 'What the log wrote about it'),
  ledgerNone: t('Niets over deze persoon.', 'Nothing about this person.'),
  line: t('Regel', 'Line'),
  what: t('Wat', 'What'),
  decision: t('Beslissing', 'Decision'),
  ground: t('Grond', 'Ground'),
  shown: t('Getoond', 'Shown'),
  withheld: t('Niet getoond', 'Not shown'),
  done: t('gelukt', 'done'),
  refused: t('geweigerd', 'refused'),
  back: t('Terug naar de deuren', 'Back to the doors'),
  again: t('Nog eens', 'Once more'),
  failed: t('De stap lukte niet', 'The step did not work'),
} as const;

/** Of the app in the visitor's own browser. */
export const OWN_BROWSER_TEXT = {
  title: t('Terug in de app', 'Back in the app'),
  intro: t(
    'Of doe het zelf, in uw eigen browser. U ziet dan elk scherm:',
    'Or do it yourself, in your own browser. Then you see each screen:',
  ),
  find: t('uw zorgverlener zoeken', 'find your care provider'),
  hospital: t('ophalen bij het ziekenhuis', 'collect at the hospital'),
  practice: t('ophalen bij de huisarts', 'collect at the general practice'),
  reading: t('een bloeddruk sturen', 'send a blood pressure'),
  correction: t('een verbetering vragen', 'ask for a correction'),
  got: t('Dit haalde de app op', 'This is what the app collected'),
  service: t('Dienst', 'Service'),
  question: t('Vraag', 'Question'),
  items: t('Onderdelen', 'Items'),
  sent: t('De zorgverlener ontving het.', 'The care provider received it.'),
  fate: t('Bekijk wat ermee gebeurt', 'See what becomes of it'),
  notTaken: t(
    'De zorgverlener neemt dit nu niet aan. Er is niets opgeslagen.',
    'The care provider does not take this now. Nothing is stored.',
  ),
  denied: t(
    'De app kreeg niets. Waarom, dat hoort een app niet.',
    'The app got nothing. An app is not told why.',
  ),
  faulty: t('De app kreeg een fout terug.', 'The app got an error back.'),
  word: t('Dit woord kreeg de app', 'The word that the app got'),
  strange: t(
    'Dit antwoord hoort niet bij een vraag van deze browser. De app doet er niets mee.',
    'This answer belongs to no question of this browser. The app does nothing with it.',
  ),
  back: t('Terug naar de deuren', 'Back to the doors'),
} as const;

export interface DoorText {
  readonly name: 'pgo' | 'ziekenhuis' | 'patient' | 'auditor' | 'regio';
  readonly title: Text;
  readonly text: Text;
  /** Value of the button, and what it says. */
  readonly buttons: readonly (readonly [string, Text])[];
}

export const DOORS: readonly DoorText[] = [
  {
    name: 'pgo',
    title: t('PGO-app', 'PGO app'),
    text: t(
      'Een app haalt iemands gegevens op, of stuurt iets: inloggen, toestemming, token, zoeken of sturen.',
      'An app collects somebody’s data, or sends some: log-in, consent, token, searches or sending.',
    ),
    buttons: [
      ['ziekenhuis', t('Haal op bij het ziekenhuis', 'Collect at the hospital')],
      ['huisarts', t('Haal op bij de huisarts', 'Collect at the general practice')],
      ['jeugd', t('Haal op bij de jeugdgezondheidszorg', 'Collect at youth health care')],
      [
        'meting',
        t('Stuur een bloeddruk naar het ziekenhuis', 'Send the hospital a blood pressure'),
      ],
      ['verbetering', t('Vraag het ziekenhuis om een verbetering', 'Ask the hospital to correct')],
    ],
  },
  {
    name: 'ziekenhuis',
    title: t('Ziekenhuis', 'Hospital'),
    text: t(
      'Een ziekenhuis stuurt berichten in HL7 v2 en een brief, en leest wat mensen zelf stuurden.',
      'A hospital sends messages in HL7 v2 and a letter, and reads what people sent themselves.',
    ),
    buttons: [
      ['uitslag', t('Stuur een uitslag', 'Send a result')],
      ['dubbel', t('Stuur twee keer hetzelfde', 'Send the same twice')],
      ['brief', t('Stuur een brief', 'Send a letter')],
      ['kapot', t('Stuur een kapot bericht', 'Send a broken message')],
      ['lees', t('Lees wat mensen stuurden', 'Read what people sent')],
      ['overnemen', t('Zet het in het dossier', 'Put it into the record')],
      ['sluit', t('Neem geen metingen aan', 'Take no readings')],
      ['open', t('Neem weer metingen aan', 'Take readings again')],
    ],
  },
  {
    name: 'patient',
    title: t('Patiënt', 'Patient'),
    text: t(
      'De eigen pagina’s: wie mag wat zien, wie keek, welke apps.',
      'One’s own pages: who may see what, who looked, which apps.',
    ),
    buttons: [['mij', t('Log in als deze persoon', 'Log in as this person')]],
  },
  {
    name: 'auditor',
    title: t('Auditor en afzender', 'Auditor and sender'),
    text: t(
      'Zoek in het logboek en controleer de keten, of bekijk wat er verstuurd is.',
      'Search the log and check the chain, or look at what was sent.',
    ),
    buttons: [
      ['auditor-kennemerzoom', t('Auditor van het ziekenhuis', 'Auditor of the hospital')],
      ['auditor-jansen', t('Auditor van de huisarts', 'Auditor of the general practice')],
      ['integratie-kennemerzoom', t('Beheerder van de berichten', 'Who runs the messages')],
      ['analist-kennemerzoom', t('Analist van het ziekenhuis', 'Analyst of the hospital')],
    ],
  },
  {
    name: 'regio',
    title: t('Regio', 'Region'),
    text: t(
      'Een huisarts en een SEH kijken: zonder toestemming, met toestemming, en bij spoed.',
      'A GP and an emergency department look: without consent, with consent, and in an emergency.',
    ),
    buttons: [
      ['huisarts', t('Kijk als huisarts', 'Look as a GP')],
      ['seh', t('Kijk als SEH', 'Look as emergency department')],
      ['spoed', t('Kijk als SEH, met spoed', 'Look as emergency department, urgently')],
      ['geef', t('Geef toestemming als patiënt', 'Give consent as the patient')],
      ['trek', t('Trek de toestemming in', 'Withdraw the consent')],
    ],
  },
];
