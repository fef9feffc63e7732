/**
 * The people of the demo region: personas with a story, and others around them. All are invented.
 * Long: the personas stand together in one table.
 */
import type { Random } from './random.ts';

export interface DemoPerson {
  readonly key: string;
  readonly bsn?: string;
  readonly given: string;
  readonly initials: string;
  readonly prefix?: string;
  readonly family: string;
  readonly gender: 'female' | 'male';
  readonly birthDate: string;
  readonly street: string;
  readonly house: string;
  readonly postcode: string;
  readonly city: string;
  readonly phone: string;
  /** Keys of organisations where the person is known. */
  readonly hospital: string;
  readonly gp: string;
  readonly traits: readonly Trait[];
}

/** What makes a persona: read by the generator of messages. */
export type Trait =
  | 'copd'
  | 'heart-failure'
  | 'dose-conflict'
  | 'diabetes'
  | 'pregnant'
  | 'hip-fracture'
  | 'dermatology'
  | 'child'
  | 'teenager'
  | 'headache'
  | 'psychiatry'
  | 'bsn-unverified'
  | 'bsn-invalid'
  | 'no-bsn'
  | 'same-bsn'
  | 'empty'
  | 'never-patient'
  | 'deceased';

interface Persona extends Pick<DemoPerson, 'key' | 'given' | 'family' | 'gender' | 'birthDate'> {
  readonly bsn?: string;
  readonly prefix?: string;
  readonly gp?: string;
  readonly hospital?: string;
  readonly traits?: readonly Trait[];
}

/**
 * The clock of the demo is the real one: whoever is about to be 12 or 16 has that birthday on the
 * next such day, so that the sandbox's clock can be set past it.
 */
function birthdayAhead(years: number, day: string, today = new Date()): string {
  const thisYear = today.getUTCFullYear();
  const isOver = today.toISOString().slice(5, 10) >= day;
  return `${thisYear + (isOver ? 1 : 0) - years}-${day}`;
}

/** Personas P01-P20. */
const PERSONAS: readonly Persona[] = [
  {
    key: 'P01',
    bsn: '999990019',
    given: 'Aaltje',
    family: 'Dekker',
    gender: 'female',
    birthDate: '1954-05-11',
    traits: ['copd', 'heart-failure', 'dose-conflict'],
  },
  {
    key: 'P02',
    bsn: '999990020',
    given: 'Youssef',
    prefix: 'El',
    family: 'Amrani',
    gender: 'male',
    birthDate: '1980-08-23',
    traits: ['heart-failure'],
  },
  {
    key: 'P03',
    bsn: '999990032',
    given: 'Lotte',
    prefix: 'van den',
    family: 'Berg',
    gender: 'female',
    birthDate: '1994-11-02',
    traits: ['pregnant'],
  },
  {
    key: 'P04',
    bsn: '999990044',
    given: 'Henk',
    family: 'Wassink',
    gender: 'male',
    birthDate: '1942-06-30',
    traits: ['hip-fracture', 'diabetes'],
  },
  {
    key: 'P05',
    bsn: '999990056',
    given: 'Sanne',
    family: 'Kuipers',
    gender: 'female',
    birthDate: '1987-09-14',
    traits: ['dermatology'],
  },
  {
    key: 'P06',
    bsn: '999990068',
    given: 'Tim',
    family: 'Bos',
    gender: 'male',
    birthDate: birthdayAhead(12, '04-18'),
    traits: ['child'],
  },
  {
    key: 'P07',
    bsn: '999990081',
    given: 'Eva',
    family: 'Yılmaz',
    gender: 'female',
    birthDate: birthdayAhead(16, '04-07'),
    traits: ['teenager'],
  },
  {
    key: 'P08',
    bsn: '999990093',
    given: 'Rob',
    family: 'Claassen',
    gender: 'male',
    birthDate: '1969-12-05',
    traits: ['headache'],
  },
  {
    key: 'P09a',
    bsn: '999990111',
    given: 'Maria',
    family: 'Jansen',
    gender: 'female',
    birthDate: '1961-02-03',
  },
  {
    key: 'P09b',
    bsn: '999990123',
    given: 'Marijke',
    family: 'Jansen',
    gender: 'female',
    birthDate: '1961-02-03',
  },
  {
    key: 'P10a',
    bsn: '999990172',
    given: 'Willem',
    prefix: "van 't",
    family: 'Hof',
    gender: 'male',
    birthDate: '1958-07-19',
    traits: ['same-bsn'],
  },
  {
    key: 'P11',
    bsn: '999990135',
    given: 'Bo',
    family: 'Sterren',
    gender: 'female',
    birthDate: '1979-10-10',
  },
  {
    key: 'P12',
    bsn: '999990147',
    given: 'Karel',
    family: 'Vermaas',
    gender: 'male',
    birthDate: '1985-03-27',
    traits: ['psychiatry'],
  },
  {
    key: 'P13',
    bsn: '999990159',
    given: 'Joke',
    family: 'Smeets',
    gender: 'female',
    birthDate: '1949-01-21',
    traits: ['diabetes'],
  },
  {
    key: 'P14',
    bsn: '999990160',
    given: 'Dirk',
    family: 'Grendel',
    gender: 'male',
    birthDate: '1972-05-30',
  },
  {
    key: 'P15',
    given: 'Onno',
    family: 'Ongezien',
    gender: 'male',
    birthDate: '1990-06-06',
    bsn: '999990184',
    traits: ['bsn-unverified'],
  },
  {
    key: 'P16',
    given: 'Ilse',
    family: 'Foutenburg',
    gender: 'female',
    birthDate: '1966-04-04',
    traits: ['bsn-invalid'],
  },
  {
    key: 'P17',
    given: 'Şirin',
    family: 'Öztürk',
    gender: 'female',
    birthDate: '1998-12-24',
    traits: ['no-bsn'],
  },
  {
    key: 'P18',
    bsn: '999990196',
    given: 'Leeg',
    prefix: 'de',
    family: 'Vriese',
    gender: 'male',
    birthDate: '2000-02-29',
    traits: ['empty'],
  },
  {
    key: 'P19',
    bsn: '999990202',
    given: 'Nooit',
    family: 'Patiënt',
    gender: 'female',
    birthDate: '1991-03-03',
    traits: ['never-patient'],
  },
  {
    key: 'P20',
    bsn: '999990214',
    given: 'Gerrit',
    family: 'Oldenkamp',
    gender: 'male',
    birthDate: '1936-09-09',
    traits: ['deceased'],
  },
];

