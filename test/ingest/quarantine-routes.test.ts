/** What waits: looked at before it is sent, decided by the sender's people, tried again. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, HOSPITAL, openGateway } from '../support/gateway.ts';
import {
  entry,
  type Json,
  observation,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
let number = 200;

beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

function somebody(): Person {
  number += 1;
  return person(number);
}

const subject = (one: Person) => urn(`p${one.bsn}`);
const bundle = (one: Person, patient: Json, id = `b-${one.bsn}-${Math.random()}`) =>
  transaction(
    [
      entry(subject(one), patient),
      entry(urn(`o-${id}`), observation(`o-${one.bsn}`, subject(one))),
    ],
    id,
  );

const isKnown = (bsn: string) =>
  gateway.rooms.store.findVault(gateway.rooms.database, { system: BSN_SYSTEM, value: bsn });

async function stored(one: Person): Promise<string[]> {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const epoch = await store.epoch(database, vault);
  const { rows } = await store.candidates(database, { vault, epoch });
  return rows.map((row) => `${row.type} ${row.version}`).sort();
}

async function post(path: string, body?: Json, sender = 'epd-proef') {
  const token = await gateway.token(sender);
  return gateway.ask(`/intake/${sender}/${path}`, {
    token,
    method: 'POST',
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
}

async function ask(path: string, sender = 'epd-proef') {
  return gateway.ask(`/intake/${sender}/${path}`, { token: await gateway.token(sender) });
}

async function held(one: Person, patient: Json): Promise<string> {
  const answer = await gateway.send('epd-proef', bundle(one, patient));
  expect(answer.statusCode).toBe(202);
  return String(answer.headers.location).split('/').at(-1) ?? '';
}

const count = async (table: string) =>
  (await gateway.rooms.database.query(`select count(*)::int as n from ${table}`)).rows[0]?.['n'];

async function ledgerLines(event: string) {
  const query = { organisation: HOSPITAL.id, event };
  return (await gateway.rooms.ledger.search(query)).entries.map(({ record }) => record);
}

describe('a number that is none', () => {
  it.each(['123456789', '000000000', 'abc'])('%s is refused with its place', async (value) => {
    const patient = { ...patientOf(somebody()), identifier: [{ system: BSN_SYSTEM, value }] };
    const answer = await gateway.send('epd-proef', transaction([entry(urn('p'), patient)]));
    expect(answer.statusCode).toBe(422);
    expect(answer.json().issue[0]).toMatchObject({
      expression: ['Bundle.entry[0].resource.identifier[0].value'],
    });
    expect(answer.body).not.toContain(value);
    const { items } = (await ask('quarantine?limit=200')).json();
    expect(items.at(-1)).toMatchObject({ state: 'refused', reasons: ['bsn-eleven-test'] });
  });
});

describe('a dry run', () => {
  const dry = (body: unknown) =>
    gateway.send('epd-proef', body, { path: '?dryRun=true', mediaType: 'application/fhir+json' });

  const kept = async () => [
    ...(await Promise.all(['delivery', 'original', 'vault', 'resource'].map(count))),
    (await ledgerLines('receive')).length,
  ];

  it('says what it becomes and who could see it, and keeps nothing', async () => {
    const one = somebody();
    const body = bundle(one, patientOf(one), 'dry');
    const before = await kept();
    const answer = await dry(body);
    expect(answer.statusCode).toBe(200);
    const said = answer.json();
    expect(said).toMatchObject({ dryRun: true, state: 'accepted', reasons: [] });
    expect(said.messages[0]).toMatchObject({ person: 'new', reasons: [] });
    expect(said.messages[0].resources.map((one: Json) => one['resourceType'])).toEqual([
      'Patient',
      'Observation',
    ]);
    expect(said.messages[0].visibleTo).toContainEqual({ reader: 'patient', items: 2, of: 2 });
    expect(said.messages[0].visibleTo).toContainEqual({ reader: 'HA', items: 0, of: 2 });
    expect(await isKnown(one.bsn)).toBeUndefined();
    expect(await kept()).toEqual(before);
    const real = await gateway.send('epd-proef', body);
    expect(real.statusCode).toBe(200);
    const places = real
      .json()
      .entry.map((one: { response: { location: string } }) => one.response.location)
      .map((place: string) => place.split('/').slice(-4, -2).join('/'));
    const again = (await dry(body)).json();
    expect(again.messages[0]).toMatchObject({ person: 'known' });
    expect(again.messages[0].items).toEqual(
      places.map((reference: string) =>
        expect.objectContaining({ reference, outcome: 'unchanged', version: 1 }),
      ),
    );
  });

  it('tells of a clock that is ahead, as the receipt does', async () => {
    const one = somebody();
    const ahead = { ...patientOf(one), meta: { lastUpdated: '2926-03-02T10:15:00Z' } };
    const told = { code: 'time-ahead', place: '1' };
    const said = (await dry(bundle(one, ahead, 'ahead'))).json();
    expect(said.messages[0].remarks).toContainEqual(expect.objectContaining(told));
    await gateway.send('epd-proef', bundle(one, ahead, 'ahead'));
    const again = (await dry(bundle(one, ahead, 'ahead'))).json();
    expect(again.messages[0].items[0]).toMatchObject({ outcome: 'unchanged' });
  });

  it('says why it would be held or refused', async () => {
    const one = somebody();
    const nameless = { ...patientOf(one), identifier: [] };
    expect((await dry(bundle(one, nameless))).json()).toMatchObject({
      state: 'held',
      reasons: ['no-verified-identifier'],
      messages: [{ person: 'unclear' }],
    });
    const answer = await dry({ resourceType: 'Bundle', type: 'transaction', entry: [] });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      state: 'refused',
      messages: [{ remarks: [{ place: 'Bundle.entry' }] }],
    });
  });

  it('is for a known sender only', async () => {
    const answer = await gateway.send(
      'epd-proef',
      {},
      {
        path: '?dryRun=true',
        headers: { authorization: 'Bearer nothing' },
      },
    );
    expect(answer.statusCode).toBe(401);
  });
});

describe('a decision about whose it is', () => {
  it('same-person takes in what was held for a name, and stands in the ledger', async () => {
    const one = somebody();
    await gateway.send('epd-proef', bundle(one, patientOf(one)));
    const id = await held(one, patientOf({ ...one, family: 'Trouwnaam' }));
    const answer = await post(`quarantine/${id}/decision`, {
      decision: 'same-person',
      reason: 'Married; checked at the desk',
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ id, state: 'accepted' });
    expect(await stored(one)).toEqual(['Observation 1', 'Patient 2']);
    expect((await ledgerLines('identity-decision'))[0]).toMatchObject({
      agent: { id: 'epd-proef' },
      correlationId: id,
      detail: { decision: 'same-person', reason: 'Married; checked at the desk' },
    });
  });

  it('does not lift what it is not about', async () => {
    const one = somebody();
    await gateway.send('epd-proef', bundle(one, patientOf(one)));
    const id = await held(one, patientOf({ ...one, family: 'Andernaam' }));
    const answer = await post(`quarantine/${id}/decision`, { decision: 'verified', reason: 'ja' });
    expect(answer.statusCode).toBe(409);
    expect(await stored(one)).toEqual(['Observation 1', 'Patient 1']);
  });

  it('link says whose it is, and the number is in no line of ledger or log', async () => {
    const one = somebody();
    await gateway.send('epd-proef', bundle(one, patientOf(one)));
    const id = await held(one, { ...patientOf(one), identifier: [] });
    const answer = await post(`quarantine/${id}/decision`, {
      decision: 'link',
      bsn: one.bsn,
      reason: 'Identity card seen',
    });
    expect(answer.json()).toMatchObject({ state: 'accepted' });
    expect(JSON.stringify(await ledgerLines('identity-decision'))).not.toContain(one.bsn);
    expect(gateway.logged.join()).not.toContain(one.bsn);
  });

  it.each<[Json, number, string[]]>([
    [{ decision: 'link', reason: 'x' }, 400, ['bsn']],
    [{ decision: 'link', reason: 'x', bsn: '123456789' }, 422, ['bsn']],
    [{ decision: 'guess', reason: 'x' }, 400, []],
    [{ decision: 'reject' }, 400, []],
  ])('that is not complete is told so: %j', async (body, status, expression) => {
    const one = somebody();
    const id = await held(one, { ...patientOf(one), identifier: [] });
    const answer = await post(`quarantine/${id}/decision`, body);
    expect(answer.statusCode).toBe(status);
    if (expression.length > 0) expect(answer.json().issue[0]).toMatchObject({ expression });
  });

  it('reject ends it: it waits no more, never becomes a record, and its original stays', async () => {
    const one = somebody();
    const id = await held(one, { ...patientOf(one), identifier: [] });
    const answers = await Promise.all(
      [1, 2].map(() => post(`quarantine/${id}/decision`, { decision: 'reject', reason: 'Test' })),
    );
    // Whoever comes second hears that it is decided, or what was decided.
    const [done, other] = answers.toSorted((a, b) => a.statusCode - b.statusCode);
    expect(done?.json()).toMatchObject({ state: 'refused', reasons: ['rejected-by-sender'] });
    expect([202, 409]).toContain(other?.statusCode);
    expect((await ask('quarantine?limit=200')).body).not.toContain(id);
    expect((await post(`quarantine/${id}/replay`)).json()).toMatchObject({ state: 'refused' });
    expect((await ask(`receipts/${id}/original`)).statusCode).toBe(200);
  });

  it('is not for another sender', async () => {
    const one = somebody();
    const id = await held(one, { ...patientOf(one), identifier: [] });
    const body = { decision: 'link', reason: 'x', bsn: one.bsn };
    expect((await post(`quarantine/${id}/decision`, body, 'epd-ander')).statusCode).toBe(404);
    expect((await ask(`receipts/${id}/original`, 'epd-ander')).statusCode).toBe(404);
  });
});

describe('everything that waits', () => {
  it('is tried again in one go, oldest first, and told in numbers', async () => {
    const one = somebody();
    const own = { system: 'urn:test:own', value: one.bsn };
    const id = await held(one, { ...patientOf(one), identifier: [own] });
    const both = { ...patientOf(one), identifier: [{ system: BSN_SYSTEM, value: one.bsn }, own] };
    await gateway.send('epd-proef', transaction([entry(subject(one), both)]));
    const answer = await post('quarantine/replay');
    expect(answer.statusCode).toBe(200);
    const { replayed, accepted, held: left, refused } = answer.json();
    expect(replayed).toBe(accepted + left + refused);
    expect(accepted).toBeGreaterThanOrEqual(1);
    expect((await ask(`receipts/${id}`)).json()).toMatchObject({ state: 'accepted' });
  });
});

describe('the original', () => {
  it('comes back to its sender byte for byte, and the ledger says so', async () => {
    const one = somebody();
    const body = `${JSON.stringify(bundle(one, patientOf(one)), null, 3)}\n`;
    const answer = await gateway.send('epd-proef', body);
    const id = String(answer.headers.location).split('/').at(-1);
    const original = await ask(`receipts/${id}/original`);
    expect(original.body).toBe(body);
    const { sha256 } = (await ask(`receipts/${id}`)).json();
    expect(createHash('sha256').update(original.rawPayload).digest('hex')).toBe(sha256);
    expect((await ledgerLines('original-read'))[0]).toMatchObject({ correlationId: id });
  });
});
