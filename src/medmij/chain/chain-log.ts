/**
 * The chain log (ketenlogging): technical events for MedMij, apart from the ledger and joined to it
 * by request and correlation ids. No person, code or token stands in it. medmij-protocol.md 7.
 *
 * Events are gathered for a moment and written together; what the database cannot take now waits
 * in memory, so that an outage costs no event as long as the process lives.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../../platform/clock.ts';
import { type Sql, statement } from '../../platform/database.ts';

export interface ChainEvent {
  /** Name of the event, for instance `receive_authorization_request` (7.2). */
  readonly type: string;
  /** Shown as Trace ID: the X-Correlation-ID. */
  readonly traceId: string;
  /** Shown as Session ID: our own id of the authorization run. Without one: the trace. */
  readonly sessionId?: string | undefined;
  readonly request?: {
    /** MedMij-Request-ID. */
    readonly id?: string | undefined;
    readonly method?: string;
    readonly clientId?: string | undefined;
    /** Path only: a query could hold what may not be logged. */
    readonly path?: string;
    /** Of a request that we send ourselves: the other node, and the whole address there. */
    readonly to?: { readonly hostname: string; readonly uri: string };
    readonly providerId?: string | undefined;
    readonly serviceId?: string | undefined;
    readonly grantType?: string | undefined;
    readonly initiatedBy?: 'person' | 'schedule';
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly response?: { readonly id?: string | undefined; readonly status: number };
  readonly error?: {
    readonly code: string;
    readonly description?: string;
    readonly status?: number;
  };
  /** What is odd about it: `correlation-id-generated`, `request-id-repeated` … */
  readonly flags?: readonly string[];
}

export interface ChainLog {
  /** Never fails and never waits. */
  note(event: ChainEvent): void;
  /** Waits until all that was noted is in the database. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const GATHER_MS = 150;
const RETRY_MS = 1_000;
const WAITING_MAX = 50_000;
const ROWS_IN_ONE_GO = 500;

const ADD = statement(
  'medmij_add_chain_events',
  `insert into medmij_chain_event (id, at, content)
   select * from unnest($1::uuid[], $2::timestamptz[], $3::jsonb[]) on conflict do nothing`,
);

interface Row {
  readonly id: string;
  readonly at: Date;
  readonly content: string;
}

/** A hostname as a caller sent it, when it can be one; digits like a BSN are never written down. */
export function hostForLog(text: unknown): string | undefined {
  const isPlain = typeof text === 'string' && /^[a-z0-9.-]{1,253}$/.test(text);
  return isPlain && !/\d{8}/.test(text) ? text : undefined;
}

/** @param parts.location hostname of our node; stands in every event. */
export function createChainLog(parts: {
  database: Sql;
  clock: Clock;
  log: FastifyBaseLogger;
  location: string;
  publicUrl: string;
}): ChainLog {
  let waiting: Row[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();

  function later(ms: number): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      void write();
    }, ms);
    timer.unref();
  }
  async function writeSome(): Promise<void> {
    while (waiting.length > 0) {
      const rows = waiting.slice(0, ROWS_IN_ONE_GO);
      await parts.database.query({
        ...ADD,
        values: [rows.map(({ id }) => id), rows.map(({ at }) => at), rows.map((r) => r.content)],
      });
      waiting = waiting.slice(rows.length);
    }
  }
  function write(): Promise<void> {
    writing = writing.then(() =>
      writeSome().catch((error: unknown) => {
        parts.log.warn({ err: error, waiting: waiting.length }, 'chain events wait');
        later(RETRY_MS);
      }),
    );
    return writing;
  }
  return {
    note(event) {
      if (waiting.length >= WAITING_MAX) {
        parts.log.error('a chain event was dropped: too many wait for the database');
        return;
      }
      const at = parts.clock();
      waiting.push({ id: randomUUID(), at, content: JSON.stringify(messageOf(parts, event, at)) });
      later(GATHER_MS);
    },
    flush: write,
    async close() {
      clearTimeout(timer);
      await write();
      clearTimeout(timer);
    },
  };
}

/**
 * The message in the field groups of section 7.3. A session and the description of an error stand
 * in each: a receiver that knows them as required would refuse the whole batch for one without.
 */
function messageOf(
  { location, publicUrl }: { location: string; publicUrl: string },
  { type, traceId, sessionId, request, response, error, flags }: ChainEvent,
  at: Date,
) {
  return {
    event: {
      type,
      location,
      datetime: at.toISOString(),
      session_id: sessionId ?? traceId,
      trace_id: traceId,
      ...(flags && flags.length > 0 ? { flags } : {}),
    },
    ...(request && {
      request: {
        id: request.id,
        method: request.method,
        client_id: request.to ? location : request.clientId,
        server_id: request.to?.hostname ?? location,
        uri: request.to?.uri ?? (request.path && `${publicUrl}${request.path}`),
        provider_id: request.providerId,
        service_id: request.serviceId,
        grant_type: request.grantType,
        initiated_by: request.initiatedBy,
      },
    }),
    ...(response && { response }),
    ...(error && { error: { description: '', ...error, request_id: request?.id } }),
  };
}
