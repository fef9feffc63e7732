/** The words of the sharing pages. */
import type { Text } from '../../platform/html/language.ts';

const t = (nl: string, en: string): Text => ({ nl, en });

export const SHARING = {
  changedMeanwhile: {
    nl: 'Er is niets opgeslagen: uw keuzes zijn intussen veranderd, misschien in een ander venster. Kijk hieronder of u dit nog wilt.',
    en: 'Nothing was saved: your choices were changed in the meantime, maybe in another window. See below whether you still want this.',
  },
  noneNow: { nl: 'Er is nu geen keuze van u.', en: 'There is no choice of yours now.' },
  wanted: { nl: 'Wat u wilde opslaan', en: 'What you wanted to save' },
  title: t('Delen', 'Sharing'),
  intro: t(
    'Zorgverleners zien uw gegevens alleen als u dat goedvindt, bij een verwijzing of bij spoed.',
    'Care providers see your data only if you agree, with a referral, or in an emergency.',
  ),
  locked: t(
    'Alles staat op slot. Niemand anders dan u ziet iets, ook niet bij spoed.',
    'Everything is locked. Nobody but you sees anything, in an emergency neither.',
  ),
  quick: t('Snel kiezen', 'Quick choices'),
  quickGp: t('Huisartsen zien mijn ziekenhuisgegevens', 'General practices see my hospital data'),
  quickGpText: t(
    'Mogen huisartsen en huisartsenposten zien wat ziekenhuizen over u hebben?',
    'May general practices see what hospitals have about you?',
  ),
  quickHospital: t(
    'Ziekenhuizen zien mijn huisartsgegevens',
    'Hospitals see my general practice data',
  ),
  quickHospitalText: t(
    'Mogen ziekenhuizen zien wat uw huisarts over u heeft?',
    'May hospitals see what your general practice has about you?',
  ),
  saidYes: t('U zei ja', 'You said yes'),
  saidNo: t('U zei nee', 'You said no'),
  saidNothing: t('U koos nog niet', 'You did not choose yet'),
  yes: t('Ja, dat mag', 'Yes, they may'),
  no: t('Nee, dat mag niet', 'No, they may not'),
  standing: t('Uw keuzes nu', 'Your choices now'),
  nothingYet: t(
    'U heeft nog geen keuze gemaakt. Zorgverleners zien elkaars gegevens over u niet, behalve bij een verwijzing of bij spoed.',
    'You have not made a choice yet. Care providers do not see each other’s data about you, except with a referral or in an emergency.',
  ),
  sight: t('Wie ziet wat nu', 'Who sees what now'),
  sightText: t(
    'Van iedere zorgverlener die iets over u heeft: wat ziet een ander daarvan?',
    'Of every care provider that has something about you: what does another see of it?',
  ),
  sightEmergency: t('Bij spoed kan een arts meer zien.', 'In an emergency a doctor may see more.'),
  sightCaption: t('Wat anderen nu van u zien', 'What others see of you now'),
  sightSome: t(
    'Staat er “sommige”? Dan ziet niet elke zorgverlener van die soort dit: u koos zelf wie, of iemand behandelt u.',
    'Does it say “some”? Then not every care provider of that kind sees this: you chose who, or one of them treats you.',
  ),
  tableCaption: t('Wie mag wat zien, en van wie', 'Who may see what, and whose'),
  who: t('Wie', 'Who'),
  what: t('Wat', 'What'),
  from: t('Van wie', 'Whose'),
  choice: t('Uw keuze', 'Your choice'),
  until: t('Tot en met', 'Until'),
  change: t('Veranderen', 'Change'),
  may: t('Mag het zien', 'May see it'),
  atDesk: t('vastgelegd door uw zorgverlener', 'recorded by your care provider'),
  mayNot: t('Mag het niet zien', 'May not see it'),
  noEnd: t('geen einddatum', 'no end date'),
  withdraw: t('Intrekken', 'Withdraw'),
  exceptions: t('Uitzonderingen', 'Exceptions'),
  joined: t('Nieuw sinds uw keuze', 'New since your choice'),
  joinedText: t(
    'Deze zorgverleners deden nog niet mee toen u koos. Door uw keuze voor hun soort mogen zij nu ook meekijken. Wilt u dat niet, zeg dan hieronder nee voor die ene zorgverlener.',
    'These care providers had not joined when you chose. By your choice for their kind they may look now as well. If you do not want that, say no below for that one care provider.',
  ),
  proposals: t('Wacht op akkoord van allebei', 'Waits until both agree'),
  proposedTag: t('wacht op akkoord', 'waits for agreement'),
  waitsForOther: t(
    'Dit geldt pas als de ander ook ja zegt: het kind en de ouder samen.',
    'This counts only when the other says yes as well: child and parent together.',
  ),
  needsOther: t(
    'Van 12 tot en met 15 jaar beslissen kind en ouder samen. Dit is nu een voorstel. Het geldt als de ander ook inlogt en ja zegt.',
    'From 12 to 15 child and parent decide together. This is a proposal for now. It counts when the other logs in as well and says yes.',
  ),
  otherReads: t(
    'De ander leest dit voorstel dan ook, met het onderwerp.',
    'The other then reads this proposal as well, with its topic.',
  ),
  agree: t('Ik zeg ook ja', 'I say yes as well'),
  make: t('Zelf een keuze maken', 'Make a choice yourself'),
  formWho: t('Wie?', 'Who?'),
  formWhat: t('Welke gegevens?', 'Which data?'),
  formFrom: t('Van welke zorgverlener zijn de gegevens?', 'Whose data are they?'),
  formUntil: t('Tot en met welke dag? (mag leeg blijven)', 'Until which day? (may stay empty)'),
  oneOrganisation: t('Eén organisatie', 'One organisation'),
  look: t('Bekijk wat er verandert', 'See what changes'),
  lock: t('Alles op slot', 'Lock everything'),
  lockText: t(
    'Met het slot ziet niemand anders dan u nog iets, ook artsen bij spoed niet. U kunt het slot er altijd weer afhalen.',
    'With the lock nobody but you sees anything, doctors in an emergency neither. You can always take the lock off.',
  ),
  lockButton: t('Zet alles op slot', 'Lock everything'),
  unlockButton: t('Haal het slot eraf', 'Take the lock off'),
  previewTitle: t('Dit verandert er', 'This is what changes'),
  unchanged: t(
    'Dit stond al zo. Er verandert niets.',
    'It stood like this already. Nothing changes.',
  ),
  back: t('Terug naar delen', 'Back to sharing'),
  beside: t(
    'Let op: deze preciezere keuzes blijven gelden. U kunt ze apart intrekken.',
    'Please note: these more precise choices stay. You can withdraw each of them.',
  ),
  confirm: t('Ja, opslaan', 'Yes, save'),
  cancel: t('Niet opslaan', 'Do not save'),
  effectNone: t(
    'Op dit moment verandert er niets aan wie wat ziet. Uw keuze geldt ook voor gegevens die nog komen.',
    'At this moment nothing changes in who sees what. Your choice counts for later data too.',
  ),
  effectMore: (organisations: number, items: number): Text => ({
    nl: `${count(organisations, 'organisatie ziet', 'organisaties zien')} ${count(items, 'onderdeel', 'onderdelen')} meer.`,
    en: `${count(organisations, 'organisation sees', 'organisations see')} ${count(items, 'item', 'items')} more.`,
  }),
  effectLess: (organisations: number, items: number): Text => ({
    nl: `${count(organisations, 'organisatie ziet', 'organisaties zien')} ${count(items, 'onderdeel', 'onderdelen')} minder.`,
    en: `${count(organisations, 'organisation sees', 'organisations see')} ${count(items, 'item', 'items')} less.`,
  }),
  effectPersonMore: (persons: number): Text => ({
    nl: `${count(persons, 'persoon ziet', 'personen zien')} meer.`,
    en: `${count(persons, 'person sees', 'persons see')} more.`,
  }),
  effectPersonLess: (persons: number): Text => ({
    nl: `${count(persons, 'persoon ziet', 'personen zien')} minder.`,
    en: `${count(persons, 'person sees', 'persons see')} less.`,
  }),
  effectPersonNothing: (persons: number): Text => ({
    nl: `${count(persons, 'persoon ziet', 'personen zien')} niets meer.`,
    en: `${count(persons, 'person sees', 'persons see')} nothing any more.`,
  }),
  effectCaption: t('Wat er per organisatie verandert', 'What changes for each organisation'),
  organisation: t('Organisatie', 'Organisation'),
  more: t('Ziet meer', 'Sees more'),
  less: t('Ziet minder', 'Sees less'),
  keeps: t('Blijft zien', 'Still sees'),
  items: t('Per onderdeel kiezen', 'Choose item by item'),
  itemsText: t(
    'Bekijk wat er van u is, en houd één onderdeel voor uzelf.',
    'See what there is of you, and keep one item to yourself.',
  ),
  lookAlong: t('Kijk mee als zorgverlener', 'Look along as a care provider'),
  lookAlongText: t(
    'Zie wat een huisarts, de spoed of een coach vandaag van u kan zien.',
    'See what a general practitioner, the emergency department or a coach can see of you today.',
  ),
  receiptTitle: t('Bewijs van uw keuze', 'Receipt of your choice'),
  saved: t('Uw keuze is opgeslagen en geldt nu.', 'Your choice is saved and counts now.'),
  proposed: t(
    'Uw voorstel is opgeslagen. Het geldt als de ander ook ja zegt.',
    'Your proposal is saved. It counts when the other says yes as well.',
  ),
  endedTag: t('vervallen', 'ended'),
  receiptId: t('Nummer', 'Number'),
  moment: t('Wanneer', 'When'),
  decidedBy: t('Wie koos', 'Who chose'),
  recordedBy: t('Wie legde het vast', 'Who recorded it'),
  somebodyElse: t('iemand anders', 'somebody else'),
  identified: t('Hoe ingelogd', 'How logged in'),
  textVersion: t('Tekst die u las', 'Text that you read'),
  textDigest: t('Controlegetal van de tekst', 'Digest of the text'),
  ruleDigest: t('Controlegetal van de keuze', 'Digest of the choice'),
  ledgerLine: t('Regel in het logboek', 'Line in the log'),
  howToWithdraw: t(
    'Intrekken kan altijd: ga naar Delen en kies "Intrekken".',
    'You can always withdraw: go to Sharing and choose "Withdraw".',
  ),
  download: t('Bewaar als bestand (JSON)', 'Keep as a file (JSON)'),
  print: t('Bewaar als PDF', 'Keep as a PDF'),
  contacts: t('Vragen over deze gegevens', 'Questions about these data'),
} as const;

const count = (number: number, one: string, more: string): string =>
  `${number} ${number === 1 ? one : more}`;
