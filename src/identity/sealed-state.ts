/**
 * State that lives between two requests: log-in runs, sessions, codes, tokens. The table holds the
 * SHA-256 of the handle and bytes sealed under a key that only the handle can give, so the database
 * alone tells neither who it is about nor lets anybody in. RFC 6819 section 5.1.4.1. Each row is
 * bound by a key of the gateway: whoever writes one into the table, under a handle of his own,
 * lengthens its life, makes it another kind or lets an ended one live again, has nothing.
 */
import { type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import { type FilledStatement, type Sql, statement, type Tx } from '../platform/database.ts';
import { gather } from '../platform/gather.ts';
import { bound, hashOf, isBound, open, seal, type UnboundState } from './state-seal.ts';

export type StateKind =
  | 'access-token'
  | 'refresh-token'
  | 'code'
  | 'authorization-run'
  | 'login-run'
  | 'module-request'
  | 'module-code'
  | 'module-cookie'
  | 'launch-code'
  | 'module-choice'
  | 'smart-code'
  | 'module-refresh'
  | 'large-export'
  | 'merge-desk'
  | 'held-decision'
  | 'representatives'
  | 'session';

export interface StateOptions {
  readonly kind: StateKind;
  readonly seconds: number;
  /** What ends together: a consent, a session, a token family. */
  readonly family?: string;
}

export interface OpenState<T> {
  readonly value: T;
  readonly family: string | undefined;
  readonly expires: Date;
  /** First 12 hex digits of the handle's hash: names it in the ledger without giving it away. */
  readonly id: string;
}

const PUT = statement(
  'identity_put_state',
  `insert into sealed_state (hash, kind, family, sealed, expires, bound)
   select * from unnest($1::bytea[], $2::text[], $3::uuid[], $4::bytea[], $5::timestamptz[],
     $6::bytea[])
   on conflict (hash) do nothing returning hash`,
);
const PEEK = statement(
  'identity_peek_state',
  `select sealed, family, expires, bound from sealed_state
    where hash = $1 and kind = $2 and expires > $3 and ended is null`,
);
/** What ended is bound no more: without its end it would still be nothing. */
const TAKE = statement(
  'identity_take_state',
  `with living as (
     select hash, bound from sealed_state
      where hash = $1 and kind = $2 and expires > $3 and ended is null for update)
   update sealed_state s set ended = $3, bound = null from living l where s.hash = l.hash
  returning s.sealed, s.family, s.expires, l.bound`,
);
const ENDED = statement(
  'identity_ended_state',
  `select sealed, family, ended as expires from sealed_state
    where hash = $1 and kind = $2 and ended is not null`,
);
const OVER = statement(
  'identity_over_state',
  `select sealed, family, expires from sealed_state
    where hash = $1 and kind = $2 and (ended is not null or expires <= $3)`,
);
const OF_HANDLE = statement(
  'identity_state_of_handle',
  'select sealed, family, expires, bound from sealed_state where hash = $1 and kind = $2',
);
const REPLACE = statement(
  'identity_replace_state',
  `update sealed_state set sealed = $3, bound = case when bound is not null then $4::bytea end
    where hash = $1 and kind = $2 and expires = $5 and family is not distinct from $6`,
);
const END_FAMILY = statement(
  'identity_end_family',
  'update sealed_state set ended = $2, bound = null where family = $1 and ended is null',
);
const UNBOUND = statement(
  'identity_unbound_states',
  `select hash, kind, family, sealed, expires from sealed_state
    where hash > $1 and bound is null and ended is null order by hash limit 500`,
);
const BIND = statement('identity_bind_state', 'update sealed_state set bound = $2 where hash = $1');
const SWEEP = statement(
  'identity_sweep_state',
  `delete from sealed_state
    where expires < $1 and (kind <> 'refresh-token' or expires < $2)`,
);

interface Row {
  sealed: Buffer;
  family: string | null;
  expires: Date;
  bound?: Buffer | null;
}

export interface SealedState {
  /** Keeps the value and gives the handle: 256 random bits, base64url. */
  put<T>(sql: Sql, value: T, options: StateOptions): Promise<string>;
  /** The value, as long as it lives. */
  peek<T>(sql: Sql, kind: StateKind, handle: string): Promise<OpenState<T> | undefined>;
  /** The value, once: whoever presents the handle a second time gets nothing. */
  take<T>(sql: Sql, kind: StateKind, handle: string): Promise<OpenState<T> | undefined>;
  /** What a spent or expired handle was about: to find the family of a replayed token. */
  spent<T>(sql: Sql, kind: StateKind, handle: string): Promise<OpenState<T> | undefined>;
  /** The value of a handle that ended or expired: to say why it is no longer good. */
  over<T>(sql: Sql, kind: StateKind, handle: string): Promise<OpenState<T> | undefined>;
  /**
   * Puts another value under the same handle; also for a spent one, so that a retry can be
   * answered.
   */
  replace<T>(sql: Sql, kind: StateKind, handle: string, value: T): Promise<void>;
  endFamily(sql: Sql, family: string): Promise<void>;
  /** Deletes what expired a day ago or longer; a refresh token a month ago. */
  sweep(sql: Sql): Promise<void>;
  /** Binds what lives from before rows were bound; once, at the first start that knows of it. */
  bindAll(tx: Tx): Promise<void>;
}

const SWEEP_AFTER_MS = 86_400_000;
/** An app that comes back late is told that the consent lapsed. */
const SWEEP_REFRESH_AFTER_MS = 30 * SWEEP_AFTER_MS;

const DRAWS_MAX = 3;
const HANDLE_BYTES = 32;

/**
 * State in the database, under this clock. Every handle is checked for uniqueness as it is written:
 * one that exists is drawn again.
 * @param key of the gateway: binds each row
 */
export function createSealedState(
  clock: Clock,
  key: KeyObject,
  random: (bytes: number) => Buffer = randomBytes,
): SealedState {
  async function one<T>(
    sql: Sql,
    query: FilledStatement,
    handle: string,
    living?: StateKind,
  ): Promise<OpenState<T> | undefined> {
    const { rows } = await sql.query<Row>(query);
    const row = rows[0];
    if (!row) return undefined;
    if (living && !isBound(key, { ...row, hash: hashOf(handle), kind: living })) return undefined;
    return {
      value: open<T>(handle, row.sealed),
      family: row.family ?? undefined,
      expires: row.expires,
      id: stateId(handle),
    };
  }
  return {
    async put(sql, value, options) {
      const expires = new Date(clock().getTime() + options.seconds * 1000);
      const family = options.family ?? null;
      const { kind } = options;
      for (let draw = 0; draw < DRAWS_MAX; draw += 1) {
        const handle = random(HANDLE_BYTES).toString('base64url');
        const state = { hash: hashOf(handle), kind, family, sealed: seal(handle, value), expires };
        if (await putTogether(sql)({ ...state, bound: bound(key, state) })) return handle;
      }
      throw new Error('No free handle could be drawn.');
    },
    peek: (sql, kind, handle) =>
      one(sql, { ...PEEK, values: [hashOf(handle), kind, clock()] }, handle, kind),
    take: (sql, kind, handle) =>
      one(sql, { ...TAKE, values: [hashOf(handle), kind, clock()] }, handle, kind),
    spent: (sql, kind, handle) => one(sql, { ...ENDED, values: [hashOf(handle), kind] }, handle),
    over: (sql, kind, handle) =>
      one(sql, { ...OVER, values: [hashOf(handle), kind, clock()] }, handle),
    async replace(sql, kind, handle, value) {
      const hash = hashOf(handle);
      const { rows } = await sql.query<Row>({ ...OF_HANDLE, values: [hash, kind] });
      const row = rows[0];
      if (!row) return;
      const state = { ...row, hash, kind };
      const { expires, family } = row;
      const sealed = seal(handle, value);
      const next = isBound(key, state) ? bound(key, { ...state, sealed }) : null;
      await sql.query({ ...REPLACE, values: [hash, kind, sealed, next, expires, family] });
    },
    async endFamily(sql, family) {
      await sql.query({ ...END_FAMILY, values: [family, clock()] });
    },
    async sweep(sql) {
      const before = (ms: number) => new Date(clock().getTime() - ms);
      const values = [before(SWEEP_AFTER_MS), before(SWEEP_REFRESH_AFTER_MS)];
      await sql.query({ ...SWEEP, values });
    },
    bindAll: (tx) => bindAll(tx, key),
  };
}

async function bindAll(tx: Tx, key: KeyObject): Promise<void> {
  let after = Buffer.alloc(0);
  for (;;) {
    const { rows } = await tx.query<UnboundState>({ ...UNBOUND, values: [after] });
    for (const row of rows) await tx.query({ ...BIND, values: [row.hash, bound(key, row)] });
    const last = rows.at(-1);
    if (!last) return;
    after = last.hash as typeof after;
  }
}

interface NewState extends UnboundState {
  readonly bound: Buffer;
}

const lines = new WeakMap<Sql, (state: NewState) => Promise<boolean>>();

/**
 * What requests side by side keep goes into one statement; a transaction keeps its own. Tells
 * whether the handle was free.
 */
function putTogether(sql: Sql): (state: NewState) => Promise<boolean> {
  const line =
    lines.get(sql) ??
    gather(
      async (all: readonly NewState[]) => {
        const { rows } = await sql.query<{ hash: Buffer }>({
          ...PUT,
          values: [
            all.map(({ hash }) => hash),
            all.map(({ kind }) => kind),
            all.map(({ family }) => family),
            all.map(({ sealed }) => sealed),
            all.map(({ expires }) => expires),
            all.map(({ bound }) => bound),
          ],
        });
        const kept = new Set(rows.map(({ hash }) => hash.toString('hex')));
        // Of two that drew the same handle at the same moment only the first has it.
        return all.map(({ hash }) => kept.delete(hash.toString('hex')));
      },
      { togetherMax: 64, lanesMax: 2 },
    );
  lines.set(sql, line);
  return line;
}

/** A name for a handle that is safe in a ledger or log. */
export function stateId(handle: string): string {
  return hashOf(handle).toString('hex').slice(0, 12);
}

/** A fresh family id. */
export const newFamily = (): string => randomUUID();
