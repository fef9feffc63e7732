import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { createTurns, LARGE_BYTES, takeTurnsForBodies } from '../../src/platform/large-turns.ts';

const LONG = 10_000;

describe('turns', () => {
  it('are so many at once, and the next ones in the order in which they came', async () => {
    const turns = createTurns({ atOnceMax: 2, ofOneMax: 2, waitMsMax: LONG, holdMsMax: LONG });
    const [first, second] = [await turns.take('a'), await turns.take('a')];
    const order: string[] = [];
    const third = turns.take('a').then((end) => {
      order.push('third');
      return end;
    });
    const fourth = turns.take('a').then(() => order.push('fourth'));
    await new Promise(setImmediate);
    expect(order).toEqual([]);
    first();
    first();
    await third;
    await new Promise(setImmediate);
    expect(order).toEqual(['third']);
    second();
    await fourth;
    expect(order).toEqual(['third', 'fourth']);
  });

  it('one client never takes them all, and its own wait holds up nobody', async () => {
    const turns = createTurns({ atOnceMax: 3, ofOneMax: 2, waitMsMax: LONG, holdMsMax: LONG });
    const [first] = [await turns.take('a'), await turns.take('a')];
    let thirdOfA = 0;
    const third = turns.take('a').then(() => {
      thirdOfA += 1;
    });
    const other = await turns.take('b');
    other();
    await new Promise(setImmediate);
    expect(thirdOfA).toBe(0);
    first?.();
    await third;
  });

  it('whoever waits too long is asked to come back, and holds up nobody after', async () => {
    const turns = createTurns({ atOnceMax: 1, ofOneMax: 1, waitMsMax: 20, holdMsMax: LONG });
    const end = await turns.take('a');
    await expect(turns.take('a')).rejects.toMatchObject({ kind: 'busy', retryAfterSeconds: 5 });
    end();
    await expect(turns.take('a')).resolves.toBeTypeOf('function');
  });

  it('whoever holds one too long no longer holds up others', async () => {
    const turns = createTurns({ atOnceMax: 1, ofOneMax: 1, waitMsMax: LONG, holdMsMax: 20 });
    const end = await turns.take('a');
    const next = await turns.take('a');
    end();
    let isTaken = false;
    const third = turns.take('a').then((one) => {
      isTaken = true;
      return one;
    });
    await new Promise(setImmediate);
    expect(isTaken).toBe(false);
    next();
    await third;
  });
});

describe('a large body', () => {
  const open = async () => {
    const app = Fastify({ bodyLimit: 2 * LARGE_BYTES });
    const seen: string[] = [];
    takeTurnsForBodies(app, async (request) => {
      seen.push('admitted');
      if (request.headers.authorization === undefined) {
        throw Object.assign(new Error('nobody'), { statusCode: 401 });
      }
      return 'a';
    });
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
      seen.push('read');
      done(null, body);
    });
    app.post('/', async () => 'taken');
    return { app, seen };
  };
  const post = (size: number, authorization?: string) => ({
    method: 'POST' as const,
    url: '/',
    headers: { 'content-type': 'a/b', ...(authorization ? { authorization } : {}) },
    payload: Buffer.alloc(size),
  });

  it('of a stranger is not read', async () => {
    const { app, seen } = await open();
    expect((await app.inject(post(LARGE_BYTES + 1))).statusCode).toBe(401);
    expect(seen).toEqual(['admitted']);
  });

  it('may come packed small: its sender is let in first as well', async () => {
    const { app, seen } = await open();
    const packed = {
      ...post(20_000),
      headers: { 'content-type': 'a/b', 'content-encoding': 'gzip' },
    };
    expect((await app.inject(packed)).statusCode).toBe(401);
    expect(seen).toEqual(['admitted']);
    expect((await app.inject(post(20_000))).statusCode).toBe(200);
    expect(seen).toEqual(['admitted', 'read']);
  });

  it('comes in one after the other when many come at once; a small one waits for nobody', async () => {
    const { app, seen } = await open();
    const large = Array.from({ length: 9 }, () => app.inject(post(LARGE_BYTES + 1, 'a')));
    const answers = await Promise.all([...large, app.inject(post(10))]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(10).fill(200));
    expect(seen.filter((what) => what === 'admitted')).toHaveLength(9);
  });
});
