import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { R4 } from '../../src/conformance/index.ts';
import { sendOutcome, sendResource } from '../../src/fhir/send.ts';

it('says of an answer that is longer than a text can be how to ask for less', async () => {
  const app = Fastify();
  const part = 'x'.repeat(16_777_216);
  const resource = { resourceType: 'Basic', parts: Array.from({ length: 33 }, () => part) };
  app.setErrorHandler((error, request, reply) => sendOutcome(error, request, reply, R4));
  app.get('/', (_request, reply) =>
    sendResource(reply, resource, R4, { format: 'json', pretty: false }),
  );
  const answer = await app.inject('/');
  expect(answer.statusCode).toBe(422);
  expect(answer.json().issue[0]).toMatchObject({
    code: 'too-costly',
    diagnostics: expect.stringContaining('_count'),
  });
}, 120_000);
