/** A batch with a message that is wrong: source-formats.md 3.1. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { erasePerson } from '../../src/consent/index.ts';
import { BSN_SYSTEM, type Gateway, openGateway } from '../support/gateway.ts';
import { type Person, person } from '../support/people.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const [one, two] = [person(220), person(221)];

const report = (id: string, who: Person | undefined, value = '4.1') => [
  `MSH|^~\\&|EPD|PROEF|G|R|20260302100000||ORU^R01|${id}|P|2.5`,
  ...(who ? [`PID|1||${who.bsn}^^^NLMINBIZA^NNNLD||${who.family}^T||19700301|F`] : []),
  `OBR|1||${id}^LIS|K^Kalium^L|||20260302080000`,
  `OBX|1|NM|2823-3^Kalium^LN||${value}|mmol/l|||||F`,
];

const batch = (...messages: readonly (readonly string[])[]) =>
  ['FHS|^~\\&|EPD', 'BHS|^~\\&|EPD', ...messages.flat(), 'BTS|1', 'FTS|1'].join('\r');

const send = (body: string) =>
  gateway.send('epd-proef', body, { path: '', mediaType: 'application/hl7-v2' });

async function senderOf(id: string) {
  const { clients, organisations, senders } = gateway.rooms;
  const client = await clients.byId(id);
  const organisation = await organisations.byId(client?.organisationId ?? '');
  if (!client || !organisation) throw new Error(`${id} is no sender`);
  return { client, organisation, overlay: senders.overlayOf(id, id) };
}

const known = ({ bsn }: Person) =>
  gateway.rooms.store.findVault(gateway.rooms.database, { system: BSN_SYSTEM, value: bsn });

describe('a batch', () => {
  it('with one message that names nobody stores the others and keeps that one', async () => {
    const sent = await send(
      batch(report('B-1', one), report('B-2', undefined), report('B-3', two)),
    );
    expect(sent.json()).toMatchObject({ state: 'held', reasons: ['refused-message'] });
    const fault = sent
      .json()
      .issues.find((issue: { severity: string }) => issue.severity === 'error');
    expect(fault).toMatchObject({ code: 'segment-missing', place: 'message 2: PID' });
    expect(await known(one)).toBeDefined();
    expect(await known(two)).toBeDefined();
  });

  it('sent again is the same delivery', async () => {
    const body = batch(report('B-1', one), report('B-2', undefined), report('B-3', two));
    const [a, b] = await Promise.all([send(body), send(body)]);
    expect(a.json().id).toBe(b.json().id);
  });

  it('in which an id comes again with another content keeps only that message out', async () => {
    const third = person(222);
    const sent = await send(batch(report('B-1', one, '9.9'), report('B-4', third)));
    expect(sent.json()).toMatchObject({ state: 'held' });
    const fault = sent
      .json()
      .issues.find((issue: { severity: string }) => issue.severity === 'error');
    expect(fault).toMatchObject({ code: 'duplicate-key', place: 'message 1: MSH-10' });
    expect(await known(third)).toBeDefined();
  });

  it('with a message that came alone before stores the others, and says so', async () => {
    const [third, fourth] = [person(226), person(227)];
    const alone = report('B-20', third);
    expect((await send(alone.join('\r'))).statusCode).toBe(200);
    const sent = await send(batch(alone, report('B-21', fourth)));
    expect(sent.json()).toMatchObject({ state: 'accepted', reasons: [] });
    expect(sent.json().issues[0]).toMatchObject({
      code: 'came-before',
      place: 'message 1: MSH-10',
    });
    expect(await known(fourth)).toBeDefined();
    // And the reverse, with other ends of lines; another content stays refused.
    const again = await send(report('B-21', fourth).join('\r\n'));
    expect(again.json()).toMatchObject({ state: 'accepted', items: [] });
    expect((await send(report('B-21', fourth, '9.9').join('\r'))).statusCode).toBe(409);
    // Nor is it lost behind the same message.
    const both = await send(batch(report('B-20', third, '9.9'), alone));
    expect(both.statusCode).toBe(409);
  });

  it('of which nothing can be read is refused with the first fault', async () => {
    const sent = await send(batch(report('B-5', undefined), report('B-6', undefined)));
    expect(sent.statusCode).toBe(422);
    expect(sent.body).toContain('segment-missing');
  });

  it('is fetched again byte for byte by its sender', async () => {
    const body = batch(report('B-7', person(223)), report('B-8', person(224)));
    const sent = await send(body);
    expect(sent.json()).toMatchObject({ state: 'accepted' });
    const token = await gateway.token('epd-proef');
    const path = `/intake/epd-proef/receipts/${sent.json().id}/original`;
    expect((await gateway.ask(path, { token })).body).toBe(body);
  });

  it("about several people is parted: what was one person's ends with that record", async () => {
    const [first, second] = [person(225), person(226)];
    const sent = await send(
      batch(report('B-9', first), report('B-10', undefined), report('B-11', second)),
    );
    const receipt = sent.json();
    const { rooms } = gateway;
    const sender = await senderOf('epd-proef');
    const delivery = await rooms.intake.deliveries.find(rooms.database, 'epd-proef', receipt.id);
    if (!delivery) throw new Error('the delivery is gone');
    const texts = async () => {
      const parts = await rooms.store.partsOfOriginal(rooms.database, delivery.original);
      const opened = parts.map((id) => rooms.store.openOriginal(rooms.database, id));
      return (await Promise.all(opened)).map(({ bytes }) => bytes.toString('latin1'));
    };
    const before = await texts();
    expect(before.map((text) => /\|(B-\d+)\|/.exec(text)?.[1])).toEqual(['B-9', 'B-10', 'B-11']);
    expect(before.filter((text) => text.includes(first.bsn))).toHaveLength(1);
    // Whole as long as all of it is there, under the hash that the receipt gives.
    const whole = await rooms.store.openOriginal(rooms.database, delivery.original);
    expect(whole.sha256).toBe(receipt.sha256);
    expect(createHash('sha256').update(whole.bytes).digest('hex')).toBe(receipt.sha256);
    await erasePerson(rooms, first.bsn, 'test');
    expect((await texts()).join()).not.toContain(first.bsn);
    expect((await texts()).join()).toContain(second.bsn);
    await expect(rooms.store.openOriginal(rooms.database, delivery.original)).rejects.toMatchObject(
      { kind: 'not-found' },
    );
    // What is left of it can still be tried and mapped again.
    const again = await rooms.intake.replay(sender, delivery, 'again');
    expect(again).toMatchObject({ state: 'held', sha256: receipt.sha256 });
    expect(again.items.every(({ outcome }) => outcome === 'unchanged')).toBe(true);
    expect(await known(first)).toBeUndefined();
    const mapped = await rooms.intake.remap(sender, { apply: false, requestId: 'remap' });
    expect(mapped).toMatchObject({ changed: 0, added: 0, refused: 0 });
  });

  it('about two people in one message has a part for each', async () => {
    const [first, second] = [person(227), person(228)];
    const [head, ...one] = report('B-12', first);
    const two = report('B-12', second).slice(1);
    const sent = await send([head, ...one, ...two].join('\r'));
    expect(sent.json()).toMatchObject({ state: 'accepted' });
    const { rooms } = gateway;
    const { id } = sent.json();
    const delivery = await rooms.intake.deliveries.find(rooms.database, 'epd-proef', id);
    const parts = await rooms.store.partsOfOriginal(rooms.database, delivery?.original ?? '');
    const texts = await Promise.all(
      parts.map(async (part) =>
        (await rooms.store.openOriginal(rooms.database, part)).bytes.toString('latin1'),
      ),
    );
    expect(texts).toHaveLength(2);
    for (const [at, who] of [first, second].entries()) {
      expect(texts[at]).toContain(who.bsn);
      expect(texts[1 - at]).not.toContain(who.bsn);
      expect(texts[at]).toMatch(/^MSH\|/);
    }
  });
});

describe('the counters of an envelope', () => {
  const counted = (messages: number, batches: number) =>
    batch(report('count-1', one), report('count-2', two))
      .replace('BTS|1', `BTS|${messages}`)
      .replace('FTS|1', `FTS|${batches}`);
  const differing = async (body: string) => {
    const { messages } = await gateway.rooms.intake.dryRun({
      sender: await senderOf('epd-proef'),
      channel: 'http',
      mediaType: 'application/hl7-v2',
      bytes: Buffer.from(body),
      address: '127.0.0.1',
      requestId: 'counters',
    });
    return messages.flatMap(({ remarks }) =>
      remarks.filter(({ code }) => code === 'count-differs').map(({ place }) => place),
    );
  };

  it('are told with their place where they differ from what came', async () => {
    expect(await differing(counted(3, 1))).toEqual(['BTS-1']);
    expect(await differing(counted(2, 2))).toEqual(['FTS-1']);
  });

  it('say nothing where they fit, are empty or are no numbers', async () => {
    expect(await differing(counted(2, 1))).toEqual([]);
    expect(
      await differing(counted(2, 1).replace('BTS|2', 'BTS|').replace('FTS|1', 'FTS|x')),
    ).toEqual([]);
  });
});
