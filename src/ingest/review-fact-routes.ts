/**
 * `/intake/{sender}/facts`: an organisation tells the detectors who works there, who is on duty,
 * which records are under extra watch and whom it treats, from its own systems. It is told back
 * that it stands, never what.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../platform/problem.ts';
import {
  type FactView,
  type IntakeDoor,
  type SenderOf,
  type SenderParams,
  tellerOf,
} from './intake-door.ts';

const TAGS = ['intake'];
const SENDER = { sender: { type: 'string', maxLength: 100 } };
const OF_SENDER = { type: 'object', properties: SENDER };
const PARAMS = {
  type: 'object',
  properties: { ...SENDER, name: { type: 'string', maxLength: 40 } },
};
const FACT = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    lines: { type: 'integer' },
    recorded: { type: 'string', format: 'date-time' },
  },
};
const SCHEMAS = {
  put: {
    tags: TAGS,
    summary: 'staff.csv, rosters.csv, watch.csv or relations.csv; takes the place of the last one',
    params: PARAMS,
    response: { 200: FACT },
  },
  list: {
    tags: TAGS,
    summary: 'What you told the detectors: names, numbers of lines and moments',
    params: OF_SENDER,
    response: { 200: { type: 'object', properties: { items: { type: 'array', items: FACT } } } },
  },
  remove: { tags: TAGS, summary: 'Takes it back', params: PARAMS },
} as const;

const BYTES_MAX = 20 * 1024 * 1024;

type Asked = FastifyRequest<{ Params: SenderParams & { name: string } }>;

/** Put, list and remove. */
export function reviewFactRoutes(app: FastifyInstance, door: IntakeDoor, senderOf: SenderOf): void {
  const path = '/intake/:sender/facts';
  app.get<{ Params: SenderParams }>(path, { schema: SCHEMAS.list }, async (request, reply) => {
    const { organisation } = await senderOf(request);
    const items: readonly FactView[] = await factsOf(door).of(organisation.id);
    return reply.header('cache-control', 'no-store').send({ items });
  });
  app.put<{ Params: Asked['params']; Body: Buffer }>(
    `${path}/:name`,
    { schema: SCHEMAS.put, bodyLimit: BYTES_MAX },
    async (request, reply) => {
      const sender = await senderOf(request);
      const { name } = request.params;
      const put = await factsOf(door).put(tellerOf(sender, request), name, textIn(request.body));
      return reply.header('cache-control', 'no-store').send(put);
    },
  );
  app.delete<{ Params: Asked['params'] }>(
    `${path}/:name`,
    { schema: SCHEMAS.remove },
    async (request, reply) => {
      const sender = await senderOf(request);
      await factsOf(door).remove(tellerOf(sender, request), request.params.name);
      return reply.code(204).send();
    },
  );
}

/** @throws Problem `invalid` for bytes that are no UTF-8. */
function textIn(body: unknown): string {
  try {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Problem('invalid', 'The text is not UTF-8.', { code: 'encoding', cause });
  }
}

function factsOf({ reviewFacts }: IntakeDoor): NonNullable<IntakeDoor['reviewFacts']> {
  if (!reviewFacts) throw new Problem('not-found', 'There is nothing of this name.');
  return reviewFacts;
}
