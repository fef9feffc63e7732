/**
 * Codes of HL7v3 (CD, CE, CV, CS) to Coding, CodeableConcept and code (source-formats 2.1, 2.3,
 * 2.5).
 */
import type { Coding } from '../../../conformance/index.ts';
import { type ConvertContext, type Converter, take } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { Primitive } from '../../mapping/target.ts';
import { collapse } from './text.ts';

const NULL_FLAVOR = 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor';
const CODE_SPECIFICATION = 'http://nictiz.nl/fhir/StructureDefinition/ext-CodeSpecification';
const LATERALITY = 'http://nictiz.nl/fhir/StructureDefinition/ext-AnatomicalLocation.Laterality';
const NULL_FLAVOR_URL = 'http://hl7.org/fhir/StructureDefinition/iso21090-nullFlavor';

const DATA_ABSENT = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';

/** An OID that can stand in a `urn:oid:`: no node with a leading zero. */
const OID = /^[0-2](\.(0|[1-9]\d*))+$/;

/**
 * URI of a code or identifier system by its OID; undefined, with a report, when it is not an OID.
 */
export function systemOf(
  context: ConvertContext,
  node: SourceNode,
  oid: string | undefined,
): string | undefined {
  if (oid === undefined) return undefined;
  const known = context.tableNamed('oid-system').rows.get(oid)?.code;
  if (known !== undefined) return known;
  if (OID.test(oid)) return `urn:oid:${oid}`;
  context.note(node, 'not-an-oid', 'The system is not a valid OID; the code is kept without it.');
  return undefined;
}

/** One Coding of a node's own attributes; undefined when it has no code. */
export function codingOf(context: ConvertContext, node: SourceNode): Coding | undefined {
  const code = take(context, node, '@code')?.trim();
  if (code === undefined || code === '') return undefined;
  const oid = take(context, node, '@codeSystem');
  const system = systemOf(context, node, oid);
  take(context, node, '@codeSystemName');
  const version = take(context, node, '@codeSystemVersion');
  const known = context.tableNamed('code-display').rows.get(`${oid ?? ''}^${code}`);
  const sent = collapse(take(context, node, '@displayName'));
  const display = sent === undefined || sent === code ? (known?.display ?? sent) : sent;
  return {
    ...(system === undefined ? {} : { system }),
    ...(version === undefined ? {} : { version }),
    code,
    ...(display === undefined ? {} : { display }),
  };
}

/**
 * Every coding that was sent, in that order. Options: `userSelected` marks the main code, `text:
 * display`
 * takes the main display as text, `nullFlavor: coding` writes a missing code as a NullFlavor
 * coding,
 * `keep` names the attributes to leave out of the coding (`version`).
 */
export function conceptOf(
  context: ConvertContext,
  node: SourceNode,
): Record<string, unknown> | undefined {
  const { options } = context;
  const main = codingOf(context, node);
  const translations = childrenNamed(node, 'translation').flatMap(
    (one) => codingOf(context, one) ?? [],
  );
  const original = collapse(take(context, childrenNamed(node, 'originalText')[0]));
  const codings = [
    ...(main ? [options['userSelected'] === true ? { ...main, userSelected: true } : main] : []),
    ...translations,
  ];
  const text =
    original ?? (main === undefined ? nameOf(context, node) : wordsOf(main, options['text']));
  const flavor = main ? undefined : take(context, node, '@nullFlavor');
  if (codings.length === 0 && text === undefined) return undefined;
  const absent = flavor !== undefined && options['nullFlavor'] === 'coding';
  if (absent) codings.unshift(nullFlavorCoding(context, flavor));
  return {
    ...(flavor !== undefined && !absent
      ? { extension: [{ url: NULL_FLAVOR_URL, valueCode: flavor }] }
      : {}),
    ...(codings.length === 0 ? {} : { coding: codings }),
    ...(text === undefined ? {} : { text }),
  };
}

const wordsOf = (main: Coding, text: unknown) => (text === 'display' ? main.display : undefined);

/** The name of a code that is itself missing is all that was said: it becomes the text. */
function nameOf(context: ConvertContext, node: SourceNode): string | undefined {
  take(context, node, '@codeSystem');
  take(context, node, '@codeSystemName');
  return collapse(take(context, node, '@displayName'));
}

