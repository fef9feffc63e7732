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
import { inheritAll, type Link } from './inherited-facts.ts';
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
