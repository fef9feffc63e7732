/** Who exists in a run: hosts, aanbieders, apps, and the lists that name them. */
import type { House } from '../../../src/app.ts';
import type { Organisation } from '../../../src/identity/index.ts';
import { clientList, nameList, providerList, whitelist } from './list-files.ts';
import type { Peer } from './peers.ts';

export const HOST = 'dva.zorgsluis.example';
export const C1 = 'pgo.example.nl';
export const C2 = 'pgo.tweede.nl';
/** On the client list, and never on the Whitelist for its notifications. */
export const C3 = 'pgo.derde.nl';
export const LISTS_HOST = 'lijsten.example.nl';
export const ACR = 'substantial';

export const P = 'umcharderwijk';
export const P2 = 'anderziekenhuis';
export const DOTTED = 'medmij.ontwikkel.verplicht.interoplab';

export const ORGANISATIONS: readonly Pick<
  Organisation,
  'id' | 'ura' | 'name' | 'aanbieder' | 'services'
>[] = [
  {
    id: '00000000-0000-4000-8000-0000000000a1',
    ura: '90002001',
    name: 'UMC Harderwijk',
    aanbieder: P,
    // 63 stands in the ZAL and is closed at the moment.
    services: ['48', '49', '51', '53'],
  },
  {
    id: '00000000-0000-4000-8000-0000000000a2',
    ura: '90002002',
    name: 'Ander Ziekenhuis',
    aanbieder: P2,
    services: ['48', '49'],
  },
  {
    id: '00000000-0000-4000-8000-0000000000a3',
    ura: '90002003',
    name: 'Interoplab',
    aanbieder: DOTTED,
    services: ['48'],
  },
  {
    id: '00000000-0000-4000-8000-0000000000a4',
    ura: '90002004',
    name: 'Elders',
    aanbieder: 'eldersgeserveerd',
    services: ['48'],
  },
];
/** Sets tasks, which a PGO may start as a module. */
export const TASK_GIVER = {
  id: '00000000-0000-4000-8000-0000000000a5',
  ura: '90002005',
  name: 'Moduleziekenhuis',
  aanbieder: 'moduleziekenhuis',
  services: ['9000104'],
};
export const MODULE = { id: 'module.example.nl', redirectUri: 'https://module.example.nl/terug' };
export const HOSPITAL = ORGANISATIONS[0] as Organisation;

export interface ListWorld {
  readonly nodes: readonly string[];
  readonly clients: readonly { host: string; name: string; services: string[]; notify?: string }[];
}

/** Puts lists on the server, each time with a higher number. */
export function publisherOf(lists: Peer, house: House, appPort: number) {
  let number = 1;
  const start: ListWorld = {
    nodes: [HOST, C1, C2, C3],
    clients: [
      {
        host: C1,
        name: 'De Eerste PGO',
        services: ['48', '49', '51', '53', '63', '9000104'],
        notify: `https://${C1}:${appPort}/melding`,
      },
      { host: C2, name: 'De Tweede PGO', services: ['48', '49', '51'] },
      {
        host: C3,
        name: 'De Derde PGO',
        services: ['48'],
        notify: `https://niet.op.whitelist.nl:${appPort}`,
      },
    ],
  };
  async function put(change: Partial<ListWorld>): Promise<void> {
    number += 1;
    const { nodes, clients } = { ...start, ...change };
    lists.files.set('/MedMij_Whitelist.xml', whitelist(number, nodes));
    lists.files.set('/MedMij_OAuthclientlist.xml', clientList(number, clients));
    lists.files.set('/MedMij_Gegevensdienstnamenlijst.xml', nameList(number));
    lists.files.set(
      '/MedMij_Zorgaanbiederslijst.xml',
      providerList(number, PUBLISHED, `https://${HOST}/medmij/authorize`),
    );
  }
  return {
    put,
    async publish(change: Partial<ListWorld>) {
      await put(change);
      await house.rooms.medmij.door.lists.refresh();
    },
  };
}

const PUBLISHED = [
  {
    name: P,
    services: [
      { id: '48', days: 90 },
      { id: '49', days: 90 },
      { id: '51' },
      { id: '53' },
      { id: '63' },
    ],
  },
  { name: P2, services: [{ id: '48' }, { id: '49' }] },
  { name: DOTTED, services: [{ id: '48' }] },
  { name: TASK_GIVER.aanbieder, services: [{ id: '9000104' }] },
];
