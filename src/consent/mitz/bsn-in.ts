/** The number by which the register knows a person. */
import { BSN_SYSTEM, type Resource } from '../../conformance/index.ts';

/** @param patient a Patient as it is stored. */
export function bsnIn(patient: Resource): string | undefined {
  const { identifier } = patient as { identifier?: unknown };
  for (const one of Array.isArray(identifier) ? identifier : []) {
    const { system, value } = (one ?? {}) as { system?: unknown; value?: unknown };
    if (system === BSN_SYSTEM && typeof value === 'string') return value;
  }
  return undefined;
}
