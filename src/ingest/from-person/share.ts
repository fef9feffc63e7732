/**
 * Delen: what a person sends to a provider through a PGO comes in through the provider's window, in
 * one transaction with its receipt and the ledger's line (gegevensdiensten.md 5; capabilities A10).
 * The person is known from the token. A Patient in the bundle only names that person: it is never
 * written, since what a provider knows of somebody is the provider's own.
 */
import { randomUUID } from 'node:crypto';
import type { Ledger } from '../../audit/index.ts';
import type { BundleEntry, FhirVersion, Resource } from '../../conformance/index.ts';
import type { Keyring, Organisation } from '../../identity/index.ts';
import type { AccessRequest } from '../../permission/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { Problem } from '../../platform/problem.ts';
import type { Store } from '../../store/index.ts';
import type { Written } from '../fhir-write/requested.ts';
import { rowOf } from '../fhir-write/row-of.ts';
import { overlayOf } from '../mapping/live-overlays.ts';
import { lockVault } from '../vault-lock.ts';
import { requireOpen } from './share-window.ts';
import { bodiesOf, patientOf, requireSamePerson, withOrigin } from './shared-bodies.ts';
import { checkShared, type SharedEntry, sharedEntry } from './shared-entry.ts';
import { refusedShare, sharedEvent } from './shared-event.ts';
import { digestOf, idOf } from './shared-ids.ts';
import type { SharedItems } from './shared-items.ts';
import { isMaskedPerson } from './shared-references.ts';
import type { TaskLife } from './task-change.ts';

export interface ShareParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly items: SharedItems;
}

/** Who shares what, where. */
export interface SharedAs {
  readonly access: AccessRequest;
  readonly vault: string;
  readonly organisation: Organisation;
  readonly service: string;
  readonly version: FhirVersion;
  /** Addresses of our own: absolute references below them are relative to us. */
  readonly bases: readonly string[];
  /** How a Task may go on under this service; absent: `answered-at-once`. */
  readonly taskLife?: TaskLife;
}

export interface SharedAnswer {
  /** Receipt: the id under which the person sees what became of it. */
  readonly id: string;
  /** For each entry, in the order sent. */
  readonly entries: readonly (
    | { readonly written: Written; readonly problem?: undefined }
    | { readonly problem: Problem; readonly written?: undefined }
  )[];
}

export interface Share {
  /**
   * A transaction as a whole or not at all; of a batch whatever fits.
   * @throws Problem for a transaction at its first fault, and for a batch of which nothing fits.
   */
  bundle(
    as: SharedAs,
    kind: 'batch' | 'transaction',
    types: ReadonlySet<string>,
    entries: readonly BundleEntry[],
  ): Promise<SharedAnswer>;
  /** One resource by itself; its person is the one of the token. */
  create(as: SharedAs, types: ReadonlySet<string>, resource: Resource): Promise<Written>;
  /**
   * One Task whose status goes on. @param ifVersion only if it is of this version
   * @throws Problem `not-found`, `unprocessable`, `conflict`, or `precondition` for another version.
   */
  update(as: SharedAs, resource: Resource, ifVersion?: number): Promise<Written>;
}

export function createShare(parts: ShareParts): Share {
  return {
    bundle: (as, kind, types, entries) =>
      toldWhenRefused(parts, as, () => bundle(parts, as, kind, types, entries)),
    create: (as, types, resource) => {
      const request = { method: 'POST', url: resource.resourceType };
      return toldWhenRefused(parts, as, () => one(parts, as, types, { resource, request }));
    },
    update: (as, resource, ifVersion) => {
      const ifMatch = ifVersion === undefined ? {} : { ifMatch: `W/"${ifVersion}"` };
      const request = { method: 'PUT', url: `Task/${resource.id ?? ''}`, ...ifMatch };
      const sent = { resource, request };
      return toldWhenRefused(parts, as, () => one(parts, as, new Set(['Task']), sent));
    },
  };
}

async function one(
  parts: ShareParts,
  as: SharedAs,
  types: ReadonlySet<string>,
  sent: BundleEntry,
): Promise<Written> {
  const answer = await bundle(parts, as, 'transaction', types, [sent]).catch((error: unknown) =>
    alone(error, sent.resource?.resourceType ?? ''),
  );
  const [only] = answer.entries;
  if (!only?.written) throw new Error('a write gave no answer');
  return only.written;
}

/** Without a bundle the place of a fault is that in the resource itself. */
function alone(error: unknown, type: string): never {
  const { kind, message, code, expression, retryAfterSeconds } = Problem.from(error);
  const places = expression.map((one) =>
    one
      .replace(/^Bundle\.entry\[0\]\.resource/, type)
      .replace(/^Bundle\.entry\[0\]\.request\.ifMatch$/, 'If-Match'),
  );
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  throw new Problem(kind, message, { code, expression: places, cause: error, ...wait });
}

async function toldWhenRefused<T>(
  parts: ShareParts,
  as: SharedAs,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const problem = Problem.from(error);
    if (problem.kind !== 'busy') await parts.ledger.record([refusedShare(as, problem)]);
    throw error;
  }
}

