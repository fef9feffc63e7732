/**
 * The load generator, a process of its own so that it does not compete for the measured event loop.
 * Reads one LoadPlan as JSON from standard input, prints one LoadResult as JSON.
 */
import { json } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import autocannon from 'autocannon';
import { loadInSets, type SetsPlan } from './load-in-sets.ts';
import { loadMllp, type MllpPlan } from './load-mllp.ts';
import { type AssertionPlan, signAssertions } from './sign-assertions.ts';

export interface PlannedRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** `[<id>]` in it becomes another text in every request. */
  readonly body?: string;
}

interface HttpPlan {
  readonly kind: 'http';
  /** Scheme, host and port. */
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Sent in turn by every connection, each from a place of its own on. */
  readonly requests: readonly PlannedRequest[];
  /** A client assertion of its own in every body, for `[<assertion>]`. */
  readonly assertions?: AssertionPlan;
}

export type LoadPlan = HttpPlan | SetsPlan | MllpPlan;

export interface LoadResult {
  /** Good answers only. */
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Answers of any other class, time-outs and broken lines. */
  readonly failed: number;
  /** The beginning of a bad answer. */
  readonly failure?: string;
  /** Time to the first byte, p95, where it was measured. */
  readonly firstByteMs?: number;
}

const FAILURE_LENGTH_MAX = 300;

/** Runs the plan; the first tenth of the answers is warming up and is not in the percentiles. */
async function loadHttp(plan: HttpPlan): Promise<LoadResult> {
  const { url, connections, seconds: duration } = plan;
  const assertions = plan.assertions ? await signAssertions(plan.assertions) : [];
  const times: number[] = [];
  let good = 0;
  let failure: string | undefined;
  const requests = plan.requests.map((request) => ({
    ...asSent(request, assertions),
    onResponse(status: number, body: string) {
      if (status < 200 || status > 299) failure ??= body.slice(0, FAILURE_LENGTH_MAX);
    },
  }));
  let clients = 0;
  const started = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<autocannon.Result>();
  const settings: autocannon.Options = {
    url,
    connections,
    duration,
    requests,
    setupClient(client) {
      // Each connection begins elsewhere in the list: else all would ask the same at once.
      const from = Math.floor((clients++ * requests.length) / connections);
      client.setRequests([...requests.slice(from), ...requests.slice(0, from)]);
    },
  };
  const run = autocannon(settings, (error, done) => (error ? reject(error) : resolve(done)));
  run.on('response', (_client, status, _bytes, milliseconds) => {
    if (status < 200 || status > 299) return;
    good += 1;
    times.push(milliseconds);
  });
  const result = await promise;
  const seconds = (performance.now() - started) / 1_000;
  return {
    perSecond: Math.round((good / seconds) * 10) / 10,
    ...percentiles(times),
    failed: result.non2xx + result.errors + result.timeouts,
    ...(failure === undefined ? {} : { failure }),
  };
}

let sent = 0;

/** A body with a place in it is made anew for every request. */
function asSent({ body, ...request }: PlannedRequest, assertions: string[]): autocannon.Request {
  if (!body?.includes('[<')) return { ...request, ...(body === undefined ? {} : { body }) };
  return {
    ...request,
    setupRequest(made) {
      sent += 1;
      const filled = body
        .replaceAll('[<id>]', `${process.pid}-${sent}`)
        .replace('[<assertion>]', () => assertions.pop() ?? 'none-left');
      return { ...made, ...request, body: filled };
    },
  };
}

/** Of the answers after the first tenth. */
export function percentiles(times: readonly number[]) {
  const steady = Float64Array.from(times.slice(Math.floor(times.length / 10))).sort();
  const percentile = (share: number) =>
    Math.round((steady[Math.floor((steady.length - 1) * share)] ?? 0) * 100) / 100;
  return { p50Ms: percentile(0.5), p95Ms: percentile(0.95), p99Ms: percentile(0.99) };
}

function runLoad(plan: LoadPlan): Promise<LoadResult> {
  switch (plan.kind) {
    case 'http':
      return loadHttp(plan);
    case 'sets':
      return loadInSets(plan);
    case 'mllp':
      return loadMllp(plan);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const result = await runLoad((await json(process.stdin)) as LoadPlan);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
