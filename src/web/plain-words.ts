/**
 * Codes in plain words: what a reader sees in the place of categories, purposes and reasons. Just
 * over 300 lines: one table of words.
 */
import type { Side } from '../consent/index.ts';
import type { ConsentCategory, ConsentRule, DataCategory } from '../permission/index.ts';
import type { Text } from '../platform/html/language.ts';
import { kindText } from './kinds-text.ts';

const t = (nl: string, en: string): Text => ({ nl, en });

export const CATEGORIES: Readonly<Record<ConsentCategory, Text>> = {
  HA: t('huisartsen en huisartsenposten', 'general practices and out-of-hours services'),
  APO: t('apotheken', 'pharmacies'),
  ZKH: t('ziekenhuizen en klinieken', 'hospitals and clinics'),
  LAB: t('laboratoria', 'laboratories'),
  VV: t('verpleging en verzorging', 'nursing and care'),
  GGZ: t('de geestelijke gezondheidszorg', 'mental health care'),
  OVZ: t('andere zorgverleners', 'other care providers'),
  EU: t('zorgverleners elders in Europa', 'care providers elsewhere in Europe'),
  RES: t('onderzoekers', 'researchers'),
  STORE: t('uzelf', 'yourself'),
};

/** Categories that hold data, and that may be given sight of it. */
export const HOLDERS = ['HA', 'APO', 'ZKH', 'LAB', 'VV', 'GGZ', 'OVZ'] as const;
export const RECIPIENTS = ['HA', 'APO', 'ZKH', 'VV', 'GGZ', 'OVZ', 'EU'] as const;

export const EVERYONE: Text = t('alle zorgverleners', 'all care providers');

export const DATA: Readonly<Record<DataCategory, Text>> = {
  GGC002: t('alle medische gegevens', 'all medical data'),
  GGC012: t('uitslagen', 'results'),
  GGC013: t('medicijnen', 'medicines'),
};

/** A side of a choice in words; organisations by their name. */
export function sideText(side: Side, names: ReadonlyMap<string, string>): Text {
  if (side === 'any') return EVERYONE;
  const value = side.slice(4);
  if (side.startsWith('cat:')) return CATEGORIES[value as ConsentCategory] ?? EVERYONE;
  const name = names.get(value) ?? t('een onbekende organisatie', 'an unknown organisation').nl;
  return t(name, name);
}

/** A text that is a sentence. */
export function asSentence(text: Text): Text {
  const whole = (words: string): string => (words.endsWith('.') ? words : `${words}.`);
  return t(begun(whole(text.nl)), begun(whole(text.en)));
}

/** Begins with a capital, as a heading does. */
export function begun(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}

/** One choice in words. */
export function choiceText(
  choice: {
    readonly type: 'permit' | 'deny';
    readonly recipient: Text;
    readonly holder: Text;
    readonly data: Text;
  },
  one = false,
): Text {
  const { type, recipient, holder, data } = choice;
  const may = one ? 'mag' : 'mogen';
  return type === 'permit'
    ? t(
        `${recipient.nl} ${may} ${data.nl} van ${holder.nl} zien`,
        `${recipient.en} may see ${data.en} of ${holder.en}`,
      )
    : t(
        `${recipient.nl} ${may} ${data.nl} van ${holder.nl} niet zien`,
        `${recipient.en} may not see ${data.en} of ${holder.en}`,
      );
}

/** Topics that are closed until somebody is let in by name. */
export const TOPICS: Readonly<Record<string, Text>> = {
  PSY: t('gegevens over psychische gezondheid', 'data about mental health'),
  SUD: t('gegevens over verslaving', 'data about addiction'),
  HIV: t('gegevens over hiv', 'data about HIV'),
  STD: t('gegevens over soa', 'data about sexually transmitted diseases'),
  SRH: t(
    'gegevens over zwangerschap en anticonceptie',
    'data about sexual and reproductive health',
  ),
  GDIS: t('gegevens over erfelijkheid', 'data about hereditary conditions'),
  VIO: t('gegevens over geweld', 'data about violence'),
  SDV: t('gegevens over seksueel of huiselijk geweld', 'data about sexual or domestic violence'),
  R: t('gegevens die afgeschermd zijn', 'data that are shielded'),
  V: t('gegevens die streng afgeschermd zijn', 'data that are strictly shielded'),
};

