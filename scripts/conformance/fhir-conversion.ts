/**
 * STU3 and R4 as each other: published pairs, and Nictiz' STU3 resources to R4 and back, where
 * every leaf must stand again or be in the loss report.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Decimal,
  type FhirVersion,
  R4,
  type Resource,
  r4TypeOf,
  readFhir,
  STU3,
  systemIn,
  toR4,
  toStu3,
  validateInline,
} from '../../src/conformance/index.ts';
import { filesBelow, readNictiz } from './fhir-files.ts';
import { emptyTally, scored, type Tally } from './tally.ts';

/** Nictiz' resources of one version to the other, where they must be valid, and back. */
export function thereAndBack(
  fixtures: string,
  version: FhirVersion,
  progress: (text: string) => void,
): Tally {
  const tally = emptyTally();
  const name = version === STU3 ? 'stu3-r4-stu3' : 'r4-stu3-r4';
  const folder = join(fixtures, 'nictiz');
  const leaves = { all: 0, kept: 0 };
  for (const path of filesBelow(folder)) {
    const read = readNictiz(folder, path);
    // Definitions, the other version and what is no FHIR are not what this is about.
    if (!('resource' in read) || read.version !== version || isDefinition(read.resource)) {
      tally.skipped++;
      continue;
    }
    const problem = lostOnTheWay(read.resource, version, leaves);
    if (problem === undefined) tally.passed++;
    else {
      tally.failed++;
      progress(`${name} ${read.file}: ${problem}`);
    }
  }
  progress(`${name}: ${leaves.kept} of ${leaves.all} leaves stand again`);
  return scored(tally);
}

/** Definitions are never served: their conversion is not ours. */
function isDefinition({ resourceType }: Resource): boolean {
  return DEFINITIONS.has(resourceType);
}

const DEFINITIONS = new Set(
  'StructureDefinition ValueSet CodeSystem ConceptMap TestScript NamingSystem SearchParameter CapabilityStatement OperationDefinition'.split(
    ' ',
  ),
);

function lostOnTheWay(
  resource: Resource,
  version: FhirVersion,
  count: { all: number; kept: number },
): string | undefined {
  const other = version === STU3 ? R4 : STU3;
  const there = version === STU3 ? toR4(resource) : toStu3(resource);
  const [error] = validateInline(there.resource, other).filter(
    (issue) => issue.severity === 'error',
  );
  if (error) return `${error.expression?.[0] ?? ''}: ${error.text}`;
  const back =
    version === STU3 ? toStu3(there.resource, { as: resource.resourceType }) : toR4(there.resource);
  const reported = new Set(
    [...there.loss, ...back.loss].map(({ path }) => path.replace(/\[\d+\]/g, '')),
  );
  const found = new Map<string, number>();
  for (const leaf of leavesOf(back.resource, version.name))
    found.set(leaf, (found.get(leaf) ?? 0) + 1);
  const missing = leavesOf(resource, version.name).filter((leaf) => {
    count.all++;
    const left = found.get(leaf) ?? 0;
    found.set(leaf, left - 1);
    if (left > 0) count.kept++;
    // A loss is told at the FHIRPath of its element, which has no type in the name of a choice.
    const path = (leaf.split('=')[0] ?? '').replace(/\bvalue[A-Z]\w*/g, 'value');
    return left <= 0 && !isReported(reported, `${resource.resourceType}.${path}`);
  });
  return missing.length === 0 ? undefined : `${missing.length} lost, first ${missing[0]}`;
}

/** Whoever is told that a whole element is lost knows that its parts are. */
function isReported(reported: ReadonlySet<string>, path: string): boolean {
  const steps = path.split('.');
  return steps.some((_step, at) => at > 0 && reported.has(steps.slice(0, at + 1).join('.')));
}

interface PairCase {
  readonly id: string;
  readonly input: string;
  readonly expected: { readonly r4: string };
}

/**
 * A case passes when every leaf of the expected file is there; the score is the share of leaves.
 */
export function publishedPairs(fixtures: string, progress: (text: string) => void): Tally {
  const tally = emptyTally();
  const folder = join(fixtures, 'sources/fhir-stu3-to-r4');
  if (!existsSync(folder)) return tally;
  const { cases } = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as {
    cases: PairCase[];
  };
  let expected = 0;
  let equal = 0;
  for (const one of cases) {
    const input = readFhir(readFileSync(join(folder, one.input)), {
      format: 'json',
      version: STU3,
    });
    const wanted = JSON.parse(readFileSync(join(folder, one.expected.r4), 'utf8')) as Resource;
    const got = new Set(leavesOf(toR4(input).resource, 'R4'));
    const leaves = leavesOf(wanted, 'R4');
    const missing = leaves.filter((leaf) => !got.has(leaf));
    expected += leaves.length;
    equal += leaves.length - missing.length;
    if (missing.length === 0) tally.passed++;
    else {
      tally.failed++;
      progress(
        `stu3-to-r4 ${one.id}: ${missing.length} of ${leaves.length} missing, first ${missing[0]}`,
      );
    }
  }
  tally.score = equal / Math.max(1, expected);
  return tally;
}

/**
 * Leaves as `path=value`, indifferent to order, to one against a list of one, to the offset of a
 * time and to names that the published converter leaves as they were (code systems, reference
 * types).
 */
function leavesOf(resource: Resource, version: 'R4' | 'STU3'): string[] {
  const leaves: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (value === null || value === undefined) return;
    if (Array.isArray(value)) for (const item of value) walk(item, path);
    else if (typeof value === 'object' && !(value instanceof Decimal)) {
      for (const [name, inner] of Object.entries(value)) {
        if (path === '' && name === 'text') continue;
        if (name === 'type' && isSaidBy(value, inner)) continue;
        const url = name === 'extension' ? '' : name;
        const step = `${path === '' ? '' : `${path}.`}${url === '' ? 'extension' : url}`;
        walk(inner, step.replace('valuedateTime', 'valueDateTime'));
      }
    } else leaves.push(`${path}=${comparable(path, String(value), version)}`);
  };
  walk(resource, '');
  return leaves;
}

/** The type of a reference that its address says as well. */
function isSaidBy(value: object, type: unknown): boolean {
  const { reference } = value as { reference?: unknown };
  return typeof reference === 'string' && reference.includes(`${String(type)}/`);
}

function comparable(path: string, text: string, version: 'R4' | 'STU3'): string {
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return new Date(text).toISOString();
  if (version === 'STU3') return text;
  if (path.endsWith('.system')) return systemIn(true, text);
  if (path.endsWith('.reference')) {
    return text.replace(/^([A-Z]\w+)\//, (_whole, type: string) => `${r4TypeOf(type)}/`);
  }
  if (!path.endsWith('url')) return text;
  return text
    .replace(/^h+ttp:/, 'http:')
    .replace('/fhir/r3/', '/fhir/3.0/')
    .replace('/fhir/r4/', '/fhir/');
}
