/**
 * Delen: what a person sends to a provider through a PGO comes in through the provider's window, in
 * one transaction with its receipt and the ledger's line (gegevensdiensten.md 5; capabilities A10).
 * The person is known from the token. A Patient in the bundle only names that person: it is never
 * written, since what a provider knows of somebody is the provider's own.
 */
import { createHmac, randomUUID } from 'node:crypto';
import type { Ledger } from '../../audit/index.ts';
import {
  type BundleEntry,
  type FhirVersion,
  type Resource,
  r4TypeOf,
} from '../../conformance/index.ts';
import type { Keyring, Organisation } from '../../identity/index.ts';
import type { AccessRequest } from '../../permission/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { Problem } from '../../platform/problem.ts';
import type { Store, StoredResource } from '../../store/index.ts';
import { formOf } from '../fhir-write/apply-patch.ts';
import type { Written } from '../fhir-write/requested.ts';
import { rowOf } from '../fhir-write/row-of.ts';
import { overlayOf } from '../mapping/live-overlays.ts';
import { lockVault } from '../vault-lock.ts';
import { rewriteReferences, storedId } from '../write-mapped.ts';
import { requireOpen } from './share-window.ts';
import { checkShared, type SharedEntry, sharedEntry } from './shared-entry.ts';
import type { SharedItems } from './shared-items.ts';
import { refusedShare, sharedEvent } from './shared-event.ts';
import { requireReferences } from './shared-references.ts';
import { checkTaskChange } from './task-change.ts';

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
  /** One Task whose status goes on. @throws Problem `not-found`, `unprocessable`, `conflict`. */
  update(as: SharedAs, resource: Resource): Promise<Written>;
}

