/**
 * What happened to a person, as the sources will tell it: the ground truth of the demo. Dates lie
 * before the demo's start, 2 March 2026 08:00 in Amsterdam. Long: the tables of problems, medicines
 * and tests stand together.
 */
import type { DemoPerson, Trait } from './people.ts';
import type { Random } from './random.ts';

const DEMO_START = new Date('2026-03-02T08:00:00+01:00');

export interface Coded {
  readonly code: string;
  readonly display: string;
}

export interface Problem {
  readonly snomed: Coded;
  readonly icpc: Coded;
  readonly since: string;
}

export interface Medicine {
  /** G-standaard-like numbers of the demo: invented, in ranges that are not in use. */
  readonly prk: Coded;
  readonly hpk: Coded;
  readonly dose: string;
  /** What the hospital says, where that is not what the pharmacy says. */
  readonly hospitalDose?: string;
  readonly perDay: number;
  readonly since: string;
  readonly dispensed: readonly string[];
}

export interface LabResult {
  readonly loinc: Coded;
  readonly nhg: string;
  readonly value: string;
  readonly unit?: string;
  readonly low: string;
  readonly high: string;
  readonly flag: '' | 'H' | 'L';
}

export interface LabReport {
  readonly order: string;
  /** Wall clock in Amsterdam, `yyyyMMddHHmmss`. */
  readonly taken: string;
  readonly results: readonly LabResult[];
  readonly preliminaryFirst: boolean;
}

export interface Contact {
  readonly id: string;
  readonly date: string;
  readonly kind: 'consult' | 'visit' | 'phone';
  readonly problem: Problem;
  readonly subjective: string;
  readonly objective: string;
  readonly evaluation: string;
  readonly plan: string;
}

export interface Letter {
  readonly id: string;
  readonly date: string;
  readonly title: string;
  readonly lines: readonly string[];
}

export interface Vaccination {
  readonly atc: Coded;
  readonly date: string;
  readonly lot: string;
}

export interface PersonRecord {
  readonly person: DemoPerson;
  readonly problems: readonly Problem[];
  readonly allergies: readonly Coded[];
  readonly medicines: readonly Medicine[];
  readonly labs: readonly LabReport[];
  readonly vitals: readonly {
    readonly date: string;
    readonly systolic: number;
    readonly diastolic: number;
    readonly weight: number;
  }[];
  readonly heightCm: number;
  readonly contacts: readonly Contact[];
  readonly letters: readonly Letter[];
  readonly vaccinations: readonly Vaccination[];
  readonly admissions: readonly {
    readonly id: string;
    readonly from: string;
    readonly until: string;
    readonly ward: string;
  }[];
}

const snomed = (code: string, display: string): Coded => ({ code, display });

const PROBLEMS: Readonly<Record<string, Omit<Problem, 'since'>>> = {
  copd: { snomed: snomed('13645005', 'COPD'), icpc: { code: 'R95', display: 'Emfyseem/COPD' } },
  'heart-failure': {
    snomed: snomed('84114007', 'Hartfalen'),
    icpc: { code: 'K77', display: 'Decompensatio cordis' },
  },
  diabetes: {
    snomed: snomed('44054006', 'Diabetes mellitus type 2'),
    icpc: { code: 'T90.02', display: 'Diabetes mellitus type 2' },
  },
  pregnant: {
    snomed: snomed('77386006', 'Zwanger'),
    icpc: { code: 'W78', display: 'Zwangerschap' },
  },
  'hip-fracture': {
    snomed: snomed('5913000', 'Fractuur van collum femoris'),
    icpc: { code: 'L75.01', display: 'Fractuur collum femoris' },
  },
  dermatology: {
    snomed: snomed('24079001', 'Constitutioneel eczeem'),
    icpc: { code: 'S87', display: 'Constitutioneel eczeem' },
  },
  headache: { snomed: snomed('37796009', 'Migraine'), icpc: { code: 'N89', display: 'Migraine' } },
  psychiatry: {
    snomed: snomed('35489007', 'Depressieve stoornis'),
    icpc: { code: 'P76', display: 'Depressie' },
  },
};

const COMMON: readonly Omit<Problem, 'since'>[] = [
  { snomed: snomed('38341003', 'Hypertensie'), icpc: { code: 'K86', display: 'Hypertensie' } },
  {
    snomed: snomed('55822004', 'Hyperlipidemie'),
    icpc: { code: 'T93', display: 'Vetstofwisselingsstoornis' },
  },
  { snomed: snomed('195967001', 'Astma'), icpc: { code: 'R96', display: 'Astma' } },
  { snomed: snomed('279039007', 'Lage rugpijn'), icpc: { code: 'L03', display: 'Lage rugpijn' } },
];

