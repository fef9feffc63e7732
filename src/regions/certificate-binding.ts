/**
 * Tokens of partners bound to the client certificate that they were got with (RFC 8705 section 3):
 * a token that leaks is of no use without the private key of its partner.
 */
import type { IncomingMessage } from 'node:http';
import {
  type CertificateTrust,
  type Client,
  clientCertificate,
  type TokenClaims,
} from '../identity/index.ts';
import { Problem } from '../platform/problem.ts';

export interface BindingParts {
  readonly trust: CertificateTrust;
  /** A partner that shows no certificate of its own gets no token. */
  readonly certificateRequired: boolean;
}

type Confirmation = NonNullable<Extract<TokenClaims, { kind: 'partner' }>['cnf']>;

/**
 * What a new token is bound to.
 * @throws Problem `unauthenticated` (invalid_client): a certificate of somebody else, or none where
 *   one is required; in the same words as any proof that does not hold.
 */
export function bindingFor(
  { trust, certificateRequired }: BindingParts,
  request: IncomingMessage,
  client: Client,
): Confirmation | undefined {
  const shown = clientCertificate(request, trust);
  const isOwn = shown !== undefined && client.certificates.includes(shown.sha256);
  const isOther = shown !== undefined && !isOwn && client.certificates.length > 0;
  if (isOther || (certificateRequired && !isOwn)) {
    throw new Problem('unauthenticated', 'The client could not be authenticated.', {
      code: 'invalid_client',
    });
  }
  return isOwn ? { 'x5t#S256': thumbprint(shown.sha256) } : undefined;
}

/**
 * Whether a token may be used over this connection.
 * @throws Problem `unauthenticated` (invalid_token) for the token of another, in the words of any
 *   token that is no good.
 */
export function requireBinding(
  { trust, certificateRequired }: BindingParts,
  request: IncomingMessage,
  client: Client,
  cnf: Confirmation | undefined,
): void {
  const shown = clientCertificate(request, trust);
  const isOwn = shown !== undefined && client.certificates.includes(shown.sha256);
  const isBound = cnf === undefined || (isOwn && cnf['x5t#S256'] === thumbprint(shown.sha256));
  const isOther = shown !== undefined && !isOwn && client.certificates.length > 0;
  if (isBound && !isOther && (cnf !== undefined || !certificateRequired)) return;
  throw new Problem('unauthenticated', 'The access token is expired, revoked or unknown.', {
    code: 'invalid_token',
  });
}

const thumbprint = (sha256: string): string => Buffer.from(sha256, 'hex').toString('base64url');
