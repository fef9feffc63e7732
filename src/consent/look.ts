/**
 * One look of somebody at a record. What the gateway remembers of a record makes the next answer
 * about it quicker; so that nobody can tell by that whether another looked there a moment ago, each
 * circle has a memory of its own, and what it is shown first of a record it did not look at lately
 * leaves at the end of a band of time, content or not (decision 1022).
 */
import type { AccessRequest, Actor } from '../permission/index.ts';
import type { Store } from '../store/index.ts';
import type { ReleaseParts } from './decided.ts';

export const LOOK_LIMITS = {
  /** Less than anything is remembered of a record, and of a key. */
  lastsMs: 25_000,
  looksMax: 20_000,
  circlesMax: 1_000,
} as const satisfies Record<string, number>;

export interface Look {
  readonly parts: ReleaseParts;
  /** Whether it fell on a record that its circle had not looked at lately. */
  isFirst(): boolean;
  /** It was answered: what comes after it is no first look. */
  ended(): void;
}

/** Begins a look; its parts note what it falls on. */
export type BeginLook = (access: Pick<AccessRequest, 'actor'>) => Look;

/** Looks through these parts. Only partners wait: a person may know of all looks in the ledger. */
export function createLooks(parts: ReleaseParts): BeginLook {
  const stores = new Map<string, Store>();
  const storeOf = (circle: string): Store => {
    const known = stores.get(circle);
    if (known) return known;
    const store = parts.store.seenBy(circle);
    if (stores.size >= LOOK_LIMITS.circlesMax) stores.clear();
    stores.set(circle, store);
    return store;
  };
  return ({ actor }) => {
    const circle = circleOf(actor);
    const store = storeOf(circle);
    if (isOwnSide(actor)) {
      return { parts: { ...parts, store }, isFirst: () => false, ended: () => undefined };
    }
    let first: string | undefined;
    const fallsOn = (vault: string) => {
      if (first !== undefined || lately.has(circle, vault)) return;
      first = vault;
      // Its life begins now, whoever opened it before.
      store.openKeyAgain(vault);
    };
    return {
      parts: { ...parts, store, fallsOn },
      isFirst: () => first !== undefined,
      // Not before: of several looks at once, none may be told from the first by its time.
      ended: () => first === undefined || lately.note(circle, first),
    };
  };
}

export const isOwnSide = ({ kind }: Actor): boolean =>
  kind === 'person' || kind === 'representative';

/** Within an organisation, colleagues may know of each other's looking. */
function circleOf(actor: Actor): string {
  return isOwnSide(actor) || !('organisation' in actor) ? 'own side' : actor.organisation.id;
}

/** Of all doors of this process, as what is remembered. */
const lately = createLately(() => performance.now());

export interface Lately {
  has(circle: string, vault: string): boolean;
  note(circle: string, vault: string): void;
}

/** Which circles looked at which records lately, in two generations. */
export function createLately(now: () => number): Lately {
  let young = new Map<string, number>();
  let old = new Map<string, number>();
  return {
    has(circle, vault) {
      const name = `${circle}|${vault}`;
      const at = young.get(name) ?? old.get(name);
      return at !== undefined && now() - at < LOOK_LIMITS.lastsMs;
    },
    note(circle, vault) {
      if (young.size >= LOOK_LIMITS.looksMax) {
        old = young;
        young = new Map();
      }
      young.set(`${circle}|${vault}`, now());
    },
  };
}
