/**
 * A certificate authority for demo, sandbox and conformance runs, in the place of PKIoverheid:
 * nobody else trusts it, and nobody should.
 */
import { createHash, randomBytes, webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
const YEAR_MS = 366 * DAY_MS;

export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
  readonly serial: string;
  /** SHA-256 of the DER bytes, lower-case hex. */
  readonly sha256: string;
}

export interface CertificateWish {
  readonly dnsNames: readonly string[];
  readonly addresses?: readonly string[];
  readonly usage: 'server' | 'client' | 'both';
  /** Already over, to see what others do with it. */
  readonly expired?: boolean;
}

export interface Authority {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  issue(wish: CertificateWish): Promise<IssuedCertificate>;
  /** A revocation list in PEM with these serial numbers. */
  revocations(serials: readonly string[]): Promise<string>;
}

/** Makes a new authority. */
export async function createAuthority(name: string): Promise<Authority> {
  useWebCrypto();
  const keys = await newKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=${name}, O=Demo`,
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
  return authorityOf(ca, keys.privateKey, await pem(keys.privateKey));
}

/** Opens one that was made before. */
export async function openAuthority(cert: string, key: string): Promise<Authority> {
  useWebCrypto();
  const [der] = x509.PemConverter.decode(key);
  const privateKey = await webcrypto.subtle.importKey(
    'pkcs8',
    der as ArrayBuffer,
    ALGORITHM,
    true,
    ['sign'],
  );
  return authorityOf(new x509.X509Certificate(cert), privateKey, key);
}

function authorityOf(
  ca: x509.X509Certificate,
  caKey: webcrypto.CryptoKey,
  keyPem: string,
): Authority {
  return {
    cert: ca.toString('pem'),
    key: keyPem,
    issue: (wish) => issue(ca, caKey, wish),
    async revocations(serials) {
      const now = Date.now();
      const list = await x509.X509CrlGenerator.create({
        issuer: ca.subject,
        thisUpdate: new Date(now - DAY_MS),
        nextUpdate: new Date(now + YEAR_MS),
        entries: serials.map((serialNumber) => ({
          serialNumber,
          revocationDate: new Date(now - DAY_MS / 2),
        })),
        signingAlgorithm: ALGORITHM,
        signingKey: caKey,
      });
      return x509.PemConverter.encode(list.rawData, 'X509 CRL');
    },
  };
}

async function issue(
  ca: x509.X509Certificate,
  signingKey: webcrypto.CryptoKey,
  { dnsNames, addresses = [], usage, expired = false }: CertificateWish,
): Promise<IssuedCertificate> {
  const keys = await newKeys();
  const serialNumber = serial();
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const usages = { server: [serverAuth], client: [clientAuth], both: [serverAuth, clientAuth] };
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber,
    subject: `CN=${dnsNames[0] ?? 'demo'}, O=Demo`,
    issuer: ca.subject,
    ...validity(expired),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension(usages[usage]),
      new x509.SubjectAlternativeNameExtension([
        ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
        ...addresses.map((value) => ({ type: 'ip' as const, value })),
      ]),
    ],
  });
  return {
    cert: certificate.toString('pem'),
    key: await pem(keys.privateKey),
    serial: serialNumber,
    sha256: createHash('sha256').update(Buffer.from(certificate.rawData)).digest('hex'),
  };
}

function useWebCrypto(): void {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  const usages: webcrypto.KeyUsage[] = ['sign', 'verify'];
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, usages)) as webcrypto.CryptoKeyPair;
}

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', key);
  return x509.PemConverter.encode(pkcs8, 'PRIVATE KEY');
}

/** Positive: the first bit stays free. */
function serial(): string {
  const bytes = randomBytes(8);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function validity(expired = false): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  const notBefore = new Date(now - (expired ? 30 : 1) * DAY_MS);
  return { notBefore, notAfter: expired ? new Date(now - DAY_MS) : new Date(now + 2 * YEAR_MS) };
}
