/** Numbers that say whose a resource is, beside the reference that does. */
import {
  BSN_SYSTEM,
  type Identifier,
  isBsnSystem,
  normaliseBsn,
  type Resource,
} from '../../conformance/index.ts';
import { containedNumbers } from '../fhir-push/person-reference.ts';
import type { PersonNamed } from '../person-elements.ts';
import type { WhoseParts } from './whose.ts';

/** Each BSN that stands beside a reference, or in the Patient within the resource that it is to. */
export function numbersOf(resource: Resource, { value }: PersonNamed): readonly Identifier[] {
  const { reference, identifier } = value as { reference?: unknown; identifier?: Identifier };
  const inside = typeof reference === 'string' ? containedNumbers(resource, reference) : [];
  return isBsnSystem(identifier?.system) && identifier ? [identifier, ...inside] : inside;
}

/** False where it cannot be told who is meant: a number is another's, or nobody's. */
export async function areOf(
  { store, tx }: Pick<WhoseParts, 'store' | 'tx'>,
  numbers: readonly Identifier[],
  vault: string,
): Promise<boolean> {
  for (const { value } of numbers) {
    if (typeof value !== 'string') continue;
    const bsn = { system: BSN_SYSTEM, value: normaliseBsn(value) ?? value };
    if ((await store.findVault(tx, bsn)) !== vault) return false;
  }
  return true;
}
