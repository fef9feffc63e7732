/** Our own entries for the lists: they fit the schema that everybody checks them with. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readList } from '../../src/medmij/lists/read-list.ts';
import { type Gateway, openGateway, PUBLIC_URL } from '../support/gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

it('publishes each aanbieder with its services and addresses', async () => {
  const answer = await gateway.ask('/medmij/lijsten/MedMij_Zorgaanbiederslijst.xml');
  const list = readList(answer.body);
  if (list.kind !== 'Zorgaanbiederslijst') throw new Error('another list');
  const own = list.services.filter(({ aanbieder }) => aanbieder === 'ziekenhuisproef');
  expect(own.map(({ id }) => id)).toEqual(['48', '51']);
  expect(own[0]).toMatchObject({
    authorizationUri: `${PUBLIC_URL}/medmij/authorize`,
    tokenUri: `${PUBLIC_URL}/medmij/token`,
    subscription: { maximumDays: 365 },
  });
  for (const { resourceUri } of own.flatMap(({ roles }) => roles)) {
    expect(resourceUri).toMatch(/\/medmij\/ziekenhuisproef\/(48|51)\/fhir$/);
  }
});

it('publishes the names of the services', async () => {
  const answer = await gateway.ask('/medmij/lijsten/MedMij_Gegevensdienstnamenlijst.xml');
  const list = readList(answer.body);
  expect(list.kind === 'Gegevensdienstnamenlijst' && list.names.get('48')).toBe(
    'Basisgegevens Zorg 3.0',
  );
});
