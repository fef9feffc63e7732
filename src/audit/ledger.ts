/**
 * The ledger (architecture D8): who saw what, on which ground, in a tree that shows tampering. No
 * answer may leave before `record` or `numbered` has resolved. Long, because it is the one front of
 * this room.
 */
import type { KeyObject } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { AuditDirectory } from './audit-event.ts';
import type { CheckpointFiles, Witness } from './checkpoint-files.ts';
import { ClassKeys } from './class-keys.ts';
import type { Opener } from './entry-row.ts';
import { type ExportFilter, exportNdjson } from './export.ts';
import { GroupQueue } from './group-queue.ts';
import { type Head, readHead } from './head.ts';
import { isHistoryLost } from './history-watch.ts';
import { insertEntries, type PendingEntry } from './insert-entries.ts';
import { lastOf } from './last-of.ts';
import type { LedgerEvent, Numbered } from './ledger-entry.ts';
import type { LedgerEntry } from './ledger-entry-view.ts';
import { gatewayActivity } from './ledger-events.ts';
import { linesBetween } from './lines.ts';
import { type LinesAsked, linesStatement } from './lines-statement.ts';
import type { Place, SealedEntry, Unnumbered } from './number-statement.ts';
import { Numbering } from './numbering.ts';
import { ofPatient, type PatientLedger, type PatientQuestion } from './of-patient.ts';
import { consistencyPath, inclusionPath } from './proof.ts';
import { createPseudonyms } from './pseudonyms.ts';
import { asOutage } from './refused-row.ts';
import {
  type Agreed,
  endTerms,
  liftHold,
  type RetentionRun,
  setHold,
  type Term,
  termsOf,
} from './retention.ts';
import { sealEvent } from './seal-event.ts';
import { entryBySeq, type LedgerPage, type LedgerQuery, searchLedger } from './search.ts';
import { Sweeper } from './sweep.ts';
import { treeNodes } from './tree-nodes.ts';
import { type Verification, verifyLedger } from './verify.ts';
import type { WitnessAt } from './witness.ts';

export interface LedgerOptions {
  readonly database: Database;
  readonly keyring: Keyring;
  readonly clock: Clock;
  /** Folder outside the database for signed heads; without it a restored backup goes unseen. */
  readonly checkpointsDir?: string;
  readonly witness?: Witness;
  /** A witness over HTTP, in the place of `witness`. */
  readonly witnessAt?: WitnessAt;
  /** Open although the database holds less than a checkpoint says; this is itself written down. */
  readonly acceptRollback?: boolean;
  readonly log?: { error(fields: object, text: string): void };
}

/** Two gateways on one database differ by less. */
const CLOCK_STEP_MS = 1_000;

/** Of entries that are looked at again together: with more, others of the same moment do. */
const BEFORE_MAX = 10_000;

/** Of rows of another hand in one finding; `verify` names them all. */
const ROWS_NAMED_MAX = 10;

const IDS_REFUSED = 'the ledger cannot write: its ids are taken or used up, see zorgsluis db:check';

const SWEEP = { everyMs: 5_000, afterMs: 3_000, lookBackMs: 30_000 } as const;

export interface LedgerParts extends LedgerOptions {
  readonly keys: ClassKeys;
  readonly files: CheckpointFiles | undefined;
  readonly log: { error(fields: object, text: string): void };
}

export class Ledger {
  /** Origin line of its checkpoints. */
  readonly name: string;
  readonly #parts: LedgerParts;
  readonly #opener: Opener;
  readonly #numbering: Numbering;
  readonly #queue: GroupQueue;
  readonly #sweeper: Sweeper;
  readonly #counterKey: KeyObject;
  #sweepTimer: NodeJS.Timeout | undefined;
  #sweeping: Promise<unknown> | undefined;
  /** The last head that this gateway left or saw. */
  #last: Head | undefined;
  /** The last entry of this gateway before each that another head came between. */
  readonly #before = new Map<number, string>();
  #lastPlace: Place | undefined;
  #lookedBack = Date.now();
  /** The clock is behind what was recorded before. */
  #isBehind = false;
  #closed = false;

