/**
 * What the text of each FHIR primitive must look like.
 * R4 allows what STU3 does (a second of 60, exponents); where they differ the wider form holds.
 * https://hl7.org/fhir/R4/datatypes.html#primitive
 */
import { Decimal } from './decimal.ts';

const DATE = '\\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\\d|3[01]))?)?';
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60)(?:\\.\\d+)?';
const ZONE = '(?:Z|[+-](?:(?:0\\d|1[0-3]):[0-5]\\d|14:00))';
const FULL_DATE = '\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])';

const TEXT_FORMAT: Readonly<Record<string, RegExp>> = {
  code: /^\S+(?: \S+)*$/,
  id: /^[A-Za-z0-9\-.]{1,64}$/,
  oid: /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/,
  uuid: /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  uri: /^\S*$/,
  url: /^\S*$/,
  canonical: /^\S*$/,
  date: new RegExp(`^${DATE}$`),
  dateTime: new RegExp(`^(?:${DATE}|${FULL_DATE}T${TIME}${ZONE})$`),
  instant: new RegExp(`^${FULL_DATE}T${TIME}${ZONE}$`),
  time: new RegExp(`^${TIME}$`),
};
const BASE64 = /^[A-Za-z0-9+/\s]*(?:=\s*){0,2}$/;
const DATED = new Set(['date', 'dateTime', 'instant']);
const INTEGER_MAX = 2_147_483_647;

/** True when a JSON value is a right value of the primitive type. */
export function isPrimitiveValue(type: string, value: unknown): boolean {
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
      return isInteger(value, -INTEGER_MAX - 1);
    case 'unsignedInt':
      return isInteger(value, 0);
    case 'positiveInt':
      return isInteger(value, 1);
    case 'decimal':
      return typeof value === 'number' || value instanceof Decimal;
    default:
      return typeof value === 'string' && value !== '' && isText(type, value);
  }
}

const NUMBERS = new Set(['integer', 'unsignedInt', 'positiveInt', 'decimal']);

/**
 * True when a JSON value is of the kind that the primitive type is written as; a number may stand
 * as text, which is wrong and yet can be understood. https://hl7.org/fhir/R4/json.html#primitive
 */
export function isOfJsonKind(type: string, value: unknown): boolean {
  if (type === 'boolean') return typeof value === 'boolean';
  const isText = typeof value === 'string';
  if (!NUMBERS.has(type)) return isText;
  return isText || typeof value === 'number' || value instanceof Decimal;
}

function isInteger(value: unknown, min: number): boolean {
  return Number.isInteger(value) && Number(value) >= min && Number(value) <= INTEGER_MAX;
}

function isText(type: string, text: string): boolean {
  if (type === 'base64Binary') return BASE64.test(text);
  const format = TEXT_FORMAT[type];
  if (!format) return true;
  return format.test(text) && (!DATED.has(type) || isOnCalendar(text));
}

/** 30 February has the form of a date. */
function isOnCalendar(text: string): boolean {
  if (text.length < 10 || Number(text.slice(8, 10)) <= 28) return !text.startsWith('0000');
  const year = Number(text.slice(0, 4));
  const month = Number(text.slice(5, 7));
  return Number(text.slice(8, 10)) <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
