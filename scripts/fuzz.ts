/**
 * Malformed requests at every FHIR route of a real gateway, both versions:
 * `npm run fuzz [-- --count N] [--seed S]`. A fault is a 500, an answer that is no OperationOutcome
 * or tells of internals, a connection that breaks, a gateway that ends, or memory that grows.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '../src/demo/region/random.ts';
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts';
import { type MeasuredGateway, residentMb, startGateway } from './bench/measured-gateway.ts';
import { type FuzzRequest, type FuzzWorld, fuzzRequest } from './fuzz/fuzz-request.ts';

const LIMITS = {
  atOnce: 24,
  answerMsMax: 20_000,
  faultsShownMax: 20,
  /** After the first quarter, by when code and caches are warm. */
  growthMbMax: 120,
} as const;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '2000' },
    seed: { type: 'string', default: 'fuzz' },
  },
});

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function main(count: number, seed: string): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'zorgsluis-fuzz-'));
  const server = await startEmbeddedPostgres({ dataDir, disposable: true });
  const settings = {
    databaseUrl: server.ownerUrl,
    dataDir,
    people: 2,
    stu3People: 1,
    resources: 20,
  };
  const gateway = await startGateway(settings);
  try {
    return await run(gateway, count, seed);
  } finally {
    await gateway.stop();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function run(gateway: MeasuredGateway, count: number, seed: string): Promise<number> {
  const world: FuzzWorld = {
    ...gateway,
    references: gateway.people.flatMap(({ patient, observations }) => [
      patient,
      ...observations.slice(0, 3),
    ]),
  };
  const statuses = new Map<number, number>();
  const faults: string[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: LIMITS.atOnce });
  let next = 0;
  let early: number | null = null;
  const worker = async () => {
    while (next < count) {
      const at = next;
      next += 1;
      if (at === Math.floor(count / 4)) early = residentMb(gateway.process, 'VmRSS');
      const asked = fuzzRequest(createRandom(`${seed}/${at}`), world);
      const fault = await judge(gateway, agent, asked, statuses);
      if (fault !== undefined)
        faults.push(`request ${at}: ${fault}: ${asked.method} ${asked.path}`);
      if (process.stderr.isTTY && at % 500 === 0) process.stderr.write(`\r${at} of ${count}`);
    }
  };
  await Promise.all(Array.from({ length: LIMITS.atOnce }, worker));
  await bareLines(gateway, faults);
  agent.destroy();
  const late = residentMb(gateway.process, 'VmRSS');
  const growth = early === null || late === null ? null : late - early;
  if (growth !== null && growth > LIMITS.growthMbMax) faults.push(`memory grew by ${growth} MB`);
  if (gateway.process.exitCode !== null) faults.push('the gateway ended');
  const told = [...statuses].sort(([a], [b]) => a - b).map(([status, n]) => `${n} × ${status}`);
  for (const fault of faults.slice(0, LIMITS.faultsShownMax)) console.log(fault);
  console.log(`answers: ${told.join(', ')}`);
  console.log(`memory: ${early} MB after a quarter, ${late} MB at the end`);
  console.log(`${count} requests with seed ${seed}: ${faults.length} faults.`);
  return faults.length === 0 ? 0 : 1;
}

/** @returns what is wrong with the answer. */
async function judge(
  gateway: MeasuredGateway,
  agent: Agent,
  asked: FuzzRequest,
  statuses: Map<number, number>,
): Promise<string | undefined> {
  let answer: Answer;
  try {
    answer = await send(gateway.url, agent, asked);
  } catch (error) {
    return `no answer (${error instanceof Error ? error.message : String(error)})`;
  }
  const { status, body, type } = answer;
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  if (status >= 500 && status !== 501) return `status ${status}: ${body.slice(0, 300)}`;
  if (status < 400 || asked.method === 'HEAD') return undefined;
  if (INTERNAL.test(body)) return `tells of internals: ${body.slice(0, 300)}`;
  if (!/OperationOutcome/.test(body)) return `${status} without an OperationOutcome (${type})`;
  return undefined;
}

/** Stack lines, statements, paths and names of the machinery. */
const INTERNAL = new RegExp(
  [
    String.raw`\bat [A-Za-z.<>]+ \(`,
    'node:internal',
    'node_modules',
    String.raw`\.ts:\d`,
    'select .+ from ',
    'SQLSTATE|ECONN|pg_|TypeError|undefined is not',
  ].join('|'),
);

function send(url: string, agent: Agent, asked: FuzzRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const { method, path, headers, body } = asked;
    const length: Record<string, number> = body ? { 'content-length': body.length } : {};
    const options = { hostname, port, method, path, agent, headers: { ...headers, ...length } };
    const out = httpRequest(options, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          type: String(answer.headers['content-type'] ?? ''),
          body: answer.headers['content-encoding']
            ? 'OperationOutcome'
            : Buffer.concat(parts).toString('utf8'),
        }),
      );
      answer.on('error', reject);
    });
    out.setTimeout(LIMITS.answerMsMax, () => out.destroy(new Error('took too long')));
    out.on('error', reject);
    out.end(body);
  });
}

const LINES = [
  'GET\r\n\r\n',
  'GET /fhir/r4/metadata HTTP/9.9\r\n\r\n',
  'GET /fhir/r4/Patient\u0000 HTTP/1.1\r\nHost: x\r\n\r\n',
  'POST /fhir/r4 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
  'POST /fhir/r4 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'POST /fhir/r4 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nshort',
  `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: x\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`,
  '\u0016\u0003\u0001\u0002',
];

/** What no HTTP library sends; then the gateway must still answer. */
async function bareLines(gateway: MeasuredGateway, faults: string[]): Promise<void> {
  const { hostname, port } = new URL(gateway.url);
  await Promise.all(
    LINES.map(
      (line) =>
        new Promise<void>((resolve) => {
          const socket = connect(Number(port), hostname, () => socket.end(line));
          socket.on('error', () => undefined).on('close', () => resolve());
          socket.setTimeout(2_000, () => socket.destroy());
          socket.resume();
        }),
    ),
  );
  const agent = new Agent();
  const alive = { method: 'GET', path: '/fhir/r4/metadata', headers: {}, body: undefined };
  const answer = await send(gateway.url, agent, alive).catch(() => undefined);
  if (answer?.status !== 200) faults.push('the gateway does not answer any more');
  agent.destroy();
}

// At the end, where everything above is there.
process.exitCode = await main(Number(values.count), values.seed);
