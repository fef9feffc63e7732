/** The sender's pages: what waits, whose it is, the message as it came, and a look beforehand. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { organisation } from '../../src/demo/region/organisations.ts';
import { entry, observation, patientOf, person, transaction, urn } from '../support/people.ts';
import {
  get,
  loginAsStaff,
  newVisitor,
  openWebHouse,
  post,
  SENDER,
  type WebHouse,
} from './web-house.ts';

let house: WebHouse;

beforeAll(async () => {
  house = await openWebHouse();
}, 120_000);
afterAll(() => house?.close());

async function sender() {
  const visitor = newVisitor();
  const home = await loginAsStaff(house, visitor, 'afzender', 'integratie-kennemerzoom');
  return { visitor, home };
}

/** Addresses of the deliveries in a table, in the order of the page. */
function deliveriesIn(page: string): string[] {
  return [...page.matchAll(/href="(\/afzender\/[^"/]+\/[0-9a-f-]{36})"/g)].map(([, path]) =>
    String(path),
  );
}

const lines = async (event: string) => {
  const query = { organisation: organisation('kennemerzoom').id, event };
  return (await house.door.ledger.search(query)).entries.map(({ record }) => record);
};

/** What the form of a page sends besides what is filled in. */
function hiddenIn(page: string): Record<string, string> {
  const fields = page.matchAll(/type="hidden" name="([a-z]+)" value="([^"]*)"/g);
  return Object.fromEntries([...fields].map(([, name = '', value = '']) => [name, value]));
}

async function heldDelivery() {
  const { visitor, home } = await sender();
  const waiting = home.text().slice(home.text().indexOf('Wat wacht'));
  for (const path of deliveriesIn(waiting)) {
    const page = await get(house, visitor, path);
    if (page.text().includes('birth-date-mismatch')) return { visitor, path, page };
  }
  throw new Error('nothing is held');
}

describe('the first page', () => {
  it('begins with what waits, and says where a list is cut off', async () => {
    const { home, visitor } = await sender();
    const text = home.text();
    expect(text.indexOf('Wat wacht')).toBeLessThan(text.indexOf('Vandaag'));
    expect(text).not.toContain('alleen de nieuwste');
    const { deliveries } = house.door.intake;
    const rows = await deliveries.since(house.door.database, SENDER, new Date(0), 1);
    const many = Array.from({ length: 200 }, () => rows[0]);
    const asked = vi.spyOn(deliveries, 'since').mockResolvedValueOnce(many as typeof rows);
    const full = (await get(house, visitor, '/afzender')).text();
    asked.mockRestore();
    expect(full).toMatch(/Dit zijn alleen de nieuwste: 200\./);
  });
});

