/**
 * The whole gateway in one process on a database of its own: a few organisations, clients with real
 * keys, and people who come in through the real intake. Nothing of it is mocked; requests go
 * through `app.inject`, so no port is needed unless a test listens.
 */
import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { SignJWT } from 'jose';
import { buildHouse, type Rooms } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { type StandIn, startStandIn } from '../../src/demo/stand-in-provider.ts';
import {
  ASSERTION_TYPE,
  type Client,
  newKeyring,
  type Organisation,
  openKeyring,
} from '../../src/identity/index.ts';
import type { SandboxFaults } from '../../src/medmij/index.ts';
import { createLog } from '../../src/platform/log.ts';
import { type TestDatabase, testDatabase } from './postgres.ts';

export const PUBLIC_URL = 'https://gateway.test.example';
export const PGO = 'pgo.test.example';
export const OTHER_PGO = 'andere-pgo.test.example';
export const BSN_SYSTEM = 'http://fhir.nl/fhir/NamingSystem/bsn';

export interface Gateway {
  readonly app: FastifyInstance;
  readonly rooms: Rooms;
  readonly db: TestDatabase;
  /** Every line that was logged. */
  readonly logged: readonly string[];
  /** Moves the clock of the gateway on. */
  later(seconds: number): void;
  /** A bearer token for a sender or partner, got by private_key_jwt. */
  token(client: string, claims?: Record<string, unknown>): Promise<string>;
  assertion(client: string, options?: AssertionOptions): Promise<string>;
  ask(url: string, options?: AskOptions): Promise<LightMyRequestResponse>;
  send(sender: string, bundle: unknown, options?: SendOptions): Promise<LightMyRequestResponse>;
  close(): Promise<void>;
}

export interface AssertionOptions {
  readonly claims?: Record<string, unknown>;
  readonly audience?: string;
  readonly seconds?: number;
  readonly jti?: string;
  readonly subject?: string;
  readonly algorithm?: string;
  readonly key?: KeyObject | Uint8Array;
}

export interface AskOptions {
  readonly token?: string;
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Record<string, string>;
  readonly form?: Record<string, string> | [string, string][];
  readonly body?: string | Buffer;
}

export interface SendOptions {
  readonly mediaType?: string;
  /** `''` for any message, `/fhir` (default) for FHIR. */
  readonly path?: string;
  readonly headers?: Record<string, string>;
}

export interface GatewayOptions {
  readonly config?: (config: Config) => Config;
  /** With a stand-in DigiD; the log-in then works without a browser. */
  readonly digid?: boolean;
  /** What a sandbox breaks on purpose. */
  readonly faults?: SandboxFaults;
  /** Where a test with a real browser will listen. */
  readonly publicUrl?: string;
}

type Draft = Pick<Organisation, 'ura' | 'name' | 'type' | 'category'> & Partial<Organisation>;

function organisation(id: number, draft: Draft): Organisation {
  return {
    id: `00000000-0000-4000-8000-00000000000${id}`,
    services: [],
    regions: [{ id: 'noord' }],
    aliases: [],
    connection: 'connected',
    ...draft,
  };
}

export const HOSPITAL = organisation(1, {
  ura: '90001001',
  name: 'Ziekenhuis Proef',
  type: 'V4',
  category: 'ZKH',
  aanbieder: 'ziekenhuisproef',
  services: ['48', '51'],
});
export const OTHER_HOSPITAL = organisation(2, {
  ura: '90001002',
  name: 'Ander Ziekenhuis',
  type: 'V4',
  category: 'ZKH',
  aanbieder: 'anderziekenhuis',
  services: ['48', '63'],
});
export const PRACTICE = organisation(3, {
  ura: '90001003',
  name: 'Huisartsenpraktijk Proef',
  type: 'Z3',
  category: 'HA',
});

export const ORGANISATIONS = [HOSPITAL, OTHER_HOSPITAL, PRACTICE];

const CLIENTS: readonly (Pick<Client, 'id' | 'kind'> & Partial<Client>)[] = [
  { id: 'epd-proef', kind: 'sender', organisationId: HOSPITAL.id },
  { id: 'epd-ander', kind: 'sender', organisationId: OTHER_HOSPITAL.id },
  { id: 'partner-huisarts', kind: 'partner', organisationId: PRACTICE.id },
  { id: 'partner-ander', kind: 'partner', organisationId: PRACTICE.id },
  { id: PGO, kind: 'pgo' },
  { id: OTHER_PGO, kind: 'pgo' },
];

const SCOPES = {
  sender: ['system/intake', 'system/*.read', 'system/*.rs'],
  partner: ['system/*.read', 'system/*.rs'],
  pgo: [],
  'auditor-app': [],
} as const;

const DIGID_ACR = 'substantial';

