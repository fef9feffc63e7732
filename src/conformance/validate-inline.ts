/**
 * The check every resource passes before it is stored: structure, cardinality, primitive forms,
 * required codes, references and base invariants. It must be fast, so profiles come after the
 * commit.
 *
 * Invariants looked at here: dom-2, dom-4/5 (contained), ele-1, ext-1, ref-1, per-1, qty-3, rng-2,
 * cpt-2, and those in base-invariants.ts; not dom-3: what is contained and that nothing refers to
 * does no harm. Published faulty ones are read as the notes with the definitions say. No text of an
 * issue holds a value of the data.
 */
import { type Invariant, invariantsOf, resourceInvariants } from './base-invariants.ts';
import {
  boundCodes,
  type ElementRule,
  isResourceType,
  type Spelling,
  type TypeRules,
  typeRules,
} from './elements.ts';
import { isObject } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';
import type { Issue } from './operation-outcome.ts';
import { isOfJsonKind, isPrimitiveValue } from './primitive-formats.ts';
import { referenceIssue } from './reference-form.ts';
import type { Resource } from './resource.ts';

export const VALIDATION_LIMITS = { issuesMax: 100, depthMax: 100 } as const;

/**
 * What is not of the JSON kind that FHIR writes it in: whoever reads on expects a list, an object
 * or a text there. https://hl7.org/fhir/R4/json.html
 */
export const SHAPE_FAULTS: ReadonlySet<string> = new Set([
  'not-a-list',
  'not-single',
  'not-an-object',
  'primitive-kind',
]);

export interface ValidationOptions {
  /** An unknown element is a warning instead of an error; always so in STU3. */
  readonly lenient?: boolean;
}

type Json = Record<string, unknown>;

interface Check {
  readonly version: FhirVersion;
  readonly lenient: boolean;
  readonly issues: Issue[];
}

/** All issues found, at most `issuesMax`; an empty list means that nothing is wrong. */
export function validateInline(
  resource: Resource,
  version: FhirVersion,
  options: ValidationOptions = {},
): Issue[] {
  const lenient = options.lenient ?? version.name === 'STU3';
  const check: Check = { version, lenient, issues: [] };
  checkResource(check, resource, String(resource.resourceType), 0);
  return check.issues;
}

function checkResource(check: Check, resource: Json, path: string, depth: number): void {
  const type = resource['resourceType'];
  if (typeof type !== 'string' || !isResourceType(check.version, type)) {
    const text = `This resource type does not exist in FHIR ${check.version.name}.`;
    report(check, 'error', 'structure', 'resource-type-unknown', text, path);
    return;
  }
  const rules = typeRules(check.version, type);
  if (!rules) return;
  checkObject(check, resource, rules, path, depth);
  checkInvariants(check, resourceInvariants(type), resource, path);
}

function checkObject(
  check: Check,
  object: Json,
  rules: TypeRules,
  path: string,
  depth: number,
): void {
  if (depth > VALIDATION_LIMITS.depthMax) {
    report(check, 'error', 'too-long', 'depth', 'The element is nested too deep.', path);
    return;
  }
  let members = 0;
  let choices: Map<ElementRule, string> | undefined;
  for (const key of Object.keys(object)) {
    if (key === 'resourceType' && depth === 0) continue;
    const value = object[key];
    if (value === undefined) continue;
    if (key !== 'id') members++;
    const isExtra = key.charCodeAt(0) === 0x5f;
    const name = isExtra ? key.slice(1) : key;
    const spelling = rules.spelled.get(name);
    if (!spelling || (isExtra && !spelling.primitive)) {
      if (key === 'resourceType' || (key === 'fhir_comments' && check.lenient)) continue;
      unknownElement(check, `${path}.${isExtra ? name : key}`);
      continue;
    }
    if (spelling.rule.choice) {
      choices ??= new Map();
      const before = choices.get(spelling.rule);
      if (before !== undefined && before !== name) {
        const text = 'An element that may have one type has two.';
        report(check, 'error', 'structure', 'choice', text, `${path}.${spelling.rule.name}`);
      }
      choices.set(spelling.rule, name);
    }
    checkElement(check, object, key, value, spelling, `${path}.${spelling.rule.name}`, depth);
  }
  if (members === 0 && depth > 0 && object['id'] === undefined) {
    report(check, 'error', 'invariant', 'ele-1', 'An element must have a value or children.', path);
  }
  for (const rule of rules.required) {
    if (!isPresent(object, rule)) {
      const text = `The element ${rule.name} is required here.`;
      report(check, 'error', 'required', 'cardinality-min', text, `${path}.${rule.name}`);
    }
  }
  checkInvariants(check, invariantsOf(rules.name), object, path);
}

function checkInvariants(
  check: Check,
  invariants: readonly Invariant[],
  object: Json,
  path: string,
): void {
  for (const invariant of invariants) {
    if (invariant.versions && !invariant.versions.includes(check.version.name)) continue;
    if (invariant.holds(object)) continue;
    const { severity = 'error', key, text } = invariant;
    report(check, severity, 'invariant', key, text, path);
  }
}

function isPresent(object: Json, rule: ElementRule): boolean {
  for (const spelling of rule.spellings) {
    if (object[spelling.name] !== undefined) return true;
    if (spelling.primitive && object[`_${spelling.name}`] !== undefined) return true;
  }
  return false;
}

