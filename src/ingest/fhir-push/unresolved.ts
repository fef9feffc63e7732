/**
 * References to entries that the bundle does not hold (`urn:uuid:…`): nothing can ever be found
 * there (FHIR R4 2.36.4.1). Of a result that is told; a document that a submission names and does
 * not bring is missing, and the submission is refused (source-formats.md section 6).
 */
import type { BundleEntry } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import type { MappingIssue } from '../format.ts';
import { isSubmissionSet } from './document-push.ts';

const TOLD_MAX = 50;
const DEPTH_MAX = 64;

/** @throws Problem `unprocessable` for a document that a submission names and does not bring. */
export function unresolvedReferences(entries: readonly BundleEntry[]): MappingIssue[] {
  const held = new Set(entries.flatMap(({ fullUrl }) => fullUrl ?? []));
  const issues: MappingIssue[] = [];
  for (const [index, { resource }] of entries.entries()) {
    if (!resource || resource.resourceType === 'Binary' || resource.resourceType === 'Bundle')
      continue;
    const found: string[] = [];
    collect(resource, `Bundle.entry[${index}].resource`, held, found, 0);
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

function collect(
  value: unknown,
  place: string,
  held: ReadonlySet<string>,
  found: string[],
  depth: number,
): void {
  if (value === null || typeof value !== 'object' || depth > DEPTH_MAX) return;
  if (Array.isArray(value)) {
    for (const [at, one] of value.entries())
      collect(one, `${place}[${at}]`, held, found, depth + 1);
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    const at = `${place}.${name}`;
    if (name !== 'reference' || typeof inner !== 'string')
      collect(inner, at, held, found, depth + 1);
    else if (/^urn:uuid:/i.test(inner) && !held.has(inner)) found.push(at);
  }
}

const unresolved = (place: string): MappingIssue => ({
  kind: 'rule',
  severity: 'warning',
  code: 'dangling-reference',
  text: 'The bundle holds no entry of this name; the reference is kept as it is.',
  place,
});
