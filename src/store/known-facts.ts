/**
 * What a decision looks at, of rows that were opened before: kept for a row as it lies in the
 * database, and given only for that. A row that was changed, by whomever, is another row.
 */
import { type SAID, type SealedRow, saidOf } from './sealed-row.ts';
import type { StoredResource } from './stored-resource.ts';

/** What stands beside the content of a row. */
export type Known = Pick<StoredResource, 'facts' | (typeof SAID)[number]>;

/** Two generations of so many; what is used again stays. */
export const KNOWN_FACTS_MAX = 10_000;

type Lying = Pick<SealedRow, 'type' | 'place' | 'custodian' | 'version'> & {
  /** Of the transaction that wrote it. */
  readonly made: string;
};

export interface KnownFacts {
  get(vault: string, row: Lying): Known | undefined;
  put(vault: string, row: Lying, opened: Known): void;
}

export function createKnownFacts(): KnownFacts {
  let young = new Map<string, Known>();
  let old = new Map<string, Known>();
  const nameOf = (vault: string, { type, place, custodian, version, made }: Lying) =>
    `${vault}${place}${custodian}${type}|${version}|${made}`;

  function put(name: string, known: Known): void {
    if (young.size >= KNOWN_FACTS_MAX) {
      old = young;
      young = new Map();
    }
    young.set(name, known);
  }
  return {
    get(vault, row) {
      const name = nameOf(vault, row);
      const found = young.get(name);
      if (found) return found;
      const before = old.get(name);
      if (before) put(name, before);
      return before;
    },
    put: (vault, row, opened) =>
      put(nameOf(vault, row), { facts: opened.facts, ...saidOf(opened) }),
  };
}
