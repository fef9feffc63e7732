/** Whose word about a client certificate is taken, from the configuration. */
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { BlockList } from 'node:net';
import type { Config } from './config.ts';
import { type CertificateTrust, type NotRevoked, revocationLists } from './identity/index.ts';

/** @throws Error when an address, a certificate or a list of the configuration cannot be read. */
export function certificateTrust(tls: Config['tls']): CertificateTrust {
  const { trustProxy, proxyAddresses, clientCaFile, clientCrlFile } = tls;
  const known = trustProxy && clientCrlFile !== undefined ? watchedLists(clientCrlFile) : undefined;
  return {
    trustProxy,
    ...(proxyAddresses.length > 0 ? { proxyAddresses: blockList(proxyAddresses) } : {}),
    ...(clientCaFile === undefined ? {} : { clientCas: certificatesIn(clientCaFile) }),
    ...(known ? { notRevoked: known } : {}),
  };
}

const LISTS_LOOK_MS = 5_000;

/** Lists that are renewed are taken over without a stop; while one cannot be read the old stays. */
function watchedLists(file: string): NotRevoked {
  const read = () => revocationLists(readFileSync(file, 'utf8'));
  const stampOf = () => statSync(file).mtimeMs;
  let stamp = stampOf();
  let lists = read();
  let looked = performance.now();
  return (certificate, issuer) => {
    if (performance.now() - looked > LISTS_LOOK_MS) {
      looked = performance.now();
      try {
        const now = stampOf();
        if (now !== stamp) lists = read();
        stamp = now;
      } catch {
        // Half written: the next look sees it whole, and a list that is over lets nobody in.
      }
    }
    return lists(certificate, issuer);
  };
}

function blockList(addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of addresses) {
    const [address = '', bits] = text.split('/');
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function certificatesIn(file: string): X509Certificate[] {
  const found = readFileSync(file, 'utf8').match(CERTIFICATE) ?? [];
  return found.map((pem) => new X509Certificate(pem));
}
