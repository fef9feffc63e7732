/** What a schema refused is told by its place, never by what was sent. */
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { fromFramework } from '../../src/platform/framework-problem.ts';

const schema = {
  type: 'object',
  required: ['decision', 'reason'],
  additionalProperties: false,
  properties: { decision: { enum: ['verified', 'reject'] }, reason: { type: 'string' } },
};

async function refused(payload: unknown) {
  const app = fastify();
  app.setErrorHandler((error, _request, reply) => {
    const { kind, message, expression } = fromFramework(error);
    return reply.code(400).send({ kind, message, expression });
  });
  app.post('/', { schema: { body: schema } }, () => ({}));
  const answer = await app.inject({
    method: 'POST',
    url: '/',
    headers: { 'content-type': 'application/json' },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
  return answer.json<{ kind: string; message: string; expression: string[] }>();
}

test('a field that is missing or wrong is named', async () => {
  expect(await refused({ decision: 'verified' })).toMatchObject({ expression: ['reason'] });
  expect(await refused({ decision: 'x', reason: 'y' })).toMatchObject({ expression: ['decision'] });
  expect(await refused('{')).toMatchObject({ kind: 'invalid', expression: [] });
});

test('what was sent is not told', async () => {
  const sent = JSON.stringify(await refused({ decision: '999990019', reason: 'Jansen' }));
  expect(sent).not.toContain('999990019');
  expect(sent).not.toContain('Jansen');
});
