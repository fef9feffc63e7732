/** How soon the gateway answers `/health/ready` after its start, on a filled store. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchContext, type CaseResult, NOTHING } from './context.ts';
import { freePort, imageMemory, residentMb, startFlags } from './measured-gateway.ts';

const MAIN = join(import.meta.dirname, '../../src/gateway.mjs');
const LOOK_EACH_MS = 5;
const START_MS_MAX = 30_000;

export async function run(context: BenchContext): Promise<CaseResult> {
  const { dataDir, databaseUrl } = await context.gateway();
  const times: number[] = [];
  let rssMb: number | null = null;
  // The first start fills the cache of compiled code, as the first start after an upgrade does.
  for (let round = 0; round <= context.rounds; round += 1) {
    const { child, ms } = await startOnce(dataDir, databaseUrl);
    if (round > 0) times.push(ms);
    rssMb = Math.max(rssMb ?? 0, residentMb(child, 'VmHWM') ?? 0) || null;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round(times[Math.floor((times.length - 1) * share)] ?? 0);
  return { ...NOTHING, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), rssMb };
}

/** As `npm start` does, in production: keys, checks of migrations and of the ledger. */
export async function startOnce(
  dataDir: string,
  databaseUrl: string,
): Promise<{ child: ChildProcess; ms: number; url: string }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const from = performance.now();
  const child = spawn(process.execPath, [...startFlags(), MAIN], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      ...imageMemory(),
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      DATA_DIR: dataDir,
      REQUESTS_PER_MINUTE_MAX: '10000000',
      KEY_FILE: join(dataDir, 'keys.json'),
      LOG_LEVEL: 'error',
      PUBLIC_URL: 'https://gateway.example',
      TRUST_PROXY: 'true',
      DVA_PHONE: '088 000 00 00',
      DIGID_ISSUER: 'https://digid.example',
      STAFF_ISSUER: 'https://staff.example',
    },
  });
  for (;;) {
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (answer?.status === 200) return { child, ms: performance.now() - from, url };
    if (child.exitCode !== null) throw new Error(`The gateway ended with ${child.exitCode}`);
    if (performance.now() - from > START_MS_MAX) throw new Error('The gateway is not ready.');
    await sleep(LOOK_EACH_MS);
  }
}
