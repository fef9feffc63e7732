/**
 * Bulk export of many records by a partner: lines a second from the question to the last line
 * fetched, and the peak of the gateway's memory, which must not grow with the lines.
 * `BENCH_EXPORT_PEOPLE=1600` asks for half a million lines; sending them in takes its time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type AskedToken, askToken } from './ask-token.ts';
import { type BenchContext, type CaseResult, NOTHING } from './context.ts';
import { forgetPeak, type MeasuredGateway, residentMb } from './measured-gateway.ts';

const PEOPLE = { smoke: 10, full: 160 } as const;
const LOOK_AGAIN_MS = 250;
const NEWLINE = 0x0a;

interface Manifest {
  readonly output: readonly { readonly url: string; readonly count: number }[];
}

export async function run(context: BenchContext): Promise<CaseResult> {
  const usual = context.smoke ? PEOPLE.smoke : PEOPLE.full;
  const people = Number(process.env['BENCH_EXPORT_PEOPLE'] ?? usual);
  const gateway = await context.gatewayOf({ people, stu3People: 0 });
  try {
    const before = residentMb(gateway.process, 'VmRSS');
    forgetPeak(gateway.process);
    const began = performance.now();
    const job = await kickOff(gateway);
    const manifest = await finished(gateway, job);
    let lines = 0;
    for (const { url, count } of manifest.output) {
      const fetched = await linesOf(gateway, new URL(url).pathname);
      if (fetched !== count) throw new Error(`${fetched} lines where ${count} were promised`);
      lines += fetched;
    }
    const seconds = (performance.now() - began) / 1_000;
    context.note(`export: ${lines} lines of ${people} records; ${before} MB before it`);
    return {
      ...NOTHING,
      perSecond: Math.round(lines / seconds),
      rssMb: residentMb(gateway.process, 'VmHWM'),
    };
  } finally {
    await gateway.stop();
  }
}

/** This may take longer than a token lives, so another is asked for in time. */
let token: AskedToken = { text: '', until: 0 };
const SPARE_MS = 30_000;

async function asks(gateway: MeasuredGateway): Promise<{ authorization: string }> {
  if (Date.now() > token.until - SPARE_MS) {
    token = await askToken(gateway, gateway.partner, 'system/*.read');
  }
  return { authorization: `Bearer ${token.text}` };
}

/** @returns the path where the job is told about */
async function kickOff(gateway: MeasuredGateway): Promise<string> {
  const parameter = gateway.people.map(({ patient }) => ({
    name: 'patient',
    valueReference: { reference: patient },
  }));
  const answer = await fetch(`${gateway.url}/fhir/r4/Patient/$export`, {
    method: 'POST',
    headers: {
      ...(await asks(gateway)),
      prefer: 'respond-async',
      'content-type': 'application/fhir+json; fhirVersion=4.0',
    },
    body: JSON.stringify({ resourceType: 'Parameters', parameter }),
  });
  if (answer.status !== 202) throw new Error(`${answer.status}: ${await answer.text()}`);
  return new URL(answer.headers.get('content-location') ?? '').pathname;
}

async function finished(gateway: MeasuredGateway, job: string): Promise<Manifest> {
  for (;;) {
    const answer = await fetch(`${gateway.url}${job}`, { headers: await asks(gateway) });
    if (answer.status === 200) return (await answer.json()) as Manifest;
    if (answer.status !== 202) throw new Error(`${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
    await sleep(LOOK_AGAIN_MS);
  }
}

async function linesOf(gateway: MeasuredGateway, path: string): Promise<number> {
  const answer = await fetch(`${gateway.url}${path}`, { headers: await asks(gateway) });
  if (answer.status !== 200 || !answer.body) throw new Error(`${path}: ${answer.status}`);
  let lines = 0;
  for await (const part of answer.body) for (const byte of part) if (byte === NEWLINE) lines += 1;
  return lines;
}
