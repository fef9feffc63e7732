/**
 * What else could answer in the place of our tables, functions and operators without a row being
 * touched: a schema that is searched before ours, an operator or cast that fits our types better
 * than the built-in one, a built-in that was replaced, a column that is computed, a table that a
 * crash empties, a server that confirms before it has written. Whoever owns the server can do all
 * of it. audit.md 6.3.
 */
import { type Sql, type Statement, statement } from '../platform/database.ts';

/** What came with an extension was put in as a whole, by its own name. */
const NOT_OF_EXTENSION = `not exists (select from pg_depend d where d.deptype = 'e'
  and d.objid = o.oid and d.classid = o.tableoid)`;

/** Whatever stands in a schema that is searched and is not ours hides what is ours. */
const SCHEMAS = statement(
  'audit_other_schemas',
  `with ours as (
       select relnamespace as schema from pg_class where oid = to_regclass('ledger_head')),
     searched as (
       select n.oid, s.name, s.at from unnest(current_schemas(true)) with ordinality as s(name, at)
         join pg_namespace n on n.nspname = s.name)
   select 'schema ' || s.name || ' that is searched too' as name from searched s
    where s.name <> 'pg_catalog' and s.name !~ '^pg_temp' and s.oid <> (select schema from ours)
      and (exists (select from pg_class o where o.relnamespace = s.oid)
        or exists (select from pg_proc o where o.pronamespace = s.oid)
        or exists (select from pg_operator o where o.oprnamespace = s.oid)
        or exists (select from pg_type o where o.typnamespace = s.oid))
   union all
   select 'search path with schema ' || s.name || ' before the built-in one' from searched s
    where s.name !~ '^pg_temp'
      and s.at < (select at from searched where name = 'pg_catalog')`,
);

/** 16384 is the first id that is given to anything after the cluster was made. */
const ADDED = statement(
  'audit_other_added',
  `select 'operator ' || oid::regoperator as name from pg_operator o
    where oid >= 16384 and ${NOT_OF_EXTENSION}
   union all select 'operator class ' || opcname from pg_opclass o
    where oid >= 16384 and ${NOT_OF_EXTENSION}
   union all select 'cast of ' || castsource::regtype || ' to ' || casttarget::regtype
     from pg_cast o where oid >= 16384 and ${NOT_OF_EXTENSION}
   limit 100`,
);

/**
 * Rows of the catalogue that are younger than the cluster, under ids that came with it. A right
 * that was taken from a built-in changes its row too: those that operators do that to are left out.
 */
const REPLACED = statement(
  'audit_other_replaced',
  `with made as (select xmin::text::bigint as at from pg_database where datname = 'template0')
   select 'function ' || p.oid::regprocedure as name from pg_proc p, made
    where p.oid < 16384 and p.xmin::text::bigint > made.at
      and p.proname !~ '^(pg_|lo_|has_|inet_|current_setting|set_config|query_to|table_to)'
   union all select 'operator ' || o.oid::regoperator from pg_operator o, made
    where o.oid < 16384 and o.xmin::text::bigint > made.at
   union all select 'cast of ' || c.castsource::regtype || ' to ' || c.casttarget::regtype
     from pg_cast c, made where c.oid < 16384 and c.xmin::text::bigint > made.at
   limit 100`,
);

const TABLES = statement(
  'audit_other_tables',
  `with tables as (select oid, relname, relpersistence from pg_class where relkind in ('r', 'p')
     and relnamespace = (select relnamespace from pg_class where oid = to_regclass('ledger_head')))
   select 'The table ' || relname || ' is emptied by a crash: it was set unlogged.' as name
     from tables where relpersistence <> 'p'
   union all
   select 'The column ' || t.relname || '.' || a.attname || ' is computed, not kept.'
     from pg_attribute a join tables t on t.oid = a.attrelid
    where a.attgenerated <> '' and not a.attisdropped
   limit 100`,
);

/** Given at the start of the server they are its operator's; elsewhere they were set past it. */
const SETTINGS = statement(
  'audit_other_settings',
  `select name from pg_settings
    where name in ('fsync', 'synchronous_commit', 'full_page_writes') and setting = 'off'
      and source not in ('default', 'command line', 'client', 'session')`,
);

/** No server that answers needs these; each changes what is found, or which triggers run. */
const BENT = statement(
  'audit_other_bent_settings',
  `select name || ' is ' || setting as name from pg_settings
    where (name in ('transform_null_equals', 'zero_damaged_pages', 'ignore_checksum_failure',
                    'ignore_system_indexes', 'ignore_invalid_pages') and setting = 'on')
       or (name = 'session_replication_role' and setting <> 'origin')
    order by 1`,
);

/** Ids of entries are given out in turn; one that is rolled back leaves a gap of one. */
const SEQUENCE = statement(
  'audit_other_sequence',
  `select case when s.last_value < m.id then 'back: nothing new can be written'
               when s.last_value > coalesce(m.id, 0) + 1000000000 then 'far ahead' end as name
     from ledger_entry_id_seq s cross join (select max(id) as id from ledger_entry) m`,
);

/** @returns a sentence for each. */
export async function otherAnswers(sql: Sql): Promise<string[]> {
  const named = async (query: Statement) =>
    (await sql.query<{ name: string | null }>(query)).rows.flatMap(({ name }) => name ?? []);
  const hiding = [...(await named(SCHEMAS)), ...(await named(ADDED))];
  return [
    ...hiding.map((name) => `No migration made this ${name}: it may answer instead of ours.`),
    ...(await named(REPLACED)).map((name) => `The built-in ${name} was replaced.`),
    ...(await named(TABLES)),
    ...(await named(SEQUENCE)).map((how) => `The sequence of ledger_entry was set ${how}.`),
    ...(await named(BENT)).map((name) => `The setting ${name}: it bends what is found.`),
    ...(await named(SETTINGS)).map(
      (name) => `The setting ${name} is off: what is confirmed may be lost in a crash.`,
    ),
  ];
}
