/** The part of `/mij/delen` that shows how the choices work out: who sees what of whom, now. */
import type { HolderInSight, KindInSight } from '../../consent/index.ts';
import type { ConsentCategory, DataCategory } from '../../permission/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { table } from '../../platform/html/layout.ts';
import type { Say } from '../page.ts';
import { DATA, RECIPIENTS } from '../plain-words.ts';
import { SHARING as T } from './sharing-text.ts';
import type { Visit } from './visit.ts';

const t = (nl: string, en: string): Text => ({ nl, en });

const KINDS: Readonly<Record<DataCategory, Text>> = {
  ...DATA,
  GGC002: t('andere gegevens', 'other data'),
};
/** Short, so that they stand beside each other. */
const HEADS: Readonly<Record<(typeof RECIPIENTS)[number], Text>> = {
  HA: t('Huisartsen', 'GPs'),
  APO: t('Apotheken', 'Pharmacies'),
  ZKH: t('Ziekenhuizen', 'Hospitals'),
  VV: t('Verpleging', 'Nursing'),
  GGZ: t('GGZ', 'Mental health'),
  OVZ: t('Anderen', 'Others'),
  EU: t('Elders in Europa', 'Elsewhere in Europe'),
};
const ALL = t('alles', 'everything');
const NOTHING = t('niets', 'nothing');
const NOBODY = t('niemand anders', 'nobody else');
const partOf = (kind: Text): Text => t(`deel van de ${kind.nl}`, `part of the ${kind.en}`);
const some = (seen: Text): Text => t(`${seen.nl} (sommige)`, `${seen.en} (some)`);

interface Sights {
  readonly sights: readonly HolderInSight[];
  readonly names: ReadonlyMap<string, string>;
  /** Then an emergency opens nothing either. */
  readonly isLocked: boolean;
}

/** @returns nothing where nobody holds anything. */
export function sightPart(
  { language }: Visit,
  { sights, names, isLocked }: Sights,
  say: Say,
): Content {
  if (sights.length === 0) return '';
  const readers = RECIPIENTS.filter((category) =>
    sights.some(({ kinds }) => kinds.some(({ seen }) => seen.has(category))),
  );
  const rows = sights.map(({ holder, kinds }): Content[] => [
    html`<strong>${names.get(holder) ?? ''}</strong>`,
    ...readers.map((category) => cell(kinds, category).map(say).join(', ')),
  ]);
  const isSome = sights.some(({ kinds }) =>
    kinds.some(({ seen }) => [...seen.values()].some(({ least, most }) => least < most)),
  );
  const columns = [T.from, ...readers.map((category) => HEADS[category])];
  return html`<h2>${say(T.sight)}</h2><p>${say(T.sightText)}
${!isLocked && say(T.sightEmergency)}</p>
${table({ caption: T.sightCaption, columns, rows }, language)}${isSome && html`<p>${say(T.sightSome)}</p>`}`;
}

/** What one kind of care provider sees of one holder. */
function cell(kinds: readonly KindInSight[], category: ConsentCategory): Text[] {
  const sights = kinds.map(({ data, items, seen }) => ({ data, items, ...seen.get(category) }));
  if (sights.every(({ most }) => most === undefined)) return [NOBODY];
  if (sights.every(({ most = 0 }) => most === 0)) return [NOTHING];
  const differs = sights.some(({ least, most }) => least !== most);
  if (sights.every(({ items, most }) => most === items)) return [differs ? some(ALL) : ALL];
  return sights.flatMap(({ data, items, least = 0, most = 0 }) => {
    if (most === 0) return [];
    const seen = most === items ? KINDS[data] : partOf(KINDS[data]);
    return [least < most ? some(seen) : seen];
  });
}
