/**
 * The frame of a bundle: what stands around its resources. A member that FHIR does not know is
 * refused in either version: it is kept nowhere, and a misspelt condition would be left out.
 * https://hl7.org/fhir/R4/bundle-definitions.html
 */
import { Problem } from '../platform/problem.ts';
import { typeRules } from './elements.ts';
import type { FhirVersion } from './fhir-version.ts';

type Frame = 'Bundle' | 'Bundle.entry' | 'Bundle.entry.request';

/** What writers of JSON put beside elements: the type, and the comments of before STU3. */
const BESIDE: ReadonlySet<string> = new Set(['resourceType', 'fhir_comments']);

/**
 * Looks at the names of one part of a bundle, not at what is within.
 * @param place where the part stands, as `Bundle.entry[0]`
 * @throws Problem `unprocessable` with code `unknown-element`, naming every member that is unknown.
 */
export function requireKnownMembers(
  version: FhirVersion,
  frame: Frame,
  part: object,
  place: string,
): void {
  const spelled = typeRules(version, frame)?.spelled;
  if (!spelled) throw new Error(`no rules of ${frame}`);
  const unknown = Object.keys(part).filter(
    (name) => !BESIDE.has(name) && !spelled.has(name.replace(/^_/, '')),
  );
  if (unknown.length === 0) return;
  throw new Problem('unprocessable', `FHIR ${version.name} does not know this element.`, {
    code: 'unknown-element',
    expression: unknown.map((name) => `${place}.${name}`),
  });
}
