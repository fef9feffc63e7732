/** What the way in keeps sealed for the gateway, for when its key-encryption key changes. */
import { statement } from '../platform/database.ts';
import type { SealedRows } from '../store/index.ts';

const NIL = '00000000-0000-0000-0000-000000000000';

export const SEALED_BY_INTAKE: readonly SealedRows[] = [
  {
    purpose: 'receipt',
    key: [['id', NIL]],
    idOf: ([id = '']) => id,
    page: statement(
      'ingest_receipts_in_order',
      `select id, receipt as sealed from delivery
        where id > $1 and receipt is not null order by id limit $2`,
    ),
    change: statement(
      'ingest_reseal_receipt',
      'update delivery set receipt = $2 where id = $1 and receipt = $3',
    ),
  },
  {
    purpose: 'unknown-code',
    key: [
      ['sender', ''],
      ['hex', ''],
    ],
    idOf: ([sender = '', hex = '']) => `${sender}|${hex}`,
    page: statement(
      'ingest_unknown_codes_in_order',
      `select sender, encode(digest, 'hex') as hex, sealed from unknown_code
        where (sender, digest) > ($1, decode($2, 'hex')) order by sender, digest limit $3`,
    ),
    change: statement(
      'ingest_reseal_unknown_code',
      `update unknown_code set sealed = $3
        where sender = $1 and digest = decode($2, 'hex') and sealed = $4`,
    ),
  },
];
