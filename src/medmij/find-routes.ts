/**
 * `GET /medmij/aanbieders?q=`: find my provider, for apps (capabilities A1). What can be fetched
 * there, whether it answers, and those that are not connected (yet).
 */
import type { FastifyInstance } from 'fastify';
import { FIND_LIMITS, isFetchable, keepFinder, type Organisation } from '../identity/index.ts';
import type { SourceState } from '../ingest/index.ts';
import { Problem } from '../platform/problem.ts';
import type { MedmijDoor } from './medmij-door.ts';

type FindDoor = Pick<MedmijDoor, 'organisations' | 'diensten' | 'sources'>;

const STRING = { type: 'string' } as const;
const FOUND = {
  type: 'object',
  properties: {
    name: STRING,
    town: STRING,
    aanbieder: STRING,
    connection: { type: 'string', enum: ['connected', 'not-connected'] },
    services: {
      type: 'array',
      items: { type: 'object', properties: { id: STRING, name: STRING, function: STRING } },
    },
    answers: { type: 'string', enum: ['yes', 'no', 'unknown'] },
    lastHeard: { type: 'string', format: 'date-time' },
    downSince: { type: 'string', format: 'date-time' },
  },
} as const;

const SCHEMA = {
  tags: ['medmij'],
  summary: 'Find a care provider by name, alias, initials or town',
  querystring: {
    type: 'object',
    required: ['q'],
    properties: { q: { type: 'string', minLength: 1, maxLength: FIND_LIMITS.questionLengthMax } },
  },
  response: {
    200: {
      type: 'object',
      properties: { found: { type: 'array', items: FOUND }, advice: STRING },
    },
  },
} as const;

/** Registers the address; the directory is public, so no token is needed. */
export async function findRoutes(app: FastifyInstance, door: FindDoor): Promise<void> {
  const finderOf = keepFinder();
  app.get<{ Querystring: { q: string } }>(
    '/medmij/aanbieders',
    { schema: SCHEMA },
    async (request, reply) => {
      if (request.query.q.trim() === '') {
        throw new Problem('invalid', 'Say whom you look for.', { expression: ['q'] });
      }
      const finder = finderOf(await door.organisations.all());
      const found = await Promise.all(
        finder
          .find(request.query.q)
          .map(async ({ organisation }) =>
            viewOf(door, organisation, await door.sources.of(organisation.id)),
          ),
      );
      reply.header('access-control-allow-origin', '*').header('cache-control', 'max-age=60');
      return found.length > 0 ? { found } : { found, advice: ADVICE };
    },
  );
}

const ADVICE = 'Probeer een ander deel van de naam, of de plaats erbij.';

function viewOf(door: FindDoor, organisation: Organisation, state: SourceState | undefined) {
  const { name, town, aanbieder } = organisation;
  const fetchable = isFetchable(organisation);
  const services = organisation.services.flatMap((id) => {
    const dienst = door.diensten.get(id);
    return dienst ? [{ id, name: dienst.name, function: dienst.function }] : [];
  });
  return {
    name,
    ...(town === undefined ? {} : { town }),
    connection: fetchable ? 'connected' : 'not-connected',
    services: fetchable ? services : [],
    answers: fetchable ? answersOf(state) : 'unknown',
    ...(fetchable ? { aanbieder: `${aanbieder}@medmij` } : {}),
    ...(state?.lastHeard ? { lastHeard: state.lastHeard.toISOString() } : {}),
    ...(state?.downSince ? { downSince: state.downSince.toISOString() } : {}),
  };
}

function answersOf(state: SourceState | undefined): 'yes' | 'no' | 'unknown' {
  if (state?.downSince) return 'no';
  return state?.lastHeard ? 'yes' : 'unknown';
}
