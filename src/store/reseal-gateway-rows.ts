/**
 * Rows that belong to no vault and are sealed under a key-encryption key of the gateway, under the
 * current one again, so that the one before may leave the key file. A batch at a time, in the order
 * of their key; what is written meanwhile is under the current key already, and stays.
 */
import type { Sql, Statement } from '../platform/database.ts';
import type { GatewaySeal } from './gateway-seal.ts';

const BATCH_ROWS = 200;

export interface SealedRows {
  /** As they were sealed for. */
  readonly purpose: string;
  /** The columns of their key, with where it begins. */
  readonly key: readonly (readonly [column: string, before: string])[];
  /** What is bound into the bytes: of the key, in the order of its columns. */
  idOf(key: readonly string[]): string;
  /** The columns of the key as text and `sealed`, beyond the key of `$1…`, at most `$n`. */
  readonly page: Statement;
  /** Of one key `$1…` the bytes `$n`, where they still are `$n+1`. */
  readonly change: Statement;
}

type Row = { readonly sealed: Buffer } & Readonly<Record<string, unknown>>;

/** @returns how many were sealed again. @throws Problem `fault` when one does not open. */
export async function resealGatewayRows(
  sql: Sql,
  { reseal }: Pick<GatewaySeal, 'reseal'>,
  { purpose, key, idOf, page, change }: SealedRows,
): Promise<number> {
  let count = 0;
  let after = key.map(([, before]) => before);
  for (;;) {
    const { rows } = await sql.query<Row>({ ...page, values: [...after, BATCH_ROWS] });
    for (const row of rows) {
      after = key.map(([column]) => String(row[column]));
      const again = reseal(purpose, idOf(after), row.sealed);
      if (!again) continue;
      await sql.query({ ...change, values: [...after, again, row.sealed] });
      count += 1;
    }
    if (rows.length < BATCH_ROWS) return count;
  }
}
