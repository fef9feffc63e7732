/** Coded values of HL7 v2 to FHIR (source-formats.md 2.5): every coding that was sent is kept. */
import type { Coding } from '../../conformance/index.ts';
import type { CodeRow, CodeTable } from '../mapping/code-table.ts';
import { type ConvertContext, type Converter, take } from '../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../mapping/source-node.ts';
import { isOid, localSystem } from './convert-identifier.ts';

/** The row of a code; in other letters than the table has it only when that leaves one row. */
export function rowOf(table: CodeTable | undefined, sent: string): CodeRow | undefined {
  const exact = table?.rows.get(sent);
  if (exact || !table) return exact;
  const alike = [...table.rows].filter(([from]) => from.toLowerCase() === sent.toLowerCase());
  return alike.length === 1 ? alike[0]?.[1] : undefined;
}

/**
 * A code through the field's table; not in the table is reported, and the field's default
 * applies.
 */
export const code: Converter = {
  type: 'code',
  convert(node, context) {
    const sent = take(context, node)?.trim();
    if (sent === undefined) return undefined;
    if (!context.table) return sent;
    const row = rowOf(context.table, sent);
    if (!row) context.reject(node, 'unknown-code', `Not in table ${context.table.name}.`);
    return row?.code === '' ? undefined : row?.code;
  },
};

export const coding: Converter = {
  type: 'Coding',
  convert(node, context) {
    const sent = take(context, node)?.trim();
    const row = sent === undefined ? undefined : rowOf(context.table, sent);
    if (sent !== undefined && !row)
      context.reject(node, 'unknown-code', `Not in table ${context.table?.name ?? ''}.`);
    return row && { ...row };
  },
};

/** Table 0396 and Dutch practice; local names fall into the sender's own name space. */
function codeSystemOf(
  name: string | undefined,
  oid: string | undefined,
  context: ConvertContext,
): string {
  const { overlay, options } = context;
  const local = typeof options['local'] === 'string' ? options['local'] : 'code';
  if (oid !== undefined && isOid(oid)) return byOid(oid, context);
  if (name === undefined) return localSystem(overlay, local);
  const known = overlay.codeSystems[name] ?? overlay.codeSystems[name.toUpperCase()];
  if (known !== undefined) return known;
  const table = /^HL7-?(\d{4})$/.exec(name);
  if (table) return `http://terminology.hl7.org/CodeSystem/v2-${table[1]}`;
  if (isOid(name)) return byOid(name, context);
  return localSystem(overlay, name === 'L' ? local : name);
}

const byOid = (oid: string, context: ConvertContext): string =>
  context.tableNamed('oid-system').rows.get(oid)?.code ?? `urn:oid:${oid}`;

const SNOMED_CT = 'http://snomed.info/sct';
/** Digits alone, or an expression of them; `M-81403` is a code of the SNOMED of before. */
const SNOMED_CT_CODE = /^\d{6,18}(?!\S*-)/;

/** Codes, texts, systems, system OIDs and versions of the three triplets of a CWE. */
const TRIPLETS = [
  ['1', '2', '3', '14', '7'],
  ['4', '5', '6', '17', '8'],
  ['10', '11', '12', '20', '13'],
] as const;

/** Every coding of a CWE in the order it was sent, and the names that stand without a code. */
export function codingsOf(
  node: SourceNode,
  context: ConvertContext,
): { coding: Coding[]; texts: string[] } {
  const found: Coding[] = [];
  const texts: string[] = [];
  for (const [codeAt, textAt, systemAt, oidAt, versionAt] of TRIPLETS) {
    const value = take(context, node, codeAt)?.trim();
    const display = take(context, node, textAt)?.trim();
    const name = take(context, node, systemAt)?.trim();
    const oid = take(context, node, oidAt)?.trim();
    const version = take(context, node, versionAt)?.trim();
    if (value === undefined || value === '') {
      if (display) texts.push(display);
      continue;
    }
    const isMnemonic = codeAt === '4' && name === undefined && display === undefined;
    const system = isMnemonic
      ? `${codeSystemOf('L', undefined, context)}-mnemonic`
      : codeSystemOf(name, oid, context);
    const isOlder = system === SNOMED_CT && !SNOMED_CT_CODE.test(value);
    found.push({
      system: isOlder ? localSystem(context.overlay, name ?? 'SNOMED') : system,
      ...(version ? { version } : {}),
      code: value,
      ...(display ? { display } : {}),
    });
    for (const added of context.overlay.codes[`${name ?? 'L'}|${value}`] ?? [])
      found.push({ ...added });
  }
  return { coding: found, texts };
}

/**
 * CWE and CE. With a table the translation is added after what was sent, or first with `first:
 * true`.
 */
export const cwe: Converter = {
  type: 'CodeableConcept',
  convert(node, context) {
    const { coding: sent, texts } = codingsOf(node, context);
    const original = take(context, node, '9')?.trim();
    const row = sent[0]?.code === undefined ? undefined : context.table?.rows.get(sent[0].code);
    const translation = row ? [{ ...row }] : [];
    const only = context.options['only'] === true && row !== undefined;
    const all = only
      ? translation
      : context.options['first'] === true
        ? [...translation, ...sent]
        : [...sent, ...translation];
    const said = original ?? texts[0];
    if (all.length === 0 && said === undefined) return undefined;
    return {
      ...(all.length === 0 ? {} : { coding: all }),
      ...(said === undefined ? {} : { text: said }),
    };
  },
};

/** A code with no system of its own (IS, ID) as a concept of the field's `options.system`. */
export const codedConcept: Converter = {
  type: 'CodeableConcept',
  convert(node, context) {
    const sent = take(context, node, '1')?.trim() ?? take(context, node)?.trim();
    if (sent === undefined) return undefined;
    const row = rowOf(context.table, sent);
    if (context.table && !row) {
      context.reject(node, 'unknown-code', `Not in table ${context.table.name}.`);
      return undefined;
    }
    // The text and the table of the sender add nothing to a code that is in a table here.
    const display = take(context, node, '2')?.trim();
    take(context, node, '3');
    if (row) return { coding: [{ ...row }] };
    const { system } = context.options;
    const known = typeof system === 'string' ? { system } : {};
    return { coding: [{ ...known, code: sent, ...(display ? { display } : {}) }] };
  },
};

/** The code of a CWE, through the field's table. */
export const codeOf: Converter = {
  type: 'code',
  convert(node, context) {
    const [first] = childrenNamed(node, '1');
    return first && code.convert(first, context);
  },
};

/** A code, its text and its system as sub-components of one component (OBR-15 before v2.5). */
export const partsConcept: Converter = {
  type: 'CodeableConcept',
  convert: (node, context) => cwe.convert(node, context),
};
