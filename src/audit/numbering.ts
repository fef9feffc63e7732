/**
 * Numbers one group of entries: adds their leaves to the tree, moves and signs the head, in one
 * statement that commits by itself. The statement only holds when the head is still the one that
 * the group was built on (compare and set), so two gateways on one database cannot give a number
 * twice. The one that lost builds again under a lock on the head.
 */
import type { KeyObject } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import { binaryArray } from '../platform/binary-array.ts';
import { type Database, type Sql, statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { type Head, headNote, lockHead, rangeOf, readHead, requireSound } from './head.ts';
import { leafData } from './ledger-record.ts';
import { leafHash, type Subtree } from './merkle.ts';
import { NUMBER, type Place, rowValues, type Unnumbered } from './number-statement.ts';
import { macOf, type PatientCounter, readCounters } from './patient-counters.ts';
import { asOutage, isTaken } from './refused-row.ts';

/** A subtree of these heights is kept, so that proofs read hundreds of rows and not millions. */
export const KEPT_LEVELS: readonly number[] = [8, 16, 24, 32];

/** After losing the head to another gateway, this many groups take the lock first. */
const CROWDED_GROUPS = 30;
const COUNTERS_CACHED_MAX = 20_000;

const ALREADY = statement(
  'audit_already',
  // Looked up one by one: a plan made while the ledger is small must not read all of it later.
  `select e.id, l.seq, l.hash
     from ledger_entry e
     left join lateral (select * from ledger_leaf where entry = e.id limit 1) l on true
    where e.id = any($1::bigint[])`,
);

interface Built {
  readonly head: Head;
  readonly places: readonly Place[];
  readonly subtrees: readonly Subtree[];
  readonly nths: readonly (number | null)[];
  readonly counters: ReadonlyMap<string, PatientCounter>;
}

export class Numbering {
  readonly #database: Database;
  readonly #keys: Keyring['ledger'];
  readonly #counterKey: KeyObject;
  readonly #now: () => Date;
  /** The head as this gateway last left it; only the database knows whether it still is so. */
  #head: Head | undefined;
  /** The last head that was found whole, or that this gateway made. */
  #sound: Head | undefined;
  #counters = new Map<string, PatientCounter>();
  #crowded = 0;

  constructor(database: Database, keyring: Keyring, now: () => Date) {
    this.#database = database;
    this.#keys = keyring.ledger;
    this.#counterKey = keyring.hmac('audit/counter');
    this.#now = now;
  }

  /** The last head that this gateway signed or saw. */
  get head(): Head | undefined {
    return this.#head;
  }

  /**
   * Numbers a group; durable when it resolves. Gives the place of each, in order, or the Problem
   * of one whose row was never committed.
   * @throws whatever the database threw; then nothing is known of the group. Problem `busy` where
   *   its ids or numbers are taken: then nothing of it was written.
   */
  async number(group: readonly Unnumbered[]): Promise<(Place | Problem)[]> {
    try {
      if (this.#crowded === 0) {
        const places = await this.#attempt(this.#database, group, this.#head);
        if (places) return places;
        this.#crowded = CROWDED_GROUPS;
      }
      this.#crowded -= 1;
      return await this.#underLock(group);
    } catch (error) {
      this.#forget();
      if (!isTaken(error)) throw asOutage(error);
      // One of the group was numbered elsewhere at this very moment: under the lock we see that.
      return await this.#underLock(group).catch((refused) => {
        throw asOutage(refused);
      });
    }
  }

  async #underLock(group: readonly Unnumbered[]): Promise<(Place | Problem)[]> {
    this.#forget();
    try {
      return await this.#database.transaction(async (tx) => {
        const head = await lockHead(tx, this.#keys.name);
        const known = await alreadyNumbered(tx, group);
        const rest = group.filter(({ id }, at) => {
          if (id === undefined) return true;
          return known.get(id) === 'committed' && group.findIndex((one) => one.id === id) === at;
        });
        const places = rest.length > 0 ? await this.#attempt(tx, rest, head) : [];
        if (!places) throw new Problem('fault', 'The head of the ledger moved under its own lock.');
        return placesOf(group, known, new Map(rest.map((one, at) => [one.id ?? one, places[at]])));
      });
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** @returns undefined when the head had moved on; then nothing was written. */
  async #attempt(
    sql: Sql,
    group: readonly Unnumbered[],
    cached: Head | undefined,
  ): Promise<Place[] | undefined> {
    const old = cached ?? (await readHead(sql, this.#keys.name));
    if (!old) throw new Problem('fault', 'The ledger has no head.');
    // Another head than the one this gateway left: it is grown only if it is whole and signed.
    if (old !== this.#sound) requireSound(old, this.#keys);
    this.#sound = old;
    await this.#learnCounters(sql, group);
    const built = this.#build(old, group);
    const { rows } = await sql.query<{ moved: number }>({
      ...NUMBER,
      values: this.#values(old, built, group),
    });
    if (rows[0]?.moved !== 1) {
      this.#forget();
      return undefined;
    }
    this.#head = built.head;
    this.#sound = built.head;
    for (const [patient, counter] of built.counters) this.#counters.set(patient, counter);
    return [...built.places];
  }

  #forget(): void {
    this.#head = undefined;
    this.#counters.clear();
  }

  /** Counters in the cache are true for as long as the head is the one we left. */
  async #learnCounters(sql: Sql, group: readonly Unnumbered[]): Promise<void> {
    if (this.#counters.size > COUNTERS_CACHED_MAX) this.#counters.clear();
    const patients = new Set(group.map(({ patient }) => patient).filter((one) => one !== null));
    const unknown = [...patients].filter((patient) => !this.#counters.has(patient));
    const read = await readCounters(sql, this.#counterKey, unknown);
    for (const patient of unknown) {
      this.#counters.set(patient, read.get(patient) ?? { patient, count: 0, sound: true });
    }
  }

  #build(old: Head, group: readonly Unnumbered[]): Built {
    const range = rangeOf(old);
    const recorded = new Date(Math.max(this.#now().getTime(), old.recorded.getTime()));
    const subtrees: Subtree[] = [];
    const counters = new Map<string, PatientCounter>();
    const nths: (number | null)[] = [];
    const places = group.map(({ class: name, commit, patient }) => {
      const seq = range.end;
      const hash = leafHash(leafData({ class: name, commit, recorded, seq }));
      range.appendLeaf(hash, (made) => {
        if (KEPT_LEVELS.includes(made.level)) subtrees.push(made);
      });
      nths.push(patient === null ? null : this.#count(counters, patient));
      return { seq, leafHash: hash };
    });
    const root = range.root();
    const size = range.end;
    const note = headNote(this.#keys, size, root);
    const head = { ...old, size, root, frontier: range.frontier(), recorded, note };
    return { head, places, subtrees, nths, counters };
  }

  #count(counters: Map<string, PatientCounter>, patient: string): number {
    const before = counters.get(patient) ?? this.#counters.get(patient);
    const count = (before?.count ?? 0) + 1;
    counters.set(patient, { patient, count, sound: before?.sound ?? true });
    return count;
  }

  #values(old: Head, built: Built, group: readonly Unnumbered[]): unknown[] {
    const { head, places, subtrees, nths } = built;
    const committed = group.flatMap(({ id }) => (id === undefined ? [] : [id]));
    const counters = [...built.counters.values()];
    const { bytea, int2, int4, int8 } = binaryArray;
    return [
      ...[old.size, old.root, head.size, head.root, head.frontier],
      ...[head.recorded, head.note, int8(committed)],
      ...rowValues(group, places),
      int8(places.map(({ seq }) => seq)),
      int8(group.map(({ id }) => id)),
      int8(group.map(({ patient }) => patient)),
      int4(nths),
      bytea(places.map((place) => place.leafHash)),
      int2(subtrees.map(({ level }) => level)),
      int8(subtrees.map(({ index }) => index)),
      bytea(subtrees.map(({ hash }) => hash)),
      int8(counters.map(({ patient }) => patient)),
      int4(counters.map(({ count }) => count)),
      bytea(counters.map((counter) => macOf(this.#counterKey, counter))),
    ];
  }
}

const NEVER_COMMITTED = new Problem(
  'fault',
  'An entry was to be numbered before it was committed.',
);

/** An entry is found by its id, and a new one, which has none yet, by itself. */
function placesOf(
  group: readonly Unnumbered[],
  known: ReadonlyMap<number, Place | 'committed'>,
  made: ReadonlyMap<number | Unnumbered, Place | undefined>,
): (Place | Problem)[] {
  return group.map((one) => {
    const before = one.id === undefined ? undefined : known.get(one.id);
    if (before !== undefined && before !== 'committed') return before;
    return made.get(one.id ?? one) ?? NEVER_COMMITTED;
  });
}

/** Which of the committed rows are there, and which of them have their place already. */
async function alreadyNumbered(
  tx: Sql,
  group: readonly Unnumbered[],
): Promise<Map<number, Place | 'committed'>> {
  const ids = group.flatMap(({ id }) => (id === undefined ? [] : [id]));
  if (ids.length === 0) return new Map();
  const { rows } = await tx.query<{ id: number; seq: number | null; hash: Buffer | null }>({
    ...ALREADY,
    values: [ids],
  });
  return new Map(
    rows.map(({ id, seq, hash }) => [
      id,
      seq === null || hash === null ? 'committed' : { seq, leafHash: hash },
    ]),
  );
}
