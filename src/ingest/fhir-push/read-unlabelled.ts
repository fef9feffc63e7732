/** FHIR of a sender that does not say its version: read in the one that it is likeliest to be. */
import {
  type Bundle,
  type FhirFormat,
  type FhirVersion,
  likelierVersion,
  R4,
  type Resource,
  readFhir,
  STU3,
  validateInline,
} from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';

/** So much of a bundle tells the version of the whole. */
const SAMPLE_MAX = 50;

/** @throws Problem invalid when it can be read in neither version */
export function readUnlabelled(
  bytes: Buffer,
  format: FhirFormat,
): { root: Resource; version: FhirVersion } {
  if (format === 'json') {
    // JSON reads the same in both versions.
    const root = readFhir(bytes, { format, version: R4 });
    return { root, version: versionOf(root, root) };
  }
  const r4 = readIfKnown(bytes, R4);
  const stu3 = readIfKnown(bytes, STU3);
  if (r4 instanceof Problem && stu3 instanceof Problem) throw r4;
  if (r4 instanceof Problem) return { root: stu3 as Resource, version: STU3 };
  if (stu3 instanceof Problem) return { root: r4, version: R4 };
  const version = versionOf(r4, stu3);
  return { root: version === R4 ? r4 : stu3, version };
}

/** XML names its types, and each version has some that the other does not know. */
function readIfKnown(bytes: Buffer, version: FhirVersion): Resource | Problem {
  try {
    return readFhir(bytes, { format: 'xml', version });
  } catch (error) {
    if (error instanceof Problem && error.code === 'resource-type-unknown') return error;
    throw error;
  }
}

function versionOf(r4: Resource, stu3: Resource): FhirVersion {
  return likelierVersion(sampleOf(r4), { r4: faults(r4, R4), stu3: faults(stu3, STU3) });
}

function faults(root: Resource, version: FhirVersion): number {
  return sampleOf(root).reduce((sum, one) => sum + validateInline(one, version).length, 0);
}

function sampleOf(root: Resource): Resource[] {
  if (root.resourceType !== 'Bundle') return [root];
  const { entry } = root as Bundle;
  const all = Array.isArray(entry) ? entry.slice(0, SAMPLE_MAX) : [];
  return all.flatMap((one) => one?.resource ?? []);
}

/** By the namespace of the first element, whatever its prefix: HL7v3 may name that of FHIR too. */
export function isFhirXml(start: string): boolean {
  if (/xmlns\s*=\s*["']http:\/\/hl7\.org\/fhir["']/.test(start)) return true;
  const bare = start.replace(/<!--[\s\S]*?(?:-->|$)/g, '');
  const root = /<([A-Za-z_][\w.-]*):[A-Z]\w*\s([^>]*)/.exec(bare);
  const [, prefix, attributes = ''] = root ?? [];
  const named = [...attributes.matchAll(/xmlns:([\w.-]+)\s*=\s*["']http:\/\/hl7\.org\/fhir["']/g)];
  return prefix !== undefined && named.some(([, name]) => name === prefix);
}