const FUROSEMIDE = '9900102';
const MEDICINES: readonly (Pick<Medicine, 'prk' | 'hpk'> & { readonly for: readonly string[] })[] =
  [
    {
      prk: { code: '9900101', display: 'METOPROLOL TABLET MGA 50MG' },
      hpk: { code: '9901101', display: 'METOPROLOL DEMO TABLET MGA 50MG' },
      for: ['38341003', '84114007'],
    },
    {
      prk: { code: FUROSEMIDE, display: 'FUROSEMIDE TABLET 40MG' },
      hpk: { code: '9901102', display: 'FUROSEMIDE DEMO TABLET 40MG' },
      for: ['84114007'],
    },
    {
      prk: { code: '9900103', display: 'METFORMINE TABLET 500MG' },
      hpk: { code: '9901103', display: 'METFORMINE DEMO TABLET 500MG' },
      for: ['44054006'],
    },
    {
      prk: { code: '9900104', display: 'SALBUTAMOL AEROSOL 100UG/DO' },
      hpk: { code: '9901104', display: 'SALBUTAMOL DEMO AEROSOL' },
      for: ['13645005', '195967001'],
    },
    {
      prk: { code: '9900105', display: 'SIMVASTATINE TABLET 40MG' },
      hpk: { code: '9901105', display: 'SIMVASTATINE DEMO TABLET 40MG' },
      for: ['55822004'],
    },
    {
      prk: { code: '9900106', display: 'SERTRALINE TABLET 50MG' },
      hpk: { code: '9901106', display: 'SERTRALINE DEMO TABLET 50MG' },
      for: ['35489007'],
    },
    {
      prk: { code: '9900107', display: 'SUMATRIPTAN TABLET 50MG' },
      hpk: { code: '9901107', display: 'SUMATRIPTAN DEMO TABLET 50MG' },
      for: ['37796009'],
    },
    {
      prk: { code: '9900108', display: 'PARACETAMOL TABLET 500MG' },
      hpk: { code: '9901108', display: 'PARACETAMOL DEMO TABLET 500MG' },
      for: ['279039007', '5913000'],
    },
  ];

const ALLERGIES: readonly Coded[] = [
  snomed('764146007', 'Penicilline'),
  snomed('227493005', 'Cashewnoten'),
  snomed('387458008', 'Acetylsalicylzuur'),
];

interface Test {
  readonly loinc: Coded;
  readonly nhg: string;
  readonly unit: string;
  readonly low: number;
  readonly high: number;
  readonly digits: number;
}

const TESTS: readonly Test[] = [
  {
    loinc: { code: '718-7', display: 'Hemoglobine' },
    nhg: '357',
    unit: 'mmol/L',
    low: 7.5,
    high: 10,
    digits: 1,
  },
  {
    loinc: { code: '14749-6', display: 'Glucose' },
    nhg: '381',
    unit: 'mmol/L',
    low: 4,
    high: 7.8,
    digits: 1,
  },
  {
    loinc: { code: '14682-9', display: 'Kreatinine' },
    nhg: '523',
    unit: 'umol/L',
    low: 50,
    high: 105,
    digits: 0,
  },
  {
    loinc: { code: '2823-3', display: 'Kalium' },
    nhg: '491',
    unit: 'mmol/L',
    low: 3.5,
    high: 5,
    digits: 1,
  },
  {
    loinc: { code: '2951-2', display: 'Natrium' },
    nhg: '1122',
    unit: 'mmol/L',
    low: 135,
    high: 145,
    digits: 0,
  },
  {
    loinc: { code: '59261-8', display: 'HbA1c' },
    nhg: '2816',
    unit: 'mmol/mol',
    low: 20,
    high: 42,
    digits: 0,
  },
  {
    loinc: { code: '14647-2', display: 'Cholesterol' },
    nhg: '192',
    unit: 'mmol/L',
    low: 1.5,
    high: 6.5,
    digits: 1,
  },
  {
    loinc: { code: '1742-6', display: 'ALAT' },
    nhg: '55',
    unit: 'U/L',
    low: 0,
    high: 45,
    digits: 0,
  },
  {
    loinc: { code: '3016-3', display: 'TSH' },
    nhg: '1493',
    unit: 'mU/L',
    low: 0.4,
    high: 4,
    digits: 2,
  },
  {
    loinc: { code: '1988-5', display: 'CRP' },
    nhg: '209',
    unit: 'mg/L',
    low: 0,
    high: 10,
    digits: 0,
  },
];

/** The whole story of one person. */
export function recordOf(person: DemoPerson, random: Random): PersonRecord {
  const problems = problemsOf(person, random.fork('problems'));
  return {
    person,
    problems,
    allergies: random.chance(0.4) ? [random.pick(ALLERGIES)] : [],
    medicines: medicinesOf(person, problems, random.fork('medicines')),
    labs: labsOf(person, random.fork('labs')),
    vitals: Array.from({ length: 4 }, (_, at) => ({
      date: dayBefore(at * 90 + random.int(5, 60)),
      systolic: random.int(112, 168),
      diastolic: random.int(66, 98),
      weight: random.int(55, 104),
    })),
    heightCm: random.int(156, 194),
    contacts: contactsOf(person, problems, random.fork('contacts')),
    letters: lettersOf(person, problems, random.fork('letters')),
    vaccinations: vaccinationsOf(person, random.fork('vaccinations')),
    admissions:
      person.traits.includes('hip-fracture') || random.chance(0.3)
        ? [
            {
              id: `OPN-${person.key}-1`,
              from: dayBefore(60),
              until: dayBefore(54),
              ward: 'Afdeling B2',
            },
          ]
        : [],
  };
}

