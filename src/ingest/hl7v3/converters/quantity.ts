/** Physical quantities (PQ, RTO, IVL_PQ) to Quantity, Ratio and Range (source-formats 2.5). */
import { type ConvertContext, type Converter, take } from '../../mapping/converter.ts';
import { decimal } from '../../mapping/decimal.ts';
import { UCUM } from '../../mapping/quantity.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { isUcum } from '../../mapping/ucum-unit.ts';
import { systemOf } from './coded.ts';
import { collapse } from './text.ts';

const PQ_TRANSLATION = 'http://hl7.org/fhir/StructureDefinition/iso21090-PQ-translation';
const NULL_FLAVOR_URL = 'http://hl7.org/fhir/StructureDefinition/iso21090-nullFlavor';
const BASIC_UNITS = '2.16.840.1.113883.2.4.4.1.900.2';
const UCUM_OID = '2.16.840.1.113883.6.8';
const USE_UNITS = '2.16.840.1.113883.2.4.4.1.361';

interface Translation {
  readonly oid: string | undefined;
  readonly code: string | undefined;
  readonly value: string | undefined;
  readonly display: string | undefined;
  readonly node: SourceNode;
}

/**
 * A quantity with UCUM in `code` and the G-standaard unit as translation. The "unit of use
 * advice" of
 * table 361 serves as unit text only. With `words` a bare UCUM unit gets its Dutch name. Undefined
 * when there is no number; a text is reported.
 */
export function quantityOf(
  context: ConvertContext,
  node: SourceNode,
  words = false,
): Record<string, unknown> | undefined {
  const raw = take(context, node, '@value');
  if (raw === undefined) return undefined;
  const value = decimal(raw);
  if (value === undefined) {
    context.reject(
      node.children.find((child) => child.name === '@value') ?? node,
      'not-a-number',
      'The value is not a number.',
    );
    return undefined;
  }
  const pqUnit = collapse(take(context, node, '@unit'));
  const translations = childrenNamed(node, 'translation').map((one) => translationOf(context, one));
  const basic = translations.find((one) => one.oid === BASIC_UNITS);
  const use = translations.find((one) => one.oid === USE_UNITS);
  // 0.005 l is 5 milliliter, and not 0.005 milliliter: a unit goes with its own number only.
  const counting = (one: Translation | undefined) =>
    one && isSameNumber(one.value, raw) ? one : undefined;
  const own = pqUnit !== undefined && isUcum(pqUnit) ? pqUnit : undefined;
  const ucum = own ?? ucumOf(context, counting(basic));
  const named = counting(basic)?.display ?? counting(use)?.display;
  const inWords = words || basic !== undefined ? displayOf(context, ucum) : undefined;
  const unit = named ?? inWords ?? pqUnit ?? ucum ?? wordsOf(context, translations.find(counting));
  return {
    ...extensions(context, basic, basic?.display ?? unit),
    value,
    ...(unit === undefined ? {} : { unit }),
    ...(ucum === undefined ? {} : { system: UCUM, code: ucum }),
  };
}

/**
 * A quantity whose unit UCUM does not know: the sender has no value in UCUM (null flavour OTH) and
 * gives its own number and unit as translation (HL7v3 data type PQR).
 */
export function translatedQuantity(
  context: ConvertContext,
  node: SourceNode,
): Record<string, unknown> | undefined {
  const [first] = childrenNamed(node, 'translation');
  const number = first?.children.find(({ name }) => name === '@value')?.value;
  const value = number === undefined ? undefined : decimal(number);
  if (first === undefined || value === undefined) return undefined;
  take(context, node, '@nullFlavor');
  const { oid, code, display } = translationOf(context, first);
  const unit = display ?? collapse(take(context, childrenNamed(first, 'originalText')[0])) ?? code;
  const isUcumCode = oid === UCUM_OID && code !== undefined && isUcum(code);
  return {
    value,
    ...(unit === undefined ? {} : { unit }),
    ...(isUcumCode ? { system: UCUM, code } : {}),
  };
}

/** The unit as the sender writes it, where UCUM and the G-standaard have none. */
const wordsOf = (context: ConvertContext, one: Translation | undefined): string | undefined =>
  one && (one.display ?? collapse(take(context, childrenNamed(one.node, 'originalText')[0])));

/** A translation that gives no number of its own is of the number that it translates. */
function isSameNumber(translated: string | undefined, raw: string): boolean {
  const number = (text: string) => Number(text.trim().replace(',', '.'));
  return translated === undefined || number(translated) === number(raw);
}

function translationOf(context: ConvertContext, node: SourceNode): Translation {
  const read = (name: string) => collapse(take(context, node, name));
  take(context, node, '@codeSystemName');
  return {
    oid: read('@codeSystem'),
    code: read('@code'),
    value: read('@value'),
    display: read('@displayName'),
    node,
  };
}

