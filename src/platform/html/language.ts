/** Dutch or English: by the address, else by the cookie, else by what the browser prefers. */

export type Language = 'nl' | 'en';

/** A text in both languages, so that neither can be forgotten. */
export interface Text {
  readonly nl: string;
  readonly en: string;
}

export const LANGUAGE_COOKIE = 'lang';

export function say(text: Text, language: Language): string {
  return text[language];
}

/**
 * What a page knows about the reader's choice; all of it comes from outside and may be anything.
 */
export interface LanguageHints {
  readonly query?: unknown;
  readonly cookie?: string | undefined;
  readonly acceptLanguage?: string | undefined;
}

/** Dutch, unless the reader asks for English. */
export function pickLanguage(hints: LanguageHints): Language {
  if (isLanguage(hints.query)) return hints.query;
  if (isLanguage(hints.cookie)) return hints.cookie;
  return preferred(hints.acceptLanguage ?? '') ?? 'nl';
}

/** RFC 9110 §12.5.4: the highest weight wins, the first of equals; 0 means not acceptable. */
function preferred(header: string): Language | undefined {
  const ranges = header
    .slice(0, 500)
    .split(',')
    .map((range) => {
      const [tag = '', ...parameters] = range.trim().toLowerCase().split(';');
      const weight = parameters.map((text) => /^\s*q=([\d.]+)$/.exec(text)?.[1]).find(Boolean);
      return { language: tag.split('-')[0], weight: Number(weight ?? 1) };
    });
  const known = ranges.filter(({ language, weight }) => isLanguage(language) && weight > 0);
  const [best] = known.toSorted((a, b) => b.weight - a.weight);
  return isLanguage(best?.language) ? best.language : undefined;
}

/** The same, from a Fastify request with or without its cookies parsed. */
export function languageOf(request: {
  readonly query: unknown;
  readonly headers: { readonly 'accept-language'?: string | undefined };
  readonly cookies?: Readonly<Record<string, string | undefined>>;
}): Language {
  return pickLanguage({
    query: (request.query as Record<string, unknown> | undefined)?.['lang'],
    cookie: request.cookies?.[LANGUAGE_COOKIE],
    acceptLanguage: request.headers['accept-language'],
  });
}

function isLanguage(value: unknown): value is Language {
  return value === 'nl' || value === 'en';
}
