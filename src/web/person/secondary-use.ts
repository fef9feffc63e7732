/**
 * What a person says about use beside the own care: research by a study or by any, and being
 * counted in figures. A choice of its own; treatment says nothing about it (consent.md 12).
 */
import type { CellChoice, ChoiceChange, Choices, NewRule, Side } from '../../consent/index.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { ruleText } from '../plain-words.ts';
import { field } from '../portal.ts';

/** The page about it, as others link to it. */
export const SECONDARY_USE: { readonly href: string; readonly title: Text; readonly text: Text } = {
  href: '/mij/delen/onderzoek',
  title: { nl: 'Onderzoek en cijfers', en: 'Research and figures' },
  text: {
    nl: 'Uw gegevens helpen bij onderzoek en bij cijfers over de zorg, als u dat goed vindt. Zonder uw ja gebeurt er niets.',
    en: 'Your data help research and figures about care, if you agree. Without your yes nothing happens.',
  },
};

export type SecondaryUse = 'onderzoek' | 'cijfers';

export interface PurposeWish {
  readonly kind: 'purpose';
  readonly use: SecondaryUse;
  /** A study, all researchers, or for figures everybody. */
  readonly recipient: Side;
  readonly choice: CellChoice;
}

const PURPOSES: Readonly<Record<SecondaryUse, NonNullable<NewRule['purpose']>>> = {
  onderzoek: ['HRESCH'],
  cijfers: ['HOPERAT', 'PUBHLTH'],
};

/** What saving does, said before it is saved. */
export const PURPOSE_EFFECT: Readonly<Record<SecondaryUse, Text>> = {
  onderzoek: {
    nl: 'Uw keuze geldt meteen. U kunt haar altijd weer veranderen of intrekken. Dan doet u niet meer mee vanaf de volgende keer, en hoort het onderzoek dat uw code eruit moet. Wat al is gepubliceerd, blijft staan. Voor uw behandeling verandert er niets.',
    en: 'Your choice counts at once. You can always change or withdraw it again. Then you no longer take part from the next time on, and the study hears that your code has to go. What was already published stays. For your treatment nothing changes.',
  },
  cijfers: {
    nl: 'Uw keuze geldt vanaf de telling van morgen. U kunt haar altijd weer veranderen of intrekken. Voor uw behandeling verandert er niets.',
    en: 'Your choice counts from the count of tomorrow on. You can always change or withdraw it again. For your treatment nothing changes.',
  },
};

/** @throws Problem `invalid` for a form that the page has not. */
export function readPurposeWish(
  body: unknown,
  organisations: ReadonlyMap<string, string>,
): PurposeWish {
  const use = field(body, 'doel');
  const recipient = field(body, 'aan') ?? '';
  const choice = field(body, 'keuze');
  const isStudy =
    recipient === 'cat:RES' ||
    (recipient.startsWith('org:') && organisations.has(recipient.slice(4)));
  const isAsked = (use === 'onderzoek' && isStudy) || (use === 'cijfers' && recipient === 'any');
  if (!isAsked || (choice !== 'permit' && choice !== 'deny' && choice !== 'nothing')) {
    throw new Problem('invalid', 'The form holds a value that it does not offer.');
  }
  return { kind: 'purpose', use, recipient: recipient as Side, choice };
}

/** What stands about this use for this recipient. */
export function standingFor(
  choices: Choices,
  { use, recipient }: Pick<PurposeWish, 'use' | 'recipient'>,
): Choices['choices'][number]['rule'][] {
  const scope = scopeOf(ruleOf({ kind: 'purpose', use, recipient, choice: 'permit' }));
  return choices.choices.flatMap(({ rule }) =>
    rule.status === 'active' && rule.source === 'dhtv' && scopeOf(rule) === scope ? [rule] : [],
  );
}

/** The changes that make the choices say this; none when they do. */
export function changesForPurpose(wish: PurposeWish, choices: Choices): readonly ChoiceChange[] {
  const standing = standingFor(choices, wish);
  const [first, ...others] = standing;
  const ended = others.map(({ id }): ChoiceChange => ({ kind: 'withdraw', id }));
  if (wish.choice === 'nothing') {
    return first === undefined ? [] : [{ kind: 'withdraw', id: first.id }, ...ended];
  }
  if (first?.type === wish.choice && !first.period && others.length === 0) return [];
  return [{ kind: 'put', rule: ruleOf(wish), ...(first ? { id: first.id } : {}) }, ...ended];
}

/** The wish as the sentence that is confirmed. */
export function purposeWishText(wish: PurposeWish, names: ReadonlyMap<string, string>): Text {
  const { choice } = wish;
  if (choice !== 'nothing') return ruleText(ruleOf(wish), names);
  const said = ruleText(ruleOf({ ...wish, choice: 'permit' }), names);
  return {
    nl: `Uw keuze hierover vervalt: ${said.nl}.`,
    en: `Your choice about this ends: ${said.en}.`,
  };
}

function ruleOf({ use, recipient, choice }: PurposeWish): NewRule {
  const [level, value = ''] = recipient.split(':');
  return {
    type: choice === 'deny' ? 'deny' : 'permit',
    holder: { level: 'any' },
    recipient:
      level === 'org'
        ? { level: 'org', value }
        : level === 'cat'
          ? { level: 'cat', value: 'RES' }
          : { level: 'any' },
    data: { level: 'all' },
    purpose: PURPOSES[use],
  };
}

const scopeOf = ({ holder, recipient, data, purpose, context }: NewRule): string =>
  JSON.stringify([holder, recipient, data, (purpose ?? []).toSorted(), context ?? null]);
