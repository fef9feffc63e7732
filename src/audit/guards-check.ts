/**
 * What keeps the ledger from being changed, as the database has it now: the triggers, the functions
 * by the text that the migrations gave them, what the gateway's own role may do, the terms, and the
 * keys of the bodies. Whoever owns the database can take all of it away without touching an entry;
 * that is told before anything is lost. audit.md 5.5, 6.3.
 */
import { type Sql, statement } from '../platform/database.ts';
import { addedToSchema } from './added-to-schema.ts';
import { Findings } from './findings.ts';
import { changedKeys } from './kept-once.ts';
import { changedRules } from './kept-whole.ts';
import { otherAnswers } from './other-answers.ts';

/** `pg_trigger.tgtype`: before, for each statement, on update, delete and truncate. */
const ON_ANY_CHANGE = 58;
/** The same without update. */
const ON_REMOVAL = 42;
const GUARDED: Readonly<Record<string, number>> = {
  ledger_entry: ON_ANY_CHANGE,
  ledger_leaf: ON_ANY_CHANGE,
  ledger_subtree: ON_ANY_CHANGE,
  ledger_key: ON_ANY_CHANGE,
  ledger_pruned: ON_ANY_CHANGE,
  ledger_head: ON_REMOVAL,
  ledger_patient: ON_REMOVAL,
};
const TRIGGERS = statement(
  'audit_guard_triggers',
  `select c.relname as table, t.tgtype as type, t.tgenabled in ('O', 'A') as on, p.proname as calls
     from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal and c.oid = any(
      select to_regclass(name) from unnest($1::text[]) as name)`,
);

/** sha256 of the text of each function, as the last migration about it wrote it. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  ledger_end_of_keys: '976069ea888abdb1ef24c7b2afa19ea61c354d9c75ac0ca87fe369a38a63cc72',
  ledger_end_of_term: '920dfef7bcbfd2bc68f857ca089509f775348033bf5123504d4bb6371b97beb9',
  ledger_is_written_once: '8a8beb96fede430c9117f7a85a70ef5262ae5abf1f9009f20e246b0ce71e47cc',
  ledger_last_before: '2fce394d914eb1b9c192adbb519f15ccd81674725bb6babb1a4e72e1f845b372',
  ledger_lift_hold: 'ed829e8de3642973afce82d8d15aa5b7103fa429d3bfbd266edfee15d3cd6721',
};
const TEXTS = statement(
  'audit_guard_functions',
  `select p.proname as name, encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex') as text
     from pg_proc p
    where p.proname = any($1) and p.pronamespace = (
      select relnamespace from pg_class where oid = to_regclass('ledger_head'))`,
);

/** What the gateway may never do to a table, whoever gave it leave. */
const FORBIDDEN: Readonly<Record<string, string>> = {
  ledger_entry: 'update, delete, truncate, trigger',
  ledger_leaf: 'update, delete, truncate, trigger',
  ledger_subtree: 'update, delete, truncate, trigger',
  ledger_key: 'update, delete, truncate, trigger',
  ledger_key_wrap: 'update, delete, truncate, trigger',
  ledger_pruned: 'insert, update, delete, truncate, trigger',
  ledger_head: 'delete, truncate, trigger',
  ledger_patient: 'delete, truncate, trigger',
  ledger_term: 'insert, update, delete, truncate, trigger',
  ledger_term_done: 'insert, update, delete, truncate, trigger',
  ledger_hold: 'update, delete, truncate, trigger',
};
/** A right may also be given for a column alone; only these two can. */
const RIGHTS = statement(
  'audit_guard_rights',
  `select i.name as table from unnest($1::text[], $2::text[]) as i(name, rights)
     cross join pg_roles r
    where r.rolname = 'zorgsluis_app' and to_regclass(i.name) is not null
      and (r.rolsuper or has_table_privilege(r.oid, to_regclass(i.name), i.rights)
        or exists (select from unnest(array['insert', 'update']) as one
          where one = any(string_to_array(i.rights, ', '))
            and has_any_column_privilege(r.oid, to_regclass(i.name), one)))`,
);

/** What the gateway's role is; a member of another role may become it. */
const ROLE = statement(
  'audit_guard_role',
  `select case
       when pg_has_role(r.oid, c.relowner, 'MEMBER') then 'may become the owner of the tables'
       when r.rolcreaterole then 'may make roles'
       when r.rolbypassrls then 'passes over policies'
       when r.rolreplication then 'may copy the whole server'
       when has_schema_privilege(r.oid, c.relnamespace, 'create') then 'may make tables beside ours'
     end as what
     from pg_roles r cross join pg_class c
    where r.rolname = 'zorgsluis_app' and c.oid = to_regclass('ledger_head')`,
);