describe('a delivery that is held for a date of birth', () => {
  it('says why in plain words, and offers only decisions that fit', async () => {
    const { page } = await heldDelivery();
    expect(page.text()).toContain('De geboortedatum is anders dan bekend.');
    expect(page.text()).toContain('value="same-person"');
    expect(page.text()).not.toContain('value="link"');
    expect(page.text()).not.toContain(house.bsn);
  });

  it('shows its way, without a name', async () => {
    const { page } = await heldDelivery();
    for (const stamp of ['Gemaakt door uw systeem', 'Ontvangen', 'Verwerkt', 'nog niet']) {
      expect(page.text()).toContain(stamp);
    }
  });

  it('comes back as it came', async () => {
    const { visitor, path } = await heldDelivery();
    const original = await get(house, visitor, `${path}/origineel`);
    expect(original.headers['content-disposition']).toContain('attachment');
    expect(original.text()).toContain('|19010101|');
    expect((await lines('original-read'))[0]).toMatchObject({ client: SENDER });
  });

  it('is decided with a reason, under the name of who decided', async () => {
    const { visitor, path, page } = await heldDelivery();
    const look = await post(house, visitor, page, `${path}/besluit`, {
      decision: 'same-person',
      reason: 'Geboortedatum nagekeken in het paspoort',
    });
    expect(look.text()).toContain('Er is nog niets veranderd');
    expect(look.text()).toContain('Het is toch dezelfde persoon.');
    expect(look.text()).toContain('De persoon is bekend.');
    expect(await lines('identity-decision')).toEqual([]);
    expect((await get(house, visitor, path)).text()).toContain('birth-date-mismatch');
    const stale = await post(house, visitor, look, `${path}/besluit`, {
      ...hiddenIn(look.text()),
      seen: 'something-else',
    });
    expect(stale.text()).toContain('Wat er gebeurt is anders dan u net zag');
    expect(await lines('identity-decision')).toEqual([]);
    const done = await post(house, visitor, look, `${path}/besluit`, hiddenIn(look.text()));
    expect(done.text()).toContain('Het bericht is opnieuw verwerkt');
    expect((await lines('identity-decision'))[0]).toMatchObject({
      agent: { kind: 'operator', role: 'sender' },
      detail: { decision: 'same-person' },
    });
    const again = await post(house, visitor, page, `${path}/besluit`, {
      decision: 'reject',
      reason: 'toch niet',
    });
    expect(again.text()).toContain('Dit bericht wacht niet meer');
    const replayed = await post(house, visitor, look, `${path}/opnieuw`, hiddenIn(look.text()));
    expect(replayed.text()).toContain('Dit bericht wacht niet meer');
    expect((await get(house, visitor, path)).text()).toContain('verwerkt');
  });

  it('needs the anti-forgery value', async () => {
    const { visitor, home } = await sender();
    const path = `${deliveriesIn(home.text())[0]}/besluit`;
    const answer = await post(house, visitor, home, path, { csrf: 'x', decision: 'reject' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });
});

describe('a delivery that names nobody', () => {
  async function nobody() {
    const self = urn('nobody');
    const unsaid = {
      identifier: undefined,
      name: undefined,
      birthDate: undefined,
      text: undefined,
    };
    const nameless = patientOf(person(90), unsaid);
    const seen = observation('nobody', self);
    await house.receive(transaction([entry(self, nameless), entry(urn('n'), seen)], 'nobody'));
    const { visitor, home } = await sender();
    const path = deliveriesIn(home.text().split('Vandaag').at(-1) ?? '')[0] ?? '';
    return { visitor, path, page: await get(house, visitor, path) };
  }

  it('is given to the person with a number, which stands in no page', async () => {
    const { visitor, path, page } = await nobody();
    const decide = (form: Record<string, string>, from = page) =>
      post(house, visitor, from, `${path}/besluit`, form);
    const named = { decision: 'link', reason: 'Paspoort gezien' };
    const wrong = await decide({ ...named, bsn: '123456789' });
    expect(wrong.status).toBe(422);
    expect(wrong.text()).toContain('<a href="#bsn">');
    expect(wrong.text()).toContain('value="Paspoort gezien"');
    expect(wrong.text()).not.toContain('123456789');
    const look = await decide({ ...named, bsn: house.bsn });
    expect(look.text()).toContain('Er is nog niets veranderd');
    expect(look.text()).not.toContain(house.bsn);
    const late = await decide({ ...hiddenIn(look.text()), asked: 'x' }, look);
    expect([late.status, late.text().includes('<a href="#bsn">')]).toEqual([422, true]);
    const done = await decide(hiddenIn(look.text()), look);
    expect(done.text()).toContain('Het bericht is opnieuw verwerkt');
    expect(done.text()).not.toContain(house.bsn);
    // A second click changes nothing, and says so.
    expect((await decide(hiddenIn(look.text()), look)).text()).toContain('wacht niet meer');
  });
});

describe('trying a message', () => {
  const MESSAGE = [
    'MSH|^~\\&|ZOOMEPD|ZOOM|G|R|20260302101500||ADT^A08|TRY1|P|2.5',
    'PID|1||999990019^^^NLMINBIZA^NNNLD||Dekker^A||19541103|F',
    'ZZZ|own',
  ].join('\r\n');

  it('says what it would be and what is left out, and keeps nothing', async () => {
    const { visitor } = await sender();
    const path = `/afzender/${SENDER}/proef`;
    const form = await get(house, visitor, path);
    const deliveries = async () =>
      (await house.door.database.query('select count(*)::int as n from delivery')).rows[0]?.['n'];
    const before = await deliveries();
    const answer = await post(house, visitor, form, path, { message: MESSAGE });
    expect(answer.text()).toContain('Dit bericht wordt');
    expect(answer.text()).toContain('hl7v2 ADT^A08');
    expect(answer.text()).toContain('ZZZ');
    expect(await deliveries()).toBe(before);
  });

  it('says in Dutch what a remark comes to, and in English for who reads English', async () => {
    const { visitor } = await sender();
    const path = `/afzender/${SENDER}/proef`;
    const form = await get(house, visitor, path);
    const ahead = MESSAGE.replace('20260302101500', '29260302101500');
    const answer = await post(house, visitor, form, path, { message: ahead });
    expect(answer.text()).toContain('De tijd van het bericht ligt in de toekomst.');
    expect(answer.text()).toContain('Hiervoor is geen regel.');
    expect(answer.text()).toMatch(/Met opzet niet overgenomen\. De reden:\s+De ontvanger is/);
    expect(answer.text()).not.toContain('<span lang="en">');
    expect(answer.text()).not.toContain('No rule took this value');
  });

  it('says where it is wrong', async () => {
    const { visitor } = await sender();
    const path = `/afzender/${SENDER}/proef`;
    const form = await get(house, visitor, path);
    const answer = await post(house, visitor, form, path, { message: '<b>no message</b>' });
    expect(answer.text()).toContain('geweigerd');
    expect(answer.text()).not.toContain('<b>no message');
  });

  it('is for one’s own systems only', async () => {
    const { visitor } = await sender();
    expect((await get(house, visitor, '/afzender/his-duin/proef')).status).toBe(404);
  });
});

describe('how complete a system is', () => {
  it('stands on a page of its own, with the deliveries that lack something', async () => {
    const { visitor, home } = await sender();
    expect(home.text()).toContain(`/afzender/${SENDER}/dekking`);
    const page = await get(house, visitor, `/afzender/${SENDER}/dekking`);
    expect(page.status).toBe(200);
    expect(page.text()).toContain('Patient.birthDate');
    expect(page.text()).toMatch(/<td[^>]*>[a-z]+ \d{4}: \d+%/);
    expect(page.text()).not.toMatch(/\d{4}-\d{2}: /);
    expect(page.text()).not.toContain(house.bsn);
    const other = await get(house, visitor, '/afzender/his-jansen/dekking');
    expect(other.status).toBe(404);
  });
});
