/**
 * Care relations come from what sources send, end with it, and count where the agreement of the
 * region asks for them. capabilities C9: "no encounter, no access".
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, HOSPITAL, openGateway, PRACTICE, purposeOf } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  type Json,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

const AGREEMENT = {
  version: 'test',
  regions: {
    noord: {
      active: true,
      emergencyAgreement: true,
      purposes: ['TREAT', 'COC', 'ETREAT'],
      careRelation: 'declared',
    },
  },
};

let gateway: Gateway;
beforeAll(async () => {
  const regionsFile = join(mkdtempSync(join(tmpdir(), 'zorgsluis-regions-')), 'regions.json');
  writeFileSync(regionsFile, JSON.stringify(AGREEMENT));
  gateway = await openGateway({ config: (config) => ({ ...config, regionsFile }) });
});
afterAll(() => gateway.close());

const URA = 'http://fhir.nl/fhir/NamingSystem/ura';
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(gateway.rooms.clock().getTime() + days * DAY_MS);

/** A person of the hospital whose data GPs may see. */
async function opened(number: number): Promise<Person> {
  const one = person(number);
  await sent(one, [entry(urn(`c${one.bsn}`), condition(one.bsn, urn(one.bsn)))]);
  await choose(gateway, one, [HOSPITALS_TO_GPS]);
  return one;
}

async function sent(one: Person, entries: readonly Json[], more: Json = {}): Promise<void> {
  const self = entry(urn(one.bsn), patientOf(one, more));
  const answer = await gateway.send('epd-proef', transaction([self, ...entries]));
  expect(answer.statusCode).toBe(200);
}

function appointment(one: Person, start: Date, more: Json = {}): Json {
  const url = `Appointment/a${one.bsn}`;
  return entry(
    urn(`a${one.bsn}`),
    {
      resourceType: 'Appointment',
      id: `a${one.bsn}`,
      status: 'booked',
      start: start.toISOString(),
      end: new Date(start.getTime() + 600_000).toISOString(),
      participant: [
        { status: 'accepted', actor: { reference: urn(one.bsn) } },
        {
          status: 'accepted',
          actor: { type: 'Organization', identifier: { system: URA, value: PRACTICE.ura } },
        },
      ],
      ...more,
    },
    { method: 'PUT', url },
  );
}

/** Diagnoses that the practice finds in an ordinary treatment. */
async function seen(one: Person, claims: Record<string, unknown> = {}): Promise<number> {
  const token = await gateway.token('partner-huisarts', purposeOf('TREAT', claims));
  const form = { 'patient.identifier': `http://fhir.nl/fhir/NamingSystem/bsn|${one.bsn}` };
  const answer = await gateway.ask('/fhir/r4/Condition/_search', { token, form });
  expect(answer.statusCode).toBe(200);
  return answer.json().total;
}

async function relationsOf(one: Person) {
  const { rooms } = gateway;
  const vault = await vaultOf(gateway, one);
  const epoch = await rooms.store.epoch(rooms.database, vault);
  return rooms.consent.relations.at(rooms.database, vault, epoch);
}

