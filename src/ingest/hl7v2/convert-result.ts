/** What OBX holds: the value by its type, its limits and its flags (source-formats.md 3.5). */
import type { Coding } from '../../conformance/index.ts';
import { type ConvertContext, type Converter, take } from '../mapping/converter.ts';
import { hl7Time } from '../mapping/date-time.ts';
import { decimal } from '../mapping/decimal.ts';
import { limitsOf, quantityOf, unitOf } from '../mapping/quantity.ts';
import {
  childrenNamed,
  EXPLICITLY_EMPTY,
  type SourceNode,
  saysSomething,
  textNode,
} from '../mapping/source-node.ts';
import { choiceName, Typed } from '../mapping/target.ts';
import { cwe, rowOf } from './convert-code.ts';
import { localSystem } from './convert-identifier.ts';
import { unitAt } from './convert-unit.ts';
import { allText, dtm } from './convert-value.ts';

/** The text of an argument; the empty sign is none. */
function sentAt({ args }: ConvertContext, name: string): string | undefined {
  const text = textNode(args[name])?.value;
  return text === EXPLICITLY_EMPTY ? undefined : text;
}

/**
 * OBX-5 by OBX-2. A number in ST becomes a Quantity when a unit says that it is one; what is no
 * number stays text: `zie onder` is a result, not an error.
 */
export const obxValue: Converter = {
  type: 'string',
  convert(node, context) {
    const type = sentAt(context, 'type') ?? '';
    switch (type) {
      case 'NM':
        return numeric(node, context) ?? unlikeItsType(node, context);
      case 'SN':
        return structuredNumber(node, context) ?? unlikeItsType(node, context);
      case 'NR':
        return numberRange(node, context) ?? unlikeItsType(node, context);
      case 'CE':
      case 'CWE':
      case 'CNE':
      case 'CF':
      case 'IS':
      case 'ID':
        return coded(node, context);
      case 'DT':
      case 'TS':
      case 'DTM':
        return typedTime(node, context);
      case 'TM':
        return timeOfDay(node, context) ?? unlikeItsType(node, context);
      case 'ED':
      case 'RP':
        return undefined;
      case 'CQ':
        return ownUnit(node, context) ?? unlikeItsType(node, context);
      default: {
        const { unit } = context.args;
        const mayCount = unit !== undefined && saysSomething(unit) && MAY_COUNT.has(type);
        return (mayCount ? numeric(node, context) : undefined) ?? plain(node, context);
      }
    }
  },
};

/**
 * Types of text that a number with a unit may stand in. The first part of any other type is no
 * amount: a telephone number, the number of a doctor, the first day of a period.
 */
const MAY_COUNT = new Set(['', 'ST', 'TX', 'FT', 'SI', 'MO']);

/** Of these every repetition is a value of its own; texts are broken over repetitions. */
const SEPARATE = new Set([
  'NM',
  'SN',
  'NR',
  'CE',
  'CWE',
  'CNE',
  'CF',
  'IS',
  'ID',
  'DT',
  'TS',
  'DTM',
]);

/**
 * The second and further repetitions of OBX-5, each as a component with the code of the result
 * (`with: code`): an Observation has room for one value.
 */
export const furtherValues: Converter = {
  type: 'BackboneElement',
  convert(_node, context) {
    const { code } = context.args;
    const type = sentAt(context, 'type') ?? '';
    const isText = MAY_COUNT.has(type);
    if (code === undefined || !(isText || SEPARATE.has(type))) return undefined;
    const [first, ...further] = context.all('all');
    const told = first && obxValue.convert(first, { ...context, all: () => [first], use() {} });
    // What was no number after all is one text of all repetitions.
    const isString = told instanceof Typed && told.type === 'string';
    if ((isText || type === 'NM') && (told === undefined || isString)) return undefined;
    const named = inWords(cwe.convert(code, context));
    const components = further.flatMap((one) => {
      const value = obxValue.convert(one, { ...context, all: () => [one] });
      if (!(value instanceof Typed)) return [];
      return [{ code: named, [choiceName('value', value.type)]: value.value }];
    });
    return components.length === 0 ? undefined : components;
  },
};

/**
 * The code of the result by its words alone: beside a value no component may have the very coding
 * of the result (obs-7), which stands with the result itself.
 */
function inWords(concept: unknown): unknown {
  const { text, coding = [] } = concept as { text?: string; coding?: readonly Coding[] };
  const named = text ?? coding.find(({ display }) => display)?.display ?? coding[0]?.code;
  return named === undefined ? concept : { text: named };
}

/** The unit counts as taken only when there is a number that it belongs to. */
function numeric(node: SourceNode, context: ConvertContext): Typed | undefined {
  const sent = textNode(childrenNamed(node, '1')[0] ?? node)?.value;
  if (sent === undefined || quantityOf(sent, {}) === undefined) return undefined;
  take(context, node, '1');
  return new Typed('Quantity', quantityOf(sent, unitAt(context)));
}

/** CQ: a number and the unit that goes with it, which goes before that of OBX-6. */
function ownUnit(node: SourceNode, context: ConvertContext): Typed | undefined {
  const unit = childrenNamed(node, '2')[0];
  const args = unit === undefined ? context.args : { ...context.args, unit };
  return numeric(node, { ...context, args });
}

/** TM: `0830`, `083015`; FHIR wants the seconds. With an offset it is text. */
function timeOfDay(node: SourceNode, context: ConvertContext): Typed | undefined {
  const sent = textNode(node)?.value?.trim() ?? '';
  const match = /^([01]\d|2[0-3])([0-5]\d)([0-5]\d)?(\.\d{1,4})?$/.exec(sent);
  if (!match) return undefined;
  take(context, node);
  const [, hour, minute, second = '00', fraction = ''] = match;
  return new Typed('time', `${hour}:${minute}:${second}${fraction}`);
}

