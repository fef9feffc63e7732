/**
 * What this address can do for this kind of visitor, from the tables that the routes ask.
 * https://hl7.org/fhir/R4/http.html#capabilities
 */
import {
  type CapabilityParameter,
  capabilityStatement,
  compartmentsOf,
  type FhirVersion,
  type Resource,
  searchParametersOf,
} from '../conformance/index.ts';
import type { Described } from './asking.ts';
import { type FhirActor, INTERACTIONS } from './interactions.ts';

/** Groups lie beside the records: a client keeps its own, and finds them by id only. */
const GROUPS: Readonly<Record<FhirActor, readonly string[] | undefined>> = {
  pgo: undefined,
  partner: ['read', 'create', 'update', 'delete'],
  sender: ['read', 'create', 'update', 'delete'],
};

/** At R4 the ledger answers these, and only to an auditor. */
const OF_AUDITORS: ReadonlySet<string> = new Set(['read', 'search-type']);

/**
 * @param actor who asks, where a token tells; else whom the door is for
 * @param isKnown a token told: then what is there for others alone is left out
 */
export function capabilities(described: Described, actor: FhirActor, isKnown = false): Resource {
  const { version, base, searchTypes, readTypes, security } = described;
  const { type, system, operations } = INTERACTIONS[actor];
  return capabilityStatement(version, {
    url: base,
    interactions: type,
    interactionsOf: (name) => {
      if (name === 'Group') return GROUPS[actor];
      const isLedger = isKnown && name === 'AuditEvent' && version.name === 'R4';
      return isLedger ? type.filter((code) => !OF_AUDITORS.has(code)) : undefined;
    },
    systemInteractions: system,
    searchParametersOf: (name) => parametersOf(version, name),
    includesOf: (name) => includesOf(version, name),
    isConditional: (name) => name !== 'Group',
    operationsOf: (name) =>
      operations.filter((one) =>
        one.type === undefined ? name !== 'Group' || one.name !== 'meta' : one.type === name,
      ),
    ...(version.name === 'STU3' ? { systemOperations: operations } : {}),
    ...(actor === 'pgo' ? {} : { compartments: compartmentsOf(version) }),
    ...(searchTypes ? { searchTypes } : {}),
    ...(readTypes ? { readTypes } : {}),
    ...(security ? { security } : {}),
  });
}

function parametersOf(version: FhirVersion, type: string): CapabilityParameter[] {
  const own = searchParametersOf(version, type);
  const all = ['Resource', 'DomainResource'];
  const shared = all.flatMap((of) => searchParametersOf(version, of));
  const names = new Set<string>();
  return [...own, ...shared].flatMap(({ code, kind }) => {
    if (names.has(code)) return [];
    names.add(code);
    return [{ name: code, type: kind }];
  });
}

function includesOf(version: FhirVersion, type: string): string[] {
  return searchParametersOf(version, type)
    .filter(({ kind }) => kind === 'reference')
    .map(({ code }) => `${type}:${code}`);
}
