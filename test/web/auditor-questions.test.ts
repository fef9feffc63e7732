/** The auditor's saved questions, and lines to take along. audit.md sections 8 and 10. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Visitor } from '../../src/demo/client/browserless.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import { csvRow } from '../../src/web/auditor/csv-line.ts';
import { SAVED_QUESTIONS } from '../../src/web/auditor/saved-questions.ts';
import { get, loginAsStaff, newVisitor, openWebHouse, post, type WebHouse } from './web-house.ts';

const FILES = ['bewijs.json', 'logboek.csv', 'logboek.ndjson', 'logboek.pdf'];

let house: WebHouse;
let visitor: Visitor;

beforeAll(async () => {
  house = await openWebHouse();
  visitor = newVisitor();
  const own = organisation('kennemerzoom').id;
  const agent = { kind: 'professional' as const, id: '=cmd|calc', organisation: own };
  await house.door.ledger.record([
    {
      class: 'care',
      event: 'read',
      action: 'R',
      outcome: 0,
      patient: house.vault,
      agent,
      route: 'emergency',
      holders: [own],
      labels: ['PSY'],
      what: ['Observation/1@1'],
    },
    { class: 'care', event: 'read', action: 'R', outcome: 4, agent, reason: 'denied' },
  ]);
  await loginAsStaff(house, visitor, 'auditor', 'auditor-kennemerzoom');
}, 120_000);
afterAll(() => house?.close());

async function search(form: Record<string, string>) {
  const page = await get(house, visitor, '/auditor');
  return post(house, visitor, page, '/auditor/zoeken', form);
}

async function ask(id: string) {
  const page = await get(house, visitor, '/auditor');
  return post(house, visitor, page, '/auditor/vraag', { vraag: id });
}

describe('a saved question', () => {
  it('is not asked before a reason is given', async () => {
    const before = await get(house, visitor, '/auditor');
    expect(before.text()).not.toContain('Q4:');
    await search({ reden: 'Jaarlijkse controle van spoedinzage' });
    expect((await get(house, visitor, '/auditor')).text()).toContain('Q4:');
  });

  it('finds emergencies only (Q4), refusals only (Q8), labelled data only (Q11)', async () => {
    for (const id of ['Q4', 'Q11']) {
      const page = (await ask(id)).text();
      expect(page, id).toContain('=cmd|calc');
      expect(page, id).not.toContain('de patiënt heeft dit geweigerd');
    }
    expect((await ask('Q8')).text()).toContain('de patiënt heeft dit geweigerd');
  });

  it('who read the log (Q10) shows the questions before it', async () => {
    expect((await ask('Q10')).text()).toContain('zocht in het logboek');
  });

  it('keeps the patient that was asked for, and stands in the log itself', async () => {
    await search({ reden: 'Vraag van de patiënt over inzage', bsn: house.bsn });
    await ask('Q1');
    const own = organisation('kennemerzoom').id;
    const query = { organisation: own, event: 'log-search', patient: house.vault };
    const [line] = (await house.door.ledger.search(query)).entries;
    expect(line?.record.query).toContain('question=Q1');
  });

  it('that does not exist is refused', async () => {
    expect((await ask('Q99')).status).toBe(400);
  });

  it('stands in the list of twenty', () => {
    expect(SAVED_QUESTIONS.map(({ id }) => id)).toEqual(
      Array.from({ length: 20 }, (_none, at) => `Q${at + 1}`),
    );
  });
});

describe('the lines as CSV', () => {
  it('have the columns of the norm, guard formulas, and are a line of the log', async () => {
    await ask('Q4');
    const csv = await get(house, visitor, '/auditor/csv');
    expect(csv.headers['content-type']).toContain('text/csv');
    const [head, line = ''] = csv.text().split('\r\n');
    expect(head).toContain('seq,recorded,local time,action,event,outcome,user id,role');
    expect(line).toContain('Observation/1@1');
    expect(line).toContain('emergency');
    expect(csv.text()).not.toContain(house.bsn);
    const query = { organisation: organisation('kennemerzoom').id, event: 'log-export' };
    expect((await house.door.ledger.search(query)).entries.length).toBeGreaterThan(0);
  });

  it.each([
    ['=1+1', `"'=1+1"`],
    ['@sum', `"'@sum"`],
    ['-2', `"'-2"`],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['plain', 'plain'],
  ])('guard %j', (cell, written) => {
    expect(csvRow([cell, 'x'])).toBe(`${written},x\r\n`);
  });
});

describe('the lines with proof', () => {
  it('hold CSV, PDF and FHIR, and a statement that the verifier finds good', async () => {
    await ask('Q4');
    const answer = await get(house, visitor, '/auditor/pakket');
    expect(answer.headers['content-type']).toContain('application/zip');
    const files = unzipSync(new Uint8Array(answer.body));
    expect(Object.keys(files).toSorted()).toEqual(FILES);
    const folder = mkdtempSync(join(tmpdir(), 'pakket-'));
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    const verifier = join(import.meta.dirname, '../../scripts/verify-ledger.mjs');
    const check = () =>
      spawnSync(process.execPath, [verifier, join(folder, 'bewijs.json')], { encoding: 'utf8' });
    expect(check().stdout).toMatch(/3 files, (\d+) entries, \1 proved\nGood/);
    const events = Buffer.from(files['logboek.ndjson'] ?? [])
      .toString('utf8')
      .trim()
      .split('\n');
    expect(events.map((line) => JSON.parse(line).resourceType)).toContain('AuditEvent');
    expect(Buffer.from(files['logboek.pdf'] ?? []).toString('latin1')).toMatch(/^%PDF-1\.7/);
    for (const name of FILES) {
      const kept = readFileSync(join(folder, name));
      const changed = Buffer.from(kept);
      changed[300] = (changed[300] ?? 0) ^ 1;
      writeFileSync(join(folder, name), changed);
      expect(check().stdout, name).not.toContain('Good');
      writeFileSync(join(folder, name), kept);
    }
    const query = { organisation: organisation('kennemerzoom').id, event: 'log-export' };
    const [line] = (await house.door.ledger.search(query)).entries;
    expect(line?.record.query).toContain('#pakket');
  });
});
