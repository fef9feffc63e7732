/**
 * Which entry of a bundle a relative reference means. An address in front of it is that of the
 * entry that holds it; and what stands in the bundle goes before what lies elsewhere.
 * https://hl7.org/fhir/R4/bundle.html#references
 */

import { type MaybeReference, placesOfReferences } from './places-of-references.ts';

/** An entry by what it may be called; what is taken back can be called nothing. */
export interface NamedEntry {
  readonly type: string;
  readonly fullUrl?: string | undefined;
  /** Under which it is put here, where its request says so. */
  readonly id?: string | undefined;
  /** Of the resource as it was sent: where the server gives another, only the sender's word. */
  readonly sentId?: string | undefined;
  readonly isGone?: boolean;
}

/** `byRoot`: called by the whole address that it has in this bundle, so by no mere coincidence. */
export type Meant = { readonly at: number; readonly byRoot: boolean } | 'several' | undefined;

/** What `Type/id` means in the entry of this number; undefined where it means none of them. */
export type NamesWithin = (from: number, name: string) => Meant;

const RESTFUL = /^(https?:\/\/.+)\/([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64})$/;

/** The address of the server that an entry is at, of one that is at a server. */
export const rootOf = (fullUrl: string | undefined): string | undefined =>
  RESTFUL.exec(fullUrl ?? '')?.[1];

/** The entries that are called so: each list holds fewer of them than the next. */
interface Called {
  /** By their only name, or by the one that they keep here. */
  readonly own: number[];
  /** And have no address at a server: whoever says it may mean them. */
  readonly bare: number[];
  readonly all: number[];
}

/** @returns undefined when no entry can be called `Type/id` */
export function namesWithin(entries: readonly NamedEntry[]): NamesWithin | undefined {
  const roots = entries.map(({ fullUrl }) => rootOf(fullUrl));
  const whole = new Map<string, number>();
  const short = new Map<string, Called>();
  for (const [at, entry] of entries.entries()) {
    if (entry.isGone) continue;
    if (roots[at] !== undefined) whole.set(entry.fullUrl ?? '', at);
    for (const [name, isOwn] of namesOf(entry)) {
      const called = short.get(name) ?? { own: [], bare: [], all: [] };
      short.set(name, called);
      if (isOwn) called.own.push(at);
      if (isOwn || roots[at] === undefined) called.bare.push(at);
      called.all.push(at);
    }
  }
  if (short.size === 0) return undefined;
  return (from, name) => {
    const called = short.get(name);
    if (!called) return undefined;
    const root = roots[from];
    const at = root === undefined ? undefined : whole.get(`${root}/${name}`);
    if (at !== undefined) return { at, byRoot: true };
    // What another server calls so is not this.
    return oneOf(called.own, from) ?? oneOf(root === undefined ? called.all : called.bare, from);
  };
}

/** Each name of an entry, and whether it is its own. */
export function namesOf({ type, fullUrl, id, sentId }: NamedEntry): ReadonlyMap<string, boolean> {
  const own = id ?? (fullUrl === undefined ? sentId : undefined);
  const names = new Map<string, boolean>();
  const tail = RESTFUL.exec(fullUrl ?? '')?.[2];
  if (tail !== undefined) names.set(tail, false);
  if (sentId !== undefined) names.set(`${type}/${sentId}`, false);
  if (own !== undefined) names.set(`${type}/${own}`, true);
  return names;
}

/** The only one beside who says it: a copy may name what it was made from. */
function oneOf(called: readonly number[], from: number): Meant {
  // Three hold two others, and there may be thousands.
  const [at, more] = called.slice(0, 3).filter((one) => one !== from);
  if (at === undefined) return undefined;
  return more === undefined ? { at, byRoot: false } : 'several';
}

/** Where in an entry a reference stands that may mean several others, at most `max`. */
export function placesOfSeveral(
  names: NamesWithin,
  { from, resource, place }: { from: number; resource: object; place: string },
  max: number,
): string[] {
  const isUnclear = ({ reference }: MaybeReference) =>
    typeof reference === 'string' &&
    names(from, reference.replace(/\/_history\/[^/]+$/, '')) === 'several';
  return placesOfReferences(resource, place, isUnclear, max);
}
