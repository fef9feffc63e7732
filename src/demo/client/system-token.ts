/** A token for a system: SMART Backend Services, private_key_jwt with the client's own key. */
import { type JsonWebKey, randomUUID } from 'node:crypto';
import { importJWK, type JWK, SignJWT } from 'jose';
import type { Text } from '../../platform/html/language.ts';
import type { Trail } from './trail.ts';

export interface SystemClient {
  readonly url: string;
  readonly clientId: string;
  /** Private key; its public part is registered as `<clientId>-1`. */
  readonly key: JsonWebKey;
  readonly keyId?: string;
  readonly trail: Trail;
}

export class TokenRefused extends Error {
  readonly error: string;
  readonly status: number;

  constructor(status: number, error: string) {
    super(`${status} ${error}`);
    this.error = error;
    this.status = status;
  }
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const ASSERTION_SECONDS = 240;

/** @throws TokenRefused with what the gateway said. */
export async function systemToken(
  client: SystemClient,
  asked: { title: Text; scope?: string; claims?: Readonly<Record<string, unknown>> },
): Promise<string> {
  const endpoint = `${client.url}/oauth/token`;
  const assertion = await new SignJWT({ ...asked.claims })
    .setProtectedHeader({ alg: 'ES256', kid: client.keyId ?? `${client.clientId}-1` })
    .setIssuer(client.clientId)
    .setSubject(client.clientId)
    .setAudience(endpoint)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${ASSERTION_SECONDS}s`)
    .sign(await importJWK(client.key as JWK, 'ES256'));
  const answer = await client.trail.send(asked.title, endpoint, {
    form: {
      grant_type: 'client_credentials',
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: assertion,
      ...(asked.scope === undefined ? {} : { scope: asked.scope }),
    },
  });
  const told = answer.json<{ access_token?: string; error?: string }>();
  if (answer.status !== 200 || told.access_token === undefined) {
    throw new TokenRefused(answer.status, told.error ?? 'unknown');
  }
  return told.access_token;
}
