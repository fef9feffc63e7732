/** Text of elements and attributes. */
import { type ConvertContext, type Converter, take } from '../../mapping/converter.ts';
import type { SourceNode } from '../../mapping/source-node.ts';

/** One blank for every run of white space, none at the ends; undefined when nothing is left. */
export function collapse(text: string | undefined): string | undefined {
  const short = text?.replace(/\s+/g, ' ').trim();
  return short === '' ? undefined : short;
}

/** All text below a node, blocks of markup on lines of their own. */
export function textBelow(context: ConvertContext, node: SourceNode): string | undefined {
  const parts: string[] = [];
  collect(context, node, parts);
  const text = parts.join('\n').trim();
  return text === '' ? undefined : text;
}

function collect(context: ConvertContext, node: SourceNode, parts: string[]): void {
  const own = node.name.startsWith('@') ? undefined : take(context, node);
  if (own !== undefined) parts.push(own.trim());
  for (const child of node.children) {
    if (child.name.startsWith('@')) context.use(child);
    else collect(context, child, parts);
  }
}

/** The word for a code of the field's table, else its name as sent. */
function degreeOf(context: ConvertContext, value: SourceNode): string | undefined {
  const at = value.children.find(({ name }) => name === '@code');
  const word = context.table?.rows.get(at?.value ?? '')?.code;
  const name = take(context, value, '@displayName');
  if (word === undefined && name === undefined) return undefined;
  for (const part of ['@code', '@codeSystem']) take(context, value, part);
  return word ?? name;
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export const textConverters = {
  /** White space collapsed. Option `prefix` comes before it. */
  line: {
    type: 'string',
    convert(node, context) {
      const text = collapse(take(context, node));
      const { prefix } = context.options;
      return text !== undefined && typeof prefix === 'string' ? `${prefix}${text}` : text;
    },
  },
  /** Line breaks kept. */
  lines: { type: 'string', convert: (node, context) => textBelow(context, node) },
  /**
   * What is remarked of something, one line each: `with: all` the remarks, `own` its own text, and
   * what FHIR has no other place for, in words: that it is `uncertain`, and its `severity` through
   * the field's table.
   */
  remarks: {
    type: 'string',
    convert(_node, context) {
      const { own, uncertain, severity } = context.args;
      const told = [...context.all('all'), ...(own ? [own] : [])];
      const lines = told.flatMap((one) => textBelow(context, one) ?? []);
      if (take(context, uncertain, '@code') !== undefined) lines.push('Onzeker.');
      const degree = severity && degreeOf(context, severity);
      if (degree !== undefined) lines.push(`Ernst: ${degree}.`);
      return lines.length === 0 ? undefined : lines.join('\n');
    },
  },
  /** Several nodes (`with: all`) as one text, each different text once, joined by `; `. */
  'joined-lines': {
    type: 'string',
    convert(_node, context) {
      const texts = context.all('all').flatMap((one) => collapse(take(context, one)) ?? []);
      return texts.length === 0 ? undefined : [...new Set(texts)].join('; ');
    },
  },
  /** FHIR Narrative with the text as its only content. Option `status`. */
  narrative: {
    type: 'Narrative',
    convert(node, context) {
      const text = textBelow(context, node);
      if (text === undefined) return undefined;
      const lines = text.split('\n').map(escaped).join('<br/>');
      return {
        status: String(context.options['status'] ?? 'generated'),
        div: `<div xmlns="http://www.w3.org/1999/xhtml">${lines}</div>`,
      };
    },
  },
  /** An indicator of the opposite: what is not denied is so. */
  negated: {
    type: 'boolean',
    convert(node, context) {
      const text = take(context, node, '@value') ?? take(context, node);
      return text === 'true' ? false : text === 'false' ? true : undefined;
    },
  },
  boolean: {
    type: 'boolean',
    convert(node, context) {
      const text = take(context, node, '@value') ?? take(context, node);
      return text === 'true' ? true : text === 'false' ? false : undefined;
    },
  },
} satisfies Record<string, Converter>;
