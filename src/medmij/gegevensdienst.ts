/** The data services, as data: profiles/medmij/gegevensdiensten.yaml. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type FhirVersion, R4, STU3 } from '../conformance/index.ts';

export interface Gegevensdienst {
  readonly id: string;
  readonly name: string;
  readonly version: FhirVersion;
  /** The person collects (verzamelen) or shares (delen); decides what a scope means. */
  readonly function: 'verzamelen' | 'delen';
  /** Provider system role codes, as published in the ZAL. */
  readonly roles: readonly string[];
  readonly searchTypes: ReadonlySet<string>;
  /** Search types too: what may be searched may be read. */
  readonly readTypes: ReadonlySet<string>;
  readonly text: { readonly nl: string; readonly en: string };
}

interface Row {
  id: string;
  name: string;
  fhir: 'STU3' | 'R4';
  function?: 'verzamelen' | 'delen';
  roles: string[];
  search: string[];
  read: string[];
  text: { nl: string; en: string };
}

const FILE = new URL('../../profiles/medmij/gegevensdiensten.yaml', import.meta.url);

/** All services by id. */
export function readGegevensdiensten(): ReadonlyMap<string, Gegevensdienst> {
  const { gegevensdiensten } = parse(readFileSync(FILE, 'utf8')) as { gegevensdiensten: Row[] };
  return new Map(
    gegevensdiensten.map((row) => [
      row.id,
      {
        id: row.id,
        name: row.name,
        version: row.fhir === 'R4' ? R4 : STU3,
        function: row.function ?? 'verzamelen',
        roles: row.roles,
        searchTypes: new Set(row.search),
        readTypes: new Set([...row.search, ...row.read]),
        text: row.text,
      },
    ]),
  );
}
