/**
 * FHIR material of others against our codecs, validation and conversion: Nictiz' and MedMij's
 * resources through XML and JSON and back, and published STU3-to-R4 pairs.
 *
 *   npm run conformance -- fhir
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  type FhirVersion,
  R4,
  type Resource,
  readFhir,
  STU3,
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
  return JSON.stringify(value, (_key, inner: unknown) => {
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
