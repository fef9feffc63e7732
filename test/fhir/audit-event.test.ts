/** The ledger as FHIR AuditEvent, for the auditor of one organisation. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BSN_SYSTEM, type Gateway, HOSPITAL, openGateway, PRACTICE } from '../support/gateway.ts';
import {
  entry,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

let gateway: Gateway;
let token = '';
const one = person(7);

beforeAll(async () => {
  gateway = await openGateway();
  await gateway.send(
    'epd-proef',
    transaction([entry(urn('p'), patientOf(one)), entry(urn('o'), observation('o', urn('p')))]),
  );
  token = await auditorOf(HOSPITAL.id);
});
afterAll(() => gateway.close());

async function auditorOf(organisation: string, more = {}): Promise<string> {
  const claims = {
    kind: 'auditor' as const,
    client: 'test',
    organisation,
    subject: 'fg-1',
    role: 'auditor',
    ...more,
  };
  return (await gateway.rooms.tokens.issue(gateway.rooms.database, claims)).token;
}

const ask = (query: string, headers = {}) =>
  gateway.ask(`/fhir/r4/AuditEvent${query}`, { token, headers });

const post = (form: Record<string, string>, asker = token) =>
  gateway.ask('/fhir/r4/AuditEvent/_search', { token: asker, method: 'POST', form });

describe('AuditEvent search', () => {
  it('finds what the organisation sent, as complete resources under our own address', async () => {
    const bundle = (await ask('?subtype=receive')).json();
    expect(bundle).toMatchObject({ resourceType: 'Bundle', type: 'searchset' });
    expect(bundle.entry[0].fullUrl).toMatch(
      /^https:\/\/gateway\.test\.example\/fhir\/r4\/AuditEvent\/\d+$/,
    );
    expect(bundle.entry[0].resource).toMatchObject({
      resourceType: 'AuditEvent',
      action: 'C',
      outcome: '0',
    });
  });

  it('by a number goes in the body, and finds the same as by pseudonym', async () => {
    const form = { 'patient.identifier': `${BSN_SYSTEM}|${one.bsn}` };
    const byNumber = (await post(form)).json();
    expect(byNumber.entry.length).toBeGreaterThan(0);
    expect(JSON.stringify(byNumber)).not.toContain(one.bsn);
    const pseudonym = gateway.rooms.ledger.pseudonymOf(await vaultOf(gateway, one));
    const byPseudonym = (await ask(`?patient=Patient/${pseudonym}&subtype=receive`)).json();
    expect(byPseudonym.entry).toHaveLength(1);
    const refused = await ask(`?patient.identifier=${BSN_SYSTEM}|${one.bsn}`);
    expect(refused.statusCode).toBe(400);
    expect(refused.body).not.toContain(one.bsn);
  });

  it('of a number that nobody has is empty, and looks the same', async () => {
    const known = await post({
      'patient.identifier': `${BSN_SYSTEM}|${one.bsn}`,
      subtype: 'nothing-of-the-kind',
    });
    const unknown = await post({
      'patient.identifier': `${BSN_SYSTEM}|${person(8).bsn}`,
      subtype: 'nothing-of-the-kind',
    });
    expect(unknown.body).toBe(known.body);
  });

  it('by date, action and outcome narrows; a page leads to the next', async () => {
    const year = new Date().getUTCFullYear();
    expect((await ask(`?date=lt${year - 1}`)).json().entry).toBeUndefined();
    const all = (await ask(`?date=ge${year - 1}&_count=200`)).json();
    expect(all.entry.length).toBeGreaterThan(2);
    const refusals = (await ask('?outcome=4')).json();
    expect(
      (refusals.entry ?? []).every(
        (line: { resource: { outcome: string } }) => line.resource.outcome === '4',
      ),
    ).toBe(true);
    const first = (await ask('?_count=1')).json();
    const next = first.link.find((link: { relation: string }) => link.relation === 'next').url;
    expect(next.startsWith('https://gateway.test.example/fhir/r4/AuditEvent?')).toBe(true);
    const second = (
      await gateway.ask(next.slice('https://gateway.test.example'.length), { token })
    ).json();
    expect(second.entry[0].fullUrl).not.toBe(first.entry[0].fullUrl);
  });

  it.each([
    ['?date=yesterday', 'date'],
    ['?outcome=5', 'outcome'],
    ['?action=X', 'action'],
    ['?patient=Jansen', 'patient'],
    ['?_count=many', '_count'],
  ])('%s is refused with the parameter', async (query, name) => {
    const answer = await ask(query);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().issue[0]).toMatchObject({ expression: [name] });
  });

  it('tells what it did not understand: strictly by refusing, else in the self link', async () => {
    expect((await ask('?site=x', { prefer: 'handling=strict' })).statusCode).toBe(400);
    const lenient = (await ask('?site=x&action=C')).json();
    expect(lenient.link[0].url).toMatch(/AuditEvent\?action=C$/);
  });

  it('is itself a line', async () => {
    await ask('?action=D');
    const query = { organisation: HOSPITAL.id, event: 'log-search' };
    const [line] = (await gateway.rooms.ledger.search(query)).entries;
    expect(line?.record).toMatchObject({
      agent: { kind: 'auditor', id: 'fg-1' },
      query: 'AuditEvent?action',
    });
  });
});

describe('AuditEvent read', () => {
  it('gives one line, in JSON and XML', async () => {
    const [first] = (await ask('?subtype=receive')).json().entry;
    const path = new URL(first.fullUrl).pathname;
    expect((await gateway.ask(path, { token })).json()).toEqual(first.resource);
    const xml = await gateway.ask(`${path}?_format=xml`, { token });
    expect(xml.body).toContain('<AuditEvent xmlns="http://hl7.org/fhir">');
  });

  it('of another organisation is not there', async () => {
    const [first] = (await ask('?subtype=receive')).json().entry;
    const other = await auditorOf(PRACTICE.id);
    const answer = await gateway.ask(new URL(first.fullUrl).pathname, { token: other });
    expect(answer.statusCode).toBe(404);
    expect((await post({ subtype: 'receive' }, other)).json().entry).toBeUndefined();
  });

  it('is for auditors only', async () => {
    const partner = await gateway.token('partner-huisarts');
    expect((await gateway.ask('/fhir/r4/AuditEvent', { token: partner })).statusCode).toBe(403);
    expect((await gateway.ask('/fhir/r4/AuditEvent')).statusCode).toBe(401);
    const query = { organisation: PRACTICE.id, event: 'log-search', refused: true };
    const [line] = (await gateway.rooms.ledger.search(query)).entries;
    expect(line?.record).toMatchObject({ outcome: 4, agent: { id: 'partner-huisarts' } });
  });
});

describe('a token for a time and a period', () => {
  const moment = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const linesOf = async (more: object, query = '?_count=200') => {
    const asker = await auditorOf(HOSPITAL.id, more);
    return gateway.ask(`/fhir/r4/AuditEvent${query}`, { token: asker });
  };

  it('shows the lines of that period, whatever dates are asked for', async () => {
    const around = (await linesOf({ from: moment(-1), until: moment(1) })).json();
    expect(around.entry.length).toBeGreaterThan(2);
    const before = { from: moment(-9), until: moment(-1) };
    expect((await linesOf(before)).json().entry).toBeUndefined();
    expect((await linesOf(before, '?date=ge2020-01-01')).json().entry).toBeUndefined();
    expect((await linesOf({ from: moment(1) }, '?date=ge2020-01-01')).json().entry).toBeUndefined();
    const [first] = around.entry;
    const path = new URL(first.fullUrl).pathname;
    const asker = await auditorOf(HOSPITAL.id, before);
    expect((await gateway.ask(path, { token: asker })).statusCode).toBe(404);
  });

  it('keeps its period over the pages', async () => {
    const first = (await ask('?_count=1')).json();
    const next = first.link.find((link: { relation: string }) => link.relation === 'next').url;
    const asker = await auditorOf(HOSPITAL.id, { until: moment(-1) });
    const answer = await gateway.ask(next.slice('https://gateway.test.example'.length), {
      token: asker,
    });
    expect(answer.json().entry).toBeUndefined();
  });

  it('is over at its end, and writes the reason down until then', async () => {
    expect((await linesOf({ ends: moment(-1) })).statusCode).toBe(401);
    expect((await linesOf({ ends: moment(1), reason: 'Klacht 2026-14' })).statusCode).toBe(200);
    const query = { organisation: HOSPITAL.id, event: 'log-search' };
    const [line] = (await gateway.rooms.ledger.search(query)).entries;
    expect(line?.record.detail).toMatchObject({ reason: 'Klacht 2026-14' });
  });
});
