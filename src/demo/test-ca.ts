/**
 * The certificates of the demo: an authority of its own in the place of PKIoverheid, the server's
 * certificate and those of the demo's PGO and senders.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, openAuthority } from './authority.ts';

export interface DemoCertificates {
  readonly caFile: string;
  /** Absent in a folder that was made before the sandbox needed it. */
  readonly caKeyFile: string;
  readonly serverCertFile: string;
  readonly serverKeyFile: string;
  /** By name: files of a client's certificate and key, and its SHA-256 in hex. */
  readonly clients: Readonly<
    Record<string, { readonly certFile: string; readonly keyFile: string; readonly sha256: string }>
  >;
}

type Wished = readonly { readonly name: string; readonly dnsName: string }[];

/** Makes what is missing in the folder; what is there stays, so that a second start is quick. */
export async function demoCertificates(folder: string, clients: Wished): Promise<DemoCertificates> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (name: string) => join(folder, name);
  if (!existsSync(file('done'))) await make(folder, clients);
  const certificates: Record<string, DemoCertificates['clients'][string]> = {};
  for (const { name } of clients) {
    const certFile = file(`${name}.crt`);
    const der = new X509Certificate(readFileSync(certFile)).raw;
    const sha256 = createHash('sha256').update(der).digest('hex');
    certificates[name] = { certFile, keyFile: file(`${name}.key`), sha256 };
  }
  return {
    caFile: file('ca.crt'),
    caKeyFile: file('ca.key'),
    serverCertFile: file('server.crt'),
    serverKeyFile: file('server.key'),
    clients: certificates,
  };
}

async function make(folder: string, clients: Wished): Promise<void> {
  const write = (name: string, text: string) =>
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  const authority = await createAuthority('Zorgsluis demo CA (stand-in for PKIoverheid)');
  write('ca.crt', authority.cert);
  write('ca.key', authority.key);
  await renewServer(folder);
  for (const { name, dnsName } of clients) {
    const { cert, key } = await authority.issue({ dnsNames: [dnsName], usage: 'client' });
    write(`${name}.crt`, cert);
    write(`${name}.key`, key);
  }
  write('done', `${new Date().toISOString()}\n`);
}

/** A new certificate for the demo's server; one that is over when that is wished. */
export async function renewServer(folder: string, expired = false): Promise<void> {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const authority = await openAuthority(read('ca.crt'), read('ca.key'));
  const { cert, key } = await authority.issue({
    dnsNames: ['localhost'],
    addresses: ['127.0.0.1'],
    usage: 'server',
    expired,
  });
  writeFileSync(join(folder, 'server.crt'), cert, { mode: 0o600 });
  writeFileSync(join(folder, 'server.key'), key, { mode: 0o600 });
}
