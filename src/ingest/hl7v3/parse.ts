/**
 * HL7 version 3 and CDA as a source tree. XML is read safely: no DOCTYPE, so no entities of the
 * sender's own and nothing fetched; depth, size, nodes and attributes are bounded.
 *
 * Namespaces decide, never prefixes: elements of `urn:hl7-org:v3` keep their local name, the other
 * namespaces that these messages use get the prefix below, any other one gets `x:`. Attributes are
 * children called `@name`; the qualified name in `xsi:type` loses its prefix.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { Problem } from '../../platform/problem.ts';
import type { SourceNode } from '../mapping/source-node.ts';
import { decodeXml } from './decode.ts';

const HL7_NAMESPACE = 'urn:hl7-org:v3';

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/** Namespaces with a name of their own in rule tables. */
const PREFIXES: Readonly<Record<string, string>> = {
  [HL7_NAMESPACE]: '',
  'urn:hl7-org:sdtc': 'sdtc:',
  'urn:ihe:pharm:medication': 'pharm:',
  'urn:hl7-nl:v3': 'hl7nl:',
  'http://hl7.org/fhir': 'fhir:',
  'http://www.w3.org/1999/xhtml': 'html:',
  'http://schemas.xmlsoap.org/soap/envelope/': 'soap:',
  'http://www.w3.org/2003/05/soap-envelope': 'soap:',
  [XSI]: 'xsi:',
};

export interface XmlLimits {
  readonly maxBytes: number;
  readonly maxDepth: number;
  /** Elements and attributes together. */
  readonly maxNodes: number;
  readonly maxAttributesPerElement: number;
}

export const XML_LIMITS: XmlLimits = {
  maxBytes: 10_485_760,
  maxDepth: 100,
  maxNodes: 500_000,
  maxAttributesPerElement: 60,
};

/** Name of a run of text between the elements of a narrative, where the order matters. */
export const TEXT_RUN = '#text';

/** An element while its end has not been seen: its place is known only when its siblings are. */
interface OpenElement {
  readonly name: string;
  readonly attributes: readonly { readonly name: string; readonly value: string }[];
  readonly children: OpenElement[];
  text: string;
  /** Whether there is more in the text than white space. */
  hasWords?: boolean;
  /** True once it got the words of an element inside it, as a list those of its items. */
  holdsWords?: boolean;
}

/**
 * The document element as a source tree, places being XPaths with a position where siblings share
 * a name.
 * @throws Problem `invalid` or `too-large`; its expression is the path of the element being read.
 */
export function parseXml(bytes: Buffer, limits: XmlLimits = XML_LIMITS): SourceNode {
  if (bytes.length > limits.maxBytes) {
    throw new Problem('too-large', `The message is larger than ${limits.maxBytes} bytes.`, {
      expression: ['/'],
    });
  }
  const root = readElements(decodeXml(bytes), limits);
  return placed(root, `/${root.name}`);
}

function readElements(xml: string, limits: XmlLimits): OpenElement {
  const parser = new SaxesParser({ xmlns: true, position: true });
  const open: OpenElement[] = [];
  let root: OpenElement | undefined;
  let nodes = 0;
  /** Depth at which the narrative of a section began: its marked-up text keeps its order. */
  let narrative: number | undefined;
  /** Depth at which a text that is no narrative began: its words keep their order too. */
  let words: number | undefined;
  const refuse = (kind: 'invalid' | 'too-large', code: string, reason: string): never => {
    throw new Problem(kind, `${reason} (line ${parser.line}, column ${parser.column}).`, {
      code,
      expression: [`/${open.map((element) => element.name).join('/')}`],
    });
  };
  const addText = (text: string) => {
    const top = open[open.length - 1];
    if (!top) return;
    top.text += text;
    top.hasWords ||= text.trim() !== '';
    if (narrative === undefined) return;
    const last = top.children[top.children.length - 1];
    if (last?.name === TEXT_RUN) last.text += text;
    else top.children.push({ name: TEXT_RUN, attributes: [], children: [], text });
  };
  parser.on('doctype', () => refuse('invalid', 'xml-doctype', 'A DOCTYPE is not accepted'));
  parser.on('error', () => refuse('invalid', 'xml-not-well-formed', 'The XML is not well formed'));
  parser.on('text', addText);
  parser.on('cdata', addText);
  // While they are read, and also what declares a prefix: one tag can hold a whole message of them.
  const given = { own: 0, prefixes: 0 };
  parser.on('opentagstart', () => Object.assign(given, { own: 0, prefixes: 0 }));
  parser.on('attribute', ({ prefix }) => {
    given[prefix === 'xmlns' ? 'prefixes' : 'own'] += 1;
    if (Math.max(given.own, given.prefixes) > limits.maxAttributesPerElement)
      refuse('too-large', 'xml-attributes', 'An element has too many attributes');
  });
  parser.on('opentag', (tag) => {
    const attributes = attributesOf(tag);
    nodes += 1 + attributes.length;
    if (nodes > limits.maxNodes)
      refuse('too-large', 'xml-nodes', 'The message has too many elements');
    if (open.length >= limits.maxDepth)
      refuse('too-large', 'xml-depth', 'Elements are nested too deeply');
    const element: OpenElement = {
      name: named(tag.uri, tag.local),
      attributes,
      children: [],
      text: '',
    };
    const parent = open[open.length - 1];
    if (parent) parent.children.push(element);
    else root ??= element;
    if (element.name === 'text' && parent?.name === 'section') narrative ??= open.length;
    else if (WORDS.has(element.name) && narrative === undefined) words ??= open.length;
    open.push(element);
  });
  parser.on('closetag', () => {
    const closed = open.pop();
    if (closed && narrative !== undefined) settleText(closed);
    if (narrative === open.length) narrative = undefined;
    // "1x daags<br/>2 tabletten" is not "1x daags2": what an element parts, it keeps apart.
    const around = open[open.length - 1];
    if (around?.hasWords) around.text += BREAKS.test(closed?.name ?? '') ? '\n' : ' ';
    if (closed && around && words !== undefined && words < open.length) joinWords(around, closed);
    if (words === open.length) words = undefined;
  });
  parser.write(xml).close();
  return root ?? refuse('invalid', 'xml-not-well-formed', 'The XML has no element');
}

