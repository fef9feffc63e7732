/**
 * Profiles, value sets and code systems from folders: FHIR packages as they are published
 * (`package/*.json`) or plain files, JSON or XML, and Bundles of them.
 *
 * Opening a folder only notes which file holds which canonical address; a file is read when its
 * address is first asked for, so that memory follows what is used.
 * https://hl7.org/fhir/R4/packages.html
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { boundCodes } from './elements.ts';
import { readFhir } from './fhir-format.ts';
import { isObject } from './fhir-json.ts';
import type { FhirVersion } from './fhir-version.ts';
import { type ProfileDefinition, profileDefinition } from './profile-definition.ts';
import { type ProfileTree, profileTree } from './profile-tree.ts';
import type { Resource } from './resource.ts';
import { type CodeList, codesOf } from './value-set-codes.ts';

const PROFILE_LIMITS = { filesMax: 20_000, fileBytesMax: 64_000_000 } as const;

export interface ProfileBook {
  readonly version: FhirVersion;
  /** Canonical addresses of all profiles at hand. */
  readonly urls: readonly string[];
  /** A profile with all that it is built on; `|version` is not looked at. */
  tree(url: string): ProfileTree | undefined;
  /** The codes of a value set, when all of it is at hand. */
  codes(valueSet: string): CodeList | undefined;
}

/** Where a definition stands: a file, or an entry of a Bundle file. */
interface Source {
  readonly file: string;
  readonly kind: string;
  readonly resource?: Resource;
}

const KINDS = 'StructureDefinition|ValueSet|CodeSystem';
const XML_ROOT = new RegExp(`<(${KINDS})[\\s>]`);
const XML_URL = /<url\s+value="([^"]+)"/;
const XML_VERSION = /<fhirVersion\s+value="([^"]+)"/;

/**
 * Opens folders of definitions for one FHIR version; those of the other are left aside.
 * @throws Error when a folder cannot be read or holds more files than `filesMax`
 */
export function openProfileBook(version: FhirVersion, folders: readonly string[]): ProfileBook {
  const sources = new Map<string, Source>();
  for (const folder of folders) {
    for (const file of filesBelow(folder)) {
      for (const [url, source] of definitionsIn(version, file)) sources.set(url, source);
    }
  }
  return bookOf(version, sources);
}

function bookOf(version: FhirVersion, sources: ReadonlyMap<string, Source>): ProfileBook {
  const read = (url: string, kind: string): Resource | undefined => {
    const source = sources.get(`${kind} ${bare(url)}`);
    if (!source || source.resource) return source?.resource;
    const format = source.file.endsWith('.xml') ? 'xml' : 'json';
    return readFhir(readFileSync(source.file), { format, version });
  };
  const definitions = remembered((url: string): ProfileDefinition | undefined => {
    const found = read(url, 'StructureDefinition');
    return found && profileDefinition(found);
  });
  const trees = remembered((url: string): ProfileTree | undefined => {
    const definition = definitions(url);
    return definition && profileTree(version, definition, definitions);
  });
  const lists: (url: string) => CodeList | undefined = remembered((url) => {
    const valueSet = read(url, 'ValueSet');
    const codes =
      valueSet &&
      codesOf(valueSet, { valueSet: lists, codeSystem: (system) => read(system, 'CodeSystem') });
    return codes ?? coreCodes(version, url);
  });
  const begin = 'StructureDefinition ';
  const urls = [...sources.keys()].filter((key) => key.startsWith(begin));
  return {
    version,
    urls: urls.map((key) => key.slice(begin.length)),
    tree: (url) => trees(bare(url)),
    codes: (valueSet) => lists(bare(valueSet)),
  };
}

/** Value sets that the base specification binds to are in the element tables. */
function coreCodes(version: FhirVersion, url: string): CodeList | undefined {
  const name = /^http:\/\/(?:hl7|terminology\.hl7)\.org\/(?:fhir\/)?ValueSet\/(.+)$/.exec(url)?.[1];
  return name === undefined ? undefined : boundCodes(version, name);
}

function remembered<T>(find: (url: string) => T | undefined): (url: string) => T | undefined {
  const known = new Map<string, T | undefined>();
  return (url) => {
    if (!known.has(url)) {
      // A definition that is built on itself finds nothing the second time.
      known.set(url, undefined);
      known.set(url, find(url));
    }
    return known.get(url);
  };
}

function bare(url: string): string {
  return url.split('|')[0] ?? url;
}

function filesBelow(folder: string): string[] {
  if (statSync(folder).isFile()) return [folder];
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:xml|json)$/.test(name) && !/(?:^|\/)\.index\.json$/.test(name))
    .toSorted();
  if (files.length > PROFILE_LIMITS.filesMax) {
    throw new Error(`The folder of profiles holds more than ${PROFILE_LIMITS.filesMax} files.`);
  }
  return files.map((name) => join(folder, name));
}

function definitionsIn(version: FhirVersion, file: string): [string, Source][] {
  if (statSync(file).size > PROFILE_LIMITS.fileBytesMax) return [];
  const text = readFileSync(file, 'utf8');
  if (file.endsWith('.xml')) {
    const kind = XML_ROOT.exec(text.slice(0, 2_000))?.[1];
    const url = XML_URL.exec(text)?.[1];
    if (kind === undefined || url === undefined) return [];
    return isOf(version, XML_VERSION.exec(text)?.[1], file)
      ? [[`${kind} ${url}`, { file, kind }]]
      : [];
  }
  const content = parsed(text);
  if (content?.resourceType === 'Bundle') {
    const entries = [content['entry'] ?? []].flat();
    return entries.flatMap((entry) =>
      isObject(entry) && isObject(entry['resource'])
        ? definition(version, file, entry['resource'] as Resource, true)
        : [],
    );
  }
  return content ? definition(version, file, content, false) : [];
}

function definition(
  version: FhirVersion,
  file: string,
  resource: Resource,
  keep: boolean,
): [string, Source][] {
  const { resourceType: kind, url, fhirVersion } = resource;
  if (!new RegExp(`^(?:${KINDS})$`).test(kind) || typeof url !== 'string') return [];
  if (!isOf(version, fhirVersion, file)) return [];
  return [[`${kind} ${url}`, keep ? { file, kind, resource } : { file, kind }]];
}

function parsed(text: string): Resource | undefined {
  try {
    const content: unknown = JSON.parse(text);
    return isObject(content) && typeof content['resourceType'] === 'string'
      ? (content as Resource)
      : undefined;
  } catch {
    return undefined;
  }
}

const packageVersions = new Map<string, string | undefined>();

/** A definition, or the package it is in, says its FHIR version; else it counts for both. */
function isOf(version: FhirVersion, stated: unknown, file: string): boolean {
  const said = typeof stated === 'string' ? stated : packageVersion(dirname(file));
  return said === undefined || said.startsWith(version.mediaVersion);
}

function packageVersion(folder: string): string | undefined {
  if (packageVersions.has(folder)) return packageVersions.get(folder);
  let found: string | undefined;
  try {
    const text = readFileSync(join(folder, 'package.json'), 'utf8');
    const { fhirVersions, dependencies } = JSON.parse(text) as {
      fhirVersions?: string[];
      dependencies?: Record<string, string>;
    };
    const core = Object.entries(dependencies ?? {}).find(([name]) =>
      /^hl7\.fhir\..*core$/.test(name),
    );
    found = fhirVersions?.[0] ?? core?.[1];
  } catch {
    const above = dirname(folder);
    found = above === folder ? undefined : packageVersion(above);
  }
  packageVersions.set(folder, found);
  return found;
}
