/** Is the gateway alive, ready, and how busy: for load balancers and Prometheus. */
import type { FastifyInstance } from 'fastify';
import type { Rooms } from './app.ts';

const NUMBERS = { type: 'object', additionalProperties: { type: 'number' } } as const;

const COUNT = { type: 'integer' } as const;

const STATE = {
  type: 'object',
  properties: {
    status: { type: 'string' },
    database: { type: 'string' },
    ledger: { type: 'string' },
    /** Answers within the time that MedMij allows, and odd refreshes, since the start. */
    serviceLevels: {
      type: 'object',
      properties: { refreshCodeRefused: COUNT, refreshCodeTaken: COUNT },
      additionalProperties: { ...NUMBERS },
    },
    /** MedMij lists in use: number, age in seconds, and why the last refresh was refused. */
    lists: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        properties: {
          volgnummer: { type: 'integer' },
          ageSeconds: { type: 'integer' },
          fault: { type: 'string' },
          place: { type: 'array', items: { type: 'string' } },
        },
      },
    },
  },
} as const;

/** `/health/live`, `/health/ready` and `/metrics`. */
export async function healthRoutes(app: FastifyInstance, rooms: Rooms): Promise<void> {
  const tags = ['operations'];
  app.get(
    '/health/live',
    {
      schema: { tags, summary: 'The process answers', response: { 200: STATE } },
      config: { rateLimit: false },
    },
    async () => ({ status: 'live' }),
  );
  app.get(
    '/health/ready',
    {
      schema: { tags, summary: 'Database and ledger answer', response: { 200: STATE, 503: STATE } },
      config: { rateLimit: false },
    },
    async (_request, reply) => {
      const database = await answers(rooms.database.query('select 1'));
      const ledger = await answers(Promise.resolve().then(() => rooms.ledger.checkpoint()));
      const ready = database && ledger && rooms.isReady();
      return reply.code(ready ? 200 : 503).send({
        status: ready ? 'ready' : 'not ready',
        database: database ? 'up' : 'down',
        ledger: ledger ? 'up' : 'down',
        serviceLevels: rooms.medmij.door.levels.read(),
        ...(rooms.medmij.door.lists.isOn ? { lists: rooms.medmij.door.lists.health() } : {}),
      });
    },
  );
  const metrics = { tags, summary: 'For Prometheus; holds no personal data' };
  app.get('/metrics', { schema: metrics }, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(await rooms.metrics.text()),
  );
}

const ANSWER_MS_MAX = 2_000;

async function answers(work: Promise<unknown>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, ANSWER_MS_MAX, false).unref());
  return Promise.race([
    work.then(
      () => true,
      () => false,
    ),
    late,
  ]);
}
