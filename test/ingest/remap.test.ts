/** Everything again from the originals after a mapping changed: told first, then applied. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, HOSPITAL, openGateway } from '../support/gateway.ts';
import { person, vaultOf } from '../support/people.ts';

const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-remap-'));
const one = person(3);
let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway({ config: (config) => ({ ...config, sendersDir: folder }) });
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});

async function sender() {
  const client = await gateway.rooms.clients.byId('epd-proef');
  if (!client) throw new Error('no sender');
  const overlay = gateway.rooms.senders.overlayOf('epd-proef', 'epd-proef');
  return { client, organisation: HOSPITAL, overlay };
}

async function send(id: string, at: string, value: string): Promise<void> {
  const lines = [
    `MSH|^~\\&|LAB|PROEF|G|R|${at}||ORU^R01|${id}|P|2.5|||||||UNICODE UTF-8`,
    `PID|1||${one.bsn}^^^NLMINBIZA^NNNLD||${one.family}^Test||19700301|F`,
    `OBR|1||ORDER-1|PANEL^Bloed^L|||${at}|||||||||||||||${at}|||F`,
    `OBX|1|NM|GLU-X^Glucose^L||${value}|mmol/L|||||F|||${at}`,
  ];
  await gateway.rooms.intake.receive({
    sender: await sender(),
    channel: 'mllp',
    mediaType: 'application/hl7-v2',
    bytes: Buffer.from(lines.join('\r')),
    address: '127.0.0.1',
    requestId: id,
  });
}

async function results() {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const epoch = await store.epoch(database, vault);
  const { rows } = await store.candidates(database, { vault, epoch, types: ['Observation'] });
  return rows.map((row) => ({ row, content: JSON.parse(row.bytes.toString('utf8')) }));
}

async function mend(text: string): Promise<void> {
  writeFileSync(join(folder, 'epd-proef.yaml'), text);
  await new Promise((done) => setTimeout(done, 1_050));
}

const remap = async (apply: boolean) =>
  gateway.rooms.intake.remap(await sender(), { apply, requestId: 'remap' });

const glucose = async () => {
  const found = (await results()).find(({ content }) =>
    content.code.coding.some((coding: { code: string }) => coding.code === 'GLU-X'),
  );
  if (!found) throw new Error('no glucose');
  return found;
};

describe('mapping everything of a sender again', () => {
  beforeAll(async () => {
    await send('1', '20260301080000+0100', '5.1');
    await send('2', '20260302080000+0100', '6.2');
  });

  it('without a change finds nothing to do', async () => {
    const report = await remap(true);
    expect(report).toMatchObject({ deliveries: 2, changed: 0, added: 0, refused: 0 });
    expect(report.differences.size).toBe(0);
  });

  it('tells first where the outcome would differ, and changes nothing', async () => {
    await mend('codes: { "L|GLU-X": [{ system: http://loinc.org, code: 14749-6 }] }\n');
    const before = await glucose();
    const report = await remap(false);
    expect(report.changed).toBeGreaterThan(0);
    expect([...report.differences.keys()]).toContain('+Observation.code.coding');
    expect((await glucose()).row.version).toBe(before.row.version);
  });

  it('then makes a next version under the same id, at its clinical time', async () => {
    const before = await glucose();
    await remap(true);
    const after = await glucose();
    expect(after.row).toMatchObject({ id: before.row.id, version: before.row.version + 1 });
    expect(after.content.code.coding).toContainEqual({
      system: 'http://loinc.org',
      code: '14749-6',
    });
    expect(after.content.effectiveDateTime).toBe(before.content.effectiveDateTime);
    const lines = await gateway.rooms.ledger.search({
      organisation: HOSPITAL.id,
      event: 'remap',
    });
    expect(lines.entries).not.toHaveLength(0);
  });

  it('never undoes what a later message said', async () => {
    expect((await glucose()).content.valueQuantity.value.toString()).toBe('6.2');
  });

  it('is done: once more there is nothing left', async () => {
    expect(await remap(true)).toMatchObject({ changed: 0, added: 0 });
  });
});

describe('a message from the future', () => {
  const inAYear = new Date(Date.now() + 365 * 86_400_000).toISOString().replace(/[-:T]/g, '');

  it('counts by its arrival when it is mapped again, and the report says so', async () => {
    await send('ahead', `${inAYear.slice(0, 14)}+0000`, '7.7');
    const before = (await results()).map(({ row }) => row.sourceTime);
    expect(await remap(false)).toMatchObject({ timesAhead: 1, changed: 0, added: 0 });
    await remap(true);
    expect((await results()).map(({ row }) => row.sourceTime)).toEqual(before);
  });
});

describe('results that nobody sees yet', () => {
  it('keep their report and panel closed when they are mapped again', async () => {
    await mend('delays: { Observation/laboratory: P30D }\n');
    await send('3', '20260303080000+0100', '7.3');
    const closed = async () => {
      const { store, database } = gateway.rooms;
      const vault = await vaultOf(gateway, one);
      const epoch = await store.epoch(database, vault);
      const { rows } = await store.candidates(database, { vault, epoch });
      return rows.flatMap(({ type, facts }) =>
        facts.embargoUntil === undefined ? [] : [`${type} ${facts.embargoUntil}`],
      );
    };
    const before = await closed();
    expect(before.map((line) => line.split(' ')[0])).toContain('DiagnosticReport');
    expect(await remap(true)).toMatchObject({ changed: 0 });
    await mend(
      'delays: { Observation/laboratory: P30D }\nunits: { "mmol/L": "mmol/L" }\noff: [patient.gender]\n',
    );
    await remap(true);
    expect(await closed()).toEqual(before);
  });
});

describe('what no message makes any more', () => {
  const of = async (types: string[]) => {
    const { store, database } = gateway.rooms;
    const vault = await vaultOf(gateway, one);
    const epoch = await store.epoch(database, vault);
    return (await store.candidates(database, { vault, epoch, types })).rows;
  };
  const texts = async () =>
    (await results()).flatMap(({ content }) => content.valueString ?? []).toSorted();

  it('is told first, and then goes out of view: it comes back with its rule', async () => {
    await mend('{}\n');
    await remap(true);
    const before = await of(['DiagnosticReport']);
    expect(before.length).toBeGreaterThan(0);
    await mend('off: [report]\n');
    const told = await remap(false);
    expect(told.noLongerMade).toBe(before.length);
    expect(told.differences.get('-DiagnosticReport')).toBe(before.length);
    expect(await of(['DiagnosticReport'])).toHaveLength(before.length);
    await remap(true);
    expect(await of(['DiagnosticReport'])).toEqual([]);
    expect(await remap(true)).toMatchObject({ noLongerMade: 0, changed: 0, added: 0 });
    await mend('{}\n');
    await remap(true);
    const ids = (rows: typeof before) => rows.map(({ id }) => id).toSorted();
    const again = await of(['DiagnosticReport']);
    expect(ids(again)).toEqual(ids(before));
    expect(again.map(({ sourceTime }) => sourceTime).toSorted()).toEqual(
      before.map(({ sourceTime }) => sourceTime).toSorted(),
    );
  });

  it('leaves a letter that was stored line by line as one text', async () => {
    const at = '20260304080000+0100';
    const lines = [
      `MSH|^~\\&|LAB|PROEF|G|R|${at}||ORU^R01|letter|P|2.5|||||||UNICODE UTF-8`,
      `PID|1||${one.bsn}^^^NLMINBIZA^NNNLD||${one.family}^Test||19700301|F`,
      `OBR|1||ORDER-L|XTH^Thorax^L|||${at}|||||||||||||||${at}||RAD|F`,
      `OBX|1|TX|XTH^Thorax^L||Geen afwijkingen.||||||F|||${at}`,
      `OBX|2|TX|XTH^Thorax^L||Slank hart.||||||F|||${at}`,
    ];
    await gateway.rooms.intake.receive({
      sender: await sender(),
      channel: 'mllp',
      mediaType: 'application/hl7-v2',
      bytes: Buffer.from(lines.join('\r')),
      address: '127.0.0.1',
      requestId: 'letter',
    });
    const { store, database } = gateway.rooms;
    const vault = await vaultOf(gateway, one);
    const [letter] = (await of(['Observation'])).filter((row) =>
      row.bytes.includes('Geen afwijkingen'),
    );
    if (!letter) throw new Error('no letter');
    // As a mapping stored it that took each line for a result.
    const line = (id: string, text: string) => {
      const content = { ...JSON.parse(letter.bytes.toString('utf8')), id, valueString: text };
      const bytes = Buffer.from(JSON.stringify(content));
      return { ...letter, id, bytes, facts: { ...letter.facts, id }, tokens: [], months: [] };
    };
    const old = [line(letter.id, 'Geen afwijkingen.'), line('line-2', 'Slank hart.')];
    await database.transaction((tx) => store.putMany(tx, vault, old));
    expect(await texts()).toEqual(['Geen afwijkingen.', 'Slank hart.']);
    const told = await remap(false);
    expect(told).toMatchObject({ changed: 1, noLongerMade: 1 });
    expect([...told.differences.keys()].toSorted()).toEqual([
      '-Observation',
      '~Observation.valueString',
    ]);
    await remap(true);
    expect(await texts()).toEqual(['Geen afwijkingen.\nSlank hart.']);
    expect(await remap(true)).toMatchObject({ changed: 0, added: 0, noLongerMade: 0 });
  });

  it('keeps what another message still makes', async () => {
    const mark = (when: string) => `tables:
  - table: marks
    format: hl7v2
    rules:
      - id: mark
        each: [PATIENT]
        when: "${when}"
        resource: Flag
        key: [[PID-3.1]]
        fields:
          - { to: status, value: active }
          - { to: code.text, from: ORDER/OBR-4.2, as: text }
          - { to: subject, ref: patient }
`;
    const marks = async () => (await of(['Flag'])).map(({ deleted }) => deleted);
    await mend(mark("/MSH-10 in ('mark-1','mark-2')"));
    await send('mark-1', '20260305080000+0100', '5.1');
    await send('mark-2', '20260306080000+0100', '6.2');
    expect(await marks()).toHaveLength(1);
    // It lies there from the second, which makes it no more.
    await mend(mark("/MSH-10 = 'mark-1'"));
    expect(await remap(true)).toMatchObject({ noLongerMade: 0 });
    expect(await marks()).toHaveLength(1);
    await mend(mark("/MSH-10 = 'nobody'"));
    expect(await remap(true)).toMatchObject({ noLongerMade: 1 });
    expect(await marks()).toEqual([]);
  });
});
