/**
 * Bytes on disk for each byte of a resource of one kilobyte that is created on its own: the row,
 * its tokens, all indexes, and its ledger entry. `ratio` is bytes stored for each byte received.
 */
import pg from 'pg';
import { type BenchContext, type CaseResult, NOTHING } from './context.ts';
import { peopleFor } from './measured-gateway.ts';
import { freshObservation } from './population.ts';

const TABLES = `select c.relname as name, pg_total_relation_size(c.oid)::float8 as bytes
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'public' and c.relkind = 'r'`;

export async function run(context: BenchContext): Promise<CaseResult> {
  const gateway = await context.gateway();
  const client = new pg.Client({ connectionString: gateway.databaseUrl });
  await client.connect();
  try {
    const before = await sizes(client);
    const bodies = peopleFor('writing', gateway).map(({ patient }) =>
      JSON.stringify(freshObservation({ reference: patient })),
    );
    const seconds = context.smoke ? 2 : 15;
    const headers = {
      'content-type': 'application/fhir+json; fhirVersion=4.0',
      authorization: `Bearer ${gateway.senderToken}`,
    };
    const path = '/fhir/r4/Observation';
    const plan = {
      kind: 'http',
      url: gateway.url,
      connections: 16,
      seconds,
      requests: bodies.map((body) => ({ method: 'POST' as const, path, body, headers })),
    } as const;
    const rowsBefore = await count(client);
    await context.load(plan);
    const made = (await count(client)) - rowsBefore;
    const after = await sizes(client);
    const grown = [...after].map(
      ([name, bytes]) => [name, bytes - (before.get(name) ?? 0)] as const,
    );
    const total = grown.reduce((sum, [, bytes]) => sum + bytes, 0);
    const bytesEach = Buffer.byteLength(bodies[0] ?? '');
    const largest = grown
      .toSorted((a, b) => b[1] - a[1])
      .slice(0, 8)
      .map(([name, bytes]) => `${name} ${Math.round(bytes / made)}`);
    context.note(
      `${Math.round(total / made)} bytes for each of ${made} resources of ${bytesEach} bytes: ` +
        largest.join(', '),
    );
    return { ...NOTHING, ratio: Math.round((total / made / bytesEach) * 100) / 100 };
  } finally {
    await client.end();
  }
}

async function sizes(client: pg.Client): Promise<Map<string, number>> {
  const { rows } = await client.query<{ name: string; bytes: number }>(TABLES);
  return new Map(rows.map(({ name, bytes }) => [name, bytes]));
}

async function count(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: number }>('select count(*)::int as n from resource');
  return rows[0]?.n ?? 0;
}
