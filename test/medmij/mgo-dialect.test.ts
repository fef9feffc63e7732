/**
 * The dialect of the ministry's PGO, for the apps that the operator names: `refresh_code`, and a
 * refresh token in every answer to collect. docs/decisions/1010.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { addToestemming, endToestemming } from '../../src/medmij/toestemming.ts';
import type { TokenGround } from '../../src/medmij/token-ground.ts';
import { type Gateway, HOSPITAL, OTHER_PGO, openGateway, PGO } from '../support/gateway.ts';
import { entry, patientOf, person, transaction, urn, vaultOf } from '../support/people.ts';

let gateway: Gateway;
let vault: string;

beforeAll(async () => {
  gateway = await openGateway({
    config: (config) => ({ ...config, medmij: { ...config.medmij, mgoClients: new Set([PGO]) } }),
  });
  const one = person(1);
  await gateway.send('epd-proef', transaction([entry(urn('p'), patientOf(one))]));
  vault = await vaultOf(gateway, one);
});
afterAll(() => gateway.close());

interface Wish {
  readonly longLived?: boolean;
  readonly client?: string;
  readonly kind?: TokenGround['kind'];
}

/** What a person said yes to, and the token answer for it. */
async function granted({ longLived = false, client = PGO, kind = 'verzamelen' }: Wish = {}) {
  const { rooms } = gateway;
  const consent = randomUUID();
  const redirectUri = `https://${client}/callback`;
  const services = kind === 'delen' ? ['53'] : ['48', '51'];
  const about = { vault, client, aanbieder: HOSPITAL.id, services, longLived, kind };
  const ids = { sessionId: randomUUID(), correlationId: randomUUID() };
  const ground: TokenGround = {
    ...{ ...about, ...ids, consent, redirectUri, aanbiederScope: 'ziekenhuisproef' },
  };
  await addToestemming(rooms.database, { ...about, id: consent, given: rooms.clock() });
  const state = { kind: 'code', seconds: 60, family: consent } as const;
  const code = await rooms.state.put(rooms.database, ground, state);
  const grant = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
  return { consent, ...(await ask({ client_id: client, ...grant })) };
}

interface Told {
  readonly status: number;
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
}

