/**
 * Reading the ledger for an auditor of one organisation. Every question names that organisation:
 * what is neither its agents' act nor about what it holds is not found. Reading is itself an
 * entry, which the caller writes (`logRead`).
 */
import type { Sql } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { secondOf } from './entry-columns.ts';
import { ENTRY_COLUMNS, type EntryRow, type Opener, openRow } from './entry-row.ts';
import type { LedgerEvent } from './ledger-entry.ts';
import { asSeenBy, type LedgerEntry } from './ledger-entry-view.ts';
import { patientToken } from './pseudonyms.ts';

export interface LedgerQuery {
  /** The organisation whose auditor asks: as agent, or as holder of what was shown or received. */
  readonly organisation: string;
  /** Vault id. */
  readonly patient?: string;
  /** The person as this ledger names them, where no vault is at hand. */
  readonly pseudonym?: string;
  readonly agent?: { readonly kind: LedgerEvent['agent']['kind']; readonly id: string };
  readonly event?: string;
  /** Any of these. */
  readonly events?: readonly string[];
  /** Only what carried a label of extra protection. */
  readonly labelled?: boolean;
  readonly action?: LedgerEvent['action'];
  readonly outcome?: LedgerEvent['outcome'];
  readonly purpose?: string;
  readonly route?: LedgerEvent['route'];
  /** True: only what did not succeed. */
  readonly refused?: boolean;
  /** From (inclusive) and until (exclusive) the moment of the act. */
  readonly from?: Date;
  readonly until?: Date;
  readonly limit?: number;
  readonly cursor?: string;
}

export interface LedgerPage {
  /** Newest first. */
  readonly entries: readonly LedgerEntry[];
  readonly next?: string;
}

export const SEARCH_LIMITS = {
  pageSizeDefault: 50,
  pageSizeMax: 500,
  scannedMax: 20_000,
  /** Rows of one statement, where many are passed over. */
  rowsMax: 2_000,
} as const;

export interface NumberedRow extends EntryRow {
  readonly seq: number;
  readonly recorded: Date;
  readonly nth: number | null;
  readonly hash: Buffer;
}

export const NUMBERED_COLUMNS = `${ENTRY_COLUMNS}, l.seq, l.recorded, l.nth, l.hash`;

export interface SearchParts {
  readonly sql: Sql;
  readonly opener: Opener;
}

/**
 * @throws Problem `invalid` for a cursor that is not ours, `too-costly` for a search that finds
 * too little.
 */
export async function searchLedger(parts: SearchParts, query: LedgerQuery): Promise<LedgerPage> {
  const limit = Math.min(query.limit ?? SEARCH_LIMITS.pageSizeDefault, SEARCH_LIMITS.pageSizeMax);
  const found: LedgerEntry[] = [];
  const window = windowOf(query);
  let position = query.cursor === undefined ? undefined : readCursor(query.cursor);
  let scanned = 0;
  let most = limit + 1;
  for (;;) {
    const low = window.low(position);
    const rows = await page(parts, query, { after: position, low, limit: most });
    for (const row of rows) {
      if (found.length === limit) return { entries: found, next: cursorOf(position) };
      position = { at: row.at, id: row.id };
      const entry = await seen(parts, query, row);
      if (entry) found.push(entry);
    }
    scanned += rows.length;
    if (rows.length < most) {
      if (low === undefined) return { entries: found };
      position = window.next(low);
    }
    // What was passed over was looked at too; the page ends there and the next one goes on.
    if (scanned > SEARCH_LIMITS.scannedMax) return { entries: found, next: cursorOf(position) };
    most = Math.min(most * 2, SEARCH_LIMITS.rowsMax);
  }
}

const DAY_SECONDS = 86_400;
/** Beyond this the rest is asked for at once. */
const SPAN_DAYS_MAX = 256;

