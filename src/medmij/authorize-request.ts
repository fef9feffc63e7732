/**
 * The MedMij authorization request, checked top to bottom. Until the redirect URI is known to be
 * the client's own, a fault is shown on our page; after it, faults go back to the PGO (RFC 6749
 * 4.1.2.1). Order and codes: medmij-protocol.md 2.3 and 2.4 (core.authint.200-208).
 */
import type { Client, Clients, Organisation, Organisations } from '../identity/index.ts';
import type { Gegevensdienst } from './gegevensdienst.ts';

export interface AuthorizeContext {
  readonly params: URLSearchParams;
  readonly clients: Clients;
  readonly organisations: Organisations;
  readonly diensten: ReadonlyMap<string, Gegevensdienst>;
  client?: Client;
  redirectUri?: string;
  state?: string;
  requestId?: string;
  correlationId?: string;
  aanbieder?: Organisation;
  services?: readonly string[];
}

/** A valid request: everything is known. */
export interface AuthorizeRequest {
  readonly client: Client;
  readonly redirectUri: string;
  readonly state: string;
  readonly requestId: string;
  readonly correlationId: string;
  readonly aanbieder: Organisation;
  readonly services: readonly string[];
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

export const AUTHORIZE: readonly Step[] = [
  findClient,
  matchRedirectUri,
  // ---- from here on the PGO may be told; its state goes along as soon as it is usable ----
  readState,
  requireCodeFlow,
  requireState,
  readRequestIds,
  readScope,
];

/** @throws AuthorizeFault at the first check that fails. */
export async function readAuthorizeRequest(context: AuthorizeContext): Promise<AuthorizeRequest> {
  for (const step of AUTHORIZE) await step(context);
  const { client, redirectUri, state, requestId, correlationId, aanbieder, services } = context;
  if (
    !client ||
    !redirectUri ||
    !state ||
    !requestId ||
    !correlationId ||
    !aanbieder ||
    !services
  ) {
    throw new AuthorizeFault('page', 'server_error', 'The request was not read to its end.');
  }
  return { client, redirectUri, state, requestId, correlationId, aanbieder, services };
}

const HOSTNAME = /^(?=.{4,253}$)([a-z0-9](-?[a-z0-9])*\.)+[a-z0-9](-?[a-z0-9])+$/;

async function findClient(context: AuthorizeContext): Promise<void> {
  const [id, ...more] = context.params.getAll('client_id');
  if (id === undefined || more.length > 0) throw page('unauthorized_client', 'client_id');
  const client = HOSTNAME.test(id) ? await context.clients.byId(id) : undefined;
  if (client?.kind !== 'pgo' || client.status !== 'active')
    throw page('invalid_client', 'client_id');
  context.client = client;
}

/** The host is compared as parsed: a prefix comparison would let a look-alike host in. */
function matchRedirectUri(context: AuthorizeContext): void {
  const [text, ...more] = context.params.getAll('redirect_uri');
  if (text === undefined || more.length > 0 || !URL.canParse(text)) {
    throw page('invalid_request', 'redirect_uri');
  }
  const url = new URL(text);
  const own = context.client?.redirectUris.includes(text) ?? false;
  const secure = url.protocol === 'https:' && url.host === context.client?.id;
  // A loopback address is only ever registered for a client of the demo.
  if (!isPlain(text, url) || !(secure || (own && isLoopback(url)))) {
    throw page('invalid_request', 'redirect_uri');
  }
  context.redirectUri = text;
}

/** No query, fragment or user; nothing that a parser takes out or turns around without a word. */
function isPlain(text: string, url: URL): boolean {
  const odd = /[?#@\\\s\p{Cc}]|%25/u.test(text);
  return !odd && url.username === '' && url.password === '' && text.length <= URI_LENGTH_MAX;
}

const URI_LENGTH_MAX = 2_048;

const isLoopback = (url: URL): boolean => url.protocol === 'http:' && url.hostname === '127.0.0.1';

const STATE_LENGTH_MAX = 2_048;

function readState(context: AuthorizeContext): void {
  const [state, ...more] = context.params.getAll('state');
  if (state && more.length === 0 && state.length <= STATE_LENGTH_MAX) context.state = state;
}

function requireState({ state }: AuthorizeContext): void {
  if (!state) throw back('invalid_request', 'state is missing, repeated or too long');
}

function requireCodeFlow({ params }: AuthorizeContext): void {
  const types = params.getAll('response_type');
  if (types.length !== 1) throw back('invalid_request', 'response_type is missing or repeated');
  if (types[0] !== 'code') throw back('unsupported_response_type', 'response_type must be code');
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function readRequestIds(context: AuthorizeContext): void {
  const requestId = context.params.getAll('MedMij-Request-ID');
  const correlationId = context.params.getAll('X-Correlation-ID');
  if (requestId.length !== 1 || !UUID.test(requestId[0] ?? '')) {
    throw back('invalid_request', 'MedMij-Request-ID must be one UUID');
  }
  if (correlationId.length !== 1 || !UUID.test(correlationId[0] ?? '')) {
    throw back('invalid_request', 'X-Correlation-ID must be one UUID');
  }
  context.requestId = requestId[0] as string;
  context.correlationId = correlationId[0] as string;
}

const AANBIEDER = /^[a-z][a-z0-9.-]{1,98}$/;

/** Verzamelen: the name of the aanbieder only (2.2), or `naam~id` combinations (1.5 form). */
async function readScope(context: AuthorizeContext): Promise<void> {
  const [scope, ...more] = context.params.getAll('scope');
  if (scope === undefined || more.length > 0)
    throw back('invalid_request', 'scope is missing or repeated');
  const combinations = scope.split(' ').map((part) => part.split('~'));
  const names = new Set(combinations.map(([name = '']) => name));
  const [name = ''] = names;
  if (names.size !== 1 || !AANBIEDER.test(name) || combinations.some((one) => one.length > 2)) {
    throw back('invalid_scope', 'scope does not fit its grammar');
  }
  const asked = combinations.flatMap(([, id]) => (id === undefined ? [] : [id]));
  if (asked.length > 0 && asked.length !== combinations.length) {
    throw back('invalid_scope', 'scope does not fit its grammar');
  }
  const aanbieder = await context.organisations.byAanbieder(name);
  if (aanbieder?.connection !== 'connected')
    throw back('invalid_scope', 'the aanbieder is not served here');
  const allowed = aanbieder.services.filter(
    (id) => context.diensten.has(id) && (context.client?.services.includes(id) ?? false),
  );
  const isRefused = asked.some((id) => !allowed.includes(id));
  const services = asked.length === 0 ? allowed : allowed.filter((id) => asked.includes(id));
  if (services.length === 0 || isRefused)
    throw back('invalid_scope', 'none of the gegevensdiensten is offered');
  context.aanbieder = aanbieder;
  context.services = services;
}

function page(error: string, parameter: string): AuthorizeFault {
  return new AuthorizeFault('page', error, parameter);
}

function back(error: string, description: string): AuthorizeFault {
  return new AuthorizeFault('redirect', error, description);
}
