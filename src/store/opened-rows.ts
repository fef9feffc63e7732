/**
 * Rows that were opened before, for a row as it lies in the database and for no other: a row that
 * was changed, by whomever, is another row. What a decision looks at is kept of many; what was
 * sealed with it is kept of the few that were just used, for at most a minute, as the keys are that
 * open it.
 *
 * A row whose facts are known opens when somebody looks into it, so what is withheld costs no more
 * than to ask whether it is.
 */
import { openRow, type SAID, type SealedRow, saidOf } from './sealed-row.ts';
import type { StoredResource } from './stored-resource.ts';
import type { VaultKey } from './vault-keys.ts';

/** What stands beside the content of a row. */
export type Known = Pick<StoredResource, 'facts' | (typeof SAID)[number]>;

export const OPENED_LIMITS = {
  /** Two generations of so many; what is used again stays. */
  factsMax: 10_000,
  /** Two generations of so many bytes as they lie. Read as JSON they take five times that. */
  bytesMax: 2 * 1024 * 1024,
  generationMs: 30_000,
} as const satisfies Record<string, number>;

/** A row as a statement gave it, or only that it is there. */
export type Lying = Omit<SealedRow, 'sealed'> & {
  /** Of the transaction that wrote it. */
  readonly made: string;
};

type Whole = Lying & { readonly sealed: Buffer };

export interface OpenedRows {
  /**
   * @param pass only passing by, as all rows of a record do: its content is not kept
   * @throws Problem `fault` when it does not open, now or once somebody looks into it.
   */
  open(key: VaultKey, row: Whole, pass?: 'pass'): StoredResource;
  known(vault: string, row: Lying): Known | undefined;
  /** The record was erased, or has another key. */
  forget(vault: string): void;
}

type Opened = StoredResource & { isKept?: boolean };

interface Held {
  readonly row: Opened;
  readonly tag: Buffer;
}

const TAG_BYTES = 16;

export function createOpenedRows(): OpenedRows {
  const facts = createGenerations<Known>(OPENED_LIMITS.factsMax);
  const rows = createGenerations<Held>(OPENED_LIMITS.bytesMax);
  let ageing: NodeJS.Timeout | undefined;

  function hold(name: string, sealed: Buffer, row: Opened): void {
    row.isKept = true;
    // A tag of its own: a part of the statement's answer would keep all of that.
    rows.put(name, { row, tag: Buffer.from(sealed.subarray(-TAG_BYTES)) }, sealed.length);
    ageing ??= setInterval(() => {
      rows.age();
      if (!rows.isEmpty()) return;
      clearInterval(ageing);
      ageing = undefined;
    }, OPENED_LIMITS.generationMs).unref();
  }

  return {
    open(key, row, pass) {
      const name = nameOf(key.vault, row);
      const { sealed } = row;
      const held = rows.get(name, sealed.length);
      if (held?.tag.equals(sealed.subarray(-TAG_BYTES))) return held.row;
      const known = facts.get(name, 1);
      if (known) {
        return new UnopenedRow(
          key,
          row,
          known,
          pass ? undefined : (opened, sealed) => hold(name, sealed, opened),
        );
      }
      const opened: Opened = openRow(key, row);
      facts.put(name, { facts: opened.facts, ...saidOf(opened) }, 1);
      if (!pass) hold(name, sealed, opened);
      return opened;
    },
    known: (vault, row) => facts.get(nameOf(vault, row), 1),
    forget(vault) {
      facts.drop(vault);
      rows.drop(vault);
    },
  };
}

/** Begins with the vault, by which it is forgotten. */
function nameOf(vault: string, { type, place, custodian, version, made }: Lying): string {
  return `${vault}${place}${custodian}${type}|${version}|${made}`;
}

/** The same as `openRow` gives, opened at the first look at what was sealed. */
class UnopenedRow implements StoredResource {
  readonly vault: string;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly custodian: string;
  readonly updated: Date;
  readonly deleted: boolean;
  readonly facts: StoredResource['facts'];
  isKept = false;
  declare readonly originalId?: string;
  declare readonly sourceTime?: string;
  declare readonly standing?: number;
  declare readonly elementTimes?: Readonly<Record<string, string>>;
  declare readonly mapping?: string;
  /** Let go of once it is opened: it is a part of all that the statement answered. */
  private lies: { readonly key: VaultKey; readonly row: Whole; readonly known: Known } | undefined;
  private readonly opens: ((opened: UnopenedRow, sealed: Buffer) => void) | undefined;
  private opened: Pick<StoredResource, 'native' | 'bytes' | 'r4'> | undefined;

  constructor(key: VaultKey, row: Whole, known: Known, opens?: UnopenedRow['opens']) {
    this.vault = key.vault;
    this.type = row.type;
    this.id = known.facts.id;
    this.version = row.version;
    this.custodian = row.custodian;
    this.updated = row.updated;
    this.deleted = row.deleted;
    Object.assign(this, known);
    this.facts = known.facts;
    this.lies = { key, row, known };
    this.opens = opens;
  }
  get native() {
    return this.open().native;
  }
  get bytes() {
    return this.open().bytes;
  }
  get r4() {
    return this.open().r4;
  }
  private open() {
    if (this.opened) return this.opened;
    if (!this.lies) throw new Error('A row is neither open nor sealed.');
    const { key, row, known } = this.lies;
    const { native, bytes, r4 } = openRow(key, row, known);
    this.opened = { native, bytes, r4 };
    this.lies = undefined;
    this.opens?.(this, row.sealed);
    return this.opened;
  }
}

interface Generations<T> {
  get(name: string, weight: number): T | undefined;
  put(name: string, value: T, weight: number): void;
  /** What was not used since the last time goes. */
  age(): void;
  drop(start: string): void;
  isEmpty(): boolean;
}

/** Two maps: what is used again moves to the young one, and the old one goes as a whole. */
function createGenerations<T>(weightMax: number): Generations<T> {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  let weighs = 0;

  function age(): void {
    old = young;
    young = new Map();
    weighs = 0;
  }
  function put(name: string, value: T, weight: number): void {
    if (weighs + weight > weightMax && young.size > 0) age();
    young.set(name, value);
    weighs += weight;
  }
  return {
    age,
    put,
    get(name, weight) {
      const found = young.get(name);
      if (found) return found;
      const before = old.get(name);
      if (before) put(name, before, weight);
      return before;
    },
    drop(start) {
      for (const all of [young, old]) {
        for (const name of all.keys()) if (name.startsWith(start)) all.delete(name);
      }
    },
    isEmpty: () => young.size + old.size === 0,
  };
}
