/**
 * From mapped resources to rows: ids that last, references that resolve, facts for the decision and
 * tokens for the search. Everything of one message about one person is written together.
 */
import type { KeyObject } from 'node:crypto';
import { indexTokens, isTakenBack, R4, type Resource, STU3, toR4 } from '../conformance/index.ts';
import { type ClassifyOptions, factsOf } from '../permission/index.ts';
import type { Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { PutResult, ResourceWrite, Store, StoredResource } from '../store/index.ts';
import { strictestOfDocuments, TOMBSTONE, withBytesOfTakenBack } from './document-bytes.ts';
import type { Together } from './element-times.ts';
import { embargoOf } from './embargo.ts';
import { patched } from './fhir-write/apply-patch.ts';
import type { MappedMessage, MappedResource, SenderOverlay } from './format.ts';
import type { RefreshRelations, TellTakenBack } from './handling.ts';
import { isUnseen, lateWord, orderOf, wordOn } from './late-word.ts';
import { mappingVersion } from './mapping/mapping-version.ts';
import { requireOwnRecord } from './own-record.ts';
import { type Placed, placedIn, targetsIn } from './placed-resources.ts';
import type { ReceiptItem } from './receipt.ts';
import { headFirst, rewriteReferences } from './resource-form.ts';
import { likeStrictestSource } from './strictest-source.ts';
import { withTranslations } from './unknown-codes.ts';
import { isHeavy, WRITTEN_AT_ONCE_MAX, withBytes } from './written-bytes.ts';

export interface WriteContext {
  readonly store: Store;
  readonly tx: Tx;
  readonly idKey: KeyObject;
  readonly custodian: string;
  readonly vault: string;
  /** Patients of the record that were fetched in this transaction already; none of a new one. */
  readonly persons?: readonly StoredResource[];
  readonly originalId: string;
  readonly overlay: SenderOverlay;
  readonly facts: ClassifyOptions;
  /** Told of what was there and is taken back now. */
  readonly takenBack?: TellTakenBack | undefined;
  readonly relations?: RefreshRelations | undefined;
}

/**
 * @param waiting resources of the message that are not written yet; references to them stand.
 * @returns what became of each resource, in the order of the message.
 */
export async function writeMapped(
  context: WriteContext,
  message: MappedMessage,
  waiting: ReadonlySet<MappedResource> = new Set(),
): Promise<ReceiptItem[]> {
  const { complete, fresh, writes } = await prepareWrites(context, message, waiting);
  const chosen = fresh.flatMap(({ mapped, type, id, native }) =>
    mapped.clientId !== undefined && !mapped.patch ? [{ type, id, resource: native }] : [],
  );
  await requireOwnRecord(context, context, chosen);
  const results = await putAll(context, writes).catch((error: unknown) => {
    throw placed(error, message);
  });
  await tellTakenBack(context, fresh, writes, results);
  const late = fresh.flatMap((one, at) => {
    const word = lateWord(one, results[at]);
    return word ? { ...one, ...word, r4: r4Of(context, one.mapped, word.native, one.id) } : [];
  });
  if (late.length > 0) await putAll(context, withBytesOfTakenBack(late, writesOf(context, late)));
  const byEntry = new Map(fresh.map((one, index) => [one, results[index]]));
  return complete.map((one) => {
    const result = byEntry.get(one);
    const reference = `${one.native.resourceType}/${one.id}`;
    const { fullUrl, entry } = one.mapped;
    const from = { fullUrl, ...(entry === undefined ? {} : { entry }) };
    if (waiting.has(one.mapped)) return { reference, version: 0, outcome: 'waiting', ...from };
    return {
      reference,
      version: result?.version ?? one.before?.version ?? 1,
      outcome: result?.outcome ?? 'unchanged',
      ...from,
    };
  });
}

/** The condition that did not hold, by its place in the message. */
function placed(error: unknown, { resources }: MappedMessage): unknown {
  const problem = Problem.from(error);
  const places = resources.flatMap(({ ifVersion }) => ifVersion?.place ?? []);
  if (problem.kind !== 'precondition' || places.length === 0) return error;
  const { code, message } = problem;
  return new Problem('precondition', message, { code, expression: places.slice(0, 20) });
}

async function tellTakenBack(
  { tx, vault, takenBack }: WriteContext,
  fresh: readonly Complete[],
  writes: readonly ResourceWrite[],
  results: readonly PutResult[],
): Promise<void> {
  const items = writes.filter((write, at) => {
    const { outcome, version = 1 } = results[at] ?? {};
    if (outcome !== 'stored' || version === 1) return false;
    const r4 = fresh[at]?.r4;
    return write.deleted === true || (r4 !== undefined && isTakenBack(r4));
  });
  if (items.length > 0) await takenBack?.(tx, vault, items);
}

/** With the labels of their sources; the results are those of these writes, in their order. */
export async function putAll(
  context: Pick<WriteContext, 'store' | 'tx' | 'vault' | 'custodian' | 'relations'>,
  writes: readonly ResourceWrite[],
): Promise<PutResult[]> {
  const { store, tx, vault } = context;
  const { writes: like, relabelled } = await likeStrictestSource(context, writes);
  const results = await store.putMany(tx, vault, [...like, ...relabelled]);
  const touched = like.map((write, at) => ({ write, result: results[at] }));
  await context.relations?.(tx, vault, touched);
  // Age and death take part in decisions: what was decided before a change is decided again.
  const isPerson = like.some(
    (write, at) => write.type === 'Patient' && results[at]?.outcome === 'stored',
  );
  if (isPerson) await store.bumpEpoch(tx, vault);
  return results;
}

export interface PreparedMessage {
  /** Every resource of the message. */
  readonly complete: readonly Complete[];
  /** Those that are to be written, each with its write at the same place. */
  readonly fresh: readonly Complete[];
  readonly writes: readonly ResourceWrite[];
}

/** What a message would write: ids, references, forms, facts and tokens; writes nothing itself. */
export async function prepareWrites(
  context: WriteContext,
  message: MappedMessage,
  waiting: ReadonlySet<MappedResource>,
): Promise<PreparedMessage> {
  const placed = await placedIn(context, message);
  const targets = targetsIn(placed);
  const rewritten = placed.map((one) => ({
    ...one,
    native: headFirst(rewriteReferences(one.mapped.resource, targets) as Resource, one.id),
  }));
  const stored = await storedBefore(context, rewritten);
  const complete = rewritten.map((one) =>
    withBefore(context, one, stored.get(`${one.type}/${one.id}`)),
  );
  const fresh = complete.filter(
    (one) => !waiting.has(one.mapped) && !(one.mapped.onlyIfAbsent && one.before),
  );
  const writes = writesOf(context, fresh);
  return { complete, fresh, writes: withBytesOfTakenBack(fresh, writes) };
}

function writesOf(context: WriteContext, complete: readonly Complete[]): ResourceWrite[] {
  const isLarge = complete.length > WRITTEN_AT_ONCE_MAX;
  const writes = complete.map((one) => writeOf(context, one, isLarge || isHeavy(one.native)));
  strictestOfDocuments(writes, complete);
  return writes;
}

export interface Complete extends Placed {
  readonly native: Resource;
  readonly r4: Resource;
  readonly before: StoredResource | undefined;
  /** For an update of parts: when which part was said. */
  readonly word?: Together;
}

/** @param later the bytes are made whenever they are asked for, and not held */
function writeOf(context: WriteContext, complete: Complete, later: boolean): ResourceWrite {
  const { mapped, type, id, r4, before, word } = complete;
  const { tokens, months } = indexTokens(r4);
  const { recorded } = context.facts;
  const shared = {
    type,
    id,
    custodian: context.custodian,
    native: mapped.version,
    facts: factsOf(r4, { ...context.facts, ...embargoOf(r4, context.overlay, recorded) }),
    tokens,
    months,
    originalId: context.originalId,
    mapping: mappingVersion(context.overlay),
    ...(mapped.ifVersion === undefined ? {} : { ifVersion: mapped.ifVersion.version }),
    ...orderOf(complete),
  };
  if (mapped.deleted) {
    // That something was there shows to nobody but whom it would have been shown to itself.
    const facts = before?.facts ?? shared.facts;
    return { ...shared, ...TOMBSTONE, facts };
  }
  const isAwaiting = mapped.follows && (before === undefined || (word && isUnseen(before)));
  const write = { ...shared, ...(isAwaiting ? { ...TOMBSTONE } : {}) };
  return withBytes(write, complete, later);
}

/** The stored versions that partial updates and "only if absent" have to look at. */
async function storedBefore(
  context: WriteContext,
  placed: readonly Placed[],
): Promise<ReadonlyMap<string, StoredResource>> {
  const asked = placed.filter(
    ({ mapped }) => mapped.partial || mapped.onlyIfAbsent || mapped.deleted || mapped.patch,
  );
  if (asked.length === 0) return new Map();
  const known = new Map(
    context.persons
      ?.filter(({ custodian }) => custodian === context.custodian)
      .map((row) => [`${row.type}/${row.id}`, row]),
  );
  if (asked.every(({ type, id }) => known.has(`${type}/${id}`))) return known;
  const { rows } = await context.store.candidates(context.tx, {
    vault: context.vault,
    types: [...new Set(asked.map((one) => one.type))],
    ids: asked.map(({ type, id }) => ({ type, id, custodian: context.custodian })),
    deletedToo: true,
    limit: asked.length,
  });
  const there = rows.filter((row) => !row.deleted || isUnseen(row));
  return new Map(there.map((row) => [`${row.type}/${row.id}`, row]));
}

/** Adds the R4 form; a partial update keeps what the stored version says beyond the message. */
function withBefore(
  context: WriteContext,
  one: Placed & { native: Resource },
  stored: StoredResource | undefined,
): Complete {
  const before = stored && isUnseen(stored) && !one.mapped.partial ? undefined : stored;
  if (one.mapped.patch) return patchedFrom(one, one.mapped.patch, before);
  const word = one.mapped.partial ? wordOn(one, before) : undefined;
  const whole = word ? headFirst(word.resource, one.id) : one.native;
  const native = one.mapped.version === 'R4' ? withTranslations(whole, context.overlay) : whole;
  const r4 = r4Of(context, one.mapped, native, one.id);
  return { ...one, native, r4, before, ...(word ? { word } : {}) };
}

function r4Of(
  { overlay }: WriteContext,
  { version }: MappedResource,
  native: Resource,
  id: string,
): Resource {
  const r4 = version === 'R4' ? native : withTranslations(toR4(native).resource, overlay);
  return headFirst(r4, id);
}

/** What a patch leaves of the stored version. @throws Problem `unprocessable` when there is none. */
function patchedFrom(
  one: Placed,
  { operations, place }: NonNullable<MappedResource['patch']>,
  before: StoredResource | undefined,
): Complete {
  if (!before) {
    throw new Problem('unprocessable', 'There is nothing here to patch.', {
      code: 'patch-target',
      expression: [`${place}.request.url`],
    });
  }
  const version = one.mapped.version === 'R4' ? R4 : STU3;
  const native = patched(before, { kind: 'fhirpath', operations }, version, place);
  const r4 = version === R4 ? native : toR4(native).resource;
  return { ...one, native, r4: { ...r4, id: one.id }, before };
}
