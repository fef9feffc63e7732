/**
 * Updates that speak of parts of a resource: for each element the latest word of the source holds,
 * in whatever order the messages arrive. So each element has a time; only those that differ from
 * the time of the whole are kept beside it.
 */
import { isBsnSystem, type Resource } from '../conformance/index.ts';

export interface Said {
  readonly resource: Resource;
  readonly time: string | undefined;
  readonly gone?: readonly string[];
  readonly hints?: readonly string[];
  /** Of what is stored: elements with another time than the whole. */
  readonly elementTimes?: Readonly<Record<string, string>>;
}

export interface Together {
  readonly resource: Resource;
  readonly time: string | undefined;
  readonly elementTimes: Readonly<Record<string, string>>;
}

/** Elements whose parts are said apart. */
const PARTED = new Set(['period', 'hospitalization', 'meta']);
/** Gives way to every time. */
const HINT = '';

/** The later word on each element; where both came at one time, what is said now. */
export function together(stored: Said | undefined, said: Said): Together {
  const words = new Map<string, Word>();
  for (const one of wordsOf(stored)) words.set(one.name, one);
  const isPatient = said.resource.resourceType === 'Patient';
  for (const one of wordsOf(said)) {
    const before = words.get(one.name);
    const [later, earlier] = before && isEarlier(one, before) ? [before, one] : [one, before];
    const isNumbers = isPatient && one.name === 'identifier' && later.value !== undefined;
    const value = isNumbers ? numbersOf(earlier?.value, later.value) : later.value;
    words.set(one.name, { ...later, value });
  }
  const time = latest(stored?.time, said.time);
  const all = [...words.values()];
  return {
    resource: resourceOf(said.resource.resourceType, all),
    time,
    elementTimes: apart(all, time),
  };
}

/**
 * A message names a person by the numbers it needs: what it leaves out, the BSN not the least,
 * stays. In the order of before, so that naming fewer of them is no change.
 */
function numbersOf(earlier: unknown, later: unknown): unknown {
  if (!Array.isArray(earlier) || !Array.isArray(later)) return later;
  const said = Map.groupBy(later as Identifier[], kindOf);
  const kept = new Map(Map.groupBy(earlier as Identifier[], kindOf));
  if ([...kept.keys()].every((kind) => said.has(kind))) return later;
  for (const [kind, numbers] of said) kept.set(kind, numbers);
  return [...kept.values()].flat();
}

interface Identifier {
  readonly system?: string;
  readonly type?: { readonly coding?: readonly { readonly code?: string }[] };
}

const kindOf = ({ system, type }: Identifier): string =>
  isBsnSystem(system) ? 'bsn' : `${system ?? ''} ${type?.coding?.[0]?.code ?? ''}`;

interface Word {
  readonly name: string;
  /** Undefined: taken away. */
  readonly value: unknown;
  readonly time: string | undefined;
}

function wordsOf(said: Said | undefined): Word[] {
  if (!said) return [];
  const { resource, time, gone = [], hints = [], elementTimes = {} } = said;
  const words = new Map<string, Word>();
  const add = (name: string, value: unknown) => {
    const own = hints.includes(name) ? HINT : (elementTimes[name] ?? time);
    words.set(name, { name, value, time: own });
  };
  for (const [name, value] of Object.entries(resource)) {
    if (name === 'resourceType') continue;
    if (!PARTED.has(name) || typeof value !== 'object' || value === null) add(name, value);
    else for (const [part, inner] of Object.entries(value)) add(`${name}.${part}`, inner);
  }
  for (const name of [...gone, ...Object.keys(elementTimes)]) {
    if (!words.has(name)) add(name, undefined);
  }
  return [...words.values()];
}

const TAKEN_BACK = /^(cancelled|entered-in-error)$/;

function isEarlier(one: Word, other: Word): boolean {
  const [first, second] = [instant(one.time), instant(other.time)];
  if (first !== second) return first < second;
  const isEnd = ({ name, value }: Word) => name === 'status' && TAKEN_BACK.test(String(value));
  return isEnd(other) && !isEnd(one);
}

function instant(time: string | undefined): number {
  const at = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(at) ? Number.NEGATIVE_INFINITY : at;
}

const latest = (a: string | undefined, b: string | undefined) => (instant(a) > instant(b) ? a : b);

function resourceOf(resourceType: string, words: readonly Word[]): Resource {
  const resource: Record<string, unknown> & Resource = { resourceType };
  for (const { name, value } of words) {
    if (value === undefined) continue;
    const [whole = '', part] = name.split('.');
    if (part === undefined) resource[name] = value;
    else resource[whole] = { ...(resource[whole] as object | undefined), [part]: value };
  }
  return resource;
}

function apart(words: readonly Word[], time: string | undefined): Record<string, string> {
  return Object.fromEntries(
    words.flatMap((word) =>
      word.value !== undefined && word.time === time ? [] : [[word.name, word.time ?? HINT]],
    ),
  );
}
