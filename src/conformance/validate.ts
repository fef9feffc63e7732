/**
 * The whole of validation, for `$validate` and for the check after the commit: structure, then the
 * invariants of the base specification, then the profiles that are asked for or claimed.
 * https://hl7.org/fhir/R4/validation.html
 */

import { invariantsOf, resourceInvariants } from './base-invariants.ts';
import { claimedProfiles } from './claimed-profiles.ts';
import type { FhirVersion } from './fhir-version.ts';
import { type Evaluator, evaluatorOf, invariantTable } from './invariants.ts';
import type { Issue } from './operation-outcome.ts';
import type { ProfileBook } from './profile-book.ts';
import { checkProfile } from './profile-check.ts';
import { allMembersOf, type Item, itemOf, rulesOf } from './profile-item.ts';
import type { Resource } from './resource.ts';
import { VALIDATION_LIMITS, validateInline } from './validate-inline.ts';

export interface ValidateOptions {
  readonly version: FhirVersion;
  /** Canonical addresses to check against, besides those in `meta.profile`. */
  readonly profiles?: readonly string[];
  /** Where profiles and value sets are found; without it only the base specification counts. */
  readonly book?: ProfileBook;
}

const LIMITS = {
  elementsMax: 500_000,
  /** Others get their turn in between. */
  msBetweenPauses: 20,
} as const;

const TOO_LARGE: Issue = {
  severity: 'information',
  code: 'incomplete',
  detail: 'validation-incomplete',
  text: 'The resource is too large to be checked whole: only its structure was, and its beginning.',
};

interface Run {
  readonly version: FhirVersion;
  readonly book: ProfileBook | undefined;
  readonly evaluate: Evaluator;
  readonly root: Resource;
  readonly issues: Issue[];
}

/**
 * All issues of a resource, at most `issuesMax`, each with the place in `expression`; an empty list
 * means that nothing is wrong. Profiles that are not at hand are told as warnings.
 */
export async function validate(resource: Resource, options: ValidateOptions): Promise<Issue[]> {
  const { version, book } = options;
  const issues = validateInline(resource, version);
  // Of a resource with a broken structure invariants and profiles would only say so again.
  if (issues.some(({ severity, code }) => severity === 'error' && code === 'structure')) {
    return issues;
  }
  const evaluate = await evaluatorOf(version);
  // Decimals as plain numbers, for the engine.
  const root = JSON.parse(JSON.stringify(resource)) as Resource;
  const run: Run = { version, book, evaluate, root, issues };
  const others = turns();
  let elements = 0;
  for (const item of itemsWithin(version, itemOf(root, root.resourceType), 0)) {
    elements += 1;
    if (elements > LIMITS.elementsMax || issues.length >= VALIDATION_LIMITS.issuesMax) break;
    if (others.areDue()) await others.haveTheirTurn();
    checkBaseInvariants(run, item);
    if (item.value === item.resource) {
      const asked = item.value === root ? (options.profiles ?? []) : [];
      for (const profile of new Set([...asked, ...claimedProfiles(item.resource)])) {
        for (const _step of checkClaim(run, item, profile)) {
          elements += 1;
          if (elements > LIMITS.elementsMax) break;
          if (others.areDue()) await others.haveTheirTurn();
        }
      }
    }
  }
  if (elements > LIMITS.elementsMax) issues.push(TOO_LARGE);
  return issues.slice(0, VALIDATION_LIMITS.issuesMax);
}

/** Whether those who wait have waited long enough: by the clock, since elements weigh unlike. */
function turns() {
  let since = performance.now();
  return {
    areDue: () => performance.now() - since > LIMITS.msBetweenPauses,
    async haveTheirTurn(): Promise<void> {
      await new Promise(setImmediate);
      since = performance.now();
    },
  };
}

/** Everything within an item, itself first; contained resources and entries of a Bundle as well. */
function* itemsWithin(version: FhirVersion, item: Item, depth: number): Generator<Item> {
  yield item;
  if (depth > VALIDATION_LIMITS.depthMax) return;
  for (const member of allMembersOf(version, item)) yield* itemsWithin(version, member, depth + 1);
}

function* checkClaim({ book, ...run }: Run, item: Item, profile: string): Generator<void> {
  const known = book && (yield* checkProfile({ ...run, book }, item, profile));
  if (known !== undefined || isOfBase(profile)) return;
  run.issues.push({
    severity: 'warning',
    code: 'not-found',
    detail: 'profile-unknown',
    text: 'The profile is not at hand, so the resource was not checked against it.',
    expression: [`${item.path}.meta.profile`],
  });
}

/** The resource type itself, which is what the structure was checked against. */
function isOfBase(profile: string): boolean {
  return /^http:\/\/hl7\.org\/fhir\/StructureDefinition\/[A-Z][A-Za-z]+$/.test(profile);
}

/** The published invariants that are not among those checked inline. */
function checkBaseInvariants({ version, evaluate, root, issues }: Run, item: Item): void {
  const rules = invariantTable(version).get(item.definitionPath);
  if (!rules || item.value === undefined) return;
  const inline = inlineKeys(version, item);
  const { definitionPath: path, value, resource } = item;
  for (const { key, severity, text, expression } of rules) {
    if (inline.includes(key)) continue;
    if (evaluate(expression, { path, value, resource, root }) !== false) continue;
    issues.push({ severity, code: 'invariant', detail: key, text, expression: [item.path] });
  }
}

function inlineKeys(version: FhirVersion, item: Item): string[] {
  const rules = rulesOf(version, item);
  if (!rules) return [];
  const own = [...invariantsOf(rules.name), ...resourceInvariants(rules.name)];
  return own
    .filter(({ versions }) => versions === undefined || versions.includes(version.name))
    .map(({ key }) => key);
}
