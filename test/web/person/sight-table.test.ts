/** `/mij/delen` shows how the choices work out, beside what was chosen (journey J4, step 1). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hiddenField } from '../../../src/demo/client/browserless.ts';
import { get, loginAsPerson, newVisitor, openWebHouse, post, type WebHouse } from '../web-house.ts';

let house: WebHouse;
beforeAll(async () => {
  house = await openWebHouse();
}, 120_000);
afterAll(() => house.close());

/** Rows of the table, each cell as text. */
const rowsOf = (page: string): string[][] => {
  const [, rest = ''] = page.split('Wat anderen nu van u zien</caption>');
  const [body = ''] = rest.split('</table>');
  return [...body.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) =>
      cell.replaceAll(/<[^>]*>/g, '').trim(),
    ),
  );
};

it('says of each holder what the others see, before and after a choice', async () => {
  const visitor = newVisitor();
  await loginAsPerson(house, visitor);
  const page = await get(house, visitor, '/mij/delen');
  const [heads = [], ...holders] = rowsOf(page.text());
  expect(heads.slice(0, 2)).toEqual(['Van wie', 'Huisartsen']);
  expect(holders.length).toBeGreaterThan(0);
  const seen = ([, ...cells]: string[]) => cells;
  const cells = new Set(holders.flatMap(seen));
  expect([...cells].filter((cell) => !/^(niets|niemand anders)$/.test(cell))).toEqual([]);

  const wish = { wens: 'cell', van: 'any', aan: 'cat:HA', gegevens: 'GGC002', keuze: 'permit' };
  const preview = await post(house, visitor, page, '/mij/delen/voorbeeld', wish);
  const stand = hiddenField(preview, 'stand');
  await post(house, visitor, preview, '/mij/delen/opslaan', { ...wish, stand, taal: 'nl' });
  const after = rowsOf((await get(house, visitor, '/mij/delen')).text()).slice(1);
  const byGps = after.map(([, gps = '']) => gps);
  expect(byGps.some((cell) => /alles|deel van/.test(cell))).toBe(true);
  expect(new Set(after.flatMap(([, , ...others]) => others))).toEqual(cells);
});
