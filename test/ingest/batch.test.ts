/** A batch with a message that is wrong: source-formats.md 3.1. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
});
