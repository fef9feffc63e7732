/**
 * `POST /intake/{sender}/choices`: a source sends, as a FHIR R4 Consent, what its patient chose at
 * the desk about what it holds (consent.md 3.1). In force when the answer comes.
 */
import type { FastifyInstance } from 'fastify';
import { R4, type Resource, readFhir } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import { type IntakeDoor, type SenderOf, type SenderParams, tellerOf } from './intake-door.ts';

const BYTES_MAX = 1024 * 1024;
const SCHEMA = {
  tags: ['intake'],
  summary: 'A choice that a patient of yours made with you about sharing: a FHIR R4 Consent',
  params: { type: 'object', properties: { sender: { type: 'string', maxLength: 100 } } },
  response: {
    '2xx': {
      type: 'object',
      properties: {
        state: { type: 'string', enum: ['recorded', 'withdrawn', 'unchanged'] },
        receipt: { type: 'string', description: 'Of the save' },
        understood: {
          type: 'boolean',
          description: 'false: it holds a limit that is not understood; a permit opens nothing',
        },
      },
    },
  },
} as const;

/** 201 when something was recorded, 200 when it stood or the person chose otherwise later. */
export function choiceRoutes(app: FastifyInstance, door: IntakeDoor, senderOf: SenderOf): void {
  app.post<{ Params: SenderParams; Body: Buffer }>(
    '/intake/:sender/choices',
    { schema: SCHEMA, bodyLimit: BYTES_MAX },
    async (request, reply) => {
      const sender = await senderOf(request);
      if (!door.recordChoice) throw new Problem('not-found', 'There is nothing here.');
      const consent = consentIn(request.body, request.headers['content-type']);
      const told = await door.recordChoice(tellerOf(sender, request), consent);
      return reply
        .code(told.state === 'unchanged' ? 200 : 201)
        .header('cache-control', 'no-store')
        .send(told);
    },
  );
}

function consentIn(body: unknown, mediaType = ''): Resource {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  return readFhir(bytes, { format: /xml/i.test(mediaType) ? 'xml' : 'json', version: R4 });
}
