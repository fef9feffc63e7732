/**
 * Find my provider (capabilities A1): people type names as they hear them. Every word of the
 * question looks for its best word among name, aliases and town: the same, the same beginning, the
 * same sound, or a slip or two of the finger; rare words count more than "huisartsenpraktijk".
 */

import { soundOf, wordsOf, writtenOn } from './organisation-words.ts';
import type { Organisation } from './organisations.ts';

export interface FoundOrganisation {
  readonly organisation: Organisation;
  /** 0 to 1: how much of the question it answers. */
  readonly score: number;
}

export const FIND_LIMITS = {
  questionLengthMax: 100,
  questionWordsMax: 8,
  foundMax: 10,
} as const;

interface Word {
  readonly text: string;
  readonly sound: string;
  /** Where it stands: a town says less than a name. */
  readonly weight: number;
}

interface Entry {
  readonly organisation: Organisation;
  readonly words: readonly Word[];
  /** First letters of each name, and each name written as one word. */
  readonly whole: ReadonlySet<string>;
}

export interface OrganisationFinder {
  /**
   * Best first; not connected ones too. Nothing that answers less than `SCORE_MIN`, unless nobody
   * answers more and it is in the town that was said.
   */
  find(question: string): FoundOrganisation[];
}

const SCORE_MIN = 0.3;
const TOWN_WEIGHT = 0.8;
/** What kind it is says least: a hospital need not have that word on its front. */
const KIND_WEIGHT = 0.6;
const KINDS: Partial<Record<Organisation['category'], string>> = {
  ZKH: 'ziekenhuis',
  APO: 'apotheek',
  LAB: 'laboratorium',
  VV: 'verpleeghuis',
  GGZ: 'ggz',
};

/** Reads the directory once; make a new one when the directory changed. */
export function createOrganisationFinder(all: readonly Organisation[]): OrganisationFinder {
  const entries = all.map(entryOf);
  const rarity = rarityOf(entries);
  return {
    find(question) {
      const asked = wordsOf(question.slice(0, FIND_LIMITS.questionLengthMax)).slice(
        0,
        FIND_LIMITS.questionWordsMax,
      );
      if (!asked.some((word) => word.length > 1)) return [];
      const all = entries.map((entry) => ({ entry, score: score(entry, asked, rarity) }));
      const answering = all.filter((one) => one.score >= SCORE_MIN);
      // Nobody has such a name: then who is in the town that was said.
      const told =
        answering.length > 0 ? answering : all.filter(({ entry }) => isInTown(entry, asked));
      return told
        .map(({ entry: { organisation }, score }) => ({ organisation, score }))
        .toSorted(
          (a, b) =>
            b.score - a.score ||
            Number(isFetchable(b.organisation)) - Number(isFetchable(a.organisation)) ||
            (a.organisation.name < b.organisation.name ? -1 : 1),
        )
        .slice(0, FIND_LIMITS.foundMax);
    },
  };
}

/** Reading the directory takes longer than asking it: the finder is kept until it changes. */
export function keepFinder(): (all: readonly Organisation[]) => OrganisationFinder {
  let known: readonly Organisation[] = [];
  let finder = createOrganisationFinder(known);
  return (all) => {
    if (all !== known) {
      known = all;
      finder = createOrganisationFinder(all);
    }
    return finder;
  };
}

/** Whether an app can fetch something there. */
export const isFetchable = ({ connection, aanbieder, services }: Organisation): boolean =>
  connection === 'connected' && aanbieder !== undefined && services.length > 0;

