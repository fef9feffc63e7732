/** The words of the sender's pages. */
import type { DeliveryRow, DryRun, HeldDecision, ReceiptItem } from '../../ingest/index.ts';
import type { Text } from '../../platform/html/language.ts';

const t = (nl: string, en: string): Text => ({ nl, en });

export const STATES: Readonly<Record<DeliveryRow['state'], Text>> = {
  received: t('ontvangen, nog niet verwerkt', 'received, not handled yet'),
  accepted: t('verwerkt', 'accepted'),
  held: t('wacht', 'waits'),
  refused: t('geweigerd', 'refused'),
};

export const OUTCOMES: Readonly<Record<ReceiptItem['outcome'], Text>> = {
  stored: t('opgeslagen', 'stored'),
  unchanged: t('was er al zo', 'was there already'),
  older: t('ouder, bewaard als geschiedenis', 'older, kept as history'),
  waiting: t('wacht', 'waits'),
};

export const PERSONS: Readonly<Record<DryRun['messages'][number]['person'], Text>> = {
  known: t('De persoon is bekend.', 'The person is known.'),
  new: t('De persoon is nieuw.', 'The person is new.'),
  unclear: t('Het is niet zeker van wie dit is.', 'It is not sure whose this is.'),
};

/** Kinds of readers; an organisation is never named to the sender. */
export const READERS: Readonly<Record<string, Text>> = {
  pgo: t('een app van de patiënt', 'an app of the patient'),
  patient: t('de patiënt', 'the patient'),
  person: t('de patiënt', 'the patient'),
  representative: t('een vertegenwoordiger', 'a representative'),
  HA: t('huisarts', 'GP'),
  HAP: t('huisartsenpost', 'out-of-hours GP'),
  ZKH: t('ziekenhuis', 'hospital'),
  APO: t('apotheek', 'pharmacy'),
  GGZ: t('geestelijke gezondheidszorg', 'mental health care'),
  VVT: t('verpleging en thuiszorg', 'nursing and home care'),
  AMB: t('ambulance', 'ambulance'),
  LAB: t('laboratorium', 'laboratory'),
  VV: t('verpleging en verzorging', 'nursing and care'),
  OVZ: t('andere zorgverleners', 'other care providers'),
  RES: t('onderzoek', 'research'),
  EU: t('zorgverleners in de EU', 'care providers in the EU'),
};

/** How much a remark weighs. */
export const SEVERITIES: Readonly<Record<string, Text>> = {
  error: t('fout', 'error'),
  warning: t('waarschuwing', 'warning'),
  information: t('ter informatie', 'information'),
};

export const REASONS: Readonly<Record<string, Text>> = {
  'unknown-format': t(
    'Dit is geen bericht dat hier gelezen kan worden.',
    'This is not a message that can be read here.',
  ),
  'refused-message': t(
    'Een bericht uit deze reeks kon niet worden gelezen.',
    'A message of this batch could not be read.',
  ),
  'bsn-eleven-test': t('Het BSN klopt niet.', 'The BSN is not a valid number.'),
  'bsn-unverified': t('Het BSN is niet gecontroleerd.', 'The BSN is not verified.'),
  'identity-unknown': t('De identiteit is niet zeker.', 'The identity is not certain.'),
  'identifier-conflict': t(
    'De nummers horen bij verschillende personen.',
    'The numbers belong to different people.',
  ),
  'no-verified-identifier': t(
    'Er is geen nummer waaraan de persoon te herkennen is.',
    'There is no number by which the person is known.',
  ),
  'birth-date-mismatch': t(
    'De geboortedatum is anders dan bekend.',
    'The date of birth is not the one that is known.',
  ),
  'name-mismatch': t('De naam is anders dan bekend.', 'The name is not the one that is known.'),
  'unknown-local-code': t(
    'Een eigen code is nog niet vertaald.',
    'A local code has no translation yet.',
  ),
  'duplicate-key': t(
    'Dit berichtnummer is al gebruikt voor een andere inhoud.',
    'This message id was used before with another content.',
  ),
  'merge-of-two-records': t(
    'Het bericht voegt twee dossiers samen.',
    'The message joins two records.',
  ),
  'negated-unread': t(
    'Het bericht ontkent iets op een plaats waar we dat niet kunnen overnemen.',
    'The message denies something where that cannot be taken over.',
  ),
  'no-result': t(
    'Het bericht heeft een uitslag bij een aanvraag die het zelf niet kent.',
    'The message has a result of an order that it says it does not know.',
  ),
  'event-contradicted': t(
    'Het bericht noemt twee verschillende gebeurtenissen. Stuur het opnieuw, met één gebeurtenis.',
    'The message names two different events. Send it again, with one event.',
  ),
  'message-cut-off': t(
    'Het bericht is afgebroken: het einde ontbreekt. Stuur het opnieuw, met een nieuw nummer.',
    'The message was cut off: its end is missing. Send it again, under a new number.',
  ),
  'rejected-by-sender': t('U hebt het teruggenomen.', 'You took it back.'),
};

