/**
 * The client certificate of a request: from our own TLS line, or, behind a proxy that the operator
 * trusts, from the Client-Cert header that this proxy always overwrites (RFC 9440 section 2.2).
 */
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { BlockList } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { NotRevoked } from './revocation-lists.ts';

export interface ClientCertificate {
  /** SHA-256 of the DER bytes, lower-case hex. */
  readonly sha256: string;
  /** DNS names of the subjectAltName, lower case. */
  readonly dnsNames: readonly string[];
}

/** Whose word about a client certificate is taken. */
export interface CertificateTrust {
  /** TLS ends at a proxy that sets Client-Cert itself. */
  readonly trustProxy: boolean;
  /** Addresses of that proxy; absent: any peer of the plain line, which is then private. */
  readonly proxyAddresses?: BlockList;
  /** Authorities that a certificate from a header must chain to, checked here once more. */
  readonly clientCas?: readonly X509Certificate[];
  /** Asked of each certificate of the chain below an authority. */
  readonly notRevoked?: NotRevoked;
}

/** @returns undefined when there is none, or when it does not chain to a CA that we trust. */
export function clientCertificate(
  request: IncomingMessage,
  trust: CertificateTrust,
): ClientCertificate | undefined {
  const socket = request.socket as Partial<TLSSocket>;
  if (socket.encrypted && socket.authorized && socket.getPeerX509Certificate) {
    const certificate = socket.getPeerX509Certificate();
    return certificate && described(certificate);
  }
  if (!trust.trustProxy || !isProxy(request, trust.proxyAddresses)) return undefined;
  // One, or a proxy that adds to what a client sent would pass on the client's first.
  const [certificate, another] = certificatesIn(request.headers['client-cert']);
  if (!certificate || another) return undefined;
  const chain = certificatesIn(request.headers['client-cert-chain']);
  const isGood = !trust.clientCas || chains(certificate, chain, trust);
  return isGood ? described(certificate) : undefined;
}

/** Anybody can write a header; only the proxy's own line may bring this one. */
function isProxy({ socket }: IncomingMessage, addresses: BlockList | undefined): boolean {
  if (!addresses) return !(socket as Partial<TLSSocket>).encrypted;
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
  return addresses.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
}

const HEADER_CHARACTERS_MAX = 32_768;
const CHAIN_MAX = 5;

/** Byte sequences of RFC 8941: `:base64:`, for a chain with commas between them. */
function certificatesIn(header: string | string[] | undefined): X509Certificate[] {
  if (typeof header !== 'string' || header.length > HEADER_CHARACTERS_MAX) return [];
  try {
    return header
      .split(',')
      .slice(0, CHAIN_MAX)
      .map((item) => {
        const base64 = /^:([A-Za-z0-9+/=]+):$/.exec(item.trim())?.[1];
        return new X509Certificate(Buffer.from(base64 ?? '', 'base64'));
      });
  } catch {
    return [];
  }
}

/**
 * Signature by signature up to an authority that we know, each certificate within its time and not
 * revoked by whoever issued it.
 */
function chains(
  certificate: X509Certificate,
  between: readonly X509Certificate[],
  trust: Pick<CertificateTrust, 'clientCas' | 'notRevoked'>,
  depth = 0,
): boolean {
  const now = Date.now();
  const isNow =
    certificate.validFromDate.getTime() <= now && certificate.validToDate.getTime() >= now;
  if (!isNow || depth > CHAIN_MAX) return false;
  const issued = (by: X509Certificate) =>
    by.ca &&
    certificate.checkIssued(by) &&
    certificate.verify(by.publicKey) &&
    (trust.notRevoked?.(certificate, by) ?? true);
  if (trust.clientCas?.some(issued)) return true;
  return between.filter(issued).some((by) => chains(by, between, trust, depth + 1));
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
