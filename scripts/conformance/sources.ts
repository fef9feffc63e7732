/**
 * The sources suite: messages of other publishers through our formats, compared with the FHIR
 * that the publishers made, by the rules of `fixtures/sources/README.md`. Run by `npm run
 * conformance -- sources`.
 *
 * A case with expected output passes when every expected element is equal, apart from differences
 * that `profiles/deviations.json` lists with their reason; the score counts without that list. A
 * case without expected output passes when it is mapped, or refused with a place.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Bundle,
  R4,
  type Resource,
  readFhir,
  STU3,
  toR4,
  toStu3,
  validateInline,
} from '../../src/conformance/index.ts';
import { formats, type MappedMessage, overlayOf } from '../../src/ingest/index.ts';
import { Problem } from '../../src/platform/problem.ts';
import { compare } from './sources-compare.ts';
import { type Deviation, isListed, readDeviations } from './sources-deviations.ts';
import { runFragments } from './sources-edifact.ts';
import { elementsOf, patientsIn } from './sources-elements.ts';
import { factsHold } from './sources-facts.ts';

interface SuiteResult {
  passed: number;
  failed: number;
  skipped: number;
  unsupported: number;
  score: number;
  /** The score when differences that profiles/deviations.json lists count as equal. */
  explained?: number;
}
type Tally = SuiteResult & {
  expected: number;
  equal: number;
  unread: number;
  paired: number;
  resources: number;
  listed: number;
};

interface Case {
  readonly id: string;
  readonly input: string | readonly string[];
  readonly expected?: Readonly<Record<string, string>>;
  readonly kind?: string;
}

export interface RunOptions {
  /** Folder that holds `sources/`. */
  readonly fixtures: string;
  readonly progress?: (line: string) => void;
  /** Only these folders. */
  readonly only?: readonly string[];
}

/** Folders whose published output is the input itself, as FHIR that must come through whole. */
const AS_SENT = new Set(['fhir-stu3-vendor', 'fhir-r4-synthea', 'iti-65']);

export async function run(
  options: RunOptions,
): Promise<SuiteResult & { services: Record<string, SuiteResult> }> {
  const say = options.progress ?? (() => undefined);
  const root = join(options.fixtures, 'sources');
  const deviations = readDeviations();
  const total = newTally();
  const services: Record<string, SuiteResult> = {};
  for (const folder of readdirSync(root).sort()) {
    const list = join(root, folder, 'cases.json');
    if (!existsSync(list) || (options.only && !options.only.includes(folder))) continue;
    const { cases } = JSON.parse(readFileSync(list, 'utf8')) as { cases: Case[] };
    const tally = newTally();
    const known = deviations.filter((one) => one.folder === folder);
    const missing = new Map<string, number>();
    for (const one of cases) {
      for (const input of typeof one.input === 'string' ? [one.input] : one.input) {
        runCase({ folder, root: join(root, folder), one, input, tally, known, missing, say });
      }
    }
    const { expected, equal, unread, paired, resources } = tally;
    say(
      `${folder}: ${equal} of ${expected} elements, ${paired} of ${resources} resources, ${unread} values unread`,
    );
    for (const [path, count] of [...missing].sort((a, b) => b[1] - a[1]).slice(0, 40)) {
      say(`  ${count} × ${path}`);
    }
    services[folder] = resultOf(tally);
    for (const key of COUNTS) total[key] += tally[key];
  }
  const edifact = fragmentsOf(root, options, say);
  if (edifact) {
    services['edifact-medlab'] = resultOf(edifact);
    for (const key of COUNTS) total[key] += edifact[key];
  }
  return { ...resultOf(total), services };
}

