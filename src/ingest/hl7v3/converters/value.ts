/** `value` of an observation, which says its own type in xsi:type (source-formats 2.5, 7.2). */
import { type ConvertContext, type Converter, take } from '../../mapping/converter.ts';
import { decimal } from '../../mapping/decimal.ts';
import type { SourceNode } from '../../mapping/source-node.ts';
import { Typed } from '../../mapping/target.ts';
import { conceptOf } from './coded.ts';
import { quantityOf, rangeOf, ratioOf, translatedQuantity } from './quantity.ts';
import { textBelow } from './text.ts';
import { periodOf, timeOf } from './times.ts';

/** Undefined when there is no value or its type is not known here: then it counts as unread. */
function observedValue(context: ConvertContext, node: SourceNode): Typed | undefined {
  const type = take(context, node, '@xsi:type') ?? impliedType(node);
  const typed = (name: string, value: unknown) =>
    value === undefined ? undefined : new Typed(name, value);
  switch (type) {
    case 'PQ':
    case 'INT':
    case 'REAL':
      return measured(context, node);
    case 'MO':
      return typed('Quantity', amountOfMoney(context, node));
    case 'CD':
    case 'CE':
    case 'CV':
    case 'CS':
    case 'CO':
      return typed('CodeableConcept', conceptOf(context, node));
    case 'IVL_PQ':
    case 'IVL_INT':
    case 'IVL_REAL':
      return interval(context, node);
    case 'RTO':
    case 'RTO_PQ_PQ':
      return typed('Ratio', ratioOf(context, node, { words: false }));
    case 'TS':
    case 'SXCM_TS':
      return typed('dateTime', timeOf(context, node));
    case 'IVL_TS':
      if (node.children.some((one) => one.name === '@value')) {
        return typed('dateTime', timeOf(context, node));
      }
      return typed('Period', periodOf(context, node));
    case 'BL':
      return typed('boolean', { true: true, false: false }[take(context, node, '@value') ?? '']);
    case 'ST':
    case 'ED':
    case 'SC':
      if (textOf(node, '@representation') === 'B64') return unread(context, node);
      return typed('string', textBelow(context, node));
    default:
      return unread(context, node);
  }
}

const textOf = (node: SourceNode, name: string): string | undefined =>
  node.children.find((child) => child.name === name)?.value;

/** An integrator should hear of a value that is not told. */
function unread(context: ConvertContext, node: SourceNode): undefined {
  if (textOf(node, '@nullFlavor') !== undefined) return undefined;
  context.reject(node, 'value-type', 'A value of this type is not read here.');
  return undefined;
}

/** A sender that leaves the type out shows it by what there is: a number, a code or words. */
function impliedType(node: SourceNode): string | undefined {
  const value = textOf(node, '@value');
  if (value !== undefined) return decimal(value) === undefined ? undefined : 'PQ';
  if (textOf(node, '@code') !== undefined) return 'CD';
  return node.value === undefined ? undefined : 'ST';
}

/**
 * A number with its unit. A sign before it is the comparator; what is no number, as "zie onder", is
 * told in the sender's words, with the unit behind it (source-formats 2.5).
 */
function measured(context: ConvertContext, node: SourceNode): Typed | undefined {
  const raw = textOf(node, '@value')?.trim();
  if (raw === undefined || decimal(raw) !== undefined) {
    const quantity = quantityOf(context, node) ?? translatedQuantity(context, node);
    return quantity && new Typed('Quantity', quantity);
  }
  const [, comparator, number = ''] = /^([<>]=?)(.*)$/.exec(raw) ?? [];
  const value = decimal(number.trim());
  if (comparator === undefined || value === undefined) {
    const words = [take(context, node, '@value')?.trim(), take(context, node, '@unit')];
    return raw === '' ? undefined : new Typed('string', words.filter(Boolean).join(' '));
  }
  take(context, node, '@value');
  const bare = { ...node, children: node.children.map((one) => withValue(one, number.trim())) };
  const { value: _same, extension, ...rest } = quantityOf(context, bare) ?? {};
  return new Typed('Quantity', { ...(extension ? { extension } : {}), value, comparator, ...rest });
}

const withValue = (leaf: SourceNode, value: string): SourceNode =>
  leaf.name === '@value' ? { ...leaf, value } : leaf;

/** An amount of money, with its currency as ISO 4217 writes it. */
function amountOfMoney(context: ConvertContext, node: SourceNode) {
  const quantity = quantityOf(context, node) ?? translatedQuantity(context, node);
  const currency = take(context, node, '@currency')?.trim();
  if (quantity === undefined || currency === undefined) return quantity;
  return { ...quantity, unit: currency, system: 'urn:iso:std:iso:4217', code: currency };
}

/** From low to high, or the one in the middle; a width beside one side alone says too little. */
function interval(context: ConvertContext, node: SourceNode): Typed | undefined {
  const side = (name: string) => node.children.find((child) => child.name === name);
  const [low, high, center] = ['low', 'high', 'center'].map(side);
  if (side('width') && !(low && high)) return unread(context, node);
  const middle = !low && !high && center ? quantityOf(context, center) : undefined;
  if (middle !== undefined) return new Typed('Quantity', middle);
  const compared = comparedQuantity(context, node);
  const range = compared === undefined ? rangeOf(context, node) : undefined;
  return compared ?? (range ? new Typed('Range', range) : unread(context, node));
}

/** One open side is a comparator: only a low is "from", only a high is "up to". */
function comparedQuantity(context: ConvertContext, node: SourceNode): Typed | undefined {
  const side = (name: string) => node.children.find((child) => child.name === name);
  const [low, high] = [side('low'), side('high')];
  const only = low === undefined ? high : high === undefined ? low : undefined;
  if (only === undefined) return undefined;
  const quantity = quantityOf(context, only);
  if (quantity === undefined) return undefined;
  const open = take(context, only, '@inclusive') === 'false';
  const comparator = only === low ? (open ? '>' : '>=') : open ? '<' : '<=';
  const { value, extension, ...rest } = quantity;
  return new Typed('Quantity', {
    ...(extension === undefined ? {} : { extension }),
    value,
    comparator,
    ...rest,
  });
}

/** A value that is coded, or else only words. */
function observedConcept(context: ConvertContext, node: SourceNode) {
  take(context, node, '@xsi:type');
  const concept = conceptOf({ ...context, options: { nullFlavor: 'coding' } }, node);
  if (concept !== undefined) return concept;
  const text = textBelow(context, node);
  return text === undefined ? undefined : { text };
}

export const valueConverters = {
  'observed-concept': {
    type: 'CodeableConcept',
    convert: (node, context) => observedConcept(context, node),
  },
  value: { type: 'string', convert: (node, context) => observedValue(context, node) },
} satisfies Record<string, Converter>;
