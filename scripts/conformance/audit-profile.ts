/**
 * Checks an AuditEvent against a profile with a snapshot: fixed patterns, cardinalities and slices
 * by `type` or value, closed slicing included. No validator, but enough for what these profiles
 * say.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Coding, Resource } from '../../src/conformance/index.ts';

export interface Profiles {
  /** What is wrong, in words; empty when nothing is. */
  check(resource: Resource, url: string): string[];
}

interface ElementDefinition {
  readonly id: string;
  readonly path: string;
  readonly sliceName?: string;
  readonly min?: number;
  readonly max?: string;
  readonly slicing?: {
    readonly rules?: string;
    readonly discriminator?: readonly { readonly path: string }[];
  };
  readonly binding?: { readonly strength?: string; readonly valueSet?: string };
  readonly [name: string]: unknown;
}

interface Definition {
  readonly url: string;
  readonly snapshot?: { readonly element: readonly ElementDefinition[] };
}

export function openProfiles(folder: string): Profiles {
  const definitions = readAll<Definition>(join(folder, 'profiles'));
  const byUrl = new Map(definitions.map((one) => [one.url, one.snapshot?.element ?? []]));
  const valueSets = new Map(
    readAll<{ url: string; resourceType: string; compose?: Compose }>(join(folder, 'terminology'))
      .filter(({ resourceType }) => resourceType === 'ValueSet')
      .map((one) => [one.url, one.compose]),
  );
  return {
    check(resource, url) {
      const elements = byUrl.get(url);
      if (!elements) return [`claims an unknown profile ${url}`];
      return [...top(resource, elements, valueSets), ...slices(resource, elements, valueSets)];
    },
  };
}

interface Compose {
  readonly include?: readonly { system?: string; concept?: readonly { code: string }[] }[];
}
type ValueSets = ReadonlyMap<string, Compose | undefined>;

function readAll<T>(folder: string): T[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as T);
}

/** Elements that are in no slice. */
function top(
  resource: Resource,
  elements: readonly ElementDefinition[],
  _sets: ValueSets,
): string[] {
  const faults: string[] = [];
  for (const element of elements) {
    const [root, name, ...deeper] = element.id.split('.');
    if (root !== 'AuditEvent' || name === undefined || deeper.length > 0) continue;
    if (name.includes(':')) continue;
    faults.push(...judge(element, valuesOf(resource, name), element.id));
  }
  return faults;
}

function slices(
  resource: Resource,
  elements: readonly ElementDefinition[],
  sets: ValueSets,
): string[] {
  const faults: string[] = [];
  const heads = elements.filter(({ id, sliceName }) => sliceName && id.split('.').length === 2);
  const taken = new Map<string, Set<unknown>>();
  for (const head of heads) {
    const name = head.path.split('.')[1] ?? '';
    const children = elements.filter(({ id }) => id.startsWith(`${head.id}.`));
    const by = elements.find(({ id }) => id === head.path)?.slicing?.discriminator ?? [];
    const members = valuesOf(resource, name).filter((value) =>
      by.every(({ path }) => belongs(value, path, head, children, sets)),
    );
    const set = taken.get(name) ?? new Set();
    for (const member of members) set.add(member);
    taken.set(name, set);
    faults.push(...judge(head, members, head.id));
    for (const child of children) {
      const path = child.id.slice(head.id.length + 1).split('.');
      if (path.some((step) => step.includes(':'))) continue;
      for (const member of members) faults.push(...within(member, child, path));
    }
  }
  for (const element of elements) {
    if (element.slicing?.rules !== 'closed' || element.id.split('.').length !== 2) continue;
    const name = element.id.split('.')[1] ?? '';
    const free = valuesOf(resource, name).filter((value) => !taken.get(name)?.has(value));
    if (free.length > 0) faults.push(`${element.id}: ${free.length} outside the closed slices`);
  }
  return faults;
}

/** A child counts where its parent is there; `value[x]` is any of its forms. */
function within(member: unknown, child: ElementDefinition, path: readonly string[]): string[] {
  const last = path.at(-1) ?? '';
  let parents: unknown[] = [member];
  for (const step of path.slice(0, -1)) parents = parents.flatMap((one) => valuesOf(one, step));
  return parents.flatMap((parent) => judge(child, valuesOf(parent, last), child.id));
}

function judge(element: ElementDefinition, values: readonly unknown[], name: string): string[] {
  const faults: string[] = [];
  if (values.length < (element.min ?? 0))
    faults.push(`${name}: ${values.length} of ${element.min}`);
  const max = element.max === undefined || element.max === '*' ? Infinity : Number(element.max);
  if (values.length > max) faults.push(`${name}: ${values.length}, at most ${element.max}`);
  const pattern = patternOf(element);
  for (const value of values) {
    if (pattern !== undefined && !fits(value, pattern)) faults.push(`${name}: not as fixed`);
  }
  return faults;
}

/** By one discriminator: the pattern of that path, or else the value set it is bound to. */
function belongs(
  value: unknown,
  path: string,
  head: ElementDefinition,
  children: readonly ElementDefinition[],
  sets: ValueSets,
): boolean {
  const isWhole = path === '$this';
  const element = isWhole ? head : children.find(({ id }) => id === `${head.id}.${path}`);
  const found = isWhole ? value : (value as Record<string, unknown>)[path];
  if (!element) return false;
  const pattern = patternOf(element);
  if (pattern !== undefined) return fits(found, pattern);
  const url = element.binding?.valueSet;
  return codingsOf(found).some((coding) => isIn(coding, url, sets));
}

function isIn(coding: Coding, url: string | undefined, sets: ValueSets): boolean {
  const includes = sets.get(url?.split('|')[0] ?? '')?.include ?? [];
  return includes.some(
    ({ system, concept }) =>
      system === coding.system && (!concept || concept.some(({ code }) => code === coding.code)),
  );
}

function codingsOf(value: unknown): Coding[] {
  const concept = value as { coding?: Coding[]; code?: string } | undefined;
  return concept?.coding ?? (concept?.code === undefined ? [] : [concept as Coding]);
}

function patternOf(element: ElementDefinition): unknown {
  const name = Object.keys(element).find((key) => /^(pattern|fixed)[A-Z]/.test(key));
  return name === undefined ? undefined : element[name];
}

/** Everything that the pattern says is so in the value; the value may say more. */
function fits(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && pattern.every((one) => value.some((item) => fits(item, one)));
  }
  if (typeof pattern !== 'object' || pattern === null) return value === pattern;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(pattern).every(([name, one]) =>
    fits((value as Record<string, unknown>)[name], one),
  );
}

function valuesOf(parent: unknown, name: string): unknown[] {
  const object = (parent ?? {}) as Record<string, unknown>;
  const key = name.endsWith('[x]')
    ? Object.keys(object).find((one) => one.startsWith(name.slice(0, -3)))
    : name;
  const value = key === undefined ? undefined : object[key];
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
