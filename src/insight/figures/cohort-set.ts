/**
 * Sets of people as the figures know them: classes of age, sex and measures with how many are in
 * each. A cohort is a measure with an age range and sexes; nothing finer can be asked.
 */
import { Problem } from '../../platform/problem.ts';
import type { Measures } from './measures.ts';

/** People who do not differ in anything that can be asked. */
export interface PeopleClass {
  /** First year of ten, 0 to 90 (90 and older); absent: no birth date was released. */
  readonly age?: number;
  readonly sex: Sex;
  /** Bits of the measures that are true of them. */
  readonly bits: number;
  readonly people: number;
}

export const SEXES = ['female', 'male', 'other', 'unknown'] as const;
export type Sex = (typeof SEXES)[number];

/** The first years of the bands; the last holds everybody from there on. */
export const AGE_BANDS = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90] as const;

export interface CohortDefinition {
  readonly measure: string;
  /** First year of the first and of the last band; absent: no limit, the age may be unknown. */
  readonly from?: number;
  readonly to?: number;
  readonly sexes?: readonly Sex[];
}

/** The definition as one word: the same cohort, the same word. */
export function nameOf({ measure, from, to, sexes }: CohortDefinition): string {
  const sorted = SEXES.filter((sex) => sexes?.includes(sex));
  const isAll = sexes === undefined || sorted.length === SEXES.length;
  const ages = from === undefined && to === undefined ? '' : `${from ?? 0}-${to ?? 90}`;
  return [measure, ages, isAll ? '' : sorted.join(',')].join('|');
}

/** @throws SyntaxError for what `nameOf` never gave. */
export function definitionOf(name: string): CohortDefinition {
  const [measure = '', ages = '', sexes = ''] = name.split('|');
  const [, from, to] = /^(\d+)-(\d+)$/.exec(ages) ?? [];
  if (measure === '' || (ages !== '' && from === undefined)) throw new SyntaxError(name);
  return {
    measure,
    ...(from === undefined ? {} : { from: Number(from), to: Number(to) }),
    ...(sexes === '' ? {} : { sexes: sexes.split(',') as Sex[] }),
  };
}

/**
 * The question as it came. @throws Problem `invalid` that names the parameter.
 * @param asked `maat`, `van`, `tot`, `geslacht` (comma between several)
 */
export function readDefinition(
  measures: Measures,
  asked: Readonly<Record<string, string | undefined>>,
): CohortDefinition {
  const { maat: measure = '', van, tot, geslacht } = asked;
  if (!measures.all.some(({ id }) => id === measure)) throw wrong('maat');
  const from = bandOf(van, 'van');
  const last = bandOf(tot, 'tot');
  if (from !== undefined && last !== undefined && last < from) throw wrong('tot');
  const sexes = geslacht?.split(',');
  if (sexes?.some((one) => !(SEXES as readonly string[]).includes(one))) throw wrong('geslacht');
  return definitionOf(
    nameOf({
      measure,
      ...(from === undefined ? {} : { from }),
      ...(last === undefined ? {} : { to: last }),
      ...(sexes === undefined ? {} : { sexes: sexes as Sex[] }),
    }),
  );
}

function bandOf(text: string | undefined, place: string): number | undefined {
  if (text === undefined) return undefined;
  const found = AGE_BANDS.find((band) => String(band) === text);
  if (found === undefined) throw wrong(place);
  return found;
}

const wrong = (place: string): Problem =>
  new Problem('invalid', 'This is not one of the values that can be asked here.', {
    code: 'parameter',
    expression: [place],
  });

/** Which of the classes are in the cohort. */
export function membersOf(
  classes: readonly PeopleClass[],
  measures: Measures,
  { measure, from, to, sexes }: CohortDefinition,
): boolean[] {
  const bit = 1 << measures.all.findIndex(({ id }) => id === measure);
  return classes.map(({ age, sex, bits }) => {
    if ((bits & bit) === 0 || (sexes && !sexes.includes(sex))) return false;
    if (from === undefined && to === undefined) return true;
    return age !== undefined && age >= (from ?? 0) && age <= (to ?? 90);
  });
}
