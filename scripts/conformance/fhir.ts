/**
 * FHIR material of others against our codecs, validation and conversion: Nictiz' and MedMij's
 * resources through XML and JSON and back, and published STU3-to-R4 pairs.
 *
 *   npm run conformance -- fhir
 *
 * A little over the usual length, so that the whole suite with its way of comparing is in one
 * place.
 * Long: it is read from top to bottom as one table of cases.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
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
  writeFhir,
} from '../../src/conformance/index.ts';

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  unsupported: number;
  /** Share of what was expected that came out, 0 to 1. */
  score: number;
}

export interface SuiteResult extends Tally {
  services: Record<string, Tally>;
}

export interface SuiteOptions {
  /** Folder of the fixtures. */
  readonly fixtures: string;
  readonly progress?: (text: string) => void;
}

export async function run({ fixtures, progress = () => {} }: SuiteOptions): Promise<SuiteResult> {
  const services: Record<string, Tally> = {
    'xml-json-xml': roundTrips(fixtures, progress),
    'validate-inline': examplesAreValid(fixtures, progress),
    'stu3-to-r4': publishedPairs(fixtures, progress),
    'stu3-r4-stu3': thereAndBack(fixtures, progress),
  };
  const total = emptyTally();
  for (const tally of Object.values(services)) {
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.skipped += tally.skipped;
    total.unsupported += tally.unsupported;
  }
  const scores = Object.values(services).map((tally) => tally.score);
  total.score = scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length);
  return { ...total, services };
}

function emptyTally(): Tally {
  return { passed: 0, failed: 0, skipped: 0, unsupported: 0, score: 0 };
}

/** Every FHIR file below nictiz/: read, write in the other format, read, write back, compare. */
function roundTrips(fixtures: string, progress: (text: string) => void): Tally {
  const tally = emptyTally();
  const folder = join(fixtures, 'nictiz');
  for (const file of filesBelow(folder)) {
    const bytes = readFileSync(file);
    const resource = tryRead(bytes, file, folder);
    if (resource === 'skipped') {
      tally.skipped++;
      continue;
    }
    const problem =
      typeof resource === 'string' ? resource : roundTrip(resource.version, resource.resource);
    if (problem === undefined) tally.passed++;
    else {
      tally.failed++;
      progress(`${relative(folder, file)}: ${problem}`);
    }
  }
  tally.score = tally.passed / Math.max(1, tally.passed + tally.failed);
  return tally;
}

interface Read {
  readonly resource: Resource;
  readonly version: FhirVersion;
}

/** Files that are not one resource (templates with placeholders, package files) are skipped. */
function tryRead(bytes: Buffer, file: string, folder: string): Read | string | 'skipped' {
  const head = bytes.subarray(0, 20_000).toString('utf8');
  const format = file.endsWith('.xml') ? 'xml' : 'json';
  const isFhir =
    format === 'xml' ? head.includes('http://hl7.org/fhir"') : head.includes('"resourceType"');
  if (!isFhir) return 'skipped';
  const version = versionOf(relative(folder, file));
  try {
    return { resource: readFhir(bytes, { format, version }), version };
  } catch (error) {
    return error instanceof Error ? error.message : 'not read';
  }
}

function versionOf(path: string): FhirVersion {
  return /STU3|FHIR3/i.test(path) ? STU3 : R4;
}

function roundTrip(version: FhirVersion, resource: Resource): string | undefined {
  const json = writeFhir(resource, { format: 'json', version });
  const xml = writeFhir(readFhir(json, { format: 'json', version }), { format: 'xml', version });
  const again = readFhir(xml, { format: 'xml', version });
  const back = writeFhir(again, { format: 'json', version });
  if (canonical(JSON.parse(json.toString())) !== canonical(JSON.parse(back.toString()))) {
    return 'JSON differs after XML';
  }
  const xmlAgain = writeFhir(readFhir(back, { format: 'json', version }), {
    format: 'xml',
    version,
  });
  return xml.equals(xmlAgain) ? undefined : 'XML differs after JSON';
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    // The same XHTML may be spelled in several ways (entities, white space inside tags).
    if (key === 'div' && typeof inner === 'string') return plainText(inner);
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:xml|json)$/.test(name))
    .map((name) => join(folder, name))
    .toSorted();
}

