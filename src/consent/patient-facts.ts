/** What a decision may know of the person: birth date and death, as the sources have them. */
import type { PatientFacts } from '../permission/index.ts';

interface PatientLike {
  birthDate?: unknown;
  deceasedBoolean?: unknown;
  deceasedDateTime?: unknown;
}

/** @param patients parsed Patients of all sources, in any order. */
export function factsOfPatients(patients: readonly PatientLike[]): PatientFacts {
  const birth = patients.find((one) => typeof one.birthDate === 'string')?.birthDate;
  const deceased = patients.some(
    (one) => one.deceasedBoolean === true || one.deceasedDateTime !== undefined,
  );
  return {
    ...(typeof birth === 'string' ? { birthDate: birth } : {}),
    ...(deceased ? { deceased } : {}),
  };
}
