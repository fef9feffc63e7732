/** A number beside a reference, or inside a resource, says whose it is as well as the reference. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, openGateway } from '../support/gateway.ts';
import { type Json, observation, patientOf, person, urn, vaultOf } from '../support/people.ts';

let gateway: Gateway;
let token: string;
const [one, other, unknown] = [person(31), person(32), person(33)];

beforeAll(async () => {
  gateway = await openGateway();
  token = await gateway.token('epd-proef');
  for (const who of [one, other]) {
    const id = `p-${who.bsn}x`;
    await ask('r4', `/Patient/${id}`, { ...patientOf(who), id }, 'PUT');
  }
});
afterAll(() => gateway.close());

const ask = (
  version: string,
  path: string,
  body: Json,
  method: 'POST' | 'PUT' | 'PATCH' = 'POST',
) =>
  gateway.ask(`/fhir/${version}${path}`, {
    token,
    method,
    headers: {
      'content-type': method === 'PATCH' ? 'application/json-patch+json' : 'application/fhir+json',
    },
    body: JSON.stringify(body),
  });

const self = `Patient/p-${one.bsn}x`;
const numbered = (bsn: string) => ({ system: BSN_SYSTEM, value: bsn });

const inside = (key: string, ...numbers: string[]): Json => ({
  ...observation(key, '#c'),
  contained: [{ resourceType: 'Patient', id: 'c', identifier: numbers.map(numbered) }],
});

const beside = (key: string, bsn: string): Json => ({
  ...observation(key, self),
  subject: { reference: self, identifier: numbered(bsn) },
});

const keptOf = async (who: typeof one, key: string) => {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, who);
  const { rows } = await store.candidates(database, { vault, types: ['Observation'] });
  return rows.filter(({ bytes }) => bytes.includes(`"${key}"`)).length;
};

describe.each(['r4', 'stu3'])('a result (%s)', (version) => {
  const refused = async (resource: Json, entries?: Json[]) => {
    const answer = entries
      ? await ask(version, '', { resourceType: 'Bundle', type: 'transaction', entry: entries })
      : await ask(version, '/Observation', resource);
    const [issue] = answer.json().issue ?? [];
    return [answer.statusCode, issue?.details?.coding?.[0]?.code, ...(issue?.expression ?? [])];
  };
  const several = [422, 'several-people', 'Observation.subject'];

  it('whose subject has the number of another is refused, known or not', async () => {
    for (const bsn of [other.bsn, unknown.bsn]) {
      expect(await refused(beside('b', bsn))).toEqual(several);
    }
    const own = await ask(version, '/Observation', beside(`own-${version}`, one.bsn));
    expect(own.statusCode, own.body).toBe(201);
    const found = await gateway.rooms.store.findVault(
      gateway.rooms.database,
      numbered(unknown.bsn),
    );
    expect(found).toBeUndefined();
  });

  it('is about whom the Patient inside it names, whoever else is in the bundle', async () => {
    const key = `in-${version}`;
    const entries = [
      {
        fullUrl: urn('one'),
        resource: patientOf(one),
        request: { method: 'POST', url: 'Patient' },
      },
      { resource: inside(key, other.bsn), request: { method: 'POST', url: 'Observation' } },
      { resource: inside(`${key}-own`, one.bsn), request: { method: 'POST', url: 'Observation' } },
    ];
    const answer = await ask(version, '', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: entries,
    });
    expect(answer.statusCode, answer.body).toBe(200);
    expect([await keptOf(one, key), await keptOf(other, key)]).toEqual([0, 1]);
    expect([await keptOf(one, `${key}-own`), await keptOf(other, `${key}-own`)]).toEqual([1, 0]);
    expect(await refused(inside('two', one.bsn, other.bsn))).toEqual(several);
  });

  it('is not made about another by a patch of the number', async () => {
    const id = `patched-${version}`;
    const put = await ask(version, `/Observation/${id}`, { ...observation(id, self), id }, 'PUT');
    expect(put.statusCode, put.body).toBe(201);
    const operations = [{ op: 'add', path: '/subject/identifier', value: numbered(other.bsn) }];
    const answer = await ask(version, `/Observation/${id}`, operations as never, 'PATCH');
    expect(answer.statusCode, answer.body).toBe(422);
    expect(await keptOf(other, id)).toBe(0);
  });
});
