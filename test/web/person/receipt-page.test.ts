/** The receipt of a choice: who chose, how that was known, and its place in the ledger. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyInclusion } from '../../../src/audit/merkle.ts';
import { contactText, receiptContacts } from '../../../src/web/person/receipt-contacts.ts';
import { person } from '../../support/people.ts';
import { get, loginAsPerson, newVisitor, openWebHouse, post, type WebHouse } from '../web-house.ts';

const { bsn } = person(221);
const CELL = { wens: 'cell', van: 'cat:ZKH', aan: 'cat:HA', gegevens: 'GGC002', keuze: 'permit' };

let house: WebHouse;
beforeAll(async () => {
  house = await openWebHouse();
  await house.known({ bsn, birthDate: '1970-01-01' });
}, 120_000);
afterAll(() => house?.close());

it('says who chose, and its file follows to a signed head of the ledger', async () => {
  const visitor = newVisitor();
  await loginAsPerson(house, visitor, bsn);
  const page = await get(house, visitor, '/mij/delen');
  const saved = await post(house, visitor, page, '/mij/delen/opslaan', { ...CELL, taal: 'nl' });
  expect(saved.text()).toContain('<dt>Wie koos</dt><dd>uzelf</dd>');
  const id = /bewijs\/([0-9a-f-]{36})/.exec(saved.text())?.[1];
  const file = await get(house, visitor, `/mij/delen/bewijs/${id}?vorm=json`);
  const { decidedBy, ledger } = JSON.parse(file.text());
  expect(decidedBy).toEqual([{ rel: 'self' }]);
  const [origin, size, root] = ledger.checkpoint.split('\n');
  expect(origin).toBe(ledger.origin);
  const proof = {
    index: BigInt(ledger.seq),
    size: BigInt(size),
    leaf: Buffer.from(ledger.leafHash, 'hex'),
    path: ledger.inclusion.map((hash: string) => Buffer.from(hash, 'base64')),
    root: Buffer.from(root, 'base64'),
  };
  expect(verifyInclusion(proof)).toBe(true);
  expect(verifyInclusion({ ...proof, leaf: proof.root })).toBe(false);
});

it('names whom to ask, and is kept as a PDF that says the same', async () => {
  const visitor = newVisitor();
  await loginAsPerson(house, visitor, bsn);
  const page = await get(house, visitor, '/mij/delen');
  const wish = { ...CELL, aan: 'cat:GGZ', taal: 'nl' };
  const saved = await post(house, visitor, page, '/mij/delen/opslaan', wish);
  const officer = 'Ziekenhuis Kennemerzoom, Beverwijk: functionaris gegevensbescherming';
  expect(saved.text()).toContain(officer);
  expect(saved.text()).not.toContain('GGZ Kennemerkust, Castricum');
  const id = /bewijs\/([0-9a-f-]{36})/.exec(saved.text())?.[1];
  const address = `/mij/delen/bewijs/${id}`;
  const { contacts, howToWithdraw } = JSON.parse(
    (await get(house, visitor, `${address}?vorm=json`)).text(),
  );
  expect(contacts[0]).toMatchObject({
    organisation: 'Ziekenhuis Kennemerzoom',
    privacyOfficer: { email: 'fg@kennemerzoom.example' },
  });
  expect(howToWithdraw).toContain('Intrekken kan altijd');
  const pdf = await get(house, visitor, `${address}?vorm=pdf`);
  expect(pdf.headers['content-type']).toBe('application/pdf');
  expect(pdf.text().slice(0, 8)).toBe('%PDF-1.7');
});

it('names nobody of a holder that has no officer on record, and says what to ask', () => {
  const holder = { level: 'org', value: 'a' } as const;
  const one = { id: 'a', name: 'Praktijk A', ura: '90001234', category: 'HA' as const };
  const organisation = { ...one, type: 'Z3', services: [], regions: [], aliases: [] };
  const [contact] = receiptContacts([{ holder }], [{ ...organisation, connection: 'connected' }]);
  if (!contact) throw new Error('no contact');
  expect(contactText(contact, 'nl')).toBe(
    'Praktijk A: vraag daar naar de functionaris gegevensbescherming',
  );
});

it('of a choice that a provider recorded names that provider, and so does the list', async () => {
  const { consent, organisations } = house.door;
  const vault = await consent.own.byBsn(bsn);
  const [holder] = await organisations.all();
  const saved = await consent.choices.save(
    vault ?? '',
    [
      {
        ...{ kind: 'put', as: '00000000-0000-8000-8000-000000000001' },
        rule: {
          ...{ type: 'deny', data: { level: 'all' }, recipient: { level: 'cat', value: 'APO' } },
          holder: { level: 'org', value: holder?.id ?? '' },
        },
      },
    ],
    {
      performers: [{ rel: 'self' }],
      agent: { kind: 'system', id: 'epd-proef', organisation: holder?.id ?? '' },
      ...{ channel: 'fhir', text: { version: '1', language: 'nl', digest: 'd'.repeat(64) } },
    },
    { patient: { birthDate: '1970-01-01' } },
  );
  const visitor = newVisitor();
  await loginAsPerson(house, visitor, bsn);
  const receipt = await get(house, visitor, `/mij/delen/bewijs/${saved.receipt.id}`);
  expect(receipt.text()).toContain(`<dt>Wie legde het vast</dt><dd>${holder?.name}`);
  const list = await get(house, visitor, '/mij/delen');
  expect(list.text().match(/\(vastgelegd door uw zorgverlener\)/g)).toHaveLength(1);
});
