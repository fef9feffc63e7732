/**
 * Kills the gateway with SIGKILL while senders push, starts it again, and counts:
 * `npm run crash [-- --rounds N] [--seed S]`. Every acknowledged message must be there exactly
 * once, an unacknowledged one absent or whole, and the ledger must verify.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createRandom, type Random } from '../src/demo/region/random.ts';
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts';
import {
  type CrashMessage,
  crashMessages,
  RESULTS_IN_A_MESSAGE,
  SENDER,
} from './crash/crash-plan.ts';

const SENDERS = 6;
/** Killed so many answers after the start, and a moment later: a slow machine kills no earlier. */
const ANSWERS_BEFORE_KILL_MAX = 40;
const KILL_MS_MAX = 40;
const ROUND_MS_MAX = 20_000;
const REQUEST_MS_MAX = 20_000;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seed: { type: 'string', default: 'crash' } },
});
process.exitCode = await main(Number(values.rounds), createRandom(values.seed));

interface Line {
  readonly url: string;
  readonly token: string;
  readonly child: ChildProcess;
}

interface Sent {
  readonly message: CrashMessage;
  /** Id of the receipt, when the gateway acknowledged. */
  readonly receipt: string | undefined;
}

async function main(rounds: number, random: Random): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'zorgsluis-crash-'));
  const server = await startEmbeddedPostgres({ dataDir, disposable: true, flush: true });
  const variables = {
    DATABASE_URL: server.ownerUrl,
    DATA_DIR: dataDir,
    KEY_FILE: join(dataDir, 'keys.json'),
  };
  let line: Line | undefined;
  try {
    const messages = crashMessages(random);
    const sent: Sent[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      line = await start(variables);
      const part = await pushAndKill(line, messages, random);
      sent.push(...part);
      const acknowledged = part.filter(({ receipt }) => receipt !== undefined).length;
      console.log(`round ${round}: ${part.length} sent, ${acknowledged} acknowledged, killed`);
    }
    line = await start(variables);
    const wrong = await count(line, sent);
    const verified = verify(variables);
    console.log(
      `${sent.length} messages over ${rounds} kills: ${wrong.length} wrong; ledger ${verified ? 'verifies' : 'DOES NOT verify'}.`,
    );
    for (const one of wrong.slice(0, 10)) console.log(`  ${one}`);
    return wrong.length === 0 && verified ? 0 : 1;
  } finally {
    line?.child.kill('SIGKILL');
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function start(variables: Record<string, string>): Promise<Line> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'crash/gateway.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...variables },
  });
  const [text] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`The gateway ended with ${code} before it listened`);
    }),
  ])) as [string];
  return { ...(JSON.parse(text) as { url: string; token: string }), child };
}

/** Several senders push one after another until the gateway is gone. */
async function pushAndKill(
  line: Line,
  messages: Generator<CrashMessage>,
  random: Random,
): Promise<Sent[]> {
  const sent: Sent[] = [];
  let killed = false;
  const kill = (): void => {
    killed = true;
    line.child.kill('SIGKILL');
  };
  const wanted = random.int(0, ANSWERS_BEFORE_KILL_MAX);
  const afterMs = random.int(0, KILL_MS_MAX);
  const timers = [setTimeout(kill, ROUND_MS_MAX)];
  if (wanted === 0) timers.push(setTimeout(kill, afterMs));
  await Promise.all(
    Array.from({ length: SENDERS }, async () => {
      while (!killed) {
        const message = messages.next().value as CrashMessage;
        sent.push({ message, receipt: await push(line, message) });
        if (sent.length === wanted) timers.push(setTimeout(kill, afterMs));
      }
    }),
  );
  for (const timer of timers) clearTimeout(timer);
  if (line.child.exitCode === null && line.child.signalCode === null)
    await once(line.child, 'exit');
  return sent;
}

/** @returns the receipt's id, or undefined when no answer came. */
async function push(line: Line, message: CrashMessage): Promise<string | undefined> {
  try {
    const response = await fetch(`${line.url}/intake/${SENDER}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${line.token}`, 'content-type': 'application/hl7-v2' },
      body: message.body,
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
    });
    const { id, state } = (await response.json()) as { id?: string; state?: string };
    return response.status === 200 && state === 'accepted' ? id : undefined;
  } catch {
    return undefined;
  }
}

/** First what was acknowledged; then everything is sent again, and must be there exactly once. */
async function count(line: Line, sent: readonly Sent[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const { message, receipt } of sent) {
    if (receipt !== undefined && !(await isKept(line, receipt)))
      wrong.push(`${message.id} is lost`);
    const again = await push(line, message);
    if (again === undefined) wrong.push(`${message.id} is refused when it comes again`);
    if (receipt !== undefined && again !== receipt) wrong.push(`${message.id} got another receipt`);
  }
  const expected = new Map<string, number>();
  for (const { message } of sent) {
    expected.set(message.bsn, (expected.get(message.bsn) ?? 0) + RESULTS_IN_A_MESSAGE);
  }
  for (const [bsn, number] of expected) {
    const found = await resultsOf(line, bsn);
    if (found !== number) wrong.push(`a person has ${found} results instead of ${number}`);
  }
  return wrong;
}

async function isKept(line: Line, receipt: string): Promise<boolean> {
  const response = await fetch(`${line.url}/intake/${SENDER}/receipts/${receipt}`, {
    headers: { authorization: `Bearer ${line.token}` },
  });
  const { state } = (await response.json()) as { state?: string };
  return response.status === 200 && state === 'accepted';
}

async function resultsOf(line: Line, bsn: string): Promise<number | undefined> {
  const response = await fetch(`${line.url}/fhir/r4/Observation/_search`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${line.token}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({
      'patient.identifier': `http://fhir.nl/fhir/NamingSystem/bsn|${bsn}`,
      'code:missing': 'false',
      'value-quantity:missing': 'false',
      _summary: 'count',
    }),
  });
  return ((await response.json()) as { total?: number }).total;
}

function verify(variables: Record<string, string>): boolean {
  const cli = join(import.meta.dirname, '../src/cli.ts');
  const run = spawnSync(process.execPath, [cli, 'audit', 'verify'], {
    env: { ...process.env, ...variables },
    encoding: 'utf8',
  });
  if (run.status !== 0) console.log(run.stdout, run.stderr);
  return run.status === 0;
}
