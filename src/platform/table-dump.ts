/**
 * Copies every table of a database to files, in one moment, and back into an empty one: a table a
 * file, a row a line. What is sealed in the table is sealed in the file. No program of PostgreSQL
 * is needed, so it works wherever the gateway does; for large databases use the server's own tools.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import pg from 'pg';

const BATCH_ROWS = 50;
/** In hexadecimal twice as long. A row that holds more is a batch by itself. */
const BATCH_BYTES_MAX = 4_194_304;
const BATCH_CHARACTERS_MAX = 8_000_000;
const MANIFEST = 'manifest.json';

const TABLES = `select c.relname as name from pg_class c
   where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by c.relname`;
const SEQUENCES = `select s.sequencename as name, s.last_value as value from pg_sequences s
   where s.schemaname = 'public' order by s.sequencename`;

export interface DumpedTable {
  readonly name: string;
  readonly rows: number;
  readonly sha256: string;
}

export interface Manifest {
  readonly taken: string;
  readonly migrations: readonly { readonly number: number; readonly sha256: string }[];
  readonly tables: readonly DumpedTable[];
  readonly sequences: readonly { readonly name: string; readonly value: number | null }[];
  /** What the caller wants to find again, for instance the head of a ledger. */
  readonly about: Readonly<Record<string, string>>;
}

type Progress = (table: string, rows: number) => void;

/** @param about read inside the same moment as the tables. */
export async function dumpTables(
  url: string,
  folder: string,
  about: (client: pg.Client) => Promise<Record<string, string>>,
  progress: Progress = () => undefined,
): Promise<Manifest> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return withClient(url, async (client) => {
    await client.query('begin isolation level repeatable read read only');
    const names = (await client.query<{ name: string }>(TABLES)).rows.map(({ name }) => name);
    const tables: DumpedTable[] = [];
    for (const name of names) {
      const table = await dumpTable(client, folder, name);
      tables.push(table);
      progress(name, table.rows);
    }
    const migrations = await client.query<{ number: number; sha256: string }>(
      'select number, sha256 from schema_migration order by number',
    );
    const sequences = await client.query<{ name: string; value: number | null }>(SEQUENCES);
    const manifest: Manifest = {
      taken: new Date().toISOString(),
      migrations: migrations.rows,
      tables,
      sequences: sequences.rows,
      about: await about(client),
    };
    await client.query('commit');
    // The manifest comes last: without it a folder is no backup.
    const path = join(folder, MANIFEST);
    await writeFile(`${path}.new`, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    await rename(`${path}.new`, path);
    return manifest;
  });
}

async function dumpTable(client: pg.Client, folder: string, name: string): Promise<DumpedTable> {
  let rows = 0;
  const digest = createHash('sha256');
  const table = client.escapeIdentifier(name);
  await client.query(
    `declare dumped no scroll cursor for select row_to_json(t)::text as line from ${table} t`,
  );
  const batchSizes = await sizesOfBatches(client, name);
  async function* lines(): AsyncGenerator<Buffer> {
    for await (const size of batchSizes) {
      const batch = await client.query<{ line: string }>(`fetch ${size} from dumped`);
      if (batch.rows.length === 0) return;
      rows += batch.rows.length;
      const text = Buffer.from(`${batch.rows.map(({ line }) => line).join('\n')}\n`);
      digest.update(text);
      yield text;
    }
  }
  const file = createWriteStream(join(folder, `${name}.ndjson.gz`), { mode: 0o600 });
  await pipeline(lines(), createGzip({ level: 1 }), file);
  await client.query('close dumped');
  await client.query('close sizes');
  return { name, rows, sha256: digest.digest('hex') };
}

const BYTES = `select column_name as name from information_schema.columns
   where table_schema = 'public' and table_name = $1 and data_type = 'bytea'`;

/**
 * How many rows to take along each time, until there are none left. What they hold is seen without
 * reading it, by a second walk through the table: were that in another order, all rows would come
 * along all the same.
 */
