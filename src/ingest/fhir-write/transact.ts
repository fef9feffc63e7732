/**
 * FHIR writes of a sender: all of what was asked, in one transaction with their ledger lines, or
 * nothing. The resource as it came is the original (architecture D6).
 * https://hl7.org/fhir/R4/http.html#transaction
 */
import type { Ledger, PendingEntry } from '../../audit/index.ts';
import { type Resource, r4TypeOf } from '../../conformance/index.ts';
import type { Keyring } from '../../identity/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { Problem } from '../../platform/problem.ts';
import type { PutOptions, ResourceWrite, Store, StoredResource } from '../../store/index.ts';
import { withBytesOfTakenBack } from '../document-bytes.ts';
import type { RefreshRelations, TellNews, TellTakenBack } from '../handling.ts';
import { lockPatients } from '../store-delivery.ts';
import { likeStrictestSource } from '../strictest-source.ts';
import { lockVault as lockRecord } from '../vault-lock.ts';
import { amended } from '../written-bytes.ts';
import { patched } from './apply-patch.ts';
import { requireChosenIds } from './chosen-ids.ts';
import { createCreateTogether } from './create-together.ts';
import type { Requested, Writer, Written } from './requested.ts';
import { requireLinked } from './require-linked.ts';
import { requireDistinct, requireValid } from './require-valid.ts';
import { nothing, requireCurrent, requireVersions } from './require-versions.ts';
import { absent, type Resolved, resolved, type VisibleMatch, withReferences } from './resolve.ts';
import { rowOf, tombstoneOf } from './row-of.ts';
import { requireStays, vaultsOf, type WhoseParts } from './whose.ts';
import { withinBundle } from './within-bundle.ts';
import { type Done, refusedWrite, writes } from './write-event.ts';
import { newsOf, tellTakenBack } from './written-told.ts';

export interface WriteParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly visible: VisibleMatch;
  /** Told in the transaction that takes something back. */
  readonly takenBack?: TellTakenBack;
  readonly relations?: RefreshRelations;
  /** Told in the transaction that brings something new of a person. */
  readonly news?: TellNews;
}

/** One write or many that belong together; the answers in the order they were asked. */
export type FhirWrites = (
  writer: Writer,
  requested: readonly Requested[],
) => Promise<readonly Written[]>;

/** @returns a function that throws Problems with the place in what was sent. */
export function createFhirWrites(parts: WriteParts): FhirWrites {
  const createTogether = createCreateTogether(parts);
  return async (writer, asked) => {
    try {
      const requested = withinBundle(asked);
      for (const one of requested) if (one.resource) requireValid(writer, one, one.resource);
      requireDistinct(requested);
      requireLinked(requested);
      const created = await createTogether(writer, requested);
      if (created) return [created];
      const { done, pending } = await parts.database.transaction((tx) =>
        transact(parts, tx, writer, requested),
      );
      await parts.ledger.numbered(pending);
      return done.map(({ written }) => written);
    } catch (error) {
      const problem = Problem.from(error);
      if (problem.kind !== 'busy') {
        await parts.ledger.record([refusedWrite(writer, asked, problem)]);
      }
      throw error;
    }
  };
}

async function transact(
  parts: WriteParts,
  tx: Tx,
  writer: Writer,
  requested: readonly Requested[],
): Promise<{ done: Done[]; pending: PendingEntry[] }> {
  const { store, keyring, ledger } = parts;
  const custodian = writer.sender.organisation.id;
  const lockVault = (vault: string) => lockRecord(keyring, tx, vault, custodian);
  const whose: WhoseParts = {
    store,
    tx,
    writer,
    lockPerson: (message) => lockPatients({ keyring }, tx, [message]),
  };
  const vaults = await vaultsOf(whose, requested);
  const resolving = {
    store,
    tx,
    writer,
    idKey: keyring.hmac('ids'),
    visible: parts.visible,
    lockVault,
  };
  const all = await resolved(resolving, requested, vaults);
  const bodies = await withReferences(resolving, all);
  const done: Done[] = [];
  for (const [at, { requested: one, absent: isAbsent, id, vault }] of all.entries()) {
    if (isAbsent) done[at] = { requested: one, written: nothing(one, id, parts.clock()), vault };
  }
  // Always in the same order, so that two transactions about the same people do not wait in a
  // circle.
  for (const vault of [...new Set(all.flatMap((one) => (one.absent ? [] : [one.vault])))].sort()) {
    const mine = all.flatMap((one, at) =>
      one.vault === vault ? [{ one, body: bodies[at], at }] : [],
    );
    const written = await writeVault({ parts, tx, writer, vault, whose, lockVault }, mine);
    for (const [index, { one, at }] of mine.entries()) {
      const result = written[index];
      if (result) done[at] = { requested: one.requested, written: result, vault };
    }
  }
  await tellTakenBack(parts.takenBack, tx, custodian, done);
  const changed = done.filter(
    ({ written }) => !['exists', 'gone', 'absent'].includes(written.outcome),
  );
  const news = newsOf(changed, custodian);
  if (news.length > 0) await parts.news?.(tx, news);
  // A sender that asks for what is not there is looked at as one that is refused.
  const idle = done.filter(({ written }) => written.outcome === 'absent');
  const tried = idle.map(({ requested: one }) => refusedWrite(writer, [one], absent(one)));
  return { done, pending: await ledger.writeAll(tx, [...writes(writer, changed), ...tried]) };
}

interface VaultWrite {
  readonly parts: WriteParts;
  readonly tx: Tx;
  readonly writer: Writer;
  readonly vault: string;
  readonly whose: WhoseParts;
  lockVault(vault: string): Promise<void>;
}

