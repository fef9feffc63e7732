/**
 * What every answer to a query must carry in the store, so that SQL fetches few rows. Never exact:
 * it may let too much through, and leaves out whatever is not certain.
 */
import { readFileSync } from 'node:fs';
import { R4 } from './fhir-version.ts';
import { clinicalDate, isIndexed, keepsSystemAlone } from './search-index.ts';
import { coverOf, reach } from './search-months.ts';
import { searchParameter } from './search-parameters.ts';
import type { Hint, SearchQuery } from './search-query.ts';
import type { ReferenceAsked } from './search-reference.ts';
import { spellings, type TokenAsked } from './search-token.ts';

export interface Narrowing {
  /** R4 type names. */
  readonly types: string[];
  /** All groups; of each group at least one. Grammar: see `indexTokens`. */
  readonly tokens: string[][];
  readonly months: string[][];
  /** Present when only these ids can answer. */
  readonly ids?: string[];
  /** R4 types of other resources of the person that chains and `_has` may visit. */
  readonly visits: string[];
}

/** STU3 types that R4 knows by another name. */
const R4_TYPES: Readonly<Record<string, readonly string[]>> = {
  BodySite: ['BodyStructure'],
  DeviceComponent: ['DeviceDefinition', 'DeviceMetric', 'Device'],
  EligibilityRequest: ['CoverageEligibilityRequest'],
  EligibilityResponse: ['CoverageEligibilityResponse'],
  ImagingManifest: ['ImagingStudy', 'DocumentReference'],
  ProcedureRequest: ['ServiceRequest'],
  ProcessRequest: ['Task'],
  ProcessResponse: ['Task'],
  ReferralRequest: ['ServiceRequest'],
  Sequence: ['MolecularSequence'],
};

