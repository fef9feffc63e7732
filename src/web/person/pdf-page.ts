/**
 * What the PDFs of the person's own pages share: PDF/A-2 with its fonts in it, tagged for screen
 * readers, and nothing that does anything when it is opened.
 */
import { createRequire } from 'node:module';
import type { Language } from '../../platform/html/language.ts';

const { resolve } = createRequire(import.meta.url);
export const PLAIN: string = resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');
export const BOLD: string = resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf');

export const MARGIN = 50;

export type Doc = PDFKit.PDFDocument;

/** An empty document of A4. */
export async function newPdf(title: string, made: Date, lang: Language): Promise<Doc> {
  const { default: PDFDocument } = await import('pdfkit');
  return new PDFDocument({
    ...{ size: 'A4', margin: MARGIN, pdfVersion: '1.7', subset: 'PDF/A-2b' },
    ...{ tagged: true, displayTitle: true, font: PLAIN },
    lang: lang === 'nl' ? 'nl-NL' : 'en-GB',
    info: { Title: title, CreationDate: made, Creator: 'Zorgsluis' },
  });
}

/** @returns the bytes once the document ends. */
export function bytesOf(doc: Doc): Promise<Buffer> {
  const chunks: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    doc.on('end', () => resolve(Buffer.concat(chunks)));
    doc.on('error', reject);
  });
}

/** One line of text in one weight and size (points). */
export function line(doc: Doc, font: string, size: number, text: string): void {
  doc.font(font).fontSize(size).text(printable(doc, text)).moveDown(0.6);
}

/**
 * PDF/A lets no letter be drawn that the font lacks, and no control characters: they are shown as
 * the sign for an unknown one.
 */
export function printable({ _font }: Doc & { _font?: Fontkit }, text: string): string {
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
