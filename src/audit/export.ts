/**
 * The ledger as lines that somebody else can check without us: a manifest, an entry a line with its
 * record and rendering, and a signed digest. What the receiver may not see stands in as hashes of
 * subtrees, so that the root still comes out. Checked by `scripts/verify-ledger.mjs`.
 */
import { createHash, sign } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { type AuditDirectory, toAuditEvent } from './audit-event.ts';
import { verifierKey } from './checkpoint.ts';
import { ENTRY_COLUMNS, type EntryRow, type Opener, openRow } from './entry-row.ts';
import { readHead } from './head.ts';
import { asSeenBy } from './ledger-entry-view.ts';
import { CompactRange, cover } from './merkle.ts';
import { treeNodes } from './tree-nodes.ts';

export interface ExportFilter {
  /** Only what this organisation may see; absent for who may see the whole ledger. */
  readonly organisation?: string;
  /** From (inclusive) and until (exclusive) the moment of numbering. */
  readonly from?: Date;
  readonly until?: Date;
}

export interface ExportParts {
  readonly sql: Sql;
  readonly opener: Opener;
  readonly keys: Keyring['ledger'];
  readonly made: Date;
}

const BATCH = 1_000;
const RENDERED = ',"auditEvent":';

/** `offset 0` keeps the planner from reading the whole table for each batch. */
export const ROWS = statement(
  'audit_export_rows',
  `select l.seq, l.recorded, l.nth, l.hash, p.run::text, ${ENTRY_COLUMNS}
   from ledger_leaf l
   left join lateral (select * from ledger_entry where id = l.entry offset 0) e on true
   left join lateral (select run from ledger_pruned where seq = l.seq offset 0) p on true
   where l.seq >= $1 and l.seq < $2 order by l.seq limit ${BATCH}`,
);
const RECORDED = statement('audit_recorded', 'select recorded from ledger_leaf where seq = $1');

export type Row = EntryRow & {
  readonly seq: number;
  readonly recorded: Date;
  readonly nth: number | null;
  readonly hash: Buffer;
  /** The retention run that took it. */
  readonly run: string | null;
};

/** Lines, each with its line feed. @throws Error when the tree misses a row: verify first. */
export async function* exportNdjson(
  parts: ExportParts,
  filter: ExportFilter,
  directory: AuditDirectory,
): AsyncGenerator<string> {
  const digest = createHash('sha256');
  let entries = 0;
  for await (const line of body(parts, filter, directory)) {
    if (line.startsWith('{"seq":')) entries += 1;
    digest.update(`${digested(line)}\n`);
    yield `${line}\n`;
  }
  const hex = digest.digest('hex');
  const signature = sign(null, signedText(hex, entries), parts.keys.privateKey).toString('base64');
  yield `${JSON.stringify({ digest: hex, entries, signature })}\n`;
}

/**
 * Of an entry all but the AuditEvent, whose own digest stands before it: nothing is hashed
 * twice.
 */
function digested(line: string): string {
  if (!line.startsWith('{"seq":')) return line;
  const at = line.lastIndexOf(RENDERED);
  return at < 0 ? line : line.slice(0, at + RENDERED.length);
}

/** What the signature at the end is over. */
function signedText(digest: string, entries: number): Buffer {
  return Buffer.from(`zorgsluis-ledger-export\n${digest}\n${entries}\n`);
}

async function* body(
  parts: ExportParts,
  filter: ExportFilter,
  directory: AuditDirectory,
): AsyncGenerator<string> {
  const { sql, keys } = parts;
  const head = await readHead(sql, keys.name);
  if (!head) throw new Error('The database holds no such ledger.');
  const { size } = head;
  const begin = filter.from ? await firstSince(sql, size, filter.from) : 0;
  const end = filter.until ? await firstSince(sql, size, filter.until) : size;
  const nodes = treeNodes(sql);
  const before = await nodes(cover(0, begin));
  yield JSON.stringify({
    export: 'zorgsluis-ledger',
    v: 1,
    origin: keys.name,
    key: verifierKey(keys.name, keys.publicKey),
    made: parts.made.toISOString(),
    size,
    begin,
    end: Math.max(begin, end),
    filter: {
      ...(filter.organisation === undefined ? {} : { organisation: filter.organisation }),
      ...(filter.from ? { from: filter.from.toISOString() } : {}),
      ...(filter.until ? { until: filter.until.toISOString() } : {}),
    },
    checkpoint: head.note,
    before: before.map((hash) => hash.toString('base64')),
  });
  yield* entryLines(parts, filter, directory, { begin, end });
  const after = await nodes(cover(Math.max(begin, end), size));
  yield JSON.stringify({ after: after.map((hash) => hash.toString('base64')) });
}

