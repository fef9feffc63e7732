/** A message names a person by some of the numbers: the others stay (source-formats.md 2.3). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { together } from '../../src/ingest/element-times.ts';
import { BSN_SYSTEM, type Gateway, openGateway } from '../support/gateway.ts';
import { type Person, person, vaultOf } from '../support/people.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

let messages = 0;

async function send(who: Person, numbers: string, more = '') {
  messages += 1;
  const lines = [
    `MSH|^~\\&|EPD|PROEF|G|R|202603021000${String(messages).padStart(2, '0')}||ADT^A08|N${messages}|P|2.5`,
    'EVN|A08',
    `PID|1||${numbers}||${who.family}^Test||19700301|F${more}`,
  ];
  const options = { path: '', mediaType: 'application/hl7-v2' };
  const answer = await gateway.send('epd-proef', lines.join('\r'), options);
  expect(answer.statusCode).toBe(200);
}

async function patient(who: Person) {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, who);
  const epoch = await store.epoch(database, vault);
  const { rows } = await store.candidates(database, { vault, epoch, types: ['Patient'] });
  const [row] = rows;
  const { identifier = [] } = JSON.parse(String(row?.bytes ?? '{}'));
  const numbers = identifier.map(({ value }: { value: string }) => value);
  return { version: row?.version, numbers };
}

it('keeps the BSN of who is named by a number of the hospital alone, and the reverse', async () => {
  const who = person(61);
  const bsn = `${who.bsn}^^^NLMINBIZA^NNNLD`;
  const local = '4711^^^PROEF^PI';
  await send(who, `${bsn}~${local}`);
  await send(who, local);
  // To name fewer of the numbers is no change.
  expect(await patient(who)).toEqual({ version: 1, numbers: [who.bsn, '4711'] });
  await send(who, bsn, '|||Kade 1^^Velsen');
  expect(await patient(who)).toEqual({ version: 2, numbers: [who.bsn, '4711'] });
  // Of one kind the latest word holds.
  await send(who, `${bsn}~12^^^PROEF^PI`);
  expect(await patient(who)).toEqual({ version: 3, numbers: [who.bsn, '12'] });
});

it('keeps the BSN in EDIFACT as well', async () => {
  const who = person(62);
  const report = (reference: string, bsn: string) =>
    [
      `UNB+UNOA:1+50009876+01009876+260106:1215+${reference}'`,
      `UNH+1+MEDLAB:1'`,
      `ZKH+Lab Oosterdam+Kade:1::Oosterdam:1234AA+0700-700700'`,
      `PID+1970:03:01+V+${who.family}::::T:T.+77+${bsn}'`,
      `DET:1+26:01:05+08:30'`,
      `IDE:1+J+${reference}+Bloed'`,
      `BEP:1:1:1+0+Kalium+6,1++mmol/l+>+3.5+5.0+K   B'`,
      `UNT+7+1'`,
      `UNZ+1+${reference}'`,
    ].join('\r\n');
  for (const [reference, bsn] of [
    ['r1', `BSN${who.bsn}`],
    ['r2', ''],
  ] as const) {
    const options = { path: '', mediaType: 'application/edifact' };
    const answer = await gateway.send('epd-proef', report(reference, bsn), options);
    expect(answer.json()).toMatchObject({ state: 'accepted' });
  }
  expect(await patient(who)).toEqual({ version: 1, numbers: [who.bsn, '77'] });
});

it('in whatever order the messages come, and only for people', () => {
  const bsn = { system: BSN_SYSTEM, value: '999990019' };
  const local = { system: 'https://h.example/nr', value: '7' };
  const said = (resourceType: string, time: string, ...identifier: object[]) => ({
    resource: { resourceType, identifier },
    time: `2026-03-02T10:0${time}:00Z`,
  });
  const stored = said('Patient', '5', local);
  expect(together(stored, said('Patient', '1', bsn)).resource['identifier']).toEqual([bsn, local]);
  expect(together(stored, said('Patient', '9', bsn)).resource['identifier']).toEqual([local, bsn]);
  const visit = said('Encounter', '5', local);
  expect(together(visit, said('Encounter', '9', bsn)).resource['identifier']).toEqual([bsn]);
});
