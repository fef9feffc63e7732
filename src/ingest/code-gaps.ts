/**
 * Local codes without a translation, counted for each sender: what to map first (capabilities B5).
 * A code can tell something of a person, so it stands sealed and is found by a keyed digest.
 * Counted in memory and written every few seconds: every message of a sender counts the same few
 * codes. After a crash some counts are missing, the messages are not.
 */
import { createHmac } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import { type Sql, statement } from '../platform/database.ts';
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
  /** After the commit of what they came in. */
  count(sender: string, codes: readonly UnknownCode[], at: Date): void;
  /** Most seen first, with all that this gateway counted. */
  of(sql: Sql, sender: string, limit: number): Promise<CodeGap[]>;
  /** Resolves when all that was counted is written, as far as the database takes it. */
  flush(): Promise<void>;
}

const WRITE_MS = 2_000;
/** What is not written yet; more than these are written at once. */
const COUNTED_MAX = 2_000;

interface Counted {
  readonly sender: string;
  readonly code: UnknownCode;
  readonly digest: Buffer;
  seen: number;
  at: Date;
}

export function createCodeGaps(database: Sql, store: Store, keyring: Keyring): CodeGaps {
  const key = keyring.hmac('ingest/unknown-code');
  let counted = new Map<string, Counted>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const all = [...counted.values()];
    counted = new Map();
    // A count that fails is a count less.
    if (all.length > 0) writing = writing.then(() => write(all)).catch(() => undefined);
    return writing;
  }

  async function write(all: readonly Counted[]): Promise<void> {
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
    await database.query({ ...COUNT, values });
  }

  function add(sender: string, code: UnknownCode, at: Date, ofDelivery: Set<string>): void {
    const name = `${sender}\0${code.element}\0${code.system}\0${code.code}`;
    if (ofDelivery.size >= CODES_OF_DELIVERY_MAX && !ofDelivery.has(name)) return;
    ofDelivery.add(name);
    const known = counted.get(name);
    if (known) {
      known.seen += 1;
      known.at = at;
      return;
    }
    const digest = createHmac('sha256', key).update(name).digest().subarray(0, 16);
    counted.set(name, { sender, code, digest, seen: 1, at });
  }

  return {
    flush,
    count(sender, codes, at) {
      const ofDelivery = new Set<string>();
      for (const code of codes) add(sender, code, at, ofDelivery);
      if (counted.size >= COUNTED_MAX) void flush();
      if (timer !== undefined || counted.size === 0) return;
      timer = setTimeout(() => void flush(), WRITE_MS);
      timer.unref();
    },
    async of(sql, sender, limit) {
      await flush();
      return mostSeen(store, sql, sender, limit);
    },
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
