/** A title in both languages of the trail; the tour itself is told in English. */
import type { Text } from '../../src/platform/html/language.ts';

export const title = (text: string): Text => ({ nl: text, en: text });
