/**
 * Rows that were opened before, for a row as it lies in the database and for no other: a row that was
 * changed, by whomever, is another row. What a decision looks at is kept of many; what was sealed with
 * it is kept of the few that were just used, for at most a minute, as the keys are that open it.
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

export interface OpenedRows {
  /** @throws Problem `fault` when it does not open, now or once somebody looks into it. */
  open(key: VaultKey, row: Lying & { readonly sealed: Buffer }): StoredResource;
  known(vault: string, row: Lying): Known | undefined;
  /** The record was erased, or has another key. */
  forget(vault: string): void;
}

interface Held {
  readonly row: StoredResource;
  readonly tag: Buffer;
}

const TAG_BYTES = 16;

export function createOpenedRows(): OpenedRows {
  const facts = createGenerations<Known>(OPENED_LIMITS.factsMax);
  const rows = createGenerations<Held>(OPENED_LIMITS.bytesMax);
  let ageing: NodeJS.Timeout | undefined;

  function hold(name: string, sealed: Buffer, row: StoredResource): void {
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
    open(key, row) {
      const name = nameOf(key.vault, row);
      const { sealed } = row;
      const held = rows.get(name, sealed.length);
      if (held?.tag.equals(sealed.subarray(-TAG_BYTES))) return held.row;
      const known = facts.get(name, 1);
      if (known) {
        const unopened = unopenedRow(key, row, known, () => hold(name, row.sealed, unopened));
        return unopened;
      }
      const opened = openRow(key, row);
      facts.put(name, { facts: opened.facts, ...saidOf(opened) }, 1);
      hold(name, sealed, opened);
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
function unopenedRow(
  key: VaultKey,
  row: Lying & { readonly sealed: Buffer },
  { facts, ...said }: Known,
  opens: () => void,
): StoredResource {
  let opened: Pick<StoredResource, 'native' | 'bytes' | 'r4'> | undefined;
  // Let go of once it is opened: it is a part of all that the statement answered.
  let lies: { readonly row: typeof row; readonly opens: () => void } | undefined = { row, opens };
  const open = () => {
    if (lies) {
      opened = openRow(key, lies.row, { facts, ...said });
      lies.opens();
      lies = undefined;
    }
    return opened as NonNullable<typeof opened>;
  };
  return {
    vault: key.vault,
    type: row.type,
    id: facts.id,
    version: row.version,
    custodian: row.custodian,
    updated: row.updated,
    deleted: row.deleted,
    facts,
    ...said,
    get native() {
      return open().native;
    },
    get bytes() {
      return open().bytes;
    },
    get r4() {
      return open().r4;
    },
  };
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
