/**
 * audit.md section 12, tests 9 to 12: what a line of a search says, a line for each page, one
 * person in each line, and nothing of what a request held outside its place.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../src/audit/index.ts';
import { BSN_SYSTEM, type Gateway, HOSPITAL, openGateway, PRACTICE } from '../support/gateway.ts';
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
let token: string;
const one = person(121);
const other = person(122);
const ids: Record<string, string[]> = {};

beforeAll(async () => {
  gateway = await openGateway();
  for (const [who, weights] of [
    [one, 4],
    [other, 24],
  ] as const) {
    const self = urn(who.bsn);
    const items = Array.from({ length: weights }, (_none, at) =>
      entry(urn(`${who.bsn}/${at}`), observation(`${who.bsn}/${at}`, self)),
    );
    const sent = await gateway.send(
      'epd-proef',
      transaction([entry(self, patientOf(who)), ...items]),
    );
    expect(sent.statusCode, sent.body).toBe(200);
    const { store, database } = gateway.rooms;
    const vault = await vaultOf(gateway, who);
    const epoch = await store.epoch(database, vault);
    for (const { type, id } of (await store.candidates(database, { vault, epoch })).rows)
      ids[`${who.bsn}/${type}`] = [...(ids[`${who.bsn}/${type}`] ?? []), id];
  }
  const [hidden = ''] = ids[`${one.bsn}/Observation`] ?? [];
  const data = { level: 'instance' as const, value: `Observation/${hidden}` };
  await choose(gateway, one, [HOSPITALS_TO_GPS, { ...HOSPITALS_TO_GPS, type: 'deny', data }]);
  await choose(gateway, other, [HOSPITALS_TO_GPS]);
  token = await gateway.token('partner-huisarts');
});
afterAll(() => gateway.close());

const patient = (who: typeof one) => ids[`${who.bsn}/Patient`]?.[0] ?? '';

async function linesOf(act: () => Promise<unknown>): Promise<LedgerEntry[]> {
  const { ledger } = gateway.rooms;
  const { size } = await ledger.head();
  await act();
  const found: LedgerEntry[] = [];
  for await (const line of ledger.lines(new Date(0), new Date(Date.now() + 60_000)))
    if (line.seq >= size) found.push(line);
  return found;
}

describe('a search that shows three of four', () => {
  it('names the three, counts the one, and does not tell so to who asked', async () => {
    const url = `/fhir/r4/Observation?patient=Patient/${patient(one)}`;
    const lines = await linesOf(async () => {
      expect((await gateway.ask(url, { token })).json().total).toBe(3);
    });
    expect(lines).toHaveLength(1);
    const [{ record, seq } = { record: undefined, seq: -1 }] = lines;
    expect(record).toMatchObject({ released: 3, withheld: 1, counts: { Observation: 3 } });
    expect(record?.what).toHaveLength(3);
    const asker = await gateway.rooms.ledger.byId(seq, PRACTICE.id);
    expect(asker?.record).not.toHaveProperty('withheld');
    expect(asker?.record.released).toBe(3);
    expect((await gateway.rooms.ledger.byId(seq, HOSPITAL.id))?.record.withheld).toBe(1);
  });
});

describe('a search of twelve pages', () => {
  it('is a line for each page, each with a decision of its own', async () => {
    let url: string | undefined = `/fhir/r4/Observation?patient=Patient/${patient(other)}&_count=2`;
    const lines = await linesOf(async () => {
      while (url !== undefined) {
        const bundle = (await gateway.ask(url, { token })).json();
        const next = bundle.link.find((one: { relation: string }) => one.relation === 'next')?.url;
        url = next && new URL(next).pathname + new URL(next).search;
      }
    });
    expect(lines).toHaveLength(12);
    for (const { record } of lines) {
      expect(record).toMatchObject({ released: 2, route: 'explicit' });
      expect(record.inputsHash).toBeDefined();
    }
    const shown = lines.flatMap(({ record }) => record.what ?? []);
    expect(new Set(shown).size).toBe(24);
    expect(new Set(lines.map(({ record }) => record.requestId)).size).toBe(12);
  });
});

describe('two persons', () => {
  it('never stand in one line: a search is about one, a batch has a line for each', async () => {
    const both = `Patient/${patient(one)},Patient/${patient(other)}`;
    const asked = await linesOf(() =>
      gateway.ask(`/fhir/r4/Observation?patient=${both}&_include=Observation:subject`, { token }),
    );
    for (const { record } of asked) {
      const vaults = await Promise.all([one, other].map((who) => vaultOf(gateway, who)));
      const own = vaults.map((vault) => gateway.rooms.ledger.pseudonymOf(vault));
      expect([undefined, ...own]).toContain(record.patient);
      expect(record.what?.length ?? 0).toBeLessThanOrEqual(24);
    }
    expect(asked.length).toBeLessThanOrEqual(2);
    const batch = {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [one, other].map((who) => ({
        request: { method: 'GET', url: `Observation?patient=Patient/${patient(who)}` },
      })),
    };
    const headers = { 'content-type': 'application/fhir+json' };
    const lines = await linesOf(() =>
      gateway.ask('/fhir/r4/', { token, headers, body: JSON.stringify(batch) }),
    );
    expect(lines).toHaveLength(2);
    expect(new Set(lines.map(({ record }) => record.patient)).size).toBe(2);
  });
});

describe('canaries', () => {
  const NAME = 'Kanarievogel';
  const MARKS = `${NAME}\u202egelekt`;

  it('of a request stand in no log and no line', async () => {
    const secret = 'geheimtoken0123456789';
    const headers = {
      'user-agent': `${NAME}/1.0`,
      'x-correlation-id': `${one.bsn}-${NAME}`,
      'x-request-id': `${NAME}\u00a0${one.bsn}`,
      referer: `https://example.org/?bsn=${one.bsn}&naam=${NAME}`,
    };
    const lines = await linesOf(async () => {
      const forms: Record<string, string>[] = [
        { identifier: `${BSN_SYSTEM}|${one.bsn}`, name: NAME },
        { family: MARKS, 'address-postalcode': `${NAME}\r\nX: y` },
      ];
      for (const form of forms)
        await gateway.ask('/fhir/r4/Patient/_search', { token, form, headers });
      const query = `name=${encodeURIComponent(MARKS)}&_id=${one.bsn}`;
      for (const path of [
        `Patient?${query}`,
        `Observation?code=${NAME}|${one.bsn}`,
        `Patient/${NAME}`,
      ])
        await gateway.ask(`/fhir/r4/${path}`, { token, headers });
      await gateway.ask(`/fhir/r4/Patient?${query}`, { token: secret, headers });
    });
    expect(lines.length).toBeGreaterThan(2);
    const told = [gateway.logged.join('\n'), JSON.stringify(lines)];
    for (const text of told) {
      for (const canary of [one.bsn, NAME, secret, token, '\u202e'])
        expect(text).not.toContain(canary);
    }
  });
});