async function sizesOfBatches(client: pg.Client, name: string): Promise<AsyncIterable<number>> {
  const columns = await client.query<{ name: string }>(BYTES, [name]);
  const sizes = columns.rows.map((one) => {
    return `coalesce(octet_length(${client.escapeIdentifier(one.name)}), 0)`;
  });
  await client.query('set local synchronize_seqscans = off');
  await client.query(
    `declare sizes no scroll cursor for select ${['0', ...sizes].join(' + ')} as size
       from ${client.escapeIdentifier(name)}`,
  );
  async function* batches(): AsyncGenerator<number> {
    for (;;) {
      const next = await client.query<{ size: number }>(`fetch ${BATCH_ROWS} from sizes`);
      let [count, bytes] = [0, 0];
      for (const { size } of next.rows) {
        if (count > 0 && bytes + size > BATCH_BYTES_MAX) {
          yield count;
          [count, bytes] = [0, 0];
        }
        count += 1;
        bytes += size;
      }
      // Whatever is left after the last: nothing, as a rule.
      yield next.rows.length === 0 ? BATCH_ROWS : count;
    }
  }
  return batches();
}

/** @throws Error when the folder is no backup. */
async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => undefined);
  if (text === undefined) throw new Error('This folder holds no backup: it has no manifest.');
  return JSON.parse(text) as Manifest;
}

/**
 * Fills an empty, migrated database. All or nothing.
 * @throws Error when the schema is another than that of the backup, the database is not empty, or
 *   a file is not what the manifest says.
 */
export async function loadTables(
  url: string,
  folder: string,
  progress: Progress = () => undefined,
): Promise<Manifest> {
  const manifest = await readManifest(folder);
  return withClient(url, async (client) => {
    await client.query('begin');
    await requireSameSchema(client, manifest);
    for (const table of manifest.tables) {
      if (table.name === 'schema_migration') continue;
      await loadTable(client, folder, table);
      progress(table.name, table.rows);
    }
    for (const { name, value } of manifest.sequences) {
      if (value !== null) await client.query('select setval($1::regclass, $2)', [name, value]);
    }
    await client.query('commit');
    return manifest;
  });
}

async function requireSameSchema(client: pg.Client, manifest: Manifest): Promise<void> {
  const { rows } = await client.query<{ number: number; sha256: string }>(
    'select number, sha256 from schema_migration order by number',
  );
  const spelled = (list: Manifest['migrations']) =>
    list.map(({ number, sha256 }) => `${number} ${sha256}`).join('\n');
  if (spelled(rows) !== spelled(manifest.migrations)) {
    throw new Error('The schema is another than that of the backup: use the program of that time.');
  }
  for (const { name, rows: expected } of manifest.tables) {
    if (name === 'schema_migration' || expected === 0) continue;
    const table = client.escapeIdentifier(name);
    const found = await client.query(`select from ${table} limit 1`);
    if (found.rowCount !== 0) throw new Error('The database is not empty: restore into a new one.');
  }
}

async function loadTable(
  client: pg.Client,
  folder: string,
  { name, rows, sha256 }: DumpedTable,
): Promise<void> {
  const table = client.escapeIdentifier(name);
  const insert = `insert into ${table} overriding system value
    select * from json_populate_recordset(null::${table}, $1::json)`;
  const digest = createHash('sha256');
  let count = 0;
  let batch: string[] = [];
  let waiting = 0;
  const flush = async () => {
    if (batch.length > 0) await client.query(insert, [`[${batch.join(',')}]`]);
    batch = [];
    waiting = 0;
  };
  const file = createReadStream(join(folder, `${name}.ndjson.gz`)).pipe(createGunzip());
  for await (const line of createInterface({ input: file, crlfDelay: Infinity })) {
    digest.update(`${line}\n`);
    count += 1;
    batch.push(line);
    waiting += line.length;
    if (waiting >= BATCH_CHARACTERS_MAX || batch.length >= BATCH_ROWS * 10) await flush();
  }
  await flush();
  if (count !== rows || digest.digest('hex') !== sha256) {
    throw new Error(`The file of ${name} is not what the manifest says.`);
  }
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
