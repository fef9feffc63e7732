/**
 * audit.md 5.3 and 12.4: where the ledger cannot be written, nothing leaves: 503 at every door, and
 * not a byte of the record. 12.22: more lines than it can take make answers slow, and none is lost.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerEvent } from '../../src/audit/index.ts';
import { Problem } from '../../src/platform/problem.ts';
import { asOwner } from '../audit/ledgers.ts';
import { type Gateway, HOSPITAL, openGateway, PGO } from '../support/gateway.ts';
import {
  choose,
  entry,
  HOSPITALS_TO_GPS,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
const one = person(91);
const tokens: Record<string, string> = {};
let patient = '';

beforeAll(async () => {
  gateway = await openGateway();
  const self = urn(one.bsn);
  const items = [entry(self, patientOf(one)), entry(urn('o'), observation('o', self))];
  expect((await gateway.send('epd-proef', transaction(items))).statusCode).toBe(200);
  await choose(gateway, one, [HOSPITALS_TO_GPS]);
  tokens['partner'] = await gateway.token('partner-huisarts');
  tokens['sender'] = await gateway.token('epd-proef');
  const { tokens: issuer, database, store } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const medmij = {
    ...{ kind: 'medmij' as const, client: PGO, aanbieder: HOSPITAL.id, services: ['48'] },
    ...{ vault, consent: randomUUID(), correlationId: randomUUID() },
  };
  tokens['app'] = (await issuer.issue(database, medmij)).token;
  const auditor = {
    ...{ kind: 'auditor' as const, client: 'desk', organisation: HOSPITAL.id },
    ...{ subject: 'fg-1', role: 'auditor' },
  };
  tokens['auditor'] = (await issuer.issue(database, auditor)).token;
  const epoch = await store.epoch(database, vault);
  const { rows } = await store.candidates(database, { vault, epoch, types: ['Patient'] });
  patient = rows[0]?.id ?? '';
});
afterAll(() => gateway.close());

const ASKED: readonly [string, string, string][] = [
  ['a partner who searches', 'partner', '/fhir/r4/Observation?patient=Patient/{id}'],
  ['a partner who searches in STU3', 'partner', '/fhir/stu3/Observation?patient=Patient/{id}'],
  ['a partner who asks everything', 'partner', '/fhir/r4/Patient/{id}/$everything'],
  ['a partner who reads', 'partner', '/fhir/r4/Patient/{id}'],
  ['a sender who reads back', 'sender', '/fhir/r4/Observation?patient=Patient/{id}'],
  ['an app', 'app', '/medmij/ziekenhuisproef/48/fhir/Observation'],
  ['an auditor', 'auditor', '/fhir/r4/AuditEvent'],
];

const ask = (as: string, url: string) =>
  gateway.ask(url.replace('{id}', patient), { token: tokens[as] ?? '' });

describe('while the database takes no writes', () => {
  const setting = async (change: string) => {
    const { rows } = await asOwner(gateway.db.ownerUrl, 'select current_database() as name');
    await asOwner(
      gateway.db.ownerUrl,
      `begin read write; alter database "${rows[0].name}" ${change}; commit`,
    );
    // Connections keep what they began with.
    await asOwner(
      gateway.db.ownerUrl,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
  };

  it('nothing leaves by any door, and everything again afterwards', async () => {
    for (const [who, as, url] of ASKED) {
      const usual = await ask(as, url);
      expect(usual.statusCode, `${who}: ${usual.body}`).toBe(200);
    }
    const { size } = await gateway.rooms.ledger.head();
    await setting('set default_transaction_read_only = on');
    try {
      for (const [who, as, url] of ASKED) {
        const answer = await ask(as, url);
        expect(answer.statusCode, who).toBe(503);
        expect(answer.headers['retry-after'], who).toBeDefined();
        expect(answer.body, who).not.toContain(one.family);
        expect(answer.body, who).not.toMatch(/"resourceType":"(Observation|Patient|Bundle)"/);
      }
    } finally {
      await setting('reset default_transaction_read_only');
    }
    expect((await gateway.rooms.ledger.head()).size).toBe(size);
    for (const [who, as, url] of ASKED) expect((await ask(as, url)).statusCode, who).toBe(200);
  }, 120_000);
});

const BURST_SECONDS = Number(process.env['BURST_SECONDS'] ?? 2);
const PER_SECOND = 10_000;

describe('more lines than can be written', () => {
  it('make answers slow or busy, and every line that was acknowledged is there', async () => {
    const { ledger } = gateway.rooms;
    const { size: before } = await ledger.head();
    const line: LedgerEvent = {
      ...{ class: 'security', event: 'token', action: 'E', outcome: 0 },
      agent: { kind: 'system', id: 'burst', organisation: HOSPITAL.id },
    };
    const seqs: number[] = [];
    let busy = 0;
    const written: Promise<void>[] = [];
    for (let second = 0; second < BURST_SECONDS; second += 1) {
      for (let at = 0; at < PER_SECOND; at += 1) {
        written.push(
          ledger.record([line]).then(
            ([place]) => void seqs.push(place?.seq ?? -1),
            (error: unknown) => {
              expect(Problem.from(error).kind).toBe('busy');
              busy += 1;
            },
          ),
        );
      }
      await new Promise((done) => setTimeout(done, 1_000));
    }
    await Promise.all(written);
    expect(seqs.length + busy).toBe(BURST_SECONDS * PER_SECOND);
    expect(seqs.length).toBeGreaterThan(0);
    expect(new Set(seqs).size).toBe(seqs.length);
    const { size } = await ledger.head();
    expect(size).toBeGreaterThanOrEqual(before + seqs.length);
    expect(await ledger.verify()).toMatchObject({ ok: true, findings: [] });
  }, 300_000);
});
