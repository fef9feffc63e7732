/**
 * The MedMij door as people and their apps use it: from the authorization request to the token,
 * over the real screens and a real log-in at the stand-in broker, counting the time that the
 * gateway takes; and the 28 queries of many people at once, each on a line of its own.
 */
import { randomUUID } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { type Answer, exchange } from '../../src/demo/client/trail.ts';
import { startStandIn } from '../../src/demo/stand-in-provider.ts';
import { bgzQueries } from './bgz28.ts';
import { type BenchContext, type CaseResult, NOTHING } from './context.ts';
import { ended, forgetPeak, type MeasuredGateway, residentMb } from './measured-gateway.ts';
import { bsnOf } from './population.ts';

const AT_ONCE = { smoke: 20, full: 200 } as const;
const WALKS = { smoke: 10, full: 100 } as const;
const RESOURCES_OF_EACH = 60;
const PUBLIC_URL = 'http://127.0.0.1';
const PGO = 'pgo.bench.example';
const CALLBACK = `https://${PGO}/callback`;

export async function run(context: BenchContext): Promise<CaseResult> {
  const size = context.smoke ? 'smoke' : 'full';
  const broker = await startStandIn({
    kind: 'digid',
    host: '127.0.0.1',
    port: 0,
    clientId: 'zorgsluis',
    redirectUris: [`${PUBLIC_URL}/medmij/callback`],
    acr: 'substantial',
    accounts: Array.from({ length: AT_ONCE[size] }, (_one, number) => ({
      id: accountOf(number),
      label: accountOf(number),
      claims: { bsn: bsnOf(number) },
    })),
  });
  const gateway = await context.gatewayOf({
    people: 0,
    stu3People: AT_ONCE[size],
    resources: RESOURCES_OF_EACH,
    digidIssuer: broker.issuer,
  });
  try {
    const walks: number[] = [];
    for (let nth = 0; nth < WALKS[size]; nth += 1) {
      walks.push(await walk(gateway, accountOf(nth % AT_ONCE[size])));
    }
    forgetPeak(gateway.process);
    const all = await fetchAtOnce(gateway);
    const walked = walks.slice(Math.min(5, walks.length - 1)).toSorted((a, b) => a - b);
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(walked, share));
    context.note(
      `${AT_ONCE[size]} people at once: ${all.asked} queries, ${all.failed} failed, ` +
        `p50 ${percentile(all.times, 0.5)} ms, p95 ${percentile(all.times, 0.95)} ms, ` +
        `all done in ${Math.round(all.ms)} ms`,
    );
    if (all.failed > 0) throw new Error(`${all.failed} of ${all.asked} queries failed`);
    return {
      ...NOTHING,
      perSecond: Math.round(all.asked / (all.ms / 1_000)),
      ...{ p50Ms: p50 ?? null, p95Ms: p95 ?? null, p99Ms: p99 ?? null },
      rssMb: residentMb(gateway.process, 'VmHWM'),
    };
  } finally {
    await ended(gateway.process);
    await broker.close();
  }
}

/** Who logs in at the broker: people of the bench have numbers that no test person has. */
const accountOf = (number: number): string => `bench-${number}`;

function percentile(sorted: readonly number[], share: number): number {
  const at = Math.min(sorted.length - 1, Math.floor(sorted.length * share));
  return Math.round((sorted[at] ?? 0) * 10) / 10;
}

/**
 * Once through all screens to a token.
 * @returns milliseconds that the gateway took, its wait for the broker's back channel included
 */
