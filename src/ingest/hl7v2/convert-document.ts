/**
 * ED and RP: documents inside a message (source-formats.md 3.6). Bytes are checked, never
 * rendered.
 */
import { Problem } from '../../platform/problem.ts';
import { isActivePdf, looksLikePdf } from '../active-pdf.ts';
import { type ConvertContext, type Converter, take } from '../mapping/converter.ts';
import {
  childrenNamed,
  EXPLICITLY_EMPTY,
  type SourceNode,
  textNode,
} from '../mapping/source-node.ts';
import { Primitive } from '../mapping/target.ts';
import { allText } from './convert-value.ts';

const UNKNOWN = {
  url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason',
  valueCode: 'unknown',
};

const TYPES: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  rtf: 'application/rtf',
  html: 'text/html',
  xml: 'text/xml',
  'x-hl7-cda-level-one': 'text/xml',
  plain: 'text/plain',
  txt: 'text/plain',
  text: 'text/plain',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  png: 'image/png',
  tiff: 'image/tiff',
  tif: 'image/tiff',
  gif: 'image/gif',
  dicom: 'application/dicom',
};

/** ED.2/ED.3 as `application^pdf`, `^PDF`, or only `PDF` or `application/pdf` in one of them. */
export const edType: Converter = {
  type: 'code',
  convert(node, context) {
    if (isBarePdf(node)) return 'application/pdf';
    const type = take(context, node, '2')?.trim().toLowerCase();
    const subtype = take(context, node, '3')?.trim().toLowerCase();
    return mediaTypeOf(type, subtype);
  },
};

const MEDIA_TYPE = /^(application|text|image|audio|video)\/[a-z0-9][a-z0-9.+-]*$/;

function mediaTypeOf(type: string | undefined, subtype: string | undefined): string {
  const whole = [type, subtype].find((one) => one !== undefined && MEDIA_TYPE.test(one));
  if (whole !== undefined) return whole;
  if (subtype !== undefined && TYPES[subtype] !== undefined) return TYPES[subtype];
  if (
    type !== undefined &&
    subtype !== undefined &&
    /^(application|text|image|audio|video)$/.test(type)
  ) {
    return `${type}/${subtype}`;
  }
  if (type !== undefined && TYPES[type] !== undefined) return TYPES[type];
  return type === 'text' || type === 'ft' ? 'text/plain' : 'application/octet-stream';
}

/** ED.5 as base64, whatever ED.4 says it is: `Base64`, `Hex` or `A` (plain text). */
export const edData: Converter = {
  type: 'base64Binary',
  convert(node, context) {
    const encoding = take(context, node, '4')?.trim().toLowerCase() ?? 'base64';
    const data = isBarePdf(node) ? take(context, node) : dataAt(node, context);
    if (data === undefined) return undefined;
    const bytes = decoded(data.replace(/\s+/g, encoding === 'a' ? ' ' : ''), data, encoding);
    if (!bytes) {
      context.reject(
        childrenNamed(node, '5')[0] ?? node,
        'document-encoding',
        'ED-5 is not what ED-4 says.',
      );
      return undefined;
    }
    const type = mediaTypeOf(
      textNode(childrenNamed(node, '2')[0])?.value?.trim().toLowerCase(),
      textNode(childrenNamed(node, '3')[0])?.value?.trim().toLowerCase(),
    );
    if (type === 'application/pdf' && bytes.subarray(0, 1024).indexOf('%PDF-') < 0) {
      context.note(node, 'not-a-pdf', 'Called a PDF, but it does not begin as one.');
    }
    if ((type === 'application/pdf' || looksLikePdf(bytes)) && isActivePdf(bytes)) {
      throw active(node.place);
    }
    return bytes.toString('base64');
  },
};

/** ED without its parts: the bytes alone, which show what they are. */
const isBarePdf = ({ value }: SourceNode): boolean => value?.startsWith(PDF_IN_BASE64) === true;
const PDF_IN_BASE64 = Buffer.from('%PDF-1').toString('base64');

const active = (place: string) =>
  new Problem('unprocessable', 'A PDF with active content is refused.', {
    code: 'active-content',
    expression: [place],
  });

/** Unescaped text in ED.5 may have been cut at stray separators: taken together as it stood. */
function dataAt(node: SourceNode, context: ConvertContext): string | undefined {
  const [part] = childrenNamed(node, '5');
  return part && take(context, part);
}

function decoded(compact: string, raw: string, encoding: string): Buffer | undefined {
  if (encoding === 'a') return Buffer.from(raw, 'utf8');
  if (encoding === 'hex') {
    return /^([0-9A-Fa-f]{2})+$/.test(compact) ? Buffer.from(compact, 'hex') : undefined;
  }
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact) || compact.length % 4 === 1) return undefined;
  return Buffer.from(compact, 'base64');
}

/** What is text in itself, unless a unit says that it is an amount. */
const TEXTS = new Set(['', 'TX', 'FT', 'ST']);

/**
 * Text lines of a report as one text/plain document; `with: lines`, its OBX. A measurement among
 * them says what was measured, and in what.
 */
export const textData: Converter = {
  type: 'base64Binary',
  convert(_node, context) {
    const found = context.all('lines').flatMap((obx) => linesOf(obx, context));
    const joined = found.join('\n');
    return joined.trim() === '' ? undefined : Buffer.from(joined, 'utf8').toString('base64');
  },
};

function linesOf(obx: SourceNode, context: ConvertContext): string[] {
  const field = (name: string) => childrenNamed(obx, name)[0];
  const type = textNode(field('2'))?.value ?? '';
  const unitSent = textNode(field('6'))?.value?.trim() ?? '';
  const unit = unitSent === EXPLICITLY_EMPTY ? '' : unitSent;
  const values = childrenNamed(obx, '5');
  if (TEXTS.has(type) && unit === '') return values.map((one) => take(context, one) ?? '');
  const code = field('3');
  const name = code && (textNode(childrenNamed(code, '2')[0]) ?? textNode(code))?.value?.trim();
  const unitNode = field('6');
  if (unitNode) context.use(textNode(unitNode));
  return values.map((one) => {
    const told = wordsOf(one, type, context);
    const amount = unit === '' ? told : `${told} ${unit}`;
    return name ? `${name}: ${amount}` : amount;
  });
}

/** The name of a code, or else all of its parts. */
function wordsOf(value: SourceNode, type: string, context: ConvertContext): string {
  const whole = allText(value, context).trim();
  const [name] = /^(CE|CWE|CNE|CF)$/.test(type) ? childrenNamed(value, '2') : [];
  return textNode(name)?.value?.trim() || whole;
}

/**
 * RP: pointer and application. Nothing is fetched here. Where it leads nowhere on the web, option
 * `absent` says so in its place, since a document must have content.
 */
export const rpUrl: Converter = {
  type: 'url',
  convert(node, context) {
    const pointer = take(context, node, '1')?.trim();
    take(context, node, '2');
    if (pointer === undefined || !/^https?:\/\/[^\s]+$/i.test(pointer)) {
      if (pointer !== undefined)
        context.reject(node, 'document-pointer', 'RP-1 is no web address.');
      return context.options['absent'] === true ? new Primitive(undefined, [UNKNOWN]) : undefined;
    }
    return pointer;
  },
};
