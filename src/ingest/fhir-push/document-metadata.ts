/**
 * What a document by ITI-65 must say of itself where its sender calls it comprehensive
 * (source-formats.md section 6). What is missing is told: the document itself can be read.
 */
import type { Resource } from '../../conformance/index.ts';
import type { MappingIssue } from '../format.ts';

/** Also the form without contained resources, `UnContained.Comprehensive`. */
const COMPREHENSIVE = /IHE\.MHD\.(?:UnContained\.?)?Comprehensive\.DocumentReference$/;

const REQUIRED = [
  'masterIdentifier',
  'type',
  'category',
  'securityLabel',
  'content.format',
  'context.facilityType',
  'context.practiceSetting',
] as const;

/** One warning for each element that its own profile asks for and that it does not have. */
export function missingMetadata(document: Resource, place: string): MappingIssue[] {
  const claimed = document.meta?.profile;
  if (!Array.isArray(claimed) || !claimed.some((one) => COMPREHENSIVE.test(String(one)))) return [];
  return REQUIRED.filter((path) => !isSaid(document, path.split('.'))).map((path) => ({
    kind: 'rule',
    severity: 'warning',
    code: 'metadata-missing',
    text: 'A comprehensive document has this, and this one does not.',
    place: `${place}.${path}`,
  }));
}

function isSaid(value: unknown, path: readonly string[]): boolean {
  const [name, ...rest] = path;
  if (Array.isArray(value)) {
    return value.length > 0 && value.every((one) => isSaid(one, path));
  }
  if (name === undefined) return value !== undefined && value !== null && value !== '';
  if (typeof value !== 'object' || value === null) return false;
  return isSaid((value as Record<string, unknown>)[name], rest);
}
