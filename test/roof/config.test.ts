/** The configuration: all mistakes at once, nothing secret in them, and no demo in production. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { newKeyring } from '../../src/identity/index.ts';
import { startGateway } from '../../src/start-gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-config-'));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

const GOOD = {
  DATABASE_URL: 'postgres://app:s3cret@127.0.0.1:1/zorgsluis',
  PUBLIC_URL: 'https://gateway.example',
  KEY_FILE: file('keys.json', JSON.stringify(newKeyring({ demo: false, name: 'g/audit' }))),
  TLS_CERT_FILE: file('server.crt', 'x'),
  TLS_KEY_FILE: file('server.key', 'x'),
  DIGID_ISSUER: 'https://digid.example',
  STAFF_ISSUER: 'https://staff.example',
  DVA_PHONE: '088 123 45 67',
};

function mistakes(variables: Record<string, string | undefined>, demo = false): string {
  try {
    readConfig(variables, { demo });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('the configuration', () => {
  it('of production is read when it is whole', () => {
    const config = readConfig(GOOD, { demo: false });
    expect(config).toMatchObject({ production: true, publicUrl: 'https://gateway.example' });
    expect(config.mllp).toEqual({ port: undefined, tlsPort: undefined });
  });

  it('of the demo needs nothing', () => {
    expect(readConfig({}, { demo: true })).toMatchObject({ production: false, port: 8080 });
  });

  it('reports every mistake at once, and repeats no value', () => {
    const said = mistakes({
      PORT: 'eighty',
      PUBLIC_URL: 'http://gateway.example',
      TLS_CERT_FILE: '/no/such/file',
      LOG_LEVEL: 's3cret',
      MLLP_PORT: '2575',
      TRUST_PROXY: 'maybe',
    });
    for (const name of [
      'DATABASE_URL',
      'KEY_FILE',
      'PORT',
      'PUBLIC_URL',
      'TLS_CERT_FILE',
      'LOG_LEVEL',
      'MLLP_PORT',
      'TRUST_PROXY',
      'DIGID_ISSUER',
      'STAFF_ISSUER',
      'DVA_PHONE',
    ]) {
      expect(said).toContain(name);
    }
    expect(said).not.toContain('s3cret');
    expect(said).not.toContain('/no/such/file');
  });

  it.each([
    ['a certificate without its key', { TLS_KEY_FILE: undefined }, 'TLS_KEY_FILE'],
    ['a log-in over plain http', { DIGID_ISSUER: 'http://digid.example' }, 'DIGID_ISSUER'],
    ['a secure MLLP line that knows no clients', { MLLP_TLS_PORT: '2576' }, 'CLIENT_CA_FILE'],
    [
      'a TLS port without a certificate',
      { TLS_PORT: '8443', TLS_CERT_FILE: undefined, TLS_KEY_FILE: undefined, TRUST_PROXY: 'true' },
      'TLS_PORT',
    ],
  ])('refuses %s', (_name, change, named) => {
    expect(mistakes({ ...GOOD, ...change })).toContain(named);
  });
});

describe('the production start', () => {
  it('refuses demo keys', async () => {
    const keys = newKeyring({ demo: true, name: 'g/audit' });
    const KEY_FILE = file('demo.json', JSON.stringify(keys));
    await expect(startGateway({ ...GOOD, KEY_FILE })).rejects.toThrow(/demo keys/);
  });

  it.each(['{"version":1', '{}', 'null', '{"kek":{"keys":{"a":"AAAA"}}}'])(
    'refuses a key file that is none (%s) and does not quote it',
    async (content) => {
      const KEY_FILE = file('broken.json', content);
      await expect(startGateway({ ...GOOD, KEY_FILE })).rejects.toThrow(
        'KEY_FILE could not be read as a key file.',
      );
    },
  );
});
