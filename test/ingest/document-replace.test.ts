/** ITI-65: a document replaces another, whose entry is patched to `superseded` along with it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import {
  entry,
  type Json,
  letter,
  patientOf,
  person,
  transaction,
  urn,
} from '../support/people.ts';

let gateway: Gateway;
let token: string;
const one = person(91);
const self = urn(one.bsn);

const superseded = (id: string): Json => ({
  fullUrl: urn(`patch${id}`),
  request: { method: 'PATCH', url: `DocumentReference/${id}` },
  resource: {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'operation',
        part: [
          { name: 'path', valueString: 'DocumentReference.status' },
          { name: 'type', valueCode: 'replace' },
          { name: 'value', valueCode: 'superseded' },
        ],
      },
    ],
  },
});

beforeAll(async () => {
  gateway = await openGateway();
  token = await gateway.token('epd-proef');
});
afterAll(() => gateway.close());

const get = async (path: string) => (await gateway.ask(`/fhir/r4/${path}`, { token })).json();

describe('a document that replaces another', () => {
  it('supersedes it in the same transaction', async () => {
    const first = await gateway.send(
      'epd-proef',
      transaction([entry(self, patientOf(one)), ...letter('first', self)], 'replace-1'),
    );
    expect(first.statusCode, first.body).toBe(200);
    const place = first
      .json()
      .entry.map(({ response }: { response: { location: string } }) => response.location)
      .find((location: string) => location.includes('DocumentReference'));
    const id = place.split('/').at(-3);
    const second = await gateway.send(
      'epd-proef',
      transaction(
        [entry(self, patientOf(one)), superseded(id), ...letter('next', self)],
        'replace-2',
      ),
    );
    expect(second.statusCode, second.body).toBe(200);
    const old = await get(`DocumentReference/${id}`);
    expect(old).toMatchObject({ status: 'superseded', meta: { versionId: '2' } });
    const patient = old.subject.reference;
    const current = await get(`DocumentReference?patient=${patient}&status=current`);
    expect(current.total).toBe(1);
  });

  it('is refused as a whole when there is nothing to supersede', async () => {
    const answer = await gateway.send(
      'epd-proef',
      transaction(
        [entry(self, patientOf(one)), superseded('never'), ...letter('x', self)],
        'replace-3',
      ),
    );
    expect(answer.statusCode).toBe(422);
    expect(answer.json().issue[0]).toMatchObject({
      expression: ['Bundle.entry[1].request.url'],
      details: { coding: [{ code: 'patch-target' }] },
    });
  });
});
