/** What the pharmacy building blocks need beside the general data types (source-formats 8). */
import { type ConvertContext, type Converter, take } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { codingOf, conceptOf } from './coded.ts';
import { identifierOf } from './identifier.ts';
import { ratioOf } from './quantity.ts';
import { timeOf } from './times.ts';

/** Code system of the product, and the identification root of a treatment with that product. */
const TREATMENT_ROOTS = [
  ['2.16.840.1.113883.2.4.4.10', '2.16.840.1.113883.2.4.3.11.61.2'],
  ['2.16.840.1.113883.2.4.4.7', '2.16.840.1.113883.2.4.3.11.61.3'],
] as const;

const NULL_FLAVOR = 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor';
const TREATMENT_PREFIX = '1.3.6.1.4.1.58606.1.2.';

/** PRK first, then HPK: all dispenses of one prescribed product are one treatment. */
function treatmentOf(context: ConvertContext, code: SourceNode | undefined) {
  const codes = code ? [code, ...childrenNamed(code, 'translation')] : [];
  for (const [system, root] of TREATMENT_ROOTS) {
    for (const one of codes) {
      const own = one.children.find((child) => child.name === '@codeSystem')?.value;
      const value = one.children.find((child) => child.name === '@code')?.value;
      if (own === system && value !== undefined) {
        take(context, one, '@code');
        return { system: `urn:oid:${root}`, value };
      }
    }
  }
  return undefined;
}

/**
 * That there is a prescription of which the number is not known: the way the Dutch profiles write
 * it.
 */
function unknownNumber(context: ConvertContext, id: SourceNode) {
  const value = take(context, id, '@nullFlavor');
  return value === undefined ? undefined : { system: NULL_FLAVOR, value };
}

/** The prescriber is no part of what the pharmacy holds, so the relation only says who it was. */
function authorText(context: ConvertContext, author: SourceNode): string | undefined {
  const time = timeOf(context, childrenNamed(author, 'time')[0]);
  const person = childrenNamed(author, 'AssignedPerson')[0];
  const numbers = (person ? childrenNamed(person, 'id') : []).flatMap((id) => {
    take(context, id, '@root');
    return take(context, id, '@extension') ?? [];
  });
  const code = person && childrenNamed(person, 'code')[0];
  const role = code && codingOf(context, code);
  const who = [role?.display ?? role?.code, ...numbers]
    .filter((part) => part !== undefined)
    .join(' ');
  const parts = [
    ...(time === undefined ? [] : [`recept van ${time.slice(0, 10)}`]),
    ...(who === '' ? [] : [`voorschrijver ${who}`]),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}

const INGREDIENT_KINDS = ['activeIngredientMaterialKind', 'ingredientMaterialKind'];

export const medicationConverters = {
  /** From the dispense id; `with: product` the code of the product. */
  'treatment-id': {
    type: 'Identifier',
    convert: (node, context) =>
      treatmentOf(context, context.args['product']) ??
      identifierOf({ ...context, options: { prefix: TREATMENT_PREFIX } }, node),
  },
  /** The prescription by its number, when it is known; who wrote it and when as text. */
  prescription: {
    type: 'Reference',
    convert(node, context) {
      const id = childrenNamed(node, 'id')[0];
      const identifier =
        id && (identifierOf({ ...context, options: {} }, id) ?? unknownNumber(context, id));
      const author = childrenNamed(node, 'author')[0];
      const display = author && authorText(context, author);
      if (identifier === undefined && display === undefined) return undefined;
      return {
        type: 'MedicationRequest',
        ...(identifier ? { identifier } : {}),
        ...(display === undefined ? {} : { display }),
      };
    },
  },
  ingredient: {
    type: 'BackboneElement',
    convert(node, context) {
      const kind = node.children.find((child) => INGREDIENT_KINDS.includes(child.name));
      const code = kind && childrenNamed(kind, 'code')[0];
      const item = code && conceptOf({ ...context, options: { nullFlavor: 'coding' } }, code);
      if (item === undefined) return undefined;
      const quantity = childrenNamed(node, 'quantity')[0];
      const strength = quantity && ratioOf(context, quantity, { basic: true });
      return {
        itemCodeableConcept: item,
        ...(node.name === 'activeIngredient' ? { isActive: true } : { isActive: false }),
        ...(strength ? { strength } : {}),
      };
    },
  },
} satisfies Record<string, Converter>;
