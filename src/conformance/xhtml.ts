/**
 * The XHTML of a narrative as text that is certain to be well-formed.
 *
 * JSON carries the div as a string, so nothing checks it on the way in; put into XML as it is, a
 * stray `</div>` would end the narrative and begin elements of the resource.
 * https://hl7.org/fhir/R4/narrative.html
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';

export const XHTML_NAMESPACE = 'http://www.w3.org/1999/xhtml';
const XHTML_LIMITS = { depthMax: 100 } as const;

/** HTML entities that senders use although XML does not know them. */
const ENTITIES: Readonly<Record<string, string>> = {
  nbsp: '\u00a0',
  copy: '©',
  reg: '®',
  deg: '°',
  micro: 'µ',
  euro: '€',
  mdash: '—',
  ndash: '–',
  hellip: '…',
  eacute: 'é',
  euml: 'ë',
  iuml: 'ï',
  ouml: 'ö',
  uuml: 'ü',
  egrave: 'è',
  ldquo: '“',
  rdquo: '”',
  lsquo: '‘',
  rsquo: '’',
  bull: '•',
  plusmn: '±',
  times: '×',
  le: '≤',
  ge: '≥',
};

export interface XhtmlAttribute {
  readonly name: string;
  readonly value: string;
}

/** What to do with an element: write it with these attributes, leave out its tags, or all of it. */
export type XhtmlVerdict = readonly XhtmlAttribute[] | 'unwrap' | 'drop';

export function escapeXml(text: string): string {
  return text
    .replace(/[&<>]/g, (sign) => (sign === '&' ? '&amp;' : sign === '<' ? '&lt;' : '&gt;'))
    .replace(XML_FORBIDDEN, '\ufffd');
}

/** Text as it may stand between double quotes in XML. */
export function escapeXmlAttribute(text: string): string {
  if (!ATTRIBUTE_SPECIAL.test(text)) return text;
  return escapeXml(text).replace(/["\n\r\t]/g, (sign) =>
    sign === '"' ? '&quot;' : `&#${sign.charCodeAt(0)};`,
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters XML 1.0 forbids.
const XML_FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same, with what needs an escape.
const ATTRIBUTE_SPECIAL = /[&<>"\u0000-\u001f\ufffe\uffff]/;

/** Opens XML parsing that knows HTML's entities; namespaces on. DOCTYPE is the caller's to refuse. */
export function xmlParser(): SaxesParser<{ xmlns: true }> {
  const parser = new SaxesParser({ xmlns: true });
  Object.assign(parser.ENTITIES, ENTITIES);
  return parser;
}

/** Name and value of the attributes of a tag, without namespace declarations. */
export function attributesOf(tag: SaxesTagNS): XhtmlAttribute[] {
  return Object.values(tag.attributes)
    .filter((attribute) => attribute.prefix !== 'xmlns' && attribute.name !== 'xmlns')
    .map((attribute) => ({ name: attribute.name, value: attribute.value }));
}

/** One start tag. The outermost element declares the namespace for all inside it. */
export function openTag(
  name: string,
  attributes: readonly XhtmlAttribute[],
  root: boolean,
): string {
  const namespace = root ? ` xmlns="${XHTML_NAMESPACE}"` : '';
  const spelled = attributes.map(({ name, value }) => ` ${name}="${escapeXmlAttribute(value)}"`);
  return `<${name}${namespace}${spelled.join('')}`;
}

/**
 * Reads a div and writes it again, asking `judge` about every element. Undefined when the text is
 * not one well-formed element; comments, processing instructions and DOCTYPE do not come through.
 */
export function rewriteXhtml(
  text: string,
  judge: (tag: string, attributes: readonly XhtmlAttribute[]) => XhtmlVerdict,
): string | undefined {
  const out: string[] = [];
  const open: ('written' | 'unwrapped' | 'dropped')[] = [];
  let dropping = 0;
  let pending = false;
  const settle = (): void => {
    if (pending) out.push('>');
    pending = false;
  };
  const parser = xmlParser();
  const fail = (): never => {
    throw new RangeError('Not well-formed XHTML.');
  };
  parser.on('error', fail);
  parser.on('doctype', fail);
  parser.on('opentag', (tag) => {
    if (open.length >= XHTML_LIMITS.depthMax) fail();
    const verdict = dropping > 0 ? 'drop' : judge(tag.local, attributesOf(tag));
    if (verdict === 'drop') dropping++;
    settle();
    const state = verdict === 'drop' ? 'dropped' : verdict === 'unwrap' ? 'unwrapped' : 'written';
    if (typeof verdict !== 'string') {
      out.push(openTag(tag.local, verdict, open.length === 0));
      pending = true;
    }
    open.push(state);
  });
  parser.on('closetag', (tag) => {
    const state = open.pop();
    if (state === 'dropped') dropping--;
    if (state !== 'written') return;
    out.push(pending ? '/>' : `</${tag.local}>`);
    pending = false;
  });
  const write = (content: string): void => {
    if (dropping > 0 || open.length === 0) return;
    settle();
    out.push(escapeXml(content));
  };
  parser.on('text', write);
  parser.on('cdata', write);
  try {
    parser.write(text).close();
  } catch {
    return undefined;
  }
  return out.join('');
}

/** The same div, certain to be well-formed; text that is no XHTML becomes plain text in a div. */
export function wellFormedXhtml(text: string): string {
  const rewritten = rewriteXhtml(text, (_tag, attributes) => attributes);
  if (rewritten?.startsWith('<div')) return rewritten;
  const plain = text
    .replace(/<[^>]*>?/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return `<div xmlns="${XHTML_NAMESPACE}">${escapeXml(plain)}</div>`;
}
