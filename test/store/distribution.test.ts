/**
 * D3: the patient is the first key, so that the store distributes by patient over many servers
 * (Citus) without a change of query. This reads the schema and every statement and says so.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let db: TestDatabase;
let owner: pg.Client;
beforeAll(async () => {
  db = await testDatabase();
  owner = new pg.Client({ connectionString: db.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await db.close();
});

/** Column that each table with personal data is distributed by. */
const BY: Readonly<Record<string, string>> = {
  vault: 'id',
  vault_change: 'vault',
  vault_merge: 'vault',
  resource: 'vault',
  resource_history: 'vault',
  choice: 'vault',
  choice_receipt: 'vault',
  toestemming: 'vault',
  care_relation: 'vault',
  person_setting: 'vault',
  mandate: 'vault',
  representative: 'vault',
  register_answer: 'vault',
  waiting_item: 'vault',
  line_question: 'vault',
  shared_item: 'vault',
  medmij_subscription: 'vault',
  // Small tables that lead to a record, each by the hash that is looked for.
  vault_lookup: 'hash',
  resource_place: 'place',
  // Kept before anybody knows whose they are.
  original: 'id',
  original_chunk: 'original',
};

/** Work that waits stays on one server: its rows are found by their own ids, or by who is told. */
const QUEUES = new Set([
  ...['medmij_notification', 'shared_notice', 'retraction', 'retraction_notice'],
  ...['register_subscription', 'choice_notice'],
]);

/** Together on one server for one patient, so these may be joined with each other. */
const TOGETHER = new Set([
  'vault',
  'vault_change',
  'vault_merge',
  'resource',
  'resource_history',
  'choice',
  'choice_receipt',
  'toestemming',
  'mandate',
  'representative',
]);

const SRC = join(import.meta.dirname, '../../src');

interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Every named statement of the program, with its text. */
function statements(): Statement[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => {
      const source = readFileSync(join(SRC, path), 'utf8');
      const found = source.matchAll(/statement\(\s*'([a-z0-9_]+)',\s*(?:`([^`]*)`|'([^']*)')/g);
      return [...found].map(([, name = '', long, short]) => ({ name, text: long ?? short ?? '' }));
    });
}

const tablesIn = (text: string): string[] =>
  Object.keys(BY).filter((table) =>
    new RegExp(`\\b(from|join|into|update|using|only)\\s+${table}\\b`).test(text),
  );

/** Work on the whole store by its operator: it visits every server, a batch at a time. */
const OF_THE_OPERATOR =
  /^(store_check_|store_count_old|store_old_kek|store_rewrap|store_unfinished)/;

describe('the schema', () => {
  it('says of every table with a vault how it is distributed', async () => {
    const { rows } = await owner.query<{ name: string }>(
      `select distinct c.relname as name from pg_class c
         join pg_attribute a on a.attrelid = c.oid
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.attname = 'vault'`,
    );
    expect(
      rows.map(({ name }) => name).filter((name) => !(name in BY) && !QUEUES.has(name)),
    ).toEqual([]);
  });

  it.each(Object.entries(BY))(
    '%s is distributed by %s, first in every unique key',
    async (table, column) => {
      const { rows } = await owner.query<{ first: string; all: string[] }>(
        `select (select a.attname from pg_attribute a
                where a.attrelid = i.indrelid and a.attnum = i.indkey[0]) as first
         from pg_index i where i.indrelid = $1::regclass and i.indisunique`,
        [table],
      );
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.map(({ first }) => first)).toEqual(rows.map(() => column));
    },
  );

  it('has no foreign key anywhere', async () => {
    const { rows } = await owner.query("select conname from pg_constraint where contype = 'f'");
    expect(rows).toEqual([]);
  });
});

describe('the statements', () => {
  const all = statements().filter(({ text }) => tablesIn(text).length > 0);

  it('are found', () => {
    expect(all.length).toBeGreaterThan(40);
  });

  it('name the patient, or the hash that leads there, in every one', () => {
    const astray = all
      .filter(({ name }) => !OF_THE_OPERATOR.test(name))
      .filter(({ text }) => !tablesIn(text).every((table) => isBound(text, BY[table] ?? '')))
      .map(({ name }) => name);
    expect(astray.toSorted()).toEqual(EXCEPTIONS.toSorted());
  });

  it('join only what lies together', () => {
    const apart = all
      .filter(({ name }) => !OF_THE_OPERATOR.test(name))
      .filter(({ text }) => {
        const tables = tablesIn(text);
        return tables.length > 1 && !tables.every((table) => TOGETHER.has(table));
      })
      .map(({ name }) => name);
    expect(apart.toSorted()).toEqual(SPANNING.toSorted());
  });
});

/** A condition, a join or a value on the column; a number of the statement stands for the value. */
function isBound(text: string, column: string): boolean {
  return (
    new RegExp(`\\b${column}\\s*(=|in|= any)\\s*\\(?(\\$\\d|[a-z]\\w*\\.|unnest|owner)`).test(
      text,
    ) || new RegExp(`\\(\\s*${column}\\b[^)]*\\)\\s*(values|select)`).test(text)
  );
}

/** Told one by one, with the reason; the order is that of the names. */
const EXCEPTIONS: readonly string[] = [
  // What somebody was given to look at, by its index; read at a log-in.
  'consent_mandates_of_proxy',
  'consent_represented_by',
  // What people sent to an aanbieder, by its index; one of them when it says what became of it.
  'ingest_shared_of_organisation',
  'ingest_shared_one',
  // Whether anything waits at a source at all, by its index; read once a second.
  'ingest_source_states',
  // What waits because of a delivery that was taken back: once, when a sender does that.
  'ingest_clear_waiting_of_delivery',
  // All that waits: `db:check` only.
  'ingest_check_waiting',
  'ingest_check_stray_waiting',
  // The queue of an officer or an aanbieder, by its index: a few rows from every server.
  'insight_question_by_id',
  'insight_questions_of_holder',
  // Every consent for an app once, page by page in the order of its key: `db:check` only.
  'medmij_check_toestemmingen',
  'insight_check_questions',
  'medmij_end_subscriptions_by_aanbieder',
  // Which services anybody is subscribed to, once a minute: names of services, nobody's rows.
  'medmij_subscribed_services',
  // Every record once, for whoever has to look at all of them; ids only. Closed ones: `db:check`.
  'store_closed_vault_ids',
  'store_vault_ids',
  // By the index on vault, on every server; at erasure, merging and re-keying only.
  'store_originals_of_vault',
  'store_unlink_vault',
  'store_drop_originals',
];
const SPANNING: readonly string[] = [
  // Four tables of one record, each by its vault, joined nowhere.
  'consent_newest_epoch',
  // A message and its pieces: both by the id of the message.
  'store_add_original',
  'store_add_bound_original',
  // Looks at the record that a message is bound to, once for each message.
  'store_bind_original',
  'store_drop_original',
  // A new row and the place that leads to it commit together, over two servers.
  'store_add_together',
  'store_add_or_fetch',
  // Questions about a vault, its rows and a place, side by side in one statement, joined nowhere.
  'store_named_rows',
];
