/** Whose word about a client certificate is taken, from the configuration. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import type { Config } from './config.ts';
import type { CertificateTrust } from './identity/index.ts';

/** @throws Error when an address or a certificate of the configuration cannot be read. */
export function certificateTrust(tls: Config['tls']): CertificateTrust {
  const { trustProxy, proxyAddresses, clientCaFile } = tls;
  return {
    trustProxy,
    ...(proxyAddresses.length > 0 ? { proxyAddresses: blockList(proxyAddresses) } : {}),
    ...(clientCaFile === undefined ? {} : { clientCas: certificatesIn(clientCaFile) }),
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
