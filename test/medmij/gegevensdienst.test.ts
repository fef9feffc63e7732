/** The data services as configuration, and those of one building block. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isResourceType } from '../../src/conformance/index.ts';
import { searchParameter } from '../../src/conformance/search-parameters.ts';
import { readGegevensdiensten } from '../../src/medmij/gegevensdienst.ts';
import { type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import {
  entry,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

const diensten = readGegevensdiensten();

type Row = { id: string; fhir: string; share?: object };
const KEYS = new Set(
  'id name fhir function roles search read share only alongside text'.split(' '),
);
const SHARE_KEYS = new Set(
  'batch transaction update stepByStep partOfCollecting acknowledgement'.split(' '),
);

describe('the table of services', () => {
  it('knows every service that has a number', () => {
    const numbers = '31 35 46 47 48 49 50 51 52 54 58 59 60 61 63 65 66 67 68 9000002'.split(' ');
    expect(numbers.filter((id) => !diensten.has(id))).toEqual([]);
    const granular = [...diensten.keys()].filter(
      (id) => id.startsWith('900000') && id.length === 9,
    );
    expect(granular).toHaveLength(24);
  });

  it('says nothing twice, and nothing that nobody reads', () => {
    const url = new URL('../../profiles/medmij/gegevensdiensten.yaml', import.meta.url);
    const { gegevensdiensten: rows } = parse(readFileSync(url, 'utf8')) as {
      gegevensdiensten: Row[];
    };
    expect(rows.length).toBeGreaterThan(40);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    for (const row of rows) {
      expect(
        Object.keys(row).filter((key) => !KEYS.has(key)),
        row.id,
      ).toEqual([]);
      expect(
        Object.keys(row.share ?? {}).filter((key) => !SHARE_KEYS.has(key)),
        row.id,
      ).toEqual([]);
      expect(['R4', 'STU3'], row.id).toContain(row.fhir);
    }
  });

  it('limits by and brings along only what its FHIR version searches by', () => {
    const isResult = (code: string) => code === '_include' || code === '_revinclude';
    for (const { id, version, only, alongside } of diensten.values()) {
      for (const [type, query] of [...only, ...alongside]) {
        for (const [code] of query) {
          const base = code.split(/[.:]/)[0] ?? '';
          const isKnown = isResult(base) || searchParameter(version, type, base) !== undefined;
          expect(isKnown, `${id}: ${type}?${code}`).toBe(true);
        }
      }
    }
  });

  it('names only types of its own FHIR version, and limits only what it searches', () => {
    for (const { id, version, readTypes, searchTypes, only, share } of diensten.values()) {
      const shared = share ? [...share.batch, ...share.transaction, ...share.update] : [];
      for (const type of [...readTypes, ...shared]) {
        expect(isResourceType(version, type), `${id}: ${type}`).toBe(true);
      }
      for (const type of only.keys()) expect(searchTypes.has(type), id).toBe(true);
    }
  });
});

describe('what the resources of a service point at', () => {
  // As in the test material, and as the published CapabilityStatements have it.
  it.each([
    ['50', 'Procedure', 'ProcedureRequest'],
    ['61', 'Procedure', 'ProcedureRequest'],
    ['65', 'Procedure', 'ProcedureRequest'],
    ['900000407', 'Coverage', 'RelatedPerson'],
    ['900000110', 'Coverage', 'RelatedPerson'],
    ['900000101', 'Patient', 'RelatedPerson'],
    ['900000111', 'Encounter', 'Procedure'],
    ['900000411', 'Observation', 'DeviceUseStatement'],
  ])('can be read: %s, from %s to %s', (id, from, to) => {
    const { searchTypes, readTypes } = diensten.get(id) ?? {};
    expect(searchTypes?.has(from)).toBe(true);
    expect(readTypes?.has(to)).toBe(true);
  });
});

describe('a service of one building block', () => {
  let gateway: Gateway;
  const own = person(1);
  const HEIGHT = { coding: [{ system: 'http://loinc.org', code: '8302-2' }] };
  const height = {
    code: HEIGHT,
    valueQuantity: { value: 180, unit: 'cm', system: 'http://unitsofmeasure.org', code: 'cm' },
  };

  beforeAll(async () => {
    gateway = await openGateway();
    const { organisations, database } = gateway.rooms;
    await organisations.put(database, { ...HOSPITAL, services: ['52', '900000403'] });
    const self = urn(own.bsn);
    const sent = await gateway.send(
      'epd-proef',
      transaction([
        entry(self, patientOf(own)),
        entry(urn('w'), observation('w', self)),
        entry(urn('h'), observation('h', self, height)),
      ]),
    );
    expect(sent.statusCode).toBe(200);
  });
  afterAll(() => gateway.close());

  async function get(service: string, path: string) {
    const { rooms } = gateway;
    const { token } = await rooms.tokens.issue(rooms.database, {
      kind: 'medmij',
      client: PGO,
      vault: await vaultOf(gateway, own),
      aanbieder: HOSPITAL.id,
      services: [service],
      consent: randomUUID(),
      correlationId: randomUUID(),
    });
    return gateway.ask(`/medmij/ziekenhuisproef/${service}/fhir/${path}`, { token });
  }

  it('serves that one and nothing else of its type, by search, by read and by count', async () => {
    const all = (await get('52', 'Observation')).json();
    expect(all.total).toBe(2);
    const weights = (await get('900000403', 'Observation')).json();
    expect(weights.total).toBe(1);
    const [{ resource }] = weights.entry;
    expect(resource.code.coding[0].code).toBe('29463-7');
    const asked = (await get('900000403', 'Observation?code=http://loinc.org|8302-2')).json();
    expect(asked.total).toBe(0);
    const [tall] = all.entry.filter(
      (one: { resource: { id: string } }) => one.resource.id !== resource.id,
    );
    const { id } = tall.resource;
    expect((await get('52', `Observation/${id}`)).statusCode).toBe(200);
    expect((await get('900000403', `Observation/${id}`)).statusCode).toBe(404);
    expect((await get('900000403', `Observation/${resource.id}`)).statusCode).toBe(200);
    expect((await get('900000403', `Observation?_id=${id}`)).json().total).toBe(0);
  });

  it('serves of a kind of data what its text says to the person, and no more', async () => {
    const lab = {
      code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
      category: [{ coding: [{ system: 'http://snomed.info/sct', code: '49581000146104' }] }],
    };
    const food = {
      resourceType: 'AllergyIntolerance',
      category: ['food'],
      code: { text: 'noten' },
    };
    const sent = await gateway.send(
      'epd-proef',
      transaction([
        entry(urn('p2'), patientOf(own)),
        entry(urn('lab'), observation('lab', urn('p2'), lab)),
        ...['food', 'medication'].map((category) =>
          entry(urn(category), {
            ...{ ...food, category: [category], patient: { reference: urn('p2') } },
            identifier: [{ system: 'urn:oid:1.2.3', value: category }],
          }),
        ),
      ]),
    );
    expect(sent.statusCode, sent.body).toBe(200);
    const { organisations, database } = gateway.rooms;
    const services = ['46', '52', '54', '58', '900000403'];
    await organisations.put(database, { ...HOSPITAL, services });
    const totalOf = async (service: string, path: string) =>
      (await get(service, path)).json().total;
    expect(await totalOf('46', 'Observation')).toBe(1);
    expect(await totalOf('54', 'AllergyIntolerance')).toBe(2);
    expect(await totalOf('58', 'AllergyIntolerance')).toBe(1);
    const [weight] = (await get('52', 'Observation?code=http://loinc.org|29463-7')).json().entry;
    expect((await get('46', `Observation/${weight.resource.id}`)).statusCode).toBe(404);
    expect((await get('52', `Observation/${weight.resource.id}`)).statusCode).toBe(200);
  });

  it('keeps to it over pages', async () => {
    const page = (await get('900000403', 'Observation?_count=1')).json();
    expect(page.total).toBe(1);
    expect(page.link.find((one: { relation: string }) => one.relation === 'next')).toBeUndefined();
  });
});
