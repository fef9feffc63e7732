/** Tables and statements of the plain program, and the same people in them. */
import { randomBytes, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { observation, RESOURCES_OF_PERSON } from './population.ts';

export const AUDIT_BYTES = 400;

const TABLES = `
  create table reference_resource (
    vault uuid, type text, id text, version integer not null, updated timestamptz not null,
    custodian uuid not null, labels bigint[] not null, tokens bigint[] not null,
    refs text[] not null, content bytea not null, primary key (vault, type, id));
  create unique index on reference_resource (type, id);
  create table reference_audit (
    seq bigint generated always as identity primary key, at timestamptz not null default now(),
    actor text not null, action text not null, vault uuid, body bytea not null);
  create table reference_token (
    id uuid primary key, token text not null, made timestamptz not null default now())`;

/** 240 Observations of twelve codes, sixteen encounters, a patient, and the rest. */
const FILL = `insert into reference_resource
  select $1, case when n = 0 then 'Patient' when n <= 16 then 'Encounter'
                  when n <= 256 then 'Observation' else 'Condition' end,
         $2::text || '-' || n, 1, now(), $3, '{1,2,3}', $4::bigint[] || (n % 12)::bigint,
         case when n between 17 and 256
              then array['Patient/' || $2::text || '-0',
                         'Encounter/' || $2::text || '-' || (1 + n % 16)]
              else '{}'::text[] end, $5
  from generate_series(0, $6::integer) n`;

export const READ = {
  name: 'reference_read',
  text: `with found as (
      select vault, version, updated, content from reference_resource where type = $1 and id = $2),
    seen as (
      insert into reference_audit (actor, action, vault, body)
      select $3, 'read', vault, $4 from found)
    select version, updated, content from found`,
};

const FOUND = `select vault, type, id, version, updated, refs, content from reference_resource
       where vault = $1 and type = $2 and tokens @> array[$3::bigint] order by updated desc, id`;
const SEEN = `seen as (
      insert into reference_audit (actor, action, vault, body) values ($5, 'search', $1, $6))`;

export const SEARCH = {
  name: 'reference_search',
  text: `with found as (${FOUND} limit $4), ${SEEN} select type, id, version, content from found`,
};

export const INCLUDE = {
  name: 'reference_include',
  text: `with found as materialized (${FOUND} limit $4), ${SEEN},
    targets as (
      select distinct split_part(ref, '/', 1) as type, split_part(ref, '/', 2) as id
        from found, unnest(refs) as ref)
    select type, id, version, content from found
    union all
    select r.type, r.id, r.version, r.content from targets t
      join reference_resource r on r.vault = $1 and r.type = t.type and r.id = t.id`,
};

export const EVERYTHING = {
  name: 'reference_everything',
  text: `with found as (
      select type, id, version, content from reference_resource where vault = $1),
    seen as (insert into reference_audit (actor, action, vault, body)
      values ($2, 'everything', $1, $3))
    select type, id, version, content from found`,
};

export const CREATE = {
  name: 'reference_create',
  text: `with made as (
      insert into reference_resource
      values ($1, $2, $3, 1, now(), $4, '{1,2,3}', $5, '{}', $6) returning vault)
    insert into reference_audit (actor, action, vault, body)
    select $7, 'create', vault, $8 from made`,
};

export const ADD_MANY = {
  name: 'reference_add_many',
  text: `with made as (
      insert into reference_resource
      select $1, u.type, u.id, 1, now(), $2, '{1,2,3}', $3, '{}', u.content
        from unnest($4::text[], $5::text[], $6::bytea[]) as u(type, id, content))
    insert into reference_audit (actor, action, vault, body) values ($7, 'transaction', $1, $8)`,
};

export const ADD_TOKEN = {
  name: 'reference_add_token',
  text: `with made as (insert into reference_token (id, token) values ($1, $2))
    insert into reference_audit (actor, action, body) values ($3, 'token', $4)`,
};

export const TOKENS = Array.from({ length: 16 }, () => randomBytes(8).readBigInt64BE().toString());

/** @returns a vault for each person. */
export async function fillReference(
  pool: pg.Pool,
  custodian: string,
  people: number,
): Promise<string[]> {
  await pool.query(TABLES);
  const subject = { reference: `Patient/${randomUUID()}` };
  const measured = {
    code: '85354-9',
    name: 'Bloeddruk',
    unit: 'mm[Hg]',
    category: 'vital-signs',
    nth: 1,
    native: 'R4' as const,
  };
  const sample = {
    ...observation(measured, subject),
    encounter: { reference: `Encounter/${randomUUID()}` },
    performer: [{ reference: `Practitioner/${randomUUID()}` }],
    id: randomUUID(),
    meta: { versionId: '1', lastUpdated: new Date().toISOString() },
  };
  const content = Buffer.from(JSON.stringify(sample));
  const vaults = Array.from({ length: people }, () => randomUUID());
  for (const [index, vault] of vaults.entries()) {
    const values = [vault, `v${index}`, custodian, TOKENS, content, RESOURCES_OF_PERSON - 1];
    await pool.query(FILL, values);
  }
  await pool.query('analyze');
  return vaults;
}
