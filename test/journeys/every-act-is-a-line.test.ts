/**
 * audit.md section 12, test 1: each interaction at each door, done and refused, leaves exactly the
 * lines of section 2. What a line says is compared as event, action, outcome and whom it is about.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LedgerEntry } from '../../src/audit/index.ts';
import {
  type Gateway,
  HOSPITAL,
  OTHER_HOSPITAL,
  openGateway,
  PGO,
  PRACTICE,
} from '../support/gateway.ts';
import {
  choose,
  condition,
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
const open = person(71);
const shut = person(72);
const tokens: Record<string, string> = {};
const ids: Record<string, string> = {};

const FHIR = { 'content-type': 'application/fhir+json' };

beforeAll(async () => {
  gateway = await openGateway();
  for (const [name, one] of [
    ['open', open],
    ['shut', shut],
  ] as const) {
    const self = urn(one.bsn);
    const sent = await gateway.send(
      'epd-proef',
      transaction([
        entry(self, patientOf(one)),
        entry(urn(`o${name}`), observation(`o${name}`, self)),
        entry(urn(`c${name}`), condition(`c${name}`, self)),
      ]),
    );
    expect(sent.statusCode, sent.body).toBe(200);
    const { store, database } = gateway.rooms;
    const vault = await vaultOf(gateway, one);
    const { rows } = await store.candidates(database, {
      vault,
      epoch: await store.epoch(database, vault),
    });
    for (const { type, id } of rows) ids[`${name}/${type}`] = id;
  }
  await choose(gateway, open, [
    HOSPITALS_TO_GPS,
    { ...HOSPITALS_TO_GPS, type: 'deny', data: { level: 'type', value: 'Condition' } },
  ]);
  tokens['partner'] = await gateway.token('partner-huisarts');
  tokens['sender'] = await gateway.token('epd-proef');
  const { rooms } = gateway;
  const medmij = {
    ...{ kind: 'medmij' as const, client: PGO, aanbieder: HOSPITAL.id, services: ['48'] },
    vault: await vaultOf(gateway, open),
    ...{ consent: randomUUID(), correlationId: randomUUID() },
  } as const;
  tokens['medmij'] = (await rooms.tokens.issue(rooms.database, medmij)).token;
  const auditor = {
    ...{ kind: 'auditor' as const, client: 'desk', organisation: HOSPITAL.id },
    ...{ subject: 'fg-1', role: 'auditor' },
  } as const;
  tokens['auditor'] = (await rooms.tokens.issue(rooms.database, auditor)).token;
});
afterAll(() => gateway.close());

/** Lines that were numbered since. */
async function linesSince(size: number): Promise<LedgerEntry[]> {
  const { ledger } = gateway.rooms;
  const found: LedgerEntry[] = [];
  for await (const one of ledger.lines(new Date(0), new Date(Date.now() + 60_000))) {
    if (one.seq >= size) found.push(one);
  }
  return found;
}

