/** The page that says it shows all says so only when it does (capabilities D5, audit.md 12.6). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Visitor } from '../../../src/demo/client/browserless.ts';
import { asOwner } from '../../audit/ledgers.ts';
import { get, loginAsPerson, newVisitor, openWebHouse, type WebHouse } from '../web-house.ts';

let house: WebHouse;
let visitor: Visitor;

beforeEach(async () => {
  house = await openWebHouse();
  visitor = newVisitor();
  await loginAsPerson(house, visitor);
}, 120_000);
afterEach(() => house?.close());

const page = async () => (await get(house, visitor, '/mij/inzage')).text();

/** The first line about this person. */
const FIRST = `(select entry from ledger_leaf where nth = 1 and patient =
  (select patient from ledger_leaf where patient is not null order by seq desc limit 1))`;

describe('the page of who looked', () => {
  it('shows that somebody looked on behalf, who was refused, and like lines of a day as one', async () => {
    const { vault, door } = house;
    const [organisation] = await door.organisations.all();
    const act = { class: 'care', event: 'read', action: 'R', patient: vault } as const;
    const agent = { kind: 'professional', id: 'arts-1', role: '01.015' } as const;
    const doctor = { ...agent, organisation: organisation?.id ?? '' };
    const seen = { ...act, outcome: 0, agent: doctor, route: 'explicit', released: 1 } as const;
    const parent = { kind: 'representative', id: 'ouder-1', onBehalfOf: vault } as const;
    await door.ledger.record([
      ...Array.from({ length: 5 }, () => seen),
      { ...act, outcome: 4, reason: 'refused', route: 'none', agent: doctor, released: 0 },
      { ...act, class: 'pgo', outcome: 0, agent: parent, released: 2 },
    ]);
    const text = await page();
    expect(text).toMatch(/, 5\s+keer/);
    expect(text).toContain('u heeft dit geweigerd');
    expect(text).toContain('Uw vertegenwoordiger');
    expect(text).toContain('Er ontbreekt niets');
  });

  it('says that there was nothing where the person or an app found nothing, and what was sent', async () => {
    const { vault, door } = house;
    const act = { class: 'pgo', action: 'R', outcome: 0, patient: vault, door: 'medmij' } as const;
    const own = { ...act, purpose: 'PATRQT', agent: { kind: 'person', id: vault } } as const;
    await door.ledger.record([
      { ...own, event: 'search-type', route: 'none', released: 0 },
      { ...own, event: 'create', action: 'C', released: 1, counts: { Communication: 1 } },
      { ...own, event: 'history-type', route: 'none', released: 0, withheld: 2 },
    ]);
    const text = await page();
    expect(text).toContain('<dt>Zag</dt><dd>Er was niets</dd>');
    expect(text).not.toContain('geen grond');
    expect(text).toContain('<dt>Stuurde</dt><dd>1 × berichten</dd>');
    expect(text).toContain('Kreeg niets te zien (2 niet getoond)');
    expect(text).toContain('keek wat er nieuw is');
  });

  it.each([
    ['a line is removed', `delete from ledger_entry where id = ${FIRST}`],
    ['a line and its leaf are removed', `delete from ledger_leaf where entry = ${FIRST}`],
    ['a line is changed', `update ledger_entry set body = body || '\\x00' where id = ${FIRST}`],
    ['the counter is turned back', 'update ledger_patient set count = count - 1 where count > 1'],
    [
      'a line is removed as if its term had ended',
      `with gone as (delete from ledger_entry where id = ${FIRST} returning id)
       insert into ledger_pruned (seq, run)
         select seq, gen_random_uuid() from ledger_leaf where entry in (select id from gone)`,
    ],
  ])('says so when %s, and that nothing is missing before it', async (_name, sql) => {
    const before = await page();
    expect(before).toContain('Er ontbreekt niets');
    expect(before).not.toContain('role="alert"');
    await asOwner(house.ownerUrl, sql);
    const after = await page();
    expect(after).toContain('role="alert"');
    expect(after).toContain('het logboek is niet volledig of er is iets aan veranderd');
    expect(after).not.toContain('Er ontbreekt niets');
  });
});
