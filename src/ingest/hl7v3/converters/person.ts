/** Dutch names and gender of HL7v3 to HumanName and code (source-formats 2.4, 2.5). */
import { type ConvertContext, type Converter, take } from '../../mapping/converter.ts';
import { humanName } from '../../mapping/human-name.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { Primitive } from '../../mapping/target.ts';
import { codingOf } from './coded.ts';
import { collapse } from './text.ts';
import { periodOf } from './times.ts';

const FHIR = 'http://hl7.org/fhir/StructureDefinition/';
const CODE_SPECIFICATION = 'http://nictiz.nl/fhir/StructureDefinition/ext-CodeSpecification';

interface Parts {
  ownPrefix?: string;
  ownName?: string;
  partnerPrefix?: string;
  partnerName?: string;
  /** False when no family said whose name it is. */
  qualified: boolean;
  partnerFirst: boolean;
  readonly given: { readonly text: string; readonly qualifier: string | undefined }[];
  readonly prefix: string[];
  readonly suffix: string[];
}

function partsOf(context: ConvertContext, node: SourceNode): Parts {
  const parts: Parts = { qualified: false, partnerFirst: false, given: [], prefix: [], suffix: [] };
  let before: string | undefined;
  for (const child of node.children) {
    const text = collapse(take(context, child));
    const qualifier = take(context, child, '@qualifier');
    if (text === undefined) continue;
    if (child.name === 'given') parts.given.push({ text, qualifier });
    else if (child.name === 'suffix') parts.suffix.push(text);
    else if (child.name === 'family') {
      addSurname(parts, before, text, qualifier);
      before = undefined;
    } else if (child.name === 'prefix') {
      if (qualifier === 'VV' || qualifier === undefined) before = text;
      else parts.prefix.push(text);
    }
  }
  return parts;
}

function addSurname(
  parts: Parts,
  prefix: string | undefined,
  name: string,
  qualifier: string | undefined,
) {
  parts.qualified ||= qualifier !== undefined;
  if (qualifier === 'SP') {
    parts.partnerFirst = parts.ownName === undefined;
    parts.partnerName ??= name;
    if (prefix !== undefined) parts.partnerPrefix ??= prefix;
  } else {
    parts.ownName ??= name;
    if (prefix !== undefined) parts.ownPrefix ??= prefix;
  }
}

/** NL1 own, NL2 partner, NL3 partner and own, NL4 own and partner; UNK when nothing tells. */
function orderOf({ qualified, ownName, partnerName, partnerFirst }: Parts): string {
  if (!qualified) return 'UNK';
  if (ownName !== undefined && partnerName !== undefined) return partnerFirst ? 'NL3' : 'NL4';
  return partnerName === undefined ? 'NL1' : 'NL2';
}

/** A name of an artist, or one that somebody took to be unknown, is not the official one. */
function useOf(context: ConvertContext, node: SourceNode): unknown {
  const codes = take(context, node, '@use')?.trim().split(/\s+/) ?? [];
  return codes.some((code) => code === 'A' || code === 'P') ? 'nickname' : context.options['use'];
}

/**
 * One name, and a second one with use `usual` for the name a person is called by. A name that is
 * only
 * text stays text: it is not split.
 */
export function namesOf(context: ConvertContext, node: SourceNode): Record<string, unknown>[] {
  // Between the parts of a name stand blanks, or the hyphen of a double surname.
  const between = collapse(take(context, node));
  const free = between !== undefined && /[\p{L}\p{N}]/u.test(between) ? between : undefined;
  const written = useOf(context, node);
  const [time] = childrenNamed(node, 'validTime');
  const period = time && periodOf({ ...context, options: {} }, time);
  const { given, qualified, partnerFirst, ...surname } = partsOf(context, node);
  const of = (...kinds: (string | undefined)[]) =>
    given.filter((one) => kinds.includes(one.qualifier)).map((one) => one.text);
  const called = of('CL');
  const firstNames = given.filter((one) => !['IN', 'CL'].includes(one.qualifier ?? ''));
  const initials = of('IN').join('');
  const use = period?.['end'] === undefined ? written : 'old';
  const order = orderOf({ given, qualified, partnerFirst, ...surname });
  const name = humanName({
    ...surname,
    order,
    ...(typeof use === 'string' ? { use } : {}),
    ...(initials === '' ? {} : { initials }),
    firstNames: firstNames.map((one) => one.text),
    ...(free === undefined ? {} : { text: free }),
  });
  const usual =
    called.length === 0 ? [] : [{ use: 'usual', text: called.join(' '), given: called }];
  if (name === undefined) return usual;
  const surnamed = surname.ownName !== undefined || surname.partnerName !== undefined;
  const assembly = { extension: [{ url: `${FHIR}humanname-assembly-order`, valueCode: order }] };
  const named = { ...(surnamed ? assembly : {}), ...name, ...(period ? { period } : {}) };
  return [named, ...usual];
}

export const personConverters = {
  /** Option `use` for the name itself. */
  names: { type: 'HumanName', convert: (node, context) => namesOf(context, node) },
  /** The one name of a contact. */
  'contact-name': { type: 'HumanName', convert: (node, context) => namesOf(context, node)[0] },
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
