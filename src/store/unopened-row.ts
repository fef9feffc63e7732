/**
 * A row that was fetched, or is only known to lie there, and opens when somebody looks into it: the
 * same as `openRow` gives.
 */
import { withoutLongTexts } from './long-texts.ts';
import type { Held, Known, Lying, Opened, Whole } from './opened-rows.ts';
import { openRow } from './sealed-row.ts';
import type { StoredResource } from './stored-resource.ts';
import type { VaultKey } from './vault-keys.ts';

/** Opened at the first look at what was sealed, if that is here. */
export class UnopenedRow implements StoredResource {
  readonly vault: string;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly custodian: string;
  readonly updated: Date;
  readonly deleted: boolean;
  readonly facts: StoredResource['facts'];
  kept?: Held;
  declare readonly originalId?: string;
  declare readonly sourceTime?: string;
  declare readonly standing?: number;
  declare readonly elementTimes?: Readonly<Record<string, string>>;
  declare readonly mapping?: string;
  /** Let go of once it is opened: it is a part of all that the statement answered. */
  private lies: Sealed | undefined;
  private opened: Pick<StoredResource, 'native' | 'bytes' | 'r4' | 'wholeBytes'> | undefined;

  constructor(vault: string, row: Lying, known: Known, lies?: Sealed) {
    this.vault = vault;
    this.type = row.type;
    this.id = known.facts.id;
    this.version = row.version;
    this.custodian = row.custodian;
    this.updated = row.updated;
    this.deleted = row.deleted;
    Object.assign(this, known);
    this.facts = known.facts;
    this.lies = lies;
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
  get wholeBytes() {
    return this.open().wholeBytes;
  }
  get isClosed() {
    return this.opened === undefined && this.lies === undefined;
  }
  private open() {
    if (this.opened) return this.opened;
    if (!this.lies) throw new Error('A row is looked into that was not fetched to be opened.');
    const { key, row, known, isCut, opens } = this.lies;
    const opened: Opened = openRow(key, row, known);
    const { native, bytes, r4, wholeBytes } = isCut ? withoutLongTexts(opened) : opened;
    this.opened = { native, bytes, r4, wholeBytes };
    this.lies = undefined;
    opens?.(this, row.sealed);
    return this.opened;
  }
}

interface Sealed {
  readonly key: VaultKey;
  readonly row: Whole;
  readonly known: Known;
  /** It opens without its long texts. */
  readonly isCut: boolean;
  readonly opens: ((opened: Opened, sealed: Buffer) => void) | undefined;
}

/** The row without its content, for whoever may not look into it. */
export const closedRow = (vault: string, row: Lying, known: Known): StoredResource =>
  new UnopenedRow(vault, row, known);
