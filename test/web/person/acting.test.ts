/**
 * Who decides for another: a parent for a child, child and parent together from 12 to 15, a proxy
 * as far as the mandate goes. consent.md 10; capabilities D8, J10.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formAction, type Visitor } from '../../../src/demo/client/browserless.ts';
import { condition, entry, patientOf, person, transaction, urn } from '../../support/people.ts';
import { get, loginAsPerson, newVisitor, openWebHouse, post, type WebHouse } from '../web-house.ts';

const born = (age: number) => {
  const now = new Date();
  return `${now.getFullYear() - age}-01-01`;
};
const [young, teenager, adult, parent, other, unknown] = [211, 212, 213, 214, 215, 216].map(
  (number) => person(number).bsn,
) as [string, string, string, string, string, string];
const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
const CELL = { wens: 'cell', van: 'cat:ZKH', aan: 'cat:HA', gegevens: 'GGC002', keuze: 'permit' };

let house: WebHouse;
const vaults = new Map<string, string>();

beforeAll(async () => {
  house = await openWebHouse();
  for (const [bsn, age] of [
    [young, 9],
    [teenager, 13],
    [adult, 40],
  ] as const) {
    vaults.set(bsn, await house.known({ bsn, birthDate: born(age) }));
  }
}, 120_000);
afterAll(() => house?.close());

const visitorOf = async (bsn: string): Promise<Visitor> => {
  const visitor = newVisitor();
  await loginAsPerson(house, visitor, bsn);
  return visitor;
};

async function parentOf(child: string, bsn = parent): Promise<Visitor> {
  const visitor = newVisitor();
  const title = { nl: 'inloggen', en: 'log in' };
  const login = await visitor.follow(title, `${house.url}/mij/inloggen?voor=kind`);
  const account = `bsn-${bsn}-voor-${child}-parental`;
  await visitor.follow(title, formAction(login), { call: { form: { account } } });
  return visitor;
}

/** Look, then confirm, as a form does. */
async function decide(visitor: Visitor, base: string, wish: Record<string, string>) {
  const page = await get(house, visitor, base);
  const shown = await post(house, visitor, page, `${base}/voorbeeld`, wish);
  const saved = await post(house, visitor, page, `${base}/opslaan`, { ...wish, taal: 'nl' });
  return { shown, saved };
}

const csrfOf = async (visitor: Visitor): Promise<string> =>
  /name="csrf" value="([^"]+)"/.exec((await get(house, visitor, '/mij')).text())?.[1] ?? '';

const choicesOf = async (bsn: string) =>
  (await house.door.consent.choices.list(vaults.get(bsn) ?? '')).choices.map(({ rule }) => rule);

const CHILD = '/mij/namens/kind';

