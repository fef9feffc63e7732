/**
 * Recomputes the whole ledger: every record against its leaf, every leaf against the tree, the tree
 * against the signed head and the checkpoints outside the database. Names the first bad entry.
 */
import type { KeyObject } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { changedIn, ENTRY_COLUMNS, type EntryRow, type Opener, openRow } from './entry-row.ts';
import { type Finding, Findings } from './findings.ts';
import { type Head, readHead } from './head.ts';
import { leafData } from './ledger-record.ts';
import { CompactRange, leafHash, type Subtree } from './merkle.ts';
import { KEPT_LEVELS } from './numbering.ts';
import { checkCounters, checkStrays } from './verify-rest.ts';

export interface Verification {
  readonly ok: boolean;
  readonly origin: string;
  /** Entries numbered when the check began, and how many of them were read. */
  readonly size: number;
  readonly checked: number;
  readonly root: string;
  /** In order of number; the first one is the first bad entry. At most 100. */
  readonly findings: readonly Finding[];
}

export interface VerifyParts {
  readonly sql: Sql;
  readonly ledger: number;
  readonly opener: Opener;
  readonly counterKey: KeyObject;
  readonly keys: Keyring['ledger'];
  /** Signed heads kept outside the database, oldest first. */
  readonly notes: readonly string[];
}

const BATCH = 2_000;

const ROWS = statement(
  'audit_verify_rows',
  `select l.seq, l.recorded, l.nth, l.hash, l.patient as leaf_patient, ${ENTRY_COLUMNS}
   from ledger_leaf l left join ledger_entry e on e.id = l.entry
   where l.ledger = $1 and l.seq >= $2 and l.seq < $3 order by l.seq limit ${BATCH}`,
);
const SUBTREES = statement(
  'audit_verify_subtrees',
  `select level, index, hash from ledger_subtree
   where ledger = $1 and level = $2 and index >= $3 and index < $4 order by index`,
);

type Row = { [K in keyof EntryRow]: EntryRow[K] | null } & {
  readonly seq: number;
  readonly recorded: Date;
  readonly nth: number | null;
  readonly hash: Buffer;
  readonly leaf_patient: string | null;
};

export async function verifyLedger(
  parts: VerifyParts,
  progress: (done: number, total: number) => void = () => undefined,
): Promise<Verification> {
  const findings = new Findings();
  const head = await readHead(parts.sql, parts.keys.name);
  if (!head) throw new Error('The database holds no such ledger.');
  const checkpoints = heads(parts, head, findings);
  const tree = new TreeCheck(parts, head, checkpoints, findings);
  let expected = 0;
  let last = new Date(0);
  let batch = rows(parts, 0, head.size);
  while (expected < head.size) {
    const found = await batch;
    const next = (found.at(-1)?.seq ?? head.size) + 1;
    // The next rows are under way while these are hashed.
    if (next < head.size) batch = rows(parts, next, head.size);
    for (const row of found) {
      missing(findings, expected, row.seq, head.size);
      if (row.seq !== expected) tree.broken = true;
      if (row.recorded < last) findings.add('time', row.seq, 'was recorded before its predecessor');
      last = row.recorded;
      await checkRow(parts, row, findings);
      tree.append(row.hash);
      expected = row.seq + 1;
    }
    if (found.length === 0 || next >= head.size) {
      missing(findings, expected, head.size, head.size);
      if (expected < head.size) tree.broken = true;
      expected = head.size;
    }
    await tree.compare();
    progress(expected, head.size);
  }
  tree.end();
  await checkStrays(parts, findings);
  await checkCounters(parts, findings);
  const list = findings.list();
  return {
    ok: list.length === 0,
    origin: parts.keys.name,
    size: head.size,
    checked: expected,
    root: head.root.toString('base64'),
    findings: list,
  };
}

async function rows(parts: VerifyParts, from: number, until: number): Promise<Row[]> {
  return (await parts.sql.query<Row>({ ...ROWS, values: [parts.ledger, from, until] })).rows;
}

function missing(findings: Findings, from: number, until: number, size: number): void {
  if (from === until) return;
  const kind = until === size ? 'cut-tail' : 'removed';
  const last = until - 1 > from ? ` to ${until - 1}` : '';
  findings.add(kind, from, `${last ? `(${from}${last}) ` : ''}was removed: its leaf is not there`);
}