export async function openGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const db = await testDatabase();
  const digid = options.digid ? await digidStandIn(options.publicUrl) : undefined;
  const clock = { ahead: 0 };
  const logged: string[] = [];
  const config = {
    ...testConfig(),
    ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
    ...(digid ? withDigid(digid) : {}),
  };
  const house = await buildHouse({
    config: options.config ? options.config(config) : config,
    keyring: openKeyring(newKeyring({ demo: true, name: 'test.example/audit' })),
    database: db.database,
    clock: () => new Date(Date.now() + clock.ahead),
    log: createLog({ level: 'info', destination: { write: (line) => void logged.push(line) } }),
    checkpointsDir: mkdtempSync(join(tmpdir(), 'zorgsluis-test-')),
    isReady: () => true,
    ...(options.faults ? { faults: options.faults } : {}),
  });
  const { app, rooms } = house;
  const keys = await register(rooms);
  const assertion = (id: string, asked: AssertionOptions = {}) => signed(rooms, keys, id, asked);

  async function ask(url: string, asked: AskOptions = {}): Promise<LightMyRequestResponse> {
    const { form, token } = asked;
    const body = form ? new URLSearchParams(form).toString() : asked.body;
    return app.inject({
      url,
      method: asked.method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...asked.headers,
      },
      ...(body === undefined ? {} : { payload: body }),
    });
  }
  async function token(id: string, claims: Record<string, unknown> = TREATMENT): Promise<string> {
    const answer = await ask('/oauth/token', { form: tokenForm(await assertion(id, { claims })) });
    if (answer.statusCode !== 200) throw new Error(`no token: ${answer.body}`);
    return answer.json<{ access_token: string }>().access_token;
  }
  return {
    app,
    rooms,
    db,
    logged,
    assertion,
    ask,
    token,
    later: (seconds) => {
      clock.ahead += seconds * 1000;
    },
    async send(sender, bundle, { mediaType, path = '/fhir', headers = {} } = {}) {
      return ask(`/intake/${sender}${path}`, {
        token: await token(sender),
        method: 'POST',
        headers: { 'content-type': mediaType ?? 'application/fhir+json', ...headers },
        body:
          typeof bundle === 'string' || Buffer.isBuffer(bundle) ? bundle : JSON.stringify(bundle),
      });
    },
    async close() {
      await house.close();
      await digid?.close();
      await db.close().catch(() => undefined);
    },
  };
}

/** What a partner's assertion says in an ordinary treatment. */
export const TREATMENT = purposeOf('TREAT');

export function purposeOf(purpose: unknown, more: Record<string, unknown> = {}) {
  return {
    extensions: {
      'hl7-b2b': {
        version: '1',
        purpose_of_use: [purpose].flat(),
        subject_id: 'dokter-1',
        subject_role: '01.015',
        ...more,
      },
    },
  };
}

export function tokenForm(assertion: string, scope?: string): Record<string, string> {
  return {
    grant_type: 'client_credentials',
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion,
    ...(scope === undefined ? {} : { scope }),
  };
}

export function testConfig(): Config {
  const config = readConfig(
    { PUBLIC_URL, PORT: '0', TLS_PORT: 'off', MLLP_PORT: 'off', MLLP_TLS_PORT: 'off' },
    { demo: true },
  );
  return { ...config, tls: { ...config.tls, trustProxy: false } };
}

/** Log-in at DigiD as a person with this BSN, from the page that its stand-in shows. */
export const digidForm = (bsn: string): Record<string, string> => ({ bsn });

function digidStandIn(publicUrl = PUBLIC_URL): Promise<StandIn> {
  return startStandIn({
    kind: 'digid',
    host: '127.0.0.1',
    port: 0,
    clientId: 'zorgsluis',
    redirectUris: [`${publicUrl}/medmij/callback`],
    acr: DIGID_ACR,
    accounts: [],
    actsFor: (_bsn, _represented, how) => (how === 'parental' ? {} : { mandated: 'alles' }),
  });
}

function withDigid({ issuer }: StandIn): Pick<Config, 'digid'> {
  return {
    digid: { issuer, clientId: 'zorgsluis', clientSecret: undefined, acrValues: [DIGID_ACR] },
  };
}

type Keys = ReadonlyMap<string, KeyObject>;

async function register(rooms: Rooms): Promise<Keys> {
  for (const one of ORGANISATIONS) await rooms.organisations.put(rooms.database, one);
  const keys = new Map<string, KeyObject>();
  for (const draft of CLIENTS) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    keys.set(draft.id, privateKey);
    await rooms.clients.put(rooms.database, clientOf(draft, publicKey.export({ format: 'jwk' })));
  }
  return keys;
}

export function clientOf(
  draft: Pick<Client, 'id' | 'kind'> & Partial<Client>,
  jwk: JsonWebKey,
): Client {
  const isPgo = draft.kind === 'pgo';
  return {
    name: draft.id,
    status: 'active',
    keys: [{ ...(jwk as Client['keys'][number]), kid: `${draft.id}-1`, alg: 'ES256' }],
    certificates: [],
    mllp: [],
    scopes: SCOPES[draft.kind],
    services: isPgo ? ['48', '51', '63'] : [],
    redirectUris: isPgo ? [`https://${draft.id}/callback`] : [],
    ...draft,
  };
}

async function signed(
  rooms: Rooms,
  keys: Keys,
  id: string,
  asked: AssertionOptions,
): Promise<string> {
  const now = Math.floor(rooms.clock().getTime() / 1000);
  const algorithm = asked.algorithm ?? 'ES256';
  return new SignJWT({ ...asked.claims })
    .setProtectedHeader({ alg: algorithm, kid: `${id}-1` })
    .setIssuer(id)
    .setSubject(asked.subject ?? id)
    .setAudience(asked.audience ?? `${rooms.config.publicUrl}/oauth/token`)
    .setJti(asked.jti ?? randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + (asked.seconds ?? 240))
    .sign(asked.key ?? (keys.get(id) as KeyObject));
}
