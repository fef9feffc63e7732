/**
 * FHIR material of others against our codecs, validation and conversion: Nictiz' and MedMij's
 * resources through XML and JSON and back, against the base specification and their own profiles,
 * and published STU3-to-R4 pairs.
 *
 *   npm run conformance -- fhir
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type FhirVersion,
  openProfileBook,
  type ProfileBook,
  R4,
  type Resource,
  readFhir,
  STU3,
  validate,
  validateInline,
  writeFhir,
} from '../../src/conformance/index.ts';
import { publishedPairs, thereAndBack } from './fhir-conversion.ts';
import { filesBelow, type Read, readNictiz } from './fhir-files.ts';
import { emptyTally, scored, type Tally } from './tally.ts';

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
    'validate-inline': resourcesAreValid(fixtures, progress),
    'nictiz-profiles': await examplesFitProfiles(fixtures, progress),
    'stu3-to-r4': publishedPairs(fixtures, progress),
    'stu3-r4-stu3': thereAndBack(fixtures, STU3, progress),
    'r4-stu3-r4': thereAndBack(fixtures, R4, progress),
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

/** Every FHIR file of the fixtures: read, write in the other format, read, write back, compare. */
function roundTrips(fixtures: string, progress: (text: string) => void): Tally {
  const tally = emptyTally();
  const folders = ['nictiz', 'sources', 'consent', 'audit'];
  for (const path of folders.flatMap((name) => filesBelow(join(fixtures, name)))) {
    const read = readNictiz(fixtures, path);
    if (!('resource' in read) && !read.failed) {
      tally.skipped++;
      continue;
    }
    const problem = 'resource' in read ? problemOf(read) : read.reason;
    if (problem === undefined) tally.passed++;
    else {
      tally.failed++;
      progress(`xml-json-xml ${read.file}: ${problem}`);
    }
  }
  return scored(tally);
}

function problemOf({ version, resource }: Read): string | undefined {
  try {
    return roundTrip(version, resource);
  } catch (error) {
    return error instanceof Error ? error.message : 'not written';
  }
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

function plainText(div: string): string {
  const text = div
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_whole, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&#x([0-9a-f]+);/gi, (_whole, code: string) =>
      String.fromCodePoint(parseInt(code, 16)),
    )
    .replace(/&\w+;/g, '&');
  return text.replace(/[<>&"'\u00a0]/g, '&').replace(/\s+/g, ' ');
}

/**
 * Resources are published as right, so an error of ours is a false alarm. Test scripts are left:
 * they use elements of a later FHIR version.
 */
function resourcesAreValid(fixtures: string, progress: (text: string) => void): Tally {
  const tally = emptyTally();
  const folder = join(fixtures, 'nictiz');
  for (const path of filesBelow(folder)) {
    const read = readNictiz(folder, path);
    if (!('resource' in read) || read.resource.resourceType === 'TestScript') {
      tally.skipped++;
      continue;
    }
    const [error] = validateInline(read.resource, read.version).filter(
      (issue) => issue.severity === 'error',
    );
    if (!error) tally.passed++;
    else {
      tally.failed++;
      progress(`validate-inline ${read.file}: ${error.expression?.[0] ?? ''}: ${error.text}`);
    }
  }
  return scored(tally);
}

/** Nictiz' and MedMij's examples against the profiles that they claim: agreeing is being right. */
async function examplesFitProfiles(
  fixtures: string,
  progress: (text: string) => void,
): Promise<Tally> {
  const tally = emptyTally();
  const folder = join(fixtures, 'nictiz');
  for (const version of [STU3, R4]) {
    const book = bookOf(fixtures, version);
    for (const path of filesBelow(folder).filter((name) => /\/examples?\//i.test(name))) {
      const read = readNictiz(folder, path);
      if (!('resource' in read) || read.version !== version) continue;
      if (!read.resource.meta?.profile?.some((url) => book.tree(url))) {
        tally.skipped++;
        continue;
      }
      const issues = await validate(read.resource, { version, book });
      const [error] = issues.filter((issue) => issue.severity === 'error');
      if (!error) tally.passed++;
      else {
        tally.failed++;
        const { detail, text, expression } = error;
        progress(`nictiz-profiles ${read.file}: ${expression?.[0] ?? ''}: ${detail}: ${text}`);
      }
    }
  }
  return scored(tally);
}

/** Their profiles, with what they build on of the core specification. */
function bookOf(fixtures: string, version: FhirVersion): ProfileBook {
  const nictiz = join(fixtures, 'nictiz');
  const packages = readdirSync(nictiz).filter((name) => !/testscripts|\.md$/.test(name));
  const core = join(fixtures, 'fhir-definitions', version.profiles);
  return openProfileBook(version, [
    ...CORE_FILES.map((name) => join(core, name)),
    ...packages.map((name) => join(nictiz, name)),
  ]);
}

const CORE_FILES = [
  'profiles-others.json',
  'extension-definitions.json',
  'valuesets.json',
  'v3-codesystems.json',
  'v2-tables.json',
];
