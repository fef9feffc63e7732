/**
 * A mapping is mended and what waited is tried again (capabilities B5): each item appears once, at
 * its own clinical time, whoever tries it how often, and whatever came or was taken back meanwhile.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitingOf } from '../../src/ingest/index.ts';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { type Person, person, vaultOf } from '../support/people.ts';

const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-mended-'));
const file = join(folder, 'epd-proef.yaml');
let gateway: Gateway;
let number = 30;

beforeAll(async () => {
  writeFileSync(file, 'unknownCodes: hold-item\n');
  gateway = await openGateway({ config: (config) => ({ ...config, sendersDir: folder }) });
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});

interface Result {
  readonly id: string;
  /** Day of March 2026. */
  readonly day: string;
  readonly order?: string;
  readonly value?: string;
  readonly status?: string;
  readonly code?: string;
}

function report(one: Person, { id, day, value = '5.1', status = 'F', ...of }: Result): string {
  const { order = `O${id}`, code = 'GLU-X^Glucose^L' } = of;
  const at = `202603${day}080000+0100`;
  return [
    `MSH|^~\\&|LAB|PROEF|G|R|${at}||ORU^R01|${id}|P|2.5|||||||UNICODE UTF-8`,
    `PID|1||${one.bsn}^^^NLMINBIZA^NNNLD||${one.family}^Test||19700301|F`,
    `OBR|1||${order}|PANEL^Bloed^LN|||${at}|||||||||||||||${at}|||F`,
    `OBX|1|NM|2823-3^Kalium^LN||4.2|mmol/L|||||F|||${at}`,
    `OBX|2|NM|${code}||${value}|mmol/L|||||${status}|||${at}`,
  ].join('\r');
}

async function send(one: Person, result: Result): Promise<{ id: string; state: string }> {
  const mediaType = 'application/hl7-v2';
  const answer = await gateway.send('epd-proef', report(one, result), { path: '', mediaType });
  expect(answer.statusCode, answer.body).toBeLessThan(300);
  return answer.json();
}

async function post(path: string) {
  const token = await gateway.token('epd-proef');
  const answer = await gateway.ask(`/intake/epd-proef/${path}`, { token, method: 'POST' });
  expect([200, 202, 503], answer.body).toContain(answer.statusCode);
  return answer.json();
}

const replay = (id: string) => post(`quarantine/${id}/replay`);

async function mend(code = 'GLU-X'): Promise<void> {
  const known = `codes: { "L|${code}": [{ system: http://loinc.org, code: 14749-6 }] }\n`;
  writeFileSync(file, `unknownCodes: hold-item\n${known}`);
  await new Promise((done) => setTimeout(done, 1_050));
}

async function unmend(): Promise<void> {
  writeFileSync(file, 'unknownCodes: hold-item\n');
  await new Promise((done) => setTimeout(done, 1_050));
}

/** Every version of the results of glucose that stand with this person, as time and value. */
async function glucose(one: Person, olderToo = false): Promise<string[]> {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const { rows } = await store.candidates(database, { vault, types: ['Observation'], olderToo });
  return rows
    .map((row) => JSON.parse(row.bytes.toString('utf8')))
    .filter(({ code }) => JSON.stringify(code).includes('GLU-X'))
    .map((it) => {
      const value = String(it.valueQuantity?.value ?? '-');
      return `${it.effectiveDateTime.slice(8, 10)} ${value} ${it.status}`;
    })
    .toSorted();
}

const somebody = () => {
  number += 1;
  return person(number);
};
const waits = async (one: Person) =>
  (await waitingOf(gateway.rooms.database, await vaultOf(gateway, one)))[0]?.items ?? 0;

it('an item appears once at its own time, tried by several at once beside new deliveries', async () => {
  await unmend();
  const one = somebody();
  const { id, state } = await send(one, { id: 'a1', day: '01' });
  expect(state).toBe('held');
  expect(await glucose(one)).toEqual([]);
  expect(await waits(one)).toBe(1);
  await replay(id);
  expect(await glucose(one), 'nothing was mended').toEqual([]);
  await mend();
  await Promise.all([
    ...Array.from({ length: 4 }, () => replay(id)),
    post('quarantine/replay'),
    send(one, { id: 'a2', day: '03', value: '6.2' }),
    send(one, { id: 'a3', day: '02', value: '7.3' }),
  ]);
  await replay(id);
  const all = ['01 5.1 final', '02 7.3 final', '03 6.2 final'];
  expect(await glucose(one)).toEqual(all);
  expect(await glucose(one, true), 'no second version of any').toEqual(all);
  expect(await waits(one)).toBe(0);
});

it.each([
  ['in their order', [0, 1]],
  ['the other way round', [1, 0]],
])('two messages about one result, tried again %s: the later one counts', async (_name, order) => {
  await unmend();
  const one = somebody();
  const result = { order: `W${one.bsn}` };
  const [first, second] = [
    await send(one, { ...result, id: `b1${one.bsn}`, day: '01', value: '5.1', status: 'P' }),
    await send(one, { ...result, id: `b2${one.bsn}`, day: '02', value: '9.9', status: 'C' }),
  ];
  await mend();
  for (const at of order) await replay([first, second][at]?.id ?? '');
  expect(await glucose(one)).toEqual(['02 9.9 corrected']);
  expect(await waits(one)).toBe(0);
});

it('what was taken back while it waited stays gone', async () => {
  await unmend();
  const one = somebody();
  const order = `R${one.bsn}`;
  const { id } = await send(one, { id: `c1${one.bsn}`, day: '01', order });
  await send(one, { id: `c2${one.bsn}`, day: '02', order, value: '', status: 'D' });
  await mend();
  await Promise.all([replay(id), post('quarantine/replay')]);
  expect((await glucose(one)).filter((it) => !it.endsWith('entered-in-error'))).toEqual([]);
  await replay(id);
  expect((await glucose(one)).filter((it) => !it.endsWith('entered-in-error'))).toEqual([]);
  expect(await waits(one)).toBe(0);
});

it('what was taken back after it was mended is not brought back by trying again', async () => {
  await unmend();
  const one = somebody();
  const order = `S${one.bsn}`;
  const { id } = await send(one, { id: `d1${one.bsn}`, day: '01', order });
  await mend();
  await replay(id);
  expect(await glucose(one)).toEqual(['01 5.1 final']);
  await send(one, { id: `d2${one.bsn}`, day: '02', order, value: '', status: 'D' });
  await replay(id);
  const [only, ...more] = await glucose(one);
  expect(more).toEqual([]);
  expect(only).toMatch(/entered-in-error$/);
});

it('a mapping that is broken again holds new messages, and leaves what stands', async () => {
  await mend();
  const one = somebody();
  await send(one, { id: `e1${one.bsn}`, day: '01' });
  await mend('ANDERS');
  const { id, state } = await send(one, { id: `e2${one.bsn}`, day: '02' });
  expect(state).toBe('held');
  await replay(id);
  expect(await glucose(one)).toEqual(['01 5.1 final']);
  await mend();
  expect((await replay(id)).state).toBe('accepted');
  expect(await glucose(one)).toEqual(['01 5.1 final', '02 5.1 final']);
});