interface Member {
  readonly one: Resolved;
  readonly body: Resource | undefined;
}

interface Prepared {
  readonly write?: ResourceWrite & PutOptions;
  readonly native?: Resource;
  /** When nothing is written. */
  readonly instead?: Written;
}

async function writeVault(context: VaultWrite, mine: readonly Member[]): Promise<Written[]> {
  const { parts, tx, vault } = context;
  const { store } = parts;
  const where = { store, tx, vault, custodian: context.writer.sender.organisation.id };
  await requireChosenIds(where, mine, context.lockVault);
  const before = await storedBefore(context, mine);
  const prepared = mine.map((member) => prepare(context, member, before));
  for (const [at, { one }] of mine.entries()) {
    const after = prepared[at]?.native;
    if (one.requested.method !== 'PATCH' || !after) continue;
    await requireStays(context.whose, one.requested, after, vault);
  }
  const asked = prepared.flatMap(({ write }) => (write ? [write] : []));
  const rows = withBytesOfTakenBack(asked.map(formOf), asked);
  const { writes: like, relabelled } = await likeStrictestSource(where, rows);
  const results = await parts.store.putMany(tx, vault, [...like, ...relabelled]);
  const byRow = new Map(rows.map((row, at) => [row, results[at]]));
  const answers = prepared.map(({ write, native, instead }, at): Written => {
    const result = write && byRow.get(write);
    if (instead || !write || !result) return instead as Written;
    return {
      type: mine[at]?.one.requested.type ?? write.type,
      id: write.id,
      version: result.version,
      updated: result.updated,
      outcome: write.deleted
        ? 'deleted'
        : result.created
          ? 'created'
          : result.outcome === 'unchanged'
            ? 'unchanged'
            : 'updated',
      ...(native ? { resource: native } : {}),
    };
  });
  const touched = like.map((write, at) => ({ write, result: results[at] }));
  await parts.relations?.(tx, vault, touched);
  // Age and death take part in decisions: what was decided before a change is decided again.
  const isPerson = rows.some(
    (row, at) => row.type === 'Patient' && results[at]?.outcome === 'stored',
  );
  if (isPerson) await parts.store.bumpEpoch(tx, vault);
  return answers;
}

/** Only of a document it matters what it says of itself; of others no bytes are asked for. */
function formOf(write: ResourceWrite): { r4: Resource } {
  const { type, deleted } = write;
  if (type !== 'DocumentReference' || deleted) return { r4: { resourceType: type } };
  return { r4: JSON.parse((write.r4 ?? write.bytes).toString('utf8')) as Resource };
}

type Before = ReadonlyMap<string, StoredResource>;

/** What a patch changes, a delete ends or a tag speaks of: nobody else changes it meanwhile. */
async function storedBefore(context: VaultWrite, mine: readonly Member[]): Promise<Before> {
  const { parts, tx, vault, writer, lockVault } = context;
  const asked = mine.filter(
    ({ one }) =>
      one.requested.method === 'PATCH' ||
      one.requested.method === 'DELETE' ||
      one.requested.notVersions ||
      one.requested.ifSome ||
      one.exists,
  );
  if (asked.length === 0) return new Map();
  await lockVault(vault);
  const custodian = writer.sender.organisation.id;
  const ids = asked.map(({ one }) => ({
    type: r4TypeOf(one.requested.type),
    id: one.id,
    custodian,
  }));
  const { rows, epochMoved } = await parts.store.candidates(tx, {
    vault,
    epoch: await parts.store.epoch(tx, vault),
    types: [...new Set(ids.map(({ type }) => type))],
    ids,
    deletedToo: true,
  });
  if (epochMoved) {
    throw new Problem('busy', 'The record changed meanwhile.', { retryAfterSeconds: 1 });
  }
  return new Map(rows.map((row) => [`${row.type}/${row.id}`, row]));
}

function prepare(context: VaultWrite, { one, body }: Member, before: Before): Prepared {
  const { writer, parts } = context;
  const { requested, id } = one;
  const stored = before.get(`${r4TypeOf(requested.type)}/${id}`);
  const row = {
    sender: writer.sender,
    version: writer.version,
    recorded: parts.clock().toISOString(),
  };
  const told = (outcome: Written['outcome'], from: StoredResource) => ({
    type: requested.type,
    id,
    version: from.version,
    updated: from.updated,
    outcome,
  });
  if (one.exists !== undefined && stored) return { instead: told('exists', stored) };
  if (requested.method === 'DELETE' || requested.method === 'PATCH') {
    if (!stored && requested.method === 'DELETE')
      return { instead: nothing(requested, id, parts.clock()) };
    if (!stored) throw absent(requested);
    requireVersions(requested, stored);
    if (stored.deleted) {
      if (requested.method === 'DELETE') return { instead: told('gone', stored) };
      throw new Problem('deleted', `This ${requested.type} was withdrawn by its source.`);
    }
    if (requested.method === 'DELETE') {
      return { write: { ...tombstoneOf(stored), ifVersion: stored.version } };
    }
    if (!requested.patch) throw new Error('a patch without operations');
    const after = patched(stored, requested.patch, writer.version, requested.place);
    requireValid(writer, requested, after);
    const made = rowOf(row, after, id);
    const write = amended(made.write, { ifVersion: stored.version });
    return { write, native: made.native };
  }
  if (!body) throw new Error('a write without a resource');
  requireCurrent(requested, stored);
  const made = rowOf(row, body, id);
  const current = requested.ifSome ? stored?.version : undefined;
  const ifVersion = requested.onlyIfNone ? 0 : (requested.ifVersion ?? current);
  const write = ifVersion === undefined ? made.write : amended(made.write, { ifVersion });
  return { write, native: made.native };
}
