/** Values of MEDLAB, MEDVRI and MEDRPT to FHIR types (source-formats.md 2.4, 2.5, 11). */
import {
  type ConvertContext,
  type Converter,
  type Converters,
  take,
} from '../mapping/converter.ts';
import { hl7Time } from '../mapping/date-time.ts';
import { quantityOf, unitOf } from '../mapping/quantity.ts';
import { childrenNamed, type SourceNode, textNode } from '../mapping/source-node.ts';
import { Typed } from '../mapping/target.ts';
import {
  agb,
  citizenNumber,
  givenAddress,
  localNumber,
  namedParts,
  partyAddress,
  partyName,
  personName,
  phone,
  qualifiedName,
  sex,
  writtenAddress,
  writtenName,
} from './convert-person.ts';
import { fullYear, named, part, wholeText, withSign, yearNear } from './element.ts';
import { flag, limits, limitText } from './limits.ts';

/** Memo codes of NHG table 45: fixed width, and the blanks are part of the code. */
const MEMO =
  'https://referentiemodel.nhg.org/tabellen/nhg-tabel-45-diagnostische-bepalingen#memocode';

const digitsOf = (text: string | undefined) => text?.replace(/\D/g, '') ?? '';

function timed(node: SourceNode, context: ConvertContext, stamp: string): string | undefined {
  const found = hl7Time(stamp, context.overlay.zone);
  if (typeof found !== 'string') return found.value;
  context.reject(node.children[0] ?? node, found, 'The value is not a date or time that exists.');
  return undefined;
}

/** Year, month and day in components; two digits of a year are of this time. */
function dayOf(node: SourceNode | undefined, context: ConvertContext, yearOf = yearNear) {
  if (node === undefined) return undefined;
  const parts = ['1', '2', '3'].map((name) => digitsOf(part(context, node, name)));
  const [year = '', month = '', day = ''] = parts;
  if (year === '') return undefined;
  const whole = year.length === 2 ? yearOf(year, context.received) : year;
  const two = (digits: string) => (digits === '' ? '' : digits.padStart(2, '0'));
  return `${whole}${two(month)}${two(day)}`;
}

const birthDay: Converter = {
  type: 'date',
  convert(node, context) {
    const day = dayOf(node, context, fullYear);
    return day === undefined ? undefined : timed(node, context, day)?.slice(0, 10);
  },
};

/** DET: date in element 1, clock in element 2. Option `timed`: only with a clock. */
const moment: Converter = {
  type: 'dateTime',
  convert(node, context) {
    const day = dayOf(childrenNamed(node, '1')[0], context);
    if (day === undefined) return undefined;
    if (context.options['timed'] === true && !childrenNamed(node, '2')[0]) return undefined;
    const clock = childrenNamed(node, '2')[0];
    const [hours, minutes] = ['1', '2'].map((name) => digitsOf(part(context, clock, name)));
    const time = hours === '' ? '' : `${hours?.padStart(2, '0')}${minutes?.padStart(2, '0')}`;
    return timed(node, context, day.length === 8 ? `${day}${time}` : day);
  },
};

/** UNB-4: `yymmdd:hhmm`, or the year in four digits. */
const stamp: Converter = {
  type: 'instant',
  convert(node, context) {
    const [day, clock] = ['1', '2'].map((name) => digitsOf(part(context, node, name)));
    if (day?.length !== 6 && day?.length !== 8) return undefined;
    const whole =
      day.length === 6 ? `${yearNear(day.slice(0, 2), context.received)}${day.slice(2)}` : day;
    return timed(node, context, `${whole}${clock?.length === 4 ? clock : '0000'}`);
  },
};

/** DTM of MEDRPT: qualifier, value, format 102 (date), 203 or 204 (with time). Option `date`. */
const qualifiedTime: Converter = {
  type: 'dateTime',
  convert(node, context) {
    const value = part(context, node, '2');
    part(context, node, '1');
    part(context, node, '3');
    if (value === undefined) return undefined;
    const found = timed(node, context, value);
    if (context.options['timed'] === true && !found?.includes('T')) return undefined;
    return context.options['date'] === true ? found?.slice(0, 10) : found;
  },
};

const text: Converter = { type: 'string', convert: (node, context) => part(context, node, '1') };

/** All texts of the segments in `with: { lines, next, last }`, one line for each element. */
const lines: Converter = {
  type: 'string',
  convert(_node, context) {
    const sent = ['before', 'lines', 'next', 'then', 'last'].flatMap((name) => context.all(name));
    const found = sent.flatMap((node) => {
      const parts = node.value === undefined ? node.children : [node];
      const texts = parts.flatMap(linesOf(context));
      // A segment without text is an empty line of it.
      return texts.length === 0 ? [''] : texts;
    });
    return found.join('\n').trim() || undefined;
  },
};

