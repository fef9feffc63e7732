/**
 * The MedMij token interface: code for token, refresh token for the next pair.
 * medmij-protocol.md section 3 (core.tknint.200-208), RFC 6749 sections 4.1.3 and 6, RFC 6819
 * 5.2.2.3.
 */
import type { IncomingMessage } from 'node:http';
import { ACCESS_TOKEN_SECONDS, clientCertificate, type OpenState } from '../identity/index.ts';
import type { Sql } from '../platform/database.ts';
import { UUID } from './authorize-request.ts';
import type { MedmijDoor } from './medmij-door.ts';
import type { Pgo } from './pgos.ts';
import { endSubscriptionsOfConsent } from './subscription/subscription.ts';
import { endToestemming, HALF_YEAR_DAYS, useToestemming } from './toestemming.ts';
import type { TokenAnswer, TokenGround } from './token-ground.ts';

/** An OAuth error of the token endpoint; descriptions are from a closed list. */
export class TokenFault extends Error {
  readonly error: string;
  readonly status: number;
  /** Vault of the consent that was ended because of it. */
  readonly vault: string | undefined;

  constructor(
    error: string,
    description: string,
    options: { status?: number; vault?: string } = {},
  ) {
    super(description);
    this.error = error;
    this.status = options.status ?? 400;
    this.vault = options.vault;
  }
}

export interface Tokened {
  readonly answer: TokenAnswer;
  readonly ground: TokenGround;
  readonly tokenId: string;
  readonly repeated: boolean;
  /** What is odd about it, for the chain log. */
  readonly flags: readonly string[];
}

const REFRESH_SECONDS = HALF_YEAR_DAYS * 86_400;

/** As parsed: a parameter that came twice is a list. */
export type TokenForm = Readonly<Record<string, unknown>>;

type Form = Readonly<Record<string, string | undefined>>;

/**
 * Redeems a code or refresh token.
 * @throws TokenFault; Problem `busy` before anything is redeemed, so that a retry can succeed.
 */
export async function tokenRequest(
  door: MedmijDoor,
  request: { raw: IncomingMessage; headers: Readonly<Record<string, unknown>> },
  sent: TokenForm,
): Promise<Tokened> {
  try {
    return await redeem(door, request, sent);
  } catch (error) {
    // A code dies at its first presentation, also when the request is wrong (core.tknint.204).
    if (error instanceof TokenFault) {
      for (const code of [sent['code']].flat()) {
        if (typeof code === 'string') await door.state.take(door.database, 'code', code);
      }
    }
    throw error;
  }
}

async function redeem(
  door: MedmijDoor,
  request: { raw: IncomingMessage; headers: Readonly<Record<string, unknown>> },
  sent: TokenForm,
): Promise<Tokened> {
  const form = onceEach(sent);
  for (const name of ['medmij-request-id', 'x-correlation-id']) {
    if (!UUID.test(String(request.headers[name] ?? ''))) {
      throw new TokenFault('invalid_request', `The header ${name} must be a UUID.`);
    }
  }
  const client = await authenticated(door, request.raw, form['client_id']);
  const correlationId = String(request.headers['x-correlation-id']);
  if (form['grant_type'] === 'authorization_code') {
    return byCode(door, client, form, correlationId);
  }
  if (form['grant_type'] === 'refresh_token') {
    return byRefreshToken(door, client, form, correlationId);
  }
  throw form['grant_type'] === undefined
    ? new TokenFault('invalid_request', 'grant_type is missing.')
    : new TokenFault('unsupported_grant_type', 'This grant_type is not supported.');
}

/** RFC 6749 section 3.2: parameters must not be repeated; an empty one counts as left out. */
function onceEach(sent: TokenForm): Form {
  return Object.fromEntries(
    PARAMETERS.map((name) => {
      const value = sent[name];
      if (value !== undefined && typeof value !== 'string') {
        throw new TokenFault('invalid_request', `${name} must be sent once.`);
      }
      return [name, value || undefined];
    }),
  );
}

const PARAMETERS = ['grant_type', 'client_id', 'code', 'redirect_uri', 'refresh_token'] as const;

/**
 * RFC 8705 section 2: the certificate must carry the hostname that is the client_id; this hostname
 * stands on the Whitelist and on the OAuth client list.
 */
async function authenticated(
  door: MedmijDoor,
  raw: IncomingMessage,
  id: string | undefined,
): Promise<Pgo> {
  if (id === undefined) throw new TokenFault('invalid_request', 'client_id is missing.');
  const client = await door.pgos.byId(id);
  const refused = new TokenFault('invalid_client', 'The client could not be authenticated.', {
    status: 401,
  });
  if (!client || !door.pgos.isNode(id)) throw refused;
  const certificate = clientCertificate(raw, door.config);
  const missing = certificate === undefined;
  if (missing ? door.config.requireClientCertificate : !certificate.dnsNames.includes(id)) {
    throw refused;
  }
  return client;
}

