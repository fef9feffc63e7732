/**
 * The plain program that we compare with: Fastify and pg, rows of the same shape as the store's,
 * and one audit row written in the same statement. No consent, no sealing, no ledger: what it costs
 * to have those is the ratio that the bench prints.
 *
 * Run as a child: `node scripts/bench/reference.ts`, with DATABASE_URL of a database it may fill.
 * Prints {"url", "paths"} when it listens, and ends when its standard input does.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';

const TABLES = `
  create table reference_resource (
    vault uuid, type text, id text, version integer not null, updated timestamptz not null,
    custodian uuid not null, labels bigint[] not null, tokens bigint[] not null,
    content bytea not null, primary key (vault, type, id));
  create unique index on reference_resource (type, id);
  create table reference_audit (
    seq bigint generated always as identity primary key, at timestamptz not null default now(),
    actor text not null, action text not null, vault uuid not null, body bytea not null)`;

const FILL = `insert into reference_resource
  select $1, 'Observation', $2::text || '-' || n, 1, now(), $3, '{1,2,3}', $4, $5
  from generate_series(1, $6::integer) n`;

const READ = {
  name: 'reference_read',
  text: `with found as (
      select vault, version, updated, content from reference_resource where type = $1 and id = $2),
    seen as (
      insert into reference_audit (actor, action, vault, body)
      select $3, 'read', vault, $4 from found)
    select version, updated, content from found`,
};

const CREATE = {
  name: 'reference_create',
  text: `with made as (
      insert into reference_resource values ($1, $2, $3, 1, now(), $4, '{1,2,3}', $5, $6)
      returning vault)
    insert into reference_audit (actor, action, vault, body)
    select $7, 'create', vault, $8 from made`,
};

const LIMITS = { poolSizeMax: 12, vaults: 100, rowsForEachVault: 100, auditBytes: 400 } as const;
const TOKENS = Array.from({ length: 16 }, () => randomBytes(8).readBigInt64BE().toString());

const pool = new pg.Pool({
  connectionString: process.env['DATABASE_URL'],
  max: LIMITS.poolSizeMax,
});
const custodian = randomUUID();
const vaults = Array.from({ length: LIMITS.vaults }, () => randomUUID());
const audit = randomBytes(LIMITS.auditBytes);

await pool.query(TABLES);
const sample = Buffer.from(JSON.stringify(observation()));
for (const [index, vault] of vaults.entries()) {
  const rows = [vault, `v${index}`, custodian, TOKENS, sample, LIMITS.rowsForEachVault];
  await pool.query(FILL, rows);
}
await pool.query('analyze');

const app = Fastify();
app.get<{ Params: { type: string; id: string } }>('/fhir/:type/:id', async (request, reply) => {
  const { type, id } = request.params;
  const { rows } = await pool.query({ ...READ, values: [type, id, 'partner', audit] });
  if (!rows[0]) return reply.code(404).send({ resourceType: 'OperationOutcome' });
  reply.header('etag', `W/"${rows[0].version}"`);
  return reply.type('application/fhir+json').send(rows[0].content);
});
app.addContentTypeParser('application/fhir+json', { parseAs: 'buffer' }, (_request, body, done) =>
  done(null, body),
);
app.post<{ Params: { type: string }; Body: Buffer }>('/fhir/:type', async (request, reply) => {
  const resource = JSON.parse(request.body.toString('utf8')) as { id?: string };
  const id = randomUUID();
  resource.id = id;
  const content = Buffer.from(JSON.stringify(resource));
  const vault = vaults[Math.floor(Math.random() * vaults.length)];
  const values = [vault, request.params.type, id, custodian, TOKENS, content, 'partner', audit];
  await pool.query({ ...CREATE, values });
  return reply.code(201).header('location', `/fhir/${request.params.type}/${id}`).send();
});

const url = await app.listen({ host: '127.0.0.1', port: 0 });
const paths = vaults.map((_vault, index) => `/fhir/Observation/v${index}-${index + 1}`);
process.stdout.write(`${JSON.stringify({ url, paths })}\n`);
process.stdin.resume().on('end', async () => {
  await app.close();
  await pool.end();
});

/** About a kilobyte, as a blood pressure of a GP is. */
function observation() {
  return {
    resourceType: 'Observation',
    status: 'final',
    category: [{ coding: [{ system: 'http://example.org/category', code: 'vital-signs' }] }],
    code: { coding: [{ system: 'http://loinc.org', code: '85354-9' }], text: 'Bloeddruk' },
    subject: { reference: `Patient/${randomUUID()}` },
    effectiveDateTime: '2026-03-01T09:30:00+01:00',
    performer: [{ reference: `Practitioner/${randomUUID()}` }],
    component: ['8480-6', '8462-4'].map((code) => ({
      code: { coding: [{ system: 'http://loinc.org', code }] },
      valueQuantity: {
        value: 120,
        unit: 'mmHg',
        system: 'http://unitsofmeasure.org',
        code: 'mm[Hg]',
      },
    })),
    note: [{ text: 'x'.repeat(200) }],
  };
}