/** Events that the indexes of what is seldom leave out (migration 0380). */
const COMMON: ReadonlySet<string> = new Set(
  'read search-type receive token create update login authorize'.split(' '),
);
/** What is seldom has an index of its own and few lines in a day: it looks further at once. */
const SELDOM_DAYS = 64;

function isSeldom({ route, event, events }: LedgerQuery): boolean {
  const asked = events ?? (event === undefined ? [] : [event]);
  return route === 'emergency' || (asked.length > 0 && !asked.some((one) => COMMON.has(one)));
}

/**
 * Looks back over one day, then four, sixteen and so on: the newest lines are found without
 * gathering all of an organisation's first. A search by patient or agent has few to gather.
 */
function windowOf(query: LedgerQuery) {
  const isNarrow = [query.patient, query.pseudonym, query.agent].some((one) => one !== undefined);
  const newest = secondOf(query.until ?? new Date());
  const oldest = query.from === undefined ? undefined : secondOf(query.from);
  const first = isSeldom(query) ? SELDOM_DAYS : 1;
  let days = isNarrow ? Number.POSITIVE_INFINITY : first;
  let fixed: number | undefined;
  return {
    /** Seconds from which (exclusive) this window looks; undefined for the last one. */
    low(position: Position | undefined): number | undefined {
      if (days > SPAN_DAYS_MAX) return undefined;
      fixed ??= Math.min(position?.at ?? newest, newest) - days * DAY_SECONDS;
      return oldest !== undefined && fixed < oldest ? undefined : fixed;
    },
    /** This window holds nothing more: the next begins at its end. */
    next(low: number): Position {
      days *= 4;
      fixed = undefined;
      return { at: low, id: Number.MAX_SAFE_INTEGER };
    },
  };
}

/** One entry by its number, as that organisation sees it. */
export async function entryBySeq(
  parts: SearchParts,
  seq: number,
  organisation: string,
): Promise<LedgerEntry | undefined> {
  const { rows } = await parts.sql.query<NumberedRow>(
    `select ${NUMBERED_COLUMNS} from ledger_leaf l join ledger_entry e on e.id = l.entry
     where l.seq = $1`,
    [seq],
  );
  const [row] = rows;
  const entry = row && (await entryOf(parts.opener, row));
  return entry && asSeenBy(entry, organisation);
}

/** @returns undefined when the body does not open; `verify` says which and why. */
export async function entryOf(opener: Opener, row: NumberedRow): Promise<LedgerEntry | undefined> {
  const opened = await openRow(opener, row);
  if (!opened) return undefined;
  return {
    ledger: opener.origin,
    seq: row.seq,
    recorded: row.recorded.toISOString(),
    record: opened.record,
    leafHash: row.hash.toString('hex'),
    ...(row.nth === null ? {} : { nth: row.nth }),
    masked: false,
  };
}

/**
 * Columns only narrow; the opened record decides, so a changed column can hide a line (which
 * `verify` names) but never show another organisation's. What a masked line hides, no filter may
 * find out.
 */
async function seen(
  { opener }: SearchParts,
  query: LedgerQuery,
  row: NumberedRow,
): Promise<LedgerEntry | undefined> {
  const entry = await entryOf(opener, row);
  const shown = entry && asSeenBy(entry, query.organisation);
  if (!shown) return undefined;
  const { record } = shown;
  const at = Date.parse(record.at);
  if (query.from && at < query.from.getTime()) return undefined;
  if (query.until && at >= query.until.getTime()) return undefined;
  const patient = pseudonymOf(query, opener);
  if (patient !== undefined && record.patient !== patient) return undefined;
  if (query.outcome !== undefined && record.outcome !== query.outcome) return undefined;
  if (query.refused && record.outcome === 0) return undefined;
  if (query.route !== undefined && record.route !== query.route) return undefined;
  if (query.event !== undefined && record.event !== query.event) return undefined;
  if (query.events && !query.events.includes(record.event)) return undefined;
  if (query.labelled && !(record.labels ?? []).some((label) => label !== 'N')) return undefined;
  if (query.action !== undefined && record.action !== query.action) return undefined;
  if (query.purpose !== undefined && record.purpose !== query.purpose) return undefined;
  return shown;
}