const ucumOf = (context: ConvertContext, basic: Translation | undefined) =>
  basic?.code === undefined
    ? undefined
    : context.tableNamed('gstandaard-unit').rows.get(basic.code)?.code;

const displayOf = (context: ConvertContext, ucum: string | undefined) =>
  ucum === undefined ? undefined : context.tableNamed('ucum-name').rows.get(ucum)?.display;

function extensions(
  context: ConvertContext,
  basic: Translation | undefined,
  unit: string | undefined,
) {
  const value = basic?.value === undefined ? undefined : decimal(basic.value);
  if (basic?.code === undefined || value === undefined) return {};
  const system = systemOf(context, basic.node, basic.oid);
  const quantity = {
    value,
    ...(unit ? { unit } : {}),
    ...(system ? { system } : {}),
    code: basic.code,
  };
  return { extension: [{ url: PQ_TRANSLATION, valueQuantity: quantity }] };
}

/** The G-standaard unit beside a bare UCUM unit, as the medication profiles have it. */
function withBasicUnit(
  context: ConvertContext,
  quantity: Record<string, unknown> | undefined,
): Record<string, unknown> | undefined {
  if (quantity === undefined || 'extension' in quantity) return quantity;
  const row = context.tableNamed('basic-unit').rows.get(String(quantity['code']));
  if (row === undefined) return quantity;
  const { system = '', code, display = '' } = row;
  const valueQuantity = { value: quantity['value'], unit: display, system, code };
  return { extension: [{ url: PQ_TRANSLATION, valueQuantity }], ...quantity };
}

/** Duration in the words that FHIR asks: UCUM code and a Dutch unit. */
export function durationOf(context: ConvertContext, node: SourceNode | undefined) {
  if (node === undefined) return undefined;
  return quantityOf(context, node, true);
}

/** Low and high of an IVL_PQ; undefined when neither is a quantity. */
export function rangeOf(
  context: ConvertContext,
  node: SourceNode,
  words = false,
): Record<string, unknown> | undefined {
  const side = (name: string) => {
    const found = childrenNamed(node, name)[0];
    return found && quantityOf(context, found, words);
  };
  const low = side('low');
  const high = side('high');
  if (low === undefined && high === undefined) return undefined;
  return { ...(low ? { low } : {}), ...(high ? { high } : {}) };
}

/** "As much as needed" (QS) and the like say something: they stay as null flavour. */
function absent(context: ConvertContext, node: SourceNode): Record<string, unknown> | undefined {
  const flavor = take(context, node, '@nullFlavor');
  return flavor === undefined
    ? undefined
    : { extension: [{ url: NULL_FLAVOR_URL, valueCode: flavor }] };
}

/**
 * Numerator and denominator of an RTO; a null flavour on one side is kept. Of what a medicine holds
 * (`basic`) a bare UCUM unit gets its G-standaard unit beside it. Without `words` it stays bare: a
 * titre is not of pieces.
 */
export function ratioOf(
  context: ConvertContext,
  node: SourceNode,
  { basic = false, words = true }: { basic?: boolean; words?: boolean } = {},
): Record<string, unknown> | undefined {
  const side = (name: string) => {
    const found = childrenNamed(node, name)[0] ?? childrenNamed(node, `pharm:${name}`)[0];
    if (found) take(context, found, '@xsi:type');
    const quantity = found && quantityOf(context, found, words);
    return (
      found && ((basic ? withBasicUnit(context, quantity) : quantity) ?? absent(context, found))
    );
  };
  const numerator = side('numerator');
  const denominator = side('denominator');
  if (numerator === undefined && denominator === undefined) return undefined;
  return { ...(numerator ? { numerator } : {}), ...(denominator ? { denominator } : {}) };
}

export const quantityConverters = {
  /** Which child of several somebody is, counted from one. */
  'order-number': {
    type: 'integer',
    convert(node, context) {
      const number = Number(take(context, node, '@value'));
      return Number.isInteger(number) && number > 0 ? number : undefined;
    },
  },
  /** HL7v3 counts every dispense, FHIR only those after the first. */
  repeats: {
    type: 'unsignedInt',
    convert(node, context) {
      const text = take(context, node, '@value');
      return text !== undefined && /^[1-9]\d{0,3}$/.test(text) ? Number(text) - 1 : undefined;
    },
  },
  /** Option `words`: a bare UCUM unit gets its Dutch name; `open`: an infinite bound is kept. */
  quantity: {
    type: 'Quantity',
    convert: (node, context) =>
      quantityOf(context, node, context.options['words'] === true) ??
      (context.options['open'] === true ? absent(context, node) : undefined),
  },
  range: { type: 'Range', convert: (node, context) => rangeOf(context, node) },
  ratio: { type: 'Ratio', convert: (node, context) => ratioOf(context, node) },
} satisfies Record<string, Converter>;
