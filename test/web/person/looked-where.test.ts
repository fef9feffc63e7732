/** "Wie keek": of what an app of the person did it says at which provider. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { organisation } from '../../../src/demo/region/organisations.ts';
import { get, loginAsPerson, newVisitor, openWebHouse, type WebHouse } from '../web-house.ts';

let house: WebHouse;

beforeAll(async () => {
  house = await openWebHouse();
  const looked = (key: string, released: number) => ({
    ...({ class: 'pgo', event: 'search-type', action: 'E', outcome: 0 } as const),
    ...{ patient: house.vault, agent: { kind: 'person', id: house.vault } as const },
    ...({ client: 'app.elders.example', purpose: 'PATRQT', route: 'own-right' } as const),
    ...{ holders: [organisation(key).id], released, withheld: 0 },
  });
  await house.door.ledger.record([
    looked('kennemerzoom', 2),
    looked('jansen', 1),
    looked('jansen', 3),
    looked('apotheek', 0),
  ]);
}, 120_000);
afterAll(() => house?.close());

it('sets each provider apart, and names none of a question that gave nothing', async () => {
  const visitor = newVisitor();
  await loginAsPerson(house, visitor);
  const page = (await get(house, visitor, '/mij/inzage')).text();
  const cards = page.split('<li class="card">').filter((one) => one.includes('app.elders'));
  const at = cards.map((one) => /<dt>Bij<\/dt><dd>([^<]*)/.exec(one)?.[1]);
  expect(at.toSorted()).toEqual([
    organisation('jansen').name.replace('&', '&amp;'),
    organisation('kennemerzoom').name,
    undefined,
  ]);
});