/** Fragments of EDIFACT have facts instead of FHIR: a case passes when all are found. */
function fragmentsOf(root: string, options: RunOptions, say: (line: string) => void) {
  const folder = join(root, 'edifact-medlab');
  if (!existsSync(join(folder, 'fragments.json'))) return undefined;
  if (options.only && !options.only.includes('edifact-medlab')) return undefined;
  const tally = newTally();
  for (const { id, expected, absent, unread } of runFragments(folder)) {
    tally[absent.length === 0 ? 'passed' : 'failed']++;
    tally.expected += expected;
    tally.equal += expected - absent.length;
    tally.unread += unread;
    if (absent.length > 0) say(`edifact-medlab/${id}: not found ${absent.join(', ')}`);
  }
  say(`edifact-medlab: ${tally.equal} of ${tally.expected} facts, ${tally.unread} values unread`);
  return tally;
}

interface CaseRun {
  readonly folder: string;
  readonly root: string;
  readonly one: Case;
  readonly input: string;
  readonly tally: Tally;
  readonly known: readonly Deviation[];
  readonly missing: Map<string, number>;
  readonly say: (line: string) => void;
}

function runCase(current: CaseRun): void {
  const { root, one, input, tally, say, folder } = current;
  const bytes = readFileSync(join(root, input));
  const goals = goalsOf(current, bytes);
  const answer = readOrRefuse(bytes, folder, goals.length === 0);
  if (answer === 'unsupported') {
    tally.unsupported++;
    say(`${folder}/${one.id}: unsupported`);
    return;
  }
  if (answer instanceof Problem) {
    const placed = goals.length === 0 && answer.expression.length > 0;
    tally[placed ? 'passed' : 'failed']++;
    for (const goal of goals) tally.expected += sizeOf(goal.resources);
    say(
      `${folder}/${one.id}: refused, ${answer.code} at ${answer.expression.join(', ') || 'no place'}`,
    );
    return;
  }
  const issues = answer.flatMap((message) => message.issues);
  tally.unread += issues.filter((issue) => issue.kind === 'unread').length;
  const good = goals.map((goal) => compareGoal(current, answer, goal));
  const facts = factsHold(root, one.id, answer, tally, say);
  tally[good.every(Boolean) && facts ? 'passed' : 'failed']++;
}

interface Goal {
  readonly version: 'R4' | 'STU3';
  readonly resources: readonly { fullUrl?: string | undefined; resource: Resource }[];
}

function goalsOf({ folder, root, one }: CaseRun, bytes: Buffer): Goal[] {
  if (AS_SENT.has(folder)) {
    const version = folder.includes('stu3') && !isR4(bytes) ? 'STU3' : 'R4';
    const parsed = readFhir(bytes, { format: 'json', version: version === 'R4' ? R4 : STU3 });
    return [{ version, resources: resourcesIn(parsed) }];
  }
  return Object.entries(one.expected ?? {}).flatMap(([name, file]) => {
    if (name !== 'stu3' && !name.startsWith('r4')) return [];
    const version = name === 'stu3' ? 'STU3' : 'R4';
    const text = readFileSync(join(root, file));
    const parsed = readFhir(text, { format: 'json', version: version === 'R4' ? R4 : STU3 });
    return [{ version, resources: resourcesIn(parsed) } satisfies Goal];
  });
}

const ZIB = 'nictiz.nl/fhir/StructureDefinition/zib-';

/** Some of the vendors' STU3 is R4: it claims a profile of R4, or uses elements of R4 alone. */
function isR4(bytes: Buffer): boolean {
  const resources = resourcesIn(readFhir(bytes, { format: 'json', version: STU3 }));
  const faults = (version: typeof R4) =>
    resources.reduce((sum, { resource }) => sum + validateInline(resource, version).length, 0);
  const claims = (begin: string) => bytes.includes(`"http://${begin}`);
  if (claims('nictiz.nl/fhir/StructureDefinition/nl-core-')) return true;
  const claimsStu3 = claims('fhir.nl/fhir/StructureDefinition/') || claims(ZIB);
  return !claimsStu3 && faults(R4) < faults(STU3);
}

