/**
 * The load generator, a process of its own so that it does not compete for the measured event loop.
 * Reads one LoadPlan as JSON from standard input, prints one LoadResult as JSON.
 */
import { json } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import autocannon from 'autocannon';

export interface LoadPlan {
  /** Scheme, host and port. */
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Sent in turn by every connection, from the first on. */
  readonly requests: readonly {
    readonly method: 'GET' | 'POST' | 'PUT';
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  }[];
}

export interface LoadResult {
  /** Answers of class 2xx only. */
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Answers of any other class, time-outs and broken lines. */
  readonly failed: number;
}

/** Runs the plan; the first tenth of the answers is warming up and is not in the percentiles. */
export async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const times: number[] = [];
  let good = 0;
  const started = performance.now();
  const settings = {
    url: plan.url,
    connections: plan.connections,
    duration: plan.seconds,
    // `[<id>]` in a body becomes another text each time.
    idReplacement: true,
    requests: plan.requests.map((request) => ({ ...request })),
  };
  const { promise, resolve, reject } = Promise.withResolvers<autocannon.Result>();
  const run = autocannon(settings, (error, done) => (error ? reject(error) : resolve(done)));
  run.on('response', (_client, status, _bytes, milliseconds) => {
    if (status < 200 || status > 299) return;
    good += 1;
    times.push(milliseconds);
  });
  const result = await promise;
  const seconds = (performance.now() - started) / 1_000;
  const steady = Float64Array.from(times.slice(Math.floor(times.length / 10))).sort();
  const percentile = (share: number) =>
    Math.round((steady[Math.floor((steady.length - 1) * share)] ?? 0) * 100) / 100;
  return {
    perSecond: Math.round(good / seconds),
    p50Ms: percentile(0.5),
    p95Ms: percentile(0.95),
    p99Ms: percentile(0.99),
    failed: result.non2xx + result.errors + result.timeouts,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const result = await runLoad((await json(process.stdin)) as LoadPlan);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
