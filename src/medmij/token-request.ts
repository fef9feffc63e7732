/**
 * The MedMij token interface: code for token, refresh token for the next pair.
 * medmij-protocol.md section 3 (core.tknint.200-208), RFC 6749 sections 4.1.3 and 6, RFC 6819
 * 5.2.2.3.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { clientCertificate } from '../identity/index.ts';
import { endFamily, issue, type Tokened, TokenFault } from './issue-tokens.ts';
import type { MedmijDoor } from './medmij-door.ts';
import type { Pgo } from './pgos.ts';
import { byRefreshToken } from './refresh-request.ts';
import { UUID } from './request-ids.ts';
import { useToestemming } from './toestemming.ts';
import type { TokenGround } from './token-ground.ts';

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
  // One way to say who one is, and that is the certificate (RFC 6749 2.3, core.tknint).
  if (request.headers['authorization'] !== undefined) {
    throw new TokenFault('invalid_request', 'Send no Authorization header here.');
  }
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
  if (form['grant_type'] === 'refresh_token' || isOwnRefresh(door, form)) {
    return byRefreshToken(door, client, form['refresh_token'], correlationId);
  }
  throw form['grant_type'] === undefined
    ? new TokenFault('invalid_request', 'grant_type is missing.')
    : new TokenFault('unsupported_grant_type', 'This grant_type is not supported.');
}

/** The word for refreshing of the ministry's PGO, from an app for which it is let in. */
export function isOwnRefresh({ config }: MedmijDoor, form: TokenForm): boolean {
  const { grant_type: grant, client_id: id } = form;
  return grant === 'refresh_code' && typeof id === 'string' && config.mgoClients.has(id);
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

const PARAMETERS = [
  ...(['grant_type', 'client_id', 'code', 'redirect_uri', 'refresh_token'] as const),
  'code_verifier',
] as const;

/**
 * RFC 8705 section 2: the certificate must carry the hostname that is the client_id; this hostname
 * stands on the Whitelist and on the OAuth client list.
 */
export async function authenticated(
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
      const isOwn = ground.client === client.id && ground.redirectUri === redirectUri;
      if (!isOwn || !knowsVerifier(ground, form['code_verifier'])) return { spent: undefined };
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
      if (result.spent) await endFamily(door, result.spent.value, 'replayed');
      throw new TokenFault(
        'invalid_grant',
        'The code is unknown, used, expired or not yours.',
        result.spent ? { vault: result.spent.value.vault } : {},
      );
    });
}

/**
 * RFC 7636 4.6. A verifier without a challenge means that somebody took the challenge out of the
 * request on its way (RFC 9700 2.1.1), so it is no parameter that may be ignored.
 */
function knowsVerifier({ codeChallenge }: TokenGround, verifier: string | undefined): boolean {
  if (codeChallenge === undefined) return verifier === undefined;
  return (
    createHash('sha256')
      .update(verifier ?? '')
      .digest('base64url') === codeChallenge
  );
}
