/** Proofs for anyone: the signed head, and that a line is in it or an older head is part of it. */
import type { FastifyInstance } from 'fastify';
import { Problem } from '../platform/problem.ts';
import type { WebDoor } from './web-door.ts';

const SIZE = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
const HASHES = {
  type: 'array',
  items: { type: 'string' },
  description: 'SHA-256, base64',
} as const;
const WRONG = { type: 'object', properties: { error: { type: 'string' } } } as const;
const tags = ['ledger'];

const INCLUSION = {
  tags,
  summary: 'Proof that entry `seq` is in the tree of `size` entries (RFC 9162 2.1.3)',
  querystring: { type: 'object', required: ['seq', 'size'], properties: { seq: SIZE, size: SIZE } },
  response: {
    200: {
      type: 'object',
      properties: { origin: { type: 'string' }, seq: SIZE, size: SIZE, proof: HASHES },
    },
    400: WRONG,
  },
} as const;

const CONSISTENCY = {
  tags,
  summary:
    'Proof that the tree of `from` entries is the beginning of that of `to` (RFC 9162 2.1.4)',
  querystring: { type: 'object', required: ['from', 'to'], properties: { from: SIZE, to: SIZE } },
  response: {
    200: {
      type: 'object',
      properties: { origin: { type: 'string' }, from: SIZE, to: SIZE, proof: HASHES },
    },
    400: WRONG,
  },
} as const;

const CHECKPOINT = {
  tags,
  summary: 'The signed head of the ledger (C2SP checkpoint)',
  produces: ['text/plain'],
  response: { 200: { type: 'string' } },
} as const;

/** No line, person or organisation stands in any of these answers: only hashes. */
export async function ledgerRoutes(
  app: FastifyInstance,
  door: Pick<WebDoor, 'ledger'>,
): Promise<void> {
  const { ledger } = door;
  app.setErrorHandler(async (error, request, reply) => {
    const status = (error as { statusCode?: number }).statusCode;
    const problem = Problem.from(error);
    const isInvalid =
      problem.kind === 'invalid' || (error as { validation?: unknown }).validation !== undefined;
    if (!isInvalid && status === undefined && problem.kind === 'fault') {
      request.log.error({ err: error }, 'fault at a proof of the ledger');
    }
    const code = isInvalid ? 400 : (status ?? (problem.kind === 'busy' ? 503 : 500));
    return reply
      .code(code)
      .send({ error: code < 500 ? 'no such tree or entry' : 'try again later' });
  });
  app.get('/ledger/checkpoint', { schema: CHECKPOINT }, async (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send(await ledger.checkpoint()),
  );
  app.get<{ Querystring: { seq: number; size: number } }>(
    '/ledger/proof/inclusion',
    { schema: INCLUSION },
    async ({ query: { seq, size } }) => ({
      origin: ledger.name,
      seq,
      size,
      proof: await ledger.inclusionProof(seq, size),
    }),
  );
  app.get<{ Querystring: { from: number; to: number } }>(
    '/ledger/proof/consistency',
    { schema: CONSISTENCY },
    async ({ query: { from, to } }) => ({
      origin: ledger.name,
      from,
      to,
      proof: await ledger.consistencyProof(from, to),
    }),
  );
}
