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
  const type = take(context, node, '@xsi:type');
  const typed = (name: string, value: unknown) =>
    value === undefined ? undefined : new Typed(name, value);
  switch (type) {
    case 'PQ':
    case 'MO':
      return typed('Quantity', quantityOf(context, node) ?? translatedQuantity(context, node));
    case 'INT':
    case 'REAL':
      return typed('Quantity', numberOf(context, node));
    case 'CD':
    case 'CE':
    case 'CV':
    case 'CS':
    case 'CO':
      return typed('CodeableConcept', conceptOf(context, node));
    case 'IVL_PQ':
      return comparedQuantity(context, node) ?? typed('Range', rangeOf(context, node));
    case 'RTO':
    case 'RTO_PQ_PQ':
      return typed('Ratio', ratioOf(context, node, { words: false }));
    case 'TS':
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
      return typed('string', textBelow(context, node));
    default:
      return undefined;
  }
}

function numberOf(context: ConvertContext, node: SourceNode) {
  const text = take(context, node, '@value');
  const value = text === undefined ? undefined : decimal(text);
  return value === undefined ? undefined : { value };
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
