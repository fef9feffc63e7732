/**
 * The count of a day: everybody of whom the asker may see something for this purpose, by age, sex
 * and measures. Each record is looked at as a fetch does it, under its decision and its epoch; of
 * whom nothing may be counted there is no sign in it.
 */
import { ageAt, type Grant } from '../../permission/index.ts';
import type { Database } from '../../platform/database.ts';
import { type Store, type StoredResource, throughPages } from '../../store/index.ts';
import { AGE_BANDS, type PeopleClass, SEXES, type Sex } from './cohort-set.ts';
import type { Measures } from './measures.ts';

export interface CountParts {
  readonly database: Database;
  readonly store: Store;
  readonly measures: Measures;
}

/** People of whom something may be seen, page by page. */
export type Cohort = AsyncGenerator<{
  readonly members: readonly { readonly vault: string; readonly grant: Grant }[];
}>;

/** @param at the day for which ages are told */
export async function countPeople(
  parts: CountParts,
  cohort: Cohort,
  at: Date,
): Promise<PeopleClass[]> {
  const classes = new Map<string, PeopleClass>();
  for await (const { members } of cohort) {
    for (const { vault, grant } of members) {
      const person = await lookAt(parts, vault, grant, at);
      if (!person) continue;
      const key = `${person.age ?? ''}|${person.sex}|${person.bits}`;
      const people = (classes.get(key)?.people ?? 0) + 1;
      classes.set(key, { ...person, people });
    }
  }
  return [...classes.keys()].toSorted().flatMap((key) => classes.get(key) ?? []);
}

/**
 * @returns undefined when nothing is released after all, or the choices changed meanwhile: whoever
 *   chooses at this very moment counts from the next day on.
 */
async function lookAt(
  { database, store, measures }: CountParts,
  vault: string,
  grant: Grant,
  at: Date,
): Promise<Omit<PeopleClass, 'people'> | undefined> {
  let bits = measures.everybody;
  let seen = 0;
  let person: Pick<PeopleClass, 'age' | 'sex'> = { sex: 'unknown' };
  const { custodians, types } = grant.narrowing;
  const wanted = ['Patient', ...measures.types].filter((type) => !types || types.includes(type));
  const query = {
    ...{ vault, epoch: grant.epoch, types: wanted, isPassing: true },
    ...(custodians ? { custodians } : {}),
    mayOpen: (facts: StoredResource['facts']) => grant.covers(facts).permit,
  };
  const moved = await throughPages(store, database, query, (rows) => {
    for (const row of rows) {
      if (!grant.covers(row.facts).permit) continue;
      seen += 1;
      bits |= measures.bitsOf(row.facts);
      if (row.type === 'Patient') person = personOf(row, at) ?? person;
    }
  });
  return moved || seen === 0 ? undefined : { ...person, bits };
}

function personOf(row: StoredResource, at: Date): Pick<PeopleClass, 'age' | 'sex'> | undefined {
  const { birthDate, gender } = JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as {
    birthDate?: unknown;
    gender?: unknown;
  };
  const years = typeof birthDate === 'string' ? ageAt(birthDate, at) : undefined;
  const age = years === undefined ? undefined : AGE_BANDS.findLast((band) => band <= years);
  const sex = (SEXES as readonly unknown[]).includes(gender) ? (gender as Sex) : 'unknown';
  return age === undefined ? { sex } : { age, sex };
}
