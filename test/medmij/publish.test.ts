/** Our own entries for the lists: they fit the schema that everybody checks them with. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readList } from '../../src/medmij/lists/read-list.ts';
import { readXmlTree, type XmlNode } from '../../src/medmij/lists/xml-tree.ts';
import { readMedmijSettings } from '../../src/medmij/medmij-settings.ts';
import { Env } from '../../src/platform/env.ts';
import { type Gateway, HOSPITAL, openGateway, PUBLIC_URL } from '../support/gateway.ts';

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

it('publishes by which numbers an aanbieder is found, with the same services', async () => {
  const answer = await gateway.ask('/medmij/lijsten/MedMij_Zorgaanbiederskoppellijst.xml');
  const tree = readXmlTree(answer.body);
  const text = (node: XmlNode, ...path: string[]): string[] => {
    const [name, ...rest] = path;
    if (name === undefined) return [node.text];
    const found = node.children.filter((child) => child.name === name);
    return found.flatMap((child) => text(child, ...rest));
  };
  expect(tree.name).toBe('Zorgaanbiederskoppellijst');
  const [own] = (
    tree.children.find(({ name }) => name === 'Zorgaanbieders')?.children ?? []
  ).filter((one) => text(one, 'Zorgaanbiedernaam')[0] === 'ziekenhuisproef@medmij');
  if (!own) throw new Error('not there');
  expect(text(own, 'IdentificerendeKenmerken', 'IdentificerendKenmerk', 'URA')).toEqual([
    HOSPITAL.ura,
  ]);
  expect(text(own, 'Gegevensdiensten', 'Gegevensdienst', 'GegevensdienstId')).toEqual(['48', '51']);
});

it('publishes the names of the services', async () => {
  const answer = await gateway.ask('/medmij/lijsten/MedMij_Gegevensdienstnamenlijst.xml');
  const list = readList(answer.body);
  expect(list.kind === 'Gegevensdienstnamenlijst' && list.names.get('48')).toBe(
    'Basisgegevens Zorg 3.0',
  );
});

/** As an operator sets it. @returns what is read, and the mistakes. */
function settingsWith(file: string) {
  const path = join(mkdtempSync(join(tmpdir(), 'zorgsluis-roles-')), 'roles.json');
  writeFileSync(path, file);
  const env = new Env({ MEDMIJ_ROLES_FILE: path });
  return {
    settings: readMedmijSettings(env, { demo: true }),
    mistakes: () => env.throwIfInvalid(),
  };
}

it('takes role codes from the operator, also for a service that had none', async () => {
  const { settings, mistakes } = settingsWith('{"54": ["AI-2.0-AIB-FHIR"], "48": ["NIEUW-FHIR"]}');
  expect(mistakes).not.toThrow();
  const other = await openGateway({
    config: (config) => ({ ...config, medmij: { ...config.medmij, roles: settings.roles } }),
  });
  try {
    const { organisations, database } = other.rooms;
    await organisations.put(database, { ...HOSPITAL, services: ['48', '54', '60'] });
    const answer = await other.ask('/medmij/lijsten/MedMij_Zorgaanbiederslijst.xml');
    const list = readList(answer.body);
    if (list.kind !== 'Zorgaanbiederslijst') throw new Error('another list');
    const own = list.services.filter(({ aanbieder }) => aanbieder === 'ziekenhuisproef');
    expect(own.map(({ id, roles }) => [id, roles.map(({ code }) => code)])).toEqual([
      ['48', ['NIEUW-FHIR']],
      ['54', ['AI-2.0-AIB-FHIR']],
    ]);
  } finally {
    await other.close();
  }
});

it.each(['{"54": "AIB"}', '[]x', '{"54": ["een <code>"]}'])('starts not with %s', (file) => {
  expect(settingsWith(file).mistakes).toThrow(/MEDMIJ_ROLES_FILE/);
});
