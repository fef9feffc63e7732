/** All that `db:check` looks at: a gateway at work shows nothing, and no table is forgotten. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkWhole, LEFT_ALONE } from '../../src/cli/whole-check.ts';
import { asOwner } from '../audit/ledgers.ts';
import { type Gateway, openGateway } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  patientOf,
  person,
  transaction,
  urn,
} from '../support/people.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
  const who = person(171);
  const self = urn(who.bsn);
  for (const text of ['een', 'twee']) {
    const entries = [
      entry(self, patientOf(who)),
      entry(urn('c'), condition(`c${who.bsn}`, self, { note: [{ text }] })),
    ];
    const sent = await gateway.send('epd-proef', transaction(entries));
    expect(sent.statusCode, sent.body).toBe(200);
  }
  await choose(gateway, who, [HOSPITALS_TO_GPS]);
  await gateway.rooms.review.reviewer.until(gateway.rooms.clock());
});
afterAll(() => gateway.close());

/** By one of the checks of the rooms; the ledger's own tables by `audit verify`. */
const LOOKED_AT = new Set(
  `access_review care_relation choice choice_notice choice_receipt client decision_context delivery
   delivery_key figure_told ledger_entry ledger_head ledger_hold ledger_key ledger_key_wrap
   ledger_leaf ledger_patient ledger_pruned ledger_subtree ledger_term ledger_term_done
   line_question mandate medmij_subscription organisation original original_chunk person_setting
   register_answer register_subscription registry_told representative resource resource_history
   resource_place retraction_notice review_case review_run shared_item toestemming vault
   vault_lookup waiting_item`.split(/\s+/),
);

async function found(): Promise<readonly { readonly fault: string }[]> {
  const { database, keyring, clock } = gateway.rooms;
  const now = () => new Date(clock().getTime() + 1_000);
  const parts = await checkWhole({ database, keyring, clock: now, progress: () => undefined });
  return parts.flatMap(({ findings }) => findings);
}

/** What is found while a table stands changed. */
async function changed(table: string, ...tamper: string[]) {
  const { ownerUrl } = gateway.db;
  // Beside our own schema: there, a table that no migration made is a finding.
  await asOwner(ownerUrl, 'create schema if not exists kept');
  await asOwner(ownerUrl, `create table kept.${table} as table ${table}`);
  for (const sql of tamper) await asOwner(ownerUrl, sql);
  const faults = await found();
  await asOwner(ownerUrl, `delete from ${table}`);
  await asOwner(ownerUrl, `insert into ${table} select * from kept.${table}`);
  await asOwner(ownerUrl, `drop table kept.${table}`);
  return faults;
}

describe('the check of the whole database', () => {
  it('finds nothing where nobody came', async () => {
    expect(await found()).toEqual([]);
  });

  it.each([
    ['a key of a message taken out', 'delivery_key', 'delete from delivery_key', 'delivery'],
    [
      'a key of a message given to another',
      'delivery_key',
      'update delivery_key set delivery = gen_random_uuid()',
      'delivery',
    ],
    [
      'a delivery that stands as never handled',
      'delivery',
      `update delivery set state = 'received', receipt = null`,
      'delivery',
    ],
    [
      'a delivery that stands as held',
      'delivery',
      `update delivery set state = 'held'`,
      'delivery',
    ],
    [
      'a delivery that nobody took back',
      'delivery',
      'update delivery set rejected = true',
      'delivery',
    ],
    [
      'a delivery that came at another time',
      'delivery',
      `update delivery set received = received - interval '1 year'`,
      'delivery',
    ],
    [
      'an original that came at another time',
      'original',
      `update original set received = received - interval '1 year'`,
      'delivery',
    ],
    [
      'a period that nobody looked at, put in',
      'review_run',
      `insert into review_run values (now(), now() + interval '1 year', now(), 0, 0, now())`,
      'review-run',
    ],
    [
      'a period that was made longer',
      'review_run',
      `update review_run set until = until + interval '1 hour'`,
      'review-run',
    ],
    ['a period that was taken out', 'review_run', 'delete from review_run', 'review-run'],
  ])('finds %s', async (_name, table, sql, fault) => {
    const faults = (await changed(table, sql)).map((one) => one.fault);
    expect(new Set(faults)).toEqual(new Set([fault]));
  });

  it('says of every table that it is looked at, or why not', async () => {
    const { rows } = await asOwner(
      gateway.db.ownerUrl,
      `select relname as name from pg_class where relkind = 'r'
          and relnamespace = (select relnamespace from pg_class where relname = 'ledger_head')`,
    );
    const named = (rows as { name: string }[]).map(({ name }) => name);
    const unknown = named.filter((name) => !(name in LEFT_ALONE) && !LOOKED_AT.has(name));
    expect(unknown).toEqual([]);
    expect(Object.keys(LEFT_ALONE).filter((name) => LOOKED_AT.has(name))).toEqual([]);
  });
});
