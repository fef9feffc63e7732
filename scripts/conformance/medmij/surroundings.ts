/** Ports, names, files and settings of a run. */
import { createHash } from 'node:crypto';
import dns from 'node:dns';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Authority } from '../../../src/demo/authority.ts';
import type { Peer } from './peers.ts';
import { HOST, LISTS_HOST } from './world.ts';

/** Names of the run are on this machine; everything else is asked as ever. */
export function namesLeadHere(): void {
  const real = dns.lookup;
  const here = (name: string) => /(\.example|\.nl)$/.test(name);
  const lookup = (name: string, options: unknown, done?: unknown) => {
    if (!here(name)) return (real as (...given: unknown[]) => void)(name, options, done);
    const call = (done ?? options) as (...given: unknown[]) => void;
    const isAll = (options as { all?: boolean } | undefined)?.all === true;
    queueMicrotask(() =>
      isAll ? call(null, [{ address: '127.0.0.1', family: 4 }]) : call(null, '127.0.0.1', 4),
    );
  };
  dns.lookup = Object.assign(lookup, real) as typeof dns.lookup;
}

/** Certificate, authority and revocation list of the gateway, as files. */
export async function tlsFiles(folder: string, authority: Authority, revoked: string) {
  const server = await authority.issue({ dnsNames: [HOST], usage: 'both' });
  mkdirSync(join(folder, 'tls'));
  const write = (name: string, text: string) => {
    const path = join(folder, 'tls', name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  return {
    cert: write('server.crt', server.cert),
    key: write('server.key', server.key),
    ca: write('ca.crt', authority.cert),
    crl: write('ca.crl', await authority.revocations([revoked])),
  };
}

/** The one module of a run, in the file that turns modules on. */
export function modulesFile(folder: string, module: { id: string; redirectUri: string }) {
  const path = join(folder, 'modules.json');
  const secret_sha256 = createHash('sha256').update(MODULE_SECRET).digest('hex');
  const { id: client_id, redirectUri } = module;
  const scopes = ['launch', 'fhirUser', 'patient/*.read', 'patient/Task.write'];
  const named = { client_id, name: 'Vragenlijsten', scopes };
  const row = { ...named, redirect_uris: [redirectUri], secret_sha256 };
  writeFileSync(path, JSON.stringify([row]), { mode: 0o600 });
  return path;
}

export const MODULE_SECRET = 'geheim van de proef';

/** The environment of the gateway. */
export function variablesOf(with_: {
  tlsPort: number;
  files: Awaited<ReturnType<typeof tlsFiles>>;
  lists: Peer;
  logs: Peer;
  /** Path of the file that turns the provider modules on. */
  modules: string;
}): Record<string, string> {
  const { tlsPort, files, lists, logs, modules } = with_;
  return {
    PUBLIC_URL: `https://${HOST}`,
    ...{ PORT: '0', TLS_PORT: String(tlsPort), MLLP_PORT: 'off', MLLP_TLS_PORT: 'off' },
    ...{ TLS_CERT_FILE: files.cert, TLS_KEY_FILE: files.key },
    ...{ CLIENT_CA_FILE: files.ca, CLIENT_CRL_FILE: files.crl },
    MEDMIJ_REQUIRE_CERTIFICATE: 'true',
    MEDMIJ_LISTS_URL: `https://${LISTS_HOST}:${lists.port}`,
    MEDMIJ_LISTS_REFRESH_SECONDS: '900',
    MEDMIJ_CHAIN_LOG_URL: `https://api.example.nl:${logs.port}/eagleeye/v1/logs`,
    MEDMIJ_CHAIN_LOG_SECONDS: '3600',
    MEDMIJ_NOTIFY_SECONDS: '1800',
    MEDMIJ_RESOURCE_MS_MAX: '2000',
    MEDMIJ_MODULES_FILE: modules,
    ...{
      MEDMIJ_CA_FILE: files.ca,
      MEDMIJ_CLIENT_CERT_FILE: files.cert,
      MEDMIJ_CLIENT_KEY_FILE: files.key,
    },
    REQUESTS_PER_MINUTE_MAX: '1000000',
    DVA_NAME: 'Zorgsluis Conformans',
    DVA_PHONE: '088 123 45 67',
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** The date of birth of somebody who turns this age today, in Amsterdam. */
export function yearsAgo(years: number): string {
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Amsterdam' }).format(
    new Date(),
  );
  const [year = '', month = '', day = ''] = today.split('-');
  const born = `${Number(year) - years}-${month}-${day}`;
  return born.endsWith('-02-29') ? born.replace('-29', '-28') : born;
}
