/**
 * The MedMij authorization request, checked top to bottom. Until the redirect URI is known to be
 * the client's own, a fault is shown on our page; after it, faults go back to the PGO (RFC 6749
 * 4.1.2.1). Order and codes: medmij-protocol.md 2.3 and 2.4 (core.authint.200-208).
 */
import type { Organisation, Organisations } from '../identity/index.ts';
import type { Gegevensdienst } from './gegevensdienst.ts';
import type { MedmijSettings } from './medmij-settings.ts';
import type { Offer } from './offer.ts';
import type { Pgo, Pgos } from './pgos.ts';
import { UUID } from './request-ids.ts';
import { type Delegation, type MedmijScope, parseScope } from './scope.ts';

export type RunKind = 'verzamelen' | 'delen' | 'abonneren';

export interface AuthorizeContext {
  readonly params: URLSearchParams;
  readonly pgos: Pgos;
  readonly organisations: Organisations;
  readonly offer: Offer;
  readonly diensten: ReadonlyMap<string, Gegevensdienst>;
  readonly settings: Pick<MedmijSettings, 'scopeCombinations' | 'missingScope'>;
  client?: Pgo;
  redirectUri?: string;
  state?: string;
  requestId?: string;
  correlationId?: string;
  scope?: MedmijScope;
  aanbieder?: Organisation;
  kind?: RunKind;
  services?: readonly string[];
  /** Days that may be granted: what was asked, cut to the maximum of the ZAL. */
  days?: number;
  /** `YYYY-MM-DD` of the person who is represented. */
  birthDate?: string;
  codeChallenge?: string;
}

/** A valid request: everything is known. */
export interface AuthorizeRequest {
  readonly client: Pgo;
  readonly redirectUri: string;
  readonly state: string;
  readonly requestId: string;
  readonly correlationId: string;
  readonly aanbieder: Organisation;
  readonly kind: RunKind;
  readonly services: readonly string[];
  readonly days?: number;
  readonly delegation?: Delegation;
  readonly birthDate?: string;
  /** RFC 7636, S256: whoever redeems the code must know the verifier. */
  readonly codeChallenge?: string;
}

/** Where a fault may be told, and what the PGO may hear. `description` is from a closed list. */
export class AuthorizeFault extends Error {
  readonly where: 'page' | 'redirect';
  readonly error: string;

  constructor(where: 'page' | 'redirect', error: string, description: string) {
    super(description);
    this.where = where;
    this.error = error;
  }
}

type Step = (context: AuthorizeContext) => void | Promise<void>;

/** Who asks, and where the answer goes: shared with the page where consents are managed. */
const WHO_ASKS: readonly Step[] = [
  findClient,
  matchRedirectUri,
  // ---- from here on the PGO may be told; its state goes along as soon as it is usable ----
  readState,
];

const AUTHORIZE: readonly Step[] = [
  ...WHO_ASKS,
  requireCodeFlow,
  requireState,
  readRequestIds,
  readScope,
  findAanbieder,
  findServices,
  readSubscription,
  readBirthDate,
  readCodeChallenge,
];

export const MANAGE: readonly Step[] = [...WHO_ASKS, requireState, readRequestIds];

/** @throws AuthorizeFault at the first check that fails. */
export async function readAuthorizeRequest(context: AuthorizeContext): Promise<AuthorizeRequest> {
  for (const step of AUTHORIZE) await step(context);
  const { client, redirectUri, state, requestId, correlationId, aanbieder, kind } = context;
  const { services, days, birthDate, scope, codeChallenge } = context;
  if (!client || !redirectUri || !state || !requestId || !correlationId || !aanbieder || !kind) {
    throw new AuthorizeFault('page', 'server_error', 'The request was not read to its end.');
  }
  return {
    ...{ client, redirectUri, state, requestId, correlationId, aanbieder, kind },
    services: services ?? [],
    ...(days === undefined ? {} : { days }),
    ...(scope?.delegation === undefined ? {} : { delegation: scope.delegation }),
    ...(birthDate === undefined ? {} : { birthDate }),
    ...(codeChallenge === undefined ? {} : { codeChallenge }),
  };
}