/** A part of the data that is smaller than a kind. */
function partText(data: ConsentRule['data']): Text {
  switch (data.level) {
    case 'label':
      return TOPICS[data.value] ?? t('gevoelige gegevens', 'sensitive data');
    case 'instance': {
      const kind = kindText(data.value.split('/')[0] ?? '');
      return t(`één onderdeel (${kind.nl})`, `one item (${kind.en})`);
    }
    case 'type':
      return kindText(data.value);
    case 'dataPeriod':
      return t(
        `gegevens ${spanText(data, 'vanaf', 'tot en met')}`,
        `data ${spanText(data, 'from', 'up to and including')}`,
      );
    default:
      return t('een deel van de gegevens', 'part of the data');
  }
}

function spanText(
  { start, end }: { readonly start?: string; readonly end?: string },
  from: string,
  until: string,
): string {
  const parts = [
    start === undefined ? '' : `${from} ${start}`,
    end === undefined ? '' : `${until} ${end}`,
  ];
  return parts.filter((one) => one !== '').join(' ');
}

const VISIT = t('alles van één bezoek', 'everything of one visit');

/** What of a rule is put into words. */
type RuleWords = Pick<
  ConsentRule,
  'type' | 'holder' | 'recipient' | 'data' | 'absolute' | 'context' | 'purpose'
>;

/** A rule as a sentence, also one that the table of choices cannot show. */
export function ruleText(rule: RuleWords, names: ReadonlyMap<string, string>): Text {
  if (rule.absolute) {
    return t(
      'Alles op slot: niemand mag iets zien, ook niet bij spoed',
      'Everything locked: nobody may see anything, in an emergency neither',
    );
  }
  const { holder, recipient, data, context } = rule;
  const side = (match: ConsentRule['holder']): Text =>
    sideText(match.level === 'any' ? 'any' : (`${match.level}:${match.value}` as Side), names);
  const to =
    recipient.level === 'person' ? t('één zorgverlener', 'one care provider') : side(recipient);
  const visit = context?.kind === 'episode' ? VISIT : undefined;
  const what =
    visit ??
    (data.level === 'all' ? DATA.GGC002 : data.level === 'ggc' ? DATA[data.value] : partText(data));
  const one = recipient.level === 'org' || recipient.level === 'person';
  const said = choiceText(
    { type: rule.type, recipient: to, holder: side(holder), data: what },
    one,
  );
  return purposeOf(rule, said);
}

/** Use beside care is said: without it a yes to research would read as a yes to looking. */
function purposeOf({ type, purpose }: RuleWords, said: Text): Text {
  if (purpose?.includes('HRESCH')) {
    return t(
      `voor onderzoek, zonder uw naam: ${said.nl}`,
      `for research, without your name: ${said.en}`,
    );
  }
  if (!purpose || purpose.some((one) => !COUNTED.includes(one))) return said;
  return type === 'permit'
    ? t('uw gegevens tellen mee in cijfers over de zorg', 'your data count in figures about care')
    : t(
        'uw gegevens tellen niet mee in cijfers over de zorg',
        'your data do not count in figures about care',
      );
}

const COUNTED: readonly string[] = ['HOPERAT', 'PUBHLTH'];

const PURPOSES: Readonly<Record<string, Text>> = {
  TREAT: t('behandeling', 'treatment'),
  ETREAT: t('spoed', 'emergency'),
  COC: t('overdracht van zorg', 'coordination of care'),
  PATRQT: t('op verzoek van uzelf', 'at your own request'),
  FAMRQT: t(
    'op verzoek van iemand die u vertegenwoordigt',
    'at the request of your representative',
  ),
  HRESCH: t('onderzoek', 'research'),
  HOPERAT: t('beheer en controle', 'operations and checks'),
  PUBHLTH: t('volksgezondheid', 'public health'),
};

/** Why somebody asked; an unknown code stays as it is. */
export function purposeText(code: string | undefined): Text | undefined {
  return code === undefined ? undefined : (PURPOSES[code] ?? t(code, code));
}

const ROUTES: Readonly<Record<string, Text>> = {
  'own-right': t('het zijn uw eigen gegevens', 'these are your own data'),
  explicit: t('u gaf toestemming', 'you gave consent'),
  presumed: t('u bent verwezen of overgedragen', 'you were referred or handed over'),
  emergency: t('het was spoed', 'it was an emergency'),
  sender: t(
    'de zorgverlener heeft deze gegevens zelf gestuurd',
    'the care provider sent these data itself',
  ),
  none: t('er is niets getoond', 'nothing was shown'),
};