function entryOf(organisation: Organisation): Entry {
  const { name, aliases, town, postcode, aanbieder, category } = organisation;
  const names = [name, ...aliases];
  const word = (weight: number) => (text: string) => ({ text, sound: soundOf(text), weight });
  const words = [
    ...names.flatMap(wordsOf).map(word(1)),
    ...[town ?? '', postcode ?? ''].flatMap(wordsOf).map(word(TOWN_WEIGHT)),
    ...wordsOf(KINDS[category] ?? '').map(word(KIND_WEIGHT)),
  ];
  const whole = new Set(
    names.flatMap((one) => {
      const parts = wordsOf(one);
      return [
        parts.map((part) => part[0]).join(''),
        parts.join(''),
        parts.slice(1).join(''),
        ...writtenOn(one),
      ];
    }),
  );
  if (aanbieder !== undefined) whole.add(aanbieder);
  return { organisation, words, whole };
}

/** How much a word tells: the fewer organisations have it, the more. */
function rarityOf(entries: readonly Entry[]): (text: string) => number {
  const counts = new Map<string, number>();
  for (const { words } of entries) {
    for (const text of new Set(words.map((word) => word.text))) {
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
  }
  const most = Math.log(entries.length + 1);
  return (text) => (0.15 + 1 - Math.log(1 + (counts.get(text) ?? 0)) / most) ** 2;
}

const isInTown = ({ organisation }: Entry, asked: readonly string[]): boolean => {
  const town = wordsOf(organisation.town ?? '');
  return town.length > 0 && town.every((word) => asked.includes(word));
};

function score(entry: Entry, asked: readonly string[], rarity: (text: string) => number): number {
  const joined = asked.join('');
  if (joined.length > 3 && entry.whole.has(joined)) return 1;
  let told = 0;
  let possible = 0;
  const met = new Set<Word>();
  for (const text of asked) {
    const { word, fit } = best(entry, text);
    const weight = rarity(word && fit > 0.5 ? word.text : text);
    possible += weight;
    told += weight * fit;
    if (word && fit > 0.5) met.add(word);
  }
  // Of two that answer alike, the one whose own name is spoken of most completely.
  const named = entry.words.filter((word) => word.weight === 1);
  const spoken = named.filter((word) => met.has(word)).length / Math.max(1, named.length);
  return (told / possible) * 0.97 + spoken * 0.03;
}

function best(entry: Entry, text: string): { word?: Word; fit: number } {
  let found: { word?: Word; fit: number } = {
    // Two letters may be anybody's initials.
    fit: text.length > 1 && entry.whole.has(text) ? (text.length > 2 ? 0.9 : 0.7) : 0,
  };
  const sound = soundOf(text);
  for (const word of entry.words) {
    const fit = word.weight * fitOf(text, sound, word);
    if (fit > found.fit) found = { word, fit };
  }
  return found;
}

const FIT = {
  same: 1,
  beginning: 0.9,
  sound: 0.88,
  slip: 0.8,
  slips: 0.65,
  part: 0.6,
  initial: 0.4,
};

function fitOf(text: string, sound: string, word: Word): number {
  if (word.text === text) return FIT.same;
  if (text.length === 1) return word.text.startsWith(text) ? FIT.initial : 0;
  if (text.length >= 3 && word.text.startsWith(text)) return FIT.beginning;
  if (word.text.length >= 4 && text.startsWith(word.text)) return FIT.slip;
  if (sound.length > 1 && word.sound === sound) return FIT.sound;
  const slips = Math.min(slipsBetween(text, word.text), slipsBetween(sound, word.sound));
  if (slips === 1 && text.length >= 4) return FIT.slip;
  if (slips === 2 && text.length >= 6) return FIT.slips;
  if (text.length >= 4 && word.text.includes(text)) return FIT.part;
  return text.length >= 5 && slipsBetween(text, word.text.slice(0, text.length)) === 1
    ? FIT.part
    : 0;
}

const SLIPS_MAX = 2;

/** Letters left out, put in, changed or swapped (Damerau-Levenshtein); above two it is no slip. */
function slipsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > SLIPS_MAX) return SLIPS_MAX + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_one, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let slips = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) slips = Math.min(slips, (before[j - 2] ?? 0) + 1);
      row.push(slips);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? SLIPS_MAX + 1;
}