function plainText(div: string): string {
  const text = div.replace(/<[^>]*>/g, ' ').replace(/&(?:#\d+|#x[0-9a-f]+|\w+);/gi, '&');
  return text.replace(/[<>&"'\u00a0]/g, '&').replace(/\s+/g, ' ');
}

/** Examples without placeholders are published as right, so an error of ours is a false alarm. */
function examplesAreValid(fixtures: string, progress: (text: string) => void): Tally {
  const tally = emptyTally();
  forEachExample(
    fixtures,
    tally,
    ({ resource, version }, file) => {
      const [error] = validateInline(resource, version).filter(
        (issue) => issue.severity === 'error',
      );
      if (!error) return undefined;
      return `${file}: ${error.expression?.[0] ?? ''}: ${error.text}`;
    },
    progress,
  );
  return tally;
}

/** STU3 examples to R4, which must be valid, and back, where every leaf must stand again. */
function thereAndBack(fixtures: string, progress: (text: string) => void): Tally {
  const tally = emptyTally();
  let leaves = 0;
  let kept = 0;
  forEachExample(
    fixtures,
    tally,
    ({ resource, version }, file) => {
      if (version !== STU3) return 'skipped';
      const r4 = toR4(resource);
      const [error] = validateInline(r4.resource, R4).filter((issue) => issue.severity === 'error');
      if (error) return `${file}: ${error.expression?.[0] ?? ''}: ${error.text}`;
      const back = toStu3(r4.resource, { as: resource.resourceType });
      const reported = new Set(
        [...r4.loss, ...back.loss].map(({ path }) => path.replace(/\[\d+\]/g, '')),
      );
      const found = new Map<string, number>();
      for (const leaf of leavesOf(back.resource, 'STU3'))
        found.set(leaf, (found.get(leaf) ?? 0) + 1);
      const missing = leavesOf(resource, 'STU3').filter((leaf) => {
        leaves++;
        const left = found.get(leaf) ?? 0;
        found.set(leaf, left - 1);
        if (left > 0) kept++;
        return left <= 0 && !reported.has(`${resource.resourceType}.${leaf.split('=')[0] ?? ''}`);
      });
      return missing.length === 0
        ? undefined
        : `${file}: ${missing.length} lost, first ${missing[0]}`;
    },
    progress,
  );
  progress(`stu3-r4-stu3: ${kept} of ${leaves} leaves stand again`);
  return tally;
}

function forEachExample(
  fixtures: string,
  tally: Tally,
  check: (read: Read, file: string) => string | undefined | 'skipped',
  progress: (text: string) => void,
): void {
  const folder = join(fixtures, 'nictiz');
  for (const path of filesBelow(folder)) {
    const bytes = readFileSync(path);
    const file = relative(folder, path);
    const read = bytes.includes('${') ? 'skipped' : tryRead(bytes, path, folder);
    const result =
      typeof read === 'string' || DEFINITIONS.has(read.resource.resourceType)
        ? 'skipped'
        : check(read, file);
    if (result === 'skipped') tally.skipped++;
    else if (result === undefined) tally.passed++;
    else {
      tally.failed++;
      progress(result);
    }
  }
  tally.score = tally.passed / Math.max(1, tally.passed + tally.failed);
}

const DEFINITIONS = new Set(
  'StructureDefinition ValueSet CodeSystem ConceptMap TestScript NamingSystem SearchParameter CapabilityStatement OperationDefinition'.split(
    ' ',
  ),
);

interface PairCase {
  readonly id: string;
  readonly input: string;
  readonly expected: { readonly r4: string };
}

/**
 * A case passes when every leaf of the expected file is there; the score is the share of leaves.
 */
function publishedPairs(fixtures: string, progress: (text: string) => void): Tally {
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
        const url = name === 'extension' ? '' : name;
        const step = `${path === '' ? '' : `${path}.`}${url === '' ? 'extension' : url}`;
        walk(inner, step.replace('valuedateTime', 'valueDateTime'));
      }
    } else leaves.push(`${path}=${comparable(path, String(value), version)}`);
  };
  walk(resource, '');
  return leaves;
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
