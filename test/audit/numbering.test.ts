/**
 * Writing to the ledger: durable and numbered before the answer, whoever writes and whatever
 * breaks.
 */
import { randomUUID } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Ledger, openLedger, type PendingEntry } from '../../src/audit/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { refusedEvent, searchEvent, type TestLedger, testLedger } from './ledgers.ts';

const open: TestLedger[] = [];
async function fresh(): Promise<TestLedger> {
  const made = await testLedger();
  open.push(made);
  return made;
}
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function second({
  db,
  keyring,
}: TestLedger): Promise<{ ledger: Ledger; close(): Promise<void> }> {
  const database = openDatabase({
    url: db.url,
    poolSizeMax: 4,
    statementMsMax: 10_000,
    namedStatements: true,
  });
  const ledger = await openLedger({ database, keyring, clock: systemClock });
  return {
    ledger,
    async close() {
      await ledger.close();
      await database.close();
    },
  };
}

/** A line to the database that can be cut, as a network does. */
async function cuttableLine(url: string): Promise<{ url: string; cut(): Promise<void> }> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port || 5432), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const near = new URL(url);
  near.hostname = '127.0.0.1';
  near.port = String((server.address() as AddressInfo).port);
  return {
    url: near.href,
    async cut() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('record', () => {
  it('numbers from zero without a gap, in the order of the events', async () => {
    const { ledger } = await fresh();
    const first = await ledger.record([searchEvent(), searchEvent()]);
    const next = await ledger.record([searchEvent()]);
    expect([...first, ...next].map(({ seq }) => seq)).toEqual([0, 1, 2]);
    expect(first[0]?.leafHash).toMatch(/^[0-9a-f]{64}$/);
    expect((await ledger.head()).size).toBe(3);
  });

  it('gives callers side by side one number each, over the edge of a kept subtree', async () => {
    const { ledger } = await fresh();
    const patients = range(7).map(() => randomUUID());
    const made = await Promise.all(
      range(600).map((at) => ledger.record([searchEvent(patients[at % 7])])),
    );
    expect(made.map(([one]) => one?.seq).sort((a, b) => Number(a) - Number(b))).toEqual(range(600));
    expect(await ledger.verify()).toMatchObject({ ok: true, size: 600, findings: [] });
  });

  it('never goes back in time, even when the clock does', async () => {
    const { db, keyring } = await fresh();
    let now = new Date('2026-03-10T09:00:00Z');
    const ledger = await openLedger({ database: db.database, keyring, clock: () => now });
    const patient = randomUUID();
    const at = new Date(Date.now() + 3_600_000);
    now = at;
    await ledger.record([searchEvent(patient)]);
    now = new Date(at.getTime() - 3_600_000);
    await ledger.record([searchEvent(patient)]);
    const { entries } = await ledger.ofPatient(patient);
    expect(entries.map(({ recorded }) => recorded)).toEqual([at.toISOString(), at.toISOString()]);
    expect(entries.map(({ record }) => record.at)).toEqual([now.toISOString(), at.toISOString()]);
    await ledger.record([searchEvent(patient)]);
    await ledger.close();
    const { rows } = await db.database.query(
      `select event from ledger_entry where event = 'clock-step'`,
    );
    expect(rows, 'a line for the step, and one only').toHaveLength(1);
  });

  it('is busy, and answers nothing, while the line to the database is cut', async () => {
    const made = await fresh();
    const line = await cuttableLine(made.db.url);
    const database = openDatabase({
      url: line.url,
      poolSizeMax: 2,
      statementMsMax: 5_000,
      namedStatements: true,
    });
    const ledger = await openLedger({ database, keyring: made.keyring, clock: systemClock });
    await ledger.record([searchEvent()]);
    await line.cut();
    await expect(ledger.record([searchEvent()])).rejects.toMatchObject({ kind: 'busy' });
    await expect(ledger.record([searchEvent()])).rejects.toMatchObject({ kind: 'busy' });
    await ledger.close();
    await database.close();
    expect((await made.ledger.head()).size).toBe(1);
  });

  it('is busy while the head is locked for too long, and goes on afterwards', async () => {
    const made = await fresh();
    const database = openDatabase({
      url: made.db.url,
      poolSizeMax: 4,
      statementMsMax: 300,
      namedStatements: true,
    });
    const ledger = await openLedger({ database, keyring: made.keyring, clock: systemClock });
    const blocker = await made.db.database.connect();
    await blocker.query('begin');
    await blocker.query('select 1 from ledger_head for update');
    await expect(ledger.record([searchEvent()])).rejects.toMatchObject({ kind: 'busy' });
    await blocker.query('rollback');
    blocker.release();
    await expect(ledger.record([searchEvent()])).resolves.toMatchObject([{ seq: 0 }]);
    expect(await ledger.verify()).toMatchObject({ ok: true });
    await ledger.close();
    await database.close();
  });
});

describe('write', () => {
  it('commits with what it is about, and is numbered after that', async () => {
    const { ledger, db } = await fresh();
    const pending = await db.database.transaction(async (tx) => [
      await ledger.write(tx, searchEvent()),
      await ledger.write(tx, searchEvent()),
    ]);
    expect((await ledger.head()).size).toBe(0);
    const places = await ledger.numbered(pending);
    expect(places.map(({ seq }) => seq)).toEqual([0, 1]);
    expect(await ledger.numbered(pending)).toEqual(places);
    expect(await ledger.verify()).toMatchObject({ ok: true, size: 2 });
  });

  it('leaves nothing when the transaction is rolled back, and has no number', async () => {
    const { ledger, db } = await fresh();
    let pending: PendingEntry | undefined;
    await db.database
      .transaction(async (tx) => {
        pending = await ledger.write(tx, searchEvent());
        throw new Error('changed my mind');
      })
      .catch(() => undefined);
    if (!pending) throw new Error('nothing was written');
    await expect(ledger.numbered(pending)).rejects.toMatchObject({ kind: 'fault' });
    await ledger.record([searchEvent()]);
    expect(await ledger.verify()).toMatchObject({ ok: true, size: 1 });
  });

  it('is numbered by the next ledger that opens when the gateway dies first', async () => {
    const made = await fresh();
    const patient = randomUUID();
    await made.db.database.transaction((tx) => made.ledger.write(tx, searchEvent(patient)));
    await made.ledger.record([searchEvent()]);
    const other = await second(made);
    expect((await other.ledger.ofPatient(patient)).entries).toHaveLength(1);
    expect(await other.ledger.verify()).toMatchObject({ ok: true, size: 2 });
    await other.close();
  });

  it('is numbered once when a sweep and its own caller want to at the same moment', async () => {
    const made = await fresh();
    const other = await second(made);
    const pending = await made.db.database.transaction(async (tx) => {
      const written: PendingEntry[] = [];
      for (const _at of range(20)) written.push(await made.ledger.write(tx, searchEvent()));
      return written;
    });
    const until = new Date(Date.now() + 1_000);
    const [places] = await Promise.all([
      made.ledger.numbered(pending),
      other.ledger.sweep(until),
      made.ledger.sweep(until),
      made.ledger.numbered(pending.slice(0, 5)),
    ]);
    expect(new Set(places.map(({ seq }) => seq)).size).toBe(20);
    expect(await made.ledger.verify()).toMatchObject({ ok: true, size: 20 });
    await other.close();
  });
});

describe('two gateways on one database', () => {
  it('number side by side without a gap or a double, and the tree verifies', async () => {
    const made = await fresh();
    const other = await second(made);
    const patients = range(5).map(() => randomUUID());
    const one = async (ledger: Ledger, at: number) => {
      const event = searchEvent(patients[at % 5]);
      if (at % 3 > 0) return ledger.record([event, refusedEvent(patients[at % 4] ?? '')]);
      const pending = await made.db.database.transaction((tx) => ledger.write(tx, event));
      return ledger.numbered(pending);
    };
    const places = await Promise.all(
      range(300).flatMap((at) => [one(made.ledger, at), one(other.ledger, at)]),
    );
    const seqs = places.flat().map(({ seq }) => seq);
    expect(seqs.sort((a, b) => a - b)).toEqual(range(seqs.length));
    expect(await other.ledger.verify()).toMatchObject({
      ok: true,
      size: seqs.length,
      findings: [],
    });
    for (const patient of patients) {
      expect(await made.ledger.ofPatient(patient)).toMatchObject({ complete: true });
    }
    await other.close();
  });
});

describe('the tables', () => {
  it.each([
    'update ledger_entry set event = event',
    'delete from ledger_entry',
    'update ledger_leaf set hash = hash',
    'delete from ledger_leaf',
    'truncate ledger_leaf',
    'delete from ledger_head',
    'delete from ledger_patient',
    'delete from ledger_key',
    'update ledger_subtree set hash = hash',
  ])('refuse the gateway: %s', async (sql) => {
    const { db } = await fresh();
    await expect(db.database.query(sql)).rejects.toMatchObject({ code: '42501' });
  });
});