function resourcesIn(parsed: Resource): Goal['resources'] {
  if (parsed.resourceType !== 'Bundle') return [{ resource: parsed }];
  return ((parsed as Bundle).entry ?? []).flatMap(({ fullUrl, resource }) =>
    resource ? [{ fullUrl, resource }] : [],
  );
}

const sizeOf = (resources: Goal['resources']): number =>
  elementsOf(resources, { maskBsn: false }).reduce((sum, one) => sum + one.size, 0);

/** For odd input a refusal that names the place is the answer, also when the kind is not known. */
function readOrRefuse(
  bytes: Buffer,
  folder: string,
  isOdd: boolean,
): MappedMessage[] | Problem | 'unsupported' {
  const mediaType = folder.startsWith('hl7v2') ? 'application/hl7-v2' : undefined;
  const format = formats.find((one) => one.recognise(bytes, mediaType));
  if (!format) return 'unsupported';
  // Test systems mark their messages as such; here they are the subject.
  const overlay = { ...overlayOf('default', 'conformance'), processing: ['P', 'T', 'D'] };
  try {
    return format.read(bytes, overlay);
  } catch (error) {
    const problem = Problem.from(error);
    if (problem.kind === 'fault') throw error;
    const answered = isOdd && folder === 'hl7v2-edge' && problem.expression.length > 0;
    return problem.kind === 'not-supported' && !answered ? 'unsupported' : problem;
  }
}

/** Whether every expected element is there, or its absence is listed with a reason. */
function compareGoal(current: CaseRun, answer: readonly MappedMessage[], goal: Goal): boolean {
  const { folder, one, tally, known, missing, say } = current;
  const seen = new Map<string, { fullUrl: string; resource: Resource }>();
  for (const { fullUrl, resource, version } of answer.flatMap((message) => message.resources)) {
    const wanted =
      version === goal.version
        ? resource
        : goal.version === 'R4'
          ? toR4(resource).resource
          : toStu3(resource).resource;
    seen.set(fullUrl, { fullUrl, resource: wanted });
  }
  const maskBsn = JSON.stringify(goal.resources).includes('"masked"');
  const ours = [...seen.values()];
  const onePatient = patientsIn(goal.resources) === 1 && patientsIn(ours) === 1;
  const comparing = { maskBsn, onePatient };
  const result = compare(elementsOf(goal.resources, comparing), elementsOf(ours, comparing));
  tally.expected += result.expected;
  tally.equal += result.equal;
  tally.paired += result.paired;
  tally.resources += result.resources;
  const left = result.missing.filter((path) => !isListed(path, known));
  tally.listed += result.missing.length - left.length;
  for (const path of left) missing.set(path, (missing.get(path) ?? 0) + 1);
  say(
    `${folder}/${one.id} ${goal.version}: ${result.equal} of ${result.expected}, unexplained ${left.length}`,
  );
  return left.length === 0;
}

const COUNTS = [
  'passed',
  'failed',
  'skipped',
  'unsupported',
  'expected',
  'equal',
  'unread',
  'paired',
  'resources',
  'listed',
] as const;

function newTally(): Tally {
  return {
    passed: 0,
    failed: 0,
    skipped: 0,
    unsupported: 0,
    score: 0,
    expected: 0,
    equal: 0,
    unread: 0,
    paired: 0,
    resources: 0,
    listed: 0,
  };
}

function resultOf(tally: Tally): SuiteResult {
  const { passed, failed, skipped, unsupported, expected, equal, listed } = tally;
  const cases = passed + failed;
  const shareOf = (count: number) => Math.round((count / expected) * 10_000) / 10_000;
  if (expected === 0) {
    const score = cases === 0 ? 0 : Math.round((passed / cases) * 10_000) / 10_000;
    return { passed, failed, skipped, unsupported, score };
  }
  const explained = listed > 0 ? { explained: shareOf(equal + listed) } : {};
  return { passed, failed, skipped, unsupported, score: shareOf(equal), ...explained };
}