const HOSTNAME = /^(?=.{4,253}$)([a-z0-9](-?[a-z0-9])*\.)+[a-z0-9](-?[a-z0-9])+$/;

async function findClient(context: AuthorizeContext): Promise<void> {
  const [id, ...more] = context.params.getAll('client_id');
  if (id === undefined || more.length > 0) throw page('unauthorized_client', 'client_id');
  context.pgos.requireFresh();
  const client = HOSTNAME.test(id) ? await context.pgos.byId(id) : undefined;
  if (!client) throw page('invalid_client', 'client_id');
  context.client = client;
}

/** The host is compared as parsed: a prefix comparison would let a look-alike host in. */
function matchRedirectUri(context: AuthorizeContext): void {
  const [text, ...more] = context.params.getAll('redirect_uri');
  if (text === undefined || more.length > 0) throw page('invalid_request', 'redirect_uri');
  if (!context.client || !fitsClient(text, context.client)) {
    throw page('invalid_request', 'redirect_uri');
  }
  context.redirectUri = text;
}

/** Whether answers for this client may go to this address. */
export function fitsClient(text: string, client: Pgo): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const secure = url.protocol === 'https:' && url.host === client.id;
  // A loopback address is only ever registered for a client of the demo.
  const own = client.redirectUris.includes(text) && isLoopback(url);
  return isPlain(text, url) && (secure || own);
}

/**
 * Written as a parser writes it, so that nothing was taken out or turned around without a word: no
 * other letters that fold into the host, no dots that climb. No query, fragment, user, line break.
 */
