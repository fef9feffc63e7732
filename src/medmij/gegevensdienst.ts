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
  /** System role codes of the provider's side, all that are in use. */
  readonly roles: readonly string[];
  readonly searchTypes: ReadonlySet<string>;
  /** Search types too: what may be searched may be read. */
  readonly readTypes: ReadonlySet<string>;
  /** What a PGO may write; absent: nothing. */
  readonly share?: Share;
  /** What the person is told at once of what was sent. */
  readonly acknowledgement?: string;
  /** By type, the search that this service is limited to. */
  readonly only: ReadonlyMap<string, readonly (readonly [string, string])[]>;
  /** By type, the includes that come with a search on it unasked. */
  readonly alongside: ReadonlyMap<string, readonly (readonly [string, string])[]>;
  readonly text: { readonly nl: string; readonly en: string };
}

/** Types that a PGO may send, by how it sends them. */
export interface Share {
  /** Allowed under a consent to collect too: its question says so. */
  readonly isPartOfCollecting: boolean;
  readonly batch: ReadonlySet<string>;
  readonly transaction: ReadonlySet<string>;
  readonly update: ReadonlySet<string>;
  /** A Task that is updated goes one step at a time; else it may be answered at once. */
  readonly isStepByStep: boolean;
}

interface Row {
  id: string;
  name: string;
  fhir: 'STU3' | 'R4';
  function?: 'verzamelen' | 'delen';
  roles?: string[];
  search: string[];
  read: string[];
  share?: {
    batch?: string[];
    transaction?: string[];
    update?: string[];
    stepByStep?: boolean;
    partOfCollecting?: boolean;
    acknowledgement?: string;
  };
  only?: Record<string, string>;
  alongside?: Record<string, string>;
  text: { nl: string; en: string };
}

const FILE = new URL('../../profiles/medmij/gegevensdiensten.yaml', import.meta.url);

let services: ReadonlyMap<string, Gegevensdienst> | undefined;

/** All services by id; the file is read once. */
export function readGegevensdiensten(): ReadonlyMap<string, Gegevensdienst> {
  services ??= parsed();
  return services;
}

function parsed(): ReadonlyMap<string, Gegevensdienst> {
  const { gegevensdiensten } = parse(readFileSync(FILE, 'utf8')) as { gegevensdiensten: Row[] };
  return new Map(gegevensdiensten.map((row) => [row.id, serviceOf(row)]));
}

function serviceOf(row: Row): Gegevensdienst {
  return {
    id: row.id,
    name: row.name,
    version: row.fhir === 'R4' ? R4 : STU3,
    function: row.function ?? (row.search.length === 0 && row.share ? 'delen' : 'verzamelen'),
    roles: row.roles ?? [],
    searchTypes: new Set(row.search),
    readTypes: new Set([...row.search, ...row.read]),
    ...(row.share ? { share: shareOf(row.share) } : {}),
    ...(row.share?.acknowledgement ? { acknowledgement: row.share.acknowledgement } : {}),
    only: queriesByType(row.only),
    alongside: queriesByType(row.alongside),
    text: row.text,
  };
}

function queriesByType(queries: Record<string, string> = {}): Gegevensdienst['only'] {
  return new Map(
    Object.entries(queries).map(([type, query]) => [type, [...new URLSearchParams(query)]]),
  );
}

function shareOf(share: NonNullable<Row['share']>): Share {
  const { batch, transaction, update, partOfCollecting = false, stepByStep = false } = share;
  return {
    isPartOfCollecting: partOfCollecting,
    batch: new Set(batch),
    transaction: new Set(transaction),
    update: new Set(update),
    isStepByStep: stepByStep,
  };
}
