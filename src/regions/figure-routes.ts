/**
 * `GET /regio/aantallen`: how many people, for partners with an agreement to count. JSON or CSV,
 * with how it was made; without a measure, what can be asked. consent.md section 12.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FIGURE_METHOD, type Figures, figureCsv } from '../insight/index.ts';
import { Problem } from '../platform/problem.ts';
import { openForPartner, type PartnerDoorParts } from './partner-door.ts';

export interface FigureDoor extends PartnerDoorParts {
  readonly figures: Figures;
  readonly sendOutcome: (
    error: unknown,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => FastifyReply;
}

const PARAMETERS: readonly string[] = ['maat', 'van', 'tot', 'geslacht', 'vorm'];

const SCHEMA = {
  tags: ['partners and senders'],
  summary: 'How many people: numbers in fives, none below ten (purpose HOPERAT or PUBHLTH)',
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(PARAMETERS.map((name) => [name, { type: 'string' }])),
  },
};

/** The address for figures. */
export async function figureRoutes(app: FastifyInstance, door: FigureDoor): Promise<void> {
  const { figures } = door;
  app.setErrorHandler(async (error, request, reply) => door.sendOutcome(error, request, reply));
  app.get<{ Querystring: Record<string, string | undefined> }>(
    '/regio/aantallen',
    { schema: SCHEMA },
    async (request, reply) => {
      const { access } = await openForPartner(door, request);
      requireKnown(request.url);
      const { vorm, ...asked } = request.query;
      reply.header('cache-control', 'no-store').header('vary', 'accept');
      if (asked['maat'] === undefined) {
        const { version, all } = figures.measures;
        const measures = all.map(({ id, name, types, codes }) => ({ id, name, types, codes }));
        return reply.send({ version, method: FIGURE_METHOD, measures });
      }
      const figure = await figures.ask(access, asked);
      const isCsv = vorm === 'csv' || /text\/csv/.test(String(request.headers.accept ?? ''));
      if (!isCsv) return reply.send({ ...figure, method: FIGURE_METHOD });
      return reply.type('text/csv; charset=utf-8').send(figureCsv(figure));
    },
  );
}

/** A filter that is not there would count others than was meant. */
function requireKnown(url: string): void {
  const names = [...new URL(url, 'http://localhost').searchParams.keys()];
  const wrong = names.find((name, at) => !PARAMETERS.includes(name) || names.indexOf(name) < at);
  if (wrong === undefined) return;
  throw new Problem('invalid', 'This parameter is not known here, or stands here twice.', {
    code: 'parameter',
    expression: [wrong],
  });
}
