/**
 * References to entries that the bundle does not hold (`urn:uuid:…`): nothing can ever be found
 * there (FHIR R4 2.36.4.1). Of a result that is told; a document that a submission names and does
 * not bring is missing, and the submission is refused (source-formats.md section 6).
 */
import type { BundleEntry } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import type { MappingIssue } from '../format.ts';
import { type MaybeReference, placesOfReferences } from '../places-of-references.ts';
import { isSubmissionSet } from './document-push.ts';

const TOLD_MAX = 50;
const URN = /^urn:uuid:/i;

/** @throws Problem `unprocessable` for a document that a submission names and does not bring. */
export function unresolvedReferences(entries: readonly BundleEntry[]): MappingIssue[] {
  const held = new Set(entries.flatMap(({ fullUrl }) => fullUrl?.toLowerCase() ?? []));
  const isDangling = ({ reference }: MaybeReference) =>
    typeof reference === 'string' && URN.test(reference) && !held.has(reference.toLowerCase());
  const issues: MappingIssue[] = [];
  for (const [index, { resource }] of entries.entries()) {
    if (!resource || resource.resourceType === 'Binary' || resource.resourceType === 'Bundle')
      continue;
    const place = `Bundle.entry[${index}].resource`;
    const found = placesOfReferences(resource, place, isDangling, Number.POSITIVE_INFINITY);
    const item = found.find((place) => /\.(entry|content)\[\d+\]\./.test(place.slice(12)));
    if (item !== undefined && isSubmissionSet(resource)) {
      throw new Problem('unprocessable', 'A document of the submission is not in this bundle.', {
        code: 'document-missing',
        expression: [item],
      });
    }
    issues.push(...found.map(unresolved));
    if (issues.length >= TOLD_MAX) break;
  }
  return issues.slice(0, TOLD_MAX);
}

const unresolved = (place: string): MappingIssue => ({
  kind: 'rule',
  severity: 'warning',
  code: 'dangling-reference',
  text: 'The bundle holds no entry of this name; the reference is kept as it is.',
  place,
});
