/**
 * Random worlds: a patient, what several holders have of that patient, and the patient's choices.
 * Every resource carries the facts that a decision may rest on, written down by whoever made the
 * world and not worked out by the gateway.
 */
import type { Random } from '../../src/demo/region/random.ts';
import type { Member } from './installation.ts';
import { makeRules } from './random-rules.ts';

export type Json = Record<string, unknown>;

/** One resource, with its facts as the world means them. */
export interface Item {
  /** Names it in the world; two digits, so that all are equally long. */
  readonly key: string;
  readonly type: string;
  /** Name of the holder. */
  readonly holder: string;
  readonly category: 'GGC002' | 'GGC012' | 'GGC013';
  readonly labels: readonly string[];
  /** `system|code` of what it is about. */
  readonly code: string;
  /** `system|value`. */
  readonly author?: string;
  /** ISO date. */
  readonly date: string;
  /** Keys of items it refers to, by the element that does. */
  readonly refers: readonly { readonly element: string; readonly key: string }[];
  /** Holds bytes in a Binary of its own. */
  readonly binary?: true;
}

export type Side =
  | { readonly level: 'any' }
  | { readonly level: 'cat'; readonly value: string }
  | { readonly level: 'org'; readonly value: string };

export type About =
  | { readonly level: 'all' }
  | { readonly level: 'ggc' | 'type' | 'label' | 'code' | 'author'; readonly value: string }
  | { readonly level: 'dataPeriod'; readonly start?: string; readonly end?: string }
  /** Key of an item. */
  | { readonly level: 'instance'; readonly value: string };

export interface Rule {
  readonly type: 'permit' | 'deny';
  /** Names of members of the installation. */
  readonly holder: Side;
  readonly recipient: Side | { readonly level: 'person'; readonly value: string };
  readonly data: About;
  readonly purpose?: readonly ('TREAT' | 'COC' | 'ETREAT')[];
  readonly dateTime: string;
  readonly status: 'active' | 'inactive';
  readonly source: 'dhtv' | 'otv' | 'implicit';
  readonly period?: { readonly start?: string; readonly end?: string };
  readonly context?:
    | { readonly kind: 'region' | 'referral'; readonly value: string }
    /** Key of an Encounter. */
    | { readonly kind: 'episode'; readonly value: string };
  readonly absolute?: true;
}

export interface World {
  /** Eight hex digits; stands in every identifier of this world. */
  readonly code: string;
  readonly bsn: string;
  readonly birthDate: string;
  readonly items: readonly Item[];
  readonly rules: readonly Rule[];
}

const SCT = 'http://snomed.info/sct';
const LOINC = 'http://loinc.org';
const ATC = 'http://www.whocc.no/atc';
const AUTHORS = 'urn:attack:author';

/** Codes that no rule set of the gateway holds sensitive: labels are put on by the holder. */
const KINDS: readonly {
  type: string;
  category: Item['category'];
  codes: readonly string[];
  binary?: true;
}[] = [
  { type: 'Condition', category: 'GGC002', codes: [`${SCT}|38341003`, `${SCT}|195967001`] },
  { type: 'Observation', category: 'GGC002', codes: [`${LOINC}|29463-7`, `${LOINC}|8302-2`] },
  { type: 'Observation', category: 'GGC012', codes: [`${LOINC}|2345-7`, `${LOINC}|718-7`] },
  { type: 'AllergyIntolerance', category: 'GGC002', codes: [`${SCT}|91936005`] },
  { type: 'MedicationStatement', category: 'GGC013', codes: [`${ATC}|C07AB02`, `${ATC}|N02BE01`] },
  { type: 'Procedure', category: 'GGC002', codes: [`${SCT}|80146002`] },
  { type: 'Immunization', category: 'GGC002', codes: [`${SCT}|333598008`] },
  { type: 'DocumentReference', category: 'GGC002', codes: [`${LOINC}|34117-2`], binary: true },
  { type: 'DiagnosticReport', category: 'GGC012', codes: [`${LOINC}|24323-8`] },
  { type: 'Flag', category: 'GGC002', codes: [`${SCT}|390800003`] },
];

