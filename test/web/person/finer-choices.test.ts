/** One visit, and one person: choices finer than the table (capabilities D2, journey J4). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hiddenField } from '../../../src/demo/client/browserless.ts';
import { organisation } from '../../../src/demo/region/organisations.ts';
import { get, loginAsPerson, newVisitor, openWebHouse, post, type WebHouse } from '../web-house.ts';

let house: WebHouse;
beforeAll(async () => {
  house = await openWebHouse();
}, 120_000);
afterAll(() => house.close());

async function logIn() {
  const visitor = newVisitor();
  await loginAsPerson(house, visitor);
  return visitor;
}

const rules = async () =>
  (await house.door.consent.choices.list(house.vault)).choices.map(({ rule }) => rule);

/** Looks at what a wish would do, and confirms it. */
async function choose(
  visitor: Awaited<ReturnType<typeof logIn>>,
  from: string,
  wish: Record<string, string>,
) {
  const preview = await post(
    house,
    visitor,
    await get(house, visitor, from),
    '/mij/delen/voorbeeld',
    wish,
  );
  const stand = hiddenField(preview, 'stand');
  await post(house, visitor, preview, '/mij/delen/opslaan', { ...wish, stand, taal: 'nl' });
  return preview;
}

describe('one visit', () => {
  it('is kept to oneself with all that belongs to it', async () => {
    const visitor = await logIn();
    const items = await get(house, visitor, '/mij/delen/onderdelen?soort=Encounter');
    expect(items.text()).toContain('Deel niets van dit bezoek');
    const visit = hiddenField(items, 'bezoek');
    expect(visit).toMatch(/^Encounter\//);
    const wish = { wens: 'fine', van: 'any', aan: 'any', keuze: 'deny', bezoek: visit };
    const preview = await choose(visitor, '/mij/delen/onderdelen', wish);
    expect(preview.text()).toContain('alles van één bezoek');
    expect(await rules()).toContainEqual(
      expect.objectContaining({ type: 'deny', context: { kind: 'episode', value: visit } }),
    );
    const unchanged = await choose(visitor, '/mij/delen/onderdelen', wish).catch(() => undefined);
    expect(unchanged?.text() ?? '').not.toContain('fout');
    expect((await rules()).filter(({ context }) => context?.kind === 'episode')).toHaveLength(1);
  });
});

describe('a visit that is kept', () => {
  it('can be seen by one care provider all the same, and by nobody else', async () => {
    const visitor = await logIn();
    const from = '/mij/delen/onderdelen?soort=Encounter';
    const page = await get(house, visitor, from);
    expect(page.text()).toContain('Van dit bezoek deelt u niets');
    const visit = hiddenField(page, 'bezoek');
    const gp = organisation('jansen').id;
    const wish = { wens: 'fine', van: 'any', aan: `org:${gp}`, keuze: 'permit', bezoek: visit };
    const preview = await choose(visitor, from, wish);
    expect(preview.text()).toContain('1 organisatie ziet');
    const after = await get(house, visitor, from);
    expect(after.text()).toMatch(/Behalve met\s+Huisartsenpraktijk Jansen/);
    const seenAs = async (name: string) => {
      const id = organisation(name).id;
      const answer = await get(house, visitor, `/mij/delen/kijk-mee?organisatie=${id}`);
      const [, rows = ''] = answer.text().split('<h2>');
      const line = /<tr><td[^>]*>Bezoeken<\/td><td[^>]*>(\d+)<\/td>/.exec(rows);
      return Number(line?.[1] ?? 0);
    };
    expect([await seenAs('jansen'), await seenAs('duin')]).toEqual([1, 0]);
  });
});

describe('one person', () => {
  it('is refused from the line that names them, and the page names nobody', async () => {
    const visitor = await logIn();
    const [line] = await house.door.ledger.record([
      {
        class: 'care',
        event: 'read',
        action: 'R',
        outcome: 0,
        agent: {
          kind: 'professional',
          id: 'balie-m-de-r',
          role: '30.000',
          organisation: organisation('kennemerzoom').id,
        },
        client: 'partner-x',
        purpose: 'TREAT',
        patient: house.vault,
        released: 1,
      },
    ]);
    const from = `/mij/inzage/vraag/${line?.seq}`;
    const page = await get(house, visitor, from);
    expect(page.text()).toContain('Deze persoon mag niets meer zien');
    expect(page.text()).not.toContain('balie-m-de-r');
    const wish = { wens: 'person', regel: String(line?.seq) };
    const preview = await choose(visitor, from, wish);
    expect(preview.text()).toMatch(/één zorgverlener/i);
    expect(preview.text()).not.toContain('balie-m-de-r');
    expect(await rules()).toContainEqual(
      expect.objectContaining({
        type: 'deny',
        recipient: { level: 'person', value: 'balie-m-de-r' },
      }),
    );
  });

  it('of somebody else’s line is nobody', async () => {
    const visitor = await logIn();
    const page = await get(house, visitor, '/mij/delen');
    const wish = { wens: 'person', regel: '999999' };
    const answer = await post(house, visitor, page, '/mij/delen/voorbeeld', wish);
    expect(answer.status).toBe(400);
  });
});

describe('a lock', () => {
  const EMERGENCY = 'mag een arts bij spoed kijken';

  it('promises no look in an emergency, before it is set and while it stands', async () => {
    const visitor = await logIn();
    const before = await choose(visitor, '/mij/delen', { wens: 'lock' });
    expect(before.text()).toContain('ook niet bij spoed');
    expect(before.text()).not.toContain(EMERGENCY);
    const cell = { wens: 'cell', van: 'any', aan: 'cat:HA', gegevens: 'GGC002', keuze: 'permit' };
    const meanwhile = await choose(visitor, '/mij/delen', cell);
    expect(meanwhile.text()).not.toContain(EMERGENCY);
    const after = await choose(visitor, '/mij/delen', { wens: 'unlock' });
    expect(after.text()).toContain(EMERGENCY);
  });
});
