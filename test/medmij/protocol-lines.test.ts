/** Lines of the MedMij protocol that no other test holds: each names its section. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readGegevensdiensten } from '../../src/medmij/gegevensdienst.ts';
import type { Lists } from '../../src/medmij/lists/lists.ts';
import { readList } from '../../src/medmij/lists/read-list.ts';
import { createOffer } from '../../src/medmij/offer.ts';
import { parseScope } from '../../src/medmij/scope.ts';
import { consentScreen } from '../../src/medmij/screens/consent-screens.ts';
import { Problem } from '../../src/platform/problem.ts';
import { type Gateway, HOSPITAL, openGateway, PGO, PUBLIC_URL } from '../support/gateway.ts';
import { entry, patientOf, person, transaction, urn, vaultOf } from '../support/people.ts';

let gateway: Gateway;
let vault: string;

beforeAll(async () => {
  gateway = await openGateway();
  await gateway.send('epd-proef', transaction([entry(urn('p'), patientOf(person(1)))]));
  vault = await vaultOf(gateway, person(1));
});
afterAll(() => gateway.close());

const ids = () => ({ 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': randomUUID() });
const authorize = (change: Record<string, string> = {}) =>
  gateway.ask(
    `/medmij/authorize?${new URLSearchParams({
      response_type: 'code',
      client_id: PGO,
      redirect_uri: `https://${PGO}/callback`,
      scope: 'ziekenhuisproef',
      state: 'st',
      ...ids(),
      ...change,
    })}`,
  );

/** What stands in the chain log, newest last. */
async function chained() {
  await gateway.rooms.medmij.door.chain.flush();
  const { rows } = await gateway.rooms.database.query<{ content: ChainMessage }>(
    'select content from medmij_chain_event order by seq',
  );
  return rows.map(({ content }) => content);
}
interface ChainMessage {
  event: { type: string; trace_id: string; flags?: string[] };
  request?: { id?: string; client_id?: string; service_id?: string };
  response?: { id: string; status: number };
}

describe('a fault of ours before the landing page (1.6, 2.4)', () => {
  it.each([
    [{}, `https://${PGO}/callback?error=temporarily_unavailable`],
    [{ client_id: 'onbekend.example.nl' }, undefined],
    [{ redirect_uri: 'https://elders.example/callback' }, undefined],
  ])('leads back only when client and address are known good: %j', async (change, to) => {
    const { state } = gateway.rooms.medmij.door;
    const away = vi.spyOn(state, 'put').mockRejectedValue(new Problem('busy', 'away'));
    const answer = await authorize(change);
    away.mockRestore();
    expect(answer.headers.location).toBeUndefined();
    expect(answer.body).toContain('Trace ID');
    const link = /class="button" href="([^"]+)"/.exec(answer.body)?.[1]?.replaceAll('&amp;', '&');
    expect(link?.split('&')[0]).toBe(to);
    expect(answer.statusCode).toBe(to === undefined ? 400 : 503);
  });
});

describe('the ZAL (2.3 check 8, 5.2)', () => {
  const service = (id: string) =>
    `<Gegevensdienst><GegevensdienstId>${id}</GegevensdienstId>` +
    `<AuthorizationEndpoint><AuthorizationEndpointuri>${PUBLIC_URL}/medmij/authorize</AuthorizationEndpointuri></AuthorizationEndpoint>` +
    `<TokenEndpoint><TokenEndpointuri>${PUBLIC_URL}/medmij/token</TokenEndpointuri></TokenEndpoint>` +
    `<Systeemrollen><Systeemrol><Systeemrolcode>X-B-FHIR</Systeemrolcode><ResourceEndpoint><ResourceEndpointuri>${PUBLIC_URL}/fhir</ResourceEndpointuri></ResourceEndpoint></Systeemrol></Systeemrollen></Gegevensdienst>`;
  const version = (id: string, one: string) =>
    `<Interfaceversie><InterfaceversieId>${id}</InterfaceversieId><Gegevensdiensten>${service(one)}</Gegevensdiensten></Interfaceversie>`;
  const xml =
    '<Zorgaanbiederslijst xmlns="xmlns://afsprakenstelsel.medmij.nl/zorgaanbiederslijst/release3/">' +
    '<Tijdstempel>2026-01-02T03:04:05Z</Tijdstempel><Volgnummer>5</Volgnummer><Zorgaanbieders><Zorgaanbieder>' +
    '<Zorgaanbiedernaam>ziekenhuisproef@medmij</Zorgaanbiedernaam><Aanbiedertype>BAZB</Aanbiedertype>' +
    `<Interfaceversies>${version('1.5.0', '48')}${version('2', '51')}</Interfaceversies>` +
    '</Zorgaanbieder></Zorgaanbieders></Zorgaanbiederslijst>';

  it.each([
    [['2'], ['51']],
    [
      ['1.5.0', '2'],
      ['48', '51'],
    ],
    [['3'], []],
  ])('serves only interface versions in force: %j', (interfaceVersions, expected) => {
    const lists = { isOn: true, current: () => readList(xml) } as unknown as Lists;
    const offer = createOffer(lists, {
      ...{ publicUrl: PUBLIC_URL, subscriptionDaysMax: 90, interfaceVersions },
    });
    expect(offer.servicesOf(HOSPITAL)).toEqual(expected);
    expect(offer.isServed(HOSPITAL)).toBe(expected.length > 0);
  });

  it('says of each of ours what kind of aanbieder it is', async () => {
    const { organisations, database } = gateway.rooms;
    await organisations.put(database, { ...HOSPITAL, providerType: 'BAZB' });
    const answer = await gateway.ask('/medmij/lijsten/MedMij_Zorgaanbiederslijst.xml');
    await organisations.put(database, HOSPITAL);
    expect(answer.body).toContain(
      '<Zorgaanbiedernaam>ziekenhuisproef@medmij</Zorgaanbiedernaam>\n<Aanbiedertype>BAZB<',
    );
  });
});

