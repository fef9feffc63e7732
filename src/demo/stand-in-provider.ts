/**
 * A stand-in OpenID Connect provider for the demo: in the place of the DigiD broker, or of the
 * organisations' own provider for staff. It is a real provider on a port of its own, it says on
 * every page that it is not the real thing, and `npm start` has no way to reach it.
 */
import { createHmac, generateKeyPairSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import Provider, { type Configuration } from 'oidc-provider';
import { standInMemory } from './stand-in-memory.ts';
import { standInPage } from './stand-in-page.ts';

export interface StandInAccount {
  readonly id: string;
  /** What the button says. */
  readonly label: string;
  readonly claims: Readonly<Record<string, string>>;
  /** BSN of the children of whom the register knows this one as a parent with custody. */
  readonly parentOf?: readonly string[];
  readonly mandates?: readonly StandInMandate[];
}

/** A mandate as the register of mandates knows it. */
export interface StandInMandate {
  /** BSN of who gave it. */
  readonly of: string;
  /** `alles`, or what it is limited to, with spaces between. */
  readonly kinds: string;
  /** ISO instant. */
  readonly until?: string;
}

export type Representing = 'voluntary' | 'parental';

export interface StandInOptions {
  readonly kind: 'digid' | 'staff';
  readonly port: number;
  readonly host: string;
  readonly clientId: string;
  readonly redirectUris: readonly string[];
  readonly acr: string;
  readonly accounts: readonly StandInAccount[];
  /**
   * Who acts for whom; absent: as the accounts say, and nobody else.
   * @returns claims beside those of a representation, undefined for who does not act.
   */
  actsFor?(bsn: string, represented: string, how: Representing): Claims | undefined;
}

type Claims = Readonly<Record<string, string>>;

export interface StandIn {
  readonly issuer: string;
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 8_192;
const SESSION_SECONDS = 900;

export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => resolve());
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  const issuer = `http://${options.host}:${port}`;
  const provider = new Provider(issuer, configuration(options));
  const otpKey = randomBytes(20);
  const handle = provider.callback();
  server.on('request', (request, response) => {
    forgetBefore(request, response);
    const isLogin = /^\/inloggen\/[\w-]+$/.test(request.url?.split('?')[0] ?? '');
    if (!isLogin) return void handle(request, response);
    login(provider, options, otpKey, request, response).catch(() => {
      response.statusCode = 400;
      response.end('Deze inlogpoging is verlopen. / This log-in has expired.');
    });
  });
  return { issuer, close: () => closed(server) };
}

/**
 * Each log-in begins anew: whoever logged in before in this browser would otherwise have to be
 * logged out on a page in between, which sends itself on by script and says nothing without it.
 */
function forgetBefore(request: IncomingMessage, response: ServerResponse): void {
  const isBegun = /^\/auth(?:\?|$)/.test(request.url ?? '');
  const cookies = (request.headers.cookie ?? '').split(/;\s*/);
  const old = cookies.filter((one) => one.startsWith('_session'));
  if (!isBegun || old.length === 0) return;
  request.headers.cookie = cookies.filter((one) => !old.includes(one)).join('; ');
  const over = old.map((one) => `${one.split('=')[0]}=; Path=/; Max-Age=0`);
  response.setHeader('set-cookie', over);
}

function configuration(options: StandInOptions): Configuration {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const byId = new Map(options.accounts.map((account) => [account.id, account]));
  const names = [...new Set(options.accounts.flatMap((account) => Object.keys(account.claims)))];
  return {
    adapter: standInMemory(),
    clients: [
      {
        client_id: options.clientId,
        redirect_uris: [...options.redirectUris],
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    scopes: ['openid', 'bsn', 'staff'],
    claims: {
      openid: ['sub', 'acr', 'auth_time', 'amr'],
      bsn: ['bsn', 'represented_bsn', 'representation', 'mandated', 'mandated_until'],
      staff: names,
    },
    extraParams: ['representation'],
    acrValues: [options.acr],
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, interaction) => `/inloggen/${interaction.uid}` },
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      IdToken: 300,
      Interaction: 900,
      Session: SESSION_SECONDS,
      Grant: 900,
    },
    async findAccount(_context, id) {
      const account = byId.get(id) ?? bsnAccount(options, id);
      return account && { accountId: id, claims: async () => ({ sub: id, ...account.claims }) };
    },
    async loadExistingGrant(context) {
      const { client, session } = context.oidc;
      const grant = new context.oidc.provider.Grant({
        clientId: client?.clientId ?? '',
        accountId: session?.accountId ?? '',
      });
      grant.addOIDCScope('openid bsn staff');
      await grant.save();
      return grant;
    },
  };
}