describe('a parent of a child under 12', () => {
  it('sees what the child may see, and decides, and both stand in the log', async () => {
    const visitor = await parentOf(young);
    expect((await get(house, visitor, '/mij/namens')).text()).toContain('Uw kind');
    expect((await get(house, visitor, CHILD)).status).toBe(200);
    const { saved } = await decide(visitor, `${CHILD}/delen`, CELL);
    expect(saved.text()).toContain('Bewijs');
    const [rule] = await choicesOf(young);
    expect(rule).toMatchObject({
      status: 'active',
      performers: [{ rel: 'parent', custody: true }],
    });
    expect(JSON.stringify(rule)).not.toContain(parent);
    const { entries } = await house.door.ledger.ofPatient(vaults.get(young) ?? '', { limit: 20 });
    const acts = entries.filter(({ record: { agent } }) => agent.kind === 'representative');
    const kinds = acts.map(({ record: { event } }) => event);
    expect(kinds).toEqual(expect.arrayContaining(['login', 'search-type', 'consent-change']));
  });

  it('cannot open what the other parent refused, by whatever more precise choice', async () => {
    const [one, two] = [await parentOf(young), await parentOf(young, other)];
    const refused = { ...CELL, keuze: 'deny' };
    await decide(one, `${CHILD}/delen`, refused);
    const { shown, saved } = await decide(two, `${CHILD}/delen`, CELL);
    for (const answer of [shown, saved]) {
      expect(answer.status).toBe(403);
      expect(answer.text()).toContain('De andere ouder heeft hier nee gezegd');
    }
    // More precise, so a rule of its own: kept, and without effect.
    const precise = { ...CELL, gegevens: 'GGC013' };
    const told = await decide(two, `${CHILD}/delen`, precise);
    expect(told.shown.text()).toContain('Op dit moment verandert er niets');
    expect(told.saved.text()).toContain('Bewijs');
    const ids = (await choicesOf(young)).map(({ id, type }) => [id, type] as const);
    const refusal = ids.find(([, type]) => type === 'deny')?.[0] ?? '';
    const withdrawn = { wens: 'withdraw', id: refusal };
    expect((await decide(two, `${CHILD}/delen`, withdrawn)).saved.status).toBe(403);
    await decide(one, `${CHILD}/delen`, withdrawn);
    expect((await choicesOf(young)).find(({ id }) => id === refusal)?.status).toBe('inactive');
  });

  it('decides on research for the child, and ends it, under that purpose alone', async () => {
    const visitor = await parentOf(young);
    const sharing = await get(house, visitor, `${CHILD}/delen`);
    expect(sharing.text()).toContain(`href="${CHILD}/delen/onderzoek"`);
    const page = await get(house, visitor, `${CHILD}/delen/onderzoek`);
    expect(page.text()).toContain(`action="${CHILD}/delen/voorbeeld"`);
    const wish = { wens: 'purpose', doel: 'onderzoek', aan: 'cat:RES', keuze: 'permit' };
    await decide(visitor, `${CHILD}/delen`, wish);
    const research = async () =>
      (await choicesOf(young)).filter(({ purpose }) => purpose?.includes('HRESCH'));
    expect(await research()).toMatchObject([
      { status: 'active', type: 'permit', performers: [{ rel: 'parent' }] },
    ]);
    await decide(visitor, `${CHILD}/delen`, { ...wish, keuze: 'nothing' });
    expect(await research()).toMatchObject([{ status: 'inactive' }]);
  });

  it('has no pages of an own record in that session', async () => {
    const visitor = await parentOf(young);
    for (const path of ['/mij/delen', '/mij/inzage', '/mij/dossier', '/mij/machtigingen']) {
      const answer = await get(house, visitor, path);
      expect([answer.status, answer.headers['location']], path).toEqual([303, '/mij']);
    }
  });
});

