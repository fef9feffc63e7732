/** Whether several Patients of a bundle are one person. */
import { BSN_SYSTEM, type Identifier, type Resource } from '../../conformance/index.ts';

interface Known {
  readonly resource: Resource;
  readonly identifiers: readonly Identifier[];
}

/** One Patient, or what several sources know of one person, as in a record that was taken along. */
export function areOne(patients: readonly Known[]): boolean {
  const told = new Set(
    patients.map(({ identifiers, resource }) => {
      const numbers = identifiers.filter(({ system }) => system === BSN_SYSTEM);
      return numbers.length === 1 ? `${numbers[0]?.value} ${String(resource['birthDate'])}` : '';
    }),
  );
  return patients.length === 1 || (told.size === 1 && !told.has(''));
}

/** None, the same entry twice, or what several sources know of one person. */
export function isOnePerson(called: readonly Known[]): boolean {
  const [first, ...more] = called;
  if (more.length === 0 || areOne(called)) return true;
  const said = JSON.stringify(first?.resource);
  return more.every(({ resource }) => JSON.stringify(resource) === said);
}
