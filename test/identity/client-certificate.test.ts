/** A client certificate from a header: only of the proxy, and only when it chains to our CAs. */
import { webcrypto, X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlockList } from 'node:net';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Authority, createAuthority } from '../../src/demo/authority.ts';
import {
  type CertificateTrust,
  clientCertificate,
  revocationLists,
} from '../../src/identity/index.ts';

let authority: Authority;
let own: string;
let strange: string;
let expired: string;

const header = (pem: string): string =>
  `:${Buffer.from(new X509Certificate(pem).raw).toString('base64')}:`;

beforeAll(async () => {
  authority = await createAuthority('Test CA');
  const other = await createAuthority('Another CA');
  const wish = { dnsNames: ['pgo.example.nl'], usage: 'client' } as const;
  own = header((await authority.issue(wish)).cert);
  expired = header((await authority.issue({ ...wish, expired: true })).cert);
  strange = header((await other.issue(wish)).cert);
});

const names = (
  trust: CertificateTrust,
  headers: Record<string, string>,
  socket: object = { remoteAddress: '10.0.0.1' },
) => clientCertificate({ headers, socket } as unknown as IncomingMessage, trust)?.dnsNames;

describe('a certificate in a header', () => {
  const strict = (): CertificateTrust => ({
    trustProxy: true,
    clientCas: [new X509Certificate(authority.cert)],
  });

  it('counts when the proxy sets it and it chains', () => {
    expect(names(strict(), { 'client-cert': own })).toEqual(['pgo.example.nl']);
  });

  it('counts for nothing without a trusted proxy, or from another address', () => {
    expect(names({ trustProxy: false }, { 'client-cert': own })).toBeUndefined();
    const proxyAddresses = new BlockList();
    proxyAddresses.addSubnet('192.168.0.0', 16, 'ipv4');
    const trust = { ...strict(), proxyAddresses };
    expect(names(trust, { 'client-cert': own })).toBeUndefined();
    const inside = { remoteAddress: '::ffff:192.168.1.7' };
    expect(names(trust, { 'client-cert': own }, inside)).toEqual(['pgo.example.nl']);
  });

  it('counts for nothing on our own TLS line, where a client could write it itself', () => {
    const line = { remoteAddress: '10.0.0.1', encrypted: true, authorized: false };
    expect(names(strict(), { 'client-cert': own }, line)).toBeUndefined();
  });

  it('counts for nothing beside another: a proxy that adds may pass on what a client wrote', () => {
    for (const both of [`${own}, ${strange}`, `${own},${own}`, `${strange}, ${own}`]) {
      expect(names(strict(), { 'client-cert': both })).toBeUndefined();
    }
  });

  it.each([
    ['of another authority', () => strange],
    ['that is over', () => expired],
    ['that is none', () => ':AAAA:'],
    ['without its colons', () => own.slice(1, -1)],
  ])('%s is refused', (_name, value) => {
    expect(names(strict(), { 'client-cert': value() })).toBeUndefined();
  });
});

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

interface Signer {
  readonly name: string;
  readonly keys: webcrypto.CryptoKeyPair;
}

