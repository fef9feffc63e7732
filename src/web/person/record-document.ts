/**
 * The own record as one page that anybody can read, on paper too (capabilities A12): no style or
 * script from elsewhere.
 */
import { type Html, html, trusted } from '../../platform/html/html.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { type RecordDocument, type RecordSections, recordSections } from './record-sections.ts';

const HEADS: readonly Text[] = [
  { nl: 'Wat', en: 'What' },
  { nl: 'In gewone taal', en: 'In plain words' },
  { nl: 'Dag', en: 'Day' },
  { nl: 'Verder', en: 'Further' },
  { nl: 'Bron', en: 'Source' },
];

const STYLE = trusted(`<style>
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#111}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #777;padding:.3rem;text-align:left;
vertical-align:top}td{overflow-wrap:anywhere}thead{display:table-header-group}tr{break-inside:avoid}
code{overflow-wrap:anywhere}@media print{body{margin:0}}@page{margin:18mm}
@media screen and (max-width:40rem){thead{display:none}table,tbody,tr,td{display:block}
tr{border:1px solid #777;margin:0 0 .5rem;padding:.3rem}td{border:0;padding:0}td:empty{display:none}
td:first-child{font-weight:700}dd{margin:0}}
</style>`);

/** The whole document, ready to be saved or printed. */
export function recordDocument(given: RecordDocument, lang: Language): Html {
  const { title, about, careful, sections, all, numbers } = recordSections(given, lang);
  return html`<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>${STYLE}</head><body><main>
<h1>${title}</h1>
<p>${about}</p>
<p><strong>${careful}</strong></p>
${sections.map((one) => table(one, lang))}
<h2>dossier.json</h2>
<p>${all}</p>
<dl>${numbers.map(({ what, value }) => html`<dt>${what}</dt><dd><code>${value}</code></dd>`)}</dl>
</main></body></html>`;
}

function table({ title, rows }: RecordSections['sections'][number], lang: Language): Html {
  return html`<h2>${title}</h2><table>
<thead><tr>${HEADS.map((one) => html`<th scope="col">${one[lang]}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ title: what, words, day, more, conflict, source }) =>
      html`<tr><td>${what}</td><td>${words}</td><td>${day}</td><td>${more}${
        conflict !== '' && html`<br><strong>${conflict}</strong>`
      }</td><td>${source}</td></tr>`,
  )}</tbody></table>`;
}
