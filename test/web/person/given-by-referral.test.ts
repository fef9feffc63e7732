/** The person sees what a referral gives to whom, and until when (consent.md 14). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { organisation } from '../../../src/demo/region/organisations.ts';
import { entry, patientOf, person, transaction, urn } from '../../support/people.ts';
import { get, loginAsPerson, newVisitor, openWebHouse, type WebHouse } from '../web-house.ts';

let house: WebHouse;
const one = person(231);
beforeAll(async () => {
  house = await openWebHouse();
}, 120_000);
afterAll(() => house?.close());

async function page(status: string): Promise<string> {
  const task = {
    ...{ resourceType: 'Task', id: 'overdracht', status, intent: 'order' },
    code: { coding: [{ system: 'http://snomed.info/sct', code: '308292007' }] },
    for: { reference: urn(one.bsn) },
    owner: {
      identifier: {
        system: 'http://fhir.nl/fhir/NamingSystem/ura',
        value: organisation('jansen').ura,
      },
    },
    authoredOn: new Date().toISOString(),
  };
  const put = { method: 'PUT', url: 'Task/overdracht' };
  await house.receive(
    transaction([entry(urn(one.bsn), patientOf(one)), entry(urn('task'), task, put)]),
  );
  const visitor = newVisitor();
  await loginAsPerson(house, visitor, one.bsn);
  return (await get(house, visitor, '/mij/behandelaars')).text();
}

it('is told while it runs, and not before or after', async () => {
  expect(await page('requested')).not.toContain('mag hiervoor meekijken');
  const running = await page('accepted');
  expect(running).toContain('een verwijzing: mag hiervoor meekijken tot');
  expect(running).toContain('Bij een verwijzing of overdracht mag de ontvanger');
  expect(await page('completed')).not.toContain('mag hiervoor meekijken');
});
