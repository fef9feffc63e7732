/** What an organisation tells the detectors of itself over HTTP (decision 0623). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Gateway,
  HOSPITAL,
  OTHER_HOSPITAL,
  openGateway,
  PRACTICE,
} from '../support/gateway.ts';
import { entry, patientOf, person, transaction, urn, vaultOf } from '../support/people.ts';

const SENDER = 'epd-proef';
const [famous, nurse, client] = [person(91), person(92), person(93)] as const;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
  for (const one of [famous, nurse, client]) {
    // Known at the other hospital, so that this one has no relation with them by itself.
    const sent = transaction([entry(urn(one.bsn), patientOf(one))], one.bsn);
    expect((await gateway.send('epd-ander', sent)).statusCode).toBe(200);
  }
});
afterAll(() => gateway.close());

async function put(name: string, lines: readonly string[], sender = SENDER) {
  return gateway.ask(`/intake/${sender}/facts/${name}`, {
    token: await gateway.token(sender),
    method: 'PUT',
    headers: { 'content-type': 'text/csv' },
    body: `${lines.join('\n')}\n`,
  });
}

async function looksAt(user: string, about: typeof famous, organisation = HOSPITAL.id) {
  await gateway.rooms.ledger.record([
    {
      ...{ class: 'care', event: 'read', action: 'R', outcome: 0, purpose: 'TREAT', released: 1 },
      patient: await vaultOf(gateway, about),
      agent: { kind: 'professional', id: user, organisation },
    },
  ]);
}

async function flagged(user: string, organisation = HOSPITAL.id): Promise<string[]> {
  await new Promise((done) => setTimeout(done, 5));
  const { review, database } = gateway.rooms;
  await review.reviewer.until(new Date());
  const cases = await review.cases.queue(database, organisation, 100);
  const flags = cases.flatMap((one) => (one.subject === user ? one.flags : []));
  return [...new Set(flags.map(({ rule }) => String(rule)))].sort();
}

const STAFF = 'user,ura,bsn,family,postcode,house';

describe('an organisation', () => {
  it('tells of its staff and of records under watch, and the next run goes by it', async () => {
    const watch = await put('watch.csv', ['bsn', famous.bsn]);
    expect([watch.statusCode, watch.json().lines]).toEqual([200, 1]);
    await put('staff.csv', [STAFF, `zuster,${HOSPITAL.ura},${nurse.bsn},,,`]);
    await looksAt('zuster', famous);
    await looksAt('zuster', nurse);
    expect(await flagged('zuster')).toEqual(['AN-01', 'AN-02', 'AN-03']);
  });

  it('speaks of itself alone', async () => {
    const wrong = await put('staff.csv', [STAFF, `arts,${PRACTICE.ura},,,,`]);
    expect([wrong.statusCode, wrong.json().issue[0].expression]).toEqual([422, ['staff.csv:2']]);
    // What it watches is nothing to others, nor is its roster.
    const all = Array.from({ length: 24 }, (_, hour) => hour);
    const now = new Date().getUTCHours();
    const away = all.at(((now + 12) % 24) - 24) ?? 0;
    const time = (hour: number) => `${String(hour % 24).padStart(2, '0')}:00`;
    await put('rosters.csv', ['user,from,to', `arts,${time(away)},${time(away + 1)}`]);
    await looksAt('arts', famous, PRACTICE.id);
    expect(await flagged('arts', PRACTICE.id)).toEqual(['AN-01']);
    await looksAt('arts', famous);
    expect(await flagged('arts')).toEqual(expect.arrayContaining(['AN-01', 'AN-02', 'AN-06']));
  });

  it('tells whom it treats, and from when to when', async () => {
    const today = new Date().toISOString().slice(0, 10);
    await put('relations.csv', [
      'bsn,ura,from,until',
      `${client.bsn},${HOSPITAL.ura},${today},`,
      `${famous.bsn},${HOSPITAL.ura},2020-01-01,2020-02-01`,
    ]);
    await looksAt('dokter', client);
    expect(await flagged('dokter')).toEqual([]);
    await looksAt('dokter', famous);
    expect(await flagged('dokter')).toContain('AN-01');
    await looksAt('praktijk', client, PRACTICE.id);
    expect(await flagged('praktijk', PRACTICE.id)).toContain('AN-01');
  });

  it('takes back what it told, and sees that it stands, never what', async () => {
    const token = await gateway.token(SENDER);
    const listed = await gateway.ask(`/intake/${SENDER}/facts`, { token });
    const names = listed.json().items.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['relations.csv', 'rosters.csv', 'staff.csv', 'watch.csv']);
    expect(listed.body).not.toContain(nurse.bsn);
    const path = `/intake/${SENDER}/facts/watch.csv`;
    expect((await gateway.ask(path, { token, method: 'DELETE' })).statusCode).toBe(204);
    expect((await gateway.ask(path, { token, method: 'DELETE' })).statusCode).toBe(404);
    await looksAt('later', famous);
    expect(await flagged('later')).toEqual(['AN-01']);
  });
});

describe('a text', () => {
  it.each([
    ['staff.csv', ['user;ura'], 'staff.csv:1'],
    ['rosters.csv', ['user,from,to', 'x,9 uur,17:00'], 'rosters.csv:2'],
    ['relations.csv', ['bsn,ura,from,until', `${famous.bsn},x,gisteren,`], 'relations.csv:2'],
    ['watch.csv', ['bsn', '1,2'], 'watch.csv:2'],
  ])(
    'that is wrong (%s) is refused by its line, and what stood stays',
    async (name, lines, place) => {
      const before = await gateway.rooms.review.facts.of(HOSPITAL.id);
      const answer = await put(name, lines);
      expect([answer.statusCode, answer.json().issue[0].expression]).toEqual([422, [place]]);
      expect(answer.body).not.toContain(famous.bsn);
      expect(await gateway.rooms.review.facts.of(HOSPITAL.id)).toEqual(before);
    },
  );

  it('of another name is not there, and of another sender is not taken', async () => {
    expect((await put('salaris.csv', ['x'])).statusCode).toBe(404);
    const stranger = await gateway.ask('/intake/epd-ander/facts/watch.csv', {
      token: await gateway.token(SENDER),
      method: 'PUT',
      body: 'bsn\n',
    });
    expect(stranger.statusCode).toBe(401);
    expect(await gateway.rooms.review.facts.of(OTHER_HOSPITAL.id)).toEqual([]);
  });

  it('lies sealed, and each change is a line', async () => {
    await put('staff.csv', [STAFF, `zuster,${HOSPITAL.ura},${nurse.bsn},Achternaam,,`]);
    const { rows } = await gateway.db.database.query('select * from review_fact');
    const dump = rows.map((row) =>
      Buffer.from((row as { sealed: Buffer }).sealed).toString('latin1'),
    );
    for (const word of [nurse.bsn, 'Achternaam']) expect(dump.join()).not.toContain(word);
    const page = await gateway.rooms.ledger.search({
      organisation: HOSPITAL.id,
      event: 'review-facts',
    });
    expect(page.entries[0]?.record).toMatchObject({
      agent: { kind: 'system', id: SENDER },
      detail: { name: 'staff.csv' },
    });
  });
});
