/**
 * The record: sealed rows by vault, and the keys that open them. Only floor 3 may use it. Whoever
 * reads through it must have decided first (consent); the store itself knows nobody's choices, only
 * the epoch they were decided under.
 *
 * Ids: an id belongs to its custodian. Two custodians may use the same id, and so may one custodian
 * in two vaults; a write never looks outside its vault, so a PUT onto an id that lies in another
 * vault is the creation it would be for an id never used. `place` leads from a bare id to the vault
 * where that custodian last created it, or without a custodian to the first who did.
 */
import type { Keyring } from '../identity/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Sql, Tx } from '../platform/database.ts';
import { type Addition, addTogether, prepareAddition } from './add-together.ts';
import type { CandidateQuery } from './candidate-query.ts';
import { type CandidateParts, type Candidates, candidates } from './candidates.ts';
import { type CheckReport, check } from './check.ts';
import type { CheckOptions } from './check-vault.ts';
import { mostVersions } from './count-versions.ts';
import { createFindPlaces, type FindPlaces } from './find-places.ts';
import { createGatewaySeal } from './gateway-seal.ts';
import type { KeptAs, OriginalMessage } from './keep-original.ts';
import type { PurposeKeys } from './key-wrap.ts';
import {
  createNamedRows,
  type NamedAnswer,
  type NamedQuery,
  type NamedRows,
} from './named-rows.ts';
import { createOpenedRows, type OpenedRows } from './opened-rows.ts';
import { createOriginals, type OpenOriginal, type PartsLayout } from './originals.ts';
import { placeKeys } from './place.ts';
import { type PutOptions, type PutResult, putMany } from './put.ts';
import { createMarks } from './record-marks.ts';
import { createRecordMoves, type RecordMoves } from './record-moves.ts';
import { resealGatewayRows, type SealedRows } from './reseal-gateway-rows.ts';
import { type RotationProgress, rotateKek } from './rotate-kek.ts';
import { type Scanned, type ScanQuery, scan } from './scan.ts';
import { seal, unseal } from './seal.ts';
import type { ResourceWrite, StoredResource } from './stored-resource.ts';
import { createVaultKeys, type VaultKeys } from './vault-keys.ts';
import { createVaults, type Vaults } from './vaults.ts';
import { type WholeQuery, whole } from './whole-rows.ts';

/** What another room seals for one person. */
export interface VaultScope {
  readonly vault: string;
  /** Names the use: bytes sealed for one purpose do not open for another. */
  readonly purpose: string;
  /** Sealed under the evidence key, which survives erasure: choices and receipts the law keeps. */
  readonly evidence?: boolean;
}

/**
 * Seals and opens at once, for loops: the key is at hand. Do not keep it longer than one request.
 */
export interface Sealer {
  seal(id: string, bytes: Buffer): Buffer;
  unseal(id: string, sealed: Buffer): Buffer;
}

export interface Store extends Vaults, FindPlaces, RecordMoves {
  put(tx: Tx, vault: string, write: ResourceWrite, options?: PutOptions): Promise<PutResult>;
  putMany(
    tx: Tx,
    vault: string,
    writes: readonly (ResourceWrite & PutOptions)[],
  ): Promise<PutResult[]>;
  /** A new resource, sealed, to be added with others; see `addTogether`. */
  addition(
    sql: Sql,
    where: { readonly vault: string; readonly updated: Date },
    write: ResourceWrite,
  ): Promise<Addition>;
  /** Adds new resources of many vaults. @returns for each whether it was added. */
  addTogether(tx: Tx, additions: readonly Addition[]): Promise<boolean[]>;
  candidates(sql: Sql, query: CandidateQuery): Promise<Candidates>;
  /**
   * The rows that were cut, whole: the very versions, in the order given; `moved` when one is no
   * longer there, or as `candidates` says it.
   */
  whole(sql: Sql, query: WholeQuery): Promise<readonly StoredResource[] | 'moved'>;
  /** Rows by name, in one statement with those of other requests; `moved` as in `candidates`. */
  named(sql: Sql, query: NamedQuery): Promise<NamedAnswer | 'moved'>;
  /** A whole vault in order of its key, a batch at a time. */
  scan(sql: Sql, query: ScanQuery): Promise<Scanned>;
  /**
   * The same record, for a circle of those who may know of each other's looking: what is remembered
   * of its rows is what this circle looked at. The store by itself is such a circle too.
   */
  seenBy(circle: string): Store;
  /** Whoever asks next opens the key of this record anew. */
  openKeyAgain(vault: string): void;
  /**
   * All versions of one id, newest first by the time of the source; not bound to a consent epoch.
   * @param how `cut`: without long texts, as `candidates` says it
   */
  history(
    sql: Sql,
    where: { vault: string; type: string; id: string; custodian?: string },
    how?: 'cut',
  ): Promise<readonly StoredResource[]>;

  keepOriginal(
    sql: Sql,
    message: OriginalMessage,
    as?: KeptAs,
  ): Promise<{ id: string; sha256: string }>;
  bindOriginal(tx: Tx, id: string, vault: string): Promise<void>;
  aboutOriginal(sql: Sql, id: string): Promise<OpenOriginal>;
  openOriginal(sql: Sql, id: string): Promise<OpenOriginal & { readonly bytes: Buffer }>;
  originalChunks(sql: Sql, id: string): AsyncIterable<Buffer>;
  /** Lets the content of an original lie in its parts and nowhere else; see `Originals.part`. */
  partOriginal(tx: Tx, id: string, parts: readonly string[], layout?: PartsLayout): Promise<void>;
  /** The parts of it that are still there; none when it was not parted. */
  partsOfOriginal(sql: Sql, id: string): Promise<string[]>;
  dropOriginals(sql: Sql, ids: readonly string[]): Promise<void>;
  sweepOriginals(sql: Sql): Promise<number>;