/** A missing value as a code of its reason. */
export function nullFlavorCoding(context: ConvertContext, flavor: string): Coding {
  const display = context.tableNamed('null-flavor').rows.get(flavor)?.display;
  return { system: NULL_FLAVOR, code: flavor, ...(display === undefined ? {} : { display }) };
}

/**
 * Through the field's table, by `code^oid`, else by the code alone. A code that is not in it is
 * reported.
 */
function mapped(node: SourceNode, context: ConvertContext) {
  const own = node.name.startsWith('@') ? take(context, node) : undefined;
  const code = (own ?? take(context, node, '@code') ?? take(context, node, '@value'))?.trim();
  if (code === undefined || code === '') return undefined;
  const oid = take(context, node, '@codeSystem');
  take(context, node, '@codeSystemName');
  take(context, node, '@displayName');
  const rows = context.table?.rows;
  const row = rows?.get(`${code}^${oid ?? ''}`) ?? rows?.get(code);
  if (row === undefined && context.options['unknown'] !== 'leave-out') {
    const leaf = node.children.find((child) => child.name === '@code') ?? node;
    context.reject(leaf, 'unknown-code', 'The code is not in the table of this element.');
  }
  return row;
}

/** A code whose system the model fixes (CS): option `own-system` says it; its name is the code. */
function ownCoding(context: ConvertContext, node: SourceNode): Coding | undefined {
  const own = codingOf(context, node);
  const system = context.options['own-system'];
  if (own === undefined || own.system !== undefined || typeof system !== 'string') return own;
  return { system, code: own.code ?? '', display: own.display ?? own.code ?? '' };
}

const RESULT_STATUS = 'urn:oid:2.16.840.1.113883.2.4.3.11.60.40.4.16.1';

