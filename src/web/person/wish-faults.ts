/** What is missing or impossible in the two forms of a choice, at the field where it is typed. */
import type { Text } from '../../platform/html/language.ts';
import type { FieldFaults } from '../form-faults.ts';
import { dayOf, startOfDay } from '../moment-text.ts';
import { field } from '../portal.ts';

const FAULTS = {
  keuze: { nl: 'Kies of het mag of niet.', en: 'Choose whether they may or may not.' },
  onderwerp: {
    nl: 'Kies een onderwerp, of vul een periode in.',
    en: 'Choose a topic, or fill in a period.',
  },
  'gegevens-van': { nl: 'Kies een dag die bestaat.', en: 'Choose a day that exists.' },
  'gegevens-tot': {
    nl: 'Kies een dag die bestaat, niet eerder dan "Gegevens vanaf".',
    en: 'Choose a day that exists, not before "Data from".',
  },
  tot: {
    nl: 'Kies een dag in de toekomst, of laat dit leeg.',
    en: 'Choose a day in the future, or leave this empty.',
  },
} as const satisfies Record<string, Text>;
type Name = keyof typeof FAULTS;

const ABOUT = ['onderdeel', 'bezoek', 'onderwerp', 'gegevensVan', 'gegevensTot'] as const;

/** Before the ids of the fields of the finer form: both stand on one page. */
const FINER = 'fijn-';

/** In the order of the fields; none for a wish that is a button. */
export function wishFaults(body: unknown, now: Date): FieldFaults {
  const kind = field(body, 'wens');
  if (kind !== 'cell' && kind !== 'fine') return [];
  const until = field(body, 'tot');
  const isPast = until !== undefined && (!startOfDay(until) || until < dayOf(now));
  const wrong: Name[] = [
    ...(field(body, 'keuze') === undefined ? (['keuze'] as const) : []),
    ...(kind === 'fine' ? aboutFaults(body) : []),
    ...(isPast ? (['tot'] as const) : []),
  ];
  const isShared = (name: Name) => name === 'keuze' || name === 'tot';
  return wrong.map((name) => ({
    field: kind === 'fine' && isShared(name) ? `${FINER}${name}` : name,
    text: FAULTS[name],
  }));
}

function aboutFaults(body: unknown): readonly Name[] {
  if (ABOUT.every((name) => field(body, name) === undefined)) return ['onderwerp'];
  const [from, to] = [field(body, 'gegevensVan'), field(body, 'gegevensTot')];
  const isLate = from !== undefined && to !== undefined && from > to;
  return [
    ...(from !== undefined && !startOfDay(from) ? (['gegevens-van'] as const) : []),
    ...(to !== undefined && (!startOfDay(to) || isLate) ? (['gegevens-tot'] as const) : []),
  ];
}
