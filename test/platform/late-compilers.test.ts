/** Schemas of routes are compiled at first use, and say the same as they would at the start. */
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { lateCompilers } from '../../src/platform/late-compilers.ts';

const SCHEMA = {
  querystring: {
    type: 'object',
    properties: { count: { type: 'integer', minimum: 1 } },
    required: ['count'],
    additionalProperties: false,
  },
  body: { type: 'object', properties: { name: { type: 'string', maxLength: 3 } } },
  response: { 200: { type: 'object', properties: { count: { type: 'integer' } } } },
};
const opened: FastifyInstance[] = [];
afterEach(() => Promise.all(opened.splice(0).map((app) => app.close())));

async function gatewayWith(schema: object, isLate = true): Promise<FastifyInstance> {
  const app = Fastify(isLate ? { schemaController: { compilersFactory: lateCompilers } } : {});
  opened.push(app);
  app.post<{ Querystring: { count: number } }>('/asked', { schema }, async ({ query }) => ({
    count: query.count,
    hidden: 'left out by the schema of the answer',
  }));
  await app.ready();
  return app;
}
const ask = async (app: FastifyInstance, url: string, payload: object = {}) => {
  const { statusCode, body } = await app.inject({ method: 'POST', url, payload });
  return { statusCode, body };
};

describe('a schema that is compiled late', () => {
  it('answers as one that was compiled at the start', async () => {
    const [late, early] = [await gatewayWith(SCHEMA), await gatewayWith(SCHEMA, false)];
    const questions = [
      '/asked?count=2',
      '/asked',
      '/asked?count=0',
      '/asked?count=x',
      '/asked?a=1',
    ];
    for (const url of [...questions, ...questions.toReversed()]) {
      expect(await ask(late, url)).toEqual(await ask(early, url));
      const wrong = { name: 'longer' };
      expect(await ask(late, url, wrong)).toEqual(await ask(early, url, wrong));
    }
    expect(await ask(late, '/asked?count=2')).toEqual({ statusCode: 200, body: '{"count":2}' });
    expect(await ask(late, '/asked?count=0')).toMatchObject({ statusCode: 400 });
  });

  it('keeps requests apart that come side by side, right and wrong', async () => {
    const app = await gatewayWith(SCHEMA);
    const counts = Array.from({ length: 40 }, (_, nth) => nth % 3);
    const answers = await Promise.all(counts.map((count) => ask(app, `/asked?count=${count}`)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(
      counts.map((count) => (count === 0 ? 400 : 200)),
    );
  });

  it('says nothing of a schema that is wrong until somebody asks', async () => {
    const wrong = { querystring: { type: 'object', properties: { count: { type: 'nothing' } } } };
    await expect(gatewayWith(wrong, false)).rejects.toThrow('schema');
    const app = await gatewayWith(wrong);
    expect((await ask(app, '/asked?count=1')).statusCode).toBe(500);
  });
});
