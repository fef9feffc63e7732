/** Plain values, times, codes and results of HL7 v2 to FHIR types. */
import type { Coding } from '../../conformance/index.ts';
import { type ConvertContext, type Converter, take } from '../mapping/converter.ts';
import { hl7Time } from '../mapping/date-time.ts';
import { decimal } from '../mapping/decimal.ts';
import { limitsOf, type Quantity, quantityOf, unitOf } from '../mapping/quantity.ts';
import {
  childrenNamed,
  EXPLICITLY_EMPTY,
  type SourceNode,
  textNode,
} from '../mapping/source-node.ts';
import { Typed } from '../mapping/target.ts';
import { isOid, localSystem } from './convert-identifier.ts';

/** A time; option `date: true` keeps only the day, as birth dates want. */
export const dtm: Converter = {
  type: 'dateTime',
  convert(node, context) {
    const leaf = textNode(node);
    if (leaf?.value === undefined || leaf.value === EXPLICITLY_EMPTY) return undefined;
    const time = hl7Time(leaf.value, context.overlay.zone);
    if (time === 'not-a-time') {
      context.reject(leaf, 'not-a-time', 'Not a date or time of HL7 v2.');
      return undefined;
    }
    if (time === 'skipped-by-clock') {
      context.reject(leaf, 'skipped-by-clock', 'The clock skipped this hour in spring.');
      return undefined;
    }
    if (time.note)
      context.note(leaf, 'hour-twice', 'The clock showed this hour twice; the first was taken.');
    context.use(leaf);
    if (context.options['date'] === true) return time.value.slice(0, 10);
    if (context.options['timed'] === true && time.type === 'date') return undefined;
    return time.value;
  },
};

export const text: Converter = {
  type: 'string',
  convert: (node, context) => take(context, node)?.trim() || undefined,
};

/** All nodes of `with: { lines }` as one text, one line each. */
export const lines: Converter = {
  type: 'string',
  convert(_node, context) {
    const found = context.all('lines').map((node) => take(context, node) ?? '');
    return found.join('\n').trim() || undefined;
  },
};

export const yesNo: Converter = {
  type: 'boolean',
  convert(node, context) {
    const sent = take(context, node)?.trim().toUpperCase();
    if (sent === undefined) return undefined;
    if (sent === 'Y' || sent === 'J') return true;
    if (sent === 'N') return false;
    context.reject(node, 'not-yes-or-no', 'Neither Y nor N.');
    return undefined;
  },
};

export const integer: Converter = {
  type: 'integer',
  convert(node, context) {
    const sent = take(context, node)?.trim() ?? '';
    return /^\d{1,9}$/.test(sent) ? Number(sent) : undefined;
  },
};

/** A code through the field's table; not in the table is reported, and the field's default applies. */
export const code: Converter = {
  type: 'code',
  convert(node, context) {
    const sent = take(context, node)?.trim();
    if (sent === undefined) return undefined;
    if (!context.table) return sent;
    const row = context.table.rows.get(sent);
    if (!row) context.reject(node, 'unknown-code', `Not in table ${context.table.name}.`);
    return row?.code === '' ? undefined : row?.code;
  },
};

export const coding: Converter = {
  type: 'Coding',
  convert(node, context) {
    const sent = take(context, node)?.trim();
    const row = sent === undefined ? undefined : context.table?.rows.get(sent);
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
  if (oid !== undefined && isOid(oid)) return `urn:oid:${oid}`;
  if (name === undefined) return localSystem(overlay, local);
  const known = overlay.codeSystems[name] ?? overlay.codeSystems[name.toUpperCase()];
  if (known !== undefined) return known;
  const table = /^HL7-?(\d{4})$/.exec(name);
  if (table) return `http://terminology.hl7.org/CodeSystem/v2-${table[1]}`;
  if (isOid(name)) return `urn:oid:${name}`;
  return localSystem(overlay, name === 'L' ? local : name);
}

/** Codes, texts, systems, system OIDs and versions of the three triplets of a CWE. */
const TRIPLETS = [
  ['1', '2', '3', '14', '7'],
  ['4', '5', '6', '17', '8'],
  ['10', '11', '12', '20', '13'],
] as const;

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
    found.push({
      system,
      ...(version ? { version } : {}),
      code: value,
      ...(display ? { display } : {}),
    });
    for (const added of context.overlay.codes[`${name ?? 'L'}|${value}`] ?? [])
      found.push({ ...added });
  }
  return { coding: found, texts };
}

/** CWE and CE. With a table the translation is added after what was sent, or first with `first: true`. */
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
    const row = context.table?.rows.get(sent);
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

const unitAt = (context: ConvertContext): Partial<Quantity> => {
  const node = context.args['unit'];
  return unitOf(take(context, node, '1') ?? take(context, node, '2'), context.overlay);
};

/**
 * OBX-5 by OBX-2. A number in ST becomes a Quantity when a unit says that it is one; what is no number
 * stays text: `zie onder` is a result, not an error.
 */
export const obxValue: Converter = {
  type: 'string',
  convert(node, context) {
    const type = textNode(context.args['type'])?.value ?? '';
    switch (type) {
      case 'NM':
        return numeric(node, context) ?? plain(node, context);
      case 'SN':
        return structuredNumber(node, context) ?? plain(node, context);
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
        return plain(node, context);
      case 'ED':
      case 'RP':
        return undefined;
      default:
        return (context.args['unit'] ? numeric(node, context) : undefined) ?? plain(node, context);
    }
  },
};

