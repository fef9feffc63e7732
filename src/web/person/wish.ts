/** What a person asks for on the sharing page: read from the form, and turned into changes. */
import { createHash } from 'node:crypto';
import {
  type CellChoice,
  type ChoiceChange,
  type Choices,
  changesForCell,
  changesForPart,
  LOCK,
  matrixOf,
  type NewRule,
  partRule,
  type Side,
} from '../../consent/index.ts';
import type { DataCategory } from '../../permission/index.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { startOfDay } from '../moment-text.ts';
import { CATEGORIES, choiceText, DATA, ruleText, sideText, TOPICS } from '../plain-words.ts';
import { field } from '../portal.ts';
import {
  changesForPurpose,
  PURPOSE_EFFECT,
  type PurposeWish,
  purposeWishText,
  readPurposeWish,
} from './secondary-use.ts';

export type Wish =
  | PurposeWish
  | {
      readonly kind: 'cell';
      readonly holder: Side;
      readonly data: DataCategory;
      readonly recipient: Side;
      readonly choice: CellChoice;
      /** Last day on which it counts, `YYYY-MM-DD`. */
      readonly until?: string;
    }
  | {
      /** Finer than a cell: one item, one topic, one stretch of time. */
      readonly kind: 'fine';
      readonly holder: Side;
      readonly recipient: Side;
      readonly choice: 'permit' | 'deny';
      readonly about: FineData;
      readonly until?: string;
    }
  | {
      /** One professional may see nothing any more; the line of the log says who. */
      readonly kind: 'person';
      readonly seq: number;
      readonly person: string;
    }
  | { readonly kind: 'lock' | 'unlock' }
  | { readonly kind: 'withdraw' | 'agree'; readonly id: string };

export type FineData =
  | Extract<NewRule['data'], { readonly level: 'instance' | 'label' | 'dataPeriod' | 'type' }>
  /** All that belongs to a visit, the visit itself among it: `Encounter/id`. */
  | { readonly level: 'visit'; readonly value: string };

const partOf = ({ about, ...wish }: Extract<Wish, { kind: 'fine' }>) => ({
  ...wish,
  ...(about.level === 'visit'
    ? { data: { level: 'all' as const }, visit: about.value }
    : { data: about }),
});

/** Version of the words below; a change of words is a new version. */
export const TEXT_VERSION = 'delen-2026-11c';

export const TEXT = {
  effect: {
    nl: 'Uw keuze geldt meteen. U kunt haar altijd weer veranderen of intrekken. Wat een zorgverlener al heeft overgenomen in het eigen dossier, blijft daar staan.',
    en: 'Your choice counts at once. You can always change or withdraw it again. What a care provider already copied into its own record stays there.',
  },
  proposal: {
    nl: 'Uw voorstel geldt nog niet. Het geldt pas als de ander inlogt en ook ja zegt. U kunt het altijd weer intrekken.',
    en: 'Your proposal does not count yet. It counts only when the other logs in and says yes as well. You can always withdraw it.',
  },
  emergency: {
    nl: 'Zonder keuze van u mag een arts bij spoed kijken als dat nodig is. Dat ziet u daarna bij "Wie keek".',
    en: 'Without a choice of yours a doctor may look in an emergency if that is needed. You will see that under "Who looked".',
  },
} as const satisfies Record<string, Text>;

/**
 * @param line who a line of the person's own log was about, when the form names one.
 * @throws Problem `invalid` for a form that no page of ours has.
 */
export function readWish(
  body: unknown,
  organisations: ReadonlyMap<string, string>,
  line?: { readonly seq: number; readonly person: string },
): Wish {
  const kind = field(body, 'wens');
  if (kind === 'person' && line) return { kind, ...line };
  if (kind === 'lock' || kind === 'unlock') return { kind };
  if (kind === 'withdraw' || kind === 'agree') return { kind, id: field(body, 'id') ?? '' };
  if (kind === 'purpose') return readPurposeWish(body, organisations);
  if (kind === 'fine') return readFine(body, organisations);
  const data = field(body, 'gegevens') ?? '';
  const choice = field(body, 'keuze');
  if (kind !== 'cell' || !isData(data) || !isChoice(choice)) throw wrong();
  const until = field(body, 'tot');
  if (until !== undefined && !startOfDay(until)) throw wrong();
  return {
    kind,
    holder: sideOf(field(body, 'van'), organisations),
    recipient: sideOf(field(body, 'aan'), organisations),
    data,
    choice,
    ...(until === undefined ? {} : { until }),
  };
}

