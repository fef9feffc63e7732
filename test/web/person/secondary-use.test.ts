/** Research and figures: a choice of its own, given and taken back in as many steps. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hiddenField } from '../../../src/demo/client/browserless.ts';
import { HEART_STUDY } from '../../support/studies.ts';
import { get, loginAsPerson, newVisitor, openWebHouse, post, type WebHouse } from '../web-house.ts';

const PAGE = '/mij/delen/onderzoek';

let house: WebHouse;
beforeAll(async () => {
  house = await openWebHouse();
  await house.door.organisations.put(house.door.database, HEART_STUDY);
}, 120_000);
afterAll(() => house.close());

async function logIn() {
  const visitor = newVisitor();
  await loginAsPerson(house, visitor);
  return visitor;
}

const standing = async () =>
  (await house.door.consent.choices.list(house.vault)).choices
    .map(({ rule }) => rule)
    .filter(({ status, purpose }) => status === 'active' && purpose !== undefined);

async function choose(wish: Record<string, string>) {
  const visitor = await logIn();
  const asked = { wens: 'purpose', ...wish };
  const form = await get(house, visitor, PAGE);
  const preview = await post(house, visitor, form, '/mij/delen/voorbeeld', asked);
  const stand = hiddenField(preview, 'stand');
  const confirmed = { ...asked, stand, taal: 'nl' };
  const receipt = await post(house, visitor, preview, '/mij/delen/opslaan', confirmed);
  return { form, preview, receipt };
}

const study = { doel: 'onderzoek', aan: `org:${HEART_STUDY.id}` };

describe('research', () => {
  it('is asked for each study, with nothing filled in', async () => {
    const visitor = await logIn();
    const page = (await get(house, visitor, PAGE)).text();
    expect(page).toContain('Onderzoek Hart');
    expect(page).toContain('blijft staan');
    expect(page).not.toMatch(/checked|U zei (ja|nee)/);
    expect((await get(house, visitor, '/mij/delen')).text()).toContain(PAGE);
  });

  it('is given, told in words that say for what, and taken back in the same steps', async () => {
    const { preview, receipt } = await choose({ ...study, keuze: 'permit' });
    expect(preview.text()).toContain('Voor onderzoek, zonder uw naam: Onderzoek Hart mag');
    expect(preview.text()).toContain('Wat al is gepubliceerd, blijft staan');
    expect(preview.text()).not.toMatch(/bij spoed|Er verandert niets aan wie/);
    expect(await standing()).toMatchObject([
      {
        type: 'permit',
        recipient: { level: 'org', value: HEART_STUDY.id },
        purpose: ['HRESCH'],
      },
    ]);
    expect(receipt.text()).toContain('Bewijs');
    const back = await choose({ ...study, keuze: 'nothing' });
    expect(back.preview.text()).toContain('Uw keuze hierover vervalt');
    expect(await standing()).toEqual([]);
    const log = (await get(house, await logIn(), '/mij/inzage')).text();
    expect(log).toMatch(/Onderzoek Hart mag[^<]*\(gekozen op/);
    expect(log).toMatch(/Onderzoek Hart mag[^<]*\(vervallen op/);
  });

  it('says no in the place of a yes, and says it once', async () => {
    await choose({ ...study, keuze: 'permit' });
    await choose({ ...study, keuze: 'deny' });
    expect(await standing()).toMatchObject([{ type: 'deny', purpose: ['HRESCH'] }]);
    const again = await logIn();
    const form = await get(house, again, PAGE);
    const asked = { wens: 'purpose', ...study, keuze: 'deny' };
    const preview = await post(house, again, form, '/mij/delen/voorbeeld', asked);
    expect(preview.text()).not.toContain('Ja, opslaan');
    await choose({ ...study, keuze: 'nothing' });
  });

  it('changes nothing in the table of who may look for treatment', async () => {
    await choose({ ...study, aan: 'cat:RES', keuze: 'permit' });
    const visitor = await logIn();
    const page = (await get(house, visitor, '/mij/delen')).text();
    expect(page).not.toMatch(/<td[^>]*>onderzoekers<\/td>/);
    expect(page).toContain('Voor onderzoek, zonder uw naam');
    await choose({ ...study, aan: 'cat:RES', keuze: 'nothing' });
  });
});

describe('figures', () => {
  it('count a person who says so, and not one who takes it back', async () => {
    const { preview } = await choose({ doel: 'cijfers', aan: 'any', keuze: 'permit' });
    expect(preview.text()).toContain('Uw gegevens tellen mee in cijfers over de zorg');
    expect(await standing()).toMatchObject([{ purpose: ['HOPERAT', 'PUBHLTH'] }]);
    await choose({ doel: 'cijfers', aan: 'any', keuze: 'nothing' });
    expect(await standing()).toEqual([]);
  });
});

describe('a form of somebody else’s making', () => {
  it.each([
    { doel: 'reclame', aan: 'any', keuze: 'permit' },
    { doel: 'cijfers', aan: 'cat:HA', keuze: 'permit' },
    { doel: 'onderzoek', aan: 'any', keuze: 'permit' },
    { doel: 'onderzoek', aan: 'org:nobody', keuze: 'permit' },
    { doel: 'onderzoek', aan: 'cat:RES', keuze: 'perhaps' },
  ])('is refused: %o', async (wish) => {
    const visitor = await logIn();
    const form = await get(house, visitor, PAGE);
    const asked = { wens: 'purpose', ...wish };
    const answer = await post(house, visitor, form, '/mij/delen/voorbeeld', asked);
    expect(answer.status).toBe(400);
    expect(await standing()).toEqual([]);
  });
});
