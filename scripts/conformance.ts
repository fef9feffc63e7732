/**
 * Fixtures of others against our own code: `npm run conformance [-- SUITE …] [--json FILE]`.
 *
 * FIXTURES_DIR (default ../shared/fixtures) holds them; they are read in place and never copied.
 * Each suite is a module in scripts/conformance. Failures listed in profiles/conformance-
 * baseline.json, each with its reason, do not make the run fail; more than those do.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const SUITES = ['fhir', 'sources', 'medmij', 'testscripts', 'consent', 'audit'] as const;

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly unsupported: number;
  readonly skipped: number;
  readonly score: number;
  /** Score when the listed deviations count as equal, where a suite has any. */
  readonly explained?: number;
}

interface SuiteResult extends Counts {
  readonly services?: Readonly<Record<string, Counts>>;
}

interface Suite {
  run(options: { fixtures: string; progress?: (line: string) => void }): Promise<SuiteResult>;
}

/** By suite, or `suite/service`: how many failures are known, and why. */
type Baseline = Readonly<Record<string, { readonly failed: number; readonly reason: string }>>;

const root = resolve(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  options: { json: { type: 'string' }, verbose: { type: 'boolean', default: false } },
  allowPositionals: true,
});
process.exitCode = await main(positionals.length > 0 ? positionals : SUITES);

async function main(names: readonly string[]): Promise<number> {
  const fixtures = resolve(root, process.env['FIXTURES_DIR'] ?? '../shared/fixtures');
  if (!existsSync(fixtures)) {
    console.log(`Skipped: there are no fixtures at ${fixtures}; set FIXTURES_DIR.`);
    return 0;
  }
  const baseline = readBaseline();
  const results: Record<string, SuiteResult> = {};
  const worse: string[] = [];
  for (const name of names) {
    const result = await runSuite(name, fixtures);
    if (!result) continue;
    results[name] = result;
    worse.push(...outside(name, result, baseline));
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  for (const line of worse) console.log(line);
  console.log(worse.length === 0 ? 'No failure outside the baseline.' : 'There are new failures.');
  return worse.length === 0 ? 0 : 1;
}

async function runSuite(name: string, fixtures: string): Promise<SuiteResult | undefined> {
  if (!(SUITES as readonly string[]).includes(name)) {
    throw new Error(`There is no suite "${name}"; there are ${SUITES.join(', ')}.`);
  }
  const module = join(root, 'scripts', 'conformance', `${name}.ts`);
  if (!existsSync(module)) {
    console.log(`${name}: not there yet, skipped`);
    return undefined;
  }
  const suite = (await import(module)) as Suite;
  const started = Date.now();
  const progress = values.verbose ? (line: string) => console.error(`  ${line}`) : undefined;
  const result = await suite.run({ fixtures, ...(progress ? { progress } : {}) });
  const seconds = ((Date.now() - started) / 1_000).toFixed(1);
  console.log(`${name}: ${describe(result)} (${seconds} s)`);
  for (const [service, counts] of Object.entries(result.services ?? {})) {
    console.log(`  ${service}: ${describe(counts)}`);
  }
  return result;
}

function describe(counts: Counts): string {
  const { passed, failed, unsupported, skipped, score, explained } = counts;
  const total = passed + failed + unsupported + skipped;
  const rest = [
    [failed, 'failed'],
    [unsupported, 'unsupported'],
    [skipped, 'skipped'],
  ].flatMap(([count, word]) => (count ? [`${count} ${word}`] : []));
  const share = `score ${(score * 100).toFixed(1)}%`;
  const told =
    explained === undefined ? [] : [`${(explained * 100).toFixed(1)}% with the listed deviations`];
  return [`${passed} of ${total} passed`, ...rest, share, ...told].join(', ');
}

/** Compared as finely as the suite counts, so that one service cannot hide behind another. */
function outside(name: string, result: SuiteResult, baseline: Baseline): string[] {
  const parts = Object.entries(result.services ?? {}).map(
    ([service, counts]) => [`${name}/${service}`, counts] as const,
  );
  return (parts.length > 0 ? parts : [[name, result] as const]).flatMap(([key, counts]) => {
    const known = baseline[key]?.failed ?? 0;
    if (counts.failed > known)
      return [`${key}: ${counts.failed} failed, the baseline knows ${known}`];
    if (counts.failed < known) console.log(`${key}: better than the baseline, lower it`);
    return [];
  });
}

function readBaseline(): Baseline {
  const file = join(root, 'profiles', 'conformance-baseline.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Baseline) : {};
}
