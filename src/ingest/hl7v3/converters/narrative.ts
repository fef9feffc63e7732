/**
 * The narrative of a CDA section as the XHTML of FHIR (source-formats 4): what was signed stays
 * legible as it was laid out. Links and pictures become their text: nothing in it is active.
 */
import { Problem } from '../../../platform/problem.ts';
import { isActivePdf, looksLikePdf } from '../../active-pdf.ts';
import { type ConvertContext, type Converter, take, takeAll } from '../../mapping/converter.ts';
import type { SourceNode } from '../../mapping/source-node.ts';
import { collapse } from './text.ts';

/** Elements of the CDA narrative block and the XHTML they become; all others become their text. */
const ELEMENTS: Readonly<Record<string, string>> = {
  paragraph: 'p',
  content: 'span',
  caption: 'caption',
  table: 'table',
  thead: 'thead',
  tbody: 'tbody',
  tfoot: 'tfoot',
  tr: 'tr',
  th: 'th',
  td: 'td',
  item: 'li',
  br: 'br',
  sub: 'sub',
  sup: 'sup',
  footnote: 'span',
  linkHtml: 'span',
};

/** `colspan` and `rowspan` hold a table together; they are numbers and nothing else. */
const SPANS = ['colspan', 'rowspan'];

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function markup(node: SourceNode): string {
  const own = node.value === undefined ? '' : escaped(node.value);
  if (node.name.startsWith('@')) return '';
  const inner = own + node.children.map(markup).join('');
  const name = elementOf(node);
  if (name === undefined) return inner;
  if (name === 'br') return '<br/>';
  return `<${name}${spans(node)}>${emphasised(node, inner)}</${name}>`;
}

function elementOf(node: SourceNode): string | undefined {
  if (node.name === 'list') return attributeOf(node, 'listType') === 'ordered' ? 'ol' : 'ul';
  return ELEMENTS[node.name];
}

const attributeOf = (node: SourceNode, name: string) =>
  node.children.find((child) => child.name === `@${name}`)?.value;

const spans = (node: SourceNode) =>
  SPANS.flatMap((name) => {
    const value = attributeOf(node, name);
    return value !== undefined && /^\d{1,3}$/.test(value) ? [` ${name}="${value}"`] : [];
  }).join('');

function emphasised(node: SourceNode, inner: string): string {
  const style = attributeOf(node, 'styleCode') ?? '';
  const bold = /\bBold\b/.test(style) ? `<b>${inner}</b>` : inner;
  return /\bItalics\b/.test(style) ? `<i>${bold}</i>` : bold;
}

export const narrativeConverters = {
  'section-narrative': {
    type: 'Narrative',
    convert(node, context: ConvertContext) {
      const inner = markup(node).trim();
      if (inner === '') return undefined;
      takeAll(context, node);
      const div = `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`;
      return { status: 'additional', div };
    },
  },
  /** The data of a file, as base64 without the line breaks that XML put in it. */
  base64: {
    type: 'base64Binary',
    convert(node, context: ConvertContext) {
      const text = take(context, node)?.replace(/\s+/g, '');
      if (text === undefined || text === '') return undefined;
      if (/^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0) {
        const isPdf = looksLikePdf(Buffer.from(text.slice(0, 1_400), 'base64'));
        if (isPdf && isActivePdf(Buffer.from(text, 'base64'))) {
          throw new Problem('unprocessable', 'A PDF with active content is refused.', {
            code: 'active-content',
            expression: [node.place],
          });
        }
        return text;
      }
      context.reject(node, 'not-base64', 'The data is not base64.');
      return undefined;
    },
  },
  /** Text as the data of an attachment. */
  'text-data': {
    type: 'base64Binary',
    convert(node, context: ConvertContext) {
      const text = take(context, node);
      return text === undefined ? undefined : Buffer.from(text, 'utf8').toString('base64');
    },
  },
  /** The `code` attribute as it stands. */
  'plain-code': {
    type: 'code',
    convert(node, context: ConvertContext) {
      take(context, node, '@codeSystem');
      take(context, node, '@codeSystemName');
      take(context, node, '@displayName');
      return collapse(take(context, node, '@code'));
    },
  },
} satisfies Record<string, Converter>;