function checkElement(
  check: Check,
  object: Json,
  key: string,
  value: unknown,
  spelling: Spelling,
  path: string,
  depth: number,
): void {
  const repeats = spelling.rule.max > 1;
  if (repeats !== Array.isArray(value)) {
    const text = repeats
      ? 'A repeating element must be a list.'
      : 'This element may stand only once.';
    report(check, 'error', 'structure', repeats ? 'not-a-list' : 'not-single', text, path);
    return;
  }
  if (!Array.isArray(value)) {
    checkValue(check, value, key, spelling, path, depth);
    return;
  }
  if (value.length === 0) {
    report(check, 'error', 'structure', 'empty-list', 'A list must not be empty.', path);
  }
  if (value.length > spelling.rule.max) {
    report(check, 'error', 'structure', 'cardinality-max', 'The element stands too often.', path);
  }
  const twin = key.startsWith('_') ? object[key.slice(1)] : object[`_${key}`];
  for (let at = 0; at < value.length; at++) {
    const item: unknown = value[at];
    if (item === null && spelling.primitive && Array.isArray(twin) && twin[at] != null) continue;
    if (item === null && key.startsWith('_')) continue;
    checkValue(check, item, key, spelling, `${path}[${at}]`, depth);
  }
}

function checkValue(
  check: Check,
  value: unknown,
  key: string,
  spelling: Spelling,
  path: string,
  depth: number,
): void {
  const { type, rule } = spelling;
  if (key.startsWith('_')) {
    const rules = typeRules(check.version, 'Element');
    if (isObject(value) && rules) checkObject(check, value, rules, path, depth + 1);
    else report(check, 'error', 'structure', 'not-an-object', 'An object is expected here.', path);
    return;
  }
  if (spelling.primitive) {
    if (!isPrimitiveValue(type, value)) {
      const text = `The value is not a right ${type}.`;
      const detail = isOfJsonKind(type, value) ? 'primitive-format' : 'primitive-kind';
      report(check, 'error', 'value', detail, text, path);
    } else if (rule.binding && type === 'code') checkCode(check, rule.binding, String(value), path);
    return;
  }
  if (!isObject(value)) {
    report(check, 'error', 'structure', 'not-an-object', 'An object is expected here.', path);
    return;
  }
  if (type === 'Resource') {
    checkContainedResource(check, value, path, depth);
    return;
  }
  const rules = typeRules(check.version, type);
  if (rules) checkObject(check, value, rules, path, depth + 1);
  if (type === 'Reference') checkReference(check, value, rule, path);
  else if (rule.binding) checkCodings(check, rule.binding, type, value, path);
}

function checkContainedResource(check: Check, value: Json, path: string, depth: number): void {
  if (typeof value['resourceType'] !== 'string') {
    const text = 'A resource must have a resourceType.';
    report(check, 'error', 'structure', 'resource-type-missing', text, path);
    return;
  }
  const rules = typeRules(check.version, value['resourceType']);
  if (!rules || !isResourceType(check.version, value['resourceType'])) {
    checkResource(check, value, path, depth);
    return;
  }
  checkObject(check, value, rules, path, depth + 1);
  if (!path.includes('.contained[')) {
    checkInvariants(check, resourceInvariants(rules.name), value, path);
  } else if (value['contained'] !== undefined) {
    const text = 'A contained resource must not contain another.';
    report(check, 'error', 'invariant', 'dom-2', text, path);
  }
}

function checkCode(check: Check, binding: string, code: string, path: string): void {
  const codes = boundCodes(check.version, binding);
  if (!codes) return;
  for (const set of codes.values()) if (set.has(code)) return;
  const text = `The code is not one of the value set ${binding}.`;
  report(check, 'error', 'code-invalid', 'required-binding', text, path);
}

/** A required binding on a Coding or CodeableConcept asks for at least one coding of the list. */
function checkCodings(
  check: Check,
  binding: string,
  type: string,
  value: Json,
  path: string,
): void {
  const codes = boundCodes(check.version, binding);
  if (!codes || (type !== 'CodeableConcept' && type !== 'Coding')) return;
  const codings: unknown = type === 'Coding' ? [value] : value['coding'];
  if (!Array.isArray(codings)) return;
  const known = (codings as unknown[]).some(
    (coding) =>
      isObject(coding) &&
      (codes.get(String(coding['system']))?.has(String(coding['code'])) ||
        coding['code'] === undefined),
  );
  if (known) return;
  const text = `None of the codings is of the value set ${binding}.`;
  report(check, 'error', 'code-invalid', 'required-binding', text, path);
}

function checkReference(check: Check, value: Json, rule: ElementRule, path: string): void {
  const wrong = referenceIssue(check.version, value['reference'], rule.targets);
  if (!wrong) return;
  report(check, wrong.severity, 'value', wrong.detail, wrong.text, `${path}.reference`);
}

function unknownElement(check: Check, path: string): void {
  const severity = check.lenient ? 'warning' : 'error';
  const text = `FHIR ${check.version.name} does not know this element.`;
  report(check, severity, 'structure', 'unknown-element', text, path);
}

function report(
  check: Check,
  severity: Issue['severity'],
  code: string,
  detail: string,
  text: string,
  path: string,
): void {
  const issue = { severity, code, detail, text, expression: [path] };
  if (check.issues.length < VALIDATION_LIMITS.issuesMax) check.issues.push(issue);
  // However much else is wrong, this is told.
  else if (SHAPE_FAULTS.has(detail)) check.issues[VALIDATION_LIMITS.issuesMax - 1] = issue;
}