/** A certificate as it is asked for, good or not. */
async function made(
  subject: string,
  issuer: Signer,
  { ca = false, fromDays = -1 } = {},
): Promise<Signer & { readonly value: string }> {
  const keys = await newKeys();
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${subject}`,
    issuer: `CN=${issuer.name}`,
    notBefore: new Date(now + fromDays * DAY_MS),
    notAfter: new Date(now + 30 * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(ca, undefined, true),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: `${subject}.example.nl` }]),
    ],
  });
  return { name: subject, keys, value: header(certificate.toString('pem')) };
}

describe('a chain in a header', () => {
  let root: Signer;
  let trust: CertificateTrust;
  beforeAll(async () => {
    root = { name: 'root', keys: await newKeys() };
    const self = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=root',
      signingAlgorithm: ALGORITHM,
      keys: root.keys,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    });
    trust = { trustProxy: true, clientCas: [new X509Certificate(self.toString('pem'))] };
  });
  const along = (leaf: { value: string }, ...between: { value: string }[]) =>
    names(trust, {
      'client-cert': leaf.value,
      'client-cert-chain': between.map(({ value }) => value).join(', '),
    });

  it('counts up to an authority that we know, in any order', async () => {
    const outer = await made('outer', root, { ca: true });
    const inner = await made('inner', outer, { ca: true });
    const leaf = await made('pgo', inner);
    expect(along(leaf, inner, outer)).toEqual(['pgo.example.nl']);
    expect(along(leaf, outer, inner)).toEqual(['pgo.example.nl']);
    expect(along(leaf, inner)).toBeUndefined();
    expect(along(leaf)).toBeUndefined();
  });

  it('counts for nothing where the name is right and the signature is another’s', async () => {
    const twin = { name: 'root', keys: await newKeys() };
    expect(along(await made('pgo', root))).toEqual(['pgo.example.nl']);
    expect(along(await made('pgo', twin))).toBeUndefined();
    const outer = await made('outer', root, { ca: true });
    expect(along(await made('pgo', { name: 'outer', keys: twin.keys }), outer)).toBeUndefined();
  });

  it('counts for nothing where the signature is right and the name is another’s', async () => {
    const outer = await made('outer', root, { ca: true });
    expect(along(await made('pgo', { ...outer, name: 'other' }), outer)).toBeUndefined();
  });

  it('counts for nothing through one who is no authority', async () => {
    const partner = await made('partner', root);
    expect(along(await made('pgo', partner), partner)).toBeUndefined();
  });

  it('counts for nothing before its time, in any part', async () => {
    expect(along(await made('pgo', root, { fromDays: 1 }))).toBeUndefined();
    const later = await made('outer', root, { ca: true, fromDays: 1 });
    expect(along(await made('pgo', later), later)).toBeUndefined();
  });

  it('that goes round comes to an end', async () => {
    const one = await made('one', { name: 'two', keys: root.keys }, { ca: true });
    const two = await made('two', one, { ca: true });
    expect(along(await made('pgo', one), one, two)).toBeUndefined();
  });

  it('is not read when it is longer than any header of a proxy', () => {
    const most = 32_768;
    const long = own + ' '.repeat(most - own.length);
    const known = { trustProxy: true, clientCas: [new X509Certificate(authority.cert)] };
    expect(names(known, { 'client-cert': long })).toEqual(['pgo.example.nl']);
    expect(names(known, { 'client-cert': `${long} ` })).toBeUndefined();
  });
});

describe('a certificate of our own TLS line', () => {
  const pem = (value: string) => Buffer.from(value.slice(1, -1), 'base64');
  const line = (more: object = {}) => ({
    encrypted: true,
    authorized: true,
    getPeerX509Certificate: () => new X509Certificate(pem(own)),
    ...more,
  });
  it('counts when the line was made with it', () => {
    expect(names({ trustProxy: false }, {}, line())).toEqual(['pgo.example.nl']);
  });

  it('counts for nothing when the line did not trust it, or there is none', () => {
    expect(names({ trustProxy: false }, {}, line({ authorized: false }))).toBeUndefined();
    expect(names({ trustProxy: false }, {}, line({ encrypted: false }))).toBeUndefined();
    const none = line({ getPeerX509Certificate: () => undefined });
    expect(names({ trustProxy: false }, {}, none)).toBeUndefined();
  });
});

describe('a certificate in a header that was revoked', () => {
  const serialOf = (value: string) =>
    new X509Certificate(Buffer.from(value.slice(1, -1), 'base64')).serialNumber;
  const with_ = (notRevoked: CertificateTrust['notRevoked']): CertificateTrust => ({
    ...{ trustProxy: true, clientCas: [new X509Certificate(authority.cert)] },
    ...(notRevoked ? { notRevoked } : {}),
  });
  const good = { 'client-cert': () => own };

  it('counts for nothing, by issuer and serial number', async () => {
    const other = header(
      (await authority.issue({ dnsNames: ['ander.example.nl'], usage: 'client' })).cert,
    );
    const list = revocationLists(await authority.revocations([serialOf(own)]));
    expect(names(with_(list), { 'client-cert': good['client-cert']() })).toBeUndefined();
    expect(names(with_(list), { 'client-cert': other })).toEqual(['ander.example.nl']);
  });

  it('needs a list of its own authority: signed by it, and not over', async () => {
    const headers = { 'client-cert': own };
    const empty = await authority.revocations([]);
    expect(names(with_(revocationLists(empty)), headers)).toEqual(['pgo.example.nl']);
    // The same name, another key: an empty list of a stranger frees nobody.
    const twin = await createAuthority('Test CA');
    const forged = await twin.revocations([]);
    expect(names(with_(revocationLists(forged)), headers)).toBeUndefined();
    // Nor does a stranger's list revoke what the authority issued.
    const hostile = await twin.revocations([serialOf(own)]);
    const both = revocationLists(`${hostile}\n${empty}`);
    expect(names(with_(both), headers)).toEqual(['pgo.example.nl']);
    const later = () => Date.now() + 3 * 365 * 86_400_000;
    expect(names(with_(revocationLists(empty, later)), headers)).toBeUndefined();
    const elsewhere = await (await createAuthority('Another CA')).revocations([]);
    expect(names(with_(revocationLists(elsewhere)), headers)).toBeUndefined();
  });

  it('is read whole or not at all', async () => {
    const pem = await authority.revocations([serialOf(own)]);
    const body = pem.split('\n').slice(1, -1).join('');
    for (const text of ['', 'x', pem.replace(body.slice(0, 40), body.slice(40, 80))]) {
      expect(() => revocationLists(text)).toThrow();
    }
  });
});