describe('where the agreement asks for a care relation', () => {
  it('nothing shows that there is a record without one', async () => {
    const one = await opened(101);
    const stranger = person(102);
    expect(await seen(one)).toBe(0);
    const token = await gateway.token('partner-huisarts');
    const ask = (who: Person) =>
      gateway.ask('/fhir/r4/Patient/_search', {
        token,
        form: { identifier: `http://fhir.nl/fhir/NamingSystem/bsn|${who.bsn}` },
      });
    const [known, unknown] = [await ask(one), await ask(stranger)];
    expect(known.json().total).toBe(0);
    const without = (body: string, bsn: string) => ({
      ...JSON.parse(body.replaceAll(bsn, 'BSN')),
      id: '',
      meta: {},
    });
    expect(without(known.body, one.bsn)).toEqual(without(unknown.body, stranger.bsn));
    const { entries } = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, one));
    expect(entries.map(({ record }) => record.reason)).toContain('no-care-relation');
  });

  it('an appointment opens it, and stands in the line of the ledger', async () => {
    const one = await opened(103);
    await sent(one, [appointment(one, inDays(1))]);
    expect(await seen(one)).toBe(1);
    const [relation] = await relationsOf(one);
    expect(relation).toMatchObject({
      organisation: PRACTICE.id,
      kind: 'appointment',
      evidence: `Appointment/a${one.bsn}`,
      source: HOSPITAL.id,
    });
    const { entries } = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, one));
    const shown = entries.find(({ record }) => record.released === 1);
    expect(shown?.record.detail?.['relation']).toBe(`appointment:${relation?.id}`);
  });

  it('it closes at once when the appointment is cancelled, and opens when it is made again', async () => {
    const one = await opened(104);
    await sent(one, [appointment(one, inDays(1))]);
    expect(await seen(one)).toBe(1);
    await sent(one, [appointment(one, inDays(1), { status: 'cancelled' })]);
    expect(await seen(one)).toBe(0);
    expect(await relationsOf(one)).toMatchObject([{ withdrawn: true }]);
    await sent(one, [appointment(one, inDays(2))]);
    expect(await seen(one)).toBe(1);
    expect(await relationsOf(one)).toHaveLength(1);
  });

  it('it closes when the source takes the appointment back', async () => {
    const one = await opened(105);
    await sent(one, [appointment(one, inDays(1))]);
    expect(await seen(one)).toBe(1);
    const token = await gateway.token('epd-proef');
    const answer = await gateway.ask(`/fhir/r4/Appointment/a${one.bsn}`, {
      token,
      method: 'DELETE',
    });
    expect(answer.statusCode).toBe(204);
    expect(await seen(one)).toBe(0);
  });

  it('a write over FHIR counts like a message', async () => {
    const one = await opened(106);
    const { rooms } = gateway;
    const vault = await vaultOf(gateway, one);
    const epoch = await rooms.store.epoch(rooms.database, vault);
    const query = { vault, epoch, types: ['Patient'] };
    const found = await rooms.store.candidates(rooms.database, query);
    const token = await gateway.token('epd-proef');
    const body = {
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      subject: { reference: `Patient/${found.rows[0]?.id}` },
      authoredOn: rooms.clock().toISOString(),
      performer: [{ identifier: { system: URA, value: PRACTICE.ura } }],
    };
    const answer = await gateway.ask('/fhir/r4/ServiceRequest', {
      token,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/fhir+json' },
    });
    expect(answer.statusCode).toBe(201);
    expect(await seen(one)).toBe(1);
  });

  it('a registration with the practice counts from when it is told until it is told no more', async () => {
    const one = await opened(107);
    const practice = entry(urn(`o${one.bsn}`), {
      resourceType: 'Organization',
      identifier: [{ system: URA, value: PRACTICE.ura }],
      name: PRACTICE.name,
    });
    await sent(one, [practice], { generalPractitioner: [{ reference: urn(`o${one.bsn}`) }] });
    expect(await seen(one)).toBe(1);
    await sent(one, [], { generalPractitioner: [{ display: 'een andere huisarts' }] });
    expect(await relationsOf(one)).toMatchObject([{ kind: 'registration', withdrawn: true }]);
    expect(await seen(one)).toBe(0);
  });

  it('a relation that is declared opens it, and becomes a question for the officer', async () => {
    const one = await opened(108);
    const declared = { care_relation: { reason: 'Nieuwe patiënt, staat aan de balie' } };
    expect(await seen(one, declared)).toBe(1);
    const { accesses } = gateway.rooms.review;
    const queue = await accesses.queue(gateway.rooms.database, PRACTICE.id, 100);
    expect(queue).toMatchObject([
      { kind: 'declared', user: 'dokter-1', reason: 'Nieuwe patiënt, staat aan de balie' },
    ]);
  });

  it('the same message twice, and others that show nothing, make no new versions', async () => {
    const one = await opened(109);
    const same = appointment(one, inDays(3));
    await sent(one, [same]);
    const { rooms } = gateway;
    const vault = await vaultOf(gateway, one);
    const epoch = await rooms.store.epoch(rooms.database, vault);
    await sent(one, [same]);
    await sent(one, [entry(urn(`d${one.bsn}`), condition(`d${one.bsn}`, urn(one.bsn)))]);
    expect(await rooms.store.epoch(rooms.database, vault)).toBe(epoch);
  });

  it('a relation ends by the clock, with nothing sent', async () => {
    const one = await opened(110);
    await sent(one, [appointment(one, inDays(-89))]);
    expect(await seen(one)).toBe(1);
    gateway.later(2 * 86_400);
    expect(await seen(one)).toBe(0);
  });
});
