/** The words of the review queue. */
import type { Reviewable, ReviewCase, Verdict } from '../../insight/index.ts';
import type { Text } from '../../platform/html/language.ts';

const t = (nl: string, en: string): Text => ({ nl, en });

export const VERDICTS: Readonly<Record<Verdict, Text>> = {
  fine: t('In orde', 'Fine'),
  explained: t('Uitgelegd, in orde', 'Explained, fine'),
  unclear: t('Onduidelijk, navragen', 'Unclear, ask'),
  misuse: t('Misbruik, incident', 'Misuse, incident'),
};

const CASE_STATES: Readonly<Record<ReviewCase['state'], Text>> = {
  open: t('open', 'open'),
  second: t('wacht op een tweede beoordelaar', 'waits for a second reviewer'),
  closed: t('gesloten', 'closed'),
};
const AT_ODDS = t(
  'de beoordelaars zijn het niet eens; wacht op nog een oordeel',
  'the reviewers do not agree; waits for another verdict',
);

/** Two who differ wait for something else than one who waits for a second. */
export const stateText = ({ state, reviews }: Reviewable): Text =>
  state === 'second' && reviews.length > 1 ? AT_ODDS : CASE_STATES[state];

/** What the figures of a signal count. */
export const FIGURES: Readonly<Record<string, Text>> = {
  days: t('dagen stil', 'silent days'),
  minutes: t('minuten ertussen', 'minutes between'),
  numbers: t('nummers na elkaar', 'numbers in a row'),
  searches: t('keer gezocht', 'searches'),
  refusals: t('keer geweigerd', 'refusals'),
  objects: t('onderdelen', 'items'),
  patients: t('patiënten in een uur', 'patients in an hour'),
  limit: t('grens', 'limit'),
  emergencies: t('keer spoed', 'emergencies'),
  accesses: t('keer inzage', 'accesses'),
  labels: t('soorten afgeschermde gegevens', 'kinds of shielded data'),
};

export const REVIEW = {
  title: t('Onderzoek', 'Review'),
  intro: t(
    'Wat opvalt in het logboek. Een signaal is een vraag aan een mens, nooit een oordeel.',
    'What stands out in the log. A signal is a question to a person, never a verdict.',
  ),
  queue: t('Te beoordelen', 'To be reviewed'),
  nothing: t('Er is nu niets te beoordelen.', 'There is nothing to review now.'),
  done: t('Beoordeeld', 'Reviewed'),
  about: t('Over', 'About'),
  user: t('een medewerker', 'a member of staff'),
  patient: t('een patiënt', 'a patient'),
  rules: t('Signalen', 'Signals'),
  score: t('Gewicht', 'Weight'),
  due: t('Uiterlijk', 'Due'),
  late: t('te laat', 'overdue'),
  state: t('Stand', 'State'),
  look: t('Bekijk', 'Look'),
  closed: t('Gesloten', 'Closed'),
  verdict: t('Uw oordeel', 'Your verdict'),
  reason: t('Waarom? Dit komt in het logboek.', 'Why? This goes into the log.'),
  save: t('Leg vast', 'Save'),
  saved: t(
    'Uw oordeel is vastgelegd. Hiermee is dit gesloten.',
    'Your verdict is recorded. That closes this.',
  ),
  savedFirst: t(
    'Uw oordeel is vastgelegd. Nu moet een collega hier ook naar kijken.',
    'Your verdict is recorded. Now a colleague has to look at this too.',
  ),
  savedAtOdds: t(
    'Uw oordeel is vastgelegd. Het is een ander dan dat van uw collega. Dit blijft open tot twee mensen na elkaar hetzelfde oordelen.',
    'Your verdict is recorded. It is not that of your colleague. This stays open until two people in a row judge the same.',
  ),
  again: t(
    'Dit moet een ander beoordelen dan wie het eerste oordeel gaf.',
    'Somebody else than the first reviewer has to judge this.',
  ),
  gone: t('Dit onderzoek is al gesloten.', 'This case is closed already.'),
  flags: t('Waarom dit opviel', 'Why this stood out'),
  when: t('Wanneer', 'When'),
  question: t('Vraag', 'Question'),
  figures: t('Cijfers', 'Figures'),
  line: t('Regel', 'Line'),
  reviews: t('Oordelen', 'Verdicts'),
  by: t('Door', 'By'),
  said: t('Oordeel', 'Verdict'),
  because: t('Waarom', 'Why'),
  figuresOf: t('De laatste 30 dagen', 'The last 30 days'),
  kind: t('Soort', 'Kind'),
  emergencies: t('Inzage bij spoed', 'Emergency access'),
  raised: t('Aantal', 'Number'),
  reviewed: t('Beoordeeld', 'Reviewed'),
  days: t('Dagen tot gesloten (midden)', 'Days to close (median)'),
  lateOnes: t(
    'Niet alles is op tijd beoordeeld. Begin met wat te laat is.',
    'Not all was reviewed in time. Begin with what is overdue.',
  ),
  runs: t('Welke regels zijn bekeken', 'Which lines were looked at'),
  from: t('Van', 'From'),
  until: t('Tot', 'Until'),
  lines: t('Regels', 'Lines'),
  signals: t('Signalen', 'Signals'),
  gap: t('Er is een gat voor deze ronde.', 'There is a gap before this run.'),
  noRuns: t('Er is nog geen ronde geweest.', 'There was no run yet.'),
  stale: t(
    'De laatste ronde is meer dan een dag geleden.',
    'The last run was more than a day ago.',
  ),
  back: t('Terug', 'Back'),
} as const;
