/**
 * The store as those see it who read: what was kept under embargo came in for them when that ended
 * (capabilities B9). Else whoever asks for what is new since last time, by `_since` or by
 * `_lastUpdated`, never gets it.
 */
import type { Clock } from '../platform/clock.ts';
import type { Store, StoredResource } from '../store/index.ts';

/** The same store, with that moment as the time of each row whose embargo is over. */
export function asShown(store: Store, clock: Clock): Store {
  const shown = (row: StoredResource): StoredResource => {
    const { embargoUntil } = row.facts;
    if (embargoUntil === undefined) return row;
    const ended = new Date(embargoUntil);
    return ended > row.updated && ended <= clock() ? at(row, ended) : row;
  };
  // Hardly any record holds one: then the rows stay as they are.
  const all = (rows: readonly StoredResource[]): readonly StoredResource[] =>
    rows.some(isHeld) ? rows.map(shown) : rows;
  return {
    ...store,
    seenBy: (circle) => asShown(store.seenBy(circle), clock),
    async named(sql, query) {
      const found = await store.named(sql, query);
      return found === 'moved' ? found : { ...found, rows: all(found.rows) };
    },
    async candidates(sql, query) {
      const found = await store.candidates(sql, query);
      return { ...found, rows: all(found.rows) };
    },
    async whole(sql, query) {
      const found = await store.whole(sql, query);
      return found === 'moved' ? found : all(found);
    },
    async scan(sql, query) {
      const found = await store.scan(sql, query);
      const rows = found.rows.map(({ row, position }) => ({ row: shown(row), position }));
      return { ...found, rows };
    },
    history: async (sql, where, how) => all(await store.history(sql, where, how)),
  };
}

/** The same row at another time, which opens when the row does. */
const at = (row: StoredResource, updated: Date): StoredResource =>
  Object.create(row, {
    updated: { value: updated, enumerable: true },
    // What is remembered of it is not remembered of this.
    kept: { value: undefined, enumerable: true },
    // It is the row itself that opens, and is held as what it is.
    native: { get: () => row.native, enumerable: true },
    bytes: { get: () => row.bytes, enumerable: true },
    r4: { get: () => row.r4, enumerable: true },
    wholeBytes: { get: () => row.wholeBytes, enumerable: true },
  });

const isHeld = ({ facts }: StoredResource): boolean => facts.embargoUntil !== undefined;
