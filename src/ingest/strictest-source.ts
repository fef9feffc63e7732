/**
 * What is derived is decided like its strictest source (architecture D3): the bytes of a document
 * like the document, a list, a panel, a summary and a provenance like all that they point at. Where
 * a source gets labels, what was derived from it before is labelled again in the same transaction.
 * Labels that a source loses stay on what was derived until that is written again: the closed side.
 */
import { indexTokens } from '../conformance/index.ts';
import type { Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import {
  type PutOptions,
  type ResourceWrite,
  type Store,
  type StoredResource,
  saidOf,
} from '../store/index.ts';
import {
  contentsOf,
  contextOf,
  DERIVED,
  formOf,
  isDerivedFrom,
  type Linkable,
  sourcesOf,
} from './derived-from.ts';
import { amended } from './written-bytes.ts';

type Write = ResourceWrite & PutOptions;
type Facts = ResourceWrite['facts'];

const SCANNED_IN_ONE_GO = 500;
const HELD_BYTES_MAX = 1_048_576;

/** Bytes that no document names and that say nothing of what they are: a document themselves. */
function asDocument(facts: Facts): Facts {
  const { type, id, as } = facts;
  return type === 'Binary' && !as ? { ...facts, as: { type: 'DocumentReference', id } } : facts;
}

/** Says nothing that would close a resource to anybody. */
const isPlain = (label: string): boolean => label === 'N';

export interface SourceContext {
  readonly store: Store;
  readonly tx: Tx;
  readonly vault: string;
  readonly custodian: string;
}

/**
 * The writes of one record with the labels of their sources, followed by writes that label again
 * what was derived before.
 */
export async function likeStrictestSource(
  context: SourceContext,
  writes: readonly Write[],
): Promise<{ writes: Write[]; relabelled: Write[] }> {
  const isDerived = writes.some(isDerivedFrom);
  const hasBinary = writes.some(({ type }) => type === 'Binary');
  const isLabelled = writes.some(
    ({ facts }) => facts.embargoUntil !== undefined || !facts.labels.every(isPlain),
  );
  if (!isDerived && !isLabelled && !hasBinary) return { writes: [...writes], relabelled: [] };
  const batch = new Map(writes.map((write) => [nameOf(write), linked(write)]));
  const before = isLabelled ? DERIVED : hasBinary ? ['DocumentReference'] : [];
  const stored = await derivedBefore(context, batch, before);
  for (const [name, one] of await fetched(context, missing(batch))) stored.set(name, one);
  const all = new Map([...stored, ...batch]);
  inheritAll(all);
  for (const one of batch.values()) one.facts = asDocument(one.facts);
  return {
    writes: writes.map((write) => {
      const facts = batch.get(nameOf(write))?.facts ?? write.facts;
      return facts === write.facts ? write : amended(write, { facts });
    }),
    relabelled: await relabelled(context, [...stored.values()]),
  };
}

/** A resource with what it is derived from. */
interface Link {
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

const nameOf = ({ type, id }: { type: string; id: string }): string => `${type}/${id}`;

function linked(write: Linkable, row?: StoredResource): Link {
  const { type, facts, deleted } = write;
  const isSimple = deleted === true || type === 'Binary' || !isDerivedFrom(write);
  const form = isSimple ? undefined : formOf(write);
  return {
    name: nameOf(write),
    facts,
    sources: form ? sourcesOf(form) : [],
    contents: form ? contentsOf(form) : [],
    ...contextOf(write),
    ...(row ? { row } : {}),
    changed: false,
  };
}

/**
 * A journal entry leaves without its working notes: its references to them are cut (B9). So that
 * mark stays with the line, and does not close the whole entry.
 */
function staysWithPart(type: string, label: string): boolean {
  return type === 'Composition' && label === 'working-note';
}

/** Two documents of the same bytes each make them theirs: labels add up, the rest goes round. */
const VISITS_MAX = 8;

/**
 * Until nothing is added: what was added to one is looked at by all that are derived of it, however
 * long the chain (a list of a list of a report of a panel).
 */
function inheritAll(all: ReadonlyMap<string, Link>): void {
  const takers = new Map<string, Set<Link>>();
  for (const one of all.values()) {
    const from = [...one.sources, ...one.contents, ...(one.context ? [one.context] : [])];
    for (const name of from) takers.set(name, (takers.get(name) ?? new Set()).add(one));
  }
  const waiting = new Set(all.values());
  const visits = new Map<Link, number>();
  for (const one of waiting) {
    waiting.delete(one);
    const visit = (visits.get(one) ?? 0) + 1;
    visits.set(one, visit);
    if (visit > VISITS_MAX || !inherit(one, all)) continue;
    // A document adds to its bytes as well.
    for (const name of [one.name, ...one.contents]) {
      for (const taker of takers.get(name) ?? []) waiting.add(taker);
    }
  }
}

/** @returns whether anything was added. */
function inherit(one: Link, all: ReadonlyMap<string, Link>): boolean {
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
  if (context && ![...all.values()].some(({ contents }) => contents.includes(one.name))) {
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

/** Sources and contents that are not among the writes. */
function missing(batch: ReadonlyMap<string, Link>): Set<string> {
  const names = [...batch.values()].flatMap(({ sources, contents, context }) => [
    ...sources,
    ...contents,
    ...(context === undefined ? [] : [context]),
  ]);
  return new Set(names.filter((name) => !batch.has(name)));
}

async function fetched(
  context: SourceContext,
  names: ReadonlySet<string>,
): Promise<Map<string, Link>> {
  if (names.size === 0) return new Map();
  const ids = [...names].map((name) => {
    const [type = '', id = ''] = name.split('/');
    return { type, id, custodian: context.custodian };
  });
  const { rows, epochMoved } = await context.store.candidates(context.tx, {
    vault: context.vault,
    epoch: await context.store.epoch(context.tx, context.vault),
    types: [...new Set(ids.map(({ type }) => type))],
    ids,
  });
  if (epochMoved) throw moved();
  return new Map(rows.map((row) => [nameOf(row), linked(row, row)]));
}

/** Everything of this custodian that could be derived from what is written now. */
async function derivedBefore(
  { store, tx, vault, custodian }: SourceContext,
  batch: ReadonlyMap<string, Link>,
  types: readonly string[],
): Promise<Map<string, Link>> {
  const found = new Map<string, Link>();
  if (types.length === 0) return found;
  const epoch = await store.epoch(tx, vault);
  let after: string | undefined;
  do {
    const { rows, epochMoved, isLast } = await store.scan(tx, {
      vault,
      epoch,
      types,
      custodians: [custodian],
      limit: SCANNED_IN_ONE_GO,
      ...(after === undefined ? {} : { after }),
    });
    if (epochMoved) throw moved();
    for (const { row } of rows) {
      const name = nameOf(row);
      // Documents are not held, all of a record, to see whether one of them is labelled again.
      if (!batch.has(name)) found.set(name, linked(row, isHeavy(row) ? undefined : row));
    }
    after = isLast ? undefined : rows.at(-1)?.position;
  } while (after !== undefined);
  return found;
}

const isHeavy = ({ bytes, r4 }: StoredResource): boolean =>
  bytes.length + (r4?.length ?? 0) > HELD_BYTES_MAX;

/** Writes of what has other facts now. */
async function relabelled(context: SourceContext, stored: readonly Link[]): Promise<Write[]> {
  const changed = stored.filter((one) => one.changed);
  const letGo = changed.filter((one) => !one.row).map(({ name }) => name);
  const fetchedAgain = await fetched(context, new Set(letGo));
  return changed.flatMap((one) => {
    const row = one.row ?? fetchedAgain.get(one.name)?.row;
    return row ? [again(row, one.facts)] : [];
  });
}

/** The same content with other facts: a version of its own, so that a reader's copy is outdated. */
function again(row: StoredResource, facts: Facts): Write {
  const { tokens, months } = indexTokens(formOf(row));
  return {
    type: row.type,
    id: row.id,
    custodian: row.custodian,
    native: row.native,
    bytes: row.bytes,
    ...(row.r4 ? { r4: row.r4 } : {}),
    facts,
    tokens,
    months,
    ...saidOf(row),
    ifVersion: row.version,
  };
}

function moved(): Problem {
  return new Problem('busy', 'The record changed meanwhile.', { retryAfterSeconds: 1 });
}