interface Position {
  /** Whole seconds, as in the column. */
  readonly at: number;
  readonly id: number;
}

interface Span {
  readonly after: Position | undefined;
  /** Later than this second. */
  readonly low: number | undefined;
  readonly limit: number;
}

async function page(
  { sql, opener }: SearchParts,
  query: LedgerQuery,
  { after, low, limit }: Span,
): Promise<NumberedRow[]> {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const { pseudonyms } = opener;
  const organisation = bind(pseudonyms.organisation(query.organisation));
  const filters: string[] = [];
  if (query.event !== undefined) filters.push(`e.event = ${bind(query.event)}`);
  if (query.events) filters.push(`e.event = any(${bind(query.events)}::text[])`);
  if (query.route !== undefined) filters.push(`e.route = ${bind(query.route)}`);
  if (query.action !== undefined) filters.push(`e.action = ${bind(query.action)}`);
  if (query.purpose !== undefined) filters.push(`e.purpose = ${bind(query.purpose)}`);
  if (query.outcome !== undefined && query.outcome !== 0) {
    filters.push(`e.outcome = ${bind(query.outcome)}`);
  }
  if (query.refused) filters.push('e.outcome <> 0');
  if (query.from) filters.push(`e.at >= ${bind(secondOf(query.from))}`);
  if (query.until) filters.push(`e.at <= ${bind(secondOf(query.until))}`);
  if (low !== undefined) filters.push(`e.at > ${bind(low)}`);
  if (query.agent) filters.push(`e.agent = ${bind(agentToken(query.agent, opener))}`);
  const patient = pseudonymOf(query, opener);
  if (patient !== undefined) filters.push(`l.patient = ${bind(patientToken(patient))}`);
  if (after) {
    const at = bind(after.at);
    filters.push(`e.at <= ${at} and (e.at, e.id) < (${at}, ${bind(after.id)})`);
  }
  const narrowed = patient !== undefined || query.agent !== undefined;
  const ways = [`e.organisation = ${organisation}`, `e.holder = ${organisation}`];
  ways.push(`e.holders @> array[${organisation}::integer]`);
  const branches = narrowed ? [`(${ways.join(' or ')})`] : ways;
  const order = `order by at desc, id desc limit ${bind(limit)}`;
  // One index for each way in which a line is the organisation's; the ways are merged by time.
  const selects = branches.map(
    (way) => `(select ${NUMBERED_COLUMNS} from ledger_entry e join ledger_leaf l on l.entry = e.id
       where ${[...filters, way].join(' and ')} ${order})`,
  );
  const text =
    selects.length === 1
      ? (selects[0] as string)
      : `select distinct on (at, id) * from (${selects.join(' union all ')}) as e ${order}`;
  return (await sql.query<NumberedRow>(text, values)).rows;
}

function pseudonymOf({ patient, pseudonym }: LedgerQuery, { pseudonyms }: Opener) {
  return patient === undefined ? pseudonym : pseudonyms.person(patient);
}

function agentToken(agent: NonNullable<LedgerQuery['agent']>, { pseudonyms }: Opener): number {
  const isPerson = agent.kind === 'person' || agent.kind === 'representative';
  return pseudonyms.agent(agent.kind, isPerson ? pseudonyms.person(agent.id) : agent.id);
}

function cursorOf(position: Position | undefined): string {
  return Buffer.from(JSON.stringify([position?.at, position?.id])).toString('base64url');
}

function readCursor(cursor: string): Position {
  try {
    const [at, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
    if (Number.isInteger(at) && Number.isInteger(id)) {
      return { at: at as number, id: id as number };
    }
  } catch {
    // Falls through to the same answer as any other cursor that is not ours.
  }
  throw new Problem('invalid', 'This is no cursor of the ledger.', { expression: ['cursor'] });
}
