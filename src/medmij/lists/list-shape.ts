/**
 * What the MedMij lists look like: a compact check of our own with the same meaning as the
 * published schemas (ZAL and OCL release2, Whitelist release2, GNL release1). The later layouts
 * (ZAL release3, OCL with services, koppellijst) have no public schema; theirs are derived from the
 * examples and say so. medmij-protocol.md 5.1 and 5.2.
 */
import { Problem } from '../../platform/problem.ts';
import type { XmlNode } from './xml-tree.ts';

export type ListKind =
  | 'Zorgaanbiederslijst'
  | 'OAuthclientlist'
  | 'Gegevensdienstnamenlijst'
  | 'Whitelist'
  | 'Zorgaanbiederskoppellijst';

export interface Shape {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** An element with text; absent for one with children. */
  readonly text?: (text: string) => boolean;
  /** An address: outside production one without TLS, or with a port, is taken too. */
  readonly isAddress?: true;
  /** In this order, as in an xs:sequence; for `choice` exactly one of them. */
  readonly children?: readonly Shape[];
  readonly choice?: boolean;
  /** Name of the child's child that must be unique among the children. */
  readonly unique?: string;
}

const LABELS = '(?:[a-z0-9][a-z0-9-]*\\.)+[a-z0-9][a-z0-9-]*';
const HOSTNAME = new RegExp(`^${LABELS}[a-z0-9]$`);
const FRONT = new RegExp(`^https://${LABELS}[a-z0-9]?(?:/[^?#/]+)*$`);
const BACK = new RegExp(`^https://${LABELS}[a-z0-9](?::\\d{1,5})?(?:/[^?#/]+)*$`);
/** Of a sandbox: without TLS, or on the machine of who builds an app. */
const PLAIN = new RegExp(
  `^(?:http://(?:${LABELS}|localhost)|https://(?:127\\.0\\.0\\.1|localhost))(?::\\d{1,5})?(?:/[^?#/]+)*$`,
);
const TIME = /^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/;

const between = (min: number, max: number) => (text: string) => {
  const { length } = [...text];
  return length >= min && length <= max;
};
const matches = (pattern: RegExp) => (text: string) => pattern.test(text);

export const isHostname = matches(HOSTNAME);
const isPositive = (text: string) => /^\+?0*[1-9]\d{0,14}$/.test(text.trim());
/** At least 20 characters: the schema forces a time zone with it. */
function isTime(sent: string): boolean {
  const text = sent.trim();
  const day = text.slice(0, 10);
  // A parser reads 30 February as a day in March.
  const isDay = new Date(`${day}T00:00:00Z`).getTime() > 0 && isoDay(day) === day;
  return text.length >= 20 && TIME.test(text) && isDay && !Number.isNaN(Date.parse(text));
}
const isoDay = (day: string): string => new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10);
const isName2 = (text: string) => between(10, 57)(text) && /^[a-z]+@medmij$/.test(text);
const isName3 = (text: string) => between(9, 107)(text) && /^[a-z][a-z0-9.-]*@medmij$/.test(text);

const leaf = (name: string, text: (text: string) => boolean, min = 1): Shape => ({
  name,
  min,
  max: 1,
  text,
});
const address = (name: string, pattern: RegExp, min = 1): Shape => ({
  ...leaf(name, matches(pattern), min),
  isAddress: true,
});
const one = (name: string, children: readonly Shape[], more: Partial<Shape> = {}): Shape => ({
  name,
  min: 1,
  max: 1,
  children,
  ...more,
});
const many = (name: string, children: readonly Shape[], min = 0): Shape =>
  one(name, children, { min, max: Number.MAX_SAFE_INTEGER });

