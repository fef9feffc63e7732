/** Plain values and times of HL7 v2 to FHIR types. */
import { type ConvertContext, type Converter, take } from '../mapping/converter.ts';
import { type FhirTime, hl7Time } from '../mapping/date-time.ts';
import { decimal } from '../mapping/decimal.ts';
import {
  childrenNamed,
  EXPLICITLY_EMPTY,
  type SourceNode,
  textNode,
} from '../mapping/source-node.ts';
import { Primitive } from '../mapping/target.ts';

/** A time; option `date: true` keeps only the day, as birth dates want. */
export const dtm: Converter = {
  type: 'dateTime',
  convert(node, context) {
    const leaf = textNode(node);
    if (leaf?.value === undefined || leaf.value === EXPLICITLY_EMPTY) return undefined;
    const time = timeOrDay(leaf, leaf.value, context);
    if (time === undefined) return undefined;
    if (time.note)
      context.note(leaf, 'hour-twice', 'The clock showed this hour twice; the first was taken.');
    context.use(leaf);
    if (context.options['date'] === true) return time.value.slice(0, 10);
    if (context.options['timed'] === true && time.type === 'date') return undefined;
    return time.value;
  },
};

const NO_TIME = {
  'not-a-time': 'Not a date or time of HL7 v2',
  'skipped-by-clock': 'The clock skipped this hour in spring',
} as const;

const BEGINS_WITH_DAY = /^(\d{8})\d|^(\d{4}-\d\d-\d\d)[T ]/;

/** Of an hour that does not exist the day is kept: it is not that of something else. */
function timeOrDay(leaf: SourceNode, sent: string, context: ConvertContext): FhirTime | undefined {
  const time = hl7Time(sent, context.overlay.zone);
  if (typeof time !== 'string') return time;
  const [, plain, signed] = BEGINS_WITH_DAY.exec(sent.trim()) ?? [];
  const day = hl7Time(plain ?? signed ?? '', context.overlay.zone);
  if (typeof day === 'string') {
    context.reject(leaf, time, `${NO_TIME[time]}.`);
    return undefined;
  }
  context.note(leaf, time, `${NO_TIME[time]}: only its day was kept.`);
  return day;
}

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
    if (/^(Y|J|YES|JA)$/.test(sent)) return true;
    if (/^(N|NO|NEE)$/.test(sent)) return false;
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

/** The text of a node with all its parts, joined by blanks. */
export function allText(node: SourceNode, context: ConvertContext): string {
  if (node.value !== undefined) return take(context, node) ?? '';
  return node.children.map((child) => allText(child, context)).join(' ');
}

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
    if (isReversed(start, end)) {
      context.note(node, 'end-before-begin', 'The end lies before the beginning: it was left out.');
      return { start };
    }
    return { ...(start ? { start } : {}), ...(end ? { end } : {}) };
  },
};

/** As far as both are said: a month is not before a day in it. */
function isReversed(start: unknown, end: unknown): boolean {
  if (typeof start !== 'string' || typeof end !== 'string') return false;
  if (start.includes('T') && end.includes('T')) return Date.parse(end) < Date.parse(start);
  const length = Math.min(start.length, end.length, 10);
  return end.slice(0, length) < start.slice(0, length);
}

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

/**
 * FHIR `instant`: only a full time with seconds and offset will do. Of a day alone we invent no
 * hour: the element then says in `originalText` which day it was.
 */
export const instant: Converter = {
  type: 'instant',
  convert(node, context) {
    const value = dtm.convert(node, { ...context, options: {} });
    if (typeof value !== 'string' || value.includes('T')) return value;
    return new Primitive(undefined, [{ url: ORIGINAL_TEXT, valueString: value }]);
  },
};

const ORIGINAL_TEXT = 'http://hl7.org/fhir/StructureDefinition/originalText';

/** Whatever parts a text was cut into, joined again. */
export const partsText: Converter = {
  type: 'string',
  convert: (node, context) => allText(node, context).trim() || undefined,
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
