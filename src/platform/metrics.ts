/**
 * What the gateway tells Prometheus. Labels come from closed lists (route templates, formats,
 * outcomes), never from a request: a label is kept for ever and seen by everyone.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  /** Media type of `text`. */
  readonly contentType: string;
  /** For Fastify's `onResponse`: counted by route template, never by address. */
  observe(request: FastifyRequest, reply: FastifyReply): void;
  /** One message that came in: by format and outcome. */
  readonly intake: { inc(labels: { format: string; outcome: string }): void };
  /** Something that is counted only when somebody looks. */
  watch(gauge: WatchedGauge, read: () => number | Promise<number>): void;
  text(): Promise<string>;
}

const WATCHED = {
  ledgerEntries: 'Entries in the ledger',
  poolConnections: 'Open connections of the database pool',
  poolIdle: 'Idle connections of the database pool',
  poolWaiting: 'Requests that wait for a connection',
  quarantined: 'Messages that wait in quarantine',
} as const;
export type WatchedGauge = keyof typeof WATCHED;

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A registry of its own, so that two gateways in one test do not share their counts. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'zorgsluis_' });
  const requests = new Histogram({
    name: 'zorgsluis_http_request_seconds',
    help: 'Time from request to the end of the answer, by route template',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  });
  const messages = new Counter({
    name: 'zorgsluis_intake_messages_total',
    help: 'Messages received, by format and outcome',
    labelNames: ['format', 'outcome'],
    registers,
  });
  return {
    contentType: registry.contentType,
    observe(request, reply) {
      const method = METHODS.has(request.method) ? request.method : 'other';
      const route = request.routeOptions.url ?? 'unknown';
      const status = String(reply.statusCode);
      requests.observe({ method, route, status }, reply.elapsedTime / 1_000);
    },
    intake: messages,
    watch(gauge, read) {
      new Gauge({
        name: `zorgsluis_${gauge.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
        help: WATCHED[gauge],
        registers,
        async collect() {
          // A database that is away must not hide the other metrics.
          this.set(
            await Promise.resolve()
              .then(read)
              .catch(() => Number.NaN),
          );
        },
      });
    },
    text: () => registry.metrics(),
  };
}
