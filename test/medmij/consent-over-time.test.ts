/**
 * What becomes of a long-lived consent: tested again at each refresh, told when it ends and why, to
 * the app in one word and to the person in full (capabilities A2, A3; journeys J2 and J10).
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { endToestemming, toestemming } from '../../src/medmij/toestemming.ts';
import { digidForm, type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import { csrfOf, logIn } from '../support/medmij-walk.ts';
import {
  entry,
  observation,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
const DAY = 86_400;
const own = person(1);
const leaving = person(2);
const stopping = person(3);
const parent = person(4);
/** Eleven years and all but ten days. */
const child = { ...person(5), birthDate: dayFromNow(10, -12) };

function dayFromNow(days: number, years: number): string {
  const now = new Date(Date.now() + days * DAY * 1000);
  now.setUTCFullYear(now.getUTCFullYear() + years);
  return now.toISOString().slice(0, 10);
}

beforeAll(async () => {
  gateway = await openGateway({ digid: true });
  const { organisations, database } = gateway.rooms;
  await organisations.put(database, { ...HOSPITAL, services: ['48', '51'] });
  for (const one of [own, leaving, stopping, parent, child]) {
    const self = urn(one.bsn);
    const sent = transaction([entry(self, patientOf(one)), ...weightOf(one, self)]);
    expect((await gateway.send('epd-proef', sent)).statusCode).toBe(200);
  }
});
afterAll(() => gateway.close());

const weightOf = (one: Person, self: string) =>
  one === own ? [entry(urn('w'), observation('w', self))] : [];

