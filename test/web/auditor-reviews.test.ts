/** Four eyes on what stood out: two reviewers who agree, and two who do not (capabilities E5). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Visitor } from '../../src/demo/client/browserless.ts';
import { get, loginAsStaff, newVisitor, openWebHouse, post, type WebHouse } from './web-house.ts';

let house: WebHouse;
let first: Visitor;
let second: Visitor;

beforeAll(async () => {
  house = await openWebHouse();
  first = newVisitor();
  second = newVisitor();
  await loginAsStaff(house, first, 'auditor', 'auditor-kennemerzoom');
  await loginAsStaff(house, second, 'auditor', 'fg-kennemerzoom');
}, 120_000);
afterAll(() => house?.close());

const pathOf = async (queue: string): Promise<string> => {
  const page = (await get(house, first, queue)).text();
  return new RegExp(`href="(${queue}/[0-9a-f-]{36})"`).exec(page)?.[1] ?? '';
};

async function judge(who: Visitor, path: string, verdict: string) {
  const form = { verdict, reason: `Nagekeken: ${verdict}` };
  const home = await get(house, who, '/auditor');
  return (await post(house, who, home, `${path}/oordeel`, form)).text();
}

/** Whether the page offers this reviewer a verdict. */
const mayJudge = async (who: Visitor, path: string): Promise<boolean> =>
  (await get(house, who, path)).text().includes('name="verdict"');

describe.each(['/auditor/onderzoek', '/auditor/spoed'])('what waits at %s', (queue) => {
  it('is said to wait for a colleague, who alone is asked', async () => {
    const path = await pathOf(queue);
    expect(await judge(first, path, 'misuse')).toContain(
      'Nu moet een collega hier ook naar kijken',
    );
    expect(await mayJudge(first, path)).toBe(false);
    expect((await get(house, first, path)).text()).toContain('Dit moet een ander beoordelen');
    expect(await mayJudge(second, path)).toBe(true);
    // A second click of the first is no second reviewer.
    expect(await judge(first, path, 'misuse')).toContain('Dit moet een ander beoordelen');
    expect((await get(house, second, queue)).text()).toContain('wacht op een tweede beoordelaar');
  });

  it('stays open when the colleague declines, says so to both, and is for the first again', async () => {
    const path = await pathOf(queue);
    const declined = await judge(second, path, 'fine');
    expect(declined).toContain('Het is een ander dan dat van uw collega');
    expect(declined).toContain('Nagekeken: misuse');
    expect(await mayJudge(second, path)).toBe(false);
    const list = (await get(house, first, queue)).text();
    expect(list).toContain('de beoordelaars zijn het niet eens');
    expect(list).not.toContain('wacht op een tweede beoordelaar');
    expect(await mayJudge(first, path)).toBe(true);
  });

  it('is closed when two in a row judge the same, with every verdict kept', async () => {
    const path = await pathOf(queue);
    expect(await judge(first, path, 'fine')).toContain('Hiermee is dit gesloten');
    for (const who of [first, second]) expect(await mayJudge(who, path)).toBe(false);
    const kept = (await get(house, second, path)).text();
    expect(kept).toContain('<th scope="col">Oordeel</th><th scope="col">Waarom</th>');
    if (queue.endsWith('spoed')) expect(kept).toContain('1 × allergieën, 2 × recepten');
    expect(kept.match(/Nagekeken: (misuse|fine)/g)).toHaveLength(3);
    expect(await judge(second, path, 'misuse')).toContain('al gesloten');
  });
});
