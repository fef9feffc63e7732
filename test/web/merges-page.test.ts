/** Who keeps identities right takes two records apart again, and sees who read the mix (B6). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Visitor } from '../../src/demo/client/browserless.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import { entry, observation, patientOf, person, transaction, urn } from '../support/people.ts';
import { get, loginAsStaff, newVisitor, openWebHouse, post, type WebHouse } from './web-house.ts';

let house: WebHouse;
let visitor: Visitor;
const other = person(70);
const reading = { class: 'care', event: 'search-type', action: 'E', outcome: 0 } as const;

beforeAll(async () => {
  house = await openWebHouse();
  visitor = newVisitor();
  await loginAsStaff(house, visitor, 'afzender', 'integratie-kennemerzoom');
  const self = urn('other');
  await house.receive(
    transaction([entry(self, patientOf(other)), entry(urn('o'), observation('o', self))]),
  );
}, 120_000);
afterAll(() => house?.close());

async function read(agent: { id: string; organisation: string }) {
  await house.door.ledger.record([
    { ...reading, agent: { kind: 'professional', ...agent }, patient: house.vault, released: 3 },
  ]);
}

const form = () => get(house, visitor, '/afzender/samenvoegingen');
const lookUp = async (bsn: string) =>
  post(house, visitor, await form(), '/afzender/samenvoegingen', { bsn });

it('is found from the first page, and asks for a number', async () => {
  expect((await get(house, visitor, '/afzender')).text()).toContain('/afzender/samenvoegingen');
  expect((await form()).text()).toContain('name="bsn"');
});

it('says that nothing was merged, and of a stranger no more than that', async () => {
  const none = await lookUp(house.bsn);
  expect([none.status, none.text().includes('niet samengevoegd')]).toEqual([200, true]);
  expect(none.text()).not.toContain('Verbeter dit');
  const stranger = await lookUp(person(71).bsn);
  expect([stranger.status, stranger.text().includes('niemand met dit nummer')]).toEqual([
    422,
    true,
  ]);
  expect((await lookUp('geen nummer')).text()).toContain('niemand met dit nummer');
});

it('takes apart with a reason, into two clean records, and lists the readers between', async () => {
  const own = organisation('kennemerzoom').id;
  const practice = organisation('jansen').id;
  await read({ id: 'arts-te-vroeg', organisation: practice });
  await house.mergeWith(other.bsn);
  await read({ id: 'arts-geheim', organisation: practice });
  await read({ id: 'verpleegkundige-3', organisation: own });
  const found = await lookUp(other.bsn);
  const merge = /name="merge" value="([0-9a-f-]{36})"/.exec(found.text())?.[1] ?? '';
  const asked = /name="asked" value="([^"]+)"/.exec(found.text())?.[1] ?? '';
  expect(found.text()).not.toContain(other.bsn);
  const path = '/afzender/samenvoegingen/uiteen';
  const bare = await post(house, visitor, found, path, { asked, merge, reason: ' ' });
  expect(bare.status).toBe(422);
  expect(bare.text()).toContain('<a href="#reden-1">Schrijf waarom');
  expect(bare.text()).toContain('aria-invalid="true" aria-describedby="reden-1-fout"');
  expect(bare.text()).not.toContain(other.bsn);
  const guessed = { asked: 'iets', merge, reason: 'Tweelingzus' };
  expect((await post(house, visitor, found, path, guessed)).text()).toContain('opnieuw op');
  const fields = { asked, merge, reason: 'Tweelingzus' };
  const done = await post(house, visitor, found, path, fields);
  const text = done.text();
  expect(text).toContain('Het zijn weer twee dossiers.');
  expect(text).toContain('verpleegkundige-3');
  expect(text).toContain('huisarts');
  for (const hidden of ['arts-geheim', 'arts-te-vroeg', practice, other.bsn]) {
    expect(text).not.toContain(hidden);
  }
  expect(text.match(/<tr>/g)).toHaveLength(3);
  const { consent, ledger } = house.door;
  const vaults = await Promise.all([house.bsn, other.bsn].map((bsn) => consent.own.byBsn(bsn)));
  expect(new Set(vaults).size).toBe(2);
  for (const vault of vaults) {
    const { entries } = await ledger.ofPatient(vault ?? '');
    const line = entries.find(({ record }) => record.event === 'unmerge')?.record;
    expect(line).toMatchObject({
      agent: { id: 'integratie-kennemerzoom', organisation: own },
      detail: { reason: 'Tweelingzus' },
    });
  }
  // Once more there is nothing to take apart.
  expect((await lookUp(other.bsn)).text()).toContain('niet samengevoegd');
  expect((await post(house, visitor, found, path, fields)).status).toBe(404);
});

it('is not for another organisation', async () => {
  await house.mergeWith(other.bsn);
  const { mergeDesk } = house.door;
  const [merge] = (await mergeDesk.of(other.bsn, organisation('kennemerzoom').id)) ?? [];
  const stranger = organisation('jansen').id;
  expect(await mergeDesk.of(other.bsn, stranger)).toBeUndefined();
  const by = { kind: 'operator', id: 'x' } as const;
  const asked = { bsn: other.bsn, organisation: stranger, merge: merge?.id ?? '', by };
  await expect(mergeDesk.takeApart(asked)).rejects.toMatchObject({ kind: 'not-found' });
});
