/** One message many times at once, and another with its id in between (capabilities B3). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { type Person, person, vaultOf } from '../support/people.ts';

const AT_ONCE = 500;
let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const report = (id: string, who: Person, value: string) =>
  [
    `MSH|^~\\&|EPD|PROEF|G|R|20260302100000||ORU^R01|${id}|P|2.5`,
    `PID|1||${who.bsn}^^^NLMINBIZA^NNNLD||${who.family}^T||19700301|F`,
    'OBR|1||F-1^LIS|K^Kalium^L|||20260302080000',
    `OBX|1|NM|2823-3^Kalium^LN||${value}|mmol/l|||||F`,
  ].join('\r');

it('is one record, one receipt and one refusal for all the others', {
  timeout: 120_000,
}, async () => {
  const who = person(60);
  const bodies = Array.from({ length: AT_ONCE }, (_none, at) =>
    report('STORM-1', who, at % 5 === 4 ? '9.9' : '4.1'),
  );
  const answers = await Promise.all(
    bodies.map((body) =>
      gateway.send('epd-proef', body, { path: '', mediaType: 'application/hl7-v2' }),
    ),
  );
  const statuses = (wanted: string) =>
    new Set(
      answers.filter((_one, at) => bodies[at]?.includes(wanted)).map((one) => one.statusCode),
    );
  const [won, lost] = statuses('|4.1|').has(200) ? ['|4.1|', '|9.9|'] : ['|9.9|', '|4.1|'];
  expect([...statuses(won)]).toEqual([200]);
  expect([...statuses(lost)]).toEqual([409]);
  const taken = answers.filter(({ statusCode }) => statusCode === 200);
  expect(new Set(taken.map((one) => one.json().id)).size).toBe(1);
  const { store, database, ledger } = gateway.rooms;
  const vault = await vaultOf(gateway, who);
  const epoch = await store.epoch(database, vault);
  const { rows } = await store.candidates(database, { vault, epoch, types: ['Observation'] });
  expect(rows.map(({ version }) => version)).toEqual([1]);
  const { entries } = await ledger.ofPatient(vault, { limit: 1_000 });
  expect(entries.filter(({ record }) => record.event === 'receive')).toHaveLength(1);
});
