/** ADT A40: two numbers of a sender are one person. Never joined in silence (B6, B10). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Receipt } from '../../src/ingest/receipt.ts';
import { BSN_SYSTEM, type Gateway, HOSPITAL, openGateway } from '../support/gateway.ts';
import { type Person, patientOf, person } from '../support/people.ts';

let gateway: Gateway;
let messages = 0;

beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

async function send(lines: readonly string[], event: string): Promise<Receipt> {
  messages += 1;
  const client = await gateway.rooms.clients.byId('epd-proef');
  if (!client) throw new Error('no sender');
  const overlay = gateway.rooms.senders.overlayOf('epd-proef', 'epd-proef');
  const head = `MSH|^~\\&|EPD|PROEF|G|R|202603020${100_000 + messages}||ADT^${event}|M${messages}|P|2.5`;
  return gateway.rooms.intake.receive({
    sender: { client, organisation: HOSPITAL, overlay },
    channel: 'mllp',
    mediaType: 'application/hl7-v2',
    bytes: Buffer.from([head, ...lines].join('\r')),
    address: '127.0.0.1',
    requestId: `m-${messages}`,
  });
}

const pid = (one: Person, own: string, bsn = true) =>
  `PID|1||${own}^^^PROEF^PI${bsn ? `~${one.bsn}^^^NLMINBIZA^NNNLD` : ''}||${one.family}^Test||19700301|F`;

const vaultOf = (one: Person) =>
  gateway.rooms.store.findVault(gateway.rooms.database, { system: BSN_SYSTEM, value: one.bsn });

async function decide(id: string, decision: string) {
  return gateway.ask(`/intake/epd-proef/quarantine/${id}/decision`, {
    token: await gateway.token('epd-proef'),
    method: 'POST',
    body: JSON.stringify({ decision, reason: 'Nagekeken aan de balie' }),
    headers: { 'content-type': 'application/json' },
  });
}

async function resources(vault: string | undefined) {
  const { store, database } = gateway.rooms;
  const epoch = await store.epoch(database, vault ?? '');
  const { rows } = await store.candidates(database, { vault: vault ?? '', epoch });
  return rows.map((row) => row.type);
}

describe('a merge of a number that has no record here', () => {
  it('links the number, so that what still comes under it lands there', async () => {
    const one = person(60);
    await send([pid(one, 'K-60')], 'A08');
    const merged = await send([pid(one, 'K-60'), 'MRG|OLD-60^^^PROEF^PI'], 'A40');
    expect(merged.state).toBe('accepted');
    const late = await send([pid(one, 'OLD-60', false)], 'A08');
    expect(late).toMatchObject({ state: 'accepted' });
  });
});

describe('a merge that would end a record of which the sender has nothing', () => {
  it('waits, whatever the people of the sender decide', async () => {
    const [own, theirs] = [person(63), person(64)];
    await send([pid(own, 'K-63')], 'A08');
    const sent = await gateway.send('epd-ander', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ resource: patientOf(theirs), request: { method: 'POST', url: 'Patient' } }],
    });
    expect(sent.statusCode, sent.body).toBe(200);
    const number = `${theirs.bsn}^^^NLMINBIZA^NNNLD`;
    const receipt = await send([pid(own, 'K-63'), `MRG|${number}`], 'A40');
    expect(receipt).toMatchObject({ state: 'held', reasons: ['merge-of-two-records'] });
    const answer = await decide(receipt.id, 'same-person');
    expect(answer.json()).toMatchObject({ state: 'held', reasons: ['merge-of-two-records'] });
    expect(await vaultOf(theirs)).not.toBe(await vaultOf(own));
  });
});

describe('a merge of two numbers that both have a record', () => {
  const kept = person(61);
  const gone = person(62);
  let receipt: Receipt;

  it('is held, and joins nothing by itself', async () => {
    await send([pid(kept, 'K-61')], 'A08');
    await send([pid(gone, 'G-62'), 'PV1|1|O|||||||||||||||||V62^^^PROEF^VN'], 'A04');
    receipt = await send([pid(kept, 'K-61'), 'MRG|G-62^^^PROEF^PI'], 'A40');
    expect(receipt).toMatchObject({ state: 'held', reasons: ['merge-of-two-records'] });
    expect(await vaultOf(kept)).not.toBe(await vaultOf(gone));
  });

  it('joins them when somebody decides so, and the ledger says who', async () => {
    const answer = await decide(receipt.id, 'same-person');
    expect(answer.json()).toMatchObject({ state: 'accepted' });
    const vault = await vaultOf(kept);
    expect(await vaultOf(gone)).toBe(vault);
    expect(await resources(vault)).toContain('Encounter');
    const { entries } = await gateway.rooms.ledger.ofPatient(vault ?? '', { limit: 50 });
    const line = entries.find(({ record }) => record.event === 'merge');
    expect(line?.record.agent).toMatchObject({ id: 'epd-proef' });
  });

  it('what is said afterwards of what came before is said of that, and makes no second', async () => {
    const visit = 'PV1|1|O|||||||||||||||||V62^^^PROEF^VN';
    const ended = `${visit}${'|'.repeat(26)}20260309120000`;
    await send([pid(gone, 'G-62'), ended], 'A03');
    const { store, database } = gateway.rooms;
    const vault = (await vaultOf(kept)) ?? '';
    const epoch = await store.epoch(database, vault);
    const { rows } = await store.candidates(database, { vault, epoch, types: ['Encounter'] });
    expect(rows.map(({ bytes }) => JSON.parse(bytes.toString('utf8')).status)).toEqual([
      'finished',
    ]);
  });

  it('mapped again, each thing is what it was: nothing is doubled, nothing goes', async () => {
    const client = await gateway.rooms.clients.byId('epd-proef');
    if (!client) throw new Error('no sender');
    const overlay = gateway.rooms.senders.overlayOf('epd-proef', 'epd-proef');
    const sender = { client, organisation: HOSPITAL, overlay };
    const before = await resources(await vaultOf(kept));
    const report = await gateway.rooms.intake.remap(sender, { apply: true, requestId: 'remap' });
    expect(report).toMatchObject({ added: 0, noLongerMade: 0 });
    expect(await resources(await vaultOf(kept))).toEqual(before);
  });

  it('done again finds nothing left to join', async () => {
    const again = await send([pid(kept, 'K-61'), 'MRG|G-62^^^PROEF^PI', 'ZZZ|2'], 'A40');
    expect(again.state).toBe('accepted');
  });
});

describe('a merge that a person rejects', () => {
  it('leaves two records', async () => {
    const [a, b] = [person(63), person(64)];
    await send([pid(a, 'K-63')], 'A08');
    await send([pid(b, 'K-64')], 'A08');
    const held = await send([pid(a, 'K-63'), 'MRG|K-64^^^PROEF^PI'], 'A40');
    expect((await decide(held.id, 'reject')).json()).toMatchObject({ state: 'refused' });
    expect(await vaultOf(a)).not.toBe(await vaultOf(b));
  });
});
