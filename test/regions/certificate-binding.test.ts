/** A partner's token is bound to its client certificate. RFC 8705 section 3; consent.md 15.1. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoCertificates } from '../../src/demo/test-ca.ts';
import { type Gateway, openGateway, TREATMENT, tokenForm } from '../support/gateway.ts';

let gateway: Gateway;
let strict: Gateway;
let header: (name: string) => Record<string, string>;

async function withCertificates(required: boolean, shas: Readonly<Record<string, string>>) {
  const opened = await openGateway({
    config: (config) => ({
      ...config,
      partnerCertificateRequired: required,
      tls: { ...config.tls, trustProxy: true },
    }),
  });
  for (const [id, sha] of Object.entries(shas)) {
    const client = await opened.rooms.clients.byId(id);
    if (!client) throw new Error(`no client ${id}`);
    await opened.rooms.clients.put(opened.rooms.database, { ...client, certificates: [sha] });
  }
  return opened;
}

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-binding-'));
  const made = await demoCertificates(folder, [
    { name: 'own', dnsName: 'own.example' },
    { name: 'other', dnsName: 'other.example' },
    { name: 'strange', dnsName: 'strange.example' },
  ]);
  header = (name) => {
    const pem = readFileSync(made.clients[name]?.certFile ?? '', 'utf8');
    return { 'client-cert': `:${pem.replace(/-----[^-]+-----|\s/g, '')}:` };
  };
  const shas = {
    'partner-huisarts': made.clients['own']?.sha256 ?? '',
    'partner-ander': made.clients['other']?.sha256 ?? '',
  };
  gateway = await withCertificates(false, shas);
  strict = await withCertificates(true, shas);
}, 60_000);
afterAll(() => Promise.all([gateway.close(), strict.close()]));

async function newToken(client: string, certificate?: string, on = gateway) {
  const form = tokenForm(await on.assertion(client, { claims: TREATMENT }));
  return on.ask('/oauth/token', { form, headers: certificate ? header(certificate) : {} });
}

async function use(token: string, certificate?: string, on = gateway) {
  const headers = certificate ? header(certificate) : {};
  return (await on.ask('/fhir/r4/Condition/none', { token, headers })).statusCode;
}

describe('a token that was got with a certificate', () => {
  it.each([
    ['its own', 'own', 404],
    ['that of another partner', 'other', 401],
    ['one that is registered nowhere', 'strange', 401],
    ['none', undefined, 401],
  ])('with %s', async (_name, certificate, status) => {
    const answer = await newToken('partner-huisarts', 'own');
    expect(answer.statusCode).toBe(200);
    expect(await use(answer.json().access_token, certificate)).toBe(status);
  });

  it('is not given with the certificate of another', async () => {
    const answer = await newToken('partner-huisarts', 'other');
    expect([answer.statusCode, answer.json().error]).toEqual([401, 'invalid_client']);
  });

  it('says in its refusal what any bad token hears', async () => {
    const { access_token: token } = (await newToken('partner-huisarts', 'own')).json();
    const plain = (body: string) => body.replace(/[0-9a-f-]{36}/g, 'id');
    const ask = (used: string, headers: Record<string, string>) =>
      gateway.ask('/fhir/r4/Condition/none', { token: used, headers });
    const [bound, unknown] = [await ask(token, header('other')), await ask('unknown', {})];
    expect(plain(bound.body)).toBe(plain(unknown.body));
  });
});

describe('a token that was got without one', () => {
  it('is used without one, but never beside the certificate of another', async () => {
    const { access_token: token } = (await newToken('partner-huisarts')).json();
    expect(await use(token)).toBe(404);
    expect(await use(token, 'other')).toBe(401);
  });

  it('is not given where a certificate is required', async () => {
    expect((await newToken('partner-huisarts', undefined, strict)).statusCode).toBe(401);
    const answer = await newToken('partner-huisarts', 'own', strict);
    expect(answer.statusCode).toBe(200);
    expect(await use(answer.json().access_token, 'own', strict)).toBe(404);
  });
});
