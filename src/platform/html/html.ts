/**
 * Markup by tagged template. Everything put in is escaped, unless it is markup from here already.
 */

/** Markup that is safe to send: only `html` and `trusted` make one. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/**
 * What may stand in a template. False, null and undefined show nothing, so `${when && html…}`
 * works.
 */
export type Content = Html | string | number | boolean | null | undefined | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Makes markup; attribute values with something put in must be quoted in the template. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  let text = parts[0] ?? '';
  for (const [index, content] of contents.entries()) {
    text += render(content) + (parts[index + 1] ?? '');
  }
  return new Html(text);
}

/** Markup from a file of our own, such as a compiled SVG; never anything that came in. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

/** Text as it may stand between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

function render(content: Content): string {
  if (content instanceof Html) return content.toString();
  if (content === null || content === undefined || typeof content === 'boolean') return '';
  if (typeof content === 'object') return content.map(render).join('');
  return escapeHtml(String(content));
}