describe('a child of 12 to 15', () => {
  const refusals = async () =>
    Promise.all(
      [teenager, unknown, adult].map(async (child) => {
        const visitor = await parentOf(child, other);
        const [list, look, sharing] = [
          await get(house, visitor, '/mij/namens'),
          await get(house, visitor, CHILD),
          await get(house, visitor, `${CHILD}/delen`),
        ].map((answer) => `${answer.status} ${answer.text().replace(/csrf" value="[^"]+"/g, '')}`);
        return [list, look, sharing];
      }),
    );

  it('that did not agree looks to a parent like an unknown one, or a grown-up', async () => {
    const [notAgreed, nobody, grown] = await refusals();
    expect(notAgreed).toEqual(nobody);
    expect(grown).toEqual(nobody);
    expect(nobody?.[1]).toMatch(/^403/);
  });

  it('decides together with a parent that it lets in', async () => {
    const child = await visitorOf(teenager);
    const form = { naam: 'mama', nummer: parent };
    await post(
      house,
      child,
      await get(house, child, '/mij/machtigingen'),
      '/mij/machtigingen',
      form,
    );
    const visitor = await parentOf(teenager);
    expect((await get(house, visitor, CHILD)).status).toBe(200);
    const finer = { wens: 'fine', van: 'any', aan: 'cat:HA', onderwerp: 'PSY', keuze: 'permit' };
    const warned = await post(
      house,
      child,
      await get(house, child, '/mij/delen'),
      '/mij/delen/voorbeeld',
      finer,
    );
    expect(warned.text()).toContain('De ander leest dit voorstel dan ook');
    const { shown, saved } = await decide(visitor, `${CHILD}/delen`, CELL);
    expect(shown.text()).not.toContain('leest dit voorstel');
    expect(shown.text()).toContain('Dit is nu een voorstel');
    expect(shown.text()).toContain('Uw voorstel geldt nog niet');
    expect(shown.text()).not.toContain('Uw keuze geldt meteen');
    expect(saved.text()).toContain('Uw voorstel is opgeslagen');
    expect(saved.text()).not.toContain('geldt nu');
    const [proposed] = await choicesOf(teenager);
    expect(proposed).toMatchObject({ status: 'proposed', performers: [{ rel: 'parent' }] });
    // Whoever proposed does not agree with himself.
    await decide(visitor, `${CHILD}/delen`, { wens: 'agree', id: proposed?.id ?? '' });
    expect((await choicesOf(teenager))[0]).toMatchObject({ status: 'proposed' });
    const agreed = await decide(child, '/mij/delen', { wens: 'agree', id: proposed?.id ?? '' });
    expect(agreed.shown.text()).toContain('Uw keuze geldt meteen');
    expect(agreed.saved.text()).toMatch(/Wie koos<\/dt>\s*<dd>uzelf, een ouder<\/dd>/);
    expect((await choicesOf(teenager))[0]).toMatchObject({
      status: 'active',
      performers: [{ rel: 'parent' }, { rel: 'self' }],
    });
    // Refusing needs one of them.
    await decide(visitor, `${CHILD}/delen`, { ...CELL, keuze: 'deny' });
    expect((await choicesOf(teenager))[0]).toMatchObject({ status: 'active', type: 'deny' });
  });

  it('keeps to itself what is sensitive, but for what it opens, and sexual health always', async () => {
    const self = urn('kind');
    const labelled = (key: string, display: string, topic?: string) =>
      entry(
        urn(key),
        condition(key, self, {
          code: { text: display },
          ...(topic === undefined
            ? {}
            : { meta: { security: [{ system: ACT_CODE, code: topic }] } }),
        }),
      );
    await house.receive(
      transaction([
        entry(self, patientOf({ bsn: teenager, family: 'Kind', birthDate: born(13) })),
        labelled('gips', 'Gebroken arm'),
        labelled('soa', 'Chlamydia', 'STD'),
        labelled('angst', 'Angststoornis', 'PSY'),
      ]),
    );
    const child = await visitorOf(teenager);
    const visitor = await parentOf(teenager);
    const names = ['Gebroken arm', 'Chlamydia', 'Angststoornis'];
    const shown = async (one: Visitor, path: string) => {
      const text = (await get(house, one, path)).text();
      return names.map((name) => text.includes(name));
    };
    expect(await shown(child, '/mij/dossier')).toEqual([true, true, true]);
    expect(await shown(visitor, CHILD)).toEqual([true, false, false]);
    const form = { naam: 'mama', nummer: parent, PSY: 'ja', STD: 'ja' };
    const page = await get(house, child, '/mij/machtigingen');
    const saved = await post(house, child, page, '/mij/machtigingen', form);
    expect(saved.text()).toContain('gegevens over psychische gezondheid');
    expect(saved.text()).not.toContain('gegevens over soa');
    expect(await shown(visitor, CHILD)).toEqual([true, false, true]);
  });

  it('shuts the parent out at once', async () => {
    const child = await visitorOf(teenager);
    const visitor = await parentOf(teenager);
    expect((await get(house, visitor, CHILD)).status).toBe(200);
    const page = await get(house, child, '/mij/machtigingen');
    const id = /name="id" value="([^"]+)"/.exec(page.text())?.[1] ?? '';
    await post(house, child, page, '/mij/machtigingen/stop', { id });
    expect((await get(house, visitor, CHILD)).status).toBe(403);
    expect((await get(house, visitor, `${CHILD}/delen`)).status).toBe(403);
  });
});

