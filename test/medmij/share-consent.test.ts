/**
 * Who said yes to what: to collect is not to send, and to send is not to collect. Each sending is
 * a run that the person confirms. medmij-protocol.md 1.3.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digidForm, type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import { csrfOf, logIn } from '../support/medmij-walk.ts';
import {
  entry,
  type Json,
  observation,
  patientOf,
  person,
  transaction,
  urn,
} from '../support/people.ts';

let gateway: Gateway;
const own = person(1);
const REDIRECT = `https://${PGO}/callback`;
const { identifier: _number, ...named } = patientOf(own);
const me = urn('me');

beforeAll(async () => {
  gateway = await openGateway({ digid: true });
  const { organisations, database } = gateway.rooms;
  const services = ['48', '51', '52', '53', '57', '59', '60', '9000104'];
  await organisations.put(database, { ...HOSPITAL, services });
  const app = await gateway.rooms.clients.byId(PGO);
  if (app) await gateway.rooms.clients.put(database, { ...app, services });
  await gateway.send('epd-proef', transaction([entry(urn('p'), patientOf(own))]));
});
afterAll(() => gateway.close());

const ids = () => ({ 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': randomUUID() });

async function tokenFor(scope: string, more: Record<string, string> = {}) {
  const asked = {
    response_type: 'code',
    client_id: PGO,
    redirect_uri: REDIRECT,
    scope,
    state: 's',
  };
  const walk = await logIn(gateway, { ...asked, ...ids() }, digidForm(own.bsn));
  const page = await walk.go(String((await walk.go(walk.back)).headers.location));
  const form = { csrf: csrfOf(page), keuze: 'ja', ...more };
  const back = new URL(String((await walk.go('/medmij/toestemming', form)).headers.location));
  const code = back.searchParams.get('code') ?? '';
  const answer = await gateway.ask('/medmij/token', {
    form: { grant_type: 'authorization_code', client_id: PGO, code, redirect_uri: REDIRECT },
    headers: ids(),
  });
  expect(answer.statusCode).toBe(200);
  return { page: page.body, token: answer.json() as Record<string, string> };
}

async function send(token: string, service: string, body: Json) {
  return gateway.ask(`/medmij/ziekenhuisproef/${service}/fhir`, {
    token,
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify(body),
  });
}
const readings = (key: string): Json => ({
  ...transaction([entry(me, named), entry(urn(key), observation(key, me))]),
  type: 'batch',
});
const get = (token: string, path: string) =>
  gateway.ask(`/medmij/ziekenhuisproef/${path}`, { token });
const find = (token: string, key: string) =>
  get(token, `52/fhir/Observation?identifier=urn:test:observation|${key}`);

describe('consent to collect', () => {
  it.each(['52', '51', '59', '60'])('sends nothing, at %s either', async (service) => {
    const { token } = await tokenFor('ziekenhuisproef', { langdurig: 'ja' });
    const access = token['access_token'] ?? '';
    const key = `not-${service}`;
    const answer = await send(access, service, readings(key));
    expect([403, 405]).toContain(answer.statusCode);
    const one = await gateway.ask(`/medmij/ziekenhuisproef/${service}/fhir/Observation`, {
      token: access,
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({ ...observation(key, me), subject: undefined }),
    });
    expect([403, 405]).toContain(one.statusCode);
    expect((await find(access, key)).json().total).toBe(0);
  });

  it('does not cover what is shared, by name or by number', async () => {
    const { token } = await tokenFor('ziekenhuisproef');
    const services = (token['scope'] ?? '').split(' ');
    expect(services.filter((id) => ['53', '57', '60'].includes(id))).toEqual([]);
    expect((await send(token['access_token'] ?? '', '53', readings('no'))).statusCode).toBe(403);
  });
});

describe('a confirmation', () => {
  it('sends, and collects nothing', async () => {
    const { page, token } = await tokenFor('ziekenhuisproef~53');
    expect(page).toContain('Weet u het zeker?');
    expect(token['refresh_token']).toBeUndefined();
    const access = token['access_token'] ?? '';
    const answer = await send(access, '53', readings('sent'));
    expect(answer.statusCode, answer.body).toBe(200);
    const { location } = answer.json().entry[1].response;
    expect((await gateway.ask(new URL(location).pathname, { token: access })).statusCode).toBe(200);
    for (const path of ['53/fhir/Observation', '53/fhir/Patient', '52/fhir/Observation']) {
      expect((await get(access, path)).statusCode, path).toBeGreaterThanOrEqual(400);
    }
    const collected = (await tokenFor('ziekenhuisproef')).token['access_token'] ?? '';
    expect((await find(collected, 'sent')).json().total).toBe(1);
  });

  it('is no ground for messages about news', async () => {
    for (const days of [30, 0]) {
      const query = new URLSearchParams({
        ...{ response_type: 'code', client_id: PGO, redirect_uri: REDIRECT, state: 's' },
        ...{ scope: `subscribe~${days}/ziekenhuisproef~53`, ...ids() },
      });
      const answer = await gateway.ask(`/medmij/authorize?${query}`);
      const { searchParams } = new URL(String(answer.headers.location));
      expect(searchParams.get('error')).toBe('invalid_scope');
    }
  });

  it('of questionnaires finds none: that is a service to collect', async () => {
    const { token } = await tokenFor('ziekenhuisproef~60');
    const access = token['access_token'] ?? '';
    expect((await get(access, '60/fhir/Task?status=requested')).statusCode).toBe(404);
  });
});
