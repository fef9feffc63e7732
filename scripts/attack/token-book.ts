/** Tokens by the front door, private_key_jwt, kept while they are good; and forged ones. */
import { randomUUID } from 'node:crypto';
import { type CryptoKey, type KeyObject, SignJWT } from 'jose';
import { ASSERTION_TYPE } from '../../src/identity/index.ts';
import type { Installation, TokenChange } from './installation.ts';
import type { Line } from './line.ts';
import type { Json } from './world.ts';

const ASSERTION_SECONDS = 240;
/** Shorter than tokens live. */
const TOKEN_KEPT_MS = 200_000;

export interface TokenBookParts {
  readonly line: Line;
  /** Public address of the installation, as assertions name it. */
  readonly url: string;
  readonly keyOf: (client: string) => Promise<KeyObject | CryptoKey>;
  readonly now: () => Date;
}

export function createTokenBook({
  line,
  url,
  keyOf,
  now,
}: TokenBookParts): Pick<Installation, 'token' | 'tokenAnswer'> {
  const kept = new Map<string, { token: string; until: number }>();

  async function tokenAnswer(client: string, claims: Json, change: TokenChange = {}) {
    const seconds = Math.floor(now().getTime() / 1000);
    const assertion = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: `${client}-1` })
      .setIssuer(client)
      .setSubject(change.subject ?? client)
      .setAudience(change.audience ?? `${url}/oauth/token`)
      .setJti(change.jti ?? randomUUID())
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + ASSERTION_SECONDS)
      .sign(await keyOf(change.signAs ?? client));
    const form = [
      ['grant_type', 'client_credentials'],
      ['client_assertion_type', ASSERTION_TYPE],
      ['client_assertion', assertion],
    ] as const;
    return line.ask({ path: '/oauth/token', form });
  }
  return {
    tokenAnswer,
    async token(client, claims) {
      const name = `${client} ${JSON.stringify(claims)}`;
      const known = kept.get(name);
      if (known && known.until > now().getTime()) return known.token;
      const answer = await tokenAnswer(client, claims);
      if (answer.status !== 200) throw new Error(`No token for ${client}: ${answer.body}`);
      const { access_token: token } = JSON.parse(answer.body) as { access_token: string };
      kept.set(name, { token, until: now().getTime() + TOKEN_KEPT_MS });
      return token;
    },
  };
}