describe('a mandate', () => {
  async function give(more: Record<string, string>): Promise<string> {
    const visitor = await visitorOf(adult);
    const page = await get(house, visitor, '/mij/machtigingen');
    const form = { naam: 'Marieke', nummer: other, eigen: 'Henk', tot: '2027-01-01', ...more };
    await post(house, visitor, page, '/mij/machtigingen', form);
    const [mandate] = await house.door.consent.mandates.of(vaults.get(adult) ?? '');
    return `/mij/namens/${mandate?.id}`;
  }

  it('to look gives nothing to decide', async () => {
    const base = await give({ afspraken: 'ja' });
    const visitor = await visitorOf(other);
    expect((await get(house, visitor, base)).status).toBe(200);
    expect((await get(house, visitor, `${base}/delen`)).status).toBe(403);
    const page = await get(house, visitor, '/mij/namens');
    const saved = await post(house, visitor, page, `${base}/delen/opslaan`, CELL);
    expect(saved.status).toBe(403);
    expect(await choicesOf(adult)).toEqual([]);
  });

  it('to decide gives nothing to see, and no lock, and nothing finer than the table', async () => {
    const base = await give({ delen: 'ja' });
    const visitor = await visitorOf(other);
    expect((await get(house, visitor, base)).status).toBe(403);
    await decide(visitor, `${base}/delen`, CELL);
    expect(await choicesOf(adult)).toMatchObject([
      { status: 'active', performers: [{ rel: 'proxy', scope: 'manage-consent' }] },
    ]);
    const page = await get(house, visitor, `${base}/delen`);
    expect((await get(house, visitor, `${base}/delen/onderzoek`)).status).toBe(403);
    for (const wish of [
      { wens: 'purpose', doel: 'onderzoek', aan: 'cat:RES', keuze: 'permit' },
      { wens: 'lock' },
      { ...CELL, wens: 'fine', onderwerp: 'PSY' },
      { wens: 'person', regel: '1' },
    ]) {
      const answer = await post(house, visitor, page, `${base}/delen/opslaan`, wish);
      expect(answer.status, wish.wens).toBeGreaterThanOrEqual(400);
    }
    expect(await choicesOf(adult)).toHaveLength(1);
  });

  it('to decide reads nothing of the finer choices that the person made', async () => {
    const own = await visitorOf(adult);
    const finer = { wens: 'fine', van: 'any', aan: 'cat:HA', onderwerp: 'PSY', keuze: 'permit' };
    await decide(own, '/mij/delen', finer);
    const base = await give({ delen: 'ja' });
    const visitor = await visitorOf(other);
    const page = await get(house, visitor, '/mij/namens');
    const refusal = { ...CELL, van: 'any', keuze: 'deny' };
    const topic = 'gegevens over psychische gezondheid';
    const ask = async (who: Visitor, from: string, wish: Record<string, string>) =>
      (await post(house, who, page, from, { ...wish, csrf: await csrfOf(who) })).text();
    expect(await ask(own, '/mij/delen/voorbeeld', refusal)).toContain(topic);
    expect(await ask(visitor, `${base}/delen/voorbeeld`, refusal)).not.toContain(topic);
    const late = { ...refusal, stand: '0', taal: 'nl' };
    const told = await ask(visitor, `${base}/delen/opslaan`, late);
    expect(told).toContain('Er is niets opgeslagen');
    expect(told).not.toContain(topic);
  });

  it('is of its holder alone, and ends at once', async () => {
    const base = await give({ delen: 'ja', afspraken: 'ja' });
    const stranger = await visitorOf(parent);
    expect((await get(house, stranger, `${base}/delen`)).status).toBe(403);
    const visitor = await visitorOf(other);
    expect((await get(house, visitor, base)).status).toBe(200);
    const [mandate] = await house.door.consent.mandates.of(vaults.get(adult) ?? '');
    const by = { agent: { kind: 'person' as const, id: 'x' }, requestId: 'x' };
    await house.door.consent.mandates.end(vaults.get(adult) ?? '', mandate?.id ?? '', by);
    expect((await get(house, visitor, `${base}/delen`)).status).toBe(403);
  });
});
