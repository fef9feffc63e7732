/**
 * The shell of every page. Works without script and under a policy that allows none: style comes
 * from /style.css, and nothing stands inline.
 */
import { type Content, type Html, html } from './html.ts';
import { type Language, say, type Text } from './language.ts';

export interface NavItem {
  readonly href: string;
  readonly text: Text;
}

export interface Page {
  readonly lang: Language;
  readonly title: string;
  /** Everything in `main`, with its own `h1`. */
  readonly body: Content;
  /** Path and query of this page, for the language switch; absent: it cannot be asked for again. */
  readonly path?: string;
  readonly nav?: readonly NavItem[];
  /** Says in the header who is logged in, with the way out. */
  readonly account?: Content;
  /** Set on pages of the demo, which must not be taken for the real thing. */
  readonly notice?: Text;
  /** Seconds after which the page asks again; for pages that show what happens. */
  readonly refreshSeconds?: number;
}

/** For the header `content-security-policy` of every page. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const SKIP: Text = { nl: 'Naar de inhoud', en: 'Skip to content' };
const ABOUT: Text = { nl: 'Over deze pagina’s', en: 'About these pages' };
const MENU: Text = { nl: 'Hoofdmenu', en: 'Main menu' };
const OTHER = {
  nl: { code: 'en', name: 'English' },
  en: { code: 'nl', name: 'Nederlands' },
} as const;

/** A whole page; send its text as text/html with `PAGE_POLICY`. */
export function layout(page: Page): Html {
  const { lang, title } = page;
  return html`<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${page.refreshSeconds && html`<meta http-equiv="refresh" content="${page.refreshSeconds}">`}
<title>${title} – Zorgsluis</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" type="image/svg+xml" href="/icon.svg">
</head>
<body>
<a class="skip" href="#main">${say(SKIP, lang)}</a>
<header class="site">
<a class="brand" href="/">Zorgsluis</a>
${navigation(page)}
<div class="tools">${page.account}${languageSwitch(page)}</div>
</header>
${page.notice && html`<aside class="notice" aria-label="${say(ABOUT, lang)}"><p>${say(page.notice, lang)}</p></aside>`}
<main id="main" tabindex="-1">
${page.body}
</main>
</body>
</html>
`;
}

function navigation(page: Page): Html | undefined {
  if (!page.nav || page.nav.length === 0) return undefined;
  const here = page.path?.split('?')[0];
  const items = page.nav.map((item) => {
    const current = item.href === here && html` aria-current="page"`;
    return html`<li><a href="${item.href}"${current}>${say(item.text, page.lang)}</a></li>`;
  });
  return html`<nav aria-label="${say(MENU, page.lang)}"><ul>${items}</ul></nav>`;
}

function languageSwitch(page: Page): Html | undefined {
  if (page.path === undefined) return undefined;
  const { code, name } = OTHER[page.lang];
  // Parsed against a host of no meaning: only path and query are used, so no other site is linked.
  const address = new URL(page.path.replace(/^\/*/, '/'), 'http://page.invalid');
  address.searchParams.set('lang', code);
  const href = `${address.pathname}${address.search}`;
  return html`<a class="language" href="${href}" lang="${code}" hreflang="${code}">${name}</a>`;
}

export interface Table {
  readonly caption: Text;
  readonly columns: readonly Text[];
  readonly rows: readonly (readonly Content[])[];
}

let tablesMade = 0;

/**
 * A table. On a narrow screen each row becomes a block with the head of its column before each
 * cell; what is still too wide scrolls by itself, and can be reached by keyboard to do so.
 */
export function table(content: Table, language: Language): Html {
  tablesMade = (tablesMade + 1) % 1_000_000;
  const id = `table-${tablesMade}`;
  const names = content.columns.map((text) => say(text, language));
  const heads = names.map((name) => html`<th scope="col">${name}</th>`);
  const rows = content.rows.map(
    (cells) =>
      html`<tr>${cells.map((cell, at) => html`<td data-head="${names[at] ?? ''}">${cell}</td>`)}</tr>`,
  );
  return html`<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0"><table>
<caption id="${id}">${say(content.caption, language)}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>${rows}</tbody>
</table></div>`;
}
