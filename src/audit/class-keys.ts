/**
 * Keys of the bodies: one for each retention class and month, made on first need and wrapped by a
 * key-encryption key. With the last wrapped copy of a month's key its bodies end, and the tree
 * stays.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { WHOLE_TAG } from '../platform/whole-tag.ts';
import type { RetentionClass } from './ledger-entry.ts';

export interface ClassKey {
  readonly id: number;
  readonly class: RetentionClass;
  readonly key: KeyObject;
}

const RETENTION_CLASSES: readonly RetentionClass[] = [
  'care',
  'evidence',
  'pgo',
  'chain',
  'security',
  'ops',
];

const KEYS = statement(
  'audit_keys',
  `select k.id, k.class, to_char(k.month, 'YYYY-MM') as month, w.kek, w.wrapped
   from ledger_key k join ledger_key_wrap w on w.key = k.id`,
);
const ADD_KEY = statement(
  'audit_add_key',
  `with made as (
     insert into ledger_key (class, month) values ($1, ($2 || '-01')::date)
     on conflict do nothing returning id)
   insert into ledger_key_wrap (key, kek, wrapped) select id, $3, $4 from made`,
);
const ADD_WRAP = statement(
  'audit_add_wrap',
  'insert into ledger_key_wrap (key, kek, wrapped) values ($1, $2, $3) on conflict do nothing',
);

interface KeyRow {
  id: number;
  class: RetentionClass;
  month: string;
  kek: string;
  wrapped: Buffer;
}

export class ClassKeys {
  readonly #sql: Sql;
  readonly #keyring: Keyring;
  readonly #byId = new Map<number, ClassKey>();
  readonly #byMonth = new Map<string, ClassKey>();

  constructor(sql: Sql, keyring: Keyring) {
    this.#sql = sql;
    this.#keyring = keyring;
  }

  /** Makes sure that this month and the next have their keys, so that writing needs no question. */
  async prepare(now: Date): Promise<void> {
    const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
    const needed = [monthOf(now), monthOf(next)].flatMap((month) =>
      RETENTION_CLASSES.map((name) => ({ name, month })),
    );
    const missing = () =>
      needed.filter(({ name, month }) => !this.#byMonth.has(`${name} ${month}`));
    if (missing().length === 0) return;
    await this.#read();
    for (const { name, month } of missing()) await this.#make(name, month);
    if (missing().length > 0) await this.#read();
  }

  /**
   * The key that seals what happens now. @throws Problem `fault` when the month was not
   * prepared.
   */
  current(name: RetentionClass, at: Date): ClassKey {
    const found = this.#byMonth.get(`${name} ${monthOf(at)}`);
    if (!found) throw new Problem('fault', 'The ledger has no key for this month.');
    return found;
  }

  /** @returns undefined when the key is gone: its retention has ended. */
  async byId(id: number): Promise<ClassKey | undefined> {
    if (!this.#byId.has(id)) await this.#read();
    return this.#byId.get(id);
  }

  /**
   * Wraps every key under the current key-encryption key as well; the old one may go after that.
   */
  async rewrap(): Promise<number> {
    const { current } = this.#keyring.kek;
    await this.#read();
    const { rows } = await this.#sql.query<KeyRow>(KEYS);
    const done = new Set(rows.filter((row) => row.kek === current).map((row) => row.id));
    let added = 0;
    for (const row of rows) {
      if (done.has(row.id)) continue;
      done.add(row.id);
      const bytes = this.#byId.get(row.id)?.key.export() ?? this.#unwrap(row);
      const wrapped = this.#wrap(bytes, row.class, row.month);
      await this.#sql.query({ ...ADD_WRAP, values: [row.id, current, wrapped] });
      added += 1;
    }
    return added;
  }

  /**
   * Copies that are not of their key, class and month: put in or changed by another hand. Under a
   * key-encryption key that was put away nobody can tell, but that it was one of ours.
   * @param told key-encryption keys that lines of the ledger tell of
   */
  async changedCopies(
    told: ReadonlySet<string>,
  ): Promise<readonly { key: number; kek: string; isStrange: boolean }[]> {
    const { rows } = await this.#sql.query<KeyRow>(KEYS);
    return rows.flatMap((row) => {
      const isStrange = !this.#knows(row.kek) && !told.has(row.kek);
      const isChanged = this.#knows(row.kek) && !this.#unwrapIfKnown(row);
      return isStrange || isChanged ? [{ key: row.id, kek: row.kek, isStrange }] : [];
    });
  }

  #knows(kek: string): boolean {
    try {
      return this.#keyring.kek.key(kek) !== undefined;
    } catch {
      return false;
    }
  }

  async #read(): Promise<void> {
    const { rows } = await this.#sql.query<KeyRow>(KEYS);
    for (const row of rows) {
      if (this.#byId.has(row.id)) continue;
      const bytes = this.#unwrapIfKnown(row);
      if (!bytes) continue;
      const key = { id: row.id, class: row.class, key: createSecretKey(bytes) };
      this.#byId.set(row.id, key);
      this.#byMonth.set(`${row.class} ${row.month}`, key);
    }
  }

  /** A copy under a key-encryption key that was put away is no loss while another copy opens. */
  #unwrapIfKnown(row: KeyRow): Buffer | undefined {
    try {
      return this.#unwrap(row);
    } catch {
      return undefined;
    }
  }

  async #make(name: RetentionClass, month: string): Promise<void> {
    const wrapped = this.#wrap(randomBytes(32), name, month);
    const { current } = this.#keyring.kek;
    await this.#sql.query({ ...ADD_KEY, values: [name, month, current, wrapped] });
  }

  #wrap(key: Buffer, name: string, month: string): Buffer {
    const nonce = randomBytes(12);
    const { current } = this.#keyring.kek;
    const cipher = createCipheriv('aes-256-gcm', this.#keyring.kek.key(current), nonce);
    cipher.setAAD(this.#bound(name, month));
    return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  }

  #unwrap({ class: name, month, kek, wrapped }: KeyRow): Buffer {
    const nonce = wrapped.subarray(0, 12);
    const decipher = createDecipheriv('aes-256-gcm', this.#keyring.kek.key(kek), nonce, WHOLE_TAG);
    decipher.setAAD(this.#bound(name, month));
    decipher.setAuthTag(wrapped.subarray(-16));
    return Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()]);
  }

  #bound(name: string, month: string): Buffer {
    return Buffer.from(`zorgsluis/ledger-key|${this.#keyring.ledger.name}|${name}|${month}`);
  }
}

const monthOf = (at: Date): string => at.toISOString().slice(0, 7);