export const DECISIONS: readonly {
  readonly decision: HeldDecision['decision'];
  readonly text: Text;
  /** Reasons of holding that it can be an answer to. */
  readonly about: readonly string[];
}[] = [
  {
    decision: 'same-person',
    text: t('Het is toch dezelfde persoon.', 'It is the same person all the same.'),
    about: ['birth-date-mismatch', 'name-mismatch', 'merge-of-two-records'],
  },
  {
    decision: 'verified',
    text: t('De identiteit is nu gecontroleerd.', 'The identity has been verified now.'),
    about: ['bsn-unverified', 'identity-unknown'],
  },
  {
    decision: 'link',
    text: t(
      'Het hoort bij de persoon met het BSN dat ik hieronder typ.',
      'It belongs to the person with the BSN that I type below.',
    ),
    about: ['no-verified-identifier', 'identity-unknown', 'bsn-unverified'],
  },
  {
    decision: 'reject',
    text: t('Dit bericht was een vergissing.', 'This message was a mistake.'),
    about: [
      'birth-date-mismatch',
      'merge-of-two-records',
      'name-mismatch',
      'bsn-unverified',
      'identity-unknown',
      'no-verified-identifier',
      'identifier-conflict',
      'event-contradicted',
      'message-cut-off',
    ],
  },
];