const ids = () => ({ 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': randomUUID() });

interface Pair {
  access_token: string;
  refresh_token: string;
  scope: string;
  error?: string;
  error_description?: string;
}

/** Log-in, a long-lived yes, and the first pair of tokens. */
async function collect(form: Record<string, string>, more: Record<string, string> = {}) {
  const asked = {
    response_type: 'code',
    client_id: PGO,
    redirect_uri: `https://${PGO}/callback`,
    scope: 'ziekenhuisproef',
    state: 'st',
    ...ids(),
    ...more,
  };
  const walk = await logIn(gateway, asked, form);
  const page = await walk.go(String((await walk.go(walk.back)).headers.location));
  const yes = { csrf: csrfOf(page), keuze: 'ja', langdurig: 'ja' };
  const end = await walk.go('/medmij/toestemming', yes);
  const code = new URL(String(end.headers.location)).searchParams.get('code') ?? '';
  const redirect_uri = `https://${PGO}/callback`;
  return token({ grant_type: 'authorization_code', code, redirect_uri });
}

async function token(form: Record<string, string>): Promise<Pair & { expiresIn: unknown }> {
  const sent = { client_id: PGO, ...form };
  const answer = await gateway.ask('/medmij/token', { form: sent, headers: ids() });
  return { ...answer.json<Pair>(), expiresIn: answer.headers['consent-expires-in'] };
}

const refresh = ({ refresh_token }: Pair) => token({ grant_type: 'refresh_token', refresh_token });

const fetchWith = ({ access_token }: Pair) =>
  gateway.ask('/medmij/ziekenhuisproef/48/fhir/Patient', { token: access_token });

const grantedBy = async ({ access_token }: Pair) =>
  gateway.ask('/medmij/granted', { token: access_token });

const inDays = (at: Date, days: number) =>
  new Date(at.getTime() + days * 86_400_000 - 60_000).toISOString();

const cacheOver = () => new Promise((resolve) => setTimeout(resolve, 300));

describe('what a token opens', () => {
  it('is said for each service, with a word for each that is not in it', async () => {
    const pair = await collect(digidForm(own.bsn));
    expect(pair.scope).toBe('48 51');
    expect(pair.expiresIn).toBe('P183D');
    const answer = await grantedBy(pair);
    expect(answer.statusCode, answer.body).toBe(200);
    const told = answer.json();
    expect(told.aanbieder).toBe('ziekenhuisproef@medmij');
    expect(told.consent).toMatchObject({ expiresIn: 'P183D', expiresSoon: false });
    const of = (id: string) => told.services.find((one: { id: string }) => one.id === id);
    expect(of('48')).toEqual({ id: '48', name: expect.any(String), status: 'granted' });
    expect(of('51')).toMatchObject({ status: 'granted', note: 'nothing-recorded' });
    // The app may ask for 63; this aanbieder has none.
    expect(of('63')).toMatchObject({ status: 'left-out', reason: 'not-offered-by-provider' });
    expect(told.services).toHaveLength(3);
    expect(answer.body).not.toContain(own.bsn);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('is what this aanbieder offers of the list that was asked for', async () => {
    const scope = 'ziekenhuisproef~48 ziekenhuisproef~63';
    const pair = await collect(digidForm(own.bsn), { scope });
    expect(pair.scope).toBe('48');
    const { services } = (await grantedBy(pair)).json<{ services: { id: string }[] }>();
    const of = (id: string) => services.find((one) => one.id === id);
    expect(of('63')).toMatchObject({ status: 'left-out', reason: 'not-offered-by-provider' });
    expect(of('51')).toMatchObject({ status: 'left-out', reason: 'not-in-consent' });
  });

  it('ends with the mandate of the log-in, which is told ahead', async () => {
    const { tokens, database, clock } = gateway.rooms;
    const mandated = async (days?: number) => {
      const end = days === undefined ? '' : `:${inDays(clock(), days)}`;
      const { token: access_token } = await tokens.issue(database, {
        ...{ kind: 'medmij', client: PGO, vault: await vaultOf(gateway, own) },
        ...{ aanbieder: HOSPITAL.id, services: ['48'], consent: randomUUID() },
        representative: { subject: 's', authority: `voluntary:alles${end}` },
        correlationId: randomUUID(),
      });
      return (await gateway.ask('/medmij/granted', { token: access_token })).json();
    };
    expect((await mandated(40)).mandate).toMatchObject({ expiresIn: 'P40D', expiresSoon: false });
    expect((await mandated(9)).mandate).toMatchObject({ expiresIn: 'P9D', expiresSoon: true });
    expect((await mandated()).mandate).toBeUndefined();
  });

  it('is told to the holder of a token only', async () => {
    const none = await gateway.ask('/medmij/granted');
    expect([none.statusCode, none.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    expect((await gateway.ask('/medmij/granted', { token: 'made-up' })).statusCode).toBe(401);
    const sender = await gateway.token('epd-proef');
    expect((await gateway.ask('/medmij/granted', { token: sender })).statusCode).toBe(403);
  });
});

describe('a service that the aanbieder withdraws', () => {
  it('is left out at the next refresh, and in it again when it is back', async () => {
    const { organisations, database } = gateway.rooms;
    const offers = async (...services: string[]) => {
      await organisations.put(database, { ...HOSPITAL, services });
      await cacheOver();
    };
    let pair = await collect(digidForm(own.bsn));
    await offers('48', '63');
    pair = await refresh(pair);
    expect(pair.scope).toBe('48');
    await offers('63');
    const none = await refresh(pair);
    expect(none.error).toBe('invalid_scope');
    await offers('48', '51');
    // The refresh token was not spent by an answer that gave nothing.
    expect((await refresh(pair)).scope).toBe('48 51');
  });
});

describe('a consent that ends', () => {
  it('because a child turns 12 says so at the next refresh, and not a day before', async () => {
    const compact = child.birthDate.replaceAll('-', '');
    const form = { bsn: parent.bsn, namens: child.bsn, soort: 'parental' };
    const scope = 'ziekenhuisproef onbehalfofchild';
    let pair = await collect(form, { scope, MedMij_geboortedatum: compact });
    // Half a year is not promised: the app would count on it.
    expect(pair.expiresIn).toMatch(/^P(9|10|11)D$/);
    const { consent } = (await grantedBy(pair)).json();
    expect(consent).toEqual({
      expires: expect.any(String),
      expiresIn: pair.expiresIn,
      expiresSoon: true,
    });
    gateway.later(8 * DAY);
    pair = await refresh(pair);
    expect(pair.scope).toBe('48 51');
    gateway.later(3 * DAY);
    const over = await refresh(pair);
    expect(over.error).toBe('invalid_grant');
    expect(over.error_description).toBe('representation-ended-age-12');
    expect((await refresh(pair)).error_description).toBe('representation-ended-age-12');
  });

  it('because a child turns 12 ends a token that lives, at midnight', async () => {
    const time = gateway.rooms
      .clock()
      .toLocaleTimeString('en-GB', { timeZone: 'Europe/Amsterdam' });
    const [hours = 0, minutes = 0] = time.split(':').map(Number);
    const untilMidnight = 86_400 - hours * 3_600 - minutes * 60;
    const tomorrow = new Date(gateway.rooms.clock().getTime() + untilMidnight * 1_000 + 60_000);
    const day = tomorrow.toLocaleDateString('en-CA', { timeZone: 'Europe/Amsterdam' });
    const one = { ...person(40), birthDate: `${Number(day.slice(0, 4)) - 12}${day.slice(4)}` };
    const sent = transaction([entry(urn(one.bsn), patientOf(one))], one.bsn);
    expect((await gateway.send('epd-proef', sent)).statusCode).toBe(200);
    gateway.later(untilMidnight - 300);
    const pair = await collect(
      { bsn: parent.bsn, namens: one.bsn, soort: 'parental' },
      {
        scope: 'ziekenhuisproef onbehalfofchild',
        MedMij_geboortedatum: one.birthDate.replaceAll('-', ''),
      },
    );
    expect((await fetchWith(pair)).statusCode).toBe(200);
    gateway.later(420);
    const over = await fetchWith(pair);
    expect(over.statusCode).toBe(401);
    expect(over.headers['www-authenticate']).toContain('"representation-ended-age-12"');
    expect(over.body).not.toContain('child-agreement');
    expect((await grantedBy(pair)).statusCode).toBe(401);
    expect((await refresh(pair)).error_description).toBe('representation-ended-age-12');
  });

  it('because the relation ended says no more than that it is over', async () => {
    const pair = await collect(digidForm(leaving.bsn));
    const vault = await vaultOf(gateway, leaving);
    const { rooms } = gateway;
    const id = (await fetchWith(pair)).json().entry[0].resource.id;
    // What the source takes back is gone from its part of the record.
    const sender = await gateway.token('epd-proef');
    const gone = await gateway.ask(`/fhir/r4/Patient/${id}`, { token: sender, method: 'DELETE' });
    expect(gone.statusCode, gone.body).toBe(204);
    const over = await refresh(pair);
    expect(over).toMatchObject({ error: 'invalid_grant', error_description: 'consent-ended' });
    const { rows } = await rooms.database.query<{ id: string }>(
      `select id from toestemming where vault = '${vault}'`,
    );
    const one = await toestemming(rooms.database, vault, rows[0]?.id ?? '');
    expect(one?.endedBecause).toBe('not-available');
  });

  it('because the person stopped is told in one word at both interfaces', async () => {
    const pair = await collect(digidForm(stopping.bsn));
    expect((await fetchWith(pair)).statusCode).toBe(200);
    const { rooms } = gateway;
    const vault = await vaultOf(gateway, stopping);
    const { rows } = await rooms.database.query<{ id: string }>(
      `select id from toestemming where vault = '${vault}'`,
    );
    await endToestemming(rooms.database, vault, rows[0]?.id ?? '', rooms.clock());
    await rooms.tokens.revokeFamily(rooms.database, rows[0]?.id ?? '');
    await cacheOver();
    const refused = await fetchWith(pair);
    expect(refused.statusCode).toBe(401);
    expect(refused.headers['www-authenticate']).toBe(
      'Bearer error="invalid_token", error_description="consent-revoked"',
    );
    expect(await refresh(pair)).toMatchObject({
      error: 'invalid_grant',
      error_description: 'consent-revoked',
    });
  });

  it('because nobody used it for half a year is expired', { timeout: 40_000 }, async () => {
    const pair = await collect(digidForm(own.bsn));
    gateway.later(16 * 60);
    const late = await fetchWith(pair);
    expect(late.headers['www-authenticate']).toContain('error_description="token-expired"');
    gateway.later(184 * DAY);
    await gateway.rooms.state.sweep(gateway.rooms.database);
    // The ledger makes the keys of a coming month by itself; here half a year comes at once.
    const told = await vi.waitFor(
      async () => {
        const answer = await refresh(pair);
        expect(answer.error).not.toBe('temporarily_unavailable');
        return answer;
      },
      { timeout: 20_000, interval: 500 },
    );
    expect(told).toMatchObject({ error: 'invalid_grant', error_description: 'consent-expired' });
  });
});