function readFine(body: unknown, organisations: ReadonlyMap<string, string>): Wish {
  const choice = field(body, 'keuze');
  const until = field(body, 'tot');
  if ((choice !== 'permit' && choice !== 'deny') || (until !== undefined && !startOfDay(until))) {
    throw wrong();
  }
  return {
    kind: 'fine',
    holder: sideOf(field(body, 'van'), organisations),
    recipient: sideOf(field(body, 'aan'), organisations),
    choice,
    about: readAbout(body),
    ...(until === undefined ? {} : { until }),
  };
}

const ITEM = /^[A-Z][A-Za-z]{1,40}\/[A-Za-z0-9\-.]{1,64}$/;

function readAbout(body: unknown): FineData {
  const item = field(body, 'onderdeel');
  if (item !== undefined && ITEM.test(item)) return { level: 'instance', value: item };
  const visit = field(body, 'bezoek');
  if (visit?.startsWith('Encounter/') && ITEM.test(visit)) return { level: 'visit', value: visit };
  const topic = field(body, 'onderwerp');
  if (topic !== undefined && Object.hasOwn(TOPICS, topic)) return { level: 'label', value: topic };
  const start = field(body, 'gegevensVan');
  const end = field(body, 'gegevensTot');
  const isDay = (day: string | undefined) => day === undefined || startOfDay(day) !== undefined;
  if (
    (start ?? end) === undefined ||
    !isDay(start) ||
    !isDay(end) ||
    (start ?? '') > (end ?? '9')
  ) {
    throw wrong();
  }
  return { level: 'dataPeriod', ...(start ? { start } : {}), ...(end ? { end } : {}) };
}

/** What saving the wish would change; nothing when it stands already. */
export function changesOf(wish: Wish, choices: Choices): readonly ChoiceChange[] {
  const rules = choices.choices.map(({ rule }) => rule);
  const matrix = matrixOf(rules);
  switch (wish.kind) {
    case 'purpose':
      return changesForPurpose(wish, choices);
    case 'cell': {
      const { holder, data, recipient, choice, until } = wish;
      const end = startOfDay(until, 1)?.toISOString();
      const cell = { holder, data, recipient, choice };
      return changesForCell(matrix, end === undefined ? cell : { ...cell, until: end });
    }
    case 'fine':
      return changesForPart(rules, partOf(wish), startOfDay(wish.until, 1));
    case 'person': {
      const rule = personRule(wish.person);
      const stands = rules.some(
        (one) =>
          one.status === 'active' &&
          one.type === 'deny' &&
          JSON.stringify(one.recipient) === JSON.stringify(rule.recipient),
      );
      return stands ? [] : [{ kind: 'put', rule }];
    }
    case 'lock':
      return matrix.locked ? [] : [{ kind: 'put', rule: LOCK }];
    case 'unlock':
      return rules
        .filter(({ absolute, status }) => absolute === true && status === 'active')
        .map(({ id }) => ({ kind: 'withdraw', id }));
    case 'agree':
      return rules.some(({ id, status }) => id === wish.id && status === 'proposed')
        ? [{ kind: 'agree', id: wish.id }]
        : [];
    case 'withdraw':
      return rules.some(
        ({ id, status }) => id === wish.id && (status === 'active' || status === 'proposed'),
      )
        ? [{ kind: 'withdraw', id: wish.id }]
        : [];
  }
}

const personRule = (person: string): NewRule => ({
  type: 'deny',
  holder: { level: 'any' },
  recipient: { level: 'person', value: person },
  data: { level: 'all' },
});

