/**
 * What was used lately, by vault: what is used again stays, what is not goes with its generation.
 * Whatever belongs to a vault goes at once when that vault is forgotten.
 */
export interface Generations<T> {
  get(vault: string, name: string): T | undefined;
  put(vault: string, name: string, value: T): void;
  /** Something among them takes so much more. */
  grow(weight: number): void;
  /** What was not used since the last time goes. */
  age(): void;
  forget(vault: string): void;
  isEmpty(): boolean;
}

type ByVault<T> = Map<string, Map<string, T>>;

/**
 * Two generations: what is used again moves to the young one, and the old one goes as a whole.
 * @param weightMax of each generation
 * @param weigh what one takes, at the moment it is put there; absent: each weighs one
 */
export function createGenerations<T>(
  weightMax: number,
  weigh: (value: T) => number = () => 1,
): Generations<T> {
  let young: ByVault<T> = new Map();
  let old: ByVault<T> = new Map();
  let weighs = 0;

  function age(): void {
    old = young;
    young = new Map();
    weighs = 0;
  }
  function put(vault: string, name: string, value: T): void {
    const weight = weigh(value);
    if (weighs + weight > weightMax && young.size > 0) age();
    const its = young.get(vault);
    if (its) its.set(name, value);
    else young.set(vault, new Map([[name, value]]));
    weighs += weight;
  }
  return {
    age,
    put,
    grow(weight) {
      weighs += weight;
    },
    get(vault, name) {
      const found = young.get(vault)?.get(name);
      if (found !== undefined) return found;
      const before = old.get(vault)?.get(name);
      if (before !== undefined) put(vault, name, before);
      return before;
    },
    forget(vault) {
      young.delete(vault);
      old.delete(vault);
    },
    isEmpty: () => young.size + old.size === 0,
  };
}