describe('the scope (2.2)', () => {
  it('takes any number of days', () => {
    expect(parseScope('subscribe~99999999999/naam~48')?.days).toBe(99_999_999_999);
  });
});

describe('the question to the person (5.1)', () => {
  it('says until when a mandate lasts, by its last day', () => {
    const authority = 'voluntary:medicijnen:2027-11-26T23:00:00.000Z';
    const run = { kind: 'verzamelen', aanbiederName: 'A', pgo: 'P', representative: { authority } };
    const of = (lang: 'nl' | 'en') =>
      consentScreen({ lang }, run as never, { csrf: 'c', diensten: [] }).toString();
    expect(of('nl')).toContain('tot en met 26 november 2027. Daarna krijgt de app niets meer.');
    expect(of('en')).toContain('up to and including 26 November 2027.');
  });

  it('names a service as the GNL does, beside our own words', () => {
    const diensten = [...readGegevensdiensten().values()].filter(({ id }) => id === '48');
    const run = { kind: 'verzamelen', aanbiederName: 'A', pgo: 'P' } as never;
    const names = new Map([['48', 'Basisgegevens <Zorg>']]);
    const screen = consentScreen({ lang: 'nl' }, run, { csrf: 'c', diensten, names }).toString();
    expect(screen).toContain('allergieën (<span lang="nl">Basisgegevens &lt;Zorg&gt;</span>)');
  });
});

describe('a token request of an app that refreshes its own way (3.5)', () => {
  it('is refused, counted and marked in the chain log', async () => {
    const read = () => gateway.rooms.medmij.door.levels.read().refreshCodeRefused;
    const before = read();
    const form = { grant_type: 'refresh_code', client_id: PGO, refresh_token: 'x' };
    const answer = await gateway.ask('/medmij/token', { form, headers: ids() });
    expect(answer.json()).toMatchObject({ error: 'unsupported_grant_type' });
    expect(read()).toBe(before + 1);
    const last = (await chained()).at(-1);
    expect(last?.event).toMatchObject({
      type: 'send_token_request_error',
      flags: ['grant-type-refresh-code'],
    });
  });
});

describe('a resource request (7.3)', () => {
  const issue = async (services = ['48', '51']) => {
    const { tokens, database } = gateway.rooms;
    const claims = { kind: 'medmij', client: PGO, vault, aanbieder: HOSPITAL.id } as const;
    const consent = randomUUID();
    const about = { ...claims, services, consent, correlationId: randomUUID() };
    return (await tokens.issue(database, about)).token;
  };

  it('without an id gets one of ours, marked, the same in every event', async () => {
    const token = await issue();
    const answer = await gateway.ask('/medmij/ziekenhuisproef/48/fhir/Patient', { token });
    expect(answer.statusCode).toBe(200);
    const [received, sent] = (await chained()).slice(-2);
    expect(received?.event.flags).toContain('request-id-missing');
    expect(received?.request?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(sent?.request).toMatchObject({ id: received?.request?.id, client_id: PGO });
    expect(sent?.response).toEqual({ id: received?.request?.id, status: 200 });
  });
});

describe('an answer that takes too long (4.4; gegevensdiensten 2.5)', () => {
  it.each([
    ['application/fhir+xml', '<OperationOutcome xmlns="http://hl7.org/fhir">'],
    ['application/fhir+json', '{"resourceType":"OperationOutcome"'],
  ])('is an outcome in the format that was asked: %s', async (accept, start) => {
    const short = await openGateway({
      config: (config) => ({ ...config, medmij: { ...config.medmij, resourceMsMax: 100 } }),
      faults: { of: () => ({ kind: 'slow', ms: 400 }) } as never,
    });
    const url = '/medmij/ziekenhuisproef/48/fhir/Patient';
    const answer = await short.ask(url, { headers: { accept }, token: 'x' });
    await short.close();
    expect(answer.statusCode).toBe(504);
    expect(answer.headers['content-type']).toContain(accept);
    expect(answer.body).toContain(start);
  });
});
