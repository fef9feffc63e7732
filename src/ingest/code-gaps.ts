/**
 * Local codes without a translation, counted for each sender: what to map first (capabilities B5).
 * A code can tell something of a person, so it stands sealed and is found by a keyed digest.
 */
import { createHmac } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import { type Sql, statement, type Tx } from '../platform/database.ts';
import type { Store } from '../store/index.ts';
import type { UnknownCode } from './unknown-codes.ts';

const COUNT = statement(
  'ingest_count_unknown_code',
  `insert into unknown_code (sender, digest, sealed, seen, first_seen, last_seen)
   select $1, digest, sealed, seen, $5, $5
     from unnest($2::bytea[], $3::bytea[], $4::bigint[]) as one(digest, sealed, seen)
    order by digest
   on conflict (sender, digest) do update
      set seen = unknown_code.seen + excluded.seen, last_seen = excluded.last_seen`,
);
const MOST_SEEN = statement(
  'ingest_most_seen_unknown_codes',
  `select digest, sealed, seen, first_seen, last_seen from unknown_code
    where sender = $1 order by seen desc, digest limit $2`,
);

/** Beyond this a delivery's codes are not counted one by one: a flood must not fill the table. */
const CODES_OF_DELIVERY_MAX = 500;

export interface CodeGap extends UnknownCode {
  /** In how many resources it came. */
  readonly seen: number;
  readonly first: string;
  readonly last: string;
}

export interface CodeGaps {
  count(tx: Tx, sender: string, codes: readonly UnknownCode[], at: Date): Promise<void>;
  /** Most seen first. */
  of(sql: Sql, sender: string, limit: number): Promise<CodeGap[]>;
}

export function createCodeGaps(store: Store, keyring: Keyring): CodeGaps {
  const key = keyring.hmac('ingest/unknown-code');
  const sealId = (sender: string, digest: Buffer) => `${sender}|${digest.toString('hex')}`;
  return {
    async count(tx, sender, codes, at) {
      const found = new Map<string, { code: UnknownCode; digest: Buffer; seen: number }>();
      for (const code of codes) {
        const name = `${sender}\0${code.element}\0${code.system}\0${code.code}`;
        const known = found.get(name);
        if (known) known.seen += 1;
        else if (found.size < CODES_OF_DELIVERY_MAX) {
          const digest = createHmac('sha256', key).update(name).digest().subarray(0, 16);
          found.set(name, { code, digest, seen: 1 });
        }
      }
      if (found.size === 0) return;
      const all = [...found.values()];
      const sealed = all.map(({ code, digest }) =>
        store.sealForGateway(
          'unknown-code',
          sealId(sender, digest),
          Buffer.from(JSON.stringify(code)),
        ),
      );
      const digests = all.map(({ digest }) => digest);
      const values = [sender, digests, sealed, all.map(({ seen }) => seen), at];
      await tx.query({ ...COUNT, values });
    },
    async of(sql, sender, limit) {
      const { rows } = await sql.query<{
        digest: Buffer;
        sealed: Buffer;
        seen: string;
        first_seen: Date;
        last_seen: Date;
      }>({ ...MOST_SEEN, values: [sender, limit] });
      return rows.map((row) => {
        const bytes = store.unsealForGateway(
          'unknown-code',
          sealId(sender, row.digest),
          row.sealed,
        );
        return {
          ...(JSON.parse(bytes.toString('utf8')) as UnknownCode),
          seen: Number(row.seen),
          first: row.first_seen.toISOString(),
          last: row.last_seen.toISOString(),
        };
      });
    },
  };
}
