/**
 * The form of a literal reference: an address, `Type/id`, a fragment, or a conditional reference.
 * https://hl7.org/fhir/R4/references.html#literal
 */
import { isResourceType } from './elements.ts';
import type { FhirVersion } from './fhir-version.ts';

const LITERAL =
  /^(?:https?:\/\/\S+|urn:(?:uuid|oid):\S+|[A-Za-z]+\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/\S+)?|#\S*|[A-Za-z]+\?\S+)$/;

const TYPE_OF = /(?:^|\/)([A-Z][A-Za-z]+)(?:\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/\S+)?|\?\S+)$/;

export interface ReferenceIssue {
  readonly severity: 'error' | 'warning';
  readonly detail: string;
  readonly text: string;
}

/**
 * What is wrong with a reference, or undefined; `targets` are the types it may name, all if empty.
 */
export function referenceIssue(
  version: FhirVersion,
  reference: unknown,
  targets: readonly string[],
): ReferenceIssue | undefined {
  if (typeof reference !== 'string') return undefined;
  if (!LITERAL.test(reference)) {
    const severity = /^[a-z]+:\S+$/i.test(reference) ? 'warning' : 'error';
    const text = 'The reference is neither an address, Type/id, nor a fragment.';
    return { severity, detail: 'reference-form', text };
  }
  const type = TYPE_OF.exec(reference)?.[1];
  if (targets.length === 0 || type === undefined) return undefined;
  if (!isResourceType(version, type)) {
    if (reference.includes(':')) return undefined;
    const text = 'The reference names a resource type that does not exist.';
    return { severity: 'error', detail: 'reference-type', text };
  }
  if (targets.includes(type)) return undefined;
  const text = 'The reference points at a type that is not allowed here.';
  return { severity: 'warning', detail: 'reference-target', text };
}
