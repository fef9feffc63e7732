/**
 * A small XML document as a tree. DOCTYPE is refused before anything is read, so no entity of the
 * sender's own and nothing elsewhere is ever fetched (medmij-protocol.md 5.3).
 */
import { SaxesParser } from 'saxes';
import { Problem } from '../../platform/problem.ts';

export interface XmlNode {
  readonly name: string;
  readonly namespace: string;
  readonly children: readonly XmlNode[];
  readonly text: string;
  /** Attributes of its own: not namespaces, nor what any XML schema allows (xsi:). */
  readonly attributes: readonly string[];
  /** Where it opens, from 1. */
  readonly line: number;
}

interface OpenNode extends XmlNode {
  readonly children: XmlNode[];
  text: string;
}

const DEPTH_MAX = 32;
const NODES_MAX = 2_000_000;
const OF_ANY: ReadonlySet<string> = new Set([
  'http://www.w3.org/2000/xmlns/',
  'http://www.w3.org/2001/XMLSchema-instance',
]);

/** @throws Problem `invalid`: not well formed, a DOCTYPE, or far too deep or large. */
export function readXmlTree(text: string): XmlNode {
  const parser = new SaxesParser({ xmlns: true });
  const open: OpenNode[] = [];
  let root: XmlNode | undefined;
  let nodes = 0;
  parser.on('doctype', () => {
    throw wrong('A document type declaration is not allowed.', parser.line);
  });
  parser.on('error', () => {
    throw wrong('The file is not well-formed XML.', parser.line);
  });
  parser.on('opentag', ({ local, uri, attributes: given }) => {
    nodes += 1;
    const { line } = parser;
    if (open.length >= DEPTH_MAX || nodes > NODES_MAX) {
      throw wrong('The file is too deep or large.', line);
    }
    const attributes = Object.values(given)
      .filter((one) => !OF_ANY.has(one.uri))
      .map((one) => one.name);
    const node = { name: local, namespace: uri, children: [], text: '', attributes, line };
    open.at(-1)?.children.push(node);
    open.push(node);
    root ??= node;
  });
  parser.on('text', (part) => {
    const top = open.at(-1);
    if (top) top.text += part;
  });
  parser.on('cdata', (part) => {
    const top = open.at(-1);
    if (top) top.text += part;
  });
  parser.on('closetag', () => void open.pop());
  parser.write(text).close();
  if (!root) throw wrong('The file is empty.', 1);
  return root;
}

function wrong(message: string, line: number): Problem {
  return new Problem('invalid', message, { code: 'list-xml', expression: [`line ${line}`] });
}
