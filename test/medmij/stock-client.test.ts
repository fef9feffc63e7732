/**
 * A PGO made of stock libraries, configured from the published list as the apps in use are: OAuth
 * by openid-client, FHIR by fhir-kit-client, the habits of the ministry's proxy (medmij-protocol.md
 * 2.1, 3.5, 4.1, 4.2): a state of hundreds of characters, a query put together by hand, the FHIR
 * version in Accept, the same request again with the same ids.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import * as oauth from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVisitor, formAction, hiddenField } from '../../src/demo/client/browserless.ts';
import { queriesOf } from '../../src/demo/client/service-queries.ts';
import { createTrail } from '../../src/demo/client/trail.ts';
import { type Gateway, openGateway, PGO } from '../support/gateway.ts';
import { condition, entry, patientOf, person, transaction, urn } from '../support/people.ts';

interface Fhir {
  request(path: string): Promise<unknown>;
  search(asked: object): Promise<unknown>;
  read(asked: object): Promise<unknown>;
  customHeaders: object;
}

const NAME = 'fhir-kit-client';
const { Client } = (await import(NAME)) as {
  Client: new (settings: { baseUrl: string; customHeaders: object }) => Fhir;
};

const REDIRECT = `https://${PGO}/callback`;
const own = person(1);
const step = { nl: 'stap', en: 'step' };
let gateway: Gateway;
let url: string;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  gateway = await openGateway({ digid: true, publicUrl: url });
  await gateway.app.listen({ host: '127.0.0.1', port });
  const self = urn(own.bsn);
  const items = Array.from({ length: 3 }, (_, nth) =>
    entry(urn(`c${nth}`), condition(`c${nth}`, self)),
  );
  await gateway.send('epd-proef', transaction([entry(self, patientOf(own)), ...items]));
});
afterAll(() => gateway.close());

/** What the list says of one provider: addresses by service. */
async function listed(provider: string) {
  const xml = await (await fetch(`${url}/medmij/lijsten/MedMij_Zorgaanbiederslijst.xml`)).text();
  const [own = ''] =
    xml.match(new RegExp(`<Zorgaanbiedernaam>${provider}@medmij[\\s\\S]*?</Zorgaanbieder>`)) ?? [];
  const one = (element: string, text: string) =>
    new RegExp(`<${element}>([^<]*)</${element}>`).exec(text)?.[1] ?? '';
  const services = [...own.matchAll(/<Gegevensdienst>[\s\S]*?<\/Gegevensdienst>/g)].map(
    ([text]) => [one('GegevensdienstId', text), one('ResourceEndpointuri', text)] as const,
  );
  return {
    authorize: one('AuthorizationEndpointuri', own),
    token: one('TokenEndpointuri', own),
    bases: new Map(services),
  };
}

type Listed = Awaited<ReturnType<typeof listed>>;

