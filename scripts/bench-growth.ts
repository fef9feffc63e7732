/**
 * What growth costs: `npm run bench:growth [-- --rows 100000,3000000] [--smoke] [--json FILE]`.
 *
 * A working set of people is sent in as anywhere; then the store is filled up around them, in bulk,
 * with rows of the same shape that nobody asks for. Reads, searches and creates about the working
 * set are timed (p50) at each size. The PostgreSQL is TEST_DATABASE_URL or an embedded one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts';
import { askToken } from './bench/ask-token.ts';
import { type BenchContext, createContext } from './bench/context.ts';
import { fillUpTo } from './bench/fill-up.ts';
import type { PlannedRequest } from './bench/load.ts';
import type { MeasuredGateway } from './bench/measured-gateway.ts';
import { freshObservation, SEARCH_CODE } from './bench/population.ts';

const CASES = ['read', 'search', 'create'] as const;
type Case = (typeof CASES)[number];

const PLAN = {
  smoke: { rows: [5_000, 50_000], people: 20, rounds: 1, seconds: 1 },
  full: { rows: [100_000, 3_000_000], people: 2_000, rounds: 5, seconds: 3 },
} as const;

/** The shape of somebody with few results: the working set is many people, not much of each. */
const RESOURCES_OF_PERSON = 40;
/** Few enough that nobody waits for another: what is timed is the store, not a queue. */
const CONNECTIONS = 2;

const { values } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    rows: { type: 'string' },
    json: { type: 'string' },
  },
});
process.exitCode = await main();

async function main(): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'zorgsluis-growth-'));
  const given = process.env['TEST_DATABASE_URL'];
  let server: EmbeddedPostgres | undefined;
  try {
    const trial = { disposable: true, flush: true, connectionsMax: 100 };
    server = given ? undefined : await startEmbeddedPostgres({ dataDir, ...trial });
    await measure(given ?? server?.ownerUrl ?? '');
    return 0;
  } finally {
    await server?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function measure(ownerUrl: string): Promise<void> {
  const plan = values.smoke ? PLAN.smoke : PLAN.full;
  const sizes = values.rows?.split(',').map(Number) ?? plan.rows;
  const { people } = plan;
  const context = createContext(ownerUrl, {
    smoke: values.smoke,
    note: (text) => console.log(text),
    people: { r4: people, stu3: 0, resources: RESOURCES_OF_PERSON },
  });
  const found: Record<string, Record<Case, number>> = {};
  try {
    const gateway = await context.gateway();
    for (const size of sizes) {
      await filled(gateway.databaseUrl, size);
      found[size] = await timesAt(context, gateway, plan);
      console.log(`${size} rows: ${told(found[size])}`);
    }
  } finally {
    await context.close();
  }
  const [first, last] = [found[sizes[0] ?? 0], found[sizes.at(-1) ?? 0]];
  if (first && last) {
    const ratio = (name: Case) => Math.round((last[name] / first[name]) * 100) / 100;
    console.log(`Growth: ${CASES.map((name) => `${name} ${ratio(name)} times`).join(', ')}.`);
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify(found, null, 2)}\n`);
}

async function filled(databaseUrl: string, size: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await fillUpTo(client, size);
  } finally {
    await client.end();
  }
}

function told(times: Record<Case, number>): string {
  return CASES.map((name) => `${name} p50 ${times[name]} ms`).join(', ');
}

/** p50 of each case: the median of the rounds, in turn. */
async function timesAt(
  context: BenchContext,
  gateway: MeasuredGateway,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<Record<Case, number>> {
  // To fill up may take longer than a token lives.
  const [reads, writes] = await Promise.all([
    askToken(gateway, gateway.partner, 'system/*.read'),
    askToken(gateway, gateway.sender, 'system/intake'),
  ]);
  const requests = requestsOf(gateway, reads.text, writes.text);
  const shared = { kind: 'http', url: gateway.url, connections: CONNECTIONS } as const;
  const times: Record<Case, number[]> = { read: [], search: [], create: [] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of CASES) {
      const { p50Ms } = await context.load({ ...shared, seconds, requests: requests[name] });
      // The first round is warming up.
      if (round > 0) times[name].push(p50Ms);
    }
  }
  const middle = (all: number[]) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
  return {
    read: middle(times.read),
    search: middle(times.search),
    create: middle(times.create),
  };
}

function requestsOf(
  gateway: MeasuredGateway,
  reads: string,
  writes: string,
): Record<Case, PlannedRequest[]> {
  const asks = { authorization: `Bearer ${reads}` };
  const sends = {
    authorization: `Bearer ${writes}`,
    'content-type': 'application/fhir+json; fhirVersion=4.0',
  };
  const get = (path: string) => ({
    method: 'GET' as const,
    path: `/fhir/r4/${path}`,
    headers: asks,
  });
  const code = encodeURIComponent(SEARCH_CODE);
  return {
    read: gateway.people.flatMap(({ observations }) => observations.slice(0, 2).map(get)),
    search: gateway.people.map(({ patient }) =>
      get(`Observation?patient=${patient}&code=${code}&_count=20`),
    ),
    create: gateway.people.map(({ patient }) => ({
      method: 'POST' as const,
      path: '/fhir/r4/Observation',
      headers: sends,
      body: JSON.stringify(freshObservation({ reference: patient })),
    })),
  };
}
