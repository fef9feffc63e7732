/**
 * How fast, beside a plain program of the same shape in the same run:
 * `npm run bench [-- CASE …] [--smoke] [--json FILE]`.
 *
 * Each case is a module in scripts/bench. The PostgreSQL is TEST_DATABASE_URL or an embedded one in
 * a temporary folder, flushing to disk as in production.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts';
import { type BenchCase, type CaseResult, createContext } from './bench/context.ts';

const CASES = [
  'read',
  'create',
  'search20',
  'include',
  'bgz28',
  'medmij',
  'everything',
  'transaction',
  'hl7v2',
  'medication',
  'token',
  'decide',
  'start',
  'disk',
  'memory',
  'export',
];

/** Thrown away at the end, but flushing to disk as in production. */
const TRIAL = { disposable: true, flush: true, connectionsMax: 100 };

const { values, positionals } = parseArgs({
  options: { smoke: { type: 'boolean', default: false }, json: { type: 'string' } },
  allowPositionals: true,
});
process.exitCode = await main(positionals.length > 0 ? positionals : CASES);

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !CASES.includes(name));
  if (unknown.length > 0)
    throw new Error(`No such case: ${unknown}; there are ${CASES.join(', ')}`);
  const dataDir = mkdtempSync(join(tmpdir(), 'zorgsluis-bench-'));
  const given = process.env['TEST_DATABASE_URL'];
  let server: EmbeddedPostgres | undefined;
  try {
    server = given ? undefined : await startEmbeddedPostgres({ dataDir, ...TRIAL });
    return await runCases(names, given ?? server?.ownerUrl ?? '');
  } finally {
    await server?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function runCases(names: readonly string[], ownerUrl: string): Promise<number> {
  const notes: string[] = [];
  const context = createContext(ownerUrl, {
    smoke: values.smoke,
    note: (text) => void notes.push(text),
  });
  const results: Record<string, CaseResult> = {};
  let failed = 0;
  try {
    for (const name of names) {
      const module = join(import.meta.dirname, 'bench', `${name}.ts`);
      const started = performance.now();
      try {
        const { run } = (await import(module)) as BenchCase;
        results[name] = await run(context);
        const told = [describe(name, results[name]), ...notes.splice(0)].join('; ');
        console.log(`${told} (${Math.round((performance.now() - started) / 1_000)} s)`);
      } catch (error) {
        failed += 1;
        console.log(`${name}: FAILED, ${error instanceof Error ? error.message : error}`);
      }
    }
  } finally {
    await context.close();
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  const count = Object.keys(results).length;
  console.log(`${count} of ${names.length} cases measured, ${failed} failed.`);
  return failed === 0 && count > 0 ? 0 : 1;
}

function describe(name: string, result: CaseResult): string {
  const parts = [
    result.perSecond !== null && `${result.perSecond}/s`,
    result.reference !== null && `reference ${result.reference}/s`,
    result.ratio !== null && `ratio ${result.ratio}`,
    result.p50Ms !== null && `p50 ${result.p50Ms} ms`,
    result.p95Ms !== null && `p95 ${result.p95Ms} ms`,
    result.p99Ms !== null && `p99 ${result.p99Ms} ms`,
    result.rssMb !== null && `${result.rssMb} MB`,
  ];
  return `${name}: ${parts.filter(Boolean).join(', ')}`;
}