/** Elements that end a line. */
const BREAKS = /(^|:)(br|p|paragraph|item)$/;

/** Elements of plain words, in which some senders mark up a word or two. */
const WORDS: ReadonlySet<string> = new Set(['text', 'originalText', 'desc']);

/** "Let op <b>niet</b> pletten" is one text: what is marked up stays where it stands. */
function joinWords(around: OpenElement, closed: OpenElement): void {
  if (!closed.hasWords && !closed.holdsWords) return;
  around.text += `${closed.text}${around.hasWords ? ' ' : '\n'}`;
  around.holdsWords = true;
  closed.text = '';
}

/** Text with elements between it is kept as runs in their order; without, as the element's own. */
function settleText(element: OpenElement): void {
  const runs = element.children.filter((child) => child.name === TEXT_RUN);
  if (runs.length < element.children.length) element.text = '';
  else element.children.length = 0;
}

const named = (uri: string, local: string) => `${PREFIXES[uri] ?? 'x:'}${local}`;

function attributesOf(tag: SaxesTagNS): { name: string; value: string }[] {
  const attributes: { name: string; value: string }[] = [];
  for (const { prefix, uri, local, value } of Object.values(tag.attributes)) {
    if (prefix === 'xmlns' || (prefix === '' && local === 'xmlns')) continue;
    const own = uri === '' ? local : named(uri, local);
    attributes.push({ name: `@${own}`, value: textOf(own, value) });
  }
  return attributes;
}

/** Types lose their prefix; a denial is `true`, however its sender writes an XML boolean. */
function textOf(name: string, value: string): string {
  if (name === 'xsi:type') return value.trim().replace(/^[^:]*:/, '');
  if (name !== 'negationInd') return value;
  return { '1': 'true', '0': 'false' }[value.trim()] ?? value.trim().toLowerCase();
}

function placed(element: OpenElement, place: string): SourceNode {
  const children: SourceNode[] = element.attributes.map(({ name, value }) => ({
    name,
    place: `${place}/${name}`,
    value,
    children: NO_CHILDREN,
  }));
  const steps = stepsOf(element.children);
  for (const [at, child] of element.children.entries()) {
    children.push(placed(child, `${place}/${steps?.[at] ?? child.name}`));
  }
  const text = element.children.length > 0 ? element.text.trim() : element.text;
  const value = text.trim() === '' ? undefined : text;
  return { name: element.name, place, value, children };
}

const NO_CHILDREN: readonly SourceNode[] = [];

/** Names with a position where siblings share one; undefined when there is only one child. */
function stepsOf(children: readonly OpenElement[]): string[] | undefined {
  if (children.length < 2) return undefined;
  const total = new Map<string, number>();
  for (const { name } of children) total.set(name, (total.get(name) ?? 0) + 1);
  if (total.size === children.length) return undefined;
  const seen = new Map<string, number>();
  return children.map(({ name }) => {
    if (total.get(name) === 1) return name;
    const position = (seen.get(name) ?? 0) + 1;
    seen.set(name, position);
    return `${name}[${position}]`;
  });
}
