/**
 * What a source takes back follows the data: everybody who got it gets a notice, and whoever does
 * not acknowledge it stays on a list of work (capabilities B7). A notice says what was read and
 * that it no longer holds; what took its place shows only in the answer to a read, which is
 * decided anew.
 */
import { randomUUID } from 'node:crypto';
import type { Ledger, LedgerEvent } from '../../audit/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Database, statement, type Tx } from '../../platform/database.ts';
import { Problem } from '../../platform/problem.ts';
import type { Store } from '../../store/index.ts';
import { evidenceSeal } from '../evidence.ts';
import { type EarlierReader, earlierReaders, type TakenBack } from './earlier-readers.ts';

const ADD = statement(
  'consent_add_retraction',
  'insert into retraction (vault, id, custodian, at, sealed) values ($1, $2, $3, $4, $5)',
);
const UNSEARCHED = statement(
  'consent_unsearched_retractions',
  `select vault, id, custodian, at, sealed from retraction where searched is null
    order by at limit $1`,
);
const SEARCHED = statement(
  'consent_retraction_searched',
  'update retraction set searched = $3 where vault = $1 and id = $2',
);
const ADD_NOTICE = statement(
  'consent_add_retraction_notice',
  `insert into retraction_notice
     (vault, id, retraction, custodian, kind, client, organisation, created, due, sealed)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
);
const OF_CLIENT = statement(
  'consent_retraction_notices_of_client',
  `select n.vault, n.id, n.created, n.sent, n.acknowledged, n.sealed from retraction_notice n
    where n.client = $1 and ($2 or n.acknowledged is null) order by n.created desc, n.id limit $3`,
);
const ACKNOWLEDGE = statement(
  'consent_acknowledge_retraction',
  `update retraction_notice set acknowledged = coalesce(acknowledged, $3), due = null
    where client = $1 and id = $2 returning vault, custodian, organisation`,
);
const SEEN = statement(
  'consent_retraction_seen',
  `select id, sealed from retraction_notice
    where vault = $1 and client = $2 and acknowledged is null`,
);
const OPEN = statement(
  'consent_open_retraction_notices',
  `select id, kind, organisation, created, sent from retraction_notice
    where custodian = $1 and acknowledged is null order by created limit $2`,
);

const RETRACTION_LIMITS = {
  searchedInOneGo: 50,
  noticesMax: 200,
  /** A read that ran while something was taken back has its line by then. */
  searchAgainMs: 30_000,
  searchSoonMs: 100,
} as const;

export interface RetractionNotice {
  readonly id: string;
  readonly at: Date;
  /** `Type/id` as it was read; absent when the reader may not have got it. */
  readonly reference?: string;
  /** Ids of the answers it may have been in. */
  readonly answers: readonly string[];
  readonly acknowledged?: Date;
  /** Not gone but corrected, because the person asked: ask for the current version. */
  readonly corrected?: true;
}

export interface OpenNotice {
  readonly id: string;
  readonly kind: EarlierReader['kind'];
  readonly organisation: string | null;
  readonly created: Date;
  readonly sent: Date | null;
}

export interface Retractions {
  /** In the transaction that takes it back. */
  note(tx: Tx, vault: string, items: readonly TakenBack[]): Promise<void>;
  /** Looks who read what was taken back, and writes their notices. @returns how many. */
  search(): Promise<number>;
  /** Notices for one client, newest first; those that were acknowledged only when asked. */
  of(client: string, all: boolean): Promise<RetractionNotice[]>;
  /** @throws Problem `not-found` for a notice that is not this client's. */
  acknowledge(client: string, id: string, requestId: string): Promise<void>;
  /** The client asked for it and heard that it was taken back: that acknowledges as well. */
  heard(client: string, vault: string, reference: string): Promise<void>;
  /** Readers of what this organisation took back who did not acknowledge yet. */
  open(custodian: string): Promise<OpenNotice[]>;
  close(): void;
}

export interface RetractionParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly failed: (error: unknown) => void;
  /** Whether notices can be sent to this client; else it asks for them. */
  readonly isReachable: (client: string) => Promise<boolean>;
}

interface RetractionRow {
  readonly vault: string;
  readonly id: string;
  readonly custodian: string;
  readonly at: Date;
  readonly sealed: Buffer;
}

interface NoticeRow {
  readonly vault: string;
  readonly id: string;
  readonly created: Date;
  readonly acknowledged: Date | null;
  readonly sealed: Buffer;
}

type Told = Pick<RetractionNotice, 'reference' | 'answers' | 'corrected'>;
type Sealed = Pick<TakenBack, 'type' | 'id' | 'before'>;

export function createRetractions(parts: RetractionParts): Retractions {
  const { database, store, clock } = parts;
  let soon: NodeJS.Timeout | undefined;
  const sealFor = (tx: Tx | Database, vault: string) =>
    evidenceSeal(store, tx, vault, 'retractions');

  async function search(): Promise<number> {
    const values = [RETRACTION_LIMITS.searchedInOneGo];
    const { rows } = await database.query<RetractionRow>({ ...UNSEARCHED, values });
    let made = 0;
    for (const row of rows) made += await searchOne(parts, row);
    return made;
  }

  return {
    async note(tx, vault, items) {
      const seal = await sealFor(tx, vault);
      for (const { custodian, ...about } of items) {
        const id = randomUUID();
        const sealed = seal.seal(id, about satisfies Sealed);
        await tx.query({ ...ADD, values: [vault, id, custodian, clock(), sealed] });
      }
      clearTimeout(soon);
      soon = setTimeout(() => void search().catch(parts.failed), RETRACTION_LIMITS.searchSoonMs);
      soon.unref();
    },
    search,
    async of(client, all) {
      const values = [client, all, RETRACTION_LIMITS.noticesMax];
      const { rows } = await database.query<NoticeRow>({ ...OF_CLIENT, values });
      return Promise.all(
        rows.map(async ({ vault, id, created, acknowledged, sealed }) => ({
          id,
          at: created,
          ...(await sealFor(database, vault)).unseal<Told>(id, sealed),
          ...(acknowledged === null ? {} : { acknowledged }),
        })),
      );
    },
    acknowledge: (client, id, requestId) => acknowledge(parts, client, id, requestId),
    async heard(client, vault, reference) {
      const { rows } = await database.query<NoticeRow>({ ...SEEN, values: [vault, client] });
      if (rows.length === 0) return;
      const seal = await sealFor(database, vault);
      for (const { id, sealed } of rows) {
        if (seal.unseal<Told>(id, sealed).reference !== reference) continue;
        await acknowledge(parts, client, id, id);
      }
    },
    async open(custodian) {
      const values = [custodian, RETRACTION_LIMITS.noticesMax];
      return (await database.query<OpenNotice>({ ...OPEN, values })).rows;
    },
    close: () => clearTimeout(soon),
  };
}

async function searchOne(parts: RetractionParts, row: RetractionRow): Promise<number> {
  const { database, store, ledger, clock } = parts;
  const { vault, id, custodian } = row;
  const now = clock();
  const seal = await evidenceSeal(store, database, vault, 'retractions');
  const about = seal.unseal<Sealed>(id, row.sealed);
  const item: TakenBack = { ...about, custodian };
  const readers = earlierReaders(await linesOf(ledger, vault), item);
  const reachable = new Set<string>();
  for (const { client } of readers) if (await parts.isReachable(client)) reachable.add(client);
  const { added, pending } = await database.transaction(async (tx) => {
    const events: LedgerEvent[] = [];
    for (const reader of readers) {
      const notice = randomUUID();
      const told: Told = {
        ...(reader.certain ? { reference: `${about.type}/${about.id}` } : {}),
        answers: reader.answers,
        ...(about.before === undefined ? {} : { corrected: true }),
      };
      const { kind, client, organisation = null } = reader;
      const due = reachable.has(client) ? now : null;
      const sealed = seal.seal(notice, told);
      const values = [vault, notice, id, custodian, kind, client, organisation, now, due, sealed];
      const { rowCount } = await tx.query({ ...ADD_NOTICE, values });
      if (rowCount === 1) events.push(noticeEvent(reader, item, vault, notice));
    }
    if (now.getTime() - row.at.getTime() >= RETRACTION_LIMITS.searchAgainMs) {
      await tx.query({ ...SEARCHED, values: [vault, id, now] });
    }
    return { added: events.length, pending: await ledger.writeAll(tx, events) };
  });
  await ledger.numbered(pending);
  return added;
}

/** All lines about one person, newest first. */
async function linesOf(ledger: Ledger, vault: string) {
  const entries = [];
  let before: number | undefined;
  do {
    const page = await ledger.ofPatient(vault, before === undefined ? {} : { before });
    entries.push(...page.entries);
    before = page.next;
  } while (before !== undefined);
  return entries;
}

function noticeEvent(
  { client, organisation, kind }: EarlierReader,
  { type, id, custodian, before }: TakenBack,
  vault: string,
  notice: string,
): LedgerEvent {
  return {
    class: 'care',
    event: 'retraction-notice',
    action: 'E',
    outcome: 0,
    agent: { kind: 'system', id: 'gateway', organisation: custodian },
    client,
    patient: vault,
    holders: organisation === undefined ? [custodian] : [custodian, organisation],
    what: [`${type}/${id}`],
    detail: { notice, reader: kind, ...(before === undefined ? {} : { corrected: 'yes' }) },
  };
}

async function acknowledge(
  { database, ledger, clock }: RetractionParts,
  client: string,
  id: string,
  requestId: string,
): Promise<void> {
  const pending = await database.transaction(async (tx) => {
    const { rows } = await tx.query<{
      vault: string;
      custodian: string;
      organisation: string | null;
    }>({ ...ACKNOWLEDGE, values: [client, id, clock()] });
    const [row] = rows;
    if (!row) throw new Problem('not-found', 'There is no such notice.');
    const organisation = row.organisation === null ? {} : { organisation: row.organisation };
    return ledger.write(tx, {
      class: 'care',
      event: 'retraction-acknowledged',
      action: 'E',
      outcome: 0,
      agent: { kind: 'system', id: client, ...organisation },
      client,
      patient: row.vault,
      holders: [row.custodian],
      requestId,
      detail: { notice: id },
    });
  });
  await ledger.numbered(pending);
}
