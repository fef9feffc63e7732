/**
 * A source that subscribed hears that choices of its patient changed (capabilities B11): what it
 * did not acknowledge, who could see its items now, and the acknowledgement.
 */
import type { FastifyInstance } from 'fastify';
import { Problem } from '../platform/problem.ts';
import { type IntakeDoor, type SenderOf, type SenderParams, uuid } from './intake-door.ts';

const TAGS = ['intake'];
const SENDER = { type: 'object', properties: { sender: { type: 'string', maxLength: 100 } } };
const SENDER_AND_ID = {
  type: 'object',
  properties: { ...SENDER.properties, id: { type: 'string', maxLength: 36 } },
};
const NOTICE = {
  id: { type: 'string' },
  at: { type: 'string', format: 'date-time', description: 'When it was saved' },
  effective: { type: 'string', format: 'date-time', description: 'From when it counts' },
  until: { type: 'string', format: 'date-time', description: 'When it ends by itself' },
  patient: { type: 'array', items: { type: 'string' }, description: 'As you sent this person' },
  sent: { type: 'string', format: 'date-time' },
  acknowledged: { type: 'string', format: 'date-time' },
};
const COULD_SEE = {
  type: 'array',
  description: 'How many of your items each kind of reader could see now',
  items: {
    type: 'object',
    properties: {
      reader: { type: 'string' },
      items: { type: 'integer' },
      of: { type: 'integer' },
    },
  },
};

const SCHEMAS = {
  list: {
    tags: TAGS,
    summary: 'Your patients whose choices changed, oldest first; ?all=true: acknowledged too',
    params: SENDER,
    querystring: { type: 'object', properties: { all: { type: 'boolean' } } },
    response: {
      200: {
        type: 'object',
        properties: { items: { type: 'array', items: { type: 'object', properties: NOTICE } } },
      },
    },
  },
  one: {
    tags: TAGS,
    summary: 'One of them, and who could see what you hold of this person now',
    params: SENDER_AND_ID,
    response: { 200: { type: 'object', properties: { ...NOTICE, couldSee: COULD_SEE } } },
  },
  acknowledge: {
    tags: TAGS,
    summary: 'Acknowledge it: you know that these choices changed',
    params: SENDER_AND_ID,
  },
} as const;

/** `/intake/{sender}/choices`, and one of them. */
export function choiceNoticeRoutes(
  app: FastifyInstance,
  door: IntakeDoor,
  senderOf: SenderOf,
): void {
  app.get<{ Params: SenderParams; Querystring: { all?: boolean } }>(
    '/intake/:sender/choices',
    { schema: SCHEMAS.list },
    async (request, reply) => {
      const { client } = await senderOf(request);
      const items = (await door.choiceNotices?.of(client.id, request.query.all === true)) ?? [];
      return reply.header('cache-control', 'no-store').send({ items });
    },
  );
  app.get<{ Params: SenderParams }>(
    '/intake/:sender/choices/:id',
    { schema: SCHEMAS.one },
    async (request, reply) => {
      const { client } = await senderOf(request);
      const notice = await noticesOf(door).now(client.id, uuid(request.params.id), request.id);
      return reply.header('cache-control', 'no-store').send(notice);
    },
  );
  app.post<{ Params: SenderParams }>(
    '/intake/:sender/choices/:id/received',
    { schema: SCHEMAS.acknowledge },
    async (request, reply) => {
      const { client } = await senderOf(request);
      await noticesOf(door).acknowledge(client.id, uuid(request.params.id), request.id);
      return reply.code(204).send();
    },
  );
}

function noticesOf({ choiceNotices }: IntakeDoor): NonNullable<IntakeDoor['choiceNotices']> {
  if (!choiceNotices) throw new Problem('not-found', 'There is no such notice.');
  return choiceNotices;
}