async function ask(form: Record<string, string>): Promise<Told> {
  const headers = { 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': randomUUID() };
  const answer = await gateway.ask('/medmij/token', { form, headers });
  return { ...answer.json<Told>(), status: answer.statusCode };
}

const refresh = (token = '', client = PGO, grant = 'refresh_code') =>
  ask({ grant_type: grant, client_id: client, refresh_token: token });

const levels = async () =>
  (await gateway.ask('/health/ready')).json<{ serviceLevels: Record<string, number> }>()
    .serviceLevels;

const patient = (token = '') =>
  gateway.ask('/medmij/ziekenhuisproef/48/fhir/Patient', { token }).then((one) => one.statusCode);

describe('an app that the operator names', () => {
  it('refreshes with its own word, and the operator, chain log and ledger tell', async () => {
    const { refreshCodeTaken: before = 0 } = await levels();
    const first = await granted({ longLived: true });
    const second = await refresh(first.refresh_token);
    expect(second).toMatchObject({ status: 200, token_type: 'Bearer', scope: '48 51' });
    expect(await patient(second.access_token)).toBe(200);
    expect((await levels())['refreshCodeTaken']).toBe(before + 1);
    await gateway.rooms.medmij.door.chain.flush();
    const { rows } = await gateway.rooms.database.query<{ content: object }>(
      'select content from medmij_chain_event order by seq desc limit 20',
    );
    expect(rows.map(({ content }) => content)).toContainEqual(
      expect.objectContaining({
        event: expect.objectContaining({
          type: 'send_token_response',
          flags: ['grant-type-refresh-code'],
        }),
      }),
    );
  });

  it('may use the word of OAuth as well', async () => {
    const first = await granted({ longLived: true });
    expect(await refresh(first.refresh_token, PGO, 'refresh_token')).toMatchObject({
      status: 200,
    });
  });

  it('is held to rotation like any other: an old one ends the consent', async () => {
    const first = await granted({ longLived: true });
    const second = await refresh(first.refresh_token);
    gateway.later(31);
    expect(await refresh(first.refresh_token)).toMatchObject({ error: 'invalid_grant' });
    expect(await refresh(second.refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('a one-time consent of such an app', () => {
  it('has a refresh token that gives no minute more than the first answer', async () => {
    const first = await granted();
    expect(first.status).toBe(200);
    // A quarter of an hour from the consent on: on a slow machine a second of it is over.
    expect(Number(first.expires_in)).toBeGreaterThan(870);
    expect(Number(first.expires_in)).toBeLessThanOrEqual(900);
    gateway.later(600);
    const second = await refresh(first.refresh_token);
    expect(second.status).toBe(200);
    expect(Number(second.expires_in)).toBeLessThanOrEqual(300);
    gateway.later(301);
    expect(await patient(second.access_token)).toBe(401);
    expect(await refresh(second.refresh_token)).toMatchObject({
      error: 'invalid_grant',
      error_description: 'consent-expired',
    });
  });

  it('ends when the person takes it back', async () => {
    const first = await granted();
    await endToestemming(gateway.rooms.database, vault, first.consent, gateway.rooms.clock());
    expect(await refresh(first.refresh_token)).toMatchObject({
      error: 'invalid_grant',
      error_description: 'consent-revoked',
    });
  });

  it('is refreshed by nobody else, also not five times at once by itself', async () => {
    const first = await granted();
    expect(await refresh(first.refresh_token, OTHER_PGO, 'refresh_token')).toMatchObject({
      error: 'invalid_grant',
    });
    const again = await granted();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => refresh(again.refresh_token)));
    const pairs = new Set(answers.map((one) => one.access_token));
    expect([...pairs].filter(Boolean)).toHaveLength(1);
  });

  it('gives none to share with: that is one run', async () => {
    const sent = await granted({ kind: 'delen' });
    expect(sent).toMatchObject({ status: 200, scope: 'ziekenhuisproef~53' });
    expect(sent.refresh_token).toBeUndefined();
  });
});

describe('every other app', () => {
  it('is refused with that word, counted, and its refresh token lives on', async () => {
    const { refreshCodeRefused: before = 0 } = await levels();
    const first = await granted({ longLived: true, client: OTHER_PGO });
    expect(await refresh(first.refresh_token, OTHER_PGO)).toMatchObject({
      error: 'unsupported_grant_type',
    });
    expect((await levels())['refreshCodeRefused']).toBe(before + 1);
    expect(await refresh(first.refresh_token, OTHER_PGO, 'refresh_token')).toMatchObject({
      status: 200,
    });
  });

  it('gets no refresh token for a one-time consent', async () => {
    expect((await granted({ client: OTHER_PGO })).refresh_token).toBeUndefined();
  });
});

describe('the setting', () => {
  it('is empty at first, and takes hostnames only', () => {
    const of = (value?: string) =>
      readConfig(value === undefined ? {} : { MEDMIJ_MGO_CLIENTS: value }, { demo: true }).medmij
        .mgoClients;
    expect(of()).toEqual(new Set());
    expect(of('a.example.nl, b.example.nl')).toEqual(new Set(['a.example.nl', 'b.example.nl']));
    for (const wrong of ['test.mgo.medmij@denhaag', '*', 'https://a.example.nl'])
      expect(() => of(wrong), wrong).toThrow('MEDMIJ_MGO_CLIENTS');
  });
});

describe('a long history', () => {
  it('comes at once, since apps in use read the first page only', async () => {
    const one = person(2);
    const subject = { reference: urn('p') };
    const measured = Array.from({ length: 450 }, (_, at) =>
      entry(urn(`o${at}`), {
        resourceType: 'Observation',
        identifier: [{ system: 'urn:test', value: `m${at}` }],
        status: 'final',
        code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
        effectiveDateTime: `2026-01-${String((at % 28) + 1).padStart(2, '0')}`,
        valueQuantity: { value: 60 + (at % 9), unit: 'kg' },
        subject,
      }),
    );
    await gateway.send('epd-proef', transaction([entry(urn('p'), patientOf(one)), ...measured]));
    const { tokens, database } = gateway.rooms;
    const { token } = await tokens.issue(database, {
      ...{ kind: 'medmij', client: PGO, vault: await vaultOf(gateway, one) },
      ...{ aanbieder: HOSPITAL.id, services: ['48'], consent: randomUUID() },
      correlationId: randomUUID(),
    });
    const ask = async (query: string) =>
      (
        await gateway.ask(`/medmij/ziekenhuisproef/48/fhir/Observation?${query}`, { token })
      ).json<Page>();
    const whole = await ask('code=http://loinc.org|29463-7');
    expect(
      whole.entry.filter(({ resource }) => resource.resourceType === 'Observation'),
    ).toHaveLength(450);
    expect(whole.link.some(({ relation }) => relation === 'next')).toBe(false);
    const part = await ask('code=http://loinc.org|29463-7&_count=100');
    expect(part.entry).toHaveLength(100);
    expect(part.link.some(({ relation }) => relation === 'next')).toBe(true);
  });
});

interface Page {
  readonly entry: readonly { resource: { resourceType: string } }[];
  readonly link: readonly { relation: string }[];
}
