/** What somebody did, in plain words, by the event of the line. */
import type { Text } from '../platform/html/language.ts';

const t = (nl: string, en: string): Text => ({ nl, en });

const EVENTS: Readonly<Record<string, Text>> = {
  read: t('las iets', 'read something'),
  vread: t('las een oude versie', 'read an older version'),
  'search-type': t('zocht gegevens op', 'searched for data'),
  'history-instance': t('bekeek oude versies', 'looked at older versions'),
  'history-type': t('keek wat er nieuw is', 'looked at what is new'),
  granted: t('vroeg wat een app mag ophalen', 'asked what an app may collect'),
  subscription: t('veranderde berichten over nieuws', 'changed messages about news'),
  'share-fate': t('besloot over wat gestuurd was', 'decided on what was sent'),
  'mandate-given': t('gaf iemand een machtiging', 'gave somebody a mandate'),
  'mandate-ended': t('stopte een machtiging', 'ended a mandate'),
  'representative-recorded': t(
    'legde iets vast over wie voor u mag beslissen of kijken',
    'recorded something about who may decide or look for you',
  ),
  'representative-ended': t(
    'stopte wat was vastgelegd over wie voor u mag beslissen of kijken',
    'ended what was recorded about who may decide or look for you',
  ),
  'retraction-notice': t(
    'kreeg bericht dat iets is ingetrokken of verbeterd',
    'was told that something was taken back or corrected',
  ),
  'retraction-acknowledged': t('bevestigde dat bericht', 'confirmed that message'),
  'register-notification': t('gaf een keuze van u door', 'passed on a choice of yours'),
  patch: t('veranderde gegevens', 'changed data'),
  refused: t('vroeg iets en kreeg niets', 'asked and got nothing'),
  receive: t('stuurde gegevens', 'sent data'),
  create: t('stuurde gegevens', 'sent data'),
  update: t('veranderde gegevens', 'changed data'),
  login: t('logde in', 'logged in'),
  logout: t('logde uit', 'logged out'),
  authorize: t('vroeg toegang met een app', 'asked access with an app'),
  toestemming: t('gaf een app toestemming', 'gave an app consent'),
  'toestemming-ended': t('stopte de toestemming van een app', 'ended the consent of an app'),
  token: t('gaf een app een sleutel', 'gave an app a key'),
  'consent-change': t('veranderde keuzes over delen', 'changed choices about sharing'),
  'choice-notice': t('meldde nieuwe keuzes aan een bron', 'told a source of new choices'),
  'choice-looked': t('keek wie eigen gegevens kan zien', 'looked who could see own data'),
  'choice-acknowledged': t('weet van nieuwe keuzes', 'knows of new choices'),
  'setting-change': t('veranderde een instelling', 'changed a setting'),
  'question-asked': t('vroeg iets over het logboek', 'asked something about the log'),
  'question-answered': t('antwoordde op een vraag', 'answered a question'),
  'identity-decision': t('besloot van wie gegevens zijn', 'decided whose data these are'),
  'original-read': t('haalde een eigen bericht terug', 'got an own message back'),
  remap: t('verwerkte gegevens opnieuw', 'handled data again'),
  delete: t('verwijderde gegevens', 'removed data'),
  merge: t('voegde twee dossiers samen', 'merged two records'),
  unmerge: t('haalde twee dossiers uit elkaar', 'split two records'),
  erase: t('wiste een dossier', 'erased a record'),
  export: t('nam gegevens mee', 'exported data'),
  count: t('telde mensen', 'counted people'),
  'client-change': t('veranderde een aangesloten systeem', 'changed a connected system'),
  'key-change': t('veranderde een sleutel', 'changed a key'),
  'retention-run': t('wiste regels na hun bewaartijd', 'erased lines after their term'),
  'hold-set': t('hield regels langer vast', 'kept lines longer'),
  'hold-lifted': t('liet vastgehouden regels los', 'let lines go'),
  'review-facts': t(
    'vertelde wie er werkt en wie er behandeld wordt',
    'told who works there and who is treated',
  ),
  'log-read': t('bekeek wie er keek', 'looked at who looked'),
  'log-search': t('zocht in het logboek', 'searched the log'),
  'log-export': t('nam het logboek mee', 'exported the log'),
  'log-export-agreed': t('gaf akkoord op een export', 'agreed to an export'),
  'log-verify': t('controleerde het logboek', 'checked the log'),
  'decisions-replayed': t('nam oude beslissingen opnieuw', 'made old decisions again'),
  'register-subscription': t(
    'vroeg het landelijke register om bericht van keuzes',
    'asked the national register to tell of choices',
  ),
  'review-run': t('keek alle regels na op wat opvalt', 'looked at all lines for what stands out'),
  'anomaly-raised': t('zag iets dat opviel', 'saw something that stood out'),
  'anomaly-grown': t('zag meer van iets dat opviel', 'saw more of what stood out'),
  'anomaly-reviewed': t('beoordeelde wat opviel', 'reviewed what stood out'),
  'anomaly-closed': t('sloot wat opviel af', 'closed what stood out'),
  'access-reviewed': t('beoordeelde een inzage', 'reviewed an access'),
  'access-review-closed': t(
    'sloot de beoordeling van een inzage af',
    'closed the review of an access',
  ),
  start: t('startte', 'started'),
  stop: t('stopte', 'stopped'),
  'clock-step': t('zag de klok verspringen', 'saw the clock jump'),
  'rollback-accepted': t('ging verder met een oude kopie', 'went on with an old copy'),
  'ledger-finding': t('vond een fout in het logboek', 'found a fault in the log'),
};

/** What somebody did. */
export function eventText(event: string): Text {
  return EVENTS[event] ?? t(event, event);
}

/** Names of events that can be asked for, in the order of a list; one of each wording. */
export const EVENT_NAMES: readonly string[] = Object.keys(EVENTS).filter(
  (name, at, all) => all.findIndex((one) => isSame(one, name)) === at,
);

/** @returns all events that are told in the same words, when there are more than this one. */
export function sameWords(event: string | undefined): readonly string[] | undefined {
  const all = Object.keys(EVENTS).filter((one) => event !== undefined && isSame(one, event));
  return all.length > 1 ? all : undefined;
}

function isSame(one: string, other: string): boolean {
  return EVENTS[one]?.nl === EVENTS[other]?.nl;
}
