/** What the kinds, groups and elements of the own record are called. */
import { type Sourced, type TidyGroup, type TidyKind, tidyList } from '../../conformance/index.ts';
import type { Text } from '../../platform/html/language.ts';

export const KIND: Readonly<Record<TidyKind, Text>> = {
  medication: { nl: 'Medicijnen', en: 'Medicines' },
  problem: { nl: 'Klachten en ziekten', en: 'Problems' },
  allergy: { nl: 'Allergieën', en: 'Allergies' },
  vaccination: { nl: 'Vaccinaties', en: 'Vaccinations' },
  measurement: { nl: 'Metingen en uitslagen', en: 'Measurements and results' },
  procedure: { nl: 'Behandelingen', en: 'Procedures' },
  document: { nl: 'Brieven', en: 'Letters' },
};

export const BECAUSE: Readonly<Record<TidyGroup['because'], Text>> = {
  alone: { nl: '', en: '' },
  'same-code': { nl: 'Bij elkaar: zelfde code.', en: 'Together: the same code.' },
  'same-meaning': {
    nl: 'Bij elkaar: andere codes die hetzelfde betekenen.',
    en: 'Together: other codes that mean the same.',
  },
  'same-name': { nl: 'Bij elkaar: zelfde naam.', en: 'Together: the same name.' },
  'same-document': { nl: 'Bij elkaar: zelfde brief.', en: 'Together: the same letter.' },
};

export const ELEMENT: Readonly<Record<string, Text>> = {
  dose: { nl: 'hoeveel en hoe vaak', en: 'how much and how often' },
  strength: { nl: 'de sterkte', en: 'the strength' },
  value: { nl: 'de waarde', en: 'the value' },
  clinicalStatus: { nl: 'of het nog speelt', en: 'whether it is still there' },
  verificationStatus: { nl: 'of het zeker is', en: 'whether it is certain' },
  criticality: { nl: 'hoe ernstig', en: 'how severe' },
  status: { nl: 'de stand', en: 'the status' },
};

/** In the order in which they are shown. */
export const KINDS = Object.keys(KIND) as readonly TidyKind[];

/** Each row by itself: nothing is put together. */
export function asWritten(record: readonly Sourced[]): TidyGroup[] {
  return tidyList(record).flatMap(({ kind, rows }) =>
    rows.map((row) => ({ kind, rows: [row], because: 'alone' as const, conflicts: [] })),
  );
}