function problemsOf(person: DemoPerson, random: Random): Problem[] {
  if (person.traits.includes('empty')) return [];
  const own = person.traits.flatMap((trait: Trait) => PROBLEMS[trait] ?? []);
  const others = person.traits.includes('child') ? [] : COMMON.filter(() => random.chance(0.4));
  return [...own, ...others].map((one) => ({ ...one, since: dayBefore(random.int(100, 3_000)) }));
}

function medicinesOf(
  { traits }: DemoPerson,
  problems: readonly Problem[],
  random: Random,
): Medicine[] {
  const codes = new Set(problems.map((problem) => problem.snomed.code));
  return MEDICINES.filter((one) => one.for.some((code) => codes.has(code))).map(({ prk, hpk }) => {
    const perDay = random.int(1, 3);
    return {
      prk,
      hpk,
      dose: '1',
      ...(traits.includes('dose-conflict') && prk.code === FUROSEMIDE ? { hospitalDose: '2' } : {}),
      perDay,
      since: dayBefore(random.int(200, 700)),
      dispensed: Array.from({ length: 4 }, (_, at) => dayBefore(at * 90 + random.int(3, 20))),
    };
  });
}

function labsOf(person: DemoPerson, random: Random): LabReport[] {
  if (person.traits.includes('empty') || person.traits.includes('child')) return [];
  return Array.from({ length: random.int(6, 9) }, (_, at) => ({
    order: `LAB${person.key}${String(at + 1).padStart(3, '0')}`,
    taken: `${dayBefore(at * 75 + random.int(2, 40)).replaceAll('-', '')}${String(random.int(8, 16)).padStart(2, '0')}${String(random.int(10, 59))}00`,
    results: TESTS.map((test) => resultOf(test, random)),
    preliminaryFirst: random.chance(0.2),
  }));
}

function resultOf(test: Test, random: Random): LabResult {
  const span = test.high - test.low;
  const number = test.low + span * (random.next() * 1.5 - 0.25);
  const value = Math.max(0, number).toFixed(test.digits);
  const flag = Number(value) > test.high ? 'H' : Number(value) < test.low ? 'L' : '';
  return {
    loinc: test.loinc,
    nhg: test.nhg,
    value,
    low: String(test.low),
    high: String(test.high),
    flag,
    ...(random.chance(0.04) ? {} : { unit: test.unit }),
  };
}

function contactsOf(person: DemoPerson, problems: readonly Problem[], random: Random): Contact[] {
  if (problems.length === 0) return [];
  return Array.from({ length: random.int(4, 8) }, (_, at) => {
    const problem = random.pick(problems);
    return {
      id: `${person.key}-C${at + 1}`,
      date: dayBefore(at * 50 + random.int(3, 45)),
      kind: random.pick(['consult', 'visit', 'phone'] as const),
      problem,
      subjective: `Klachten passend bij ${problem.icpc.display.toLowerCase()}, sinds enkele dagen.`,
      objective: 'Geen alarmsymptomen bij onderzoek.',
      evaluation: problem.icpc.display,
      plan: random.pick([
        'Controle over 3 maanden.',
        'Medicatie ongewijzigd voortzetten.',
        'Leefstijladvies gegeven.',
      ]),
    };
  });
}

function lettersOf(person: DemoPerson, problems: readonly Problem[], random: Random): Letter[] {
  return problems.slice(0, 2).map((problem, at) => ({
    id: `${person.key}-L${at + 1}`,
    date: dayBefore(random.int(10, 300)),
    title: `Polikliniekbrief ${problem.snomed.display}`,
    lines: [
      'Geachte collega,',
      `Op de polikliniek zagen wij uw patient wegens ${problem.snomed.display}.`,
      `Kenmerk Zwaluwstaart-${person.key}-${at + 1}. Het beloop is gunstig.`,
      'Beleid: controle over zes maanden.',
    ],
  }));
}

function vaccinationsOf(person: DemoPerson, random: Random): Vaccination[] {
  const year = Number(person.birthDate.slice(0, 4));
  const young = year >= 2005;
  const given: readonly Coded[] = young
    ? [
        { code: 'J07CA02', display: 'DKTP-Hib-HepB' },
        { code: 'J07BD52', display: 'BMR' },
        { code: 'J07AH08', display: 'MenACWY' },
      ]
    : [
        { code: 'J07BB02', display: 'Influenza' },
        { code: 'J07AL02', display: 'Pneumokokken' },
      ];
  return given.map((atc, at) => ({
    atc,
    date: young ? `${year + 1 + at * 4}-0${random.int(1, 9)}-15` : dayBefore(120 + at * 365),
    lot: `LOT${random.int(1_000, 9_999)}`,
  }));
}

/** ISO date of so many days before the demo's start. */
function dayBefore(days: number): string {
  return new Date(DEMO_START.getTime() - days * 86_400_000).toISOString().slice(0, 10);
}
