/** What every page asks for beside itself. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { get, newVisitor, openWebHouse, type WebHouse } from './web-house.ts';

let house: WebHouse;

beforeAll(async () => {
  house = await openWebHouse();
}, 120_000);
afterAll(() => house?.close());

it('names a style sheet and an icon that are there, and need not be sent twice', async () => {
  const page = (await get(house, newVisitor(), '/privacy')).text();
  const links = [...page.matchAll(/<link [^>]*href="([^"]+)"/g)].map(([, href = '']) => href);
  expect(links.toSorted()).toEqual(['/icon.svg', '/style.css']);
  for (const url of links) {
    const sent = await house.app.inject({ url });
    expect(sent.statusCode, url).toBe(200);
    const headers = { 'if-none-match': String(sent.headers.etag) };
    expect((await house.app.inject({ url, headers })).statusCode, url).toBe(304);
  }
});
