/**
 * Closed lists of queries: a use case names the searches that a partner may send, and the complete
 * set of parameters is compared. A request that only resembles one on the list is refused.
 * consent.md 5.2 step 0, 11; regional-exchange.md.
 */
import { readRuleBook } from './rule-book.ts';

export interface ListedQuery {
  /** `Condition`, `Observation/$lastn`, `DocumentReference/{id}`. */
  readonly path: string;
  /** Each name with its whole value, alternatives included. */
  readonly params: readonly (readonly [name: string, value: string])[];
  /** The parameter by which the gateway narrows it to the patient; absent where the path does. */
  readonly patientParameter?: string;
}

interface QueryList {
  readonly queries: readonly { readonly request: string; readonly patientParameter?: string }[];
}

/** Paging and format may stand beside any listed query; they ask for nothing more. */
const FREE = new Set(['_count', '_format']);

/** @param name of the list below `profiles/permission`, for instance `queries-bgz`. */
export function readQueryList(name: string): readonly ListedQuery[] {
  return readRuleBook<QueryList>(name).queries.map(({ request, patientParameter }) => ({
    ...parse(request),
    ...(patientParameter === undefined ? {} : { patientParameter }),
  }));
}

/**
 * @param request path below the base with its query, for instance `Condition?_count=50`.
 * @returns the query of the list that it is, or undefined when it is none of them.
 */
export function isListed(list: readonly ListedQuery[], request: string): ListedQuery | undefined {
  const asked = parse(request);
  const params = asked.params.filter(([name]) => !FREE.has(name));
  if (asked.params.some(([name, value]) => FREE.has(name) && !plain(value))) return undefined;
  return list.find((one) => samePath(one.path, asked.path) && sameParams(one.params, params));
}

/** `{id}` in a listed path stands for one logical id. */
function samePath(listed: string, asked: string): boolean {
  if (!listed.endsWith('/{id}')) return listed === asked;
  const type = listed.slice(0, -'{id}'.length);
  return asked.startsWith(type) && /^[A-Za-z0-9.-]{1,64}$/.test(asked.slice(type.length));
}

function plain(value: string): boolean {
  return /^[A-Za-z0-9/+.;= _-]{1,80}$/.test(value);
}

/** Equal as sets of name and value; what is repeated in one must be repeated in the other. */
function sameParams(listed: ListedQuery['params'], asked: ListedQuery['params']): boolean {
  if (listed.length !== asked.length) return false;
  const left = [...asked];
  return listed.every(([name, value]) => {
    const index = left.findIndex(([other, found]) => other === name && found === value);
    if (index < 0) return false;
    left.splice(index, 1);
    return true;
  });
}

function parse(request: string): { path: string; params: [string, string][] } {
  const [path = '', query = ''] = request.split('?', 2);
  if (query === '') return { path, params: [] };
  const params = query.split('&').map((pair): [string, string] => {
    const [name = '', ...value] = pair.split('=');
    return [decode(name), decode(value.join('='))];
  });
  return { path, params };
}

/** A broken escape is part of no listed query, so it may stand as it came. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
