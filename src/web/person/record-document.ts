/**
 * The own record as one document that anybody can read, on paper too (capabilities A12): no style
 * or script from elsewhere, each row with its source, the plain words beside those of the source,
 * and the digest of the FHIR file that belongs to it.
 */
import { recordDigest, type Sourced, tidyList } from '../../conformance/index.ts';
import { type Html, html, trusted } from '../../platform/html/html.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { momentText } from '../moment-text.ts';
import { ELEMENT, KIND, KINDS } from './record-text.ts';

const T = {
  title: { nl: 'Mijn dossier', en: 'My record' },
  made: { nl: 'Gemaakt op', en: 'Made on' },
  about: { nl: 'Over', en: 'About' },
  born: { nl: 'geboren op', en: 'born on' },
  sources: { nl: 'Bronnen', en: 'Sources' },
  careful: {
    nl: 'In dit document staan uw medische gegevens. Bewaar het op een veilige plek.',
    en: 'This document holds your medical data. Keep it in a safe place.',
  },
  what: { nl: 'Wat', en: 'What' },
  words: { nl: 'In gewone taal', en: 'In plain words' },
  when: { nl: 'Dag', en: 'Day' },
  more: { nl: 'Verder', en: 'Further' },
  source: { nl: 'Bron', en: 'Source' },
  conflict: { nl: 'De bronnen spreken elkaar tegen over:', en: 'The sources contradict about:' },
  all: {
    nl: 'Alles tot in detail, met de brieven zelf, staat in het bestand dossier.json.',
    en: 'Everything in full, with the letters themselves, is in the file dossier.json.',
  },
  count: { nl: 'Aantal onderdelen in dat bestand', en: 'Number of items in that file' },
  content: {
    nl: 'Inhoudsgetal: hetzelfde als het dossier ergens anders is ingelezen',
    en: 'Content number: the same when the record was read in elsewhere',
  },
  digest: { nl: 'Controlegetal (SHA-256) van dat bestand', en: 'Checksum (SHA-256) of that file' },
} as const satisfies Record<string, Text>;

const STYLE = trusted(`<style>
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#111}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #777;padding:.3rem;text-align:left;
vertical-align:top}td{overflow-wrap:anywhere}thead{display:table-header-group}tr{break-inside:avoid}
code{overflow-wrap:anywhere}@media print{body{margin:0}}@page{margin:18mm}
</style>`);

export interface RecordDocument {
  readonly record: readonly Sourced[];
  /** Organisation id to name. */
  readonly names: ReadonlyMap<string, string>;
  readonly apart: ReadonlySet<string>;
  readonly at: Date;
  /** Hexadecimal, of the file with the same content. */
  readonly digest: string;
}

/** The whole document, ready to be saved or printed. */
export function recordDocument(given: RecordDocument, lang: Language): Html {
  const { record, names, at, digest } = given;
  const sources = [...new Set(record.map(({ custodian }) => names.get(custodian) ?? ''))];
  return html`<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${T.title[lang]}</title>${STYLE}</head><body><main>
<h1>${T.title[lang]}</h1>
<p>${aboutWhom(record, lang)}${T.made[lang]} ${momentText(at, lang)}.
${T.sources[lang]}: ${sources.toSorted().join(', ')}.</p>
<p><strong>${T.careful[lang]}</strong></p>
${KINDS.map((kind) => section(given, kind, lang))}
<h2>dossier.json</h2>
<p>${T.all[lang]}</p>
<dl><dt>${T.count[lang]}</dt><dd>${record.length}</dd>
<dt>${T.digest[lang]}</dt><dd><code>${digest}</code></dd>
<dt>${T.content[lang]}</dt>
<dd><code>${recordDigest(record.map(({ resource }) => resource))}</code></dd></dl>
</main></body></html>`;
}

function aboutWhom(record: readonly Sourced[], lang: Language): string {
  const patient = record.find(({ resource }) => resource.resourceType === 'Patient')?.resource;
  const [name] = (patient?.['name'] ?? []) as { text?: string; family?: string }[];
  const called = name?.text ?? name?.family ?? '';
  const born = patient?.['birthDate'];
  if (called === '') return '';
  const since = typeof born === 'string' ? `, ${T.born[lang]} ${born}` : '';
  return `${T.about[lang]} ${called}${since}. `;
}

function section(
  { record, names, apart }: RecordDocument,
  kind: (typeof KINDS)[number],
  lang: Language,
): Html | false {
  const groups = tidyList(record, apart).filter((one) => one.kind === kind);
  if (groups.length === 0) return false;
  const rows = groups.flatMap(({ rows, conflicts }) =>
    rows.map(({ fact, custodian }, nth) => {
      const lay = fact.lay?.[lang];
      const told = nth === 0 && conflicts.length > 0;
      const where = conflicts.map((one) => ELEMENT[one]?.[lang] ?? one).join(', ');
      return html`<tr><td>${fact.title}</td><td>${lay ? `${lay.term}. ${lay.text}` : ''}</td>
<td>${fact.day ?? ''}</td><td>${Object.values(fact.critical).join('; ')}${
        told && html`<br><strong>${T.conflict[lang]} ${where}.</strong>`
      }</td><td>${names.get(custodian) ?? ''}</td></tr>`;
    }),
  );
  const heads = [T.what, T.words, T.when, T.more, T.source];
  return html`<h2>${KIND[kind][lang]}</h2><table>
<thead><tr>${heads.map((one) => html`<th scope="col">${one[lang]}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table>`;
}
