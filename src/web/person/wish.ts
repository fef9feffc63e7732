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

export type Wish =
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
  | { readonly kind: 'lock' | 'unlock' }
  | { readonly kind: 'withdraw'; readonly id: string };

export type FineData = Extract<
  NewRule['data'],
  { readonly level: 'instance' | 'label' | 'dataPeriod' | 'type' }
>;

/** Version of the words below; a change of words is a new version. */
export const TEXT_VERSION = 'delen-2026-11';

export const TEXT = {
  effect: {
    nl: 'Uw keuze geldt meteen. U kunt haar altijd weer veranderen of intrekken. Wat een zorgverlener al heeft overgenomen in het eigen dossier, blijft daar staan.',
    en: 'Your choice counts at once. You can always change or withdraw it again. What a care provider already copied into its own record stays there.',
  },
  emergency: {
    nl: 'Zonder keuze van u mag een arts bij spoed kijken als dat nodig is. Dat ziet u daarna bij "Wie keek".',
    en: 'Without a choice of yours a doctor may look in an emergency if that is needed. You will see that under "Who looked".',
  },
} as const satisfies Record<string, Text>;

/** @throws Problem `invalid` for a form that no page of ours has. */
export function readWish(body: unknown, organisations: ReadonlyMap<string, string>): Wish {
  const kind = field(body, 'wens');
  if (kind === 'lock' || kind === 'unlock') return { kind };
  if (kind === 'withdraw') return { kind, id: field(body, 'id') ?? '' };
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

/** The form fields that say the same again. */
export function fieldsOf(wish: Wish): readonly (readonly [string, string])[] {
  if (wish.kind === 'withdraw')
    return [
      ['wens', wish.kind],
      ['id', wish.id],
    ];
  if (wish.kind === 'fine') return fineFields(wish);
  if (wish.kind !== 'cell') return [['wens', wish.kind]];
  const { kind, holder, data, recipient, choice, until } = wish;
  return [
    ['wens', kind],
    ['van', holder],
    ['gegevens', data],
    ['aan', recipient],
    ['keuze', choice],
    ...(until === undefined ? [] : ([['tot', until]] as const)),
  ];
}

function fineFields({
  holder,
  recipient,
  choice,
  about,
  until,
}: Extract<Wish, { kind: 'fine' }>): readonly (readonly [string, string])[] {
  const data: (readonly [string, string])[] =
    about.level === 'instance'
      ? [['onderdeel', about.value]]
      : about.level === 'dataPeriod'
        ? [
            ['gegevensVan', about.start ?? ''],
            ['gegevensTot', about.end ?? ''],
          ]
        : [['onderwerp', about.value]];
  return [
    ['wens', 'fine'],
    ['van', holder],
    ['aan', recipient],
    ['keuze', choice],
    ...data,
    ...(until === undefined ? [] : ([['tot', until]] as const)),
  ];
}

/** What saving the wish would change; nothing when it stands already. */
export function changesOf(wish: Wish, choices: Choices): readonly ChoiceChange[] {
  const rules = choices.choices.map(({ rule }) => rule);
  const matrix = matrixOf(rules);
  switch (wish.kind) {
    case 'cell': {
      const { holder, data, recipient, choice, until } = wish;
      const end = startOfDay(until, 1)?.toISOString();
      const cell = { holder, data, recipient, choice };
      return changesForCell(matrix, end === undefined ? cell : { ...cell, until: end });
    }
    case 'fine':
      return changesForPart(rules, { ...wish, data: wish.about }, startOfDay(wish.until, 1));
    case 'lock':
      return matrix.locked ? [] : [{ kind: 'put', rule: LOCK }];
    case 'unlock':
      return rules
        .filter(({ absolute, status }) => absolute === true && status === 'active')
        .map(({ id }) => ({ kind: 'withdraw', id }));
    case 'withdraw':
      return rules.some(({ id, status }) => id === wish.id && status === 'active')
        ? [{ kind: 'withdraw', id: wish.id }]
        : [];
  }
}

/** The wish as the sentence that the person confirms. */
export function wishText(wish: Wish, choices: Choices, names: ReadonlyMap<string, string>): Text {
  switch (wish.kind) {
    case 'fine':
      return ruleText(partRule({ ...wish, data: wish.about }), names);
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

/** sha256 (hex) of the words that were shown with the button. */
export function textDigest(sentence: string, language: 'nl' | 'en'): string {
  const words = [TEXT_VERSION, sentence, TEXT.effect[language], TEXT.emergency[language]];
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
