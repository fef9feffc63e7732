/**
 * What stands in the own record as a document, before it has a form (capabilities A12): each row
 * with its source, the plain words beside those of the source, where the sources contradict each
 * other, and the digest of the FHIR file that belongs to it.
 */
import { type Resource, recordDigest, type Sourced, tidyList } from '../../conformance/index.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { dateText, momentText } from '../moment-text.ts';
import { dayOfFact, factWords } from './fact-words.ts';
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

export interface RecordDocument {
  readonly record: readonly Sourced[];
  /** Organisation id to name. */
  readonly names: ReadonlyMap<string, string>;
  readonly apart: ReadonlySet<string>;
  readonly at: Date;
  /** Hexadecimal, of the file with the same content. */
  readonly digest: string;
}

export interface RecordRow {
  readonly title: string;
  /** Plain words; empty when there are none. */
  readonly words: string;
  readonly day: string;
  readonly more: string;
  /** Empty, or where the sources say different things. */
  readonly conflict: string;
  readonly source: string;
}

export interface RecordSections {
  readonly title: string;
  readonly about: string;
  readonly careful: string;
  readonly sections: readonly { readonly title: string; readonly rows: readonly RecordRow[] }[];
  readonly all: string;
  /** Numbers of the file beside it: what, and which. */
  readonly numbers: readonly { readonly what: string; readonly value: string }[];
}

/** In the order of the page of the record. */
export function recordSections(given: RecordDocument, lang: Language): RecordSections {
  const { record, names, at, digest } = given;
  const sources = [...new Set(record.map(({ custodian }) => names.get(custodian) ?? ''))];
  const groups = tidyList(record, given.apart);
  return {
    title: T.title[lang],
    about:
      `${aboutWhom(record, lang)}${T.made[lang]} ${momentText(at, lang)}. ` +
      `${T.sources[lang]}: ${sources.toSorted().join(', ')}.`,
    careful: T.careful[lang],
    sections: KINDS.flatMap((kind) => {
      const rows = told(groups.filter((one) => one.kind === kind).flatMap(rowsOf(names, lang)));
      return rows.length === 0 ? [] : [{ title: KIND[kind][lang], rows }];
    }),
    all: T.all[lang],
    numbers: [
      { what: T.count[lang], value: String(record.length) },
      { what: T.digest[lang], value: digest },
      { what: T.content[lang], value: recordDigest(record.map(({ resource }) => resource)) },
    ],
  };
}

function aboutWhom(record: readonly Sourced[], lang: Language): string {
  const patient = record.find(({ resource }) => resource.resourceType === 'Patient')?.resource;
  const [name] = (patient?.['name'] ?? []) as { text?: string; family?: string }[];
  const called = name?.text ?? name?.family ?? '';
  const born = patient?.['birthDate'];
  if (called === '') return '';
  const since = typeof born === 'string' ? `, ${T.born[lang]} ${dateText(born, lang)}` : '';
  return `${T.about[lang]} ${called}${since}. `;
}

function dayIn(resource: Resource, lang: Language): string {
  const day = dayOfFact(resource);
  return day === undefined ? '' : dateText(day, lang);
}

/** Rows that say the same in every word are said once, with how many there are. */
function told(rows: readonly RecordRow[]): RecordRow[] {
  const times = new Map<string, { row: RecordRow; count: number }>();
  for (const row of rows) {
    const key = JSON.stringify(row);
    const known = times.get(key);
    if (known) known.count += 1;
    else times.set(key, { row, count: 1 });
  }
  return [...times.values()].map(({ row, count }) =>
    count === 1 ? row : { ...row, title: `${row.title} (${count} ×)` },
  );
}

type Group = ReturnType<typeof tidyList>[number];

const rowsOf =
  (names: RecordDocument['names'], lang: Language) =>
  ({ rows, conflicts }: Group): RecordRow[] =>
    rows.map(({ fact, custodian, resource }, nth) => {
      const lay = fact.lay?.[lang];
      const where = conflicts.map((one) => ELEMENT[one]?.[lang] ?? one).join(', ');
      return {
        title: fact.title,
        words: lay ? `${lay.term}. ${lay.text}` : '',
        day: dayIn(resource, lang),
        more: factWords(resource, lang).join('; '),
        conflict: nth === 0 && conflicts.length > 0 ? `${T.conflict[lang]} ${where}.` : '',
        source: names.get(custodian) ?? '',
      };
    });
