/**
 * From mapped resources to rows: ids that last, references that resolve, facts for the decision and
 * tokens for the search. Everything of one message about one person is written together.
 */
import { createHmac, type KeyObject } from 'node:crypto';
import {
  indexTokens,
  R4,
  type Resource,
  r4TypeOf,
  STU3,
  toR4,
  toStu3,
  writeFhir,
} from '../conformance/index.ts';
import { type ClassifyOptions, factsOf } from '../permission/index.ts';
import type { Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { ResourceWrite, Store, StoredResource } from '../store/index.ts';
import { embargoOf } from './embargo.ts';
import { patched } from './fhir-write/apply-patch.ts';
import type { MappedMessage, MappedResource, SenderOverlay } from './format.ts';
import type { RefreshRelations } from './handling.ts';
import type { ReceiptItem } from './receipt.ts';
import { likeStrictestSource } from './strictest-source.ts';
import { withTranslations } from './unknown-codes.ts';

export interface WriteContext {
  readonly store: Store;
  readonly tx: Tx;
  readonly idKey: KeyObject;
  readonly custodian: string;
  readonly vault: string;
  readonly originalId: string;
  readonly overlay: SenderOverlay;
  readonly facts: ClassifyOptions;
  readonly relations?: RefreshRelations | undefined;
}

interface Placed {
  readonly mapped: MappedResource;
  readonly type: string;
  readonly id: string;
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
  const { writes: like, relabelled } = await likeStrictestSource(context, writes);
  const results = await context.store.putMany(context.tx, context.vault, [...like, ...relabelled]);
  const touched = like.map((write, at) => ({ write, result: results[at] }));
  await context.relations?.(context.tx, context.vault, touched);
  // Age and death take part in decisions: what was decided before a change is decided again.
  const isPerson = like.some(
    (write, at) => write.type === 'Patient' && results[at]?.outcome === 'stored',
  );
  if (isPerson) await context.store.bumpEpoch(context.tx, context.vault);
  const byEntry = new Map(fresh.map((one, index) => [one, results[index]]));
  return complete.map((one) => {
    const result = byEntry.get(one);
    const reference = `${one.native.resourceType}/${one.id}`;
    const { fullUrl } = one.mapped;
    if (waiting.has(one.mapped)) return { reference, version: 0, outcome: 'waiting', fullUrl };
    return {
      reference,
      version: result?.version ?? one.before?.version ?? 1,
      outcome: result?.outcome ?? 'unchanged',
      fullUrl,
    };
  });
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
  const placed = message.resources.map((mapped) => place(context, message, mapped));
  const targets = new Map<string, string>();
  for (const one of placed) {
    targets.set(one.mapped.fullUrl, `${nativeTypeOf(one.mapped)}/${one.id}`);
  }
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
  const writes = fresh.map((one) => writeOf(context, one));
  strictestOfDocuments(writes, fresh);
  return { complete, fresh, writes };
}

/** Type, id and meta first: a reader may then leave with new meta and the rest as it lies. */
export function headFirst(resource: Resource, id: string): Resource {
  const { resourceType, id: _own, meta, ...rest } = resource;
  return { resourceType, id, ...(meta === undefined ? {} : { meta }), ...rest };
}

export interface Complete extends Placed {
  readonly native: Resource;
  readonly r4: Resource;
  readonly before: StoredResource | undefined;
}

function writeOf(context: WriteContext, complete: Complete): ResourceWrite {
  const { mapped, type, id, native, r4, before } = complete;
  const { tokens, months } = indexTokens(r4);
  const version = mapped.version === 'R4' ? R4 : STU3;
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
    ...(mapped.sourceTime === undefined ? {} : { sourceTime: mapped.sourceTime }),
  };
  if (mapped.deleted) {
    // That something was there shows to nobody but whom it would have been shown to itself.
    const facts = before?.facts ?? shared.facts;
    return { ...shared, facts, tokens: [], months: [], bytes: Buffer.alloc(0), deleted: true };
  }
  return {
    ...shared,
    bytes: writeFhir(native, { format: 'json', version }),
    ...(version === STU3 ? { r4: writeFhir(r4, { format: 'json', version: R4 }) } : {}),
  };
}

/**
 * The id of a resource: the sender's own for a PUT, else a keyed hash of what identifies it there.
 * A person has one Patient for each custodian, whatever the message called it.
 */
