/**
 * The own record as PDF/A-2, to keep (capabilities A12): with its fonts and colour profile in it,
 * tagged for screen readers, and nothing that does anything when it is opened.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Language } from '../../platform/html/language.ts';
import { BOLD, bytesOf, type Doc, line, MARGIN, newPdf, PLAIN, printable } from './pdf-page.ts';
import { type RecordDocument, type RecordRow, recordSections } from './record-sections.ts';

/** The event loop goes on after so many rows. */
const ROWS_A_TURN = 10;
/** Room that a heading needs below it, so that it does not stand alone at the end of a page. */
const KEPT_TOGETHER = 60;

/** @returns the bytes of the document. */
export async function recordPdf(given: RecordDocument, lang: Language): Promise<Buffer> {
  const { title, about, careful, sections, all, numbers } = recordSections(given, lang);
  const doc = await newPdf(title, given.at, lang);
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
