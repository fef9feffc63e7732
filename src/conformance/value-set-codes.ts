/**
 * The codes of a value set as far as they can be listed from what is at hand. A filter, or a code
 * system whose content is not here (SNOMED CT, LOINC), stands for any code of its system.
 * https://hl7.org/fhir/R4/valueset.html#compositions
 */
import { isObject } from './fhir-json.ts';
import type { Resource } from './resource.ts';

type Json = Record<string, unknown>;

/** Codes by system; undefined as a value: any code of that system. */
export type CodeList = ReadonlyMap<string, ReadonlySet<string> | undefined>;

/** Finds a ValueSet, CodeSystem or further list by its canonical address. */
export interface CodeSources {
  readonly valueSet: (url: string) => CodeList | undefined;
  readonly codeSystem: (url: string) => Resource | undefined;
}

/** @returns undefined when a part of the value set is not at hand */
export function codesOf(valueSet: Resource, sources: CodeSources): CodeList | undefined {
  const { compose, expansion } = valueSet;
  const codes = new Map<string, Set<string> | undefined>();
  if (!isObject(compose)) {
    if (!isObject(expansion)) return undefined;
    for (const { system, code } of objects(expansion['contains'], 'contains')) {
      if (typeof code === 'string') add(codes, String(system), new Set([code]));
    }
    return codes;
  }
  for (const include of objects(compose['include'])) {
    const part = included(include, sources);
    if (!part) return undefined;
    for (const [system, set] of part) add(codes, system, set);
  }
  for (const exclude of objects(compose['exclude'])) {
    const set = codes.get(String(exclude['system']));
    for (const { code } of objects(exclude['concept'])) set?.delete(String(code));
  }
  return codes;
}

function included(include: Json, sources: CodeSources): CodeList | undefined {
  const { system } = include;
  const lists = [include['valueSet'] ?? []].flat().map((url) => sources.valueSet(String(url)));
  if (lists.some((list) => list === undefined)) return undefined;
  if (typeof system !== 'string') {
    const union = new Map<string, Set<string> | undefined>();
    for (const list of lists) for (const [one, set] of list ?? []) add(union, one, set);
    return union;
  }
  return new Map([[system, codesOfSystem(include, system, sources)]]);
}

function codesOfSystem(
  include: Json,
  system: string,
  sources: CodeSources,
): ReadonlySet<string> | undefined {
  const listed = objects(include['concept']);
  if (listed.length > 0) return new Set(listed.map(({ code }) => String(code)));
  if (include['filter'] !== undefined) return undefined;
  const known = sources.codeSystem(system);
  if (!known || (known['content'] !== undefined && known['content'] !== 'complete')) {
    return undefined;
  }
  const codes = objects(known['concept'], 'concept').map(({ code }) => String(code));
  return codes.length > 0 ? new Set(codes) : undefined;
}

/** The objects of a list; with `below` also those in their own lists of that name. */
function objects(list: unknown, below?: string): Json[] {
  if (!Array.isArray(list)) return [];
  const own = (list as unknown[]).filter(isObject);
  return below === undefined ? own : own.flatMap((one) => [one, ...objects(one[below], below)]);
}

function add(
  codes: Map<string, Set<string> | undefined>,
  system: string,
  set: ReadonlySet<string> | undefined,
): void {
  if (!codes.has(system)) codes.set(system, set && new Set(set));
  else if (set === undefined) codes.set(system, undefined);
  else for (const code of set) codes.get(system)?.add(code);
}

/** Whether a code is listed; without a system in any of the systems. */
export function hasCode(list: CodeList, system: string | undefined, code: string): boolean {
  if (system !== undefined) {
    const set = list.get(system);
    return set ? set.has(code) : list.has(system);
  }
  return [...list.values()].some((set) => set === undefined || set.has(code));
}
