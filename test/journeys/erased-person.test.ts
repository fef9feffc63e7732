/** AVG article 17 from end to end: record, versions, originals, look-ups and exports end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { erasePerson } from '../../src/consent/index.ts';
import { BSN_SYSTEM, type Gateway, openGateway } from '../support/gateway.ts';
import {
  choose,
  entry,
  HOSPITALS_TO_GPS,
  letter,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const one = person(151);
const self = urn(one.bsn);

describe('a person who is erased', () => {
  it('is gone from every door, and only that it happened stays', async () => {
    const { rooms } = gateway;
    const bundle = transaction([
      entry(self, patientOf(one)),
      entry(urn('e1'), observation('e1', self)),
      ...letter('e2', self),
    ]);
    const sent = await gateway.send('epd-proef', bundle);
    const locations: string[] = sent
      .json()
      .entry.map(({ response }: { response: { location: string } }) => response.location);
    const references = locations.map((url) => url.split('/').slice(-4, -2).join('/'));
    const token = await gateway.token('epd-proef');
    const gone = references.find((one) => one.startsWith('Observation')) ?? '';
    await gateway.ask(`/fhir/r4/${gone}`, { token, method: 'DELETE' });
    await choose(gateway, one, [HOSPITALS_TO_GPS]);
    const vault = await vaultOf(gateway, one);
    const before = await rooms.ledger.ofPatient(vault);

    const erased = await erasePerson(rooms, one.bsn, 'test');
    expect(erased).toMatchObject({ originals: 1 });
    expect(erased?.resources).toBe(4);

    const never = await gateway.ask('/fhir/r4/Observation/never', { token });
    for (const reference of [...references, gone]) {
      const [type = ''] = reference.split('/');
      for (const path of [reference, `${reference}/_history`, `${reference}/_history/1`]) {
        const answer = await gateway.ask(`/fhir/r4/${path}`, { token });
        expect(answer.statusCode).toBe(404);
        expect(answer.body).toBe(never.body.replace('Observation', type));
      }
    }
    const form = { identifier: `${BSN_SYSTEM}|${one.bsn}` };
    const search = await gateway.ask('/fhir/r4/Patient/_search', { token, form });
    expect(search.json().total).toBe(0);
    for (const table of ['resource', 'resource_history', 'original', 'vault_lookup']) {
      const left = await rooms.database.query(`select from ${table} where vault = $1`, [vault]);
      expect(left.rowCount).toBe(0);
    }
    const after = await rooms.ledger.ofPatient(vault);
    expect(after.total).toBeGreaterThan(before.total);
    expect(after.entries.map(({ record }) => record.event)).toContain('erase');
    expect((await rooms.ledger.verify()).findings).toEqual([]);
    expect(await erasePerson(rooms, one.bsn, 'test')).toBeUndefined();
  });

  it('who comes again begins anew', async () => {
    const again = transaction([
      entry(self, patientOf(one)),
      entry(urn('e9'), observation('e9', self)),
    ]);
    expect((await gateway.send('epd-proef', again)).statusCode).toBe(200);
    const token = await gateway.token('epd-proef');
    const form = { 'patient.identifier': `${BSN_SYSTEM}|${one.bsn}` };
    const found = await gateway.ask('/fhir/r4/Observation/_search', { token, form });
    expect(found.json().total).toBe(1);
  });
});
