/** Requests one after another in sets, as one client fetches a whole record: each set is timed. */
import { Agent, get } from 'node:http';
import { type LoadResult, type PlannedRequest, percentiles } from './load.ts';

export interface SetsPlan {
  readonly kind: 'sets';
  readonly url: string;
  readonly seconds: number;
  /** The sets are taken in turn until the time is over; every set at least once. */
  readonly sets: readonly (readonly PlannedRequest[])[];
}

const FAILURE_LENGTH_MAX = 300;

/** `perSecond` counts sets; the percentiles are of whole sets. */
export async function loadInSets(plan: SetsPlan): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  const firstBytes: number[] = [];
  let failure: string | undefined;
  let failed = 0;
  const started = performance.now();
  const end = started + plan.seconds * 1_000;
  for (let nth = 0; nth < plan.sets.length || performance.now() < end; nth += 1) {
    const from = performance.now();
    for (const request of plan.sets[nth % plan.sets.length] ?? []) {
      const answer = await ask(plan.url, agent, request);
      firstBytes.push(answer.firstByteMs);
      if (answer.status >= 200 && answer.status < 300) continue;
      failed += 1;
      failure ??= `${request.path.split('?')[0]} ${answer.status} ${answer.text}`;
    }
    times.push(performance.now() - from);
  }
  agent.destroy();
  const seconds = (performance.now() - started) / 1_000;
  return {
    perSecond: Math.round((times.length / seconds) * 100) / 100,
    ...percentiles(times),
    failed,
    firstByteMs: percentiles(firstBytes).p95Ms,
    ...(failure === undefined ? {} : { failure: failure.slice(0, FAILURE_LENGTH_MAX) }),
  };
}

function ask(url: string, agent: Agent, { path, headers }: PlannedRequest) {
  const from = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number;
    firstByteMs: number;
    text: string;
  }>();
  const request = get(`${url}${path}`, { agent, headers: { ...headers } }, (response) => {
    const firstByteMs = performance.now() - from;
    const isGood = response.statusCode === 200;
    let text = '';
    response.on('data', (chunk: Buffer) => {
      if (!isGood) text += chunk.toString('utf8');
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, firstByteMs, text }));
    response.on('error', reject);
  });
  request.on('error', reject);
  return promise;
}
