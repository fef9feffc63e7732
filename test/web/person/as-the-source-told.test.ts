/**
 * The person's own pages tell a day as the source told it: no day of our own, no more precise, and
 * a problem that a practice keeps open is no visit.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { condition, entry, patientOf, person, transaction, urn } from '../../support/people.ts';
import { get, loginAsPerson, newVisitor, openWebHouse, type WebHouse } from '../web-house.ts';

let house: WebHouse;
const one = person(232);
const self = urn(one.bsn);
const medication = {
  resourceType: 'Medication',
  id: 'm232',
  code: { text: 'Zalf zonder dag' },
};
const visitor = newVisitor();
const page = async (path: string) => (await get(house, visitor, path)).text();
const practice = { identifier: { system: 'http://fhir.nl/fhir/NamingSystem/ura', value: '' } };

beforeAll(async () => {
  house = await openWebHouse();
  const { organisation } = await import('../../../src/demo/region/organisations.ts');
  practice.identifier.value = organisation('kennemerzoom').ura;
  const episode = {
    ...{ resourceType: 'EpisodeOfCare', id: 'e232', status: 'active' },
    patient: { reference: self },
    period: { start: new Date().toISOString() },
  };
  const named = { ...patientOf(one), generalPractitioner: [practice] };
  await house.receive(
    transaction([
      entry(self, named, { method: 'PUT', url: 'Patient/p232' }),
      entry(urn('m232'), medication, { method: 'PUT', url: 'Medication/m232' }),
      entry(urn('c232'), condition('c232', self, { onsetDateTime: '2019' })),
      entry(urn('d232'), {
        ...{ resourceType: 'MedicationRequest', id: 'd232', status: 'active', intent: 'order' },
        subject: { reference: self },
        medicationReference: { reference: urn('m232'), display: 'Zalf zonder dag' },
      }),
      entry(urn('e232'), episode, { method: 'PUT', url: 'EpisodeOfCare/e232' }),
    ]),
  );
  await loginAsPerson(house, visitor, one.bsn);
}, 120_000);
afterAll(() => house?.close());

it('says when something came in where the source told no day', async () => {
  const items = await page('/mij/delen/onderdelen?soort=MedicationRequest');
  expect(items).toMatch(/Zalf zonder dag.*?>kwam binnen op \d+ [a-z]+ \d{4}</s);
  const news = await page('/mij/nieuw');
  expect(news).toContain('<strong>Zalf zonder dag</strong>\n<br>');
});

it('tells a year as a year', async () => {
  expect(await page('/mij/delen/onderdelen?soort=Condition')).toContain('>2019</td>');
});

it('calls a problem that is kept open a treatment', async () => {
  expect(await page('/mij/behandelaars')).toContain('een behandeling, sinds');
});

it('says of a registration that a source dropped that it is no longer passed on', async () => {
  const before = await page('/mij/behandelaars');
  expect(before).toContain('u staat hier ingeschreven');
  await house.receive(
    transaction([entry(self, patientOf(one), { method: 'PUT', url: 'Patient/p232' })]),
  );
  const after = await page('/mij/behandelaars');
  expect(after).toContain('Wordt niet meer doorgegeven');
  expect(after).not.toContain('Ging niet door');
});