const SERVICE_ID = leaf('GegevensdienstId', between(1, 30));
const endpoints = (abonneren: readonly Shape[]): readonly Shape[] => [
  SERVICE_ID,
  one('AuthorizationEndpoint', [address('AuthorizationEndpointuri', FRONT)]),
  one('TokenEndpoint', [address('TokenEndpointuri', BACK)]),
  ...abonneren,
  one(
    'Systeemrollen',
    [
      many(
        'Systeemrol',
        [
          leaf('Systeemrolcode', between(1, 30)),
          one('ResourceEndpoint', [address('ResourceEndpointuri', BACK)]),
        ],
        1,
      ),
    ],
    { unique: 'Systeemrolcode' },
  ),
];
const services = (children: readonly Shape[], more: Partial<Shape> = {}): Shape =>
  one('Gegevensdiensten', [many('Gegevensdienst', children, 1)], {
    unique: 'GegevensdienstId',
    ...more,
  });
const list = (body: Shape): readonly Shape[] => [
  leaf('Tijdstempel', isTime),
  leaf('Volgnummer', isPositive),
  body,
];

const ZAL_2 = list(
  one(
    'Zorgaanbieders',
    [many('Zorgaanbieder', [leaf('Zorgaanbiedernaam', isName2), services(endpoints([]))])],
    { unique: 'Zorgaanbiedernaam' },
  ),
);

const ABONNEREN: Shape = one(
  'Abonneren',
  [leaf('MaximaleDuur', isPositive), address('SubscriptionEndpointuri', BACK)],
  { min: 0 },
);

/** Derived from the example of release3. */
const ZAL_3 = list(
  one(
    'Zorgaanbieders',
    [
      many('Zorgaanbieder', [
        leaf('Zorgaanbiedernaam', isName3),
        leaf('Aanbiedertype', matches(/^(?:ZA|BAZB|APD)$/)),
        one(
          'Interfaceversies',
          [
            many(
              'Interfaceversie',
              [leaf('InterfaceversieId', between(1, 30)), services(endpoints([ABONNEREN]))],
              1,
            ),
          ],
          { unique: 'InterfaceversieId' },
        ),
      ]),
    ],
    { unique: 'Zorgaanbiedernaam' },
  ),
);

const CLIENT = [
  leaf('Hostname', isHostname),
  leaf('OAuthclientOrganisatienaam', between(3, 50)),
] as const;
const clients = (more: readonly Shape[]) =>
  list(one('OAuthclients', [many('OAuthclient', [...CLIENT, ...more])], { unique: 'Hostname' }));

/** Derived from what the text says of an OCL with services and notification endpoints. */
const OCL_3 = clients([
  services(
    [
      SERVICE_ID,
      address('ResourceNotificationEndpointuri', BACK, 0),
      address('SubscriptionNotificationEndpointuri', BACK, 0),
    ],
    { min: 0 },
  ),
]);

const WHL = list(
  one('MedMijNodes', [many('MedMijNode', [leaf('Hostname', isHostname)])], { unique: 'Hostname' }),
);

const GNL = list(
  one(
    'Gegevensdiensten',
    [many('Gegevensdienst', [SERVICE_ID, leaf('Weergavenaam', between(3, 50))])],
    { unique: 'GegevensdienstId' },
  ),
);

const NUMBER = ['AGB', 'URA', 'OIN', 'HRN', 'KVK'].map((name) => leaf(name, between(1, 30)));

/** Derived from the example. */
const ZKL = list(
  one('Zorgaanbieders', [
    many('Zorgaanbieder', [
      leaf('Zorgaanbiedernaam', isName3),
      one('IdentificerendeKenmerken', [
        { ...many('IdentificerendKenmerk', NUMBER, 1), choice: true },
      ]),
      services([
        SERVICE_ID,
        leaf('Weergavenaam', between(3, 50)),
        one('Interfaceversies', [
          many('Interfaceversie', [leaf('InterfaceversieId', between(1, 30))], 1),
        ]),
      ]),
    ]),
  ]),
);

const SPACE = 'xmlns://afsprakenstelsel.medmij.nl/';

