/** An answer as it is taken along: how it was made, its lines, and the digest that names it. */
import { createHash } from 'node:crypto';
import type { Figure } from './figures.ts';

/** What is done to the numbers, told with each answer. */
export const FIGURE_METHOD = {
  nl: 'Telt wie dit toestaat. Een getal onder de 10 staat er niet, ook niet als het uit andere getallen volgt. Afgerond op 5. Eén telling per dag.',
  en: 'Counts who allows it. No number below 10, also where it would follow from others. Rounded to 5. One count a day.',
};

/** SHA-256, hex: the same answer, the same digest; it stands in the line of the question. */
export function figureDigest(figure: Figure): string {
  return createHash('sha256').update(JSON.stringify(figure)).digest('hex');
}

/** One line a cell; an empty number is one that is not told. */
export function figureCsv({ measure, day, version, total, rows, columns }: Figure): string {
  const line = (...values: (string | number | null)[]) =>
    [measure.id, day, version, ...values.map((value) => value ?? '')].join(';');
  return [
    'maat;dag;versie;leeftijd;geslacht;aantal',
    line('', '', total),
    ...columns.map(({ sex, people }) => line('', sex, people)),
    ...rows.flatMap(({ from, people, cells }) => [
      line(ageBand(from), '', people),
      ...cells.map((cell, at) => line(ageBand(from), columns[at]?.sex ?? '', cell)),
    ]),
    '',
  ].join('\r\n');
}

/** For instance "50-59", and "90+" for the last. @param from first year of the band */
export const ageBand = (from: number): string => (from === 90 ? '90+' : `${from}-${from + 9}`);
