/**
 * Request ids that were seen lately. MedMij wants them unique and some PGO apps repeat them with a
 * retry: a repeat is flagged in the chain log and answered as ever (medmij-protocol.md 4.4).
 * Each instance remembers its own, so a repeat that lands on another one goes unflagged.
 */
export interface SeenRequests {
  /** Remembers the id. @returns the flags for the chain log. */
  flag(id: string | undefined): readonly string[];
}

const SEEN_MAX = 20_000;

export function createSeenRequests(): SeenRequests {
  let young = new Set<string>();
  let old = new Set<string>();
  return {
    flag(id) {
      if (id === undefined) return ['request-id-missing'];
      const key = id.toLowerCase();
      const isRepeated = young.has(key) || old.has(key);
      young.add(key);
      if (young.size >= SEEN_MAX) {
        old = young;
        young = new Set();
      }
      return isRepeated ? ['request-id-repeated'] : [];
    },
  };
}
