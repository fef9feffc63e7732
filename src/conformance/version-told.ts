/**
 * Which FHIR version a resource was written in, where its sender does not say: what fits best, and
 * among equals what the profiles it claims and the code systems it names belong to. Many resources
 * are right in both versions, and yet mean their codes in one.
 */
import { claimedProfiles } from './claimed-profiles.ts';
import { profileIn, systemIn } from './conversion-names.ts';
import { isObject } from './fhir-json.ts';
import { type FhirVersion, R4, STU3 } from './fhir-version.ts';
import type { Resource } from './resource.ts';

/** STU3 profiles that have no successor, by their beginnings (gegevensdiensten.md 2.6). */
const OF_STU3 =
  /^http:\/\/(?:fhir\.nl\/fhir\/StructureDefinition\/|nictiz\.nl\/fhir\/StructureDefinition\/(?:zib-|eAfspraak-|gp-|vl-|bc-|mp612-))/;
const OF_R4 = /^http:\/\/nictiz\.nl\/fhir\/StructureDefinition\/(?:nl-core-|imm-)/;
/** A claim outweighs this many faults. */
const CLAIM_FAULTS = 3;
const DEPTH_MAX = 100;

/**
 * The version with fewer faults, where a claim to a profile of the other counts as some; among
 * equals the one whose code systems are named, else R4.
 */
export function likelierVersion(
  resources: readonly Resource[],
  faults: { readonly r4: number; readonly stu3: number },
): FhirVersion {
  const claimed = sum(resources.flatMap(claimedProfiles).map(ofProfile));
  const r4 = faults.r4 + (claimed < 0 ? CLAIM_FAULTS : 0);
  const stu3 = faults.stu3 + (claimed > 0 ? CLAIM_FAULTS : 0);
  if (r4 !== stu3) return r4 < stu3 ? R4 : STU3;
  return sum(resources.map((resource) => ofSystems(resource, 0))) < 0 ? STU3 : R4;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

/** Above zero for R4, below for STU3. */
function ofProfile(profile: string): number {
  const [bare = ''] = profile.split('|');
  if (OF_R4.test(bare)) return 1;
  if (OF_STU3.test(bare)) return -1;
  const [after, before] = [profileIn(true, bare), profileIn(false, bare)];
  // A name that stands in both columns belongs to both.
  if (after === bare || before === bare || (after !== undefined && before !== undefined)) return 0;
  return after === undefined ? (before === undefined ? 0 : 1) : -1;
}

function ofSystems(value: unknown, depth: number): number {
  if (depth > DEPTH_MAX) return 0;
  if (Array.isArray(value)) {
    return sum((value as unknown[]).map((one) => ofSystems(one, depth + 1)));
  }
  if (!isObject(value)) return 0;
  let told = 0;
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'system' && typeof inner === 'string') {
      if (systemIn(true, inner) !== inner) told -= 1;
      else if (systemIn(false, inner) !== inner) told += 1;
    } else told += ofSystems(inner, depth + 1);
  }
  return told;
}
