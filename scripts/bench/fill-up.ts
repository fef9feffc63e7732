/** Rows that nobody asks for, of the same shape as real ones, until the store has so many. */
import type pg from 'pg';

const ROWS_OF_VAULT = 50;
const VAULTS_IN_ONE_GO = 2_000;

/** Tokens and sealed bytes look random to everybody but their owner, as real ones do. */
const ADD = `
  with someone as materialized (select kek, data_key, evidence_key from vault limit 1),
    holder as materialized (select custodian from resource limit 1),
    vaults as (
      insert into vault (id, kek, data_key, evidence_key, opened)
      select gen_random_uuid(), kek, data_key, evidence_key, now()
        from someone, generate_series(1, $1::integer) returning id),
    added as (
      insert into resource
             (vault, type, place, custodian, version, versions, updated, deleted, tokens, sealed)
      select id, (array['Observation', 'Condition', 'Encounter'])[1 + n % 3], gen_random_uuid(),
             custodian, 1, 1, now(), false,
             array(select (random() * 9e18)::bigint + 0 * n from generate_series(1, 24)), $2::bytea
        from vaults, holder, generate_series(1, $3::integer) n
      returning place, custodian, vault)
  insert into resource_place (place, custodian, vault, pooled)
  select place, custodian, vault, true from added`;

const SEALED_BYTES = 480;

/** Also brings the statistics and the visibility of rows up to date, as time does. */
export async function fillUpTo(client: pg.Client, rows: number): Promise<void> {
  const { rows: counted } = await client.query<{ n: number }>(
    'select count(*)::integer as n from resource',
  );
  const sealed = Buffer.alloc(SEALED_BYTES, 7);
  let missing = rows - (counted[0]?.n ?? 0);
  while (missing > 0) {
    const vaults = Math.min(VAULTS_IN_ONE_GO, Math.ceil(missing / ROWS_OF_VAULT));
    await client.query(ADD, [vaults, sealed, ROWS_OF_VAULT]);
    missing -= vaults * ROWS_OF_VAULT;
  }
  await client.query('vacuum (analyze) resource, resource_place, vault');
  await client.query('checkpoint').catch(() => undefined);
}