/** STU3 code systems that R4 renamed while their codes stayed; both names are asked for. */
const MOVED: readonly (readonly [RegExp, string])[] = [
  [/^http:\/\/hl7\.org\/fhir\/v3\//, 'http://terminology.hl7.org/CodeSystem/v3-'],
  [/^http:\/\/hl7\.org\/fhir\/v2\//, 'http://terminology.hl7.org/CodeSystem/v2-'],
  [/^http:\/\/hl7\.org\/fhir\/(?=observation-category$)/, 'http://terminology.hl7.org/CodeSystem/'],
];
const OWNED_BY_HL7 = 'http://hl7.org/fhir/';
/**
 * STU3 parameters whose codes are never those of HL7, or kept theirs: these narrow without a system
 * too.
 */
const STABLE_CODES: ReadonlySet<string> = new Set(['code', 'identifier', 'vaccine-code']);

/**
 * The necessary conditions of a query. Whenever `matches(query, r)` holds, `indexTokens` of r in R4
 * has one token of every group of `tokens` and one month of every group of `months`.
 */
export function narrow(query: SearchQuery): Narrowing {
  return query.each ? shared(query.each.map(narrowOne)) : narrowOne(query);
}

/** Of several types only what all of them ask can be asked of the store. */
function shared(all: readonly Narrowing[]): Narrowing {
  const groups = (of: 'tokens' | 'months'): string[][] =>
    (all[0]?.[of] ?? []).filter((group) =>
      all.every((one) => one[of].some((other) => isSame(other, group))),
    );
  const [ids, ...others] = all.map((one) => one.ids);
  return {
    types: [...new Set(all.flatMap(({ types }) => types))],
    tokens: groups('tokens'),
    months: groups('months'),
    visits: [...new Set(all.flatMap(({ visits }) => visits))],
    ...(ids && others.every((one) => one && isSame(one, ids)) ? { ids } : {}),
  };
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one, at) => one === b[at]);

function narrowOne(query: SearchQuery): Narrowing {
  const types = typesInR4(query, [query.type]);
  const tokens: string[][] = [];
  const months: string[][] = [];
  let ids: string[] | undefined;
  for (const { hint } of query.conditions) {
    if (!hint) continue;
    if (hint.by === 'id') {
      const { anyOf } = hint;
      ids = ids ? ids.filter((id) => anyOf.includes(id)) : [...anyOf];
      continue;
    }
    const parameter = r4Parameter(query, hint.parameter);
    if (parameter === undefined) continue;
    if (hint.by === 'date') {
      const group = types.every((type) => clinicalDate(type) === parameter) && monthGroup(hint);
      if (group) months.push(group);
    } else if (types.every((type) => isIndexed(type, parameter))) {
      const group = tokenGroup(query, hint, parameter);
      if (group) tokens.push(group);
    }
  }
  const visited = query.conditions.flatMap((condition) => condition.visits);
  const visits = typesInR4(query, visited);
  return { types, tokens, months, visits, ...(ids ? { ids } : {}) };
}

function typesInR4(query: SearchQuery, types: readonly string[]): string[] {
  if (query.version === R4) return [...new Set(types)];
  return [...new Set(types.flatMap((type) => R4_TYPES[type] ?? [type]))];
}

function monthGroup(hint: Extract<Hint, { by: 'date' }>): string[] | undefined {
  const months = new Set<string>();
  for (const { prefix, asked } of hint.anyOf) {
    const range = reach(prefix, asked);
    if (!range) return undefined;
    for (const bucket of coverOf(range)) months.add(bucket);
  }
  return [...months];
}

/**
 * The group of one condition: of every value its tokens; undefined when one value cannot be
 * narrowed.
 */
function tokenGroup(
  query: SearchQuery,
  hint: Extract<Hint, { by: 'token' | 'reference' }>,
  parameter: string,
): string[] | undefined {
  const group: string[] = [];
  if (hint.by === 'token') {
    const bound = searchParameter(query.version, query.type, hint.parameter)?.systems ?? [];
    for (const asked of hint.anyOf) {
      const tokens = tokensAsked(query, parameter, asked, bound);
      if (!tokens) return undefined;
      group.push(...tokens);
    }
  } else {
    for (const asked of hint.anyOf) {
      const tokens = referencesAsked(parameter, asked);
      if (!tokens) return undefined;
      group.push(...tokens);
    }
  }
  return group;
}

function tokensAsked(
  query: SearchQuery,
  parameter: string,
  { system, code }: TokenAsked,
  bound: readonly string[],
): string[] | undefined {
  if (!system) {
    const stable =
      query.version === R4 || query.type === 'Observation' || STABLE_CODES.has(parameter);
    if (!stable || code === undefined) return undefined;
    return spelt(parameter, undefined, code).map((one) => `${parameter}||${one}`);
  }
  if (bound.includes(system)) {
    if (query.version !== R4 || code === undefined) return undefined;
    return spelt(parameter, system, code).map((one) => `${parameter}||${one}`);
  }
  if (code === undefined && !keepsSystemAlone(parameter)) return undefined;
  const systems = query.version === R4 ? [system] : systemsInR4(system);
  return systems?.flatMap((one) =>
    spelt(parameter, one, code ?? '').map((spelling) => `${parameter}|${one}|${spelling}`),
  );
}

/** An identifier is found as it stands. */
function spelt(parameter: string, system: string | undefined, code: string): readonly string[] {
  return IDENTIFIERS.has(parameter) ? [code] : spellings(system, code);
}

const IDENTIFIERS: ReadonlySet<string> = new Set([
  'identifier',
  'pharmaceutical-treatment-identifier',
]);

function systemsInR4(system: string): string[] | undefined {
  for (const [from, to] of MOVED) {
    if (from.test(system)) return [system, system.replace(from, to)];
  }
  return system.startsWith(OWNED_BY_HL7) ? undefined : [system];
}

function referencesAsked(parameter: string, asked: ReferenceAsked): string[] | undefined {
  if (asked.target !== undefined) {
    return /^[A-Z][A-Za-z]+\/|^https?:\/\/.+\/[A-Z][A-Za-z]+\//.test(asked.target)
      ? [`${parameter}|${asked.target}`]
      : undefined;
  }
  if (asked.types.length === 0) return undefined;
  return asked.types.map((type) => `${parameter}|${type}/${asked.id}`);
}

let narrowing: ReadonlyMap<string, string> | undefined;

/** The R4 parameter that stands for one of the query; undefined where only the type narrows. */
function r4Parameter(query: SearchQuery, code: string): string | undefined {
  if (query.version === R4) return code;
  narrowing ??= new Map(
    readFileSync(
      new URL('../../profiles/stu3/search-parameters.narrowing.tsv', import.meta.url),
      'utf8',
    )
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [type = '', stu3 = '', r4 = ''] = line.split('\t');
        return [`${type} ${stu3}`, r4] as const;
      }),
  );
  return narrowing.get(`${query.type} ${code}`);
}
