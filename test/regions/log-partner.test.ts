/**
 * Our answer to another network that asks who looked at a person here (audit.md section 9): who may
 * ask, what they are told, and that two gateways of this kind understand each other.
 */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKeyring, openKeyring } from '../../src/identity/index.ts';
import { askPartnerLogs } from '../../src/insight/index.ts';
import {
  BSN_SYSTEM,
  type Gateway,
  HOSPITAL,
  OTHER_HOSPITAL,
  openGateway,
  PRACTICE,
  purposeOf,
} from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

const one = person(81);
const stranger = person(82);
const OTHER_NETWORK = 'https://noord.example';
const asking = openKeyring(newKeyring({ demo: true, name: 'noord.example/audit' }));
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PERIOD = { from: '2026-01-01', until: '2027-12-31' };

let gateway: Gateway;
let base: string;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function register(id: string, organisation: string, scopes: readonly string[], more = {}) {
  const known = await gateway.rooms.clients.byId('partner-huisarts');
  if (!known) throw new Error('no partner');
  const keys = [{ ...pair.publicKey.export({ format: 'jwk' }), kid: `${id}-1`, alg: 'ES256' }];
  const client = { ...known, id, organisationId: organisation, scopes, keys, ...more };
  await gateway.rooms.clients.put(gateway.rooms.database, client);
}

beforeAll(async () => {
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  base = `${publicUrl}/fhir/r4`;
  gateway = await openGateway({ publicUrl });
  await gateway.app.listen({ host: '127.0.0.1', port });
  for (const [sender, keys] of [
    ['epd-proef', ['a', 'b']],
    ['epd-ander', ['c']],
  ] as const) {
    const self = urn(one.bsn);
    const items = keys.map((key) => entry(urn(`log-${key}`), condition(`log-${key}`, self)));
    const sent = await gateway.send(sender, transaction([entry(self, patientOf(one)), ...items]));
    expect(sent.statusCode, sent.body).toBe(200);
  }
  await choose(gateway, one, [HOSPITALS_TO_GPS]);
  const claims = purposeOf('TREAT', { subject_id: 'dr-1', subject_role: '01.015' });
  const token = await gateway.token('partner-huisarts', claims);
  const form = { 'patient.identifier': `${BSN_SYSTEM}|${one.bsn}` };
  const seen = await gateway.ask('/fhir/r4/Condition/_search', { token, form });
  expect(seen.json().total).toBe(3);
  await register('netwerk-ziekenhuis', HOSPITAL.id, ['system/AuditEvent.rs']);
  await register('netwerk-huisarts', PRACTICE.id, ['system/AuditEvent.rs', 'system/*.rs']);
  await register(OTHER_NETWORK, OTHER_HOSPITAL.id, ['system/AuditEvent.rs'], {
    keys: [{ ...asking.ledger.publicKey.export({ format: 'jwk' }), kid: asking.ledger.name }],
  });
}, 120_000);
afterAll(() => gateway?.close());

async function tokenOf(client: string, scope = 'system/AuditEvent.rs'): Promise<string> {
  const claims = purposeOf('PATRQT');
  const assertion = await gateway.assertion(client, { claims, key: pair.privateKey });
  const answer = await gateway.ask('/oauth/token', {
    form: {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      scope,
    },
  });
  return answer.json<{ access_token: string }>().access_token;
}

function ask(token: string, form: [string, string][]) {
  return gateway.ask('/fhir/r4/AuditEvent/_search', {
    token,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
}
const question = (bsn: string): [string, string][] => [
  ['patient.identifier', `${BSN_SYSTEM}|${bsn}`],
  ['date', 'ge2026-01-01'],
  ['date', 'le2027-12-31'],
];

describe('another network', () => {
  it('is told the acts in which it is source, and nobody’s name of elsewhere', async () => {
    const answer = await ask(await tokenOf('netwerk-ziekenhuis'), question(one.bsn));
    expect(answer.statusCode, answer.body).toBe(200);
    const { entry: entries } = answer.json<{ entry: { resource: Record<string, unknown> }[] }>();
    const codes = entries.map(({ resource }) => JSON.stringify(resource['subtype']));
    expect(codes.some((text) => text.includes('search-type'))).toBe(true);
    expect(answer.body).not.toContain('dr-1');
    expect(answer.body).not.toContain(one.bsn);
    // What others hold, and on whose word it was given, is not theirs.
    for (const text of [OTHER_HOSPITAL.ura, 'log-c', 'withheld', 'obligations', 'epoch']) {
      expect(answer.body).not.toContain(text);
    }
  });

  it('is told its own acts with the person who did them', async () => {
    const answer = await ask(await tokenOf('netwerk-huisarts'), question(one.bsn));
    expect(answer.body).toContain('dr-1');
    expect(JSON.stringify(answer.json())).toContain('Condition/');
  });

  it('hears the same of somebody who is not known here', async () => {
    const token = await tokenOf('netwerk-ziekenhuis');
    const unknown = await ask(token, question(stranger.bsn));
    expect([unknown.statusCode, unknown.json().entry]).toEqual([200, undefined]);
  });

  it('stands in the log of the person, with how much it was told', async () => {
    await ask(await tokenOf('netwerk-ziekenhuis'), question(one.bsn));
    const { entries } = await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, one));
    const [line] = entries.filter(({ record }) => record.event === 'log-search');
    expect(line?.record).toMatchObject({
      agent: { kind: 'system', id: 'netwerk-ziekenhuis', organisation: HOSPITAL.id },
      purpose: 'PATRQT',
      outcome: 0,
    });
    expect(line?.record.released).toBeGreaterThan(0);
  });

  it('sees nothing of a record in quiet mode', async () => {
    const vault = await vaultOf(gateway, one);
    const act = {
      performers: [{ rel: 'self' as const }],
      agent: { kind: 'person' as const, id: vault },
      channel: 'portal',
      text: { version: '2026-1', language: 'nl' as const, digest: 'd'.repeat(64) },
    };
    const { quiet } = gateway.rooms.consent;
    await quiet.turnOn(vault, 'geheime zin', act);
    const answer = await ask(await tokenOf('netwerk-ziekenhuis'), question(one.bsn));
    expect(answer.json().entry).toBeUndefined();
    await quiet.turnOff(vault, act);
  });
});

