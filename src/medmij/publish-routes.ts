/**
 * Our own entries, in the form of the lists, for whoever keeps the real ones: what each aanbieder
 * offers here and at which addresses (ZAL release3), the names of the services (GNL), and by which
 * numbers an aanbieder is found (ZKL).
 * medmij-protocol.md 4.2, 5.2.
 */
import type { FastifyInstance } from 'fastify';
import type { Organisation } from '../identity/index.ts';
import { type Html, html } from '../platform/html/html.ts';
import type { MedmijDoor } from './medmij-door.ts';

const SPACE = 'xmlns://afsprakenstelsel.medmij.nl/';
const INTERFACE_VERSION = '2';
const schema = { tags: ['MedMij'], summary: 'Our own entries of a MedMij list' } as const;

/** Lists that hold our own entries. */
export type OwnList =
  | 'Zorgaanbiederslijst'
  | 'Gegevensdienstnamenlijst'
  | 'Zorgaanbiederskoppellijst';

const OWN: Readonly<Record<OwnList, (door: MedmijDoor) => string | Promise<string>>> = {
  Zorgaanbiederslijst: zal,
  Gegevensdienstnamenlijst: gnl,
  Zorgaanbiederskoppellijst: zkl,
};

export const isOwnList = (name: string): name is OwnList => Object.hasOwn(OWN, name);

/** `/medmij/lijsten/MedMij_….xml`: public data of organisations. */
export async function publishRoutes(app: FastifyInstance, door: MedmijDoor): Promise<void> {
  for (const [name, write] of Object.entries(OWN)) {
    app.get(`/medmij/lijsten/MedMij_${name}.xml`, { schema }, async (_request, reply) =>
      reply.type('application/xml; charset=utf-8').send(await write(door)),
    );
  }
}

/** One of the lists that hold our own entries, as XML. */
export async function publishedList(door: MedmijDoor, list: OwnList): Promise<string> {
  return OWN[list](door);
}

/** The number of a publication rises with time: minutes, so that it fits every reader's integer. */
function head(door: MedmijDoor): Html {
  const now = door.clock();
  return html`<Tijdstempel>${now.toISOString()}</Tijdstempel>
<Volgnummer>${Math.floor(now.getTime() / 60_000)}</Volgnummer>`;
}

/** Those that an app can ask at our addresses. */
async function published(door: MedmijDoor): Promise<readonly Organisation[]> {
  return (await door.organisations.all())
    .filter((one) => one.aanbieder !== undefined && one.connection === 'connected')
    .filter((one) => one.services.some((id) => rolesOf(door, id).length > 0))
    .toSorted((a, b) => (a.aanbieder ?? '').localeCompare(b.aanbieder ?? ''));
}

async function zal(door: MedmijDoor): Promise<string> {
  const rows = await published(door);
  return xml(
    html`<Zorgaanbiederslijst xmlns="${SPACE}zorgaanbiederslijst/release3/">
${head(door)}
<Zorgaanbieders>
${rows.map((one) => aanbiederOf(door, one))}
</Zorgaanbieders>
</Zorgaanbiederslijst>`,
  );
}

function rolesOf(door: MedmijDoor, id: string): readonly string[] {
  return door.config.roles.get(id) ?? door.diensten.get(id)?.roles ?? [];
}

function aanbiederOf(door: MedmijDoor, one: Organisation): Html {
  const ids = one.services.filter((id) => rolesOf(door, id).length > 0);
  return html`<Zorgaanbieder>
<Zorgaanbiedernaam>${one.aanbieder}@medmij</Zorgaanbiedernaam>
<Aanbiedertype>${one.providerType ?? 'ZA'}</Aanbiedertype>
<Interfaceversies><Interfaceversie>
<InterfaceversieId>${INTERFACE_VERSION}</InterfaceversieId>
<Gegevensdiensten>
${ids.map((id) => serviceOf(door, one.aanbieder ?? '', id))}
</Gegevensdiensten>
</Interfaceversie></Interfaceversies>
</Zorgaanbieder>`;
}

function serviceOf(door: MedmijDoor, name: string, id: string): Html {
  const base = `${door.config.publicUrl}/medmij`;
  const days = door.config.subscriptionDaysMax;
  const collects = door.diensten.get(id)?.function === 'verzamelen';
  return html`<Gegevensdienst>
<GegevensdienstId>${id}</GegevensdienstId>
<AuthorizationEndpoint><AuthorizationEndpointuri>${base}/authorize</AuthorizationEndpointuri></AuthorizationEndpoint>
<TokenEndpoint><TokenEndpointuri>${base}/token</TokenEndpointuri></TokenEndpoint>
${
  days > 0 &&
  collects &&
  html`<Abonneren><MaximaleDuur>${days}</MaximaleDuur><SubscriptionEndpointuri>${base}/${name}/abonnement</SubscriptionEndpointuri></Abonneren>`
}
<Systeemrollen>
${rolesOf(door, id).map(
  (code) => html`<Systeemrol><Systeemrolcode>${code}</Systeemrolcode>
<ResourceEndpoint><ResourceEndpointuri>${base}/${name}/${id}/fhir</ResourceEndpointuri></ResourceEndpoint></Systeemrol>`,
)}
</Systeemrollen>
</Gegevensdienst>`;
}

function gnl(door: MedmijDoor): string {
  const rows = [...door.diensten.values()].map(
    ({ id, name }) => html`<Gegevensdienst><GegevensdienstId>${id}</GegevensdienstId>
<Weergavenaam>${name.slice(0, 50)}</Weergavenaam></Gegevensdienst>`,
  );
  return xml(
    html`<Gegevensdienstnamenlijst xmlns="${SPACE}gegevensdienstnamenlijst/release1/">
${head(door)}
<Gegevensdiensten>
${rows}
</Gegevensdiensten>
</Gegevensdienstnamenlijst>`,
  );
}

/** By which an app that knows an AGB or URA from an address book finds the name in the ZAL. */
async function zkl(door: MedmijDoor): Promise<string> {
  const rows = (await published(door)).map(
    (one) => html`<Zorgaanbieder>
<Zorgaanbiedernaam>${one.aanbieder}@medmij</Zorgaanbiedernaam>
<IdentificerendeKenmerken>
${one.agb !== undefined && html`<IdentificerendKenmerk><AGB>${one.agb}</AGB></IdentificerendKenmerk>`}
<IdentificerendKenmerk><URA>${one.ura}</URA></IdentificerendKenmerk>
</IdentificerendeKenmerken>
<Gegevensdiensten>
${one.services.filter((id) => rolesOf(door, id).length > 0).map((id) => joinedOf(door, id))}
</Gegevensdiensten>
</Zorgaanbieder>`,
  );
  return xml(
    html`<Zorgaanbiederskoppellijst xmlns="${SPACE}Zorgaanbiederskoppellijst/release1/">
${head(door)}
<Zorgaanbieders>
${rows}
</Zorgaanbieders>
</Zorgaanbiederskoppellijst>`,
  );
}

function joinedOf(door: MedmijDoor, id: string): Html {
  return html`<Gegevensdienst><GegevensdienstId>${id}</GegevensdienstId>
<Weergavenaam>${(door.diensten.get(id)?.name ?? id).slice(0, 50)}</Weergavenaam>
<Interfaceversies><Interfaceversie><InterfaceversieId>${INTERFACE_VERSION}</InterfaceversieId></Interfaceversie></Interfaceversies>
</Gegevensdienst>`;
}

const xml = (body: Html): string => `<?xml version="1.0" encoding="UTF-8"?>\n${body.toString()}\n`;
