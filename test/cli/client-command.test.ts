/** `zorgsluis organisation …` and `partner …`: a partner from nothing, and slips of an operator. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { partnerCommand } from '../../src/cli/client-command.ts';
import { organisationCommand } from '../../src/cli/organisation-command.ts';
import type { Command } from '../../src/cli.ts';
import { createClients, newKeyring } from '../../src/identity/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

const folder = mkdtempSync(join(tmpdir(), 'clients-'));
let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
  put('keys.json', newKeyring({ demo: true, name: 'test.example/audit' }));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await db.close();
});

function put(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

async function run(command: Command, ...args: string[]) {
  const said: string[] = [];
  const variables = { DATABASE_URL: db.url, KEY_FILE: join(folder, 'keys.json') };
  const say = (text: string) => void said.push(text);
  const code = await command({ args, variables, out: say, err: say });
  return { code, said: said.join('') };
}

const key = (kid: string) => ({ kty: 'EC', crv: 'P-256', x: 'a', y: 'b', kid });
const partner = (more = {}) => ({
  ...{ id: 'his-nieuw', name: 'HIS Nieuwland', ura: '90009901', keys: [key('k1'), key('k2')] },
  ...more,
});
const stored = () => createClients(db.database).byId('his-nieuw');

describe('a partner', () => {
  it('comes in: an organisation of a region first, then its system', async () => {
    const practice = { name: 'Praktijk Nieuwland', ura: '90009901', type: 'Z3' };
    const file = put('org.json', { ...practice, regions: [{ id: 'noord' }] });
    expect(await run(partnerCommand, 'add', put('p.json', partner())).catch(String)).toContain(
      'not registered',
    );
    expect((await run(organisationCommand, 'add', file)).code).toBe(0);
    expect(await run(partnerCommand, 'add', put('p.json', partner()))).toEqual({
      code: 0,
      said: 'his-nieuw: active, 2 keys.\n',
    });
  });

  it('keeps a key that was not the one named, and says so', async () => {
    const gone = await run(partnerCommand, 'key', 'remove', 'his-nieuw', 'K1');
    expect(gone).toEqual({ code: 1, said: 'There is no key K1.\n' });
    expect((await stored())?.keys).toHaveLength(2);
    expect((await run(partnerCommand, 'key', 'remove', 'his-nieuw', 'k1')).code).toBe(0);
    expect((await stored())?.keys.map(({ kid }) => kid)).toEqual(['k2']);
  });

  it('is suspended, whatever else is changed at the same moment', async () => {
    const files = ['k10', 'k11', 'k12', 'k13'].map((kid) => put(`${kid}.json`, key(kid)));
    const [first = '', second = '', ...more] = files;
    const add = (file: string) => run(partnerCommand, 'key', 'add', 'his-nieuw', file);
    const all = [add(first), add(second), run(partnerCommand, 'suspend', 'his-nieuw')];
    const codes = (await Promise.all([...all, ...more.map(add)])).map(({ code }) => code);
    expect(codes).toEqual([0, 0, 0, 0, 0]);
    const left = await stored();
    expect(left?.status).toBe('suspended');
    expect(left?.keys.map(({ kid }) => kid).toSorted()).toEqual(['k10', 'k11', 'k12', 'k13', 'k2']);
    await run(partnerCommand, 'resume', 'his-nieuw');
    for (const kid of ['k10', 'k11', 'k12', 'k13']) {
      await run(partnerCommand, 'key', 'remove', 'his-nieuw', kid);
    }
  });

  it('gives public keys only, and what else it gives is not quoted', async () => {
    const add = (name: string) =>
      run(partnerCommand, 'key', 'add', 'his-nieuw', name).then(({ said }) => said, String);
    const shared = await add(put('oct.json', { kty: 'oct', kid: 'k3', k: 'c2VjcmV0' }));
    expect(shared).toContain('k: this is a secret; give the public key');
    expect(await add(put('private.json', { ...key('k3'), d: 'c2VjcmV0' }))).toContain('secret');
    const pem = join(folder, 'key.pem');
    writeFileSync(pem, '-----BEGIN PRIVATE KEY-----');
    const said = await add(pem);
    expect(said).toContain('is no JWK');
    expect(said).not.toContain('BEGIN');
    expect((await stored())?.keys.map(({ kid }) => kid)).toEqual(['k2']);
  });

  it('that was suspended stays so when something else of it changes', async () => {
    expect((await run(partnerCommand, 'suspend', 'his-nieuw')).code).toBe(0);
    const renamed = put('p.json', partner({ name: 'HIS Nieuw', keys: [key('k2')] }));
    expect((await run(partnerCommand, 'change', renamed)).code).toBe(0);
    expect(await stored()).toMatchObject({ name: 'HIS Nieuw', status: 'suspended' });
    const said = put('p.json', partner({ status: 'active' }));
    await run(partnerCommand, 'change', said);
    expect((await stored())?.status).toBe('active');
  });
});