describe('the question', () => {
  it.each<[string, [string, string][]]>([
    ['without a person', question(one.bsn).slice(1)],
    ['without an end', question(one.bsn).slice(0, 2)],
    ['without dates', question(one.bsn).slice(0, 1)],
    ['about more', [...question(one.bsn), ['agent', 'dr-1']]],
    ['about two', [...question(one.bsn), ['patient.identifier', `${BSN_SYSTEM}|${stranger.bsn}`]]],
    ['over a century', [...question(one.bsn).slice(0, 1), ['date', 'ge1926'], ['date', 'le2026']]],
    ['with a date that is none', [...question(one.bsn), ['date', 'ge32-13']]],
  ])('%s is refused', async (_name, form) => {
    const answer = await ask(await tokenOf('netwerk-ziekenhuis'), form);
    expect([answer.statusCode, answer.json().resourceType]).toEqual([400, 'OperationOutcome']);
    expect(answer.body).not.toContain(one.bsn);
  });

  it('with the number in the address is refused, form or not', async () => {
    const token = await tokenOf('netwerk-ziekenhuis');
    const url = `/fhir/r4/AuditEvent/_search?patient.identifier=${BSN_SYSTEM}|${one.bsn}`;
    const answer = await gateway.ask(url, { token, method: 'POST', form: { date: 'ge2026' } });
    expect([answer.statusCode, answer.json().issue[0].details?.coding?.[0]?.code]).toEqual([
      400,
      'bsn-in-url',
    ]);
  });
});

describe('the scope', () => {
  it('is given apart: reading does not cover the log, nor the log reading', async () => {
    const reader = await gateway.token('partner-huisarts');
    expect((await ask(reader, question(one.bsn))).statusCode).toBe(403);
    const log = await tokenOf('netwerk-ziekenhuis');
    const form = { 'patient.identifier': `${BSN_SYSTEM}|${one.bsn}` };
    const read = await gateway.ask('/fhir/r4/Condition/_search', { token: log, form });
    expect(read.statusCode).toBe(403);
    // With more than the log in it a token is not for the person's own question.
    expect(await tokenOf('netwerk-huisarts', 'system/AuditEvent.rs system/*.rs')).toBeUndefined();
  });
});

describe('two gateways of this kind', () => {
  const partner = () => ({
    all: async () => [
      {
        ...{ id: 'p', kind: 'partner' as const, name: 'p', status: 'active' as const },
        ...{ keys: [], certificates: [], mllp: [], scopes: [], services: [], redirectUris: [] },
        organisationId: randomUUID(),
        auditBase: base,
      },
    ],
  });
  const parts = (keyring = asking) => ({
    clients: partner(),
    keyring,
    clock: () => new Date(),
    publicUrl: OTHER_NETWORK,
  });

  it('understand each other', async () => {
    const answer = await askPartnerLogs(parts(), { bsn: one.bsn, ...PERIOD });
    expect(answer.missing).toEqual([]);
    expect(answer.lines.length).toBeGreaterThan(0);
    expect(answer.lines.map(({ who }) => who).join()).not.toContain('dr-1');
  });

  it('do not take the word of whoever signs with another key', async () => {
    const forged = openKeyring(newKeyring({ demo: true, name: 'noord.example/audit' }));
    const answer = await askPartnerLogs(parts(forged), { bsn: one.bsn, ...PERIOD });
    expect([answer.lines, answer.missing.length]).toEqual([[], 1]);
  });
});
