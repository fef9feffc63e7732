/** A MedMij list as values, from its XML. medmij-protocol.md 5.2. */
import { checkShape, type ListKind, type Reading, textOf } from './list-shape.ts';
import { readXmlTree, type XmlNode } from './xml-tree.ts';

interface Head {
  readonly volgnummer: number;
  readonly tijdstempel: Date;
  readonly namespace: string;
}

/** One service of one aanbieder, with its addresses. */
export interface ZalService {
  /** Without `@medmij`. */
  readonly aanbieder: string;
  /** Absent in release2, which knows no interface versions. */
  readonly interfaceVersion: string | undefined;
  readonly id: string;
  readonly authorizationUri: string;
  readonly tokenUri: string;
  readonly subscription: { readonly maximumDays: number; readonly uri: string } | undefined;
  readonly roles: readonly { readonly code: string; readonly resourceUri: string }[];
}

export interface OclClient {
  readonly hostname: string;
  readonly name: string;
  /** Absent when the list does not say it (release2). */
  readonly services:
    | ReadonlyMap<string, { readonly resource: string; readonly subscription: string }>
    | undefined;
}

export interface ZklAanbieder {
  readonly aanbieder: string;
  readonly numbers: readonly { readonly system: string; readonly value: string }[];
  readonly services: readonly { readonly id: string; readonly name: string }[];
}

export type MedmijList = Head &
  (
    | { readonly kind: 'Zorgaanbiederslijst'; readonly services: readonly ZalService[] }
    | { readonly kind: 'OAuthclientlist'; readonly clients: ReadonlyMap<string, OclClient> }
    | { readonly kind: 'Whitelist'; readonly hostnames: ReadonlySet<string> }
    | { readonly kind: 'Gegevensdienstnamenlijst'; readonly names: ReadonlyMap<string, string> }
    | { readonly kind: 'Zorgaanbiederskoppellijst'; readonly aanbieders: readonly ZklAanbieder[] }
  );

/** @throws Problem `invalid`, with the place and line, when the file is not a list that fits its schema. */
export function readList(xml: string, reading: Reading = {}): MedmijList {
  const root = readXmlTree(xml.replace(/^\uFEFF/, ''));
  const kind = checkShape(root, reading);
  const head = {
    volgnummer: Number(textOf(root, 'Volgnummer')),
    tijdstempel: new Date(textOf(root, 'Tijdstempel').trim()),
    namespace: root.namespace,
  };
  const rows = root.children[2]?.children ?? [];
  return { ...head, ...valuesOf(kind, rows) } as MedmijList;
}

function valuesOf(kind: ListKind, rows: readonly XmlNode[]) {
  switch (kind) {
    case 'Zorgaanbiederslijst':
      return { kind, services: rows.flatMap(zalServices) };
    case 'OAuthclientlist':
      return {
        kind,
        clients: new Map(rows.map((row) => [textOf(row, 'Hostname'), clientOf(row)])),
      };
    case 'Whitelist':
      return { kind, hostnames: new Set(rows.map((row) => textOf(row, 'Hostname'))) };
    case 'Gegevensdienstnamenlijst':
      return {
        kind,
        names: new Map(
          rows.map((row) => [textOf(row, 'GegevensdienstId'), textOf(row, 'Weergavenaam')]),
        ),
      };
    case 'Zorgaanbiederskoppellijst':
      return { kind, aanbieders: rows.map(zklAanbieder) };
  }
}

function zalServices(row: XmlNode): ZalService[] {
  const aanbieder = textOf(row, 'Zorgaanbiedernaam').replace(/@medmij$/, '');
  const versions = childrenOf(row, 'Interfaceversies');
  const groups = versions.length > 0 ? versions : [row];
  return groups.flatMap((group) =>
    childrenOf(group, 'Gegevensdiensten').map((one) => {
      const abonneren = one.children.find(({ name }) => name === 'Abonneren');
      return {
        aanbieder,
        interfaceVersion: textOf(group, 'InterfaceversieId') || undefined,
        id: textOf(one, 'GegevensdienstId'),
        authorizationUri: deep(one, 'AuthorizationEndpoint', 'AuthorizationEndpointuri'),
        tokenUri: deep(one, 'TokenEndpoint', 'TokenEndpointuri'),
        subscription: abonneren && {
          maximumDays: Number(textOf(abonneren, 'MaximaleDuur')),
          uri: textOf(abonneren, 'SubscriptionEndpointuri'),
        },
        roles: childrenOf(one, 'Systeemrollen').map((role) => ({
          code: textOf(role, 'Systeemrolcode'),
          resourceUri: deep(role, 'ResourceEndpoint', 'ResourceEndpointuri'),
        })),
      };
    }),
  );
}

function clientOf(row: XmlNode): OclClient {
  const services = childrenOf(row, 'Gegevensdiensten');
  return {
    hostname: textOf(row, 'Hostname'),
    name: textOf(row, 'OAuthclientOrganisatienaam'),
    services:
      services.length === 0
        ? undefined
        : new Map(
            services.map((one) => [
              textOf(one, 'GegevensdienstId'),
              {
                resource: textOf(one, 'ResourceNotificationEndpointuri'),
                subscription: textOf(one, 'SubscriptionNotificationEndpointuri'),
              },
            ]),
          ),
  };
}

function zklAanbieder(row: XmlNode): ZklAanbieder {
  return {
    aanbieder: textOf(row, 'Zorgaanbiedernaam').replace(/@medmij$/, ''),
    numbers: childrenOf(row, 'IdentificerendeKenmerken').flatMap(({ children }) =>
      children.map(({ name, text }) => ({ system: name, value: text })),
    ),
    services: childrenOf(row, 'Gegevensdiensten').map((one) => ({
      id: textOf(one, 'GegevensdienstId'),
      name: textOf(one, 'Weergavenaam'),
    })),
  };
}

function childrenOf(node: XmlNode, name: string): readonly XmlNode[] {
  return node.children.find((child) => child.name === name)?.children ?? [];
}

function deep(node: XmlNode, outer: string, inner: string): string {
  const found = node.children.find((child) => child.name === outer);
  return found ? textOf(found, inner) : '';
}
