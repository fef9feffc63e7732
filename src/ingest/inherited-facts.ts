/**
 * How what decides on a thing passes to what is derived of it (architecture D3): labels and
 * embargoes add up, and the bytes of a document are decided as that document.
 */
import type { ResourceWrite, StoredResource } from '../store/index.ts';

type Facts = ResourceWrite['facts'];

/** A resource with what it is derived from. */
export interface Link {
  readonly name: string;
  facts: Facts;
  readonly sources: readonly string[];
  /** For a document: its bytes, which take all that is known of it. */
  readonly contents: readonly string[];
  /** For bytes that no document names: what they are to be treated as. */
  readonly context?: string;
  readonly row?: StoredResource;
  changed: boolean;
}

/**
 * A journal entry leaves without its working notes: its references to them are cut (B9). So that
 * mark stays with the line, and does not close the whole entry.
 */
function staysWithPart(type: string, label: string): boolean {
  return type === 'Composition' && label === 'working-note';
}

/** Two documents of the same bytes each make them theirs, in turn: not followed for ever. */
const VISITS_MAX = 8;

/**
 * Until nothing is added: what was added to one is looked at by all that are derived of it, however
 * long the chain (a list of a list of a report of a panel). Labels and embargoes only grow, and are
 * followed to the end.
 */
export function inheritAll(all: ReadonlyMap<string, Link>): void {
  const takers = new Map<string, Set<Link>>();
  const named = new Set<string>();
  for (const one of all.values()) {
    for (const name of one.contents) named.add(name);
    const from = [...one.sources, ...one.contents, ...(one.context ? [one.context] : [])];
    for (const name of from) takers.set(name, (takers.get(name) ?? new Set()).add(one));
  }
  const waiting = new Set(all.values());
  const visits = new Map<Link, number>();
  for (const one of waiting) {
    waiting.delete(one);
    const visit = (visits.get(one) ?? 0) + 1;
    visits.set(one, visit);
    const before = closedBy(one, all);
    if (!inherit(one, all, named)) continue;
    if (visit > VISITS_MAX && closedBy(one, all) === before) continue;
    // A document adds to its bytes as well.
    for (const name of [one.name, ...one.contents]) {
      for (const taker of takers.get(name) ?? []) waiting.add(taker);
    }
  }
}

/** What closes it and its bytes: more of it with each step, never less. */
function closedBy(one: Link, all: ReadonlyMap<string, Link>): string {
  const links = [one, ...one.contents.flatMap((name) => all.get(name) ?? [])];
  return links
    .map(({ facts: { labels, embargoUntil = '' } }) => `${labels.length} ${embargoUntil}`)
    .join();
}

/** @param named bytes that a document names. @returns whether anything was added. */
function inherit(one: Link, all: ReadonlyMap<string, Link>, named: ReadonlySet<string>): boolean {
  let changed = false;
  for (const name of one.sources) changed = take(one, all.get(name), 'source') || changed;
  for (const name of one.contents) {
    const content = all.get(name);
    if (!content) continue;
    changed = take(content, one, 'whole') || changed;
    changed = take(one, content, 'bytes') || changed;
  }
  const context = one.context === undefined ? undefined : all.get(one.context);
  // A document that names it says more of it than that.
  if (context && !named.has(one.name)) {
    const isKnownKind = context.facts.category !== 'none';
    changed = take(one, context, isKnownKind ? 'whole' : 'source') || changed;
  }
  return changed;
}

/** @param as what is taken from: a source, the document that bytes are of, or its bytes. */
function take(to: Link, from: Link | undefined, as: 'source' | 'whole' | 'bytes'): boolean {
  if (!from || from === to) return false;
  const whole = as === 'whole';
  if (!whole && !addsTo(to.facts, from.facts)) return false;
  const before = JSON.stringify(to.facts);
  const { id, type, custodian } = to.facts;
  const given = from.facts.labels.filter((label) => !staysWithPart(to.facts.type, label));
  const labels = [...new Set([...to.facts.labels, ...given])].toSorted();
  const added = as === 'source' ? labels.filter((one) => !to.facts.labels.includes(one)) : [];
  const inherited = [...(to.facts.inherited ?? []), ...added].toSorted();
  const embargo = [to.facts.embargoUntil, from.facts.embargoUntil].filter(
    (one) => one !== undefined,
  );
  const latest = embargo.toSorted().at(-1);
  to.facts = {
    ...(whole ? from.facts : to.facts),
    id,
    type,
    custodian,
    labels,
    ...(!whole && inherited.length > 0 ? { inherited } : {}),
    // The bytes of a document are decided as that document.
    ...(whole ? { as: { type: from.facts.type, id: from.facts.id } } : {}),
    ...(latest === undefined ? {} : { embargoUntil: latest }),
  };
  const isNew = JSON.stringify(to.facts) !== before;
  if (isNew) to.changed = true;
  return isNew;
}

/** Whether a source knows a label or a later moment that what is derived from it does not have. */
function addsTo(to: Facts, from: Facts): boolean {
  if (from.embargoUntil !== undefined && from.embargoUntil > (to.embargoUntil ?? '')) return true;
  return from.labels.some((label) => !to.labels.includes(label) && !staysWithPart(to.type, label));
}