const linesOf =
  (context: ConvertContext) =>
  (node: SourceNode): string[] => {
    if (node.name === '0') return [];
    return [node.value === undefined ? wholeText(context, node) : (take(context, node) ?? '')];
  };

/** The same as data of an attachment. */
const textData: Converter = {
  type: 'base64Binary',
  convert(node, context) {
    const found = lines.convert(node, context);
    return typeof found === 'string' ? Buffer.from(found, 'utf8').toString('base64') : undefined;
  },
};

/** Determination: its fixed width code (`with: code`) and its name. */
const determination: Converter = {
  type: 'CodeableConcept',
  convert(node, context) {
    const name = wholeText(context, node) || undefined;
    const code = take(context, context.args['code'])?.trimEnd();
    const coding = code ? [{ system: MEMO, code, ...named('display', name) }] : [];
    if (coding.length === 0 && name === undefined) return undefined;
    return { ...(coding.length > 0 ? { coding } : {}), ...named('text', name) };
  },
};

/** INV-2 of MEDRPT: code, kind, list, name. Only the list NHG has a system of its own. */
const investigation: Converter = {
  type: 'CodeableConcept',
  convert(node, context) {
    const code = take(context, node, '1')?.trimEnd();
    part(context, node, '2');
    const list = part(context, node, '3');
    const name = part(context, node, '4');
    if (code === undefined) return name === undefined ? undefined : { text: name };
    const known = list === 'NHG' ? MEMO : context.overlay.codeSystems[list ?? ''];
    const system = known ?? `${context.overlay.base}${list ?? 'codes'}`;
    return { coding: [{ system, code, ...named('display', name) }], ...named('text', name) };
  },
};

const HOUR_UNIT = /^(u|uur|h|hr|hh[.:]mm)$/i;

/**
 * Some results are a day or a time of the clock, written as digits (`22.15 uur`, `240208` as
 * `Datum inname`): no amount is meant by them.
 */
function isMoment(sent: string, unit: string | undefined, context: ConvertContext): boolean {
  if (/^([01]\d|2[0-3])[.:][0-5]\d$/.test(sent)) return HOUR_UNIT.test(unit ?? '');
  const name = textNode(context.args['name'])?.value ?? '';
  return unit === undefined && /^\d{6}(\d\d)?$/.test(sent) && /^datum\b/i.test(name.trim());
}

/** A number is a Quantity with its unit (`with: unit`), anything else a string. */
const resultValue: Converter = {
  type: 'string',
  convert(node, context) {
    const sent = withSign(wholeText(context, node));
    if (sent === '') return undefined;
    const unit = unitOf(take(context, context.args['unit']), context.overlay);
    const quantity = isMoment(sent, unit.unit, context) ? undefined : quantityOf(sent, unit);
    if (quantity) return new Typed('Quantity', quantity);
    const isTold = unit.unit === undefined || sent.endsWith(unit.unit);
    return new Typed('string', isTold ? sent : `${sent} ${unit.unit}`);
  },
};

/** One of a few words, through the field's table. */
const mapped: Converter = {
  type: 'code',
  convert(node, context) {
    const sent = part(context, node, '1')?.toUpperCase() ?? '';
    const row = context.table?.rows.get(sent);
    if (row === undefined && sent !== '') {
      context.reject(node, 'unknown-code', 'The code is not in the table of this element.');
    }
    return row?.code;
  },
};

const TIME_UNITS = new Set(['min', 'h', 'd']);

/** Amount and unit when the text is just that; `24 uur` is how long was collected (`time`). */
const volume: Converter = {
  type: 'Quantity',
  convert(node, context) {
    const sent = part(context, node, '1');
    const match = /^([\d.,]+)\s*(\D.*)?$/s.exec(sent ?? '');
    const amount = match && quantityOf(match[1] ?? '', unitOf(match[2], context.overlay));
    const isTime = TIME_UNITS.has(amount?.code ?? '');
    return amount && isTime === (context.options['time'] === true) ? amount : undefined;
  },
};

export const EDIFACT_CONVERTERS: Converters = {
  text,
  lines,
  'text-data': textData,
  'birth-day': birthDay,
  moment,
  stamp,
  DTM: qualifiedTime,
  'person-name': personName,
  'named-parts': namedParts,
  'written-name': writtenName,
  'written-address': writtenAddress,
  'party-address': partyAddress,
  'given-address': givenAddress,
  'qualified-name': qualifiedName,
  'party-name': partyName,
  phone,
  bsn: citizenNumber,
  number: localNumber,
  agb,
  sex,
  determination,
  investigation,
  result: resultValue,
  limits,
  'limit-text': limitText,
  flag,
  mapped,
  volume,
};
