/**
 * Recomputes the whole ledger: every record against its leaf, every leaf against the tree, the tree
 * against the signed head and the checkpoints outside the database. Names the first bad entry.
 */
import type { KeyObject } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import {
  changedIn,
  commitOf,
  ENTRY_COLUMNS,
  type EntryRow,
  type Opener,
  openRow,
} from './entry-row.ts';
import { type Finding, Findings } from './findings.ts';
import { checkGuards } from './guards-check.ts';
import { type Head, readHead } from './head.ts';
import { leafData } from './ledger-record.ts';
import { leafHash } from './merkle.ts';
import { patientToken } from './pseudonyms.ts';
import { RetentionCheck } from './retention-check.ts';
import { TreeCheck } from './tree-check.ts';
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
  readonly opener: Opener;
  readonly counterKey: KeyObject;
  readonly keys: Keyring['ledger'];
  /** Signed heads kept outside the database, oldest first. */
  readonly notes: readonly string[];
}

const BATCH = 2_000;

/** `offset 0` keeps the planner from reading the whole table for each batch. */
const ROWS = statement(
  'audit_verify_rows',
  `select l.seq, l.recorded, l.recorded = date_trunc('milliseconds', l.recorded) as exact,
          l.nth, l.hash, l.patient::text, p.run::text, ${ENTRY_COLUMNS}
   from ledger_leaf l
   left join lateral (select * from ledger_entry where id = l.entry offset 0) e on true
   left join lateral (select run from ledger_pruned where seq = l.seq offset 0) p on true
   where l.seq >= $1 and l.seq < $2 order by l.seq limit ${BATCH}`,
);
type Row = { [K in keyof EntryRow]: EntryRow[K] | null } & {
  readonly seq: number;
  readonly recorded: Date;
  /** False when it tells more than is hashed: nothing here writes that. */
  readonly exact: boolean;
  readonly nth: number | null;
  readonly hash: Buffer;
  readonly patient: string | null;
  /** The retention run that it is listed with. */
  readonly run: string | null;
};

export async function verifyLedger(
  parts: VerifyParts,
  progress: (done: number, total: number) => void = () => undefined,
): Promise<Verification> {
  const findings = new Findings();
  const retention = new RetentionCheck();
  const head = await readHead(parts.sql, parts.keys.name);
  if (!head) throw new Error('The database holds no such ledger.');
  await retention.readMarks(parts.sql);
  const signed = signedHead(parts, head, findings);
  const checkpoints = checkpointsOf(parts, head, findings);
  // What the note signs counts, where somebody changed the row beside it.
  const tree = new TreeCheck(parts, { ...head, ...signed }, checkpoints, findings);
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
      await checkRow(parts, row, findings, retention);
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
  retention.end(findings);
  await retention.compareHolds(parts.sql, findings);
  if (expected === head.size && head.size > 0 && head.recorded.getTime() !== last.getTime()) {
    findings.add(
      'head',
      head.size,
      'is the size of the head, and its time is not that of its last',
    );
  }
  await checkStrays(parts, findings, retention.keks);
  await checkCounters(parts, findings);
  await checkGuards(parts.sql, findings);
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
  return (await parts.sql.query<Row>({ ...ROWS, values: [from, until] })).rows;
}

function missing(findings: Findings, from: number, until: number, size: number): void {
  if (from === until) return;
  const kind = until === size ? 'cut-tail' : 'removed';
  const last = until - 1 > from ? ` to ${until - 1}` : '';
  findings.add(kind, from, `${last ? `(${from}${last}) ` : ''}was removed: its leaf is not there`);
}

async function checkRow(
  parts: VerifyParts,
  row: Row,
  findings: Findings,
  retention: RetentionCheck,
): Promise<void> {
  if (row.id === null) {
    if (row.run !== null) return retention.gone(row.run, row.seq, row.hash);
    findings.add('removed', row.seq, 'was removed: its leaf is there, its record is not');
    return;
  }
  const entry = row as Row & EntryRow;
  const opened = await openRow(parts.opener, entry);
  if (!opened) {
    findings.add('changed', row.seq, 'was changed: its body does not open');
    return;
  }
  retention.hear(opened.record, row.seq);
  retention.present(opened.class, row.seq, row.patient);
  if (row.run !== null) findings.add('removed', row.seq, 'is listed as gone, and is there');
  const { class: name } = opened;
  const commit = commitOf(entry, opened);
  const { seq, recorded, hash } = row;
  if (!leafHash(leafData({ class: name, commit, recorded, seq })).equals(hash)) {
    findings.misfit({ seq, class: name, commit, recorded, hash });
    return;
  }
  if (!row.exact) findings.add('changed', seq, 'was changed: its time is none that is written');
  const column = changedIn(parts.opener, entry, opened);
  if (column) findings.add('column', seq, `has a changed index column: ${column}`);
  else if (row.patient !== patientToken(opened.record.patient)) {
    findings.add('column', seq, 'has a changed index column: patient of the leaf');
  }
}

/** The head must be signed as it is. @returns the root that its note signs. */
function signedHead(parts: VerifyParts, head: Head, findings: Findings): { root?: Buffer } {
  const { name, publicKey } = parts.keys;
  try {
    const signed = openCheckpoint(head.note, name, publicKey);
    if (signed.size === head.size && signed.root.equals(head.root)) return { root: head.root };
    findings.add(
      'head',
      head.size,
      'is the size of the head, and its signature is of another head',
    );
    return signed.size === head.size ? { root: signed.root } : {};
  } catch {
    findings.add('head', head.size, 'is the size of the head, and its signature is not good');
    return {};
  }
}

/** Signed heads from outside; none may know of more than the database. */
function checkpointsOf(parts: VerifyParts, head: Head, findings: Findings): Checkpoint[] {
  const { name, publicKey } = parts.keys;
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
  const sizes = known.map(({ size }) => size);
  // Each is kept under its own size, and the latest is no older than any of them.
  const isInOrder = sizes.every((size, at) => {
    const before = sizes[at - 1] ?? -1;
    return at === sizes.length - 1 ? size >= before : size > before;
  });
  if (!isInOrder) {
    findings.add('checkpoint', undefined, 'A checkpoint file was put in the place of another.');
  }
  const largest = Math.max(0, ...known.map(({ size }) => size));
  if (largest > head.size) {
    findings.add(
      'cut-tail',
      head.size,
      `and later are gone (end cut off, or old backup restored): a checkpoint knows ${largest}`,
    );
  }
  return known.filter(({ size }) => size <= head.size).sort((a, b) => a.size - b.size);
}
