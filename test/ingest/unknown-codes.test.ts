/** Local codes that nobody translated: counted, and waiting where a sender's file says so. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDeliveries, deliveryFindings } from '../../src/ingest/index.ts';
import { clearWaiting, waitingOf } from '../../src/ingest/waiting-items.ts';
import { type Gateway, HOSPITAL, openGateway } from '../support/gateway.ts';
import {
  entry,
  observation,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-codes-'));
const SYSTEM = 'https://lab.proef.example/codes';
let gateway: Gateway;
let number = 220;

beforeAll(async () => {
  gateway = await openGateway({ config: (config) => ({ ...config, sendersDir: folder }) });
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});

const translation = `{ '${SYSTEM}|LAB-GLU-X': [{ system: http://loinc.org, code: 14749-6 }] }`;

/** The next look at the file is a second later. */
async function senderFile(text: string): Promise<void> {
  writeFileSync(join(folder, 'epd-proef.yaml'), text);
  await new Promise((done) => setTimeout(done, 1_050));
}

const local = (name: string, one: Person) => ({
  ...observation(name, urn(`p${one.bsn}`)),
  code: { coding: [{ system: SYSTEM, code: 'LAB-GLU-X' }], text: 'Glucose' },
});

function twenty(one: Person, unknown: number) {
  const items = Array.from({ length: 20 }, (_none, at) => {
    const name = `${one.bsn}-${at}`;
    const made = at < unknown ? local(name, one) : { ...observation(name, urn(`p${one.bsn}`)) };
    return entry(urn(name), made);
  });
  return transaction([entry(urn(`p${one.bsn}`), patientOf(one)), ...items], `b${one.bsn}`);
}

async function stored(one: Person) {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const epoch = await store.epoch(database, vault);
  const { rows } = await store.candidates(database, { vault, epoch, types: ['Observation'] });
  return rows;
}

function somebody(): Person {
  number += 1;
  return person(number);
}

async function gaps() {
  const token = await gateway.token('epd-proef');
  return (await gateway.ask('/intake/epd-proef/gaps', { token })).json().items;
}

describe('a local code without translation', () => {
  it('is kept and counted where the file of the sender says nothing', async () => {
    await senderFile(`localSystems: ['${SYSTEM}']\n`);
    const one = somebody();
    const answer = await gateway.send('epd-proef', twenty(one, 3));
    expect(answer.statusCode).toBe(200);
    expect(await stored(one)).toHaveLength(20);
    expect(await gaps()).toEqual([
      expect.objectContaining({ system: SYSTEM, code: 'LAB-GLU-X', seen: 3 }),
    ]);
  });

  it('waits item by item, and appears once after the mend and a replay', async () => {
    await senderFile(`localSystems: ['${SYSTEM}']\nunknownCodes: hold-item\n`);
    const one = somebody();
    const bundle = twenty(one, 1);
    const answer = await gateway.send('epd-proef', bundle);
    expect(answer.statusCode).toBe(202);
    expect(answer.body).toContain('unknown-local-code');
    expect(await stored(one)).toHaveLength(19);
    const vault = await vaultOf(gateway, one);
    expect(await waitingOf(gateway.rooms.database, vault)).toEqual([
      expect.objectContaining({ custodian: HOSPITAL.id, items: 1 }),
    ]);
    await senderFile(
      `localSystems: ['${SYSTEM}']\nunknownCodes: hold-item\ncodes: ${translation}\n`,
    );
    const token = await gateway.token('epd-proef');
    const url = `/intake/epd-proef/quarantine/${String(answer.headers.location).split('/').at(-1)}/replay`;
    const replayed = await gateway.ask(url, { token, method: 'POST' });
    expect(replayed.statusCode).toBe(200);
    expect(replayed.json()).toMatchObject({ state: 'accepted', reasons: [] });
    const rows = await stored(one);
    expect(rows).toHaveLength(20);
    expect(rows.every((row) => row.version === 1)).toBe(true);
    const mended = rows
      .map((row) => JSON.parse(row.bytes.toString('utf8')))
      .find((row) => row.code.coding[0].code === 'LAB-GLU-X');
    expect(mended.code.coding).toEqual([
      { system: SYSTEM, code: 'LAB-GLU-X' },
      { system: 'http://loinc.org', code: '14749-6' },
    ]);
    expect(mended.effectiveDateTime).toBe(
      (observation('x', 'y') as { effectiveDateTime: string }).effectiveDateTime,
    );
    expect(await waitingOf(gateway.rooms.database, vault)).toEqual([]);
  });

  it('makes the whole message wait where the file says so', async () => {
    await senderFile(`localSystems: ['${SYSTEM}']\nunknownCodes: hold-message\n`);
    const one = somebody();
    const answer = await gateway.send('epd-proef', twenty(one, 1));
    expect(answer.statusCode).toBe(202);
    expect(await stored(one)).toEqual([]);
    const vault = await vaultOf(gateway, one);
    expect((await waitingOf(gateway.rooms.database, vault))[0]?.items).toBe(21);
  });

  it('waits no more, for nobody, once its sender took the message back', async () => {
    await senderFile(`localSystems: ['${SYSTEM}']\nunknownCodes: hold-item\n`);
    const one = somebody();
    const answer = await gateway.send('epd-proef', twenty(one, 2));
    const { database, store, keyring } = gateway.rooms;
    const vault = await vaultOf(gateway, one);
    expect((await waitingOf(database, vault))[0]?.items).toBe(2);
    const id = String(answer.headers.location).split('/').at(-1) ?? '';
    const checked = () => deliveryFindings(database, createDeliveries(store, keyring));
    expect(await checked()).toEqual([]);
    await database.transaction((tx) => clearWaiting(tx, id));
    expect(await waitingOf(database, vault)).toEqual([]);
    // Of a message that was not taken back, db:check names that.
    expect(await checked()).toMatchObject([{ fault: 'delivery', id }]);
  });

  it('is counted once for a delivery, however often that is sent or tried again', async () => {
    await senderFile(`localSystems: ['${SYSTEM}']\nunknownCodes: hold-item\n`);
    const before = (await gaps())[0].seen;
    const bundle = twenty(somebody(), 2);
    const answers = await Promise.all([1, 2, 3].map(() => gateway.send('epd-proef', bundle)));
    const id = String(answers[0]?.headers.location).split('/').at(-1);
    const token = await gateway.token('epd-proef');
    const url = `/intake/epd-proef/quarantine/${id}/replay`;
    expect((await gateway.ask(url, { token, method: 'POST' })).statusCode).toBe(202);
    expect((await gaps())[0].seen).toBe(before + 2);
  });
});
