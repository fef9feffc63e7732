/**
 * The MedMij token interface: code for token, refresh token for the next pair.
 * medmij-protocol.md section 3 (core.tknint.200-208), RFC 6749 sections 4.1.3 and 6, RFC 6819
 * 5.2.2.3.
 */
import type { IncomingMessage } from 'node:http';
import {
  ACCESS_TOKEN_SECONDS,
  type Client,
  clientCertificate,
  type OpenState,
} from '../identity/index.ts';
import type { Sql } from '../platform/database.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { endToestemming, useToestemming } from './toestemming.ts';

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

/** What a code or refresh token stands for; sealed under the code or token itself. */
export interface TokenGround {
  readonly client: string;
  readonly redirectUri: string;
  readonly vault: string;
  readonly aanbieder: string;
  readonly services: readonly string[];
  readonly consent: string;
  readonly longLived: boolean;
  readonly correlationId: string;
  /** In a spent refresh token: what was given for it, so that a retry gets the same. */
  readonly next?: TokenAnswer;
}

export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly refresh_token?: string;
  /** GegevensdienstIds granted, separated by a blank. */
  readonly scope: string;
}

export interface Tokened {
  readonly answer: TokenAnswer;
  readonly ground: TokenGround;
  readonly tokenId: string;
  readonly repeated: boolean;
}

/** Half a year, counted as 183 days. */
const REFRESH_SECONDS = 183 * 86_400;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

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
  if (form['grant_type'] === 'authorization_code') return byCode(door, client, form);
  if (form['grant_type'] === 'refresh_token') {
    return byRefreshToken(door, client, form, String(request.headers['x-correlation-id']));
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

/** RFC 8705 section 2: the certificate must carry the hostname that is the client_id. */
async function authenticated(
  door: MedmijDoor,
  raw: IncomingMessage,
  id: string | undefined,
): Promise<Client> {
  if (id === undefined) throw new TokenFault('invalid_request', 'client_id is missing.');
  const client = await door.clients.active(id);
  const refused = new TokenFault('invalid_client', 'The client could not be authenticated.', {
    status: 401,
  });
  if (client?.kind !== 'pgo') throw refused;
  const certificate = clientCertificate(raw, door.config);
  const missing = certificate === undefined;
  if (missing ? door.config.requireClientCertificate : !certificate.dnsNames.includes(id)) {
    throw refused;
  }
  return client;
}

async function byCode(door: MedmijDoor, client: Client, form: Form): Promise<Tokened> {
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
      return issue(door, tx, ground);
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
  client: Client,
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
    return { answer: spent.value.next, ground: spent.value, tokenId: spent.id, repeated: true };
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
  client: Client,
  { value, expires: ended }: OpenState<TokenGround>,
): Promise<boolean> {
  const age = door.clock().getTime() - ended.getTime();
  const { refreshRetrySeconds: seconds } = door.config;
  if (value.client !== client.id || seconds === 0 || age > seconds * 1000) return false;
  return useToestemming(door.database, value.vault, value.consent, door.clock());
}

async function issue(door: MedmijDoor, tx: Sql, ground: TokenGround): Promise<Tokened> {
  const { client, vault, aanbieder, services, consent, correlationId } = ground;
  const issued = await door.tokens.issue(
    tx,
    { kind: 'medmij', client, vault, aanbieder, services, consent, correlationId },
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
      scope: services.join(' '),
    },
    ground,
    tokenId: issued.id,
    repeated: false,
  };
}

async function endFamily(door: MedmijDoor, { vault, consent }: TokenGround): Promise<void> {
  await endToestemming(door.database, vault, consent, door.clock());
  await door.tokens.revokeFamily(door.database, consent);
}