  /** Rooms use `openLedger`. */
  constructor(parts: LedgerParts) {
    const { keyring, keys, log, clock } = parts;
    this.#parts = parts;
    this.name = keyring.ledger.name;
    const pseudonyms = createPseudonyms((label) => keyring.hmac(label));
    this.#opener = { keys, origin: this.name, pseudonyms };
    this.#counterKey = keyring.hmac('audit/counter');
    this.#numbering = new Numbering(parts.database, keyring, clock);
    this.#queue = new GroupQueue(
      (group) => this.#number(group),
      (error) => log.error({ err: error }, 'a group of ledger entries could not be numbered'),
    );
    this.#sweeper = new Sweeper({
      database: parts.database,
      opener: this.#opener,
      add: (entries) => this.#queue.add(entries),
      tell: (foreign) => this.#tellForeign(foreign),
    });
    this.#sweepTimer = setInterval(() => this.#sweepSoon(), SWEEP.everyMs);
    this.#sweepTimer.unref();
  }

  /**
   * Writes an entry in the caller's transaction: it commits, or not, with what it is about. It has
   * no number yet, so the answer waits for `numbered`.
   */
  async write(tx: Tx, event: LedgerEvent): Promise<PendingEntry> {
    const [pending] = await this.writeAll(tx, [event]);
    if (!pending) throw new Problem('fault', 'The ledger gave an entry no id.');
    return pending;
  }

  /** The same for many entries in one statement. */
  async writeAll(tx: Tx, events: readonly LedgerEvent[]): Promise<PendingEntry[]> {
    this.#refuseIfClosed();
    const entries = events.map((event) => this.#seal(event));
    try {
      return await insertEntries(tx, entries);
    } catch (error) {
      const refused = asOutage(error);
      if (refused !== error) this.#parts.log.error({ err: refused }, IDS_REFUSED);
      throw refused;
    }
  }

  /**
   * Waits, after the commit, until these entries have their numbers.
   * @throws Problem `busy` when the ledger is slow or down: the entries are durable and will be
   *   numbered, but no answer may say so yet. Problem `fault` when one was never committed.
   */
  async numbered(pending: PendingEntry | readonly PendingEntry[]): Promise<Numbered[]> {
    const entries = 'id' in pending ? [pending] : pending;
    return this.#asNumbered(await this.#queue.add(entries));
  }

  /**
   * Writes entries in a group with others; durable and numbered when it resolves.
   * @throws Problem `busy` when the ledger is full, slow or down: then nothing may be answered.
   */
  async record(events: readonly LedgerEvent[]): Promise<Numbered[]> {
    this.#refuseIfClosed();
    const entries = events.map((event) => {
      const sealed = this.#seal(event);
      return {
        class: sealed.class,
        commit: sealed.commit,
        patient: sealed.patient,
        sealed,
      };
    });
    return this.#asNumbered(await this.#queue.add(entries));
  }

  /** Size and root as the database has them now. */
  async head(): Promise<{ size: number; root: string; recorded: Date }> {
    const { size, root, recorded } = await this.#head();
    return { size, root: root.toString('base64'), recorded };
  }

  /** The signed head as a C2SP checkpoint. */
  async checkpoint(): Promise<string> {
    return (await this.#head()).note;
  }

  /** RFC 9162 2.1.3, hashes in base64. @throws Problem `invalid` outside the tree. */
  inclusionProof(seq: number, size: number): Promise<string[]> {
    return this.#proof(size, (read) => inclusionPath(read, seq, size));
  }

  /** RFC 9162 2.1.4, hashes in base64. @throws Problem `invalid` outside the tree. */
  consistencyProof(first: number, second: number): Promise<string[]> {
    return this.#proof(second, (read) => consistencyPath(read, first, second));
  }

  search(query: LedgerQuery): Promise<LedgerPage> {
    return searchLedger(this.#searchParts(), query);
  }

  /** Every line numbered in this period, in order: for detectors. */
  lines(since: Date, until: Date): AsyncIterable<LedgerEntry> {
    return linesBetween(this.#searchParts(), since, until);
  }

  /** The pseudonym that stands for a person in this ledger. @param vault vault id. */
  pseudonymOf(vault: string): string {
    return this.#opener.pseudonyms.person(vault);
  }

  /** The newest line of the gateway itself or of an operator that tells one of these events. */
  lastOf(events: readonly string[]): Promise<LedgerEntry | undefined> {
    return lastOf(this.#searchParts(), events);
  }

  byId(seq: number, organisation: string): Promise<LedgerEntry | undefined> {
    return entryBySeq(this.#searchParts(), seq, organisation);
  }

  ofPatient(vault: string, question?: PatientQuestion): Promise<PatientLedger> {
    return ofPatient(this.#searchParts(), this.#counterKey, vault, question);
  }

  /** Recomputes everything; `progress` hears how many entries are done. */
  async verify(progress?: (done: number, total: number) => void): Promise<Verification> {
    const { database, files, keyring } = this.#parts;
    return verifyLedger(
      {
        sql: database,
        // As the database has the keys now: this gateway may remember one that was taken out.
        opener: { ...this.#opener, keys: new ClassKeys(database, keyring) },
        counterKey: this.#counterKey,
        keys: keyring.ledger,
        notes: (await files?.notes()) ?? [],
      },
      progress,
    );
  }

  /** Lines of an export that `scripts/verify-ledger.mjs` checks; each ends with a line feed. */
  exportNdjson(filter: ExportFilter, directory: AuditDirectory): AsyncIterable<string> {
    const { keyring, clock } = this.#parts;
    const { sql, opener } = this.#searchParts();
    const made = clock();
    return exportNdjson({ sql, opener, keys: keyring.ledger, made }, filter, directory);
  }

  /** A signed statement about files made of these lines, with their proofs. */
  statement(asked: LinesAsked): Promise<string> {
    const { database, keyring, clock } = this.#parts;
    return linesStatement({ sql: database, keys: keyring.ledger, made: clock() }, asked);
  }

  /** What is kept how long, and what of it is past its term. */
  terms(): Promise<Term[]> {
    return termsOf(this.#parts.database);
  }

  /**
   * Takes out what is past its term; each run is an entry.
   * @throws Problem `invalid` unless two different people agreed.
   */
  async endTerms(agreed: Agreed): Promise<RetentionRun[]> {
    const { database, clock } = this.#parts;
    const { runs, pending } = await endTerms(database, this.#write, agreed, clock());
    await this.numbered(pending);
    return runs;
  }

  /** Keeps the lines of the patient of a line until it is lifted. @returns id of the hold. */
  async setHold(hold: { seq: number; by: string; reason: string }): Promise<string> {
    const { database, clock } = this.#parts;
    const set = await setHold(database, this.#write, { ...hold, at: clock() });
    await this.numbered(set.pending);
    return set.hold;
  }

  async liftHold(hold: { hold: string; by: string }): Promise<void> {
    const { database, clock } = this.#parts;
    const lifted = await liftHold(database, this.#write, { ...hold, at: clock() });
    await this.numbered(lifted.pending);
  }

  /** Wraps the keys of the bodies under the current key-encryption key too. @returns how many. */
  rewrapKeys(): Promise<number> {
    return this.#parts.keys.rewrap();
  }

  /** Numbers what was committed before `until` and has no number: after a crash, or of another. */
  async sweep(until: Date): Promise<void> {
    await this.#sweeper.sweep(until);
  }

  /**
   * Compares what this gateway signed last with the database: what was cut off while it wrote
   * nothing, and perhaps grown over by another, is told in a line, once.
   */
  async lookBack(): Promise<void> {
    const last = this.#last;
    const before = new Map(this.#before);
    if (!last || !(await isHistoryLost(this.#parts.database, this.name, last, before))) {
      for (const seq of before.keys()) this.#before.delete(seq);
      return;
    }
    // From here on the entries that are there now count.
    if (this.#last === last) this.#last = undefined;
    this.#before.clear();
    this.#tellLost(last);
  }

  /** Keys for this month and the next, at once after a leap of the clock; its round does it too. */
  async prepareKeys(): Promise<void> {
    await this.#parts.keys.prepare(this.#parts.clock());
  }

  /** Waits for what is under way and writes the last signed head to the checkpoints. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweepTimer);
    await this.#sweeping;
    await this.#queue.drain();
    await this.#parts.files?.flush();
  }

  readonly #write = (tx: Tx, event: LedgerEvent): Promise<PendingEntry> => this.write(tx, event);

  #seal(event: LedgerEvent): SealedEntry {
    return sealEvent(this.#opener, event, this.#parts.clock());
  }

  async #number(group: readonly Unnumbered[]): Promise<(Place | Problem)[]> {
    const places = await this.#numbering.number(group);
    const head = this.#numbering.head;
    if (head) {
      this.#parts.files?.offer(head.size, head.note);
      this.#compareWithLast(head, group, places);
      this.#watchClock(head);
    }
    return places;
  }

  /** Times in the ledger never go back; that the clock did is itself a line, once for each step. */
  #watchClock({ recorded }: Head): void {
    const behindMs = recorded.getTime() - this.#parts.clock().getTime();
    const isStep = behindMs > CLOCK_STEP_MS;
    if (isStep && !this.#isBehind) {
      void this.record([gatewayActivity('clock-step', { behindMs: String(behindMs) })]).catch(
        (error) => this.#parts.log.error({ err: error }, 'a step of the clock was not written'),
      );
    }
    this.#isBehind = isStep;
  }

  /**
   * Numbers only rise. Where a new entry gets one that this gateway saw taken, the end was cut off
   * or a backup was put back while it ran, perhaps before any checkpoint left the database.
   */
  #compareWithLast(head: Head, group: readonly Unnumbered[], places: readonly unknown[]): void {
    const [last, lastPlace] = [this.#last, this.#lastPlace];
    const own = places.filter((place) => !(place instanceof Problem)) as Place[];
    this.#last = head;
    this.#lastPlace = own.toSorted((a, b) => a.seq - b.seq).at(-1) ?? lastPlace;
    if (!last) return;
    const isJump = own.some(({ seq }) => seq > last.size) && this.#before.size < BEFORE_MAX;
    if (isJump && lastPlace) this.#before.set(lastPlace.seq, lastPlace.leafHash.toString('hex'));
    const isLess =
      head.size < last.size || (head.size === last.size && !head.root.equals(last.root));
    const isTaken = (place: unknown, at: number) =>
      group[at]?.id === undefined && (place as Place).seq < last.size;
    if (isLess || places.some(isTaken)) this.#tellLost(last);
  }

  #tellLost({ size }: Head): void {
    const detail = { finding: 'rolled-back', size: String(size) };
    this.#parts.log.error({ size }, 'the ledger lost entries while it ran');
    void this.record([gatewayActivity('ledger-finding', detail)]).catch((error) =>
      this.#parts.log.error({ err: error }, 'a finding could not be written'),
    );
  }

  async #tellForeign(foreign: readonly number[]): Promise<void> {
    this.#parts.log.error({ entries: foreign.length }, 'the ledger holds rows of another hand');
    const rows = foreign.slice(0, ROWS_NAMED_MAX).join(' ');
    const detail = { finding: 'inserted', count: String(foreign.length), rows };
    await this.record([gatewayActivity('ledger-finding', detail)]);
  }

  #asNumbered(places: readonly Place[]): Numbered[] {
    return places.map(({ seq, leafHash }) => ({
      ledger: this.name,
      seq,
      leafHash: leafHash.toString('hex'),
    }));
  }

  async #head(): Promise<Head> {
    const head = await readHead(this.#parts.database, this.name);
    if (!head) throw new Problem('fault', 'The ledger has no head.');
    return head;
  }

  async #proof(
    size: number,
    make: (read: ReturnType<typeof treeNodes>) => Promise<Buffer[]>,
  ): Promise<string[]> {
    const { database } = this.#parts;
    const { size: have } = await this.#head();
    if (!(Number.isSafeInteger(size) && size <= have)) {
      throw new Problem('invalid', 'The ledger has no tree of that size.', {
        expression: ['size'],
      });
    }
    try {
      const path = await make(treeNodes(database));
      return path.map((hash) => hash.toString('base64'));
    } catch (error) {
      if (error instanceof RangeError) throw new Problem('invalid', error.message);
      throw error;
    }
  }

  #searchParts() {
    const { database } = this.#parts;
    return { sql: database, opener: this.#opener };
  }

  #sweepSoon(): void {
    const { clock, keys, log } = this.#parts;
    this.#sweeping ??= keys
      .prepare(clock())
      .then(() => this.sweep(new Date(clock().getTime() - SWEEP.afterMs)))
      .then(() => {
        const isDue = Date.now() - this.#lookedBack >= SWEEP.lookBackMs;
        if (isDue) this.#lookedBack = Date.now();
        return isDue ? this.lookBack() : undefined;
      })
      .catch((error) => log.error({ err: error }, 'the ledger could not be swept'))
      .finally(() => {
        this.#sweeping = undefined;
      });
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new Problem('busy', 'The ledger is closing.', { code: 'ledger-busy' });
  }
}
