/**
 * A resource or data type against a profile: cardinality, types, fixed and pattern values,
 * bindings, slices, extensions and invariants. The base specification is checked elsewhere, so only
 * what a profile adds is looked at. No text of an issue holds a value of the data.
 *
 * It goes in steps, one for each value: a list of thousands takes seconds, in which others have
 * to get their turn. Whoever runs it decides when.
 */
import { ruleOf } from './conversion-place.ts';
import { isObject } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';
import type { Evaluator } from './invariants.ts';
import type { Issue } from './operation-outcome.ts';
import type { ProfileBook } from './profile-book.ts';
import type { ProfileType } from './profile-definition.ts';
import { type Item, membersOf, rulesOf, typeOf } from './profile-item.ts';
import { isInSlice, targetTypes } from './profile-slices.ts';
import type { ProfileNode } from './profile-tree.ts';
import { fitsPattern, isOfList, isSame } from './profile-values.ts';
import type { Resource } from './resource.ts';
import { referenceType } from './search-reference-parts.ts';

const PROFILE_CHECK_LIMITS = { issuesMax: 100, depthMax: 60 } as const;

export interface ProfileRun {
  readonly version: FhirVersion;
  readonly book: ProfileBook;
  readonly evaluate: Evaluator;
  readonly root: Resource;
  readonly issues: Issue[];
}

/** Yields where one may pause, and returns what it came to. */
type Steps<T = void> = Generator<void, T>;

/** A value against a profile; undefined when the profile is not at hand. */
export function* checkProfile(
  run: ProfileRun,
  item: Item,
  profile: string,
  depth = 0,
): Steps<boolean | undefined> {
  const tree = run.book.tree(profile);
  if (!tree) return undefined;
  const before = errorsIn(run);
  const isResource = item.spelling === undefined || item.spelling.type === 'Resource';
  if (isResource && typeOf(item) !== tree.type) {
    const text = 'The profile is for another type of resource.';
    report(run, 'structure', 'profile-type', text, item);
    return false;
  }
  yield* checkValue(run, tree.root, item, depth + 1);
  return errorsIn(run) === before;
}

/** All steps at once. */
function wholly<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

function errorsIn({ issues }: ProfileRun): number {
  return issues.filter(({ severity }) => severity === 'error').length;
}

function* checkValue(run: ProfileRun, node: ProfileNode, item: Item, depth: number): Steps {
  if (depth > PROFILE_CHECK_LIMITS.depthMax) return;
  const { value } = item;
  if (value !== undefined) {
    if (node.fixed !== undefined && !isSame(node.fixed, value)) {
      report(run, 'value', 'profile-fixed', 'The value is not the one the profile fixes.', item);
    }
    if (node.pattern !== undefined && !fitsPattern(node.pattern, value)) {
      report(run, 'value', 'profile-pattern', 'The value lacks what the profile asks.', item);
    }
    checkBinding(run, node, item);
    checkInvariants(run, node, item);
  }
  for (const child of node.children.values()) {
    yield* checkElement(run, child, item, depth + 1);
  }
}

/** One element: how often it stands, each of its values, and its slices. */
function* checkElement(run: ProfileRun, node: ProfileNode, parent: Item, depth: number): Steps {
  const items = membersOf(run.version, parent, node.name);
  const rules = rulesOf(run.version, parent);
  const rule = rules && ruleOf(rules, node.name);
  if (!rule) return;
  const place = { ...parent, path: `${parent.path}.${node.name}` };
  const isBase = items.length === 0 && rule.min > 0;
  if (!isBase) checkCount(run, node, items.length, place, 'element');
  for (const item of items) {
    yield;
    yield* checkType(run, node, item, depth);
    yield* checkValue(run, node, item, depth);
  }
  yield* checkSlices(run, node, items, place, depth);
}

function checkCount(
  run: ProfileRun,
  { min, max }: ProfileNode,
  count: number,
  place: Item,
  what: string,
): void {
  if (count < (min ?? 0)) {
    const text = `The profile asks for this ${what} at least ${min} time(s).`;
    report(run, 'required', 'profile-min', text, place);
  }
  if (count > (max ?? Infinity)) {
    const text = `The profile allows this ${what} at most ${max} time(s).`;
    report(run, 'structure', 'profile-max', text, place);
  }
}

