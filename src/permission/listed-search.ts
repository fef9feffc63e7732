/**
 * A search as a referral lists it, and as its receiver asks it: the path with the complete set of
 * parameters. What names the patient, the size of a page or the format asks for nothing more, so it
 * is left out on both sides. consent.md 11: only the listed resources and searches.
 */
import { sha256 } from './digest.ts';
import type { DataMatch } from './rule.ts';

type Params = readonly (readonly [name: string, value: string])[];

/** What one line of a Task gives. */
export interface ListedLine {
  readonly data: readonly DataMatch[];
  /** Digest of the search that alone gives it; absent where the line has no condition. */
  readonly search?: string;
}

const FREE: ReadonlySet<string> = new Set(['_count', '_format', '_pretty']);
const OF_PATIENT = /^(patient|subject|beneficiary|subscriber)(:Patient)?(\.identifier)?$/;
const TYPE = /^[A-Z][A-Za-z]{1,39}$/;
const ID = /^[A-Za-z0-9\-.]{1,64}$/;
const QUERY_CHARACTERS_MAX = 2_000;

/** STU3 types whose like R4 has by another name: decisions know types by their name in R4. */
const IN_R4: Readonly<Record<string, string>> = {
  ProcedureRequest: 'ServiceRequest',
  ReferralRequest: 'ServiceRequest',
};

/** Where a listed `_include` leads; one that is not here brings nothing of another type. */
const INCLUDED: Readonly<Record<string, string>> = {
  medication: 'Medication',
  device: 'Device',
  specimen: 'Specimen',
};

/**
 * @param path `Observation` or `Observation/$lastn`
 * @returns the same digest for the same conditions, in whatever order they stand; undefined for a
 *   search without any condition.
 */
export function searchDigest(path: string, params: Params): string | undefined {
  const conditions = params
    .filter(([name]) => !FREE.has(name) && !namesPatient(path, name))
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .toSorted();
  if (conditions.length === 0 && !path.includes('$')) return undefined;
  return sha256(`${path}?${conditions.join('&')}`).slice(0, DIGEST_CHARACTERS);
}

/** 128 bits: a sender who could make two searches alike only opens what it holds itself. */
const DIGEST_CHARACTERS = 32;

const namesPatient = (path: string, name: string): boolean =>
  OF_PATIENT.test(name) || (path === 'Patient' && name === 'identifier');

/**
 * @param line `Condition/12`, `Condition`, `Observation?code=…`, `Observation/$lastn?code=…`, with
 *   or without `GET` before it.
 * @returns undefined for a line that cannot be held to what it says: it gives nothing.
 */
export function listedLine(line: string): ListedLine | undefined {
  if (line.length > QUERY_CHARACTERS_MAX) return undefined;
  const [address = '', query, ...more] = line
    .trim()
    .replace(/^GET\s+/, '')
    .split('?');
  const [type = '', second, third] = address.split('/');
  if (!TYPE.test(type) || third !== undefined || more.length > 0) return undefined;
  if (second !== undefined && second !== '$lastn') {
    if (!ID.test(second) || query) return undefined;
    return { data: [{ level: 'instance', value: address }] };
  }
  const params = [...new URLSearchParams(query ?? '')];
  // A page of somebody else's search is no search.
  if (params.some(([name]) => name === '_cursor')) return undefined;
  const search = searchDigest(address, params);
  const types = new Set([type, ...params.flatMap(includedBy)].map((one) => IN_R4[one] ?? one));
  const data = [...types].map((value): DataMatch => ({ level: 'type', value }));
  return search === undefined ? { data } : { data, search };
}

/** `_include=MedicationRequest:medication`, or with the type as its third part. */
function includedBy([name, value]: readonly [string, string]): string[] {
  if (name !== '_include') return [];
  const [, parameter = '', target] = value.split(':');
  const found = target ?? (Object.hasOwn(INCLUDED, parameter) ? INCLUDED[parameter] : undefined);
  return found !== undefined && TYPE.test(found) ? [found] : [];
}