/** The wish as the sentence that the person confirms. */
export function wishText(wish: Wish, choices: Choices, names: ReadonlyMap<string, string>): Text {
  switch (wish.kind) {
    case 'purpose':
      return purposeWishText(wish, names);
    case 'fine':
      return ruleText(partRule(partOf(wish)), names);
    case 'person':
      return ruleText(personRule(wish.person), names);
    case 'lock':
      return {
        nl: 'Alles gaat op slot. Niemand anders dan u mag uw gegevens zien, ook niet bij spoed. Dat kan gevaarlijk zijn als u niet kunt praten.',
        en: 'Everything is locked. Nobody but you may see your data, in an emergency neither. That can be dangerous when you cannot speak.',
      };
    case 'unlock':
      return {
        nl: 'Het slot gaat eraf. Uw andere keuzes gelden weer.',
        en: 'The lock is taken off. Your other choices count again.',
      };
    case 'agree': {
      const found = choices.choices.find((choice) => choice.rule.id === wish.id)?.rule;
      return found ? ruleText(found, names) : { nl: '–', en: '–' };
    }
    case 'withdraw': {
      const rule = choices.choices.find((choice) => choice.rule.id === wish.id)?.rule;
      return withdrawn(rule ? ruleText(rule, names) : { nl: '–', en: '–' });
    }
    case 'cell': {
      const { holder, data, recipient, choice } = wish;
      const words = {
        recipient: sideText(recipient, names),
        holder: sideText(holder, names),
        data: DATA[data],
      };
      const one = recipient.startsWith('org:');
      if (choice === 'nothing') {
        const standing = matrixOf(choices.choices.map(({ rule }) => rule)).cells.find(
          (cell) => cell.holder === holder && cell.data === data && cell.recipient === recipient,
        );
        const type = standing?.choice === 'deny' ? 'deny' : 'permit';
        return withdrawn(choiceText({ type, ...words }, one));
      }
      return choiceText({ type: choice, ...words }, one);
    }
  }
}

function withdrawn(text: Text): Text {
  return {
    nl: `Deze keuze vervalt: ${text.nl}.`,
    en: `This choice ends: ${text.en}.`,
  };
}

/**
 * What is said below a wish before it is saved; of a proposal first that it waits.
 * @param choices that stand: under a lock no doctor looks in an emergency.
 */
export function textsWith(wish: Wish, isProposal: boolean, choices: Choices): readonly Text[] {
  const waits = isProposal ? [TEXT.proposal] : [];
  if (wish.kind === 'purpose') return [...waits, PURPOSE_EFFECT[wish.use]];
  const { locked } = matrixOf(choices.choices.map(({ rule }) => rule));
  const isShut = wish.kind === 'lock' || (locked && wish.kind !== 'unlock');
  return [...(isProposal ? waits : [TEXT.effect]), ...(isShut ? [] : [TEXT.emergency])];
}

/** sha256 (hex) of the words that were shown with the button. */
export function textDigest(
  sentence: string,
  language: 'nl' | 'en',
  texts: readonly Text[],
): string {
  const words = [TEXT_VERSION, sentence, ...texts.map((text) => text[language])];
  return createHash('sha256').update(words.join('\n')).digest('hex');
}

function sideOf(text: string | undefined, organisations: ReadonlyMap<string, string>): Side {
  if (text === 'any') return 'any';
  const value = text?.slice(4) ?? '';
  if (text?.startsWith('cat:') && Object.hasOwn(CATEGORIES, value)) return text as Side;
  if (text?.startsWith('org:') && organisations.has(value)) return text as Side;
  throw wrong();
}

const isData = (text: string): text is DataCategory => Object.hasOwn(DATA, text);

const isChoice = (text: string | undefined): text is CellChoice =>
  text === 'permit' || text === 'deny' || text === 'nothing';

const wrong = (): Problem =>
  new Problem('invalid', 'The form holds a value that it does not offer.');