/** By namespace, compared literally; the root element must have the name of its list. */
export const LISTS: ReadonlyMap<string, { kind: ListKind; children: readonly Shape[] }> = new Map([
  [`${SPACE}zorgaanbiederslijst/release2/`, { kind: 'Zorgaanbiederslijst', children: ZAL_2 }],
  [`${SPACE}zorgaanbiederslijst/release3/`, { kind: 'Zorgaanbiederslijst', children: ZAL_3 }],
  [`${SPACE}oauthclientlist/release2/`, { kind: 'OAuthclientlist', children: clients([]) }],
  [`${SPACE}oauthclientlist/release3/`, { kind: 'OAuthclientlist', children: OCL_3 }],
  [`${SPACE}whitelist/release2/`, { kind: 'Whitelist', children: WHL }],
  [
    `${SPACE}gegevensdienstnamenlijst/release1/`,
    { kind: 'Gegevensdienstnamenlijst', children: GNL },
  ],
  [
    `${SPACE}Zorgaanbiederskoppellijst/release1/`,
    { kind: 'Zorgaanbiederskoppellijst', children: ZKL },
  ],
] as const);

/** How strictly a list is read. */
export interface Reading {
  /** Addresses without TLS or with a port: never in production. */
  readonly plainHttp?: boolean;
}

/** @throws Problem `invalid` with the place and line of the first thing that does not fit. */
export function checkShape(root: XmlNode, reading: Reading = {}): ListKind {
  const known = LISTS.get(root.namespace);
  if (known?.kind !== root.name) throw wrong(root.name.slice(0, 60), root);
  inSequence(root, one(root.name, known.children), { place: root.name, reading });
  return known.kind;
}

interface At {
  readonly place: string;
  readonly reading: Reading;
}

function inSequence(node: XmlNode, shape: Shape, { place, reading }: At): void {
  if (node.attributes.length > 0) throw wrong(place, node);
  let at = 0;
  for (const child of shape.children ?? []) {
    let count = 0;
    while (node.children[at]?.name === child.name && count < child.max) {
      const inner = { place: `${place}/${child.name}[${count + 1}]`, reading };
      checkNode(node.children[at] as XmlNode, child, inner, node);
      at += 1;
      count += 1;
    }
    if (!shape.choice && count < child.min) throw wrong(`${place}/${child.name}`, node);
  }
  const isWhole = shape.choice
    ? node.children.length === 1 && at === 1
    : at === node.children.length;
  if (!isWhole || node.text.trim() !== '') throw wrong(place, node.children[at] ?? node);
  if (shape.unique !== undefined) requireUnique(node, shape.unique, place);
}

function checkNode(node: XmlNode, shape: Shape, at: At, parent: XmlNode): void {
  if (node.namespace !== parent.namespace) throw wrong(at.place, node);
  if (shape.text === undefined) {
    inSequence(node, shape, at);
    return;
  }
  const isPlain = shape.isAddress && at.reading.plainHttp && PLAIN.test(node.text);
  const fits = isPlain || shape.text(node.text);
  const isBare = node.children.length === 0 && node.attributes.length === 0;
  if (!isBare || !fits) throw wrong(at.place, node);
}

function requireUnique(node: XmlNode, name: string, place: string): void {
  const seen = new Set<string>();
  for (const child of node.children) {
    const value = textOf(child, name);
    if (seen.has(value)) throw wrong(`${place}: ${name} twice`, child);
    seen.add(value);
  }
}

/** Text of the first child with this name; empty when there is none. */
export function textOf(node: XmlNode, name: string): string {
  return node.children.find((child) => child.name === name)?.text ?? '';
}

function wrong(place: string, { line }: XmlNode): Problem {
  return new Problem('invalid', 'The list does not fit its schema.', {
    code: 'list-schema',
    expression: [place, `line ${line}`],
  });
}
