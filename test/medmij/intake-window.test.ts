/**
 * Sharing begins with the question whether the provider takes anything in now
 * (ontvankelijkheidstoets, medmij-protocol.md 1.3): its own window answers, the person reads why,
 * and the app hears what it hears of every refusal.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digidForm, type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import { csrfOf, logIn } from '../support/medmij-walk.ts';
import {
  entry,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
const own = person(1);
const REASON = 'Wij zijn met vakantie tot 1 mei.';

beforeAll(async () => {
  gateway = await openGateway({ digid: true });
  const { organisations, clients, database } = gateway.rooms;
  await organisations.put(database, { ...HOSPITAL, services: ['48', '53'] });
  const app = await clients.byId(PGO);
  if (!app) throw new Error('the app is not registered');
  await clients.put(database, { ...app, services: ['48', '53'] });
  await gateway.send('epd-proef', transaction([entry(urn('p'), patientOf(own))]));
});
afterAll(() => gateway.close());

async function window(body: Record<string, unknown>): Promise<void> {
  const answer = await gateway.ask('/intake/epd-proef/windows/53', {
    token: await gateway.token('epd-proef'),
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.statusCode, answer.body).toBe(200);
}

async function question() {
  const walk = await logIn(
    gateway,
    {
      ...{ response_type: 'code', client_id: PGO, redirect_uri: `https://${PGO}/callback` },
      ...{ scope: 'ziekenhuisproef~53', state: 'st' },
      ...{ 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': randomUUID() },
    },
    digidForm(own.bsn),
  );
  const page = await walk.go(String((await walk.go(walk.back)).headers.location));
  return { ...walk, page };
}

describe('a provider whose window', () => {
  it('is open lets the person confirm', async () => {
    await window({ open: true });
    const { page } = await question();
    expect(page.body).toContain('Weet u het zeker?');
  });

  it('is closed is told to the person with its own words, and to the app as any refusal', async () => {
    await window({ open: false, reason: REASON });
    const { page, go } = await question();
    expect(page.body).toContain('Sturen kan nu niet');
    expect(page.body).toContain('neemt dit nu niet aan');
    expect(page.body).toContain(REASON);
    const back = await go('/medmij/toestemming', { csrf: csrfOf(page), keuze: 'ja' });
    const url = new URL(String(back.headers.location));
    expect(url.searchParams.get('error')).toBe('access_denied');
    expect(url.href).not.toContain('vakantie');
  });

  it('is full for today says that it is open again tomorrow', async () => {
    await window({ open: true, perDayMax: 1 });
    const { rooms } = gateway;
    const vault = await vaultOf(gateway, own);
    const { token } = await rooms.tokens.issue(rooms.database, {
      ...{ kind: 'medmij', client: PGO, vault, aanbieder: HOSPITAL.id, services: ['53'] },
      ...{ consent: randomUUID(), correlationId: randomUUID() },
    });
    const sent = await gateway.ask('/medmij/ziekenhuisproef/53/fhir/Observation', {
      token,
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify(observation('w', 'Patient/x', { subject: undefined })),
    });
    expect(sent.statusCode, sent.body).toBe(201);
    expect((await question()).page.body).toContain('neemt vandaag niets meer van u aan');
    gateway.later(90_000);
    expect((await question()).page.body).toContain('Weet u het zeker?');
  });
});
