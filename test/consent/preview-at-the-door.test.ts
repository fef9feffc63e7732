/**
 * The numbers of a preview are those that the real door gives: asked before and after the save, by
 * every partner, item by item.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, ORGANISATIONS, openGateway, PRACTICE } from '../support/gateway.ts';
import {
  choose,
  condition,
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
const one = person(42);

beforeAll(async () => {
  gateway = await openGateway();
  const self = urn(one.bsn);
  const sent = await gateway.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(one)),
      ...['a', 'b', 'c'].map((key) => entry(urn(`c42${key}`), condition(`c42${key}`, self))),
      ...['a', 'b'].map((key) => entry(urn(`o42${key}`), observation(`o42${key}`, self))),
      entry(
        urn('psy42'),
        condition('psy42', self, {
          meta: {
            security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSY' }],
          },
        }),
      ),
      ...letter('l42', self),
    ]),
  );
  expect(sent.statusCode, sent.body).toBe(200);
});
afterAll(() => gateway.close());

/** Everything of the record that this partner can read by its id, at the real door. */
async function readable(client: string): Promise<number> {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const epoch = await store.epoch(database, vault);
  const { rows } = await store.candidates(database, { vault, epoch });
  const token = await gateway.token(client);
  let count = 0;
  for (const { type, id, facts } of rows) {
    if (facts.category === 'none' || facts.as !== undefined) continue;
    const { statusCode } = await gateway.ask(`/fhir/r4/${type}/${id}`, { token });
    if (statusCode === 200) count += 1;
  }
  return count;
}

describe('a preview', () => {
  it('of one letter counts one item: its bytes go with it', async () => {
    const vault = await vaultOf(gateway, one);
    const told = await gateway.rooms.consent.own.preview(vault, [
      {
        kind: 'put',
        rule: { ...HOSPITALS_TO_GPS, data: { level: 'type', value: 'DocumentReference' } },
      },
    ]);
    expect(told.gains.items).toBe(1);
  });

  it.each([
    ['a first permit', HOSPITALS_TO_GPS],
    [
      'results only',
      {
        ...HOSPITALS_TO_GPS,
        type: 'deny' as const,
        data: { level: 'type' as const, value: 'Condition' },
      },
    ],
    ['a topic opened', { ...HOSPITALS_TO_GPS, data: { level: 'label' as const, value: 'PSY' } }],
    [
      'one practice refused',
      {
        ...HOSPITALS_TO_GPS,
        type: 'deny' as const,
        recipient: { level: 'org' as const, value: PRACTICE.id },
      },
    ],
  ])('of %s equals a recount through the door', async (_name, rule) => {
    const vault = await vaultOf(gateway, one);
    const told = await gateway.rooms.consent.own.preview(vault, [{ kind: 'put', rule }]);
    const before = await readable('partner-huisarts');
    await choose(gateway, one, [rule]);
    const after = await readable('partner-huisarts');
    const mine = told.changes.find(({ organisation }) => organisation === PRACTICE.id);
    expect((mine?.gains.length ?? 0) - (mine?.loses.length ?? 0)).toBe(after - before);
    if (mine) expect(mine.keeps + mine.gains.length).toBe(after);
    expect(
      told.changes.every(({ organisation }) => ORGANISATIONS.some(({ id }) => id === organisation)),
    ).toBe(true);
  });
});
