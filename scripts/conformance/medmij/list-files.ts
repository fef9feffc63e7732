/** The lists of a run: real layouts with our own entries. */

const SPACE = 'xmlns://afsprakenstelsel.medmij.nl/';

export interface ListedClient {
  readonly host: string;
  readonly name: string;
  readonly services: readonly string[];
  /** Base address for notifications. */
  readonly notify?: string;
}

export interface ListedAanbieder {
  readonly name: string;
  readonly services: readonly { readonly id: string; readonly days?: number }[];
}

const head = (number: number): string =>
  `<Tijdstempel>2026-11-25T10:00:00.000+01:00</Tijdstempel><Volgnummer>${number}</Volgnummer>`;

const document = (name: string, space: string, number: number, body: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="${SPACE}${space}">${head(number)}${body}</${name}>`;

export function whitelist(number: number, hosts: readonly string[]): string {
  const nodes = hosts.map((host) => `<MedMijNode><Hostname>${host}</Hostname></MedMijNode>`);
  return document(
    'Whitelist',
    'whitelist/release2/',
    number,
    `<MedMijNodes>${nodes.join('')}</MedMijNodes>`,
  );
}

export function clientList(number: number, clients: readonly ListedClient[]): string {
  const rows = clients.map(({ host, name, services, notify }) => {
    const ends = ['Resource', 'Subscription'].map((kind) => {
      const tag = `${kind}NotificationEndpointuri`;
      return notify === undefined ? '' : `<${tag}>${notify}</${tag}>`;
    });
    const each = services.map(
      (id) =>
        `<Gegevensdienst><GegevensdienstId>${id}</GegevensdienstId>${ends.join('')}</Gegevensdienst>`,
    );
    return (
      `<OAuthclient><Hostname>${host}</Hostname>` +
      `<OAuthclientOrganisatienaam>${name}</OAuthclientOrganisatienaam>` +
      `<Gegevensdiensten>${each.join('')}</Gegevensdiensten></OAuthclient>`
    );
  });
  return document(
    'OAuthclientlist',
    'oauthclientlist/release3/',
    number,
    `<OAuthclients>${rows.join('')}</OAuthclients>`,
  );
}

export function nameList(number: number): string {
  return document(
    'Gegevensdienstnamenlijst',
    'gegevensdienstnamenlijst/release1/',
    number,
    '<Gegevensdiensten><Gegevensdienst><GegevensdienstId>48</GegevensdienstId>' +
      '<Weergavenaam>Basisgegevens Zorg</Weergavenaam></Gegevensdienst></Gegevensdiensten>',
  );
}

export function providerList(
  number: number,
  aanbieders: readonly ListedAanbieder[],
  authorize: string,
): string {
  const origin = new URL(authorize).origin;
  const rows = aanbieders.map(({ name, services }) => {
    const each = services.map(({ id, days }) => {
      const base = `${origin}/medmij/${name}`;
      const subscribe =
        days === undefined
          ? ''
          : `<Abonneren><MaximaleDuur>${days}</MaximaleDuur>` +
            `<SubscriptionEndpointuri>${base}/abonnement</SubscriptionEndpointuri></Abonneren>`;
      return (
        `<Gegevensdienst><GegevensdienstId>${id}</GegevensdienstId>` +
        `<AuthorizationEndpoint><AuthorizationEndpointuri>${authorize}</AuthorizationEndpointuri></AuthorizationEndpoint>` +
        `<TokenEndpoint><TokenEndpointuri>${origin}/medmij/token</TokenEndpointuri></TokenEndpoint>${subscribe}` +
        `<Systeemrollen><Systeemrol><Systeemrolcode>ROLE-${id}-FHIR</Systeemrolcode>` +
        `<ResourceEndpoint><ResourceEndpointuri>${base}/${id}/fhir</ResourceEndpointuri></ResourceEndpoint></Systeemrol></Systeemrollen></Gegevensdienst>`
      );
    });
    return (
      `<Zorgaanbieder><Zorgaanbiedernaam>${name}@medmij</Zorgaanbiedernaam><Aanbiedertype>ZA</Aanbiedertype>` +
      `<Interfaceversies><Interfaceversie><InterfaceversieId>2</InterfaceversieId>` +
      `<Gegevensdiensten>${each.join('')}</Gegevensdiensten></Interfaceversie></Interfaceversies></Zorgaanbieder>`
    );
  });
  return document(
    'Zorgaanbiederslijst',
    'zorgaanbiederslijst/release3/',
    number,
    `<Zorgaanbieders>${rows.join('')}</Zorgaanbieders>`,
  );
}
