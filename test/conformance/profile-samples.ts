/** Small profiles of our own, with one use of each way in which a profile may constrain. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const OWN = 'https://example.org/fhir/';
const CORE = 'http://hl7.org/fhir/StructureDefinition/';

type Json = Record<string, unknown>;

/** A StructureDefinition of R4 that constrains a type, or another of ours. */
export function profile(
  name: string,
  type: string,
  elements: readonly Json[],
  base?: string,
): Json {
  return {
    resourceType: 'StructureDefinition',
    url: OWN + name,
    name,
    status: 'draft',
    fhirVersion: '4.0.1',
    kind: 'resource',
    abstract: false,
    type,
    baseDefinition: base === undefined ? CORE + type : OWN + base,
    derivation: 'constraint',
    differential: { element: elements },
  };
}

/** An element by its id, which says path and slices at once. */
export function element(id: string, says: Json = {}): Json {
  const last = id.split('.').at(-1) ?? '';
  const slice = last.includes(':') ? { sliceName: last.slice(last.indexOf(':') + 1) } : {};
  return { id, path: id.replace(/:[^.]+/g, ''), ...slice, ...says };
}

export function slicing(type: string, path: string, rules = 'open'): Json {
  return { slicing: { discriminator: [{ type, path }], rules } };
}

/** Writes definitions as a FHIR package (`package/*.json`) and gives its folder. */
export function packageOf(...definitions: readonly Json[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'profiles-'));
  mkdirSync(join(folder, 'package'));
  const about = { name: 'example.own', version: '1.0.0', fhirVersions: ['4.0.1'] };
  writeFileSync(join(folder, 'package', 'package.json'), JSON.stringify(about));
  for (const [at, one] of definitions.entries()) {
    writeFileSync(join(folder, 'package', `${at}.json`), JSON.stringify(one));
  }
  return folder;
}
