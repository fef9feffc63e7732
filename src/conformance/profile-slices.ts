/**
 * Which slice of an element a value is in, by its discriminators: value, pattern, exists, type and
 * profile. https://hl7.org/fhir/R4/profiling.html#discriminator
 */
import { isObject } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';
import type { ProfileBook } from './profile-book.ts';
import type { Discriminator } from './profile-definition.ts';
import { type Item, itemOf, membersOf, resourceBehind, typeOf } from './profile-item.ts';
import type { ProfileNode } from './profile-tree.ts';
import { fitsPattern, isOfList, isSame } from './profile-values.ts';
import type { Resource } from './resource.ts';
import { referenceType } from './search-reference-parts.ts';
import { type CodeList, hasCode } from './value-set-codes.ts';

export interface SliceContext {
  readonly version: FhirVersion;
  readonly book: ProfileBook;
  readonly root: Resource;
  /** Whether a value fits a profile; undefined when the profile is not at hand. */
  readonly fits: (item: Item, profile: string) => boolean | undefined;
}

type Test = (item: Item) => boolean;

const CORE = 'http://hl7.org/fhir/StructureDefinition/';

/** Whether a value is in a slice; undefined when the profile does not say how to tell. */
export function isInSlice(
  context: SliceContext,
  node: ProfileNode,
  sliceName: string,
  slice: ProfileNode,
  item: Item,
): boolean | undefined {
  const { spelling } = item;
  if (spelling?.rule.choice && spelling.rule.spellings.some(({ name }) => name === sliceName)) {
    return spelling.name === sliceName;
  }
  const discriminators = node.slicing?.discriminators ?? [];
  const known = discriminators.length > 0 ? discriminators : implied(item);
  if (known.length === 0) return undefined;
  let undecided = false;
  for (const discriminator of known) {
    const verdict = discriminates(context, discriminator, slice, item);
    if (verdict === false) return false;
    if (verdict === undefined) undecided = true;
  }
  return undecided ? undefined : true;
}

/** Extensions are told apart by their url, choices by type, unless a profile says otherwise. */
function implied({ spelling }: Item): readonly Discriminator[] {
  if (spelling?.type === 'Extension') return [{ type: 'value', path: 'url' }];
  return spelling?.rule.choice ? [{ type: 'type', path: '$this' }] : [];
}

function discriminates(
  context: SliceContext,
  { type, path }: Discriminator,
  slice: ProfileNode,
  item: Item,
): boolean | undefined {
  const steps = stepsOf(path);
  const resolves = steps.at(-1) === 'resolve()';
  switch (type) {
    case 'exists': {
      const [node] = nodesAt(context, slice, steps);
      const there = valuesAt(context, item, steps).length > 0;
      if (node?.max === 0) return !there;
      return (node?.min ?? 0) > 0 ? there : undefined;
    }
    case 'type':
      return hasType(context, slice, steps, resolves, item);
    case 'profile':
      return hasProfile(context, slice, steps, resolves, item);
    default: {
      const tests = testsAt(context, slice, steps);
      if (tests.length === 0) return undefined;
      const values = valuesAt(context, item, steps);
      return values.some((value) => tests.some((test) => test(value)));
    }
  }
}

