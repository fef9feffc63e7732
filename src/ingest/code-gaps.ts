/**
 * Local codes without a translation, counted for each sender: what to map first (capabilities B5).
 * A code can tell something of a person, so it stands sealed and is found by a keyed digest.
 */
import { createHmac } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { gather } from '../platform/gather.ts';
import type { Store } from '../store/index.ts';
import type { UnknownCode } from './unknown-codes.ts';

const COUNT = statement(
  'ingest_count_unknown_code',
  `insert into unknown_code (sender, digest, sealed, seen, first_seen, last_seen)
   select sender, digest, sealed, seen, at, at
     from unnest($1::text[], $2::bytea[], $3::bytea[], $4::bigint[], $5::timestamptz[])
       as one(sender, digest, sealed, seen, at)
    order by sender, digest
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
  /**
   * After the commit of what they came in, together with those of other messages: every message of
   * a sender counts the same few codes, and in its own transaction each would wait for the last.
   * A count that fails is a count less, never a message less.
   */
  count(sql: Sql, sender: string, codes: readonly UnknownCode[], at: Date): Promise<void>;
  /** Most seen first. */
  of(sql: Sql, sender: string, limit: number): Promise<CodeGap[]>;
}

interface Counted {
  readonly sender: string;
  readonly code: UnknownCode;
  readonly digest: Buffer;
  seen: number;
  readonly at: Date;
}

/** One statement may touch a row only once: the same code of several messages is added up. */
function added(all: readonly Counted[]): Counted[] {
  const found = new Map<string, Counted>();
  for (const one of all) {
    const name = `${one.sender}|${one.digest.toString('hex')}`;
    const known = found.get(name);
    if (known) known.seen += one.seen;
    else found.set(name, { ...one });
  }
  return [...found.values()];
}

export function createCodeGaps(store: Store, keyring: Keyring): CodeGaps {
  const key = keyring.hmac('ingest/unknown-code');
  const lines = new WeakMap<Sql, (found: readonly Counted[]) => Promise<void>>();

  function lineOf(sql: Sql) {
    const line =
      lines.get(sql) ??
      gather(
        async (messages: readonly (readonly Counted[])[]) => {
          await write(sql, added(messages.flat()));
          return messages.map(() => undefined);
        },
        { togetherMax: 64, lanesMax: 1 },
      );
    lines.set(sql, line);
    return line;
  }

  async function write(sql: Sql, all: readonly Counted[]): Promise<void> {
    const sealed = all.map(({ sender, code, digest }) =>
      store.sealForGateway(
        'unknown-code',
        sealId(sender, digest),
        Buffer.from(JSON.stringify(code)),
      ),
    );
    const values = [
      all.map(({ sender }) => sender),
      all.map(({ digest }) => digest),
      sealed,
      all.map(({ seen }) => seen),
      all.map(({ at }) => at),
    ];
    await sql.query({ ...COUNT, values });
  }

  return {
    async count(sql, sender, codes, at) {
      const found = new Map<string, Counted>();
      for (const code of codes) {
        const name = `${sender}\0${code.element}\0${code.system}\0${code.code}`;
        const known = found.get(name);
        if (known) known.seen += 1;
        else if (found.size < CODES_OF_DELIVERY_MAX) {
          const digest = createHmac('sha256', key).update(name).digest().subarray(0, 16);
          found.set(name, { sender, code, digest, seen: 1, at });
        }
      }
      if (found.size > 0) await lineOf(sql)([...found.values()]).catch(() => undefined);
    },
    of: (sql, sender, limit) => mostSeen(store, sql, sender, limit),
  };
}

const sealId = (sender: string, digest: Buffer): string => `${sender}|${digest.toString('hex')}`;

async function mostSeen(store: Store, sql: Sql, sender: string, limit: number): Promise<CodeGap[]> {
  const { rows } = await sql.query<{
    digest: Buffer;
    sealed: Buffer;
    seen: string;
    first_seen: Date;
    last_seen: Date;
  }>({ ...MOST_SEEN, values: [sender, limit] });
  return rows.map((row) => {
    const bytes = store.unsealForGateway('unknown-code', sealId(sender, row.digest), row.sealed);
    return {
      ...(JSON.parse(bytes.toString('utf8')) as UnknownCode),
      seen: Number(row.seen),
      first: row.first_seen.toISOString(),
      last: row.last_seen.toISOString(),
    };
  });
}