async function walk(gateway: MeasuredGateway, account: string): Promise<number> {
  let ours = 0;
  let cookie = '';
  const ask = async (url: string, form?: Record<string, string>): Promise<Answer> => {
    const started = performance.now();
    const answer = await exchange(url.replace(PUBLIC_URL, gateway.url), {
      headers: { cookie, 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': correlation },
      ...(form ? { form } : {}),
    });
    ours += performance.now() - started;
    for (const line of answer.headers['set-cookie'] ?? []) cookie = line.split(';')[0] ?? '';
    return answer;
  };
  const correlation = randomUUID();
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id: PGO, redirect_uri: CALLBACK },
    ...{ scope: gateway.bgz.split('/')[2] ?? '', state: randomUUID() },
    ...{ 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': correlation },
  });
  const landing = await ask(`${PUBLIC_URL}/medmij/authorize?${query}`);
  const go = { csrf: fieldOf(landing, 'csrf'), keuze: 'inloggen' };
  const login = await ask(`${PUBLIC_URL}/medmij/start`, go);
  const back = await atBroker(placeOf(login), account);
  await ask(back);
  const question = await ask(`${PUBLIC_URL}/medmij/toestemming`);
  const yes = { csrf: fieldOf(question, 'csrf'), keuze: 'ja', langdurig: 'ja' };
  const given = await ask(`${PUBLIC_URL}/medmij/toestemming`, yes);
  const code = new URL(placeOf(given)).searchParams.get('code') ?? '';
  const told = await ask(`${PUBLIC_URL}/medmij/token`, {
    ...{ grant_type: 'authorization_code', client_id: PGO, code, redirect_uri: CALLBACK },
  });
  if (told.status !== 200) throw new Error(`no token: ${told.status} ${told.text()}`);
  return ours;
}

/** Where a redirect leads. @throws Error with what was answered instead. */
function placeOf({ status, headers, text }: Answer): string {
  if (headers.location !== undefined) return headers.location;
  const title = /<h1>[^<]*/.exec(text())?.[0] ?? '';
  throw new Error(`no redirect but ${status} ${title}`);
}

const fieldOf = (page: Answer, name: string): string =>
  new RegExp(`name="${name}" value="([^"]+)"`).exec(page.text())?.[1] ?? '';

const HOPS_MAX = 10;

/** The person at the broker; that time is not ours. */
async function atBroker(start: string, account: string): Promise<string> {
  const cookies: string[] = [];
  let url = start;
  let form: Record<string, string> | undefined;
  for (let hop = 0; hop < HOPS_MAX && !url.startsWith(`${PUBLIC_URL}/`); hop += 1) {
    const headers = { cookie: cookies.join('; ') };
    const answer = await exchange(url, { headers, ...(form ? { form } : {}) });
    for (const line of answer.headers['set-cookie'] ?? []) cookies.push(line.split(';')[0] ?? '');
    form = undefined;
    if (answer.headers.location) {
      url = new URL(answer.headers.location, url).href;
    } else {
      const action = /<form[^>]*action="([^"]*)"/.exec(answer.text())?.[1];
      if (action === undefined) {
        throw new Error(`the broker answered ${answer.status} ${answer.text().slice(-400)}`);
      }
      url = new URL(action.replaceAll('&amp;', '&'), url).href;
      form = { account };
    }
  }
  return url;
}

interface Fetched {
  readonly asked: number;
  readonly failed: number;
  readonly ms: number;
  /** Sorted. */
  readonly times: readonly number[];
}

/** Everybody starts at the same moment; one person's queries follow each other. */
async function fetchAtOnce(gateway: MeasuredGateway): Promise<Fetched> {
  const times: number[] = [];
  let failed = 0;
  const started = performance.now();
  await Promise.all(
    gateway.people.map(async ({ token }) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (const { request } of bgzQueries()) {
        const from = performance.now();
        const status = await get(agent, `${gateway.url}${encodeURI(`${gateway.bgz}/${request}`)}`, {
          authorization: `Bearer ${token}`,
          accept: 'application/fhir+json',
        }).catch(() => 0);
        times.push(performance.now() - from);
        if (status !== 200) failed += 1;
      }
      agent.destroy();
    }),
  );
  const ms = performance.now() - started;
  return { asked: times.length, failed, ms, times: times.toSorted((a, b) => a - b) };
}

function get(agent: Agent, url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { agent, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0)).on('error', reject);
    });
    sent.on('error', reject).end();
  });
}
