/**
 * What the stand-in provider remembers of log-ins under way: in memory, and gone when it stops, as
 * it should be in a demo. The memory that comes with the provider warns about that each time.
 */
import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Kept {
  readonly payload: AdapterPayload;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** Kept at most; the oldest make way. */
const KEPT_MAX = 1_000;

/** @returns makes the memory of each kind of thing that one provider remembers. */
export function standInMemory(now: () => number = Date.now): (kind: string) => Adapter {
  const all = new Map<string, Kept>();
  const find = (key: string): AdapterPayload | undefined => {
    const kept = all.get(key);
    if (kept && kept.until > now()) return kept.payload;
    all.delete(key);
    return undefined;
  };
  const findWhere = (kind: string, name: 'uid' | 'userCode', value: string) =>
    [...all.keys()]
      .filter((key) => key.startsWith(`${kind}:`))
      .map(find)
      .find((payload) => payload?.[name] === value);
  return (kind) => ({
    async upsert(id, payload, expiresIn) {
      const key = `${kind}:${id}`;
      all.delete(key);
      all.set(key, { payload, until: now() + (expiresIn ?? 0) * 1_000 });
      for (const [oldest] of all) {
        if (all.size <= KEPT_MAX) break;
        all.delete(oldest);
      }
    },
    find: async (id) => find(`${kind}:${id}`),
    findByUid: async (uid) => findWhere(kind, 'uid', uid),
    findByUserCode: async (code) => findWhere(kind, 'userCode', code),
    async consume(id) {
      const payload = find(`${kind}:${id}`);
      if (payload) payload.consumed = Math.floor(now() / 1_000);
    },
    async destroy(id) {
      all.delete(`${kind}:${id}`);
    },
    async revokeByGrantId(grantId) {
      for (const [key, { payload }] of all) {
        if (payload.grantId === grantId) all.delete(key);
      }
    },
  });
}