function place(context: WriteContext, message: MappedMessage, mapped: MappedResource): Placed {
  if (mapped.patch) return { mapped, type: r4TypeOf(mapped.patch.type), id: mapped.clientId ?? '' };
  const native = mapped.resource.resourceType;
  const isPerson = native === 'Patient' && mapped.fullUrl === message.patient.fullUrl;
  const key = isPerson ? `person|${context.vault}` : `${context.vault}|${mapped.key}`;
  const id = mapped.clientId ?? storedId(context.idKey, context.custodian, native, key);
  const type = mapped.version === 'R4' ? native : toR4(mapped.resource).resource.resourceType;
  return { mapped, type, id };
}

/**
 * A stable random-looking UUID (RFC 9562 version 8): without the key nobody can link it to a
 * person.
 */
export function storedId(idKey: KeyObject, custodian: string, type: string, key: string): string {
  const bytes = createHmac('sha256', idKey).update(`${custodian}|${type}|${key}`).digest();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-');
}

/** References inside the message become `Type/id`; all others stay as the sender wrote them. */
export function rewriteReferences(value: unknown, targets: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((one) => rewriteReferences(one, targets));
  if (value === null || typeof value !== 'object' || !isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const isUrl = typeof inner === 'string' && (name === 'reference' || name === 'url');
      const target = isUrl ? targets.get(inner) : undefined;
      return [name, target ?? rewriteReferences(inner, targets)];
    }),
  );
}

const isPlain = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

/** The stored versions that partial updates and "only if absent" have to look at. */
async function storedBefore(
  context: WriteContext,
  placed: readonly Placed[],
): Promise<ReadonlyMap<string, StoredResource>> {
  const asked = placed.filter(
    ({ mapped }) => mapped.partial || mapped.onlyIfAbsent || mapped.deleted || mapped.patch,
  );
  if (asked.length === 0) return new Map();
  const epoch = await context.store.epoch(context.tx, context.vault);
  const { rows } = await context.store.candidates(context.tx, {
    vault: context.vault,
    epoch,
    types: [...new Set(asked.map((one) => one.type))],
    ids: asked.map(({ type, id }) => ({ type, id, custodian: context.custodian })),
    limit: asked.length,
  });
  return new Map(rows.map((row) => [`${row.type}/${row.id}`, row]));
}

/** Adds the R4 form; a partial update keeps what the stored version says beyond the message. */
function withBefore(
  { overlay }: WriteContext,
  one: Placed & { native: Resource },
  before: StoredResource | undefined,
): Complete {
  if (one.mapped.patch) return patchedFrom(one, one.mapped.patch, before);
  const kept = one.mapped.partial && before ? storedIn(before, one.mapped.version) : undefined;
  const whole = kept ? { ...kept, ...one.native } : one.native;
  const isR4 = one.mapped.version === 'R4';
  const native = isR4 ? withTranslations(whole, overlay) : whole;
  const r4 = isR4 ? native : withTranslations(toR4(native).resource, overlay);
  return { ...one, native, r4: headFirst(r4, one.id), before };
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

const nativeTypeOf = ({ patch, resource }: MappedResource): string =>
  patch?.type ?? resource.resourceType;

function storedIn(row: StoredResource, version: 'R4' | 'STU3'): Resource {
  const r4 = JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as Resource;
  if (version === 'R4') return r4;
  return row.native === 'STU3'
    ? (JSON.parse(row.bytes.toString('utf8')) as Resource)
    : toStu3(r4).resource;
}

/** A Binary is decided like the document that points at it (consent.md 7.2): same facts, own id. */
function strictestOfDocuments(
  writes: ResourceWrite[],
  placed: readonly { readonly r4: Resource; readonly native: Resource }[],
): void {
  const byReference = new Map(writes.map((write, index) => [`${write.type}/${write.id}`, index]));
  for (const [index, write] of writes.entries()) {
    if (write.type !== 'DocumentReference') continue;
    for (const url of attachmentUrls(placed[index]?.r4)) {
      const at = byReference.get(url);
      const binary = at === undefined ? undefined : writes[at];
      if (at === undefined || binary?.type !== 'Binary') continue;
      const labels = [...new Set([...write.facts.labels, ...binary.facts.labels])];
      const { id, type } = binary.facts;
      const as = { type: write.type, id: write.id };
      writes[at] = { ...binary, facts: { ...write.facts, labels, id, type, as } };
    }
  }
}

function attachmentUrls(document: Resource | undefined): string[] {
  const contents = document?.['content'];
  if (!Array.isArray(contents)) return [];
  return contents.flatMap((content: { attachment?: { url?: unknown } }) =>
    typeof content.attachment?.url === 'string' ? [content.attachment.url] : [],
  );
}
