/** What is new in the own record since a moment (capabilities A7), also after an embargo. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccessRequest } from '../../src/permission/index.ts';
import { type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import {
  entry,
  type Json,
  letter,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

const EMBARGO = 'https://zorgsluis.example/fhir/StructureDefinition/embargo-until';
const SERVICES = ['46', '51'];
const own = person(1);
const self = urn(own.bsn);
let gateway: Gateway;
let start: Date;

const now = () => gateway.rooms.clock();

async function send(...entries: Json[]) {
  const sent = await gateway.send(
    'epd-proef',
    transaction([entry(self, patientOf(own)), ...entries]),
  );
  expect(sent.statusCode, sent.body).toBe(200);
}

async function get(service: string, path: string) {
  const { rooms } = gateway;
  const { token } = await rooms.tokens.issue(rooms.database, {
    ...{ kind: 'medmij', client: PGO, vault: await vaultOf(gateway, own) },
    ...{ aanbieder: HOSPITAL.id, services: SERVICES },
    ...{ consent: randomUUID(), correlationId: randomUUID() },
  });
  return gateway.ask(`/medmij/ziekenhuisproef/${service}/fhir/${path}`, { token });
}

const access = (): AccessRequest => ({
  ...{ id: randomUUID(), correlationId: randomUUID(), door: 'web', client: 'web', address: '' },
  ...{ actor: { kind: 'person' }, purpose: 'PATRQT', tokenId: randomUUID() },
});

async function news(since: Date) {
  const { own: pages } = gateway.rooms.consent;
  const found = await pages.news(await vaultOf(gateway, own), access(), since);
  return found.map(({ kind, type }) => `${kind} ${type}`).toSorted();
}

const LABORATORY = {
  coding: [
    { system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' },
  ],
};
const result = (id: string, more: Json = {}) =>
  entry(urn(id), { ...observation(id, self), category: [LABORATORY], ...more });

beforeAll(async () => {
  gateway = await openGateway();
  const { organisations, database } = gateway.rooms;
  await organisations.put(database, { ...HOSPITAL, services: SERVICES });
  await send(result('first'), ...letter('brief', self));
  start = now();
});
afterAll(() => gateway.close());

describe('news in the own record', () => {
  it('is all of it from the beginning, and nothing when nothing came', async () => {
    gateway.later(60);
    expect(await news(now())).toEqual([]);
    expect(await news(new Date(0))).toEqual(['new DocumentReference', 'new Observation']);
  });

  it('tells apart what came, what changed and what was taken back', async () => {
    const since = now();
    gateway.later(60);
    const id = (await get('51', 'DocumentReference')).json().entry[0].resource.id;
    const url = `DocumentReference/${id}`;
    await send(result('second'), result('first', { valueQuantity: { value: 71, unit: 'kg' } }), {
      fullUrl: url,
      request: { method: 'DELETE', url },
    });
    expect(await news(since)).toEqual([
      'changed Observation',
      'new Observation',
      'taken-back DocumentReference',
    ]);
    const { own: pages } = gateway.rooms.consent;
    const all = await pages.news(await vaultOf(gateway, own), access(), since);
    const gone = all.find(({ kind }) => kind === 'taken-back');
    expect(gone?.title, 'what the source called it before').toBeTruthy();
    expect(await news(start)).toEqual(await news(since));
  });

  it('is written down as the own look into the record', async () => {
    const vault = await vaultOf(gateway, own);
    await news(start);
    const { entries } = await gateway.rooms.ledger.ofPatient(vault, { limit: 1 });
    expect(entries[0]?.record).toMatchObject({
      ...{ event: 'history-type', query: 'own-news', client: 'web', released: 3 },
    });
  });
});

describe('what was under embargo', () => {
  it('is new when that ends, for the person and for an app that asks what came since', async () => {
    gateway.later(60);
    const ends = new Date(now().getTime() + 3 * 86_400_000);
    const extension = [{ url: EMBARGO, valueDateTime: ends.toISOString() }];
    await send(result('held', { extension }));
    gateway.later(86_400);
    // The app fetches while it is held, and remembers when.
    const since = now();
    const path = `Observation/_history?_since=${since.toISOString()}`;
    const search = `Observation?_lastUpdated=gt${since.toISOString()}`;
    expect(await news(since)).toEqual([]);
    expect((await get('46', path)).json().entry).toBeUndefined();
    gateway.later(3 * 86_400);
    expect(await news(since)).toEqual(['new Observation']);
    const [found, ...more] = (await get('46', path)).json().entry;
    expect(more).toEqual([]);
    expect(found.resource.identifier[0].value).toBe('held');
    expect(found.resource.meta.lastUpdated).toBe(ends.toISOString());
    expect((await get('46', search)).json().total).toBe(1);
    const after = new Date(ends.getTime() + 1_000).toISOString();
    expect((await get('46', `Observation?_lastUpdated=gt${after}`)).json().total).toBe(0);
  });
});