export const SENDER = {
  title: t('Verzonden berichten', 'Messages sent'),
  intro: t(
    'Voor beheerders van systemen die gegevens sturen. U ziet de berichten van uw eigen organisatie.',
    'For those who run systems that send data. You see the messages of your own organisation.',
  ),
  login: t('Inloggen met twee factoren', 'Log in with two factors'),
  refused: t(
    'Deze inlog geeft hier geen toegang: nodig is de rol sender van een aangesloten organisatie.',
    'This log-in gives no access here: the role sender of a connected organisation is needed.',
  ),
  noSystems: t(
    'Uw organisatie heeft hier geen zendende systemen.',
    'Your organisation has no sending systems here.',
  ),
  takenBack: t('Ingetrokken, nog niet bevestigd', 'Taken back, not acknowledged yet'),
  takenBackIntro: t(
    'Deze lezers kregen gegevens die u introk. Zij kregen bericht en hebben dat nog niet bevestigd.',
    'These readers got data that you took back. They were told and did not acknowledge it yet.',
  ),
  takenBackAt: t('Ingetrokken', 'Taken back'),
  untoldReader: t('Lezer', 'Reader'),
  sentAt: t('Bericht verstuurd', 'Notice sent'),
  notSent: t('staat klaar', 'waits to be fetched'),
  noticeId: t('Nummer van het bericht', 'Number of the notice'),
  today: t('Vandaag', 'Today'),
  nothing: t('Vandaag kwam er nog niets.', 'Nothing came today yet.'),
  newestOnly: t(
    'Er zijn er misschien meer. Dit zijn alleen de nieuwste',
    'There may be more. These are only the newest',
  ),
  oldestOnly: t(
    'Er wacht misschien meer. Dit zijn alleen de eerste',
    'More may wait. These are only the first',
  ),
  oftenOnly: t(
    'Er zijn er misschien meer. Dit zijn alleen de codes die het vaakst kwamen',
    'There may be more. These are only the codes that came most often',
  ),
  waiting: t('Wat wacht', 'What waits'),
  noneWaits: t('Er wacht niets.', 'Nothing waits.'),
  received: t('Ontvangen', 'Received'),
  format: t('Soort', 'Format'),
  channel: t('Lijn', 'Line'),
  state: t('Stand', 'State'),
  reasons: t('Waarom', 'Why'),
  delivery: t('Bericht', 'Message'),
  look: t('Bekijk', 'Look'),
  system: t('Systeem', 'System'),
  receiptId: t('Nummer van ontvangst', 'Receipt id'),
  replay: t('Probeer opnieuw', 'Try again'),
  joins: t('Twee dossiers worden één.', 'Two records become one.'),
  lookFirst: t('Kijk eerst wat er verandert', 'Look first at what changes'),
  nothingYet: t(
    'Er is nog niets veranderd. Hieronder staat wat er gebeurt als u doorgaat.',
    'Nothing has changed yet. Below is what happens when you go on.',
  ),
  otherNow: t(
    'Wat er gebeurt is anders dan u net zag. Kijk nog eens.',
    'What happens is not what you just saw. Look again.',
  ),
  wouldEnd: t(
    'Dit bericht wordt nooit deel van een dossier. Het bericht zelf blijft bewaard.',
    'This message never becomes part of a record. The message itself is kept.',
  ),
  goOn: t('Ga door', 'Go on'),
  notGoOn: t('Niet doen', 'Do not'),
  replayed: t('Het bericht is opnieuw verwerkt.', 'The message was handled again.'),
  stillWrong: t('Het bericht klopt nog steeds niet.', 'The message is still not right.'),
  stillWaits: t('Het bericht wacht nog.', 'The message still waits.'),
  taken: t('Het bericht is teruggenomen.', 'The message was taken back.'),
  waitsNoLonger: t(
    'Dit bericht wacht niet meer. Hieronder staat wat het werd.',
    'This message does not wait any more. Below is what it became.',
  ),
  rejected: t('teruggenomen', 'taken back'),
  decide: t('Van wie is dit?', 'Whose is this?'),
  decision: t('Uw besluit', 'Your decision'),
  bsn: t('BSN van die persoon', 'BSN of that person'),
  why: t('Waarom? Dit komt in het logboek.', 'Why? This goes into the log.'),
  save: t('Leg vast', 'Save'),
  original: t('Haal het bericht op zoals het kwam', 'Get the message as it came'),
  way: t('De weg van dit bericht', 'The way of this message'),
  sent: t('Gemaakt door uw systeem', 'Made by your system'),
  handled: t('Verwerkt', 'Handled'),
  available: t('Beschikbaar', 'Available'),
  firstRead: t('Voor het eerst gelezen', 'First read'),
  notRead: t('nog niet', 'not yet'),
  unknown: t('onbekend', 'unknown'),
  gaps: t('Eigen codes zonder vertaling', 'Local codes without translation'),
  translate: t(
    'Zet de vertaling van deze codes in uw afzenderbestand, onder codes. Verwerk daarna wat wacht opnieuw.',
    'Put the translation of these codes into your sender file, under codes. Then handle again what waits.',
  ),
  code: t('Code', 'Code'),
  element: t('Plaats', 'Element'),
  seen: t('Aantal', 'Count'),
  lastSeen: t('Laatst gezien', 'Last seen'),
  dryRun: t('Probeer een bericht', 'Try a message'),
  coverage: t('Hoe volledig', 'How complete'),
  coverageIntro: t(
    'Hoe vaak elk gegeven gevuld was in wat dit systeem de laatste drie maanden stuurde. Stand van',
    'How often each item was filled in what this system sent in the last three months. As of',
  ),
  coverageNothing: t('Er is nog niets geteld.', 'Nothing has been counted yet.'),
  filled: t('Gevuld', 'Filled'),
  byMonth: t('Per maand', 'By month'),
  others: t('Andere systemen', 'Other systems'),
  lacking: t('Ontbrak in', 'Missing in'),
  dryRunIntro: t(
    'Plak een bericht. U ziet wat het wordt, wat wegvalt en wie het zou kunnen zien. Niets wordt bewaard.',
    'Paste a message. You see what it becomes, what is left out and who could see it. Nothing is kept.',
  ),
  message: t('Bericht', 'Message'),
  try: t('Probeer', 'Try'),
  wouldBe: t('Dit bericht wordt', 'This message would be'),
  visibleTo: t('Wie dit zou kunnen zien', 'Who could see this'),
  reader: t('Lezer', 'Reader'),
  lost: t('Opmerkingen en wat wegvalt', 'Remarks and what is left out'),
  back: t('Terug', 'Back'),
  items: t('Wat het werd', 'What it became'),
  item: t('Onderdeel', 'Item'),
  version: t('Versie', 'Version'),
  outcome: t('Uitkomst', 'Outcome'),
  issues: t('Opmerkingen', 'Remarks'),
  place: t('Plaats in het bericht', 'Place in the message'),
  severity: t('Ernst', 'Severity'),
  issue: t('Opmerking', 'Remark'),
} as const;
