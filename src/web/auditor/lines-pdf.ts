/** Lines of the ledger as a PDF to read and to print; what it proves lies in the file beside it. */
import { setImmediate as turn } from 'node:timers/promises';
import type { LedgerEntry } from '../../audit/index.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { eventText } from '../event-words.ts';
import { kindsText } from '../kinds-text.ts';
import { momentText } from '../moment-text.ts';
import { purposeText, reasonText, roleText, routeText } from '../plain-words.ts';
import { aboutPatient } from './about-patient.ts';

export interface PdfAsked {
  readonly lines: readonly LedgerEntry[];
  /** Name of the organisation whose lines these are. */
  readonly organisation: string;
  readonly names: ReadonlyMap<string, string>;
  readonly made: Date;
  readonly reason: string;
  readonly language: Language;
}

const T = {
  title: { nl: 'Regels uit het logboek', en: 'Lines of the log' },
  made: { nl: 'Gemaakt op', en: 'Made on' },
  reason: { nl: 'Reden', en: 'Reason' },
  count: { nl: 'Aantal regels', en: 'Number of lines' },
  line: { nl: 'Regel', en: 'Line' },
  digest: { nl: 'Controlegetal', en: 'Digest' },
  refused: { nl: 'geweigerd', en: 'refused' },
  failed: { nl: 'mislukt', en: 'failed' },
  check: {
    nl: 'bewijs.json in dezelfde map zegt wat is ondertekend. Controleer het met scripts/verify-ledger.mjs.',
    en: 'bewijs.json in the same folder says what was signed. Check it with scripts/verify-ledger.mjs.',
  },
} as const satisfies Record<string, Text>;

const MARGIN = 48;
/** The event loop goes on after so many lines. */
const LINES_A_TURN = 100;

/** @returns the bytes of a tagged PDF. */
export async function linesPdf(asked: PdfAsked): Promise<Buffer> {
  const { default: PDFDocument } = await import('pdfkit');
  const { language, lines, organisation, made, reason } = asked;
  const doc = new PDFDocument({
    ...{ size: 'A4', margin: MARGIN, pdfVersion: '1.7', tagged: true, displayTitle: true },
    lang: language === 'nl' ? 'nl-NL' : 'en-GB',
    info: {
      Title: `${T.title[language]}: ${organisation}`,
      CreationDate: made,
      Creator: 'Zorgsluis',
    },
  });
  const chunks: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => doc.on('end', () => resolve()));
  const section = doc.struct('Document');
  doc.addStructure(section);
  section.add(
    doc.struct('H1', {}, () => {
      doc.font('Helvetica-Bold').fontSize(16).text(T.title[language]);
    }),
  );
  const about = [
    organisation,
    `${T.made[language]}: ${momentText(made, language)}`,
    `${T.reason[language]}: ${reason}`,
    `${T.count[language]}: ${lines.length}`,
    T.check[language],
  ];
  section.add(
    doc.struct('P', {}, () => {
      doc
        .font('Helvetica')
        .fontSize(9)
        .text(printable(about.join('\n')))
        .moveDown();
    }),
  );
  for (const [at, entry] of lines.entries()) {
    if (at % LINES_A_TURN === 0) await turn();
    section.add(
      doc.struct('P', {}, () => {
        doc
          .font('Helvetica-Bold')
          .fontSize(9)
          .text(printable(headOf(entry, language)));
        doc
          .font('Helvetica')
          .text(printable(restOf(entry, asked)))
          .moveDown(0.5);
      }),
    );
  }
  section.end();
  doc.end();
  await ended;
  return Buffer.concat(chunks);
}

const headOf = ({ seq, record }: LedgerEntry, language: Language): string =>
  `${T.line[language]} ${seq}   ${momentText(record.at, language)}   ${eventText(record.event)[language]}`;

function restOf({ record, leafHash }: LedgerEntry, { names, language }: PdfAsked): string {
  const { agent, outcome } = record;
  const said = (text: Text | undefined) => text?.[language];
  const place =
    agent.organisation === undefined
      ? undefined
      : (names.get(agent.organisation) ?? agent.organisation);
  const ended = outcome === 0 ? undefined : outcome === 4 ? T.refused : T.failed;
  const who = [agent.id, said(roleText(agent.role)), place].filter(Boolean).join(', ');
  const why = [
    said(aboutPatient(purposeText(record.purpose))),
    said(aboutPatient(routeText(record.route))),
    said(ended),
    outcome === 0 ? undefined : said(aboutPatient(reasonText(record.reason))),
    kindsText(record.counts, language, aboutPatient),
  ];
  return `${who}\n${why.filter(Boolean).join('; ')}\n${T.digest[language]} ${leafHash}`;
}

/** The fonts of every PDF reader know Latin-1; what they lack is shown as a question mark. */
function printable(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[^\n\x20-\x7e\xa0-\xff\u20ac\u2018\u2019\u201c\u201d\u2013\u2014]/g, '?');
}
