/** Organisations and clients of the demo, with keys of their own in the data folder. */

import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rooms } from '../app.ts';
import type { Client } from '../identity/index.ts';
import { ORGANISATIONS, organisation } from './region/organisations.ts';
import type { DemoCertificates } from './test-ca.ts';

/** The PGO app of the demo. */
export const DEMO_PGO = 'pgo.demo.example';

const SENDERS: readonly {
  id: string;
  org: string;
  name: string;
  application?: string;
  overlay?: string;
}[] = [
  { id: 'epd-kennemerzoom', org: 'kennemerzoom', name: 'EPD Kennemerzoom', application: 'ZOOMEPD' },
  { id: 'epd-wijkermeer', org: 'wijkermeer', name: 'EPD Wijkermeer', application: 'WIJKEPD' },
  { id: 'his-jansen', org: 'jansen', name: 'HIS Jansen & De Wit' },
  { id: 'his-duin', org: 'duin', name: 'HIS Duin en Dijk' },
  { id: 'ais-sluis', org: 'apotheek', name: 'AIS De Sluis' },
  { id: 'ggz-kennemerkust', org: 'ggz', name: 'EPD GGZ Kennemerkust' },
  { id: 'jgz-kennemer', org: 'jeugd', name: 'JGZ-dossier Kennemer' },
  { id: 'lis-noordzee', org: 'lab', name: 'LIS Noordzee', application: 'NOORDLIS' },
];

const PARTNERS: readonly { id: string; org: string; name: string }[] = [
  { id: 'partner-huisarts-duin', org: 'duin', name: 'HIS van Duin en Dijk, als raadpleger' },
  { id: 'partner-huisarts-jansen', org: 'jansen', name: 'HIS van Jansen & De Wit, als raadpleger' },
  { id: 'partner-seh', org: 'seh', name: 'SEH Kennemerzoom' },
  { id: 'partner-post', org: 'post', name: 'Huisartsenpost Kennemerland' },
  { id: 'partner-verpleeghuis', org: 'verpleeghuis', name: 'Verpleeghuis De Haven' },
  { id: 'partner-onderzoek', org: 'onderzoek', name: 'Hartonderzoek Kennemerland' },
];

export const demoClients = {
  certificates: [
    { name: 'pgo', dnsName: DEMO_PGO },
    ...SENDERS.map(({ id }) => ({ name: id, dnsName: `${id}.demo.example` })),
  ],
} as const;

export interface DemoClients {
  readonly byId: ReadonlyMap<string, Client>;
  /** Private key of a client, for whoever plays it in the demo. */
  keyOf(id: string): JsonWebKey;
}

/** Puts the organisations and whatever clients are missing. */
export async function registerDemo(
  rooms: Rooms,
  certificates: DemoCertificates,
  dataDir: string,
): Promise<DemoClients> {
  const folder = join(dataDir, 'client-keys');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { publicUrl } = rooms.config;
  const clients: Client[] = [
    ...SENDERS.map(({ id, org, name, application }) => ({
      ...blank(id, name, org),
      kind: 'sender' as const,
      keys: [publicPart(keyIn(folder, id), id)],
      certificates: [certificates.clients[id]?.sha256 ?? ''],
      mllp: application ? [{ application, facility: organisation(org).agb ?? '' }] : [],
      scopes: ['system/intake', 'system/*.read', 'system/*.rs'],
    })),
    ...PARTNERS.map(({ id, org, name }) => ({
      ...blank(id, name, org),
      kind: 'partner' as const,
      keys: [publicPart(keyIn(folder, id), id)],
      scopes: ['system/*.read', 'system/*.rs'],
    })),
    {
      ...blank(DEMO_PGO, 'Mijn Demo-PGO'),
      kind: 'pgo' as const,
      certificates: [certificates.clients['pgo']?.sha256 ?? ''],
      services: [
        ...['46', '47', '48', '49', '50', '51', '52', '61', '63', '66'],
        ...['53', '57', '59', '60', '9000103'],
      ],
      redirectUris: [`https://${DEMO_PGO}/callback`, `${publicUrl}/demo/pgo/callback`],
    },
  ];
  await rooms.database.transaction(async (tx) => {
    for (const one of ORGANISATIONS.values()) await rooms.organisations.put(tx, one);
    for (const one of clients) {
      // Keys that were rotated meanwhile stay; the PGO's redirect follows the port of this start.
      const known = one.kind === 'pgo' ? undefined : await rooms.clients.byId(one.id);
      if (!known) await rooms.clients.put(tx, one);
    }
  });
  return {
    byId: new Map(clients.map((client) => [client.id, client])),
    keyOf: (id) => keyIn(folder, id),
  };
}

function blank(id: string, name: string, org?: string): Omit<Client, 'kind'> {
  return {
    id,
    name,
    status: 'active',
    keys: [],
    certificates: [],
    mllp: [],
    scopes: [],
    services: [],
    redirectUris: [],
    ...(org === undefined ? {} : { organisationId: organisation(org).id }),
  };
}

function keyIn(folder: string, id: string): JsonWebKey {
  const path = join(folder, `${id}.json`);
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(path, JSON.stringify(privateKey.export({ format: 'jwk' })), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(path, 'utf8')) as JsonWebKey;
}

function publicPart({ kty, crv, x, y }: JsonWebKey, id: string) {
  return {
    kty: kty ?? 'EC',
    ...(crv ? { crv } : {}),
    ...(x ? { x } : {}),
    ...(y ? { y } : {}),
    kid: `${id}-1`,
    alg: 'ES256',
  };
}
