/**
 * The own record as PDF/A-2, to keep (capabilities A12): with its fonts and colour profile in it,
 * tagged for screen readers, and nothing that does anything when it is opened.
 */
import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import type { Language } from '../../platform/html/language.ts';
import { type RecordDocument, type RecordRow, recordSections } from './record-sections.ts';

const { resolve } = createRequire(import.meta.url);
const PLAIN = resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');
const BOLD = resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf');

const MARGIN = 50;
/** The event loop goes on after so many rows. */
const ROWS_A_TURN = 10;
/** Room that a heading needs below it, so that it does not stand alone at the end of a page. */
const KEPT_TOGETHER = 60;

type Doc = PDFKit.PDFDocument;

/** @returns the bytes of the document. */
export async function recordPdf(given: RecordDocument, lang: Language): Promise<Buffer> {
  const { title, about, careful, sections, all, numbers } = recordSections(given, lang);
  const { default: PDFDocument } = await import('pdfkit');
  const doc = new PDFDocument({
    ...{ size: 'A4', margin: MARGIN, pdfVersion: '1.7', subset: 'PDF/A-2b' },
    ...{ tagged: true, displayTitle: true, font: PLAIN },
    lang: lang === 'nl' ? 'nl-NL' : 'en-GB',
    info: { Title: title, CreationDate: given.at, Creator: 'Zorgsluis' },
  });
  const ended = bytesOf(doc);
  const whole = doc.struct('Document');
  doc.addStructure(whole);
  const put = (tag: 'H1' | 'H2' | 'P', draw: () => void): void =>
    void whole.add(doc.struct(tag, {}, draw));
  put('H1', () => line(doc, BOLD, 18, title));
  put('P', () => line(doc, PLAIN, 10, about));
  put('P', () => line(doc, BOLD, 10, careful));
  let done = 0;
  for (const section of sections) {
    put('H2', () => heading(doc, section.title));
    for (const row of section.rows) {
      if (done++ % ROWS_A_TURN === 0) await turn();
      put('P', () => drawRow(doc, row));
    }
  }
  put('H2', () => heading(doc, 'dossier.json'));
  put('P', () => line(doc, PLAIN, 9, all));
  for (const { what, value } of numbers) put('P', () => line(doc, PLAIN, 8, `${what}: ${value}`));
  whole.end();
  doc.end();
  return ended;
}

function bytesOf(doc: Doc): Promise<Buffer> {
  const chunks: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    doc.on('end', () => resolve(Buffer.concat(chunks)));
    doc.on('error', reject);
  });
}

function heading(doc: Doc, text: string): void {
  if (doc.y > doc.page.height - MARGIN - KEPT_TOGETHER) doc.addPage();
  doc.moveDown(0.5);
  line(doc, BOLD, 13, text);
}

function drawRow(doc: Doc, { title, words, day, more, conflict, source }: RecordRow): void {
  doc.font(BOLD).fontSize(9.5).text(printable(doc, title));
  const facts = [day, more, source].filter((one) => one !== '').join(' · ');
  doc.font(PLAIN).fontSize(9).text(printable(doc, facts));
  if (words !== '') doc.text(printable(doc, words));
  if (conflict !== '') doc.font(BOLD).text(printable(doc, conflict));
  doc.moveDown(0.6);
}

function line(doc: Doc, font: string, size: number, text: string): void {
  doc.font(font).fontSize(size).text(printable(doc, text)).moveDown(0.6);
}

/**
 * PDF/A lets no letter be drawn that the font lacks, and no control characters: they are shown as
 * the sign for an unknown one.
 */
function printable({ _font }: Doc & { _font?: Fontkit }, text: string): string {
  const font = _font?.font;
  let shown = '';
  for (const one of text.normalize('NFC').replace(/\s/g, ' ')) {
    shown += font && isDrawn(font, one) ? one : UNKNOWN_SIGN;
  }
  return shown;
}

interface Fontkit {
  readonly font?: FontFile;
}

interface FontFile {
  hasGlyphForCodePoint(point: number): boolean;
}

const UNKNOWN_SIGN = '\ufffd';

/** Both weights have the same letters. Looking one up takes longer than drawing it. */
const drawn = new Map<string, boolean>();

function isDrawn(font: FontFile, letter: string): boolean {
  let known = drawn.get(letter);
  if (known === undefined) {
    known = font.hasGlyphForCodePoint(letter.codePointAt(0) ?? 0);
    if (drawn.size < LETTERS_KNOWN_MAX) drawn.set(letter, known);
  }
  return known;
}

const LETTERS_KNOWN_MAX = 5_000;
