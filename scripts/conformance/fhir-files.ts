/**
 * The FHIR files of the fixtures: which there are, in which version, with the placeholders of
 * their test scripts filled in.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  type FhirVersion,
  R4,
  type Resource,
  readFhir,
  STU3,
} from '../../src/conformance/index.ts';

export interface Read {
  /** Below nictiz/. */
  readonly file: string;
  readonly resource: Resource;
  readonly version: FhirVersion;
}

/** Why a file takes no part. */
export interface Left {
  readonly file: string;
  readonly reason: string;
  /** True for a file that is FHIR and should have been read. */
  readonly failed: boolean;
}

const DAY = '2026-06-15';
/** The root element, whatever comments come before it. */
const XML = /<[A-Z][A-Za-z]+[^>]*xmlns="http:\/\/hl7\.org\/fhir"/;
const UUID = '0b0e7b1e-54f5-4d4b-9c59-0d6c1e3b5a77';

/** Every JSON and XML file below a folder of the fixtures, in order. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:xml|json)$/.test(name))
    .map((name) => join(folder, name))
    .toSorted();
}

/** Package files and lists of cases are not FHIR and are left. */
export function readNictiz(folder: string, path: string): Read | Left {
  const file = relative(folder, path);
  const text = readFileSync(path, 'utf8');
  const isXml = path.endsWith('.xml');
  if (!(isXml ? XML.test(text) : isJsonResource(text))) {
    return { file, reason: 'no FHIR', failed: false };
  }
  const version = versionOf(path);
  try {
    const format = isXml ? 'xml' : 'json';
    return { file, resource: readFhir(Buffer.from(filled(text)), { format, version }), version };
  } catch (error) {
    return { file, reason: error instanceof Error ? error.message : 'not read', failed: true };
  }
}

function isJsonResource(text: string): boolean {
  try {
    const root: unknown = JSON.parse(text);
    return typeof (root as { resourceType?: unknown } | null)?.resourceType === 'string';
  } catch {
    // What is no JSON at all is read, and then says so.
    return text.includes('"resourceType"');
  }
}

export function versionOf(path: string): FhirVersion {
  if (/expected-r4|\/consent\//.test(path) || R4_OF_VENDORS.test(path)) return R4;
  return /STU3|FHIR3/i.test(path) ? STU3 : R4;
}

/** These vendors' files lie among STU3 and are R4. */
const R4_OF_VENDORS =
  /fhir-stu3-vendor\/input\/(?:[A-Za-z]+-Sanday|MedicationStatement-MP9)\.json$/;

/**
 * `${DATE, T, D, -3}` is a day, `${UUID}` one, `${some-name-id}` stands for its own name. A dash
 * more could end a comment.
 */
function filled(text: string): string {
  return text.replace(/\$\{([^}'<>]*)\}/g, (_whole, said: string) => {
    const [what = '', , unit, number] = said.split(',').map((part) => part.trim());
    if (what === 'DATE') return shifted(unit ?? 'D', Number(number));
    if (what === 'CURRENTDATE') return DAY;
    return what === 'UUID' ? UUID : what.replace(/[^A-Za-z0-9\-.]+/g, '.');
  });
}

function shifted(unit: string, number: number): string {
  const day = new Date(`${DAY}T00:00:00Z`);
  if (unit === 'Y') day.setUTCFullYear(day.getUTCFullYear() + number);
  else if (unit === 'M') day.setUTCMonth(day.getUTCMonth() + number);
  else day.setUTCDate(day.getUTCDate() + number);
  return day.toISOString().slice(0, 10);
}