/**
 * The stand-in for DigiD knows every number that begins with a nine, as no BSN in use does, also of
 * people without a record, and lets one act for another, `bsn-…-voor-…-voluntary` or `-parental`,
 * if its register says so.
 */
export function bsnAccount(
  options: Pick<StandInOptions, 'kind' | 'accounts' | 'actsFor'>,
  id: string,
): StandInAccount | undefined {
  const found = /^bsn-(9\d{8})(?:-voor-(9\d{8})-(voluntary|parental))?$/.exec(id);
  const [, bsn, represented, representation] = found ?? [];
  if (options.kind !== 'digid' || bsn === undefined) return undefined;
  if (represented === undefined) return { id, label: bsn, claims: { bsn } };
  const how = representation === 'parental' ? 'parental' : 'voluntary';
  const more = (options.actsFor ?? registerOf(options.accounts))(bsn, represented, how);
  const acting = { represented_bsn: represented, representation: how };
  return more && { id, label: bsn, claims: { bsn, ...acting, ...more } };
}

function registerOf(accounts: readonly StandInAccount[]): NonNullable<StandInOptions['actsFor']> {
  return (bsn, represented, how) => {
    const known = accounts.filter(({ claims }) => claims['bsn'] === bsn);
    if (how === 'parental') {
      return known.some(({ parentOf }) => parentOf?.includes(represented)) ? {} : undefined;
    }
    const mandate = known
      .flatMap(({ mandates = [] }) => mandates)
      .find(({ of, until }) => of === represented && isStanding(until));
    if (!mandate) return undefined;
    const { kinds: mandated, until } = mandate;
    return { mandated, ...(until === undefined ? {} : { mandated_until: until }) };
  };
}

const isStanding = (until: string | undefined): boolean =>
  until === undefined || Date.parse(until) > Date.now();

async function login(
  provider: Provider,
  options: StandInOptions,
  otpKey: Buffer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { uid, params } = await provider.interactionDetails(request, response);
  const representation = String(params['representation'] ?? '');
  const code = oneTimeCode(otpKey, Date.now());
  if (request.method !== 'POST') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader('cache-control', 'no-store');
    response.end(standInPage({ ...options, uid, code, representation }).toString());
    return;
  }
  const form = new URLSearchParams(await bodyOf(request));
  if (form.get('keuze') === 'annuleren') {
    await provider.interactionFinished(request, response, {
      error: 'access_denied',
      error_description: 'stopped by the person',
    });
    return;
  }
  const bsn = form.get('bsn');
  const acting = form.get('namens') ? `-voor-${form.get('namens')}-${form.get('soort')}` : '';
  const account = `${form.get('account') ?? (bsn ? `bsn-${bsn}` : '')}${acting}`;
  const known = options.accounts.some(({ id }) => id === account) || bsnAccount(options, account);
  const second = options.kind === 'digid' || fits(form.get('code') ?? '', code);
  if (!known || !second) {
    response.statusCode = 403;
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(standInPage({ ...options, uid, code, representation, failed: true }).toString());
    return;
  }
  const amr = options.kind === 'staff' ? ['pwd', 'otp'] : ['otp'];
  await provider.interactionFinished(
    request,
    response,
    { login: { accountId: account, acr: options.acr, amr, remember: false } },
    { mergeWithLastSubmission: false },
  );
}

const OTP_STEP_MS = 300_000;

/** RFC 6238 in its simplest form; the page shows it, since nobody has this authenticator. */
function oneTimeCode(key: Buffer, now: number): string {
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(now / OTP_STEP_MS)));
  const digest = createHmac('sha1', key).update(step).digest();
  const at = (digest.at(-1) ?? 0) & 0x0f;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

function fits(given: string, code: string): boolean {
  const plain = given.replaceAll(/\D/g, '');
  return plain.length === code.length && timingSafeEqual(Buffer.from(plain), Buffer.from(code));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > BODY_BYTES_MAX) throw new Error('body too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