async function bundle(
  parts: ShareParts,
  as: SharedAs,
  kind: 'batch' | 'transaction',
  types: ReadonlySet<string>,
  sent: readonly BundleEntry[],
): Promise<SharedAnswer> {
  const problems = new Map<number, Problem>();
  const fits: { at: number; entry: SharedEntry }[] = [];
  const allowed = { version: as.version, types, now: parts.clock() };
  for (const [at, one] of sent.entries()) {
    try {
      const entry = sharedEntry(one, `Bundle.entry[${at}]`, allowed);
      fits.push({ at, entry });
    } catch (error) {
      const problem = Problem.from(error);
      if (kind === 'transaction' || problem.kind === 'fault') throw error;
      problems.set(at, problem);
    }
  }
  checkShared(sent);
  const isSomething = fits.some(({ entry }) => entry.resource.resourceType !== 'Patient');
  if (!isSomething) throw firstOf(problems) ?? nothingSent();
  const { id, written, events } = await parts.database.transaction(async (tx) => {
    const all = fits.map(({ entry }) => entry);
    const done = await take(parts, tx, as, all);
    return { ...done, events: await parts.ledger.write(tx, sharedEvent(as, done)) };
  });
  await parts.ledger.numbered([events]);
  const byPlace = new Map(fits.map(({ at }, index) => [at, written[index]]));
  const entries = sent.map((_one, at) => {
    const done = byPlace.get(at);
    return done ? { written: done } : { problem: problems.get(at) ?? nothingSent() };
  });
  return { id, entries };
}

async function take(
  parts: ShareParts,
  tx: Tx,
  as: SharedAs,
  entries: readonly SharedEntry[],
): Promise<{ id: string; written: readonly Written[] }> {
  const { store, keyring } = parts;
  const { vault, organisation, service } = as;
  const at = parts.clock();
  await lockVault(keyring, tx, vault, organisation.id);
  const digest = digestOf(keyring, as, entries);
  const where = { vault, organisation: organisation.id, service };
  const before = await parts.items.same(tx, where, digest);
  // The same again is the same receipt, also after the window closed.
  if (!before) await requireOpen(tx, where, at);
  const patient = await patientOf(store, tx, as);
  requireSamePerson(entries, patient.birthDate);
  const ids = entries.map((entry) => idOf(keyring, as, { entry, patient: patient.id, digest }));
  const named = entries.map((entry) => aboutPerson(entry, patient.id));
  const bodies = await bodiesOf(store, tx, as, named, ids);
  const written = await put({ store, tx, as, at }, bodies, ids, patient);
  if (before) return { id: before.id, written };
  const id = randomUUID();
  const references = written
    .filter(({ type }) => type !== 'Patient')
    .map((one) => `${one.type}/${one.id}`);
  const item = { ...where, id, received: at, changed: at, references, reason: '' };
  await parts.items.add(tx, { ...item, state: 'received' }, digest);
  return { id, written };
}

/** A reading that names nobody is the person's of the token. */
function aboutPerson(entry: SharedEntry, patient: string): SharedEntry {
  const { resource } = entry;
  const { subject } = resource as { subject?: unknown };
  if (resource.resourceType !== 'Observation') return entry;
  if (subject !== undefined && !isMaskedPerson(subject)) return entry;
  return { ...entry, resource: { ...resource, subject: { reference: `Patient/${patient}` } } };
}

interface PutContext {
  readonly store: Store;
  readonly tx: Tx;
  readonly as: SharedAs;
  readonly at: Date;
}

async function put(
  { store, tx, as, at }: PutContext,
  bodies: readonly Resource[],
  ids: readonly string[],
  patient: { readonly version: number; readonly updated: Date },
): Promise<Written[]> {
  const { organisation, version } = as;
  const overlay = overlayOf('default', organisation.id);
  const sender = { client: sharingClient(as), organisation, overlay };
  const context = { sender, version, recorded: at.toISOString() };
  const rows = bodies.map((body, index) =>
    body.resourceType === 'Patient'
      ? undefined
      : rowOf(context, withOrigin(body), ids[index] ?? ''),
  );
  const writes = rows.flatMap((row) => (row ? [row.write] : []));
  const results = await store.putMany(tx, as.vault, writes);
  const byWrite = new Map(writes.map((write, index) => [write, results[index]]));
  return rows.map((row, index): Written => {
    const named = { type: bodies[index]?.resourceType ?? '', id: ids[index] ?? '' };
    const result = row && byWrite.get(row.write);
    // The Patient of the bundle: what the provider has of this person stays.
    if (!row || !result) {
      const { version: current, updated } = patient;
      return { ...named, version: current, updated, outcome: 'unchanged' };
    }
    const changed = result.outcome === 'unchanged' ? 'unchanged' : 'updated';
    const outcome = result.created ? 'created' : changed;
    const { version: stored, updated } = result;
    return { ...named, version: stored, updated, outcome, resource: row.native };
  });
}

function sharingClient({ access }: SharedAs) {
  return {
    id: access.client,
    kind: 'pgo' as const,
    name: access.client,
    status: 'active' as const,
    keys: [],
    certificates: [],
    mllp: [],
    scopes: [],
    services: [],
    redirectUris: [],
  };
}

const firstOf = (problems: ReadonlyMap<number, Problem>): Problem | undefined =>
  [...problems.values()][0];

const nothingSent = (): Problem =>
  new Problem('unprocessable', 'The bundle holds nothing to take in.', {
    code: 'empty',
    expression: ['Bundle.entry'],
  });