/** `coding.code`, `$this`, `resolve().code`, `extension('url').value`, `value.ofType(Coding)`. */
function stepsOf(path: string): string[] {
  const steps = path.match(/[^.(]+(?:\([^)]*\))?/g) ?? [];
  return steps
    .filter((step) => step !== '$this' && !/^(?:ofType|as)\(/.test(step))
    .map((step) => step.replace(/\[x\]$/, ''));
}

function extensionUrl(step: string): string | undefined {
  return /^extension\(['"](.+)['"]\)$/.exec(step)?.[1];
}

function valuesAt(context: SliceContext, item: Item, steps: readonly string[]): Item[] {
  let items = [item];
  for (const step of steps) {
    const url = extensionUrl(step);
    items = items.flatMap((one) => {
      if (step === 'resolve()') {
        const found = resourceBehind(context.root, one);
        return found ? [itemOf(found, one.path)] : [];
      }
      const members = membersOf(context.version, one, url === undefined ? step : 'extension');
      return url === undefined
        ? members
        : members.filter(({ value }) => isObject(value) && value['url'] === url);
    });
  }
  return items;
}

/** The nodes of the slice at a path, those in slices and in the profiles of its types included. */
function nodesAt(
  context: SliceContext,
  slice: ProfileNode,
  steps: readonly string[],
): ProfileNode[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [slice];
  const found = below(context, slice, step);
  return found.flatMap((node) => nodesAt(context, node, rest));
}

function below(context: SliceContext, node: ProfileNode, step: string): ProfileNode[] {
  if (step === 'resolve()') return targetRoots(context, node);
  const own = namedBelow(node, step);
  if (own.length > 0) return own;
  return (node.types ?? [])
    .flatMap(({ profiles }) => profiles)
    .flatMap((url) => context.book.tree(url)?.root ?? [])
    .flatMap((root) => namedBelow(root, step));
}

function namedBelow(node: ProfileNode, step: string): ProfileNode[] {
  const url = extensionUrl(step);
  const child = node.children.get(url === undefined ? step : 'extension');
  if (!child) return [];
  const slices = [...child.slices.values()];
  if (url === undefined) return [child, ...slices];
  return slices.filter(({ types }) => types?.some(({ profiles }) => profiles.includes(url)));
}

function targetRoots({ book }: SliceContext, node: ProfileNode): ProfileNode[] {
  const targets = (node.types ?? []).flatMap(({ targetProfiles }) => targetProfiles);
  return targets.flatMap((url) => book.tree(url)?.root ?? []);
}

/** What the slice says of the value at a path: a fixed value or pattern there or above, a list. */
function testsAt(context: SliceContext, slice: ProfileNode, steps: readonly string[]): Test[] {
  const stated = statedBy(slice, steps);
  if (stated) return [stated];
  const [step, ...rest] = steps;
  if (step === undefined) return bindingTest(context, slice);
  const tests = below(context, slice, step).flatMap((node) => testsAt(context, node, rest));
  if (tests.length > 0 || step !== 'url') return tests;
  // The url of an extension is that of its definition, whether that is at hand or not.
  const urls = (slice.types ?? []).flatMap(({ profiles }) => profiles);
  return urls.map((url) => (item) => item.value === url.split('|')[0]);
}

function statedBy({ fixed, pattern }: ProfileNode, steps: readonly string[]): Test | undefined {
  const stated = fixed ?? pattern;
  if (stated === undefined) return undefined;
  const expected = digInto(stated, steps);
  if (expected.length === 0) return undefined;
  const compare = fixed === undefined ? fitsPattern : isSame;
  return ({ value }) => expected.some((one) => compare(one, value));
}

function digInto(value: unknown, steps: readonly string[]): unknown[] {
  let values = [value];
  for (const step of steps) {
    values = values.flatMap((one) => (isObject(one) ? [one[step] ?? []].flat() : []));
  }
  return values.filter((one) => one !== undefined);
}

function bindingTest({ book }: SliceContext, { binding }: ProfileNode): Test[] {
  if (binding?.strength !== 'required') return [];
  const list: CodeList | undefined = book.codes(binding.valueSet);
  if (!list) return [];
  return [
    ({ value, spelling }) =>
      spelling?.type === 'code' && typeof value === 'string'
        ? hasCode(list, undefined, value)
        : isOfList(list, value) === true,
  ];
}

function hasType(
  context: SliceContext,
  slice: ProfileNode,
  steps: readonly string[],
  resolves: boolean,
  item: Item,
): boolean | undefined {
  const path = resolves ? steps.slice(0, -1) : steps;
  const types = nodesAt(context, slice, path).flatMap((node) => node.types ?? []);
  if (types.length === 0) return undefined;
  const values = valuesAt(context, item, path);
  if (!resolves) return values.some((value) => types.some(({ code }) => code === typeOf(value)));
  const targets = types.flatMap(({ targetProfiles }) => targetProfiles);
  return values.some((value) => pointsAt(context, value, targets));
}

/** The types that references to these profiles may lead to. */
export function targetTypes(book: ProfileBook, targets: readonly string[]): string[] {
  return targets.flatMap((url) => {
    const known = book.tree(url)?.type;
    if (known !== undefined) return [known];
    return url.startsWith(CORE) ? [url.slice(CORE.length)] : [];
  });
}

function pointsAt(context: SliceContext, item: Item, targets: readonly string[]): boolean {
  const found = resourceBehind(context.root, item);
  const type = found?.resourceType ?? referenceType(item.value, item.resource);
  return type !== undefined && targetTypes(context.book, targets).includes(type);
}

function hasProfile(
  context: SliceContext,
  slice: ProfileNode,
  steps: readonly string[],
  resolves: boolean,
  item: Item,
): boolean | undefined {
  const path = resolves ? steps.slice(0, -1) : steps;
  const types = nodesAt(context, slice, path).flatMap((node) => node.types ?? []);
  const profiles = types.flatMap((type) => (resolves ? type.targetProfiles : type.profiles));
  if (profiles.length === 0) return undefined;
  const verdicts = valuesAt(context, item, path).map((value) => {
    if (!resolves) return profiles.some((profile) => context.fits(value, profile) === true);
    const found = resourceBehind(context.root, value);
    // Of what lies elsewhere only a wrong type is certain.
    if (!found) return pointsAt(context, value, profiles) ? undefined : false;
    return profiles.some((profile) => context.fits(itemOf(found, value.path), profile) === true);
  });
  return verdicts.includes(true) ? true : verdicts.includes(undefined) ? undefined : false;
}
