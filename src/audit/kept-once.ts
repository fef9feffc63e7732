/**
 * What a table keeps by itself, as the database has it now: which rows it holds once, whether an
 * index that answers also hears of every new row, and what a column says when the gateway leaves it
 * out. Without its key a table takes a second row where the gateway trusts that there is none (an
 * assertion serves twice, a line is numbered twice), with one more it drops a row in silence, and a
 * changed default settles what nobody decided; no row is touched for any of it. audit.md 6.3.
 */
import { type Sql, statement } from '../platform/database.ts';

/** Columns of every unique key that the migrations make; `where`: for some of the rows only. */
const ONCE: Readonly<Record<string, readonly string[]>> = {
  access_review: ['id'],
  care_relation: ['vault,id,version'],
  choice: ['vault,id,version'],
  choice_notice: ['vault,id'],
  choice_receipt: ['vault,id'],
  client: ['id'],
  client_jti: ['client,jti'],
  decision_context: ['digest'],
  delivery: ['id', 'sender,digest'],
  delivery_key: ['sender,key'],
  export_chunk: ['job,type,record,number'],
  export_job: ['id'],
  figure_count: ['region,organisation,purpose,day'],
  figure_told: ['region,cohort'],
  ledger_entry: ['id'],
  ledger_head: ['single'],
  ledger_hold: ['id'],
  ledger_key: ['class,month', 'id'],
  ledger_key_wrap: ['key,kek'],
  ledger_leaf: ['entry', 'patient,nth where', 'seq'],
  ledger_patient: ['patient'],
  ledger_pruned: ['seq'],
  ledger_subtree: ['level,index'],
  ledger_term: ['class'],
  ledger_term_done: ['class'],
  line_question: ['vault,id'],
  mandate: ['vault,id,version'],
  medmij_chain_event: ['id', 'seq'],
  medmij_list: ['kind'],
  medmij_notification: ['id', 'subscription,kind where'],
  medmij_subscription: ['vault,id'],
  organisation: ['aanbieder', 'id', 'ura'],
  original: ['id'],
  original_chunk: ['original,number'],
  patient_group: ['client,id'],
  person_setting: ['vault'],
  register_answer: ['vault,id'],
  register_subscription: ['id', 'vault,holder'],
  registry_told: ['digest'],
  representative: ['vault,id,version'],
  resource: ['vault,type,place,custodian'],
  resource_history: ['vault,type,place,custodian,version'],
  resource_place: ['place,custodian'],
  retraction: ['vault,id'],
  retraction_notice: ['vault,id', 'vault,retraction,client'],
  review_case: ['holder,subject where', 'id'],
  review_fact: ['organisation,name'],
  review_run: ['since'],
  schema_migration: ['number'],
  sealed_state: ['hash'],
  share_window: ['organisation,service'],
  shared_item: ['vault,id', 'vault,organisation,service,digest'],
  shared_notice: ['vault,item'],
  source_coverage: ['sender,month,type,element'],
  source_state: ['organisation'],
  study_key: ['organisation'],
  study_notice: ['id'],
  study_run: ['organisation,run'],
  toestemming: ['vault,id'],
  unknown_code: ['sender,digest'],
  vault: ['id'],
  vault_change: ['vault'],
  vault_lookup: ['hash'],
  vault_merge: ['vault,id'],
  waiting_item: ['vault,delivery'],
};

/** All that the migrations give a column that is left out. */
const DEFAULTS: ReadonlySet<string> = new Set([
  'choice_notice.attempts=0',
  'client.changed=now()',
  "delivery.reasons='{}'::text[]",
  'delivery.rejected=false',
  'export_chunk.record=0',
  'export_job.resources=0',
  'ledger_head.single=true',
  'ledger_head.swept=0',
  'medmij_notification.attempts=0',
  'original.parts_whole=false',
  'patient_group.version=1',
  'registry_told.told=now()',
  'retraction_notice.attempts=0',
  'review_run.flags=0',
  'review_run.lines=0',
  'schema_migration.applied=now()',
  "share_window.reason=''::text",
  "shared_item.state='received'::text",
  'shared_notice.attempts=0',
  "source_coverage.lacking='{}'::uuid[]",
  'source_state.probe_failures=0',
  'study_notice.attempts=0',
  "toestemming.kind='verzamelen'::text",
  'vault.epoch=1',
  'vault.key_number=1',
  "vault.state='open'::text",
]);

/** Columns of an index in its own order; an expression has no column and shows as a star. */
const KEYS = statement(
  'audit_kept_keys',
  `select c.relname as table, i.relname as index, x.indisunique as once,
          x.indisvalid and x.indisready and x.indislive and x.indimmediate as whole,
          x.indisvalid and not (x.indisready and x.indislive) as deaf,
          (select string_agg(coalesce(a.attname, '*'), ',' order by k.nth)
             from unnest(x.indkey::int2[]) with ordinality as k(attnum, nth)
             left join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
            where k.nth <= x.indnkeyatts)
            || case when x.indpred is null then '' else ' where' end as columns
     from pg_index x join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
    where c.relkind in ('r', 'p') and c.relnamespace = (
      select relnamespace from pg_class where oid = to_regclass('ledger_head'))`,
);
const LEFT_OUT = statement(
  'audit_kept_defaults',
  `select c.relname || '.' || a.attname as column, pg_get_expr(d.adbin, d.adrelid) as value
     from pg_attrdef d join pg_class c on c.oid = d.adrelid
     join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
    where c.relkind in ('r', 'p') and a.attgenerated = '' and c.relnamespace = (
      select relnamespace from pg_class where oid = to_regclass('ledger_head'))`,
);

interface Key {
  readonly table: string;
  readonly index: string;
  readonly once: boolean;
  readonly whole: boolean;
  readonly deaf: boolean;
  readonly columns: string;
}

/** @returns a sentence for each key, index and default that is not as the migrations made it. */
export async function changedKeys(sql: Sql): Promise<string[]> {
  const { rows: keys } = await sql.query<Key>(KEYS);
  const { rows: given } = await sql.query<{ column: string; value: string }>(LEFT_OUT);
  const lost = Object.entries(ONCE).flatMap(([table, all]) =>
    all
      .filter((columns) => !keys.some((key) => isKey(key, table, columns)))
      .map((columns) => `The table ${table} may hold two rows of one ${columns}: its key is off.`),
  );
  const added = keys
    .filter(({ table, once, columns }) => once && !ONCE[table]?.includes(columns))
    .map(({ index }) => `No migration made the key ${index}: a row may be dropped because of it.`);
  const deaf = keys
    .filter((key) => key.deaf)
    .map(({ index }) => `The index ${index} answers, and hears of no new row.`);
  const said = given
    .filter(({ column, value }) => !DEFAULTS.has(`${column}=${value}`))
    .map(({ column, value }) => `No migration gave ${column} the value ${value} when left out.`);
  return [...lost.toSorted(), ...added, ...deaf, ...said];
}

function isKey(key: Key, table: string, columns: string): boolean {
  return key.table === table && key.columns === columns && key.once && key.whole;
}