/** The legal ground of what was shown. */
export function routeText(route: string | undefined): Text | undefined {
  return route === undefined ? undefined : ROUTES[route];
}

export const PURPOSE_NAMES: readonly string[] = Object.keys(PURPOSES);

const REASONS: Readonly<Record<string, Text>> = {
  'nothing-on-record': t(
    'u heeft hiervoor geen toestemming gegeven',
    'you gave no consent for this',
  ),
  'no-consent': t('u heeft hiervoor geen toestemming gegeven', 'you gave no consent for this'),
  denied: t('u heeft dit geweigerd', 'you refused this'),
  refused: t('u heeft dit geweigerd', 'you refused this'),
  'emergency-refused': t(
    'u heeft dit ook bij spoed geweigerd',
    'you refused this in emergencies too',
  ),
  'no-region-agreement': t(
    'deze zorgverleners hebben geen afspraak om gegevens te delen',
    'these care providers have no agreement to share data',
  ),
  embargo: t('de zorgverlener geeft dit later vrij', 'the care provider releases this later'),
  'working-note': t('dit is een werkaantekening', 'this is a working note'),
  'label-gate': t('deze gegevens zijn extra beschermd', 'these data have extra protection'),
  locked: t('u heeft alles op slot gezet', 'you locked everything'),
  'not-known-here': t('deze persoon is hier niet bekend', 'this person is not known here'),
  'no-relation': t(
    'u bent bij deze zorgverlener niet bekend',
    'this care provider does not know you',
  ),
  'no-care-relation': t(
    'deze zorgverlener behandelt u niet, voor zover bekend',
    'this care provider does not treat you, as far as known',
  ),
  'register-unavailable': t(
    'het landelijke register met keuzes gaf geen antwoord',
    'the national register of choices gave no answer',
  ),
  'other-custodian': t('dit is van een andere zorgverlener', 'this is of another care provider'),
  'query-not-allowed': t(
    'deze vraag hoort niet bij het doel van de zorgverlener',
    'this question does not belong to the purpose of the care provider',
  ),
  'no-role': t('wie dit vroeg mag dit niet', 'whoever asked may not do this'),
  deceased: t('deze persoon is overleden', 'this person died'),
  'too-young': t('u bent jonger dan 16 jaar', 'you are younger than 16'),
  'refused-by-person': t('u gaf geen toestemming', 'you gave no consent'),
  'stopped-by-person': t('u bent gestopt', 'you stopped'),
  invalid_grant: t(
    'de sleutel van de app was niet (meer) geldig',
    'the key of the app was not valid (any more)',
  ),
  replayed: t('een sleutel van de app is twee keer gebruikt', 'a key of the app was used twice'),
  'child-agreement-missing': t(
    'vanaf 12 jaar moet het kind het ook goedvinden',
    'from the age of 12 the child has to agree as well',
  ),
  'age-16': t('de leeftijd is 16 jaar of meer', 'the age is 16 or more'),
  'age-under-12': t('de leeftijd is onder de 12 jaar', 'the age is under 12'),
  'not-opened-to-parent': t('dit is voor een ouder gesloten', 'this is closed to a parent'),
  'authority-ended': t('de vertegenwoordiging is voorbij', 'the representation is over'),
  'no-custody': t('deze ouder heeft geen gezag', 'this parent has no custody'),
  'too-old': t(
    'het kind is te oud om nog zo vertegenwoordigd te worden',
    'the child is too old to be represented this way',
  ),
  'not-available': t(
    'er is hier niets (meer) op te halen',
    'nothing can be collected here any more',
  ),
};

/** Why nothing was shown. */
export function reasonText(reason: string | undefined): Text | undefined {
  return reason === undefined ? undefined : (REASONS[reason] ?? t(reason, reason));
}

const ROLES: Readonly<Record<string, Text>> = {
  '01.015': t('huisarts', 'general practitioner'),
  '01.000': t('arts', 'doctor'),
  '30.000': t('verpleegkundige', 'nurse'),
  '17.000': t('apotheker', 'pharmacist'),
  auditor: t('auditor', 'auditor'),
  'privacy-officer': t('functionaris gegevensbescherming', 'data protection officer'),
  sender: t('wie berichten beheert', 'who runs messages'),
  analyst: t('analist', 'analyst'),
};

/** The role of a professional. */
export function roleText(role: string | undefined): Text | undefined {
  return role === undefined ? undefined : (ROLES[role] ?? t(role, role));
}
