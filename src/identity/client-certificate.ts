/**
 * The client certificate of a request: from our own TLS line, or, behind a proxy that the operator
 * trusts, from the Client-Cert header that this proxy always overwrites (RFC 9440 section 2.2).
 */
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

export interface ClientCertificate {
  /** SHA-256 of the DER bytes, lower-case hex. */
  readonly sha256: string;
  /** DNS names of the subjectAltName, lower case. */
  readonly dnsNames: readonly string[];
}

/** @returns undefined when there is none, or when it does not chain to a CA that we trust. */
export function clientCertificate(
  request: IncomingMessage,
  options: { trustProxy: boolean },
): ClientCertificate | undefined {
  const socket = request.socket as Partial<TLSSocket>;
  if (socket.encrypted && socket.authorized && socket.getPeerX509Certificate) {
    const certificate = socket.getPeerX509Certificate();
    return certificate && described(certificate);
  }
  const header = request.headers['client-cert'];
  if (!options.trustProxy || typeof header !== 'string') return undefined;
  const match = /^:([A-Za-z0-9+/=]+):$/.exec(header);
  if (!match?.[1]) return undefined;
  try {
    return described(new X509Certificate(Buffer.from(match[1], 'base64')));
  } catch {
    return undefined;
  }
}

function described(certificate: X509Certificate): ClientCertificate {
  const names = certificate.subjectAltName?.split(',') ?? [];
  return {
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    dnsNames: names
      .map((name) => name.trim())
      .filter((name) => name.startsWith('DNS:'))
      .map((name) => name.slice(4).toLowerCase()),
  };
}