const LABELS: readonly (readonly string[])[] = [
  [],
  [],
  [],
  ['R'],
  ['R', 'PSY'],
  ['R', 'HIV'],
  ['R', 'SUD', 'PSY'],
  ['V', 'VIO'],
  ['V'],
  ['N'],
];

const ITEMS_MAX = 14;

export interface Cast {
  readonly holders: readonly Member[];
  readonly partners: readonly Member[];
  /** Who will ask: most rules are about this one, so that there is something to see. */
  readonly asker: Member;
  /** Who may be named by a rule; absent: the first two. */
  readonly people?: readonly string[];
  /** Rules of every kind, or only what the person's own pages offer. */
  readonly rules: 'all' | 'cells';
}

/** One world; the same random numbers give the same one. */
export function makeWorld(random: Random, cast: Cast, at: Date): World {
  const holders = cast.holders.filter(() => random.int(0, 1) === 0).slice(0, 3);
  if (holders.length === 0) holders.push(random.pick(cast.holders));
  const items = makeItems(random, holders);
  const rules = makeRules(random, cast, items, at);
  return {
    code: hex(random, 8),
    bsn: makeBsn(random),
    birthDate: `19${random.int(40, 99)}-0${random.int(1, 9)}-1${random.int(0, 9)}`,
    items,
    rules,
  };
}

/** A number that passes the eleven-test and starts with 9, as no number in use does. */
export function makeBsn(random: Random): string {
  for (;;) {
    const text = `9${random.int(0, 99_999_999).toString().padStart(8, '0')}`;
    const sum = [...text].reduce(
      (total, digit, at) => total + Number(digit) * (at === 8 ? -1 : 9 - at),
      0,
    );
    if (sum % 11 === 0) return text;
  }
}

export function hex(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => random.int(0, 15).toString(16)).join('');
}

function makeItems(random: Random, holders: readonly Member[]): Item[] {
  const items: Item[] = holders.map(
    (holder, index): Item => ({
      key: name(index),
      type: 'Encounter',
      holder: holder.name,
      category: 'GGC002',
      labels: random.pick(LABELS),
      code: '',
      date: dateOf(random, index),
      refers: [],
    }),
  );
  const count = random.int(2, ITEMS_MAX);
  for (let index = items.length; index < count + holders.length; index += 1) {
    const kind = random.pick(KINDS);
    const holder = random.pick(holders);
    const own = items.filter((one) => one.holder === holder.name);
    items.push({
      key: name(index),
      type: kind.type,
      holder: holder.name,
      category: kind.category,
      labels: random.pick(LABELS),
      code: random.pick(kind.codes),
      ...(random.int(0, 3) === 0 ? { author: `${AUTHORS}|dr-${random.pick(['x', 'y'])}` } : {}),
      date: dateOf(random, index),
      refers: refersTo(random, kind.type, own),
      ...(kind.binary ? { binary: true } : {}),
    });
  }
  return items;
}

const name = (index: number): string => String(index).padStart(2, '0');

/** Days that differ, so that an order by date is one order only. */
function dateOf(random: Random, index: number): string {
  const year = random.pick(['2019', '2021', '2023', '2025']);
  return `${year}-0${1 + (index % 9)}-${String(1 + index).padStart(2, '0')}`;
}

/** Elements that lead from one item to another; all are optional. */
function refersTo(random: Random, type: string, own: readonly Item[]): Item['refers'] {
  const found: { element: string; key: string }[] = [];
  const encounters = own.filter((one) => one.type === 'Encounter');
  const observations = own.filter((one) => one.type === 'Observation');
  const add = (element: string, from: readonly Item[]) => {
    if (from.length > 0 && random.int(0, 1) === 0)
      found.push({ element, key: random.pick(from).key });
  };
  if (['Condition', 'Observation', 'Procedure'].includes(type)) add('encounter', encounters);
  if (type === 'Observation') {
    add('hasMember', observations);
    add('derivedFrom', observations);
  }
  if (type === 'DiagnosticReport') {
    add('result', observations);
    add('result', observations);
  }
  if (type === 'Procedure')
    add(
      'reasonReference',
      own.filter((one) => one.type === 'Condition'),
    );
  return found.filter(
    (one, at) =>
      found.findIndex((other) => other.element === one.element && other.key === one.key) === at,
  );
}