export const codedConverters = {
  /** A status with the zib's own result status beside it as ext-CodeSpecification. */
  'result-status': {
    type: 'code',
    convert(node, context) {
      const code = mapped(node, context)?.code;
      const name = { final: 'Final', corrected: 'Corrected', preliminary: 'Preliminary' }[
        code ?? ''
      ];
      if (code === undefined || name === undefined) return code;
      const coding = [{ system: RESULT_STATUS, code, display: name }];
      return new Primitive(code, [{ url: CODE_SPECIFICATION, valueCodeableConcept: { coding } }]);
    },
  },
  coding: { type: 'Coding', convert: (node, context) => codingOf(context, node) },
  concept: { type: 'CodeableConcept', convert: (node, context) => conceptOf(context, node) },
  /** With the text beside the code (`with: text`) as its text. */
  'described-concept': {
    type: 'CodeableConcept',
    convert(node, context) {
      const concept = conceptOf(context, node);
      const text = collapse(take(context, context.args['text']));
      if (concept === undefined) return text === undefined ? undefined : { text };
      return text === undefined ? concept : { ...concept, text };
    },
  },
  /** `code` of a FHIR value set, through a table. */
  'mapped-code': { type: 'code', convert: (node, context) => mapped(node, context)?.code },
  /** The same, with the source's own code as extension ext-CodeSpecification. */
  'specified-code': {
    type: 'code',
    convert(node, context) {
      const row = mapped(node, context);
      const own = ownCoding(context, node);
      if (row === undefined || own === undefined) return row?.code;
      const extension = { url: CODE_SPECIFICATION, valueCodeableConcept: { coding: [own] } };
      return new Primitive(row.code, [extension]);
    },
  },
  /**
   * Option `specified`: with the source's own code as extension; where the table has none for it,
   * that extension and why there is no class.
   */
  'mapped-coding': {
    type: 'Coding',
    convert(node, context) {
      const row = mapped(node, context);
      const own = context.options['specified'] === true ? codingOf(context, node) : undefined;
      const said = own && { url: CODE_SPECIFICATION, valueCodeableConcept: { coding: [own] } };
      const absent = { url: DATA_ABSENT, valueCode: 'not-applicable' };
      if (row === undefined) return said && { extension: [absent, said] };
      const { system, code, display } = row;
      const coding = { ...(system ? { system } : {}), code, ...(display ? { display } : {}) };
      return said ? { extension: [said], ...coding } : coding;
    },
  },
  /** `with: code`; a name (`with: name`) beside the code is its text, also when there is no code. */
  'named-concept': {
    type: 'CodeableConcept',
    convert(_node, context) {
      const { code, name } = context.args;
      const concept = code && conceptOf(context, code);
      const text = collapse(take(context, name));
      if (concept !== undefined) return text === undefined ? concept : { ...concept, text };
      if (text === undefined) return undefined;
      const flavor = take(context, code, '@nullFlavor') ?? 'OTH';
      return { coding: [nullFlavorCoding(context, flavor)], text };
    },
  },
  /** A place on the body; the side that qualifies it as its extension. */
  'site-concept': {
    type: 'CodeableConcept',
    convert(node, context) {
      const concept = conceptOf(context, node);
      const sides = childrenNamed(node, 'qualifier').flatMap((one) => {
        const value = childrenNamed(one, 'value')[0];
        return (value && codingOf(context, value)) ?? [];
      });
      if (concept === undefined || sides.length === 0) return concept;
      const { extension = [], ...rest } = concept;
      const laterality = sides.map((coding) => ({
        url: LATERALITY,
        valueCodeableConcept: { coding: [coding] },
      }));
      return { extension: [...(extension as unknown[]), ...laterality], ...rest };
    },
  },
  /** The category of a kind of intolerance: its SNOMED CT code stands beside it. */
  'intolerance-category': {
    type: 'code',
    convert(node, context) {
      const kind = mapped(node, { ...context, options: { unknown: 'leave-out' } });
      const row = kind && context.tableNamed('v3-allergy-category').rows.get(kind.code);
      if (kind === undefined || row === undefined) return undefined;
      const { system = '', code, display = '' } = kind;
      const valueCodeableConcept = { coding: [{ system, code, display }] };
      return new Primitive(row.code, [{ url: CODE_SPECIFICATION, valueCodeableConcept }]);
    },
  },
  /**
   * A concept with what the table says first and the source's own code behind it, unless option
   * `own` is false; option `specified` keeps it as extension ext-CodeSpecification.
   */
  'mapped-concept': {
    type: 'CodeableConcept',
    convert(node, context) {
      const row = mapped(node, context);
      if (row === undefined) return undefined;
      const own = ownCoding(context, node);
      const { system, code, display } = row;
      const first = { ...(system ? { system } : {}), code, ...(display ? { display } : {}) };
      const said = own && { url: CODE_SPECIFICATION, valueCodeableConcept: { coding: [own] } };
      const kept = context.options['specified'] === true && said ? { extension: [said] } : {};
      return { ...kept, coding: own && context.options['own'] !== false ? [first, own] : [first] };
    },
  },
  /**
   * A result flag: the zib's SNOMED code first (the sender's translation, else the table's), then
   * the HL7 code by its own name. A flag that the table does not have keeps the sender's codes.
   */
  'flagged-concept': {
    type: 'CodeableConcept',
    convert(node, context) {
      const own = codingOf(context, node);
      const flag = context.table?.rows.get(own?.code ?? '');
      const named = context.tableNamed('interpretation-name').rows.get(own?.code ?? '');
      const sent = childrenNamed(node, 'translation').flatMap((one): Coding[] =>
        [codingOf(context, one)].filter((coding) => coding !== undefined),
      );
      const first = flag ? [{ system: flag.system, code: flag.code, display: flag.display }] : [];
      const others = sent.filter((one) => one.code !== flag?.code || one.system !== flag?.system);
      const hl7 = named
        ? [{ system: named.system, code: named.code, display: named.display }]
        : own
          ? [own]
          : [];
      const coding = [...first, ...others, ...hl7];
      const text = collapse(take(context, childrenNamed(node, 'originalText')[0]));
      if (coding.length === 0 && text === undefined) return undefined;
      return { ...(coding.length > 0 ? { coding } : {}), ...(text ? { text } : {}) };
    },
  },
  /** Why a value is missing, as data-absent-reason. */
  'absent-reason': {
    type: 'CodeableConcept',
    convert(node, context) {
      const row = context
        .tableNamed('null-flavor')
        .rows.get(take(context, node, '@nullFlavor') ?? '');
      if (row === undefined) return undefined;
      const system = 'http://terminology.hl7.org/CodeSystem/data-absent-reason';
      return { coding: [{ system, code: row.code }] };
    },
  },
} satisfies Record<string, Converter>;
