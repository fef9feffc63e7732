/** Each form that does not do says so above it, with links, and at the field itself. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Visitor } from '../../src/demo/client/browserless.ts';
import type { Answer } from '../../src/demo/client/trail.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import {
  get,
  loginAsPerson,
  loginAsStaff,
  newVisitor,
  openWebHouse,
  post,
  type WebHouse,
} from './web-house.ts';

let house: WebHouse;
const visitors = new Map<string, Visitor>();

beforeAll(async () => {
  house = await openWebHouse();
  const own = organisation('kennemerzoom').id;
  const agent = { kind: 'professional' as const, id: 'arts-9', organisation: own };
  const read = { class: 'care', event: 'read', action: 'R', outcome: 0 } as const;
  await house.door.ledger.record([{ ...read, agent, patient: house.vault, holders: [own] }]);
  for (const [portal, id] of [
    ['auditor', 'auditor-kennemerzoom'],
    ['afzender', 'integratie-kennemerzoom'],
  ] as const) {
    visitors.set(portal, newVisitor());
    await loginAsStaff(house, as(portal), portal, id);
  }
  visitors.set('mij', newVisitor());
  await loginAsPerson(house, as('mij'), house.bsn);
}, 120_000);
afterAll(() => house?.close());

const as = (portal: string): Visitor => visitors.get(portal) as Visitor;

/** Sends a form of a page as it is with what is given. */
async function send(path: string, action: string, form: Record<string, string>) {
  const visitor = as(path.split('/')[1] ?? '');
  return post(house, visitor, await get(house, visitor, path), action, form);
}

/** Names of the fields at which something is wrong: the same in the list and at the fields. */
function faultsOf(page: Answer): string[] {
  const text = page.text();
  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name ?? '');
  const listed = all(/<li><a href="#([a-z-]+)">/g);
  expect(all(/aria-invalid="true" aria-describedby="([a-z-]+)-fout"/g)).toEqual(listed);
  expect(all(/<span class="fault" id="([a-z-]+)-fout">/g)).toEqual(listed);
  for (const name of listed) expect(text).toContain(` id="${name}"`);
  expect(text.includes('role="alert"')).toBe(listed.length > 0);
  return listed;
}