/** The library, with the headers that MedMij asks on every call of the back channel. */
function configured({ authorize, token }: Listed, correlationId: string) {
  const server = { issuer: url, authorization_endpoint: authorize, token_endpoint: token };
  const config = new oauth.Configuration(server, PGO, undefined, oauth.TlsClientAuth());
  oauth.allowInsecureRequests(config);
  config[oauth.customFetch] = (address, options) => {
    const ids = { 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': correlationId };
    return fetch(address, { ...options, headers: { ...options.headers, ...ids } } as RequestInit);
  };
  return config;
}

/** The person's browser, from the app's address to where it is sent back. */
async function walk(start: string): Promise<URL> {
  const visitor = createVisitor(createTrail());
  const landing = await visitor.follow(step, start, { until: REDIRECT });
  if (!landing.page) return new URL(landing.url);
  const login = await visitor.follow(step, formAction(landing), {
    call: { form: { csrf: hiddenField(landing.page, 'csrf'), keuze: 'inloggen' } },
  });
  const asked = await visitor.follow(step, formAction(login), { call: { form: { bsn: own.bsn } } });
  const form = { csrf: hiddenField(asked.page, 'csrf'), keuze: 'ja', langdurig: 'ja' };
  const back = await visitor.follow(step, formAction(asked), { call: { form }, until: REDIRECT });
  return new URL(back.url);
}

/** As the ministry's proxy does: put together by hand, only the address of return is encoded. */
const byHand = (list: Listed, state: string, correlationId: string): string =>
  `${list.authorize}?state=${state}&scope=ziekenhuisproef&response_type=code&client_id=${PGO}` +
  `&redirect_uri=${encodeURIComponent(REDIRECT)}` +
  `&MedMij-Request-ID=${randomUUID()}&X-Correlation-ID=${correlationId}`;

describe('a PGO of stock libraries', () => {
  it('reads at its own address that a state of 40,000 characters is too long', async () => {
    const start = byHand(await listed('ziekenhuisproef'), 'a'.repeat(40_000), randomUUID());
    const answer = await fetch(start, { redirect: 'manual' });
    const to = new URL(answer.headers.get('location') ?? '');
    expect(answer.status).toBe(302);
    expect(to.hostname).toBe(PGO);
    expect(to.searchParams.get('error')).toBe('invalid_request');
    expect(to.searchParams.has('state')).toBe(false);
  });

  it('gets from the list to the data, and on without its person', async () => {
    const list = await listed('ziekenhuisproef');
    const correlationId = randomUUID();
    const config = configured(list, correlationId);
    const state = `${randomBytes(330).toString('base64')}`;
    expect(state.length).toBeGreaterThan(400);
    const back = await walk(byHand(list, state, correlationId));
    // A plus that was not encoded comes back as the library of the app reads it: as it was sent.
    const expected = new URLSearchParams(`state=${state}`).get('state') ?? '';
    const first = await oauth.authorizationCodeGrant(config, back, { expectedState: expected });
    expect(first.token_type).toBe('bearer');
    expect(first.expires_in).toBe(900);
    expect(first.scope?.split(' ').toSorted()).toEqual(['48', '51']);
    const next = await oauth.refreshTokenGrant(
      configured(list, randomUUID()),
      first.refresh_token ?? '',
    );
    expect(next.refresh_token).not.toBe(first.refresh_token);
    expect(next.scope).toBe(first.scope);
    const fhir = new Client({
      baseUrl: list.bases.get('48') ?? '',
      customHeaders: {
        authorization: `Bearer ${next.access_token}`,
        accept: 'application/fhir+json; fhirVersion=3.0',
        'MedMij-Request-ID': randomUUID(),
        'X-Correlation-ID': correlationId,
      },
    });
    for (const { path } of queriesOf('48', new Date())) {
      const bundle = (await fhir.request(path)) as { type: string; total: number };
      expect(bundle.type, path).toBe('searchset');
    }
    const found = (await fhir.search({ resourceType: 'Condition' })) as {
      total: number;
      entry: { resource: { id: string } }[];
    };
    expect(found.total).toBe(3);
    const id = found.entry[0]?.resource.id;
    expect(await fhir.read({ resourceType: 'Condition', id })).toMatchObject({ id });
  });

  it('hears what is wrong in words that the library knows', async () => {
    const list = await listed('ziekenhuisproef');
    const config = configured(list, randomUUID());
    const denied = await walk(`${byHand(list, 'x', randomUUID())}&scope=twee`);
    await expect(
      oauth.authorizationCodeGrant(config, denied, { expectedState: 'x' }),
    ).rejects.toMatchObject({ error: 'invalid_request' });
    await expect(oauth.refreshTokenGrant(config, 'nooit')).rejects.toMatchObject({
      error: 'invalid_grant',
      status: 400,
    });
    // The proxy in use names its refresh so; it is told, and nothing is spent.
    await expect(
      oauth.genericGrantRequest(config, 'refresh_code', { refresh_token: 'nooit' }),
    ).rejects.toMatchObject({ error: 'unsupported_grant_type' });
  });

  it('asks the same again with the same ids, for lost answers', async () => {
    const list = await listed('ziekenhuisproef');
    const correlationId = randomUUID();
    const config = configured(list, correlationId);
    const back = await walk(byHand(list, 'st', correlationId));
    const first = await oauth.authorizationCodeGrant(config, back, { expectedState: 'st' });
    const again = await Promise.all(
      [1, 2, 3].map(() => oauth.refreshTokenGrant(config, first.refresh_token ?? '')),
    );
    expect(new Set(again.map(({ access_token }) => access_token)).size).toBe(1);
    const headers = {
      authorization: `Bearer ${again[0]?.access_token}`,
      accept: 'application/fhir+json; fhirVersion=3.0',
      'MedMij-Request-ID': randomUUID(),
      'X-Correlation-ID': correlationId,
    };
    const ask = () => fetch(`${list.bases.get('48')}/Patient`, { headers });
    const answers = await Promise.all([ask(), ask(), ask()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const echoed = answers.map((one) => one.headers.get('medmij-request-id'));
    expect(new Set(echoed)).toEqual(new Set([headers['MedMij-Request-ID']]));
    const wrong = await fetch(`${list.bases.get('48')}/Patient`, {
      headers: { ...headers, accept: 'application/fhir+json; fhirVersion=4.0' },
    });
    expect(wrong.status).toBe(406);
    expect(((await wrong.json()) as { resourceType: string }).resourceType).toBe(
      'OperationOutcome',
    );
  });
});
