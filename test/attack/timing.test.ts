/** The figures by which the attack suite tells whether time tells. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Line, openLine } from '../../scripts/attack/line.ts';
import { openSlowProxy, type SlowProxy } from '../../scripts/attack/slow-proxy.ts';
import { figuresOf, tellsApart, timePairs } from '../../scripts/attack/timing.ts';
import { createRandom } from '../../src/demo/region/random.ts';

const PAIRS = 1_000;
/** Longer than a busy machine takes for the quickest of four answers. */
const SLOW_MS = 600;
/** Answers of about 3 ms with a long tail, as answers are. */
const answers = (random: ReturnType<typeof createRandom>, more: number) => async () =>
  3 - Math.log(1 - random.next()) * 0.5 + more;

describe('times', () => {
  it('of the same work tell nothing', async () => {
    const random = createRandom('same');
    const plan = { pairs: PAIRS, random };
    const figures = await timePairs(plan, answers(random, 0), answers(random, 0));
    expect(figures.auc).toBeCloseTo(0.5, 1);
    expect(tellsApart(figures)).toBe(false);
  });

  it.each([0.2, -0.2])('of work that takes %d ms longer tell', async (more) => {
    const random = createRandom('planted');
    const plan = { pairs: PAIRS, random };
    const figures = await timePairs(plan, answers(random, more), answers(random, 0));
    expect(tellsApart(figures)).toBe(true);
    expect(Math.sign(figures.medianMs)).toBe(Math.sign(more));
  });

  it('that are in doubt are measured on, and no longer than asked', async () => {
    const random = createRandom('doubt');
    const plan = { pairs: PAIRS, pairsMax: 3 * PAIRS, lanes: 4, random };
    // An area of 0.55, at the limit: no number of pairs settles it.
    const figures = await timePairs(plan, answers(random, 0.0527), answers(random, 0));
    expect(figures.pairs).toBe(3 * PAIRS);
  });

  it('stop at a find that is beyond doubt', async () => {
    const random = createRandom('found');
    const plan = { pairs: 50 * PAIRS, stopAtFind: true, random };
    const figures = await timePairs(plan, answers(random, 1), answers(random, 0));
    expect(figures.pairs).toBe(PAIRS / 2);
    expect(tellsApart(figures)).toBe(true);
  });

  it('have the median and the area that a count by hand gives', () => {
    const { medianMs, auc } = figuresOf([1, 3, 5], [2, 3, 4], createRandom('hand'));
    expect(medianMs).toBe(0);
    // 1>none, 3>2 and half of 3, 5>all three: 0 + 1.5 + 3 of 9.
    expect(auc).toBe(0.5);
    const shifted = figuresOf([2, 4, 6], [1, 3, 5], createRandom('hand'));
    expect(shifted.medianMs).toBe(1);
    expect(shifted.auc).toBeCloseTo(6 / 9);
  });
});

describe('the proxy that plants a leak', () => {
  const hidden = '11111111-1111-4111-8111-111111111111';
  const server = createServer((request, response) => {
    response.setHeader('x-seen', String(request.headers['authorization']));
    request.pipe(response);
  });
  let proxy: SlowProxy;
  let line: Line;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    proxy = await openSlowProxy(url, new Set([hidden]), SLOW_MS);
    line = openLine(proxy.url);
  });
  afterAll(async () => {
    line.close();
    await proxy.close();
    server.closeAllConnections();
    server.close();
  });

  it('passes all on, and is slow about what is hidden only', async () => {
    const ask = async (id: string) =>
      line.ask({ path: `/fhir/r4/Condition/${id}`, token: 't', body: 'x' });
    const [slow, quick] = [await ask(hidden), await ask(hidden.replaceAll('1', '2'))];
    expect(slow.body).toBe('x');
    expect(slow.headers['x-seen']).toBe('Bearer t');
    expect(slow.ms).toBeGreaterThanOrEqual(SLOW_MS);
    const again = await Promise.all([1, 2, 3].map(() => ask(hidden.replaceAll('1', '3'))));
    expect(Math.min(quick.ms, ...again.map(({ ms }) => ms))).toBeLessThan(SLOW_MS);
  });
});
