/**
 * Who holds what I may see: three holders of which one stays closed answer as two do
 * (regional-exchange.md C1).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BSN_SYSTEM,
  type Gateway,
  HOSPITAL,
  OTHER_HOSPITAL,
  openGateway,
} from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  patientOf,
  person,
  transaction,
  urn,
} from '../support/people.ts';

let gateway: Gateway;
let token: string;
/** Known at both hospitals; one of them stays closed. */
const half = person(43);
/** Known at the open hospital alone. */
const single = person(44);
const nobody = person(45);

beforeAll(async () => {
  gateway = await openGateway();
  for (const [sender, one] of [
    ['epd-proef', half],
    ['epd-ander', half],
    ['epd-proef', single],
  ] as const) {
    const self = urn(`${sender}${one.bsn}`);
    const resource = condition(`${sender}${one.bsn}`, self);
    const entries = [entry(self, patientOf(one)), entry(urn(`c${sender}${one.bsn}`), resource)];
    expect((await gateway.send(sender, transaction(entries))).statusCode).toBe(200);
  }
  const closed = { level: 'org' as const, value: OTHER_HOSPITAL.id };
  await choose(gateway, half, [
    HOSPITALS_TO_GPS,
    { ...HOSPITALS_TO_GPS, type: 'deny', holder: closed },
  ]);
  await choose(gateway, single, [HOSPITALS_TO_GPS]);
  token = await gateway.token('partner-huisarts');
});
afterAll(() => gateway.close());

const ask = ({ bsn }: { bsn: string }, as = token) =>
  gateway.ask('/regio/houders', { token: as, form: { identifier: `${BSN_SYSTEM}|${bsn}` } });

describe('the open question', () => {
  it('lists the holders that opened up, and gives no sign of the one that did not', async () => {
    const answer = await ask(half);
    expect(answer.statusCode).toBe(200);
    const bundle = answer.json();
    expect(bundle.total).toBe(1);
    expect(bundle.entry[0].resource).toMatchObject({ id: HOSPITAL.id, name: HOSPITAL.name });
    expect(answer.body).not.toContain(OTHER_HOSPITAL.name);
    const like = await ask(single);
    expect(like.body).toBe(answer.body);
    expect(like.headers['content-length']).toBe(answer.headers['content-length']);
  });

  it('answers about nobody as about somebody who opened nothing', async () => {
    const answer = await ask(nobody);
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      { resourceType: 'Bundle', type: 'searchset', total: 0 },
    ]);
  });

  it('stands in the ledger', async () => {
    await ask(half);
    const { rows } = await gateway.db.database.query<{ count: number }>(
      'select count(*)::integer as count from ledger_entry',
    );
    expect(rows[0]?.count).toBeGreaterThan(0);
  });

  it('needs a BSN in the body and a token', async () => {
    const bare = await gateway.ask('/regio/houders', { token, form: { identifier: 'x' } });
    expect(bare.statusCode).toBe(400);
    expect((await ask(half, 'none')).statusCode).toBe(401);
  });
});