/** The unit counts as taken only when there is a number that it belongs to. */
function numeric(node: SourceNode, context: ConvertContext): Typed | undefined {
  const sent = textNode(childrenNamed(node, '1')[0] ?? node)?.value;
  if (sent === undefined || quantityOf(sent, {}) === undefined) return undefined;
  take(context, node, '1');
  return new Typed('Quantity', quantityOf(sent, unitAt(context)));
}

/** One text of every repetition of OBX-5: senders break long texts over repetitions. */
function plain(_node: SourceNode, context: ConvertContext): Typed | undefined {
  const parts = context.all('all').map((node) => allText(node, context));
  const joined = parts.join('\n').trim();
  return joined === '' ? undefined : new Typed('string', joined);
}

function allText(node: SourceNode, context: ConvertContext): string {
  if (node.value !== undefined) return take(context, node) ?? '';
  return node.children.map((child) => allText(child, context)).join(' ');
}

function coded(node: SourceNode, context: ConvertContext): Typed | undefined {
  const concept = cwe.convert(node, context);
  return concept === undefined ? undefined : new Typed('CodeableConcept', concept);
}

function typedTime(node: SourceNode, context: ConvertContext): Typed | undefined {
  const value = dtm.convert(node, context);
  return typeof value === 'string' ? new Typed('dateTime', value) : plain(node, context);
}

/** SN: comparator, number, separator, number. */
function structuredNumber(node: SourceNode, context: ConvertContext): Typed | undefined {
  const comparator = take(context, node, '1')?.trim() ?? '';
  const first = take(context, node, '2');
  const separator = take(context, node, '3')?.trim();
  const second = take(context, node, '4');
  const unit = unitAt(context);
  if (first === undefined) return undefined;
  if (separator === undefined || second === undefined) {
    if (separator === '+') return undefined;
    const quantity = quantityOf(`${comparator === '<>' ? '' : comparator}${first}`, unit);
    return quantity && comparator !== '<>' ? new Typed('Quantity', quantity) : undefined;
  }
  const low = quantityOf(first, unit);
  const high = quantityOf(second, unit);
  if (!low || !high) return undefined;
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
    return limitsOf(sent, {}) === undefined ? { text: sent } : limitsOf(sent, unitAt(context));
  },
};

/** OBX-8: the zib flag first, then the HL7 code. Normal gives no flag (source-formats.md 3.5). */
export const interpretation: Converter = {
  type: 'CodeableConcept',
  convert(node, context) {
    const sent = take(context, node, '1')?.trim() ?? take(context, node)?.trim();
    if (sent === undefined || sent === 'N') return undefined;
    const row = context.table?.rows.get(sent);
    const display = take(context, node, '2')?.trim();
    take(context, node, '3');
    const system = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation';
    const known = context.tableNamed('observation-interpretation').rows.get(sent);
    const original = known
      ? { system, code: sent, ...(known.display ? { display: known.display } : {}) }
      : {
          system: localSystem(context.overlay, 'interpretation'),
          code: sent,
          ...(display ? { display } : {}),
        };
    return { coding: [...(row ? [{ ...row }] : []), original] };
  },
};

/** Several parts that identify something, as one number of the sender. */
export const composedId: Converter = {
  type: 'Identifier',
  convert(_node, context) {
    const parts = ['order', 'code', 'sub'].map(
      (name) => textNode(context.args[name])?.value?.trim() ?? '',
    );
    if (parts[0] === '' || parts[1] === '') return undefined;
    const value = parts.join('|').replace(/\|$/, '');
    return { system: localSystem(context.overlay, 'observation'), value };
  },
};

/** DR and TQ: start and end in components 1 and 2, or 4 and 5. */
export const period: Converter = {
  type: 'Period',
  convert(node, context) {
    const at = (name: unknown) => {
      const [part] = typeof name === 'string' ? childrenNamed(node, name) : [];
      return part ? dtm.convert(part, { ...context, options: {} }) : undefined;
    };
    const start = at(context.options['start'] ?? '1');
    const end = at(context.options['end'] ?? '2');
    if (start === undefined && end === undefined) return undefined;
    return { ...(start ? { start } : {}), ...(end ? { end } : {}) };
  },
};

/** A decimal with the digits it was sent with. */
export const decimalValue: Converter = {
  type: 'decimal',
  convert(node, context) {
    const sent = textNode(node)?.value;
    const value = sent === undefined ? undefined : decimal(sent);
    if (value !== undefined) take(context, node);
    return value;
  },
};

/** FHIR `instant`: only a full time with seconds and offset will do. */
export const instant: Converter = {
  type: 'instant',
  convert(node, context) {
    const value = dtm.convert(node, { ...context, options: { timed: true } });
    return typeof value === 'string' ? value : undefined;
  },
};

/** A code, its text and its system as sub-components of one component (OBR-15 before v2.5). */
export const partsConcept: Converter = {
  type: 'CodeableConcept',
  convert: (node, context) => cwe.convert(node, context),
};

/** Whatever parts a text was cut into, joined again. */
export const partsText: Converter = {
  type: 'string',
  convert: (node, context) => allText(node, context).trim() || undefined,
};

/** The code of a CWE, through the field's table. */
export const codeOf: Converter = {
  type: 'code',
  convert(node, context) {
    const [first] = childrenNamed(node, '1');
    return first && code.convert(first, context);
  },
};

/** PL: point of care, room, bed, facility, building, floor, as one line for people. */
export const location: Converter = {
  type: 'string',
  convert(node, context) {
    const parts = ['9', '1', '2', '3', '4', '7', '8'].flatMap(
      (name) => take(context, node, name)?.trim() || [],
    );
    return [...new Set(parts)].join(', ') || undefined;
  },
};
