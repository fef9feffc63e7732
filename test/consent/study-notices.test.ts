/** A study hears at once that somebody left, by the name that it knows, and of nobody else. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
  withdraw,
} from '../support/people.ts';
import { addStudies, HEART_STUDY, runStudy, tokenOf, toResearch } from '../support/studies.ts';

let gateway: Gateway;
let system: Server;
let status = 204;
const heard: { url: string; body: Record<string, unknown> }[] = [];
const [leaving, staying, locking, other] = [221, 222, 223, 224].map((number) => person(number)) as [
  Person,
  Person,
  Person,
  Person,
];
const given = new Map<Person, string[]>();

beforeAll(async () => {
  gateway = await openGateway();
  await addStudies(gateway);
  system = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      if (status < 300) heard.push({ url: request.url ?? '', body: JSON.parse(body) });
      response.statusCode = status;
      response.end();
    });
  });
  await new Promise<void>((resolve) => system.listen(0, '127.0.0.1', resolve));
  const { clients, database } = gateway.rooms;
  const client = await clients.byId(`partner-${HEART_STUDY.ura}`);
  if (!client) throw new Error('the study is not registered');
  const { port } = system.address() as AddressInfo;
  await clients.put(database, { ...client, notificationBase: `http://127.0.0.1:${port}/hart/` });
  for (const one of [leaving, staying, locking, other]) {
    const self = urn(one.bsn);
    const entries = [
      entry(self, patientOf(one)),
      entry(urn(`c${one.bsn}`), condition(one.bsn, self)),
    ];
    expect((await gateway.send('epd-proef', transaction(entries))).statusCode).toBe(200);
  }
  for (const one of [leaving, locking]) {
    given.set(one, await choose(gateway, one, [toResearch(HEART_STUDY)]));
  }
  given.set(staying, await choose(gateway, staying, [toResearch(HEART_STUDY), toResearch()]));
  await runStudy(gateway, await tokenOf(gateway, HEART_STUDY));
});
afterAll(async () => {
  await gateway.close();
  system.close();
});
beforeEach(() => {
  status = 204;
  heard.length = 0;
});

const deliver = () => gateway.rooms.consent.studyNotices?.deliver();
const waiting = async () =>
  (await gateway.rooms.database.query<{ sealed: Buffer }>('select * from study_notice')).rows;
const taken = () =>
  vi.waitFor(async () => {
    await deliver();
    expect(await waiting()).toEqual([]);
  });

describe('who leaves a study', () => {
  it('is told at once to it, under its own name for this person, and stands in the log', async () => {
    const vault = await vaultOf(gateway, leaving);
    await withdraw(gateway, leaving, given.get(leaving) ?? []);
    await vi.waitFor(() => expect(heard).toHaveLength(1), { timeout: 5_000 });
    const [notice] = heard;
    expect(notice?.url).toBe('/hart/Notification');
    expect(notice?.body).toMatchObject({
      kind: 'study',
      removed: [expect.stringMatching(/^[0-9a-f]{32}$/)],
    });
    expect(JSON.stringify(notice)).not.toContain(vault);
    await taken();
    const again = await runStudy(gateway, await tokenOf(gateway, HEART_STUDY));
    const { removed } = again.manifest.extension['urn:zorgsluis:study-run'];
    expect(removed).toEqual(notice?.body['removed']);
    const { entries } = await gateway.rooms.ledger.ofPatient(vault, { limit: 30 });
    const line = entries.find(({ record }) => record.detail?.['study'] === 'removal');
    expect(line?.record.holders).toEqual([HEART_STUDY.id]);
  });

  it('by a refusal of everything is told too; who still permits or never took part is not', async () => {
    const { choices } = await gateway.rooms.consent.choices.list(await vaultOf(gateway, staying));
    const ofHeart = choices.filter(({ rule }) => rule.recipient.level === 'org');
    await withdraw(
      gateway,
      staying,
      ofHeart.map(({ rule }) => rule.id),
    );
    // After the last run: never in what the study has.
    await withdraw(gateway, other, await choose(gateway, other, [toResearch(HEART_STUDY)]));
    const { purpose: _purpose, ...all } = toResearch(undefined, {
      type: 'deny',
      recipient: { level: 'org', value: HEART_STUDY.id },
    });
    await choose(gateway, locking, [all]);
    await taken();
    expect(heard).toHaveLength(1);
  });

  it('is told again until the study takes it, and the row tells nobody who', async () => {
    const ids = await choose(gateway, leaving, [toResearch(HEART_STUDY)]);
    await runStudy(gateway, await tokenOf(gateway, HEART_STUDY));
    status = 503;
    await withdraw(gateway, leaving, ids.slice(-1));
    await vi.waitFor(async () => {
      await deliver();
      expect((await waiting())[0]).toMatchObject({ attempts: 1 });
    });
    const [row] = await waiting();
    const dump = `${JSON.stringify(row)}${row?.sealed.toString('latin1')}`;
    expect(dump).not.toContain(await vaultOf(gateway, leaving));
    status = 204;
    gateway.later(10);
    await taken();
    expect(heard).toHaveLength(1);
    gateway.later(0);
  });
});