async function checkRow(parts: VerifyParts, row: Row, findings: Findings): Promise<void> {
  if (row.id === null) {
    findings.add('removed', row.seq, 'was removed: its leaf is there, its record is not');
    return;
  }
  const entry = row as Row & EntryRow;
  const opened = await openRow(parts.opener, entry);
  if (!opened) {
    findings.add('changed', row.seq, 'was changed: its body does not open');
    return;
  }
  const { class: name, commit } = opened;
  const { seq, recorded, hash } = row;
  if (!leafHash(leafData({ class: name, commit, recorded, seq })).equals(hash)) {
    findings.misfit({ seq, class: name, commit, recorded, hash });
    return;
  }
  const column = changedIn(parts.opener, entry, opened);
  if (column) findings.add('column', seq, `has a changed index column: ${column}`);
  else if (row.leaf_patient !== entry.patient) {
    findings.add('column', seq, 'has a changed index column: patient of the leaf');
  }
}

/** The head must be signed, and no checkpoint may know of more than it. */
function heads(parts: VerifyParts, head: Head, findings: Findings): Checkpoint[] {
  const { name, publicKey } = parts.keys;
  try {
    const signed = openCheckpoint(head.note, name, publicKey);
    if (signed.size !== head.size || !signed.root.equals(head.root)) {
      findings.add(
        'head',
        head.size,
        'is the size of the head, and its signature is of another head',
      );
    }
  } catch {
    findings.add('head', head.size, 'is the size of the head, and its signature is not good');
  }
  const known: Checkpoint[] = [];
  for (const note of parts.notes) {
    try {
      known.push(openCheckpoint(note, name, publicKey));
    } catch {
      findings.add(
        'checkpoint',
        head.size,
        'or before: a checkpoint file is not signed by this ledger',
      );
    }
  }
  const largest = Math.max(0, ...known.map(({ size }) => size));
  if (largest > head.size) {
    findings.add(
      'cut-tail',
      head.size,
      `and later are gone: a signed checkpoint knows ${largest} entries (end cut off, or an old backup restored)`,
    );
  }
  return known.filter(({ size }) => size <= head.size).sort((a, b) => a.size - b.size);
}

/** Builds the tree from the stored leaves and compares it where somebody signed or kept it. */
class TreeCheck {
  /** True when a leaf is missing: then no root after it can be recomputed. */
  broken = false;
  readonly #parts: VerifyParts;
  readonly #head: Head;
  readonly #checkpoints: Checkpoint[];
  readonly #findings: Findings;
  readonly #range = new CompactRange();
  #made: Subtree[] = [];
  /** The tree is as signed or kept up to here. */
  #good = 0;
  #bad = false;

  constructor(parts: VerifyParts, head: Head, checkpoints: Checkpoint[], findings: Findings) {
    this.#parts = parts;
    this.#head = head;
    this.#checkpoints = checkpoints;
    this.#findings = findings;
  }

  append(hash: Buffer): void {
    if (this.broken) return;
    this.#range.appendLeaf(hash, (made) => {
      if (KEPT_LEVELS.includes(made.level)) this.#made.push(made);
    });
    while (this.#checkpoints[0] && this.#checkpoints[0].size <= this.#range.end) {
      const checkpoint = this.#checkpoints.shift();
      if (!checkpoint || checkpoint.size === 0) continue;
      this.#judge(
        checkpoint.root.equals(this.#range.root()),
        checkpoint.size,
        'a signed checkpoint',
      );
    }
  }

  /** Compares the subtrees made since the last time with the kept ones. */
  async compare(): Promise<void> {
    for (const level of KEPT_LEVELS) {
      const made = this.#made.filter((subtree) => subtree.level === level);
      const [first] = made;
      if (!first) continue;
      const values = [this.#parts.ledger, level, first.index, first.index + made.length];
      const { rows } = await this.#parts.sql.query<Subtree>({ ...SUBTREES, values });
      const kept = new Map(rows.map(({ index, hash }) => [index, hash]));
      for (const { index, hash } of made) {
        const end = (index + 1) * 2 ** level;
        this.#judge(
          kept.get(index)?.equals(hash) ?? false,
          end,
          'a kept subtree',
          index * 2 ** level,
        );
      }
    }
    this.#made = [];
  }

  end(): void {
    const { size, root, frontier } = this.#head;
    if (this.broken || this.#range.end !== size) return;
    this.#judge(this.#range.root().equals(root), size, 'the signed head');
    if (!this.#bad && !this.#range.frontier().equals(frontier)) {
      this.#findings.add('head', size, 'is the size of the head, and its frontier is changed');
    }
  }

  #judge(good: boolean, end: number, whose: string, begin = this.#good): void {
    if (this.#bad) return;
    if (good) {
      this.#good = Math.max(this.#good, end);
      return;
    }
    this.#bad = true;
    const from = Math.max(begin, this.#good);
    this.#findings.add('tree', from, `to ${end - 1}: one of these differs from ${whose}`);
  }
}
