/** Checks the whole store against its own contents: what `db:check` runs. */
import {
  BSN_SYSTEM,
  indexTokens,
  isBsnSystem,
  normaliseBsn,
  type Resource,
} from '../conformance/index.ts';
import type { Sql } from '../platform/database.ts';
import type { CheckReport, Store, StoredResource, ToldNumber } from '../store/index.ts';
import { PATIENT_ID_SYSTEM } from './fhir-push/persons.ts';

export function checkStore(
  store: Store,
  sql: Sql,
  progress: (done: number, total: number) => void,
): Promise<CheckReport> {
  return store.check(sql, {
    indexTokens: (row) =>
      indexTokens(JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as Resource),
    numbersOf,
    progress: ({ vaults, total }) => progress(vaults, total),
  });
}

/** A Patient's numbers as they are looked for: a BSN by itself, others by the sender. */
function numbersOf(row: StoredResource): ToldNumber[] {
  const resource = JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as Resource;
  const identifiers = Array.isArray(resource['identifier'])
    ? (resource['identifier'] as { system?: unknown; value?: unknown; use?: unknown }[])
    : [];
  const own = { system: `${row.custodian}|${PATIENT_ID_SYSTEM}`, value: row.id, leads: false };
  return [
    own,
    ...identifiers.flatMap(({ system, value, use }) => {
      if (typeof system !== 'string' || typeof value !== 'string') return [];
      if (!isBsnSystem(system)) {
        return [{ system: `${row.custodian}|${system}`, value, leads: false }];
      }
      const number = normaliseBsn(value);
      return number === undefined
        ? []
        : [{ system: BSN_SYSTEM, value: number, leads: use !== 'old' }];
    }),
  ];
}
