/**
 * What was used lately, by vault, within limits of room and time: what was used least lately goes
 * first. Whatever belongs to a vault goes at once when that vault is forgotten.
 */
export interface LatelyUsed<T> {
  get(vault: string, name: string): T | undefined;
  put(vault: string, name: string, value: T): void;
  /** One of the values takes so much more, as `weigh` says of it from now on. */
  grow(weight: number): void;
  /** What was not used since the last time but one goes. */
  age(): void;
  forget(vault: string): void;
  isEmpty(): boolean;
}

interface Entry<T> {
  readonly vault: string;
  readonly name: string;
  readonly value: T;
  /** How often things had aged when this was used last. */
  age: number;
  before: Entry<T> | undefined;
  after: Entry<T> | undefined;
}

/** In order of their last use. */
function createOrder<T>() {
  let oldest: Entry<T> | undefined;
  let newest: Entry<T> | undefined;
  return {
    oldest: () => oldest,
    isNewest: (entry: Entry<T>) => entry === newest,
    unlink({ before, after }: Entry<T>): void {
      if (before) before.after = after;
      else oldest = after;
      if (after) after.before = before;
      else newest = before;
    },
    linkLast(entry: Entry<T>): void {
      entry.before = newest;
      entry.after = undefined;
      if (newest) newest.after = entry;
      else oldest = entry;
      newest = entry;
    },
  };
}

/**
 * @param weightMax of all together; the one that was put there last stays, whatever it weighs
 * @param weigh what one takes; absent: each weighs one
 */
export function createLatelyUsed<T>(
  weightMax: number,
  weigh: (value: T) => number = () => 1,
): LatelyUsed<T> {
  const vaults = new Map<string, Map<string, Entry<T>>>();
  const order = createOrder<T>();
  let weighs = 0;
  let age = 0;

  function drop(entry: Entry<T>): void {
    order.unlink(entry);
    weighs -= weigh(entry.value);
    const its = vaults.get(entry.vault);
    its?.delete(entry.name);
    if (its?.size === 0) vaults.delete(entry.vault);
  }
  function dropWhile(isTooMuch: (oldest: Entry<T>) => boolean): void {
    for (let one = order.oldest(); one && isTooMuch(one); one = order.oldest()) drop(one);
  }
  const makeRoom = () => dropWhile((oldest) => weighs > weightMax && !order.isNewest(oldest));
  return {
    get(vault, name) {
      const found = vaults.get(vault)?.get(name);
      if (!found) return undefined;
      found.age = age;
      if (!order.isNewest(found)) {
        order.unlink(found);
        order.linkLast(found);
      }
      return found.value;
    },
    put(vault, name, value) {
      const known = vaults.get(vault)?.get(name);
      if (known) drop(known);
      const its = vaults.get(vault) ?? new Map<string, Entry<T>>();
      vaults.set(vault, its);
      const entry: Entry<T> = { vault, name, value, age, before: undefined, after: undefined };
      its.set(name, entry);
      order.linkLast(entry);
      weighs += weigh(value);
      makeRoom();
    },
    grow(weight) {
      weighs += weight;
      makeRoom();
    },
    age() {
      age += 1;
      dropWhile((oldest) => oldest.age < age - 1);
    },
    forget(vault) {
      for (const entry of vaults.get(vault)?.values() ?? []) drop(entry);
    },
    isEmpty: () => order.oldest() === undefined,
  };
}