interface Act {
  readonly as: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly form?: Record<string, string>;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

async function linesOf(act: Act): Promise<{ status: number; lines: string[]; all: LedgerEntry[] }> {
  const { ledger } = gateway.rooms;
  const { size } = await ledger.head();
  const answer = await gateway.ask(filled(act.url), {
    token: tokens[act.as] ?? '',
    ...(act.method ? { method: act.method } : {}),
    ...(act.form ? { form: JSON.parse(filled(JSON.stringify(act.form))) } : {}),
    ...(act.body === undefined ? {} : { body: filled(JSON.stringify(act.body)) }),
    headers: { ...(act.body === undefined ? {} : FHIR), ...act.headers },
  });
  const lines = await linesSince(size);
  return { status: answer.statusCode, lines: lines.map(inWords), all: lines };
}

const filled = (text: string): string =>
  text.replace(/\{([\w/]+)\}/g, (_all, name: string) => ids[name] ?? name);

/** `read R 0 open`: event, action, outcome, and whom it is about. */
function inWords({ record }: LedgerEntry): string {
  const { event, action, outcome, patient } = record;
  return [event, action, outcome, patient === undefined ? '-' : 'patient', record.route ?? '']
    .join(' ')
    .trim();
}

type Row = readonly [what: string, act: Omit<Act, 'as'>, status: number, lines: readonly string[]];

const observations = (id: string) => ({ patient: `Patient/${id}` });
const PATCH = { 'content-type': 'application/json-patch+json' };
const POLL = { prefer: 'respond-async', accept: 'application/fhir+json' };
const BATCH = {
  resourceType: 'Bundle',
  type: 'batch',
  entry: ['open', 'shut'].map((one) => ({
    request: { method: 'GET', url: `Observation/{${one}/Observation}` },
  })),
};

/** A partner asks about somebody who shows it all but conditions, and about one who does not. */
const looks = (base: string): Row[] => [
  ['read', { url: `${base}/Observation/{open/Observation}` }, 200, ['read R 0 patient explicit']],
  [
    'vread',
    { url: `${base}/Observation/{open/Observation}/_history/1` },
    200,
    ['vread R 0 patient explicit'],
  ],
  [
    'history',
    { url: `${base}/Observation/{open/Observation}/_history` },
    200,
    ['history-instance R 0 patient explicit'],
  ],
  [
    'history of a type',
    { url: `${base}/Observation/_history?patient={open/Patient}` },
    200,
    ['history-type R 0 patient explicit'],
  ],
  [
    'search',
    { url: `${base}/Observation?patient=Patient/{open/Patient}` },
    200,
    ['search-type E 0 patient explicit'],
  ],
  [
    'posted search',
    { url: `${base}/Observation/_search`, form: observations('{open/Patient}') },
    200,
    ['search-type E 0 patient explicit'],
  ],
  [
    '$lastn',
    { url: `${base}/Observation/$lastn?patient=Patient/{open/Patient}` },
    200,
    ['search-type E 0 patient explicit'],
  ],
  [
    '$everything',
    { url: `${base}/Patient/{open/Patient}/$everything` },
    200,
    ['search-type E 0 patient explicit'],
  ],
  [
    '$meta',
    { url: `${base}/Observation/{open/Observation}/$meta` },
    200,
    ['read R 0 patient explicit'],
  ],
  [
    'batch: a line for each',
    { url: `${base}/`, body: BATCH },
    200,
    ['read R 0 patient explicit', 'read R 4 patient none'],
  ],
  ['refused read', { url: `${base}/Condition/{open/Condition}` }, 404, ['read R 4 patient none']],
  [
    'refused search',
    { url: `${base}/Condition?patient=Patient/{open/Patient}` },
    200,
    ['search-type E 4 patient none'],
  ],
  [
    'read of who shares nothing',
    { url: `${base}/Observation/{shut/Observation}` },
    404,
    ['read R 4 patient none'],
  ],
  [
    'vread of who shares nothing',
    { url: `${base}/Observation/{shut/Observation}/_history/1` },
    404,
    ['vread R 4 patient none'],
  ],
  [
    'history of who shares nothing',
    { url: `${base}/Observation/{shut/Observation}/_history` },
    404,
    ['history-instance R 4 patient none'],
  ],
  [
    'search of who shares nothing',
    { url: `${base}/Observation?patient=Patient/{shut/Patient}` },
    200,
    ['search-type E 4 patient none'],
  ],
  [
    '$everything of who shares nothing',
    { url: `${base}/Patient/{shut/Patient}/$everything` },
    200,
    ['search-type E 4 patient none'],
  ],
  ['read of nobody', { url: `${base}/Observation/nobody` }, 404, ['read R 0 - none']],
  [
    'search of nobody',
    { url: `${base}/Observation?patient=Patient/nobody` },
    200,
    ['search-type E 0 - none'],
  ],
  ['create', { url: `${base}/Observation`, body: {} }, 405, ['refused C 4 -']],
  [
    'update',
    { url: `${base}/Observation/{open/Observation}`, method: 'PUT', body: {} },
    405,
    ['refused U 4 -'],
  ],
  [
    'patch',
    { url: `${base}/Observation/{open/Observation}`, method: 'PATCH', body: [], headers: PATCH },
    405,
    ['refused U 4 -'],
  ],
  [
    'delete',
    { url: `${base}/Observation/{open/Observation}`, method: 'DELETE' },
    405,
    ['refused D 4 -'],
  ],
];

const writes = (base: string, key: string): Row[] => [
  [
    'read back',
    { url: `${base}/Observation/{open/Observation}` },
    200,
    ['read R 0 patient sender'],
  ],
  [
    'search',
    { url: `${base}/Observation?patient=Patient/{open/Patient}` },
    200,
    ['search-type E 0 patient sender'],
  ],
  [
    'create',
    { url: `${base}/Observation`, body: observation(key, 'Patient/{open/Patient}') },
    201,
    ['create C 0 patient sender'],
  ],
  [
    'update',
    {
      ...{ url: `${base}/Observation/{open/Observation}`, method: 'PUT' },
      body: observation('oopen', 'Patient/{open/Patient}', { id: '{open/Observation}' }),
    },
    200,
    ['update U 0 patient sender'],
  ],
  [
    'patch',
    {
      ...{ url: `${base}/Observation/{open/Observation}`, method: 'PATCH', headers: PATCH },
      body: [{ op: 'replace', path: '/status', value: 'amended' }],
    },
    200,
    ['patch U 0 patient sender'],
  ],
  [
    'delete of what is not there',
    { url: `${base}/Observation/nobody`, method: 'DELETE' },
    204,
    ['delete D 4 - sender'],
  ],
];

const MEDMIJ = '/medmij/ziekenhuisproef/48/fhir';
const app: Row[] = [
  [
    'read',
    { url: `${MEDMIJ}/Observation/{open/Observation}` },
    200,
    ['read R 0 patient own-right'],
  ],
  ['search', { url: `${MEDMIJ}/Observation` }, 200, ['search-type E 0 patient own-right']],
  ['$lastn', { url: `${MEDMIJ}/Observation/$lastn` }, 200, ['search-type E 0 patient own-right']],
  [
    'history of a type',
    { url: `${MEDMIJ}/Observation/_history` },
    200,
    ['history-type R 0 patient own-right'],
  ],
  [
    'read of another person',
    { url: `${MEDMIJ}/Observation/{shut/Observation}` },
    404,
    ['read R 0 patient none'],
  ],
];

const desk: Row[] = [
  ['search', { url: '/fhir/r4/AuditEvent' }, 200, ['log-search E 0 -']],
  ['read', { url: '/fhir/r4/AuditEvent/0' }, 200, ['log-read E 0 -']],
  ['read of nothing', { url: '/fhir/r4/AuditEvent/999999' }, 404, ['log-read E 0 -']],
];

async function expectLines(as: string, [, act, status, expected]: Row): Promise<void> {
  const found = await linesOf({ as, ...act });
  expect(found.status).toBe(status);
  expect(found.lines.toSorted()).toEqual([...expected].sort());
}

describe.each(['r4', 'stu3'])('at the door of partners (%s)', (version) => {
  const base = `/fhir/${version}`;
  it.each(looks(base))('a partner: %s', (...row) => expectLines('partner', row));
  it.each(writes(base, `new-${version}`))('a sender: %s', (...row) => expectLines('sender', row));

  it('an export is a line of its own, when it is made', async () => {
    const { ledger } = gateway.rooms;
    const { size } = await ledger.head();
    // It may be made before the answer to who asked for it is looked at.
    await linesOf({ as: 'partner', url: `${base}/Patient/{open/Patient}/$export`, headers: POLL });
    await vi.waitFor(
      async () => expect((await linesSince(size)).map(inWords)).toEqual([EXPORTED]),
      { timeout: 20_000, interval: 100 },
    );
  });
});

const EXPORTED = 'export E 0 patient explicit';

describe('at the other doors', () => {
  it.each(app)('an app: %s', (...row) => expectLines('medmij', row));
  it.each(desk)('an auditor: %s', (...row) => expectLines('auditor', row));

  it.each(['partner', 'sender', 'medmij'])('a %s who asks for the log', (as) =>
    expectLines(as, ['', { url: '/fhir/r4/AuditEvent' }, 403, ['log-search E 4 -']]),
  );
});

describe('a refused attempt', () => {
  it('is shown to the person with the reason, to who asked as no answer, and to no other', async () => {
    const url = '/fhir/r4/Observation?patient=Patient/{shut/Patient}';
    const { all } = await linesOf({ as: 'partner', url });
    const seq = all[0]?.seq ?? -1;
    const { ledger } = gateway.rooms;
    const { entries } = await ledger.ofPatient(await vaultOf(gateway, shut));
    const line = entries.find((one) => one.seq === seq)?.record;
    expect(line).toMatchObject({ outcome: 4, reason: 'nothing-on-record' });
    expect(line?.holders ?? []).toEqual([]);
    const asker = await ledger.byId(seq, PRACTICE.id);
    expect(asker?.record).toMatchObject({ outcome: 0, released: 0, route: 'none' });
    expect(asker?.masked).toBe(true);
    for (const name of ['reason', 'holders', 'patient', 'epoch', 'inputsHash', 'basis']) {
      expect(asker?.record).not.toHaveProperty(name);
    }
    expect(await ledger.byId(seq, OTHER_HOSPITAL.id)).toBeUndefined();
    const refused = await ledger.search({ organisation: PRACTICE.id, refused: true });
    expect(refused.entries.map((one) => one.seq)).not.toContain(seq);
  });
});
