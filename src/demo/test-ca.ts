/**
 * A certificate authority of the demo's own, in the place of PKIoverheid: it signs the server's
 * certificate and those of the demo's PGO and senders. Nobody else trusts it, and nobody should.
 */

import { createHash, randomBytes, webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const YEAR_MS = 366 * 86_400_000;

export interface DemoCertificates {
  readonly caFile: string;
  readonly serverCertFile: string;
  readonly serverKeyFile: string;
  /** By name: files of a client's certificate and key, and its SHA-256 in hex. */
  readonly clients: Readonly<
    Record<string, { readonly certFile: string; readonly keyFile: string; readonly sha256: string }>
  >;
}

/** Makes what is missing in the folder; what is there stays, so that a second start is quick. */
export async function demoCertificates(
  folder: string,
  clients: readonly { readonly name: string; readonly dnsName: string }[],
): Promise<DemoCertificates> {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (name: string) => join(folder, name);
  if (!existsSync(file('done'))) await make(folder, clients);
  const certificates: Record<string, DemoCertificates['clients'][string]> = {};
  for (const { name } of clients) {
    const certFile = file(`${name}.crt`);
    const der = new x509.X509Certificate(readFileSync(certFile, 'utf8')).rawData;
    const sha256 = createHash('sha256').update(Buffer.from(der)).digest('hex');
    certificates[name] = { certFile, keyFile: file(`${name}.key`), sha256 };
  }
  return {
    caFile: file('ca.crt'),
    serverCertFile: file('server.crt'),
    serverKeyFile: file('server.key'),
    clients: certificates,
  };
}

async function make(
  folder: string,
  clients: readonly { readonly name: string; readonly dnsName: string }[],
): Promise<void> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=Zorgsluis demo CA (stand-in for PKIoverheid), O=Demo',
    ...validity(),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
    ],
  });
  write(join(folder, 'ca.crt'), ca.toString('pem'));
  const signed = { folder, ca, caKey: keys.privateKey };
  await issue(signed, 'server', ['localhost'], ['127.0.0.1'], x509.ExtendedKeyUsage.serverAuth);
  for (const { name, dnsName } of clients) {
    await issue(signed, name, [dnsName], [], x509.ExtendedKeyUsage.clientAuth);
  }
  write(join(folder, 'done'), `${new Date().toISOString()}\n`);
}

async function issue(
  by: { folder: string; ca: x509.X509Certificate; caKey: webcrypto.CryptoKey },
  name: string,
  dnsNames: readonly string[],
  addresses: readonly string[],
  usage: x509.ExtendedKeyUsage,
): Promise<void> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${dnsNames[0] ?? name}, O=Demo`,
    issuer: by.ca.subject,
    ...validity(),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: by.caKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      new x509.SubjectAlternativeNameExtension([
        ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
        ...addresses.map((value) => ({ type: 'ip' as const, value })),
      ]),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  write(join(by.folder, `${name}.crt`), certificate.toString('pem'));
  write(join(by.folder, `${name}.key`), x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'));
}

const serial = (): string => randomBytes(8).toString('hex');

function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - 86_400_000), notAfter: new Date(now + 2 * YEAR_MS) };
}

function write(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
}
