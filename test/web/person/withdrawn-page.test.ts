/** A person sees all that was taken back, and who had seen it before (capabilities B7). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Visitor } from '../../../src/demo/client/browserless.ts';
import type { AccessRequest } from '../../../src/permission/index.ts';
import { withdrawalReaders } from '../../../src/web/person/withdrawal-readers.ts';
import { entry, observation, transaction, urn } from '../../support/people.ts';
import { get, loginAsPerson, newVisitor, openWebHouse, type WebHouse } from '../web-house.ts';

let house: WebHouse;
let visitor: Visitor;
beforeAll(async () => {
  house = await openWebHouse();
  visitor = newVisitor();
  await loginAsPerson(house, visitor);
}, 120_000);
afterAll(() => house?.close());

const page = async () => (await get(house, visitor, '/mij/ingetrokken')).text();

async function send(key: string, status: string) {
  const self = urn('self');
  const patient = {
    resourceType: 'Patient',
    identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: house.bsn }],
  };
  const code = { text: `Meting ${key}` };
  const result = entry(urn(key), observation(key, self, { status, code }));
  await house.receive(transaction([entry(self, patient), result]));
}

/** A partner that had read it is told, as the ledger has it. */
async function tell(what: string, client: string, notice: string, more: object = {}) {
  const [own] = await house.door.organisations.all();
  const other = (await house.door.organisations.all()).find(({ category }) => category === 'HA');
  const agent = { kind: 'system', id: 'gateway', organisation: own?.id ?? '' } as const;
  const base = { class: 'care', action: 'E', outcome: 0, patient: house.vault, client } as const;
  await house.door.ledger.record([
    {
      ...{ ...base, event: 'retraction-notice', agent, what: [what] },
      ...{ holders: [own?.id ?? '', other?.id ?? ''], detail: { notice, ...more } },
    },
  ]);
  return { base, agent, name: other?.name ?? '?' };
}

it('says so when nothing was', async () => {
  expect(await page()).toContain('Er is niets ingetrokken.');
});

it('shows what was, by the name that it had, and that nobody else had seen it', async () => {
  await send('blijft', 'final');
  await send('weg', 'final');
  await send('weg', 'entered-in-error');
  const text = await page();
  expect(text).toContain('Meting weg');
  expect(text).not.toContain('Meting blijft');
  expect(text).toContain('Niemand anders kreeg dit te zien');
  expect((await get(house, visitor, '/mij/nieuw')).text()).toContain('href="/mij/ingetrokken"');
});

it('shows who was told, and who said that it knows', async () => {
  const { own } = house.door.consent;
  const access: AccessRequest = {
    ...{ id: 'a', correlationId: 'a', door: 'web', client: 'web', address: '' },
    ...{ actor: { kind: 'person' }, purpose: 'PATRQT', tokenId: 'a' },
  };
  const [gone] = await own.news(house.vault, access, new Date(0), 'taken-back');
  const { base, agent, name } = await tell(gone?.ref ?? '', 'partner-huisarts', 'n1');
  expect(await page()).toMatch(new RegExp(`${name.replace('&', '&amp;')}.*kreeg bericht op`, 's'));
  expect(await page()).toContain('heeft dat nog niet bevestigd');
  await house.door.ledger.record([
    { ...base, event: 'retraction-acknowledged', agent, detail: { notice: 'n1' } },
  ]);
  const text = await page();
  expect(text).toContain('liet weten dat te weten op');
  expect(text).not.toContain('heeft dat nog niet bevestigd');
});

it('leaves out corrections, the person, and what others took back', async () => {
  await tell('Observation/x', 'partner-huisarts', 'n2', { corrected: 'yes' });
  await tell('Observation/x', 'web', 'n3');
  await tell('Observation/y', 'partner-huisarts', 'n4');
  const { entries } = await house.door.ledger.ofPatient(house.vault);
  const readers = withdrawalReaders(entries);
  expect(readers.get('Observation/x')).toBeUndefined();
  expect(readers.get('Observation/y')).toMatchObject([{ client: 'partner-huisarts' }]);
});

it('is a line of its own', async () => {
  await page();
  const { entries } = await house.door.ledger.ofPatient(house.vault, { limit: 2 });
  expect(entries.map(({ record }) => record.query)).toEqual([
    '/mij/ingetrokken',
    'own-news?kind=taken-back',
  ]);
});
