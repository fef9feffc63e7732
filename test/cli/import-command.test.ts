/** `zorgsluis import`: a folder through the way in, which can be broken off and run again. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importFolder } from '../../src/cli/import-command.ts';
import type { Sender } from '../../src/ingest/index.ts';
import { type Gateway, HOSPITAL, openGateway } from '../support/gateway.ts';
import { entry, observation, patientOf, person, transaction, urn } from '../support/people.ts';

const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-import-'));
let gateway: Gateway;
let sender: Sender;

beforeAll(async () => {
  gateway = await openGateway();
  const client = await gateway.rooms.clients.byId('epd-proef');
  if (!client) throw new Error('no sender');
  const overlay = gateway.rooms.senders.overlayOf('epd-proef', 'epd-proef');
  sender = { client, organisation: HOSPITAL, overlay };
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});

const one = person(1);
const message = (key: string) =>
  JSON.stringify(
    transaction(
      [entry(urn('p'), patientOf(one)), entry(urn(key), observation(key, urn('p')))],
      key,
    ),
  );

const rows = async (table: string) =>
  (await gateway.rooms.database.query(`select count(*)::int as n from ${table}`)).rows[0]?.['n'];

describe('importing a folder', () => {
  it('takes every file below it, names what is wrong, and goes on', async () => {
    mkdirSync(join(folder, 'later'));
    writeFileSync(join(folder, '1.json'), message('1'));
    writeFileSync(join(folder, '2.json'), '{"resourceType":"Bundle","type":"transaction"}');
    writeFileSync(join(folder, 'later', '3.json'), message('3'));
    writeFileSync(join(folder, '.hidden'), 'no message');
    const said: string[] = [];
    const counts = await importFolder(gateway.rooms.intake, sender, folder, (line) =>
      said.push(line),
    );
    expect(counts).toEqual({ accepted: 2, held: 0, refused: 1 });
    expect(said).toEqual(['2.json: refused, empty at Bundle.entry\n']);
  });

  it('run again changes nothing', async () => {
    const before = [await rows('resource'), await rows('delivery')];
    await importFolder(gateway.rooms.intake, sender, folder, () => undefined);
    expect([await rows('resource'), await rows('delivery')]).toEqual(before);
  });
});
