/**
 * The whole of validation, for `$validate` and for the check after the commit: structure, then the
 * invariants of the base specification, then the profiles that are asked for or claimed.
 * https://hl7.org/fhir/R4/validation.html
 */
import { invariantsOf, resourceInvariants } from './base-invariants.ts';
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
  issues.push(...baseInvariantIssues(version, root, evaluate));
  const asked = new Set([...(options.profiles ?? []), ...claimedIn(root)]);
  for (const profile of asked) {
    const known = book
      ? checkProfile(
          { version, book, evaluate, root, issues },
          itemOf(root, root.resourceType),
          profile,
        )
      : undefined;
    if (known !== undefined || isOfBase(profile)) continue;
    issues.push({
      severity: 'warning',
      code: 'not-found',
      detail: 'profile-unknown',
      text: 'The profile is not at hand, so the resource was not checked against it.',
      expression: [`${root.resourceType}.meta.profile`],
    });
  }
  return issues.slice(0, VALIDATION_LIMITS.issuesMax);
}

function claimedIn({ meta }: Resource): string[] {
  const { profile } = meta ?? {};
  return Array.isArray(profile) ? profile.filter((one) => typeof one === 'string') : [];
}

/** The resource type itself, which is what the structure was checked against. */
function isOfBase(profile: string): boolean {
  return /^http:\/\/hl7\.org\/fhir\/StructureDefinition\/[A-Z][A-Za-z]+$/.test(profile);
}

/** The published invariants that are not among those checked inline. */
function baseInvariantIssues(version: FhirVersion, root: Resource, evaluate: Evaluator): Issue[] {
  const issues: Issue[] = [];
  const table = invariantTable(version);
  const visit = (item: Item, depth: number): void => {
    if (depth > VALIDATION_LIMITS.depthMax || issues.length >= VALIDATION_LIMITS.issuesMax) return;
    const inline = new Set(inlineKeys(version, item));
    for (const { key, severity, text, expression } of table.get(item.definitionPath) ?? []) {
      if (item.value === undefined || inline.has(key)) continue;
      const context = {
        path: item.definitionPath,
        value: item.value,
        resource: item.resource,
        root,
      };
      if (evaluate(expression, context) !== false) continue;
      issues.push({ severity, code: 'invariant', detail: key, text, expression: [item.path] });
    }
    for (const member of allMembersOf(version, item)) visit(member, depth + 1);
  };
  visit(itemOf(root, root.resourceType), 0);
  return issues;
}

function inlineKeys(version: FhirVersion, item: Item): string[] {
  const rules = rulesOf(version, item);
  if (!rules) return [];
  const own = [...invariantsOf(rules.name), ...resourceInvariants(rules.name)];
  return own
    .filter(({ versions }) => versions === undefined || versions.includes(version.name))
    .map(({ key }) => key);
}