function* checkSlices(
  run: ProfileRun,
  node: ProfileNode,
  items: readonly Item[],
  place: Item,
  depth: number,
): Steps {
  if (node.slices.size === 0) return;
  const context = {
    version: run.version,
    book: run.book,
    root: run.root,
    fits: (item: Item, profile: string) =>
      wholly(checkProfile({ ...run, issues: [] }, item, profile, depth)),
  };
  const placed = new Set<Item>();
  const inSlice = new Map<ProfileNode, Item[]>();
  let undecided = false;
  for (const item of items) {
    yield;
    for (const [name, slice] of node.slices) {
      const verdict = isInSlice(context, node, name, slice, item);
      if (verdict === undefined) undecided = true;
      if (verdict !== true) continue;
      const own = inSlice.get(slice);
      if (own) own.push(item);
      else inSlice.set(slice, [item]);
      placed.add(item);
      break;
    }
  }
  if (node.slicing?.rules === 'closed' && !undecided && placed.size < items.length) {
    const first = items.find((item) => !placed.has(item)) ?? place;
    report(run, 'structure', 'profile-closed', 'The profile has no place for this value.', first);
  }
  for (const [name, slice] of node.slices) {
    const found = inSlice.get(slice) ?? [];
    if (found.length > 0 || !undecided) {
      checkCount(run, slice, found.length, { ...place, path: `${place.path}:${name}` }, 'slice');
    }
    for (const item of found) {
      yield;
      yield* checkType(run, slice, item, depth);
      yield* checkValue(run, slice, item, depth + 1);
    }
    yield* checkSlices(
      run,
      { ...slice, slicing: slice.slicing ?? node.slicing },
      found,
      place,
      depth + 1,
    );
  }
}

/** The type of a choice, the profile of a data type or extension, the target of a reference. */
function* checkType(run: ProfileRun, node: ProfileNode, item: Item, depth: number): Steps {
  const { spelling, value } = item;
  const { types } = node;
  if (spelling?.type === 'Extension' && isObject(value)) {
    yield* checkProfile(run, item, String(value['url']), depth);
    return;
  }
  if (!types || !spelling) return;
  const type = typeOf(item);
  const own = types.filter(({ code }) => code === type || code === spelling.type);
  if ((spelling.rule.choice || spelling.type === 'Resource') && own.length === 0) {
    report(run, 'structure', 'profile-type', 'The profile does not allow this type here.', item);
    return;
  }
  if (spelling.type === 'Reference') checkTarget(run, own, item);
  const profiles = own.flatMap((type) => type.profiles).filter((url) => run.book.tree(url));
  if (profiles.length === 0) return;
  const trials: Issue[][] = [];
  for (const profile of profiles) {
    const issues: Issue[] = [];
    yield* checkProfile({ ...run, issues }, item, profile, depth);
    trials.push(issues);
  }
  const fits = trials.some((issues) => !issues.some(({ severity }) => severity === 'error'));
  const [first = []] = trials;
  if (!fits) run.issues.push(...first.slice(0, room(run)));
}

function checkTarget(run: ProfileRun, types: readonly ProfileType[], item: Item): void {
  const targets = types.flatMap(({ targetProfiles }) => targetProfiles);
  const allowed = targetTypes(run.book, targets);
  const type = referenceType(item.value, item.resource);
  if (targets.length === 0 || allowed.length < targets.length || type === undefined) return;
  if (allowed.includes(type) || allowed.includes('Resource')) return;
  const text = 'The profile does not allow a reference to this type here.';
  report(run, 'structure', 'profile-target', text, item);
}

function checkBinding(run: ProfileRun, { binding }: ProfileNode, item: Item): void {
  if (binding?.strength !== 'required' && binding?.strength !== 'extensible') return;
  const list = run.book.codes(binding.valueSet);
  if (!list || isOfList(list, item.value) !== false) return;
  const text = `None of the codes is of the value set ${binding.valueSet}.`;
  const severity = binding.strength === 'required' ? 'error' : 'warning';
  report(run, 'code-invalid', 'profile-binding', text, item, severity);
}

function checkInvariants(run: ProfileRun, node: ProfileNode, item: Item): void {
  for (const { key, severity, text, expression } of node.constraints) {
    const holds = run.evaluate(expression, {
      path: item.definitionPath,
      value: item.value,
      resource: item.resource,
      root: run.root,
    });
    if (holds === false) report(run, 'invariant', key, text, item, severity);
  }
}

function room({ issues }: ProfileRun): number {
  return Math.max(0, PROFILE_CHECK_LIMITS.issuesMax - issues.length);
}

function report(
  run: ProfileRun,
  code: string,
  detail: string,
  text: string,
  { path }: Item,
  severity: Issue['severity'] = 'error',
): void {
  const isTold = run.issues.some(
    (issue) => issue.detail === detail && issue.expression?.[0] === path && issue.text === text,
  );
  if (!isTold && room(run) > 0) {
    run.issues.push({ severity, code, detail, text, expression: [path] });
  }
}
