/** The receipt of a choice as PDF/A-2, to keep (consent.md section 14). */
import type { Language } from '../../platform/html/language.ts';
import { BOLD, bytesOf, line, newPdf, PLAIN } from './pdf-page.ts';

export interface ReceiptWords {
  readonly title: string;
  readonly made: Date;
  /** The choices as sentences. */
  readonly choices: readonly string[];
  readonly facts: readonly (readonly [what: string, value: string])[];
  readonly contactTitle: string;
  readonly contacts: readonly string[];
  readonly howToWithdraw: string;
}

/** @returns the bytes of the document. */
export async function receiptPdf(words: ReceiptWords, language: Language): Promise<Buffer> {
  const doc = await newPdf(words.title, words.made, language);
  const ended = bytesOf(doc);
  const whole = doc.struct('Document');
  doc.addStructure(whole);
  const put = (tag: 'H1' | 'H2' | 'P', font: string, size: number, text: string): void =>
    void whole.add(doc.struct(tag, {}, () => line(doc, font, size, text)));
  put('H1', BOLD, 18, words.title);
  for (const choice of words.choices) put('P', PLAIN, 11, choice);
  for (const [what, value] of words.facts) put('P', PLAIN, 9, `${what}: ${value}`);
  put('P', BOLD, 10, words.howToWithdraw);
  put('H2', BOLD, 13, words.contactTitle);
  for (const contact of words.contacts) put('P', PLAIN, 10, contact);
  whole.end();
  doc.end();
  return ended;
}
