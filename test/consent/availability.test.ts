/** Whether a person can fetch anything from an aanbieder (medmij-protocol.md 1.5). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { availabilityOf } from '../../src/consent/index.ts';
import { type Gateway, HOSPITAL, openGateway, PRACTICE } from '../support/gateway.ts';
import { entry, patientOf, person, transaction, urn } from '../support/people.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const AT = new Date('2026-11-24T12:00:00+01:00');

async function available(bsn: string, aanbieder = HOSPITAL.id) {
  const { store, database } = gateway.rooms;
  return availabilityOf(store, database, { bsn, aanbieder, at: AT });
}

describe('availability', () => {
  it.each<[string, string | undefined, string | undefined]>([
    ['somebody of age', '1970-03-01', undefined],
    ['somebody who turns 16 today', '2010-11-24', undefined],
    ['somebody who turns 16 tomorrow', '2010-11-25', 'too-young'],
    ['somebody of whom only the year is known, and who may be 15', '2010', 'too-young'],
    ['somebody of whom no birth date is known', undefined, 'age-unknown'],
  ])('%s', async (name, birthDate, reason) => {
    const one = person(100 + name.length);
    const patient = { ...patientOf(one), birthDate };
    await gateway.send('epd-proef', transaction([entry(urn(one.bsn), patient)]));
    expect((await available(one.bsn)).reason).toBe(reason);
    expect((await available(one.bsn, PRACTICE.id)).reason).toBe('no-relation');
  });

  it('who died, as any source says: all requests of the app would be refused', async () => {
    const one = person(201);
    const dead = { ...patientOf(one), deceasedDateTime: '2026-01-02' };
    await gateway.send('epd-proef', transaction([entry(urn(one.bsn), patientOf(one))]));
    expect((await available(one.bsn)).reason).toBeUndefined();
    await gateway.send('epd-ander', transaction([entry(urn(one.bsn), dead)]));
    expect((await available(one.bsn)).reason).toBe('deceased');
    expect((await available(one.bsn, PRACTICE.id)).reason).toBe('no-relation');
  });

  it('says until when it holds: the next birthday that counts', async () => {
    const one = person(202);
    const patient = { ...patientOf(one), birthDate: '2010-12-03' };
    await gateway.send('epd-proef', transaction([entry(urn(one.bsn), patient)]));
    const { store, database } = gateway.rooms;
    const asked = { bsn: one.bsn, aanbieder: HOSPITAL.id, at: AT, age: { yearsMin: 12 } };
    expect(await availabilityOf(store, database, asked)).toMatchObject({
      until: new Date('2026-12-03T00:00:00+01:00'),
    });
  });

  it('nobody, and what is no number', async () => {
    expect(await available(person(99).bsn)).toEqual({ reason: 'not-known-here' });
    expect(await available('')).toEqual({ reason: 'not-known-here' });
  });
});