async function byCode(
  door: MedmijDoor,
  client: Pgo,
  form: Form,
  correlationId: string,
): Promise<Tokened> {
  const { code, redirect_uri: redirectUri } = form;
  if (!code || !redirectUri) {
    throw new TokenFault('invalid_request', 'code and redirect_uri are required.');
  }
  return door.database
    .transaction(async (tx) => {
      const open = await door.state.take<TokenGround>(tx, 'code', code);
      if (!open) return { spent: await door.state.spent<TokenGround>(tx, 'code', code) };
      const ground = open.value;
      if (ground.client !== client.id || ground.redirectUri !== redirectUri)
        return { spent: undefined };
      const isOther = ground.correlationId.toLowerCase() !== correlationId.toLowerCase();
      if (isOther && door.config.correlationMismatch === 'refuse') return { spent: undefined };
      // An older code of a consent that the person ended meanwhile gives nothing.
      const { vault, consent } = ground;
      if (!(await useToestemming(tx, vault, consent, door.clock()))) return { spent: undefined };
      return issue(door, tx, ground, isOther ? ['correlation-id-differs'] : []);
    })
    .then(async (result) => {
      if (!('spent' in result)) return result;
      // A code offered twice: whoever holds tokens from it loses them (RFC 6749 4.1.2).
      if (result.spent) await endFamily(door, result.spent.value);
      throw new TokenFault(
        'invalid_grant',
        'The code is unknown, used, expired or not yours.',
        result.spent ? { vault: result.spent.value.vault } : {},
      );
    });
}

async function byRefreshToken(
  door: MedmijDoor,
  client: Pgo,
  form: Form,
  correlationId: string,
): Promise<Tokened> {
  const handle = form['refresh_token'];
  if (!handle) throw new TokenFault('invalid_request', 'refresh_token is required.');
  const result = await door.database.transaction(async (tx) => {
    const open = await door.state.take<TokenGround>(tx, 'refresh-token', handle);
    if (!open || open.value.client !== client.id) {
      return { spent: await door.state.spent<TokenGround>(tx, 'refresh-token', handle) };
    }
    const ground = { ...open.value, correlationId };
    if (!(await useToestemming(tx, ground.vault, ground.consent, door.clock())))
      return { spent: undefined };
    const tokened = await issue(door, tx, ground);
    await door.state.replace(tx, 'refresh-token', handle, { ...ground, next: tokened.answer });
    return tokened;
  });
  if (!('spent' in result)) return result;
  const spent = result.spent;
  if (spent?.value.next && (await isRetry(door, client, spent))) {
    const { value: ground, id: tokenId } = spent;
    const flags = ['refresh-repeated'];
    return { answer: spent.value.next, ground, tokenId, repeated: true, flags };
  }
  if (spent) await endFamily(door, spent.value);
  throw new TokenFault(
    'invalid_grant',
    'The refresh token is unknown, used, expired or withdrawn.',
    spent ? { vault: spent.value.vault } : {},
  );
}

/** The same client again, so soon that its first answer may have been lost, and still welcome. */
async function isRetry(
  door: MedmijDoor,
  client: Pgo,
  { value, expires: ended }: OpenState<TokenGround>,
): Promise<boolean> {
  const age = door.clock().getTime() - ended.getTime();
  const { refreshRetrySeconds: seconds } = door.config;
  if (value.client !== client.id || seconds === 0 || age > seconds * 1000) return false;
  return useToestemming(door.database, value.vault, value.consent, door.clock());
}

async function issue(
  door: MedmijDoor,
  tx: Sql,
  ground: TokenGround,
  flags: readonly string[] = [],
): Promise<Tokened> {
  const { client, vault, aanbieder, services, consent, correlationId, kind, days } = ground;
  const { representative } = ground;
  const [service = ''] = services;
  const issued = await door.tokens.issue(
    tx,
    {
      ...{ kind: 'medmij', client, vault, aanbieder, consent, correlationId },
      // A subscription opens the subscription interface only, and no data.
      services: kind === 'abonneren' ? [] : services,
      ...(kind === 'abonneren' ? { subscription: { service, days: days ?? 0 } } : {}),
      ...(representative ? { representative } : {}),
    },
    { family: consent, seconds: ACCESS_TOKEN_SECONDS },
  );
  const refreshToken = ground.longLived
    ? await door.state.put(tx, ground, {
        kind: 'refresh-token',
        seconds: REFRESH_SECONDS,
        family: consent,
      })
    : undefined;
  return {
    answer: {
      access_token: issued.token,
      token_type: 'Bearer',
      expires_in: issued.expiresIn,
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
      scope: scopeOf(ground, door.config.tokenScope),
    },
    ground,
    tokenId: issued.id,
    repeated: false,
    flags,
  };
}

/** What was granted: never more than was asked, and said each time (core.tknint.201). */
function scopeOf(ground: TokenGround, format: 'ids' | 'combinations'): string {
  const { aanbiederScope: name, services, kind, days = 0 } = ground;
  if (kind === 'abonneren') return `subscribe~${days}/${name}~${services[0]}`;
  if (kind === 'delen' || format === 'combinations') {
    return services.map((id) => `${name}~${id}`).join(' ');
  }
  return services.join(' ');
}

async function endFamily(door: MedmijDoor, { vault, consent }: TokenGround): Promise<void> {
  await endToestemming(door.database, vault, consent, door.clock());
  await endSubscriptionsOfConsent(door.database, vault, consent, door.clock());
  await door.tokens.revokeFamily(door.database, consent);
}
