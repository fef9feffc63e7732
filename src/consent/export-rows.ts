/** The rows of exports: what was asked, how far it is, and the pieces of its files. */
import { type Sql, statement } from '../platform/database.ts';

const COUNT = statement(
  'consent_count_exports',
  'select count(*)::int as jobs from export_job where client = $1 and expires > $2',
);
const ADD = statement(
  'consent_add_export',
  `insert into export_job (id, client, state, request, created, touched, expires)
   values ($1, $2, 'running', $3, $4, $4, $5)`,
);
const WHO = statement(
  'consent_export_who',
  `update export_job set request = $2, touched = $3 where id = $1 and state = 'running'`,
);
const FIND = statement(
  'consent_find_export',
  `select id, client, state, request, resources, created, touched, expires from export_job
    where id = $1 and client = $2 and expires > $3`,
);
const ADD_CHUNK = statement(
  'consent_add_export_chunk',
  `with living as (
     update export_job set resources = resources + $4, touched = $6
      where id = $1 and state = 'running' returning id)
   insert into export_chunk (job, type, number, resources, sealed, record)
   select id, $2, $3, $4, $5, $7 from living`,
);
const TOUCH = statement(
  'consent_touch_export',
  `update export_job set touched = $2 where id = $1 and state = 'running'`,
);
const END = statement(
  'consent_end_export',
  `update export_job set state = $2, touched = $3 where id = $1 and state = 'running'`,
);
const COUNTS = statement(
  'consent_export_counts',
  `select type, sum(resources)::int as count from export_chunk where job = $1
    group by type order by type`,
);
const CHUNK = statement(
  'consent_export_chunk',
  `select sealed from export_chunk
    where job = $1 and type = $2 and record = $3 and number = $4`,
);
const RECORDS = statement(
  'consent_export_records',
  `select distinct record from export_chunk where job = $1 and type = $2 and record > $3
    order by record limit $4`,
);
const DROP = statement(
  'consent_drop_export',
  `with chunks as (delete from export_chunk where job = any($1::uuid[]))
   delete from export_job where id = any($1::uuid[])`,
);
const EXPIRED = statement(
  'consent_expired_exports',
  'select id from export_job where expires <= $1',
);
const LEFT = statement(
  'consent_left_exports',
  `update export_job set state = 'failed' where state = 'running' and touched < $1`,
);

export interface ExportRow {
  readonly id: string;
  readonly client: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly request: Buffer;
  readonly resources: number;
  readonly created: Date;
  readonly expires: Date;
}

export interface NewExport {
  readonly id: string;
  readonly client: string;
  readonly request: Buffer;
  readonly created: Date;
  readonly expires: Date;
}

export interface NewChunk {
  readonly job: string;
  readonly type: string;
  /** Which of the records that were asked for, from 0. */
  readonly record: number;
  /** Its pieces of this type, from 0. */
  readonly number: number;
  readonly resources: number;
  readonly sealed: Buffer;
}

/** Exports of a client that did not expire. */
export async function countExports(sql: Sql, client: string, at: Date): Promise<number> {
  const { rows } = await sql.query<{ jobs: number }>({ ...COUNT, values: [client, at] });
  return rows[0]?.jobs ?? 0;
}

/** Begins one. */
export async function addExport(sql: Sql, job: NewExport): Promise<void> {
  const { id, client, request, created, expires } = job;
  await sql.query({ ...ADD, values: [id, client, request, created, expires] });
}

/** Whose records, once that is known. @returns false when it was taken back meanwhile. */
export async function fillExport(
  sql: Sql,
  id: string,
  request: Buffer,
  at: Date,
): Promise<boolean> {
  return (await sql.query({ ...WHO, values: [id, request, at] })).rowCount === 1;
}

/** @returns undefined for one of another client, an expired and an unknown one alike. */
export async function findExport(
  sql: Sql,
  id: string,
  client: string,
  at: Date,
): Promise<ExportRow | undefined> {
  return (await sql.query<ExportRow>({ ...FIND, values: [id, client, at] })).rows[0];
}

/** @returns false when the export was taken back meanwhile. */
export async function addChunk(sql: Sql, chunk: NewChunk, at: Date): Promise<boolean> {
  const { job, type, record, number, resources, sealed } = chunk;
  const values = [job, type, number, resources, sealed, at, record];
  return (await sql.query({ ...ADD_CHUNK, values })).rowCount === 1;
}

/** @returns false when the export was taken back meanwhile. */
export async function touchExport(sql: Sql, id: string, at: Date): Promise<boolean> {
  return (await sql.query({ ...TOUCH, values: [id, at] })).rowCount === 1;
}

/** It is finished, or will not be. */
export async function endExport(
  sql: Sql,
  id: string,
  state: 'done' | 'failed',
  at: Date,
): Promise<void> {
  await sql.query({ ...END, values: [id, state, at] });
}

/** Resources by type, of types that have any. */
export async function exportCounts(
  sql: Sql,
  id: string,
): Promise<readonly { type: string; count: number }[]> {
  return (await sql.query<{ type: string; count: number }>({ ...COUNTS, values: [id] })).rows;
}

/** One sealed piece of a file. */
export async function exportChunk(
  sql: Sql,
  {
    id,
    type,
    record,
    number,
  }: Readonly<Record<'id' | 'type', string> & Record<'record' | 'number', number>>,
): Promise<Buffer | undefined> {
  const values = [id, type, record, number];
  return (await sql.query<{ sealed: Buffer }>({ ...CHUNK, values })).rows[0]?.sealed;
}

/** Records with something in a file, in their order, after the one given (-1: from the start). */
export async function exportRecords(
  sql: Sql,
  {
    id,
    type,
    after,
    max,
  }: Readonly<Record<'id' | 'type', string> & Record<'after' | 'max', number>>,
): Promise<readonly number[]> {
  const values = [id, type, after, max];
  const { rows } = await sql.query<{ record: number }>({ ...RECORDS, values });
  return rows.map(({ record }) => record);
}

/** The exports and their files. */
export async function dropExports(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql.query({ ...DROP, values: [ids] });
}

/** Drops what expired, and marks what nobody runs any more. @returns how many were dropped. */
export async function sweepExportRows(sql: Sql, at: Date, lifeBefore: Date): Promise<number> {
  const { rows } = await sql.query<{ id: string }>({ ...EXPIRED, values: [at] });
  await dropExports(
    sql,
    rows.map(({ id }) => id),
  );
  await sql.query({ ...LEFT, values: [lifeBefore] });
  return rows.length;
}