function isPlain(text: string, url: URL): boolean {
  const isAsParsed = url.href === text || url.href === `${text}/`;
  const odd = /[?#@\\]|%(25|[01][0-9a-f]|7f)/i.test(text);
  return isAsParsed && !odd && text.length <= URI_LENGTH_MAX;
}

const URI_LENGTH_MAX = 2_048;

const isLoopback = (url: URL): boolean => url.protocol === 'http:' && url.hostname === '127.0.0.1';

export const STATE_LENGTH_MAX = 2_048;

function readState(context: AuthorizeContext): void {
  const [state, ...more] = context.params.getAll('state');
  const isOne = state !== undefined && more.length === 0 && state.length <= STATE_LENGTH_MAX;
  // What is not UTF-8 could not be given back as it came.
  if (isOne && /^[^\p{Cc}\uFFFD]+$/u.test(state)) context.state = state;
}

function requireState({ state }: AuthorizeContext): void {
  if (!state) throw back('invalid_request', 'state is missing, repeated or too long');
}

function requireCodeFlow({ params }: AuthorizeContext): void {
  const types = params.getAll('response_type');
  if (types.length !== 1) throw back('invalid_request', 'response_type is missing or repeated');
  if (types[0] !== 'code') throw back('unsupported_response_type', 'response_type must be code');
}

function readRequestIds(context: AuthorizeContext): void {
  for (const [name, key] of [
    ['MedMij-Request-ID', 'requestId'],
    ['X-Correlation-ID', 'correlationId'],
  ] as const) {
    const [id, ...more] = context.params.getAll(name);
    if (id === undefined || more.length > 0 || !UUID.test(id)) {
      throw back('invalid_request', `${name} must be one UUID`);
    }
    context[key] = id;
  }
}

function readScope(context: AuthorizeContext): void {
  const [text, ...more] = context.params.getAll('scope');
  if (text === undefined || more.length > 0) {
    throw back(context.settings.missingScope, 'scope is missing or repeated');
  }
  const scope = parseScope(text);
  if (!scope) throw back('invalid_scope', 'scope does not fit its grammar');
  context.scope = scope;
}

async function findAanbieder(context: AuthorizeContext): Promise<void> {
  const aanbieder = await context.organisations.byAanbieder(context.scope?.aanbieder ?? '');
  if (aanbieder?.connection !== 'connected' || !context.offer.isServed(aanbieder)) {
    throw back('invalid_scope', 'the aanbieder is not served here');
  }
  context.aanbieder = aanbieder;
}

/** What is asked, within what the aanbieder offers and this PGO may ask (core.authint.203). */
function findServices(context: AuthorizeContext): void {
  const { scope, aanbieder, client, diensten, offer, settings } = context;
  if (!scope || !aanbieder || !client) throw page('server_error', 'scope');
  const open = offer.servicesOf(aanbieder).filter((id) => diensten.has(id) && client.mayAsk(id));
  const isDelen = (id: string) => diensten.get(id)?.function === 'delen';
  const asked = scope.services;
  if (asked.length === 0) {
    context.kind = 'verzamelen';
    context.services = open.filter((id) => !isDelen(id));
  } else {
    context.kind = kindOf(scope, asked.filter(isDelen).length);
    context.services = open.filter((id) => asked.includes(id));
    // Sharing is one service a run, and collecting by combinations is the older grammar.
    const tooMany = context.kind === 'delen' && asked.length > 1;
    const tooOld = context.kind === 'verzamelen' && !settings.scopeCombinations;
    if (tooMany || tooOld) throw back('invalid_scope', 'scope does not fit its grammar');
  }
  // What is unknown or not for this PGO is a fault; what this aanbieder does not offer is left out.
  if (!asked.every((id) => diensten.has(id) && client.mayAsk(id))) {
    throw back('invalid_scope', 'a gegevensdienst is unknown, or not for this client');
  }
  if (context.services.length === 0) {
    throw back('invalid_scope', 'none of the gegevensdiensten is offered');
  }
}

function kindOf({ days }: MedmijScope, shared: number): RunKind {
  if (days !== undefined) return 'abonneren';
  return shared > 0 ? 'delen' : 'verzamelen';
}

function readSubscription(context: AuthorizeContext): void {
  const { scope, aanbieder, services: [service = ''] = [], offer, diensten } = context;
  if (scope?.days === undefined || !aanbieder) return;
  // Of what the person sends there is no news to tell the app of.
  const isCollected = diensten.get(service)?.function === 'verzamelen';
  const maximum = isCollected ? offer.subscriptionDays(aanbieder, service) : undefined;
  if (maximum === undefined) throw back('invalid_scope', 'no subscription is offered for this');
  context.days = Math.min(scope.days, maximum);
}

/** Goes with representation only: YYYYMMDD of the person who is represented. */
function readBirthDate(context: AuthorizeContext): void {
  if (context.scope?.delegation === undefined) return;
  const [text = '', ...more] = context.params.getAll('MedMij_geboortedatum');
  const date = text.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
  const time = Date.parse(`${date}T00:00:00Z`);
  const isReal = !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
  if (more.length > 0 || date === text || !isReal) {
    throw back('invalid_request', 'MedMij_geboortedatum must be one date');
  }
  context.birthDate = date;
}

/**
 * MedMij does not ask for PKCE; an app that sends it may count on it, and on no weaker method being
 * taken for it (RFC 7636 4.4.1).
 */
function readCodeChallenge(context: AuthorizeContext): void {
  const [challenge, ...more] = context.params.getAll('code_challenge');
  const methods = context.params.getAll('code_challenge_method');
  if (challenge === undefined && methods.length === 0) return;
  const isS256 = methods.length === 1 && methods[0] === 'S256';
  if (!isS256 || more.length > 0 || !/^[A-Za-z0-9_-]{43}$/.test(challenge ?? '')) {
    throw back('invalid_request', 'code_challenge must be one, with method S256');
  }
  if (challenge !== undefined) context.codeChallenge = challenge;
}

function page(error: string, parameter: string): AuthorizeFault {
  return new AuthorizeFault('page', error, parameter);
}

function back(error: string, description: string): AuthorizeFault {
  return new AuthorizeFault('redirect', error, description);
}