export function createShare(parts: ShareParts): Share {
  return {
    bundle: (as, kind, types, entries) =>
      toldWhenRefused(parts, as, () => bundle(parts, as, kind, types, entries)),
    update: (as, resource) =>
      toldWhenRefused(parts, as, async () => {
        const types = new Set(['Task']);
        const { entries } = await bundle(parts, as, 'transaction', types, [{ resource }]);
        const [only] = entries;
        if (!only?.written) throw new Error('a Task gave no answer');
        return only.written;
      }),
  };
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
  for (const [at, one] of sent.entries()) {
    try {
      const entry = sharedEntry(one, `Bundle.entry[${at}]`, { version: as.version, types });
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
  const patient = await patientOf(parts, tx, as);
  requireSamePerson(entries, patient.birthDate);
  const ids = entries.map(({ resource, method }) => {
    const { resourceType: type } = resource;
    if (type === 'Patient') return patient.id;
    if (method === 'PUT') return resource.id ?? '';
    return storedId(keyring.hmac('ids'), organisation.id, type, `shared|${vault}|${keyOf(resource)}`);
  });
  const bodies = await bodiesOf(parts, tx, as, entries, ids);
  const context = {
    sender: {
      client: sharingClient(as),
      organisation,
      overlay: overlayOf('default', organisation.id),
    },
    version: as.version,
    recorded: at.toISOString(),
  };
  const rows = bodies.map((body, index) =>
    body.resourceType === 'Patient'
      ? undefined
      : rowOf(context, withOrigin(body), ids[index] ?? ''),
  );
  const writes = rows.flatMap((row) => (row ? [row.write] : []));
  const results = await store.putMany(tx, vault, writes);
  let next = 0;
  const written = rows.map((row, index): Written => {
    const type = entries[index]?.resource.resourceType ?? '';
    const id = ids[index] ?? '';
    const result = row && results[next++];
    if (!row || !result) return { ...patient, type, id, outcome: 'unchanged' };
    const outcome = result.created ? 'created' : result.outcome === 'unchanged' ? 'unchanged' : 'updated';
    return { type, id, version: result.version, updated: result.updated, outcome, resource: row.native };
  });
  if (before) return { id: before.id, written };
  const id = randomUUID();
  const references = written
    .filter(({ type }) => type !== 'Patient')
    .map((one) => `${one.type}/${one.id}`);
  const item = { ...where, id, received: at, changed: at, references, reason: '' };
  await parts.items.add(tx, { ...item, state: 'received' }, digest);
  return { id, written };
}

const ORIGIN = {
  system: 'https://zorgsluis.example/fhir/CodeSystem/origin',
  code: 'shared-by-person',
  display: 'Sent by the person',
};

/** So that whoever reads it later sees that no professional recorded it. */
function withOrigin(body: Resource): Resource {
  if (body.resourceType === 'Task' || body.resourceType === 'Binary') return body;
  return { ...body, meta: { ...body.meta, tag: [...(body.meta?.tag ?? []), ORIGIN] } };
}

/** The Patient of this person at this provider; a bundle's own Patient stands for it. */
async function patientOf(
  { store }: ShareParts,
  tx: Tx,
  { vault, organisation }: SharedAs,
): Promise<{ id: string; version: number; updated: Date; birthDate: unknown }> {
  const [row] = await rowsOf(store, tx, vault, { types: ['Patient'], custodian: organisation.id });
  if (!row) throw new Problem('not-found', 'There is no such Patient.', { code: 'no-relation' });
  const { birthDate } = JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as Resource;
  return { id: row.id, version: row.version, updated: row.updated, birthDate };
}

/** @throws Problem `unprocessable`: the app sends what is somebody else's. */
function requireSamePerson(entries: readonly SharedEntry[], known: unknown): void {
  for (const { place, resource } of entries) {
    const birthDate = resource['birthDate'];
    if (resource.resourceType !== 'Patient' || birthDate === undefined) continue;
    if (known === undefined || known === birthDate) continue;
    throw new Problem('unprocessable', 'This is not the person who is logged in.', {
      code: 'other-person',
      expression: [`${place}.resource.birthDate`],
    });
  }
}

async function bodiesOf(
  parts: ShareParts,
  tx: Tx,
  as: SharedAs,
  entries: readonly SharedEntry[],
  ids: readonly string[],
): Promise<Resource[]> {
  const { store } = parts;
  const { vault, organisation, version, bases } = as;
  const targets = new Map<string, string>();
  for (const [index, { fullUrl, resource }] of entries.entries()) {
    if (fullUrl !== undefined) targets.set(fullUrl, `${resource.resourceType}/${ids[index]}`);
  }
  const bodies = entries.map(({ resource }) => {
    const local = relative(resource, bases);
    return rewriteReferences(local, targets) as Resource;
  });
  const own = new Set(bodies.map((one, index) => `${one.resourceType}/${ids[index]}`));
  const known = async (types: readonly string[], asked: readonly string[]) => {
    const places = asked.map((id, index) => ({ type: types[index] ?? '', id }));
    const rows = await rowsOf(store, tx, vault, { ids: places, custodian: organisation.id });
    return new Map(rows.map((row) => [`${row.type}/${row.id}`, row]));
  };
  for (const [index, { place, method }] of entries.entries()) {
    const body = bodies[index] as Resource;
    if (method === 'PUT') {
      const id = ids[index] ?? '';
      const before = (await known([r4TypeOf('Task')], [id])).get(`Task/${id}`);
      if (!before) throw noTask(place);
      const stored = relative(formOf(before, version), bases);
      checkTaskChange(stored, body, `${place}.resource`);
    }
    const checked = method === 'PUT' ? { ...body, ...onlyOutput(body) } : body;
    await requireReferences(checked, { place, own, known });
  }
  return bodies;
}

/** Of a Task only what came of it is the person's own. */
const onlyOutput = (task: Resource): Resource => ({
  resourceType: 'Task',
  ...(task['output'] === undefined ? {} : { output: task['output'] }),
});

async function rowsOf(
  store: Store,
  tx: Tx,
  vault: string,
  asked: { types?: string[]; ids?: { type: string; id: string }[]; custodian: string },
): Promise<readonly StoredResource[]> {
  const { types, ids, custodian } = asked;
  const { rows, epochMoved } = await store.candidates(tx, {
    vault,
    epoch: await store.epoch(tx, vault),
    custodians: [custodian],
    ...(types ? { types } : {}),
    ...(ids ? { types: [...new Set(ids.map(({ type }) => type))], ids } : {}),
  });
  if (!epochMoved) return rows;
  throw new Problem('busy', 'The record changed meanwhile.', { retryAfterSeconds: 1 });
}

/** Absolute references to this address become relative; all else stays as it was sent. */
function relative(resource: Resource, bases: readonly string[]): Resource {
  const found = new Map<string, string>();
  const walk = (value: unknown): void => {
    if (typeof value === 'string') {
      const base = bases.find((one) => value.startsWith(`${one}/`));
      if (base !== undefined) found.set(value, value.slice(base.length + 1));
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) walk(inner);
    }
  };
  walk(resource);
  return found.size === 0 ? resource : (rewriteReferences(resource, found) as Resource);
}

/** What it is known by at the PGO, else what it says: the same sent again is the same. */
function keyOf(resource: Resource): string {
  const identifiers = [resource['masterIdentifier'], resource['identifier']].flat() as {
    system?: string;
    value?: string;
  }[];
  const first = identifiers.find((one) => one?.value !== undefined);
  if (first) return `identifier|${first.system ?? ''}|${first.value}`;
  const { id: _id, meta: _meta, text: _text, ...content } = resource;
  return `content|${JSON.stringify(content)}`;
}

/** Keyed, so that nobody can try a reading against it. */
function digestOf(keyring: Keyring, { vault }: SharedAs, entries: readonly SharedEntry[]): Buffer {
  const content = JSON.stringify(entries.map(({ method, resource }) => [method, resource]));
  return createHmac('sha256', keyring.hmac('ids')).update(`share|${vault}|${content}`).digest();
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

const noTask = (place: string): Problem =>
  new Problem('not-found', 'There is no such Task.', { expression: [`${place}.request.url`] });