/** Months after the writing: what is usual, and the least that law asks (audit.md 6.4). */
const TERMS: Readonly<Record<string, readonly [usual: number, least: number]>> = {
  care: [180, 60],
  evidence: [240, 240],
  pgo: [36, 36],
  chain: [36, 36],
  security: [24, 24],
};
const NAMED_TERMS = statement(
  'audit_guard_terms',
  `select t.class, t.months, own.months as own, t.done = coalesce(d.done, -1) as right
     from ledger_terms t
     left join ledger_term own on own.class = t.class
     left join ledger_term_done d on d.class = t.class`,
);

/** A key of a month that has yet to come seals nothing that the gateway wrote. */
const KEYS_AHEAD = statement(
  'audit_guard_keys',
  `select k.id from ledger_key k
    where k.month > now() + interval '2 months'
      and not exists (select from ledger_entry e where e.key = k.id) order by k.id limit 10`,
);

/** What opens and seals the bodies of a month that still runs has not ended by its term. */
const KEYS_LOST = statement(
  'audit_guard_keys_lost',
  `select k.id, k.class from ledger_key k
    where k.month > now() - interval '2 months'
      and not exists (select from ledger_key_wrap w where w.key = k.id) order by k.id limit 10`,
);

/** @returns a sentence about each guard that is off, and about whatever was put beside it. */
export async function guardFindings(sql: Sql): Promise<string[]> {
  const findings = new Findings();
  await checkGuards(sql, findings);
  return findings.list().map(({ text }) => text);
}

/** Adds each of them to the findings of the whole ledger. */
export async function checkGuards(sql: Sql, findings: Findings): Promise<void> {
  const add = (text: string) => findings.add('guard', undefined, text);
  const tables = Object.keys(GUARDED);
  const { rows: triggers } = await sql.query<{
    table: string;
    type: number;
    on: boolean;
    calls: string;
  }>({ ...TRIGGERS, values: [tables] });
  for (const table of tables) {
    const isGuarded = triggers.some(
      (one) =>
        one.table === table &&
        one.on &&
        one.type === GUARDED[table] &&
        one.calls === 'ledger_is_written_once',
    );
    if (!isGuarded) add(`The trigger that keeps ${table} from being changed is off or gone.`);
  }
  const { rows: texts } = await sql.query<{ name: string; text: string }>({
    ...TEXTS,
    values: [Object.keys(FUNCTIONS)],
  });
  for (const [name, text] of Object.entries(FUNCTIONS)) {
    const found = texts.filter((one) => one.name === name);
    if (found.length === 1 && found[0]?.text === text) continue;
    add(`The function ${name} is not the one that the migrations made.`);
  }
  const rights = [Object.keys(FORBIDDEN), Object.values(FORBIDDEN)];
  for (const { table } of (await sql.query<{ table: string }>({ ...RIGHTS, values: rights }))
    .rows) {
    add(`The gateway's role may change ${table}: somebody gave it more than the migrations do.`);
  }
  for (const { what } of (await sql.query<{ what: string | null }>(ROLE)).rows) {
    if (what !== null) add(`The gateway's role ${what}: somebody gave it more.`);
  }
  await checkTerms(sql, add);
  for (const name of await addedToSchema(sql)) {
    add(`No migration made this ${name}: it may change or hide what the gateway reads.`);
  }
  for (const text of await otherAnswers(sql)) add(text);
  for (const text of await changedKeys(sql)) add(text);
  for (const text of await changedRules(sql)) add(text);
  for (const { id } of (await sql.query<{ id: number }>(KEYS_AHEAD)).rows) {
    add(`Key ${id} is of a month that has yet to come, and was put in by another hand.`);
  }
  for (const { id, class: name } of (await sql.query<{ id: number; class: string }>(KEYS_LOST))
    .rows) {
    add(`Key ${id} of ${name} was taken out: nothing of it can be read or written.`);
  }
}

async function checkTerms(sql: Sql, add: (text: string) => void): Promise<void> {
  const { rows } = await sql.query<{
    class: string;
    months: number;
    own: number | null;
    right: boolean;
  }>(NAMED_TERMS);
  const known = new Map(rows.map((row) => [row.class, row]));
  for (const [name, [usual, least]] of Object.entries(TERMS)) {
    const row = known.get(name);
    const isRight = row && row.months === (row.own ?? usual) && row.months >= least;
    if (row?.right === false) add(`How far retention of ${name} went is not what is kept of it.`);
    if (!isRight) add(`The term of ${name} is ${row?.months ?? 'no'} months, and cannot be.`);
  }
}
