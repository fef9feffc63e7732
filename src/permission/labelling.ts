/**
 * The rule set that labels what comes in: a code in a value set of a topic gives that topic. It
 * only ever adds; what a person or the holder labelled stays. consent.md 8.1; the value sets are
 * data.
 */
import type { Coded } from './codings.ts';
import { readRuleBook } from './rule-book.ts';

interface SensitiveCodes {
  readonly systems: Readonly<Record<string, readonly string[]>>;
  readonly topics: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** Organisation types whose whole record carries a topic. */
  readonly custodianTypes: Readonly<Record<string, readonly string[]>>;
}

interface CodeIndex {
  readonly exact: ReadonlyMap<string, readonly string[]>;
  /** By system: beginnings of codes, so that B20* covers B20.0. */
  readonly beginnings: ReadonlyMap<string, readonly (readonly [string, string])[]>;
  readonly custodianTypes: SensitiveCodes['custodianTypes'];
}

let index: CodeIndex | undefined;

/**
 * Topics (PSY, SUD, HIV …) that the codes of a resource and the kind of its holder give it.
 * @param custodianType national organisation type of the holder, where it is known.
 */
export function topicsOf(codings: readonly Coded[], custodianType?: string): string[] {
  const { exact, beginnings, custodianTypes } = codeIndex();
  const topics = new Set<string>();
  for (const { system, code } of codings) {
    for (const topic of exact.get(`${system}|${code}`) ?? []) topics.add(topic);
    for (const [beginning, topic] of beginnings.get(system) ?? []) {
      if (code.toUpperCase().startsWith(beginning)) topics.add(topic);
    }
  }
  if (custodianType !== undefined && Object.hasOwn(custodianTypes, custodianType)) {
    for (const topic of custodianTypes[custodianType] ?? []) topics.add(topic);
  }
  return [...topics].toSorted();
}

function codeIndex(): CodeIndex {
  index ??= readIndex();
  return index;
}

function readIndex(): CodeIndex {
  const book = readRuleBook<SensitiveCodes>('sensitive-codes');
  const exact = new Map<string, string[]>();
  const beginnings = new Map<string, [string, string][]>();
  for (const [topic, sets] of Object.entries(book.topics)) {
    for (const [group, codes] of Object.entries(sets)) {
      for (const system of book.systems[group] ?? []) {
        for (const code of codes) addCode(exact, beginnings, system, code, topic);
      }
    }
  }
  return { exact, beginnings, custodianTypes: book.custodianTypes };
}

function addCode(
  exact: Map<string, string[]>,
  beginnings: Map<string, [string, string][]>,
  system: string,
  code: string,
  topic: string,
): void {
  if (code.endsWith('*')) {
    const list = beginnings.get(system) ?? [];
    list.push([code.slice(0, -1), topic]);
    beginnings.set(system, list);
    return;
  }
  const key = `${system}|${code}`;
  exact.set(key, [...(exact.get(key) ?? []), topic]);
}
