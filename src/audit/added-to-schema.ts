/**
 * What stands between the gateway and its rows and came with no migration: a trigger or rule that
 * rewrites what is written, a policy or view that hides rows, a table whose rows are read as those
 * of another, a function. Whoever owns the database could keep a refusal from the gateway's sight
 * that way without touching a row.
 */
import { type Sql, statement } from '../platform/database.ts';

/** All that the migrations make of these kinds. */
const OURS: Readonly<Record<string, readonly string[]>> = {
  trigger: [
    'ledger_entry.written_once',
    'ledger_leaf.written_once',
    'ledger_subtree.written_once',
    'ledger_key.written_once',
    'ledger_pruned.written_once',
    'ledger_head.written_once',
    'ledger_patient.written_once',
  ],
  view: ['ledger_terms'],
  function: [
    'ledger_end_of_keys',
    'ledger_end_of_term',
    'ledger_is_written_once',
    'ledger_last_before',
    'ledger_lift_hold',
  ],
};

const ADDED = statement(
  'audit_added_to_schema',
  `with ours as (
       select relnamespace as schema from pg_class where oid = to_regclass('ledger_head')),
     tables as (select c.oid, c.relname, c.relkind, c.relrowsecurity from pg_class c, ours
       where c.relnamespace = ours.schema and c.relkind in ('r', 'p', 'f', 'v', 'm'))
   select 'trigger' as kind, t.relname || '.' || g.tgname as name
     from pg_trigger g join tables t on t.oid = g.tgrelid where not g.tgisinternal
   union all select 'view', relname from tables where relkind in ('v', 'm')
   union all select 'foreign table', relname from tables where relkind = 'f'
   union all select 'function', p.proname from pg_proc p, ours where p.pronamespace = ours.schema
   union all select 'rule', t.relname || '.' || r.rulename
     from pg_rewrite r join tables t on t.oid = r.ev_class where r.rulename <> '_RETURN'
   union all select 'policy', t.relname || '.' || p.polname
     from pg_policy p join tables t on t.oid = p.polrelid
   union all select 'row security', relname from tables where relrowsecurity
   union all select 'inheritance', t.relname || ' of ' || i.inhparent::regclass
     from pg_inherits i join tables t on t.oid = i.inhrelid
   union all select 'event trigger', evtname from pg_event_trigger
   order by kind, name limit 100`,
);

/** @returns each thing that no migration made, as its kind and name. */
export async function addedToSchema(sql: Sql): Promise<string[]> {
  const { rows } = await sql.query<{ kind: string; name: string }>(ADDED);
  return rows
    .filter(({ kind, name }) => !OURS[kind]?.includes(name))
    .map(({ kind, name }) => `${kind} ${name}`);
}
