/**
 * Which entry of a bundle a relative reference means. An address in front of it is that of the
 * entry that holds it; and what stands in the bundle goes before what lies elsewhere.
 * https://hl7.org/fhir/R4/bundle.html#references
 */

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

interface Called {
  readonly at: number;
  readonly root: string | undefined;
  /** Its only name, or the one it keeps here: goes before what others are called beside theirs. */
  readonly isOwn: boolean;
}

/** @returns undefined when no entry can be called `Type/id` */
export function namesWithin(entries: readonly NamedEntry[]): NamesWithin | undefined {
  const roots = entries.map(({ fullUrl }) => RESTFUL.exec(fullUrl ?? '')?.[1]);
  const whole = new Map<string, number>();
  const short = new Map<string, Called[]>();
  for (const [at, { type, fullUrl, id, sentId, isGone }] of entries.entries()) {
    if (isGone) continue;
    const root = roots[at];
    if (root !== undefined) whole.set(fullUrl ?? '', at);
    const own = id ?? (fullUrl === undefined ? sentId : undefined);
    const tail = RESTFUL.exec(fullUrl ?? '')?.[2];
    const names = new Map<string, boolean>();
    if (tail !== undefined) names.set(tail, false);
    if (sentId !== undefined) names.set(`${type}/${sentId}`, false);
    if (own !== undefined) names.set(`${type}/${own}`, true);
    for (const [name, isOwn] of names) {
      short.set(name, [...(short.get(name) ?? []), { at, root, isOwn }]);
    }
  }
  if (short.size === 0) return undefined;
  return (from, name) => {
    const called = short.get(name);
    if (!called) return undefined;
    const root = roots[from];
    const at = root === undefined ? undefined : whole.get(`${root}/${name}`);
    if (at !== undefined) return { at, byRoot: true };
    // A copy may name what it was made from, and what another server calls so is not this.
    const others = called.filter(
      (one) => one.at !== from && (one.isOwn || root === undefined || one.root === undefined),
    );
    const own = others.filter(({ isOwn }) => isOwn);
    const [one, ...more] = own.length > 0 ? own : others;
    if (one === undefined) return undefined;
    return more.length > 0 ? 'several' : { at: one.at, byRoot: false };
  };
}
