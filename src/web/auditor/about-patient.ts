/** The plain words speak to the patient; to an auditor they are about the patient. */
import type { Text } from '../../platform/html/language.ts';

const NL: readonly (readonly [RegExp, string])[] = [
  [/\buzelf\b/g, 'de patiënt zelf'],
  [/\buw eigen gegevens\b/g, 'eigen gegevens van de patiënt'],
  [/\buw /g, ''],
  [/\bu bent\b/g, 'de patiënt is'],
  [/\bu\b/g, 'de patiënt'],
];
const EN: readonly (readonly [RegExp, string])[] = [
  [/\byour (name and address)/g, '$1'],
  [/\byour\b/g, 'the patient’s'],
  [/\byou were\b/g, 'the patient was'],
  [/\byou are\b/g, 'the patient is'],
  [/\byou\b/g, 'the patient'],
];

/** The same words in the third person. */
export function aboutPatient<T extends Text | undefined>(text: T): T | Text {
  return text && { nl: turned(text.nl, NL), en: turned(text.en, EN) };
}

const turned = (words: string, turns: typeof NL): string =>
  turns.reduce((said, [from, to]) => said.replace(from, to), words);
