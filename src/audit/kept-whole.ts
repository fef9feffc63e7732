/**
 * What the tables refuse to keep, as the database has it now: a row without what it must have, a
 * value that means nothing, a number or time cut to less than was written. With such a rule off, a
 * row is taken that no reader knows; with one more, a write fails or, through a foreign key, a row
 * goes with one of another table. No row is touched for any of it. audit.md 6.3.
 */
import { type Sql, type Statement, statement } from '../platform/database.ts';

/** Every column that the migrations let a row do without. */
const MAY_LACK: Readonly<Record<string, readonly string[]>> = {
  access_review: ['closed'],
  choice_notice: ['acknowledged', 'due', 'sent', 'until'],
  delivery: ['done', 'format', 'receipt'],
  ledger_entry: ['holder', 'holders', 'organisation', 'purpose', 'route'],
  ledger_hold: ['lifted_at'],
  ledger_leaf: ['nth', 'patient'],
  line_question: ['answered'],
  medmij_chain_event: ['batch', 'delivered'],
  medmij_notification: ['done', 'end_date', 'outcome'],
  organisation: ['aanbieder'],
  original: ['about', 'kek', 'parts', 'parts_layout', 'vault'],
  register_subscription: ['place'],
  representative: ['subject'],
  retraction: ['searched'],
  retraction_notice: ['acknowledged', 'due', 'organisation', 'sent'],
  review_case: ['closed'],
  review_run: ['finished'],
  sealed_state: ['bound', 'ended', 'family'],
  share_window: ['per_day_max'],
  shared_notice: ['done', 'outcome'],
  source_state: ['down_by', 'down_since', 'down_until', 'last_heard', 'probed'],
  toestemming: ['ended', 'ended_because', 'given_by'],
  vault: ['data_key', 'erased'],
  vault_lookup: ['bound'],
  vault_merge: ['undone'],
};

const CARE = `WHEN'care'THEN60WHEN'evidence'THEN240WHEN'pgo'THEN36WHEN'chain'THEN36`;
/** Every check, without the brackets, blanks and casts that the database writes around it. */
const CHECKS: ReadonlySet<string> = new Set([
  `access_review: kind=ANYARRAY['emergency','declared']`,
  `access_review: state=ANYARRAY['open','second','closed']`,
  `delivery: state=ANYARRAY['received','accepted','held','refused']`,
  `export_job: state=ANYARRAY['running','done','failed']`,
  'ledger_head: single',
  'ledger_leaf: patientISNULL=nthISNULL',
  `ledger_term: class<>'pgo'ORmonths=36`,
  `ledger_term: months>=CASEclass${CARE}WHEN'security'THEN24ELSENULLEND`,
  `line_question: state=ANYARRAY['open','answered']`,
  'original: chunks>0=aboutISNOTNULL',
  'original: vaultISNULL=kekISNOTNULL',
  `register_subscription: state=ANYARRAY['wanted','active','ending','ended']`,
  `review_case: state=ANYARRAY['open','second','closed']`,
  `review_fact: name=ANYARRAY['staff.csv','rosters.csv','watch.csv','relations.csv']`,
  'share_window: per_day_max>0',
  `shared_item: state=ANYARRAY['received','opened','filed','not-accepted']`,
  `source_state: down_by=ANYARRAY['source','probe']`,
  `vault: state='open'=data_keyISNOTNULL`,
  `vault: state=ANYARRAY['open','erased','merged']`,
  'waiting_item: items>0',
]);

/** Days, not moments. */
const DAYS = [
  'access_review.due',
  'figure_count.day',
  'ledger_key.month',
  'line_question.due',
  'medmij_notification.end_date',
  'review_case.due',
  'source_coverage.month',
];
const WORDS_AS_BYTES = ['resource.type', 'resource_history.type'];

const OURS = `(select relnamespace from pg_class where oid = to_regclass('ledger_head'))`;
const COLUMNS = statement(
  'audit_kept_columns',
  `select c.relname as table, a.attname as column, not a.attnotnull as lacking
     from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relkind in ('r', 'p') and c.relnamespace = ${OURS}
      and a.attnum > 0 and not a.attisdropped
    order by 1, 2`,
);
/** A server before 18 knows no check that is written down and not kept. */
const RULES = statement(
  'audit_kept_rules',
  `select c.relname as table, k.conname as name, k.contype = 'c' as check,
          coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) and k.convalidated as kept,
          regexp_replace(pg_get_expr(k.conbin, k.conrelid), '[\\s()]|::(text|integer)', '', 'g')
            as text
     from pg_constraint k join pg_class c on c.oid = k.conrelid
    where k.contype in ('c', 'f', 'x') and c.relnamespace = ${OURS} order by 1, 2`,
);
/** 100 is the order of the database itself, 950 that of bytes. */
const CUT = statement(
  'audit_kept_cut',
  `select c.relname || '.' || a.attname as column, format_type(a.atttypid, a.atttypmod) as type
     from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relkind in ('r', 'p') and c.relnamespace = ${OURS}
      and a.attnum > 0 and not a.attisdropped
      and not (a.atttypmod = -1
        and a.attcollation = case
          when c.relname || '.' || a.attname = any($2::text[]) then 950
          when a.atttypid in ('text'::regtype, 'text[]'::regtype) then 100
          else 0 end
        and (a.atttypid = any('{uuid,timestamptz,text,bytea,integer,bigint,boolean,smallint,jsonb,
            "\\"char\\"",uuid[],text[],bigint[],integer[]}'::regtype[])
          or a.atttypid = 'date'::regtype and c.relname || '.' || a.attname = any($1::text[])))
    order by 1`,
);

interface Column {
  readonly table: string;
  readonly column: string;
  readonly lacking: boolean;
}

interface Rule {
  readonly table: string;
  readonly name: string;
  readonly check: boolean;
  readonly kept: boolean;
  readonly text: string | null;
}

/** @returns a sentence for each rule about a row that is not as the migrations made it. */
export async function changedRules(sql: Sql): Promise<string[]> {
  const rows = async <T extends object>(query: Statement, values: unknown[] = []) =>
    (await sql.query<T>({ ...query, values })).rows;
  const columns = await rows<Column>(COLUMNS);
  const rules = await rows<Rule>(RULES);
  const cut = await rows<{ column: string; type: string }>(CUT, [DAYS, WORDS_AS_BYTES]);
  return [
    ...columns.flatMap(aboutColumn),
    ...aboutChecks(rules),
    ...cut.map(({ column, type }) => `No migration gave ${column} the type or order ${type}.`),
  ];
}

function aboutColumn({ table, column, lacking }: Column): string[] {
  if (lacking === (MAY_LACK[table]?.includes(column) ?? false)) return [];
  const name = `${table}.${column}`;
  return [
    lacking
      ? `The column ${name} may be left empty: its NOT NULL is off.`
      : `No migration forbade ${name} to be empty: a write may fail because of it.`,
  ];
}

function aboutChecks(rules: readonly Rule[]): string[] {
  const said = ({ table, text }: Rule) => `${table}: ${text}`;
  const kept = new Set(rules.filter((one) => one.check && one.kept).map(said));
  const lost = [...CHECKS].filter((one) => !kept.has(one));
  // One that stands in the place of another was said with that.
  const replaced = new Set(lost.map((one) => one.split(':')[0]));
  const added = rules.filter((one) =>
    one.check ? !CHECKS.has(said(one)) && !replaced.has(one.table) : true,
  );
  return [
    ...lost.map((one) => `The check of ${one.replace(':', ' is off:')}.`),
    ...added.map(({ table, name }) => `No migration made the rule ${name} of ${table}.`),
  ];
}
