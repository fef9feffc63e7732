/** More lines than one person takes along: a colleague agrees, once. audit.md 7.3 and 10. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Visitor } from '../../src/demo/client/browserless.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import { LINES_ALONE_MAX } from '../../src/web/auditor/csv-routes.ts';
import { get, loginAsStaff, newVisitor, openWebHouse, post, type WebHouse } from './web-house.ts';

const LINES = LINES_ALONE_MAX + 50;
const REASON = 'Jaarcontrole van alle inzage';
const own = organisation('kennemerzoom').id;

let house: WebHouse;
let asker: Visitor;
let colleague: Visitor;

beforeAll(async () => {
  house = await openWebHouse();
  const agent = { kind: 'professional' as const, id: 'arts-1', organisation: own };
  const event = { class: 'care', event: 'vread', action: 'R', outcome: 0, agent } as const;
  for (let at = 0; at < LINES; at += 250) {
    const many = Array.from({ length: Math.min(250, LINES - at) }, () => event);
    await house.door.ledger.record(many);
  }
  asker = newVisitor();
  colleague = newVisitor();
  await loginAsStaff(house, asker, 'auditor', 'auditor-kennemerzoom');
  await loginAsStaff(house, colleague, 'auditor', 'fg-kennemerzoom');
}, 240_000);
afterAll(() => house?.close());

async function act(who: Visitor, path: string, form: Record<string, string> = {}) {
  return post(house, who, await get(house, who, '/auditor/mede'), path, form);
}

const search = () => act(asker, '/auditor/zoeken', { reden: REASON, wat: 'vread' });

async function codeFor(soort: string): Promise<string> {
  await act(asker, '/auditor/mede/vraag', { soort });
  const page = (await get(house, asker, '/auditor/mede')).text();
  return /<code>([\w-]{43})<\/code>/.exec(page)?.[1] ?? '';
}

const exports = async () =>
  (await house.door.ledger.search({ organisation: own, event: 'log-export' })).entries;

describe('an export of more lines than one person takes along', () => {
  it('is not given to one person, by any way', async () => {
    await search();
    for (const path of ['/auditor/csv', '/auditor/ndjson']) {
      const answer = await get(house, asker, path);
      expect([answer.status, answer.headers['location']], path).toEqual([303, '/auditor/mede']);
    }
    const chain = await act(asker, '/auditor/keten/export');
    expect(chain.text()).toContain('Veel regels meenemen');
    expect((await get(house, asker, '/auditor/pakket')).status).toBeGreaterThan(399);
    expect(await exports()).toEqual([]);
  });

  it('leaves whole, once, after a colleague agreed, and stands in the log', async () => {
    const code = await codeFor('csv');
    expect((await act(asker, '/auditor/mede/haal')).status).toBe(409);
    const alone = await act(asker, '/auditor/mede/akkoord');
    expect([alone.status, alone.text().includes('akkoord van een collega')]).toEqual([409, true]);
    await act(colleague, '/auditor/mede/code', { code });
    expect((await get(house, colleague, '/auditor/mede')).text()).toContain(REASON);
    expect((await act(colleague, '/auditor/mede/haal')).status).toBe(404);
    await act(colleague, '/auditor/mede/akkoord');
    const csv = await act(asker, '/auditor/mede/haal');
    expect(csv.headers['content-type']).toContain('text/csv');
    const rows = csv.text().trimEnd().split('\r\n');
    expect(rows).toHaveLength(LINES + 1);
    const numbers = rows.slice(1).map((row) => Number(row.split(',')[0]));
    expect(new Set(numbers).size).toBe(LINES);
    const twice = await act(asker, '/auditor/mede/haal');
    expect([twice.status, twice.text().includes('al opgehaald')]).toEqual([404, true]);
    const [ended, started] = await exports();
    expect(started?.record.detail).toMatchObject({ state: 'started' });
    expect(ended?.record).toMatchObject({
      released: LINES,
      detail: { state: 'ended', digest: createHash('sha256').update(csv.body).digest('hex') },
    });
    expect(ended?.record.detail?.['agreedBy']).toBeTruthy();
    const agreed = { organisation: own, event: 'log-export-agreed' };
    expect((await house.door.ledger.search(agreed)).entries).toHaveLength(1);
  });

  it('with proof is one that the verifier finds good', async () => {
    const code = await codeFor('keten');
    await act(colleague, '/auditor/mede/code', { code });
    await act(colleague, '/auditor/mede/akkoord');
    const chain = await act(asker, '/auditor/mede/haal');
    const file = join(mkdtempSync(join(tmpdir(), 'keten-')), 'logboek.ndjson');
    writeFileSync(file, chain.body);
    const verifier = join(import.meta.dirname, '../../scripts/verify-ledger.mjs');
    const found = spawnSync(process.execPath, [verifier, file], { encoding: 'utf8' });
    expect(found.stdout + found.stderr).toMatch(/Good/);
  });

  it('of another organisation is one of nobody', async () => {
    const code = await codeFor('csv');
    const other = newVisitor();
    await loginAsStaff(house, other, 'auditor', 'auditor-jansen');
    const answer = await act(other, '/auditor/mede/code', { code });
    expect(answer.status).toBe(404);
    expect(answer.text()).toContain('<a href="#code">Deze code werkt niet');
    expect(answer.text()).toContain('aria-invalid="true" aria-describedby="code-fout"');
  });
});