const GIVEN_F = [
  'Anna',
  'Fatima',
  'Johanna',
  'Sophie',
  'Wilma',
  'Yara',
  'Ingrid',
  'Noor',
  'Carla',
  'Aïcha',
];
const GIVEN_M = [
  'Jan',
  'Mohamed',
  'Pieter',
  'Daan',
  'Kees',
  'Ruben',
  'Theo',
  'Sem',
  'Cor',
  'André',
];
const FAMILY = [
  'Bakker',
  'Visser',
  'Mulder',
  'Meijer',
  'Boonstra',
  'Peeters',
  'Hendriks',
  'Schouten',
  'Kok',
  'Veenstra',
  'Huisman',
  'Postma',
  'Koster',
  'Brouwer',
];
const PREFIXES = [undefined, undefined, undefined, 'de', 'van', 'van der', 'ten'];
const STREETS = [
  'Duinweg',
  'Zeestraat',
  'Havenkade',
  'Kerklaan',
  'Breestraat',
  'Meerlaan',
  'Sluisplein',
];
const TOWNS: readonly (readonly [string, string])[] = [
  ['Beverwijk', '1941'],
  ['Heemskerk', '1961'],
  ['Velsen', '1981'],
  ['IJmuiden', '1971'],
  ['Castricum', '1901'],
];
const TRAITS: readonly (readonly Trait[])[] = [
  [],
  [],
  ['diabetes'],
  ['copd'],
  ['heart-failure'],
  ['headache'],
  ['dermatology'],
];

/**
 * The personas and as many others as it takes to reach `count`; P19 is counted, though a patient
 * nowhere.
 */
export function* demoPeople(random: Random, count: number): Generator<DemoPerson> {
  for (const persona of PERSONAS) yield completed(random.fork(persona.key), persona);
  const numbers = demoBsns();
  for (let number = 1; number <= count - PERSONAS.length; number += 1) {
    const own = random.fork(`other-${number}`);
    const gender = own.chance(0.5) ? 'female' : 'male';
    const prefix = own.pick(PREFIXES);
    const year = own.int(1935, 2007);
    yield completed(own, {
      key: `B${String(number).padStart(5, '0')}`,
      bsn: String(numbers.next().value),
      given: own.pick(gender === 'female' ? GIVEN_F : GIVEN_M),
      family: own.pick(FAMILY),
      gender,
      birthDate: `${year}-${two(own.int(1, 12))}-${two(own.int(1, 28))}`,
      traits: own.pick(TRAITS),
      gp: own.chance(0.7) ? 'jansen' : 'duin',
      hospital: own.chance(0.75) ? 'kennemerzoom' : 'wijkermeer',
      ...(prefix === undefined ? {} : { prefix }),
    });
  }
}

function completed(random: Random, persona: Persona): DemoPerson {
  const [city, digits] = random.pick(TOWNS);
  return {
    gp: 'jansen',
    hospital: 'kennemerzoom',
    traits: [],
    ...persona,
    initials: `${persona.given.slice(0, 1)}.`,
    street: random.pick(STREETS),
    house: String(random.int(1, 180)),
    postcode: `${digits} ${random.pick(['AB', 'CD', 'KL', 'XZ'])}`,
    city,
    phone: `06${String(random.int(10_000_000, 99_999_999))}`,
  };
}

/**
 * BSNs of the test range (they start with 99) that pass the eleven-test, away from the personas'.
 */
function* demoBsns(): Generator<string> {
  for (let number = 999_899_999; number > 990_000_000; number -= 1) {
    const digits = String(number);
    const sum = [...digits].reduce(
      (total, digit, at) => total + Number(digit) * (at === 8 ? -1 : 9 - at),
      0,
    );
    if (sum % 11 === 0) yield digits;
  }
}

const two = (number: number): string => String(number).padStart(2, '0');
