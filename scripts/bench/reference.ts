/**
 * The plain program that we compare with: Fastify and pg, rows of the same shape as the store's,
 * and one audit row written in the same statement. No consent, no sealing, no ledger, no
 * validation: what it costs to have those is the ratio that the bench prints.
 *
 * Run as a child: `node scripts/bench/reference.ts`, with DATABASE_URL of a database it may fill.
 * Prints {"url", "mllpPort", "vaults", "paths"} when it listens, and ends when its standard input
 * does.
 */
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import { SignJWT } from 'jose';
import pg from 'pg';
import { listenPlainMllp } from './reference-mllp.ts';
import {
  ADD_MANY,
  ADD_TOKEN,
  AUDIT_BYTES,
  CREATE,
  EVERYTHING,
  fillReference,
  INCLUDE,
  READ,
  SEARCH,
  TOKENS,
} from './reference-tables.ts';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 12 });
const custodian = randomUUID();
const audit = randomBytes(AUDIT_BYTES);
const vaults = await fillReference(pool, custodian, Number(process.env['BENCH_PEOPLE'] ?? 6));
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const FHIR = 'application/fhir+json';

/** As with the gateway (`peopleFor`): what is written must not slow down what is read. */
const written = vaults.filter((_vault, nth) => nth % 4 === 3);
const anyVault = () => written[Math.floor(Math.random() * written.length)];

const app = Fastify({ bodyLimit: 64 * 1024 * 1024 });
app.addContentTypeParser(
  [FHIR, 'application/x-www-form-urlencoded'],
  { parseAs: 'buffer' },
  (_request, body, done) => done(null, body),
);

app.get<{ Params: { type: string; id: string } }>('/fhir/:type/:id', async (request, reply) => {
  const { type, id } = request.params;
  const { rows } = await pool.query({ ...READ, values: [type, id, 'partner', audit] });
  if (!rows[0]) return reply.code(404).send({ resourceType: 'OperationOutcome' });
  reply.header('etag', `W/"${rows[0].version}"`);
  return reply.type(FHIR).send(rows[0].content);
});

interface Asked {
  Params: { vault: string };
  Querystring: { code: string; _count: string };
}
app.get<Asked>('/search/:vault', async (request, reply) => {
  const { code, _count } = request.query;
  const values = [request.params.vault, 'Observation', code, Number(_count), 'partner', audit];
  return reply.type(FHIR).send(bundle((await pool.query({ ...SEARCH, values })).rows));
});
app.get<Asked>('/include/:vault', async (request, reply) => {
  const { code, _count } = request.query;
  const values = [request.params.vault, 'Observation', code, Number(_count), 'partner', audit];
  return reply.type(FHIR).send(bundle((await pool.query({ ...INCLUDE, values })).rows));
});
app.get<Asked>('/everything/:vault', async (request, reply) => {
  const values = [request.params.vault, 'partner', audit];
  return reply.type(FHIR).send(bundle((await pool.query({ ...EVERYTHING, values })).rows));
});

app.post<{ Params: { type: string }; Body: Buffer }>('/fhir/:type', async (request, reply) => {
  const resource = JSON.parse(request.body.toString('utf8')) as { id?: string };
  const id = randomUUID();
  resource.id = id;
  const content = Buffer.from(JSON.stringify(resource));
  const { type } = request.params;
  const values = [anyVault(), type, id, custodian, TOKENS, content, 'partner', audit];
  await pool.query({ ...CREATE, values });
  return reply.code(201).header('location', `/fhir/${type}/${id}`).send();
});
app.post<{ Body: Buffer }>('/transaction', async (request, reply) => {
  const { entry } = JSON.parse(request.body.toString('utf8')) as {
    entry: { resource: { resourceType: string; id?: string } }[];
  };
  const rows = entry.map(({ resource }) => {
    resource.id = randomUUID();
    return { type: resource.resourceType, id: resource.id, content: JSON.stringify(resource) };
  });
  await addMany(rows);
  const made = rows.map(({ type, id }) => ({
    response: { status: '201', location: `${type}/${id}/_history/1`, etag: 'W/"1"' },
  }));
  return reply
    .type(FHIR)
    .send(JSON.stringify({ resourceType: 'Bundle', type: 'transaction-response', entry: made }));
});
app.post('/oauth/token', async () => {
  const id = randomUUID();
  const token = await new SignJWT({ scope: 'system/*.read' })
    .setProtectedHeader({ alg: 'ES256' })
    .setJti(id)
    .setExpirationTime('300s')
    .sign(privateKey);
  await pool.query({ ...ADD_TOKEN, values: [id, token, 'partner', audit] });
  return { access_token: token, token_type: 'Bearer', expires_in: 300 };
});

function addMany(rows: readonly { type: string; id: string; content: string }[]) {
  return pool.query({
    ...ADD_MANY,
    values: [
      anyVault(),
      custodian,
      TOKENS,
      rows.map(({ type }) => type),
      rows.map(({ id }) => id),
      rows.map(({ content }) => Buffer.from(content)),
      'partner',
      audit,
    ],
  });
}

/** The entries as they lie in the database, with nothing parsed. */
function bundle(rows: readonly { type: string; id: string; content: Buffer }[]): Buffer {
  const parts: Buffer[] = [
    Buffer.from(`{"resourceType":"Bundle","type":"searchset","total":${rows.length},"entry":[`),
  ];
  for (const [nth, { type, id, content }] of rows.entries()) {
    const url = `http://127.0.0.1/fhir/${type}/${id}`;
    parts.push(Buffer.from(`${nth === 0 ? '' : ','}{"fullUrl":"${url}","resource":`), content);
    parts.push(MATCH);
  }
  parts.push(Buffer.from(']}'));
  return Buffer.concat(parts);
}
const MATCH = Buffer.from(',"search":{"mode":"match"}}');

const mllp = await listenPlainMllp((rows) => addMany(rows));
const url = await app.listen({ host: '127.0.0.1', port: 0 });
const paths = vaults.map((_vault, index) => `/fhir/Observation/v${index}-${index + 40}`);
const read = vaults.filter((vault) => !written.includes(vault));
process.stdout.write(`${JSON.stringify({ url, mllpPort: mllp.port, vaults: read, paths })}\n`);
process.stdin.resume().on('end', async () => {
  mllp.close();
  await app.close();
  await pool.end();
  process.exit(0);
});
