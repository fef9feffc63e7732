/** A trial of a message tells nothing of what other holders have, since nobody hears of a trial. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import {
  choose,
  entry,
  HOSPITALS_TO_GPS,
  type Json,
  observation,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
} from '../support/people.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const [theirs, nobody, shared] = [person(241), person(242), person(243)];

const bundle = (one: Person, more: Json = {}) => {
  const subject = urn('p');
  const weight = observation(`o-${one.bsn}`, subject);
  return transaction([entry(subject, patientOf(one, more)), entry(urn('o'), weight)], one.bsn);
};

async function tried(one: Person, more: Json = {}) {
  const how = { path: '?dryRun=true', mediaType: 'application/fhir+json' };
  const answer = await gateway.send('epd-proef', bundle(one, more), how);
  const { sha256: _ofTheBody, ...said } = answer.json();
  return said;
}

const nameless = (said: unknown, { bsn, family }: Person): string =>
  JSON.stringify(said).replaceAll(bsn, '').replaceAll(family, '');

it('does not tell whom only others know, nor what such a person chose', async () => {
  expect((await gateway.send('epd-ander', bundle(theirs))).statusCode).toBe(200);
  await choose(gateway, theirs, [HOSPITALS_TO_GPS]);
  for (const more of [{}, { birthDate: '1801-01-01' }, { name: [{ family: 'Anders' }] }]) {
    const said = await tried(theirs, more);
    expect(said.messages[0].person).toBe('new');
    expect(nameless(said, theirs)).toBe(nameless(await tried(nobody, more), nobody));
  }
});

it('tells of whom the sender has itself what a real one would', async () => {
  for (const sender of ['epd-ander', 'epd-proef'])
    expect((await gateway.send(sender, bundle(shared))).statusCode).toBe(200);
  await choose(gateway, shared, [HOSPITALS_TO_GPS]);
  const [message] = (await tried(shared)).messages;
  expect(message.person).toBe('known');
  expect(message.visibleTo).toContainEqual({ reader: 'HA', items: 2, of: 2 });
  const wrong = await tried(shared, { birthDate: '1801-01-01' });
  expect(wrong).toMatchObject({ state: 'held', reasons: ['birth-date-mismatch'] });
});

it('does not tell by a merge whom only others know', async () => {
  const merge = (ended: Person) =>
    [
      'MSH|^~\\&|EPD|PROEF|G|R|20260302100000||ADT^A40^ADT_A39|M-1|P|2.5',
      `PID|1||${shared.bsn}^^^NLMINBIZA^NNNLD||${shared.family}^Test||19700301|F`,
      `MRG|${ended.bsn}^^^NLMINBIZA^NNNLD`,
    ].join('\r');
  const said = [];
  for (const one of [theirs, nobody]) {
    const how = { path: '?dryRun=true', mediaType: 'application/hl7-v2' };
    const { state, reasons } = (await gateway.send('epd-proef', merge(one), how)).json();
    said.push({ state, reasons });
  }
  expect(said[0]).toEqual({ state: 'accepted', reasons: [] });
  expect(said[0]).toEqual(said[1]);
});
