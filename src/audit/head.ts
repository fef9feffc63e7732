/** The head of the ledger: how far it is numbered, its frontier, and the note that signs it. */
import type { Keyring } from '../identity/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { keyHash, openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { CompactRange, EMPTY_ROOT } from './merkle.ts';

export interface Head {
  readonly size: number;
  readonly root: Buffer;
  /** Concatenated hashes of the fewest complete subtrees: enough to grow from. */
  readonly frontier: Buffer;
  /** Time of the last numbered entry; the next is never earlier. */
  readonly recorded: Date;
  /** The C2SP checkpoint of this size and root. */
  readonly note: string;
  readonly swept: number;
}

const COLUMNS = 'size, root, frontier, recorded, note, swept';
const HEAD = statement('audit_head', `select ${COLUMNS} from ledger_head where origin = $1`);
const HEAD_LOCKED = statement(
  'audit_head_locked',
  `select ${COLUMNS} from ledger_head where origin = $1 for update`,
);
const NEW_HEAD = statement(
  'audit_new_head',
  `insert into ledger_head (origin, size, root, frontier, recorded, note)
   values ($1, 0, $2, '', $3, $4) on conflict do nothing`,
);

export async function readHead(sql: Sql, origin: string): Promise<Head | undefined> {
  const { rows } = await sql.query<Head>({ ...HEAD, values: [origin] });
  return rows[0];
}

/** Locks the head until the end of the transaction: nobody else numbers meanwhile. */
export async function lockHead(tx: Sql, origin: string): Promise<Head | undefined> {
  const { rows } = await tx.query<Head>({ ...HEAD_LOCKED, values: [origin] });
  return rows[0];
}

/**
 * The head of this ledger, made with size 0 when the database has none.
 * @throws Error when the database holds another ledger.
 */
export async function openHead(sql: Sql, keys: Keyring['ledger'], now: Date): Promise<Head> {
  const found = await readHead(sql, keys.name);
  if (found) return found;
  const note = headNote(keys, 0, EMPTY_ROOT);
  await sql.query({ ...NEW_HEAD, values: [keys.name, EMPTY_ROOT, now, note] });
  const made = await readHead(sql, keys.name);
  if (!made) throw new Error('The database holds the ledger of another gateway.');
  return made;
}

/** The signed checkpoint of a size and root. */
export function headNote(keys: Keyring['ledger'], size: number, root: Buffer): string {
  const { name, privateKey, publicKey } = keys;
  return signCheckpoint({ origin: name, size, root }, privateKey, keyHash(name, publicKey));
}

/** @throws RangeError when frontier and size do not fit. */
export function rangeOf(head: Head): CompactRange {
  return CompactRange.fromFrontier(head.size, head.frontier);
}

/**
 * A head that was changed by another hand would be signed into every head after it, and no proof
 * would hold any more; so nothing is numbered on it.
 * @throws Problem `busy` code `ledger-head-changed`: no line can be written, so nothing is given.
 */
export function requireSound(head: Head, { name, publicKey }: Keyring['ledger']): void {
  try {
    const signed = openCheckpoint(head.note, name, publicKey);
    if (
      signed.size === head.size &&
      signed.root.equals(head.root) &&
      rangeOf(head).root().equals(head.root)
    ) {
      return;
    }
  } catch {
    // Said below: a note that is not signed, or a frontier that fits no tree.
  }
  throw new Problem('busy', 'The head of the ledger was changed by another hand: run verify.', {
    code: 'ledger-head-changed',
  });
}
