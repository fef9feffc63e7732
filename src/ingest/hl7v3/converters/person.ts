/** Dutch names and gender of HL7v3 to HumanName and code (source-formats 2.4, 2.5). */
import { type ConvertContext, type Converter, take } from '../../mapping/converter.ts';
import type { SourceNode } from '../../mapping/source-node.ts';
import { Primitive } from '../../mapping/target.ts';
import { codingOf } from './coded.ts';
import { collapse } from './text.ts';

const FHIR = 'http://hl7.org/fhir/StructureDefinition/';
const QUALIFIER = `${FHIR}iso21090-EN-qualifier`;
const CODE_SPECIFICATION = 'http://nictiz.nl/fhir/StructureDefinition/ext-CodeSpecification';

interface Surname {
  readonly prefix: string | undefined;
  readonly name: string;
}

interface Parts {
  own?: Surname;
  partner?: Surname;
  /** False when no family said whose name it is. */
  qualified: boolean;
  partnerFirst: boolean;
  readonly given: { readonly text: string; readonly qualifier: 'IN' | 'BR' | 'CL' }[];
  readonly before: string[];
  readonly after: string[];
}

function partsOf(context: ConvertContext, node: SourceNode): Parts {
  const parts: Parts = { qualified: false, partnerFirst: false, given: [], before: [], after: [] };
  let prefix: string | undefined;
  for (const child of node.children) {
    const text = collapse(take(context, child));
    const qualifier = take(context, child, '@qualifier');
    if (text === undefined) continue;
    if (child.name === 'given') parts.given.push({ text, qualifier: givenKind(qualifier) });
    else if (child.name === 'family') {
      addSurname(parts, { prefix, name: text }, qualifier);
      prefix = undefined;
    } else if (child.name === 'prefix' && (qualifier === 'VV' || qualifier === undefined)) {
      prefix = text;
    } else if (child.name === 'prefix') parts.before.push(text);
    else if (child.name === 'suffix') parts.after.push(text);
  }
  return parts;
}

const givenKind = (qualifier: string | undefined) =>
  qualifier === 'IN' || qualifier === 'CL' ? qualifier : 'BR';

function addSurname(parts: Parts, surname: Surname, qualifier: string | undefined): void {
  parts.qualified ||= qualifier !== undefined;
  if (qualifier === 'SP') {
    parts.partnerFirst = parts.own === undefined;
    parts.partner ??= surname;
  } else parts.own ??= surname;
}

const written = ({ prefix, name }: Surname) => (prefix === undefined ? name : `${prefix} ${name}`);

/** NL1 own, NL2 partner, NL3 partner and own, NL4 own and partner; UNK when nothing tells. */
function orderOf(parts: Parts): string {
  if (!parts.qualified) return 'UNK';
  if (parts.own && parts.partner) return parts.partnerFirst ? 'NL3' : 'NL4';
  return parts.partner ? 'NL2' : 'NL1';
}

function familyOf(parts: Parts): Record<string, unknown> {
  const inOrder = parts.partnerFirst ? [parts.partner, parts.own] : [parts.own, parts.partner];
  const surnames = inOrder.filter((one) => one !== undefined);
  if (surnames.length === 0) return {};
  const extension = [
    ...surnameExtensions('own', parts.own),
    ...surnameExtensions('partner', parts.partner),
  ];
  return { family: surnames.map(written).join('-'), _family: { extension } };
}

function surnameExtensions(whose: 'own' | 'partner', surname: Surname | undefined) {
  if (surname === undefined) return [];
  const name = { url: `${FHIR}humanname-${whose}-name`, valueString: surname.name };
  const { prefix } = surname;
  if (prefix === undefined) return [name];
  return [{ url: `${FHIR}humanname-${whose}-prefix`, valueString: prefix }, name];
}

/**
 * One official name, and a second one with use `usual` for the name a person is called by. A name
 * that is only text stays text: it is not split.
 */
export function namesOf(context: ConvertContext, node: SourceNode): Record<string, unknown>[] {
  const free = collapse(take(context, node));
  take(context, node, '@use');
  take(context, node, '@xsi:type');
  const parts = partsOf(context, node);
  const given = parts.given.filter((one) => one.qualifier !== 'CL');
  const called = parts.given.filter((one) => one.qualifier === 'CL').map((one) => one.text);
  const family = familyOf(parts);
  const use = context.options['use'];
  if (parts.given.length === 0 && Object.keys(family).length === 0) {
    return free === undefined ? [] : [{ text: free }];
  }
  const first = given.length > 0 ? given.map((one) => one.text) : called;
  const text = [...parts.before, ...first, String(family['family'] ?? ''), ...parts.after];
  const official = {
    extension: [{ url: `${FHIR}humanname-assembly-order`, valueCode: orderOf(parts) }],
    ...(typeof use === 'string' ? { use } : {}),
    text: text.filter((part) => part !== '').join(' '),
    ...family,
    ...(given.length === 0 ? {} : { given: given.map((one) => one.text), _given: given.map(qualified) }),
    ...(parts.before.length === 0 ? {} : { prefix: parts.before }),
    ...(parts.after.length === 0 ? {} : { suffix: parts.after }),
  };
  if (called.length === 0) return [official];
  return [official, { use: 'usual', text: called.join(' '), given: called }];
}

const qualified = ({ qualifier }: { qualifier: string }) => ({
  extension: [{ url: QUALIFIER, valueCode: qualifier }],
});

export const personConverters = {
  /** Option `use` for the name itself. */
  names: { type: 'HumanName', convert: (node, context) => namesOf(context, node) },
  /** FHIR gender through the table; the source's code as extension. */
  gender: {
    type: 'code',
    convert(node, context) {
      const own = codingOf(context, node);
      const flavor = own === undefined ? take(context, node, '@nullFlavor') : undefined;
      const code = own?.code ?? flavor;
      if (code === undefined) return undefined;
      const gender = context.table?.rows.get(code)?.code;
      if (gender === undefined) {
        context.note(node, 'unknown-code', 'The gender code is not known; gender became unknown.');
      }
      const coding = own ?? {
        system: 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor',
        code,
      };
      return new Primitive(gender ?? 'unknown', [
        { url: CODE_SPECIFICATION, valueCodeableConcept: { coding: [coding] } },
      ]);
    },
  },
} satisfies Record<string, Converter>;