  sealer(sql: Sql, scope: VaultScope): Promise<Sealer>;
  sealFor(sql: Sql, scope: VaultScope, id: string, bytes: Buffer): Promise<Buffer>;
  unsealFor(sql: Sql, scope: VaultScope, id: string, sealed: Buffer): Promise<Buffer>;
  sealForGateway(purpose: string, id: string, bytes: Buffer): Buffer;
  unsealForGateway(purpose: string, id: string, sealed: Buffer): Buffer;

  /** Rows of a table that are sealed for the gateway, under the current key-encryption key. */
  resealRows(sql: Sql, rows: SealedRows): Promise<number>;

  rotateKek(database: Database, progress?: (at: RotationProgress) => void): Promise<number>;
  check(sql: Sql, options: CheckOptions): Promise<CheckReport>;
  /** The most versions that a custodian has of each id; 0 where there is none. */
  mostVersions(sql: Sql, asked: readonly { type: string; id: string }[]): Promise<number[]>;
}

export function createStore(options: { keyring: Keyring; clock: Clock }): Store {
  const { keyring, clock } = options;
  const keys = createVaultKeys(keyring);
  const places = placeKeys(keyring);
  const opened = createOpenedRows();
  const ending = endingWith(keys, opened);
  const vaults = createVaults(keyring, places, ending, clock);
  const originals = createOriginals(keyring, keys, clock);
  const gateway = createGatewaySeal(keyring);
  const named = createNamedRows(keys, places);
  const parts = { keys, places, clock, opened, marks: createMarks() };
  const findPlaces = createFindPlaces(places);

  const sealer = (sql: Sql, scope: VaultScope) => sealerOf(keys, sql, scope);
  const seenBy = (circle: string) => looking({ ...parts, named, findPlaces }, circle);
  const store: Omit<Store, 'seenBy'> = {
    ...vaults,
    ...seenBy(''),
    ...createRecordMoves(keyring, ending, clock),
    putMany: (tx, vault, writes) => putMany(parts, tx, vault, writes),
    async put(tx, vault, write, how) {
      const [result] = await putMany(parts, tx, vault, [{ ...write, ...how }]);
      if (!result) throw new Error('a write gave no result');
      return result;
    },
    addition: (sql, where, write) => prepareAddition(keys, places, sql, where, write),
    addTogether: (tx, additions) => addTogether(keys, tx, additions),
    openKeyAgain: (vault) => keys.forget(vault),
    async history(sql, { vault, ...id }, how) {
      for (;;) {
        const epoch = await vaults.epoch(sql, vault);
        const all = { deletedToo: true, olderToo: true, cut: how === 'cut' };
        const query = { vault, epoch, ids: [id], ...all };
        const { rows, epochMoved } = await candidates(sql, parts, query);
        if (!epochMoved) return rows;
      }
    },

    keepOriginal: originals.keep,
    bindOriginal: originals.bind,
    aboutOriginal: originals.about,
    partOriginal: originals.part,
    partsOfOriginal: originals.parts,
    openOriginal: originals.open,
    originalChunks: originals.chunks,
    dropOriginals: originals.drop,
    sweepOriginals: originals.sweep,

    sealer,
    sealFor: async (sql, scope, id, bytes) => (await sealer(sql, scope)).seal(id, bytes),
    unsealFor: async (sql, scope, id, sealed) => (await sealer(sql, scope)).unseal(id, sealed),
    sealForGateway: gateway.seal,
    unsealForGateway: gateway.unseal,
    resealRows: (sql, rows) => resealGatewayRows(sql, gateway, rows),

    rotateKek: (database, progress) => rotateKek(database, keyring, progress),
    check: (sql, how) => check({ ...parts, originals }, sql, how),
    mostVersions: (sql, asked) => mostVersions(sql, places, asked),
  };
  const asSeenBy = (circle: string): Store => ({ ...store, ...seenBy(circle), seenBy: asSeenBy });
  return asSeenBy('');
}

async function sealerOf(keys: VaultKeys, sql: Sql, scope: VaultScope): Promise<Sealer> {
  const { vault, purpose, evidence } = scope;
  const root: PurposeKeys = evidence
    ? await keys.evidence(sql, vault)
    : await keys.record(sql, vault);
  const key = root.for(`room/${purpose}`);
  const context = (id: string) => `room|${vault}|${purpose}|${id}`;
  return {
    seal: (id, bytes) => seal(key, bytes, context(id)),
    unseal: (id, sealed) => unseal(key, sealed, context(id)),
  };
}

type Looking = Pick<Store, 'candidates' | 'whole' | 'named' | 'scan' | keyof FindPlaces>;

interface LookingParts extends CandidateParts {
  readonly named: NamedRows;
  readonly findPlaces: ReturnType<typeof createFindPlaces>;
}

/** The ways to look at rows, each with the memory of one circle. */
function looking(all: LookingParts, circle: string): Looking {
  const parts = { ...all, opened: all.opened.of(circle) };
  return {
    ...all.findPlaces(circle),
    candidates: (sql, query) => candidates(sql, parts, query),
    whole: (sql, query) => whole(sql, parts, query),
    named: (sql, query) => all.named.ask(sql, query, parts.opened),
    scan: (sql, query) => scan(sql, parts, query),
  };
}

/** Where a key ends, what it opened is forgotten as well. */
const endingWith = (keys: VaultKeys, opened: OpenedRows): VaultKeys => ({
  ...keys,
  forget(vault) {
    keys.forget(vault);
    opened.forget(vault);
  },
});
