/**
 * A stand-in for the stelselnode: the MedMij lists of the sandbox, in the layouts that the
 * real one publishes, from what is registered here. For whoever builds an app that reads them.
 * medmij-protocol.md 5.1 and 5.2.
 */
import type { FastifyInstance } from 'fastify';
import type { Rooms } from '../../app.ts';
import { isOwnList, publishedList } from '../../medmij/index.ts';
import { type Html, html } from '../../platform/html/html.ts';
import { Problem } from '../../platform/problem.ts';

const SPACE = 'xmlns://afsprakenstelsel.medmij.nl/';
const HIDDEN = { schema: { hide: true } } as const;

/** `/sandbox/stelselnode/MedMij_{list}.xml?api=2`; registered by the demo only. */
export function stelselnodeRoutes(app: FastifyInstance, rooms: Rooms): void {
  app.get<{ Params: { list: string } }>(
    '/sandbox/stelselnode/MedMij_:list.xml',
    HIDDEN,
    async (request, reply) => {
      const { list } = request.params;
      return reply.type('application/xml; charset=utf-8').send(await listOf(rooms, list));
    },
  );
}

async function listOf(rooms: Rooms, list: string): Promise<string> {
  if (isOwnList(list)) return publishedList(rooms.medmij.door, list);
  if (list === 'Whitelist') return whitelist(rooms);
  if (list === 'OAuthclientlist') return clientList(rooms);
  throw new Problem('invalid', 'There is no such list.', { expression: ['list'] });
}

/** A list names hosts of the network: an address in numbers is none. */
const isHost = (name: string): boolean => /^(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name);

async function apps({ clients }: Rooms) {
  const all = await clients.all('pgo');
  return all.filter(({ id, status }) => status === 'active' && isHost(id));
}

async function whitelist(rooms: Rooms): Promise<string> {
  const hosts = new Set((await apps(rooms)).map(({ id }) => id));
  const { hostname } = new URL(rooms.config.publicUrl);
  if (isHost(hostname)) hosts.add(hostname);
  const nodes = [...hosts]
    .toSorted()
    .map((host) => html`<MedMijNode><Hostname>${host}</Hostname></MedMijNode>\n`);
  return document(
    rooms,
    'Whitelist',
    'whitelist/release2/',
    html`<MedMijNodes>${nodes}</MedMijNodes>`,
  );
}

/** As long as the list lets a name be: 3 to 50 signs. */
const shown = (name: string): string => name.padEnd(3, '.').slice(0, 50);

async function clientList(rooms: Rooms): Promise<string> {
  const rows = (await apps(rooms)).map(
    ({ id, name }) => html`<OAuthclient><Hostname>${id}</Hostname>
<OAuthclientOrganisatienaam>${shown(name)}</OAuthclientOrganisatienaam></OAuthclient>
`,
  );
  const body = html`<OAuthclients>${rows}</OAuthclients>`;
  return document(rooms, 'OAuthclientlist', 'oauthclientlist/release2/', body);
}

function document({ clock }: Rooms, root: string, space: string, body: Html): string {
  const now = clock();
  const head = html`<Tijdstempel>${now.toISOString()}</Tijdstempel>
<Volgnummer>${Math.floor(now.getTime() / 60_000)}</Volgnummer>`;
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${SPACE}${space}">\n` +
    `${head.toString()}\n${body.toString()}\n</${root}>\n`
  );
}