describe('a form that does not do', () => {
  it.each<[string, Record<string, string>, string[]]>([
    ['no reason', {}, ['reden']],
    ['a short one', { reden: 'kort' }, ['reden']],
    ['a number that is none', { reden: 'Vraag van de patiënt', bsn: '12-34' }, ['bsn']],
    ['a day that does not exist', { reden: 'Vraag van de patiënt', van: '2026-02-31' }, ['van']],
    [
      'an end before its begin',
      { reden: 'Vraag van de patiënt', van: '2026-03-02', tot: '2026-03-01' },
      ['tot'],
    ],
    ['more than one thing', { reden: 'kort', bsn: 'x', tot: 'morgen' }, ['reden', 'bsn', 'tot']],
  ])("is the auditor's search with %s, and nothing is searched", async (_name, form, fields) => {
    const answer = await send('/auditor', '/auditor/zoeken', form);
    expect(answer.status).toBe(422);
    expect(faultsOf(answer)).toEqual(fields);
    // What was typed is there again, a number of a person never.
    if (form['van']) expect(answer.text()).toContain(`value="${form['van']}"`);
    expect(answer.text()).not.toContain(`value="${form['bsn']}"`);
  });

  it("is the auditor's search about somebody else, which asks nothing about whom it was before", async () => {
    const reden = 'Vraag van de patiënt';
    await send('/auditor', '/auditor/zoeken', { reden, bsn: house.bsn });
    const lines = async () =>
      (await house.door.database.query('select count(*)::int as n from ledger_entry')).rows[0];
    const found = (await get(house, as('auditor'), '/auditor/zoeken')).text();
    expect(found).toMatch(/name="zelfde"\s+value="ja" checked/);
    const before = await lines();
    const typed = { reden, bsn: '999990408', van: '2026-02-31', wie: 'arts-9', zelfde: 'ja' };
    const answer = (await send('/auditor/zoeken', '/auditor/zoeken', typed)).text();
    expect(answer).toMatch(/name="zelfde"\s+value="ja">/);
    expect(answer).toContain('value="arts-9"');
    expect(answer).not.toContain('/auditor/regel/');
    // The page that holds the form searched once more itself.
    expect(await lines()).toEqual({ n: (before as { n: number }).n + 1 });
  });

  it('is a question about a line without words', async () => {
    const looked = (await get(house, as('mij'), '/mij/inzage')).text();
    const path = /href="(\/mij\/inzage\/vraag\/\d+)"/.exec(looked)?.[1] ?? '';
    const answer = await send(path, path, { vraag: '  ' });
    expect([answer.status, faultsOf(answer)]).toEqual([422, ['vraag']]);
    await send(path, path, { vraag: 'Wie was dit?' });
    const asked = (await get(house, as('auditor'), '/auditor/vragen')).text();
    const question = /href="(\/auditor\/vragen\/[0-9a-f-]{36})"/.exec(asked)?.[1] ?? '';
    const empty = await send(question, question, {});
    expect([empty.status, faultsOf(empty)]).toEqual([422, ['antwoord']]);
  });

  it('is a verdict without choice or reason, and keeps the other', async () => {
    const queue = (await get(house, as('auditor'), '/auditor/onderzoek')).text();
    const path = /href="(\/auditor\/onderzoek\/[^"]+)"/.exec(queue)?.[1] ?? '';
    const none = await send(path, `${path}/oordeel`, {});
    expect([none.status, faultsOf(none)]).toEqual([422, ['verdict', 'reason']]);
    const bare = await send(path, `${path}/oordeel`, { verdict: 'fine', reason: ' ' });
    expect(faultsOf(bare)).toEqual(['reason']);
    expect(bare.text()).toMatch(/value="fine"\s+required checked/);
    const odd = await send(path, `${path}/oordeel`, { verdict: 'perfect', reason: 'Dienst' });
    expect(faultsOf(odd)).toEqual(['verdict']);
    expect(odd.text()).toContain('value="Dienst"');
  });

  const CHOICE = { wens: 'cell', aan: 'cat:HA', van: 'cat:ZKH', gegevens: 'GGC002', keuze: 'deny' };
  const FINER = { wens: 'fine', van: 'any', aan: 'cat:HA', keuze: 'permit' };
  it.each<[string, Record<string, string>, string[]]>([
    ['no yes or no', { ...CHOICE, keuze: '' }, ['keuze']],
    ['an end in the past', { ...CHOICE, tot: '2020-01-01' }, ['tot']],
    ['an end that does not exist', { ...CHOICE, tot: '2030-02-31' }, ['tot']],
    ['nothing that it is about', { ...FINER, keuze: '' }, ['fijn-keuze', 'onderwerp']],
    [
      'a period that ends before it begins',
      { ...FINER, gegevensVan: '2026-02-02', gegevensTot: '2026-02-01', tot: '2020-01-01' },
      ['gegevens-tot', 'fijn-tot'],
    ],
  ])('is a choice with %s, and keeps what was chosen', async (_name, form, fields) => {
    const answer = await send('/mij/delen', '/mij/delen/voorbeeld', form);
    expect([answer.status, faultsOf(answer)]).toEqual([422, fields]);
    expect(answer.text().match(/<option value="cat:HA" selected>/g)).toHaveLength(1);
    if (form['keuze']) expect(answer.text()).toMatch(/value="(permit|deny)"( required)? checked/);
  });

  it('is a code that is not the same twice, and one that is not right', async () => {
    const twice = { code: 'een lang geheim', nogmaals: 'een ander geheim' };
    expect(faultsOf(await send('/mij/stil', '/mij/stil/aan', twice))).toEqual(['code']);
    const wrong = await send('/mij/code', '/mij/code', { code: 'geraden' });
    expect(faultsOf(wrong)).toEqual(['code']);
  });

  it.each([
    ['/mij/inzage?van=2026-02-31', ['van']],
    ['/mij/inzage?van=2026-03-02&tot=2026-03-01&wie=anderen', ['tot']],
    ['/mij/inzage?van=gisteren&tot=morgen', ['van', 'tot']],
    ['/mij/nieuw?sinds=2026-02-31', ['sinds']],
  ])('is a period that does not exist, and nothing is looked up: %s', async (path, fields) => {
    const lines = async () =>
      (await house.door.database.query('select count(*)::int as n from ledger_entry')).rows[0];
    const before = await lines();
    const answer = await get(house, as('mij'), path);
    expect([answer.status, faultsOf(answer)]).toEqual([422, fields]);
    if (path.includes('anderen')) expect(answer.text()).toContain('value="anderen" checked');
    expect(await lines()).toEqual(before);
    expect((await get(house, as('mij'), path.split('?')[0] ?? '')).status).toBe(200);
  });

  it.each(['/afzender/samenvoegingen', '/afzender/vertegenwoordiging'])(
    'is a number that nobody here has: %s',
    async (path) => {
      const answer = await send(path, path, { bsn: '1' });
      expect([answer.status, faultsOf(answer)]).toEqual([422, ['bsn']]);
      expect(faultsOf(await get(house, as('afzender'), path))).toEqual([]);
    },
  );
});

it('a log-in of a browser that takes no cookies says what is needed', async () => {
  const answer = await get(house, newVisitor(), '/mij/callback?code=x&state=y');
  expect(answer.status).toBe(400);
  expect(answer.text()).toContain('geen cookies toestaat');
});
