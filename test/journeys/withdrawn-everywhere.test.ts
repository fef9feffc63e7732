/**
 * What was given at one gateway and withdrawn at another is gone at every route of the first at
 * once: also by a cursor, an export or a file that it handed out before. consent.md 14, D6.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildHouse, type House } from '../../src/app.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';
import { BSN_SYSTEM, type Gateway, openGateway, PUBLIC_URL } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  letter,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  withdraw,
} from '../support/people.ts';

const WEIGHTS = 12;
const someone = person(171);
const self = urn(someone.bsn);
let one: Gateway;
let other: House;
let token: string;
/** By type: the id of one of them. */
const ids = new Map<string, string>();

beforeAll(async () => {
  one = await openGateway();
  other = await buildHouse({
    ...one.rooms,
    database: openDatabase({
      ...{ url: one.db.url, poolSizeMax: 8, statementMsMax: 30_000, namedStatements: true },
    }),
    log: createLog({ level: 'silent' }),
    checkpointsDir: mkdtempSync(join(tmpdir(), 'zorgsluis-test-')),
  });
  const sent = await one.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(someone)),
      entry(urn('we/c'), condition('we/c', self)),
      ...letter('we/l', self),
      ...Array.from({ length: WEIGHTS }, (_none, at) =>
        entry(urn(`we/o${at}`), observation(`we/o${at}`, self)),
      ),
    ]),
  );
  for (const { response } of sent.json().entry) {
    const [, type = '', id = ''] = /([A-Za-z]+)\/([^/]+)\/_history/.exec(response.location) ?? [];
    ids.set(type, id);
  }
  token = await one.token('partner-huisarts');
});
afterAll(async () => {
  await other.close();
  await one.close();
});

/** At the gateway that did not hear of the withdrawal. */
const ask = (url: string, more: InjectOptions = {}) =>
  other.app.inject({
    url: url.replace(PUBLIC_URL, ''),
    ...more,
    headers: { authorization: `Bearer ${token}`, ...more.headers },
  });

const filled = (path: string) =>
  path.replace(/\{(\w+)\}/g, (_whole, type: string) => ids.get(type) ?? '');

/** How many rows of the record an answer holds, whatever its form. */
async function shown(path: string, form?: string): Promise<number> {
  const posted: InjectOptions = {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  };
  const answer = await ask(
    `/fhir/r4/${filled(path)}`,
    form === undefined ? {} : { ...posted, payload: filled(form) },
  );
  return rowsIn(answer.statusCode, answer.body);
}

function rowsIn(status: number, body: string): number {
  if (status !== 200) return 0;
  const [, total] = /"total":(\d+)/.exec(body) ?? [];
  const rows = body.match(/"resourceType":"(Patient|Condition|Observation|DocumentR)/g) ?? [];
  return Math.max(Number(total ?? 0), rows.length, body.startsWith('%PDF') ? 1 : 0);
}

const ROUTES: readonly (readonly [path: string, form?: string])[] = [
  ['Patient/{Patient}'],
  ['Condition/{Condition}'],
  ['Condition/{Condition}/_history'],
  ['Condition/{Condition}/_history/1'],
  ['Binary/{Binary}'],
  ['DocumentReference?patient={Patient}'],
  ['List?patient={Patient}&code=submissionset'],
  ['Observation?patient={Patient}'],
  ['Observation?patient={Patient}&_summary=count'],
  ['Observation?patient={Patient}&_sort=-date&_count=3&_total=accurate'],
  ['Observation/_search', `patient.identifier=${BSN_SYSTEM}|${someone.bsn}`],
  ['Patient/_search', `identifier=${BSN_SYSTEM}|${someone.bsn}`],
  ['Condition?patient={Patient}&_include=Condition:patient'],
  ['Patient?_id={Patient}&_revinclude=Condition:patient'],
  ['Patient?_id={Patient}&_has:Observation:patient:code=29463-7'],
  ['?_type=Observation,Condition&patient={Patient}'],
  ['Patient/{Patient}/*'],
  ['Patient/{Patient}/Observation'],
  ['Patient/{Patient}/$everything'],
  ['Observation/$lastn?patient={Patient}&max=1'],
  ['Observation/_history?patient={Patient}'],
  ['_history?patient={Patient}'],
];
const COUNTED = /^List/;

const nextOf = (body: string): string | undefined =>
  /"relation":"next","url":"([^"]+)"/.exec(body)?.[1];

const PAGED = [
  'Observation?patient={Patient}&_count=3',
  'Observation?patient={Patient}&_count=3&_sort=-_lastUpdated',
  'Patient/{Patient}/$everything?_count=3',
  'Observation/_history?patient={Patient}&_count=3',
];

async function manifestOf(job: string) {
  for (let turn = 0; turn < 1_000; turn += 1) {
    const answer = await ask(job);
    if (answer.statusCode !== 202) return answer;
    await sleep(20);
  }
  throw new Error('the export does not end');
}

async function startExport(): Promise<string> {
  const started = await ask(filled('/fhir/r4/Patient/{Patient}/$export'), {
    headers: { prefer: 'respond-async', accept: 'application/fhir+json' },
  });
  expect(started.statusCode, started.body).toBe(202);
  return String(started.headers['content-location']);
}

const filesOf = (body: string): string[] =>
  (JSON.parse(body).output ?? []).map(({ url }: { url: string }) => url);

describe('what is withdrawn at one gateway', () => {
  it('is gone at every route of another, and by all that it handed out', async () => {
    const choices = await choose(one, someone, [HOSPITALS_TO_GPS]);
    const before = await Promise.all(ROUTES.map((route) => shown(...route)));
    const closed = ROUTES.filter((_route, at) => before[at] === 0).map(([path]) => path);
    expect(closed.filter((path) => !COUNTED.test(path))).toEqual([]);
    const cursors = await Promise.all(
      PAGED.map(async (path) => nextOf((await ask(`/fhir/r4/${filled(path)}`)).body)),
    );
    expect(cursors.every((one) => one !== undefined)).toBe(true);
    const files = filesOf((await manifestOf(await startExport())).body);
    expect(files.length).toBeGreaterThan(2);
    const running = await startExport();

    await withdraw(one, someone, choices);

    const after = await Promise.all(ROUTES.map((route) => shown(...route)));
    expect(ROUTES.filter((_route, at) => after[at] !== 0).map(([path]) => path)).toEqual([]);
    const pages = await Promise.all(cursors.map((url) => ask(url ?? '')));
    expect(pages.map(({ statusCode, body }) => rowsIn(statusCode, body))).toEqual(
      pages.map(() => 0),
    );
    const kept = await Promise.all(files.map((url) => ask(url)));
    expect(kept.map(({ body }) => /"resourceType":"[A-NP-Z]/.test(body))).toEqual(
      files.map(() => false),
    );
    const late = filesOf((await manifestOf(running)).body);
    for (const url of late) expect(rowsIn(200, (await ask(url)).body)).toBe(0);
  });

  it('is gone for whoever asks after, with many answers under way', async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      const choices = await choose(one, someone, [HOSPITALS_TO_GPS]);
      const whole = await shown('Patient/{Patient}/$everything');
      const underWay = Array.from({ length: 20 }, () => shown('Patient/{Patient}/$everything'));
      await withdraw(one, someone, choices);
      const after = await Promise.all(
        Array.from({ length: 20 }, () => shown('Patient/{Patient}/$everything')),
      );
      expect(after.every((rows) => rows === 0)).toBe(true);
      // Under one epoch each: all of it or nothing.
      for (const rows of await Promise.all(underWay)) expect([0, whole]).toContain(rows);
    }
  });
});