async function* entryLines(
  parts: ExportParts,
  filter: ExportFilter,
  directory: AuditDirectory,
  { begin, end }: { begin: number; end: number },
): AsyncGenerator<string> {
  let hidden = new CompactRange(begin);
  for (let at = begin; at < end; ) {
    const { rows } = await parts.sql.query<Row>({ ...ROWS, values: [at, end] });
    for (const row of rows) {
      if (row.seq !== at) break;
      at += 1;
      const line = await entryLine(parts, filter, directory, row);
      if (line === undefined) {
        hidden.appendLeaf(row.hash);
        continue;
      }
      if (hidden.end > hidden.begin) yield hiddenLine(hidden);
      hidden = new CompactRange(at);
      yield line;
    }
    if (rows.length === 0 || rows.at(-1)?.seq !== at - 1) {
      throw new Error(`Entry ${at} of the ledger is not there: run verify.`);
    }
  }
  if (hidden.end > hidden.begin) yield hiddenLine(hidden);
}

function hiddenLine(hidden: CompactRange): string {
  const nodes = hidden.subtrees.map(({ hash }) => hash.toString('base64'));
  return JSON.stringify({ hidden: [hidden.begin, hidden.end], nodes });
}

/** @returns undefined for an entry that the receiver may not see at all. */
async function entryLine(
  parts: ExportParts,
  filter: ExportFilter,
  directory: AuditDirectory,
  row: Row,
): Promise<string | undefined> {
  const opened = row.id === null ? undefined : await openRow(parts.opener, row);
  const { seq } = row;
  const hash = row.hash.toString('base64');
  if (!opened) {
    // Nobody can tell whose it is; only who may see the whole ledger hears that it cannot be read.
    if (filter.organisation !== undefined) return undefined;
    const why = row.run === null ? { unreadable: true } : { pruned: row.run };
    return JSON.stringify({ seq, hash, ...why });
  }
  const whole = {
    ledger: parts.opener.origin,
    seq,
    recorded: row.recorded.toISOString(),
    record: opened.record,
    leafHash: row.hash.toString('hex'),
    ...(row.nth === null ? {} : { nth: row.nth }),
    masked: false,
  };
  const seen = filter.organisation === undefined ? whole : asSeenBy(whole, filter.organisation);
  if (!seen) return undefined;
  const auditEvent = JSON.stringify(toAuditEvent(seen, directory));
  const rendering = createHash('sha256').update(auditEvent).digest('base64url').slice(0, 22);
  if (seen.masked) {
    const start = `{"seq":${seq},"hash":"${hash}","masked":true`;
    return `${start},"rendering":"${rendering}"${RENDERED}${auditEvent}}`;
  }
  // The verifier hashes the record as it stands here, so the canonical text goes in as it is.
  return (
    `{"seq":${seq},"recorded":"${whole.recorded}","class":"${opened.class}","hash":"${hash}",` +
    `"salt":"${row.salt.toString('base64')}","rendering":"${rendering}",` +
    `"record":${opened.canonical}${RENDERED}${auditEvent}}`
  );
}

/** First number recorded at or after that moment: times never go back, so halving finds it. */
export async function firstSince(sql: Sql, size: number, since: Date): Promise<number> {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const { rows } = await sql.query<{ recorded: Date }>({ ...RECORDED, values: [middle] });
    const [row] = rows;
    if (!row) throw new Error(`Entry ${middle} of the ledger is not there: run verify.`);
    if (row.recorded < since) low = middle + 1;
    else high = middle;
  }
  return low;
}