/** An amount with its unit (`with: unit`), as a field of its own. */
export const quantityValue: Converter = {
  type: 'Quantity',
  convert: (node, context) => numeric(node, context)?.value,
};

const AMOUNT = /^(?:[<>=≤≥~±]|ca\.?|circa)*\s*[+-]?[.,]?\d/i;

/**
 * One text of every repetition of OBX-5: senders break long texts over repetitions. An amount that
 * is no number of FHIR (`10 - 20`, `1.0E3`) is not told without its unit.
 */
function plain(_node: SourceNode, context: ConvertContext): Typed | undefined {
  const parts = context.all('all').map((node) => allText(node, context));
  const joined = parts.join('\n').trim();
  if (joined === '') return undefined;
  const { unit = '' } = parts.length === 1 && AMOUNT.test(joined) ? unitAt(context) : {};
  const isTold = unit === '' || joined.endsWith(unit);
  return new Typed('string', isTold ? joined : `${joined} ${unit}`);
}

/** `zie onder` in NM is a result and no error, but who reads the receipt should know of it. */
function unlikeItsType(node: SourceNode, context: ConvertContext): Typed | undefined {
  const value = plain(node, context);
  if (value !== undefined)
    context.note(node, 'unlike-its-type', 'Not of the type that OBX-2 names: kept as text.');
  return value;
}

function coded(node: SourceNode, context: ConvertContext): Typed | undefined {
  const concept = cwe.convert(node, context);
  return concept === undefined ? undefined : new Typed('CodeableConcept', concept);
}

function typedTime(node: SourceNode, context: ConvertContext): Typed | undefined {
  const sent = textNode(node)?.value ?? '';
  if (hl7Time(sent, context.overlay.zone) === 'not-a-time') return unlikeItsType(node, context);
  const value = dtm.convert(node, context);
  return typeof value === 'string' ? new Typed('dateTime', value) : plain(node, context);
}

/** NR: the lower and the upper number. */
function numberRange(node: SourceNode, context: ConvertContext): Typed | undefined {
  const [low, high] = ['1', '2'].map((name) => textNode(childrenNamed(node, name)[0])?.value);
  if ([low, high].some((sent) => sent && quantityOf(sent, {}) === undefined)) return undefined;
  if (!low && !high) return undefined;
  const unit = unitAt(context);
  for (const name of ['1', '2']) take(context, node, name);
  const range = { low: quantityOf(low ?? '', unit), high: quantityOf(high ?? '', unit) };
  return new Typed('Range', {
    ...(range.low ? { low: range.low } : {}),
    ...(range.high ? { high: range.high } : {}),
  });
}

/** SN: comparator, number, separator, number. */
function structuredNumber(node: SourceNode, context: ConvertContext): Typed | undefined {
  const comparator = take(context, node, '1')?.trim() ?? '';
  const first = take(context, node, '2');
  const separator = take(context, node, '3')?.trim();
  const second = take(context, node, '4');
  const unit = unitAt(context);
  if (first === undefined) return undefined;
  // `3+`: an amount in signs, which is one word.
  if (separator === '+' && second === undefined) {
    return new Typed('string', `${comparator}${first.trim()}+`);
  }
  if (separator === undefined) {
    const quantity = quantityOf(`${comparator === '<>' ? '' : comparator}${first}`, unit);
    return quantity && comparator !== '<>' ? new Typed('Quantity', quantity) : undefined;
  }
  const low = quantityOf(first, unit);
  const high = second === undefined ? undefined : quantityOf(second, unit);
  if (!low || !high || second === undefined) return undefined;
  // `>1:1024`: neither side of a ratio or range alone is what the sign stands before.
  if (comparator !== '') {
    const told = `${comparator}${first.trim()}${separator}${second.trim()}`;
    return new Typed('string', unit.unit === undefined ? told : `${told} ${unit.unit}`);
  }
  if (separator === '-') return new Typed('Range', { low, high });
  const bare = (value: string) => ({ value: decimal(value) });
  if (separator === ':' || separator === '/') {
    return new Typed('Ratio', { numerator: bare(first), denominator: bare(second) });
  }
  return undefined;
}

export const referenceRange: Converter = {
  type: 'Observation.referenceRange',
  convert(node, context) {
    const sent = take(context, node)?.trim();
    if (sent === undefined || sent === '') return undefined;
    const { unit } = unitOf(textNode(context.args['unit'])?.value, context.overlay);
    const isRange = limitsOf(sent, unit === undefined ? {} : { unit }) !== undefined;
    return isRange ? limitsOf(sent, unitAt(context)) : { text: sent };
  },
};

/** OBX-8: the zib flag first, then the HL7 code. Normal gives no flag (source-formats.md 3.5). */
export const interpretation: Converter = {
  type: 'CodeableConcept',
  convert(node, context) {
    const sent = take(context, node, '1')?.trim() ?? take(context, node)?.trim();
    // Some senders write the word for nothing.
    if (sent === undefined || /^(N|null)$/i.test(sent)) return undefined;
    const row = rowOf(context.table, sent);
    const display = take(context, node, '2')?.trim();
    take(context, node, '3');
    const system = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation';
    const known = rowOf(context.tableNamed('observation-interpretation'), sent);
    const original = known
      ? { system, code: known.code, ...(known.display ? { display: known.display } : {}) }
      : {
          system: localSystem(context.overlay, 'interpretation'),
          code: sent,
          ...(display ? { display } : {}),
        };
    return { coding: [...(row ? [{ ...row }] : []), original] };
  },
};
