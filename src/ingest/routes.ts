/**
 * The way in over HTTP: any message at `/intake/{sender}`, FHIR at `/intake/{sender}/fhir`, and
 * what became of it. Three clear answers: accepted, wrong (with the place), busy (capabilities B4).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { outcomeOf, R4, STU3, writeFhir } from '../conformance/index.ts';
import type { Database } from '../platform/database.ts';
import { fromFramework } from '../platform/framework-problem.ts';
import { Problem } from '../platform/problem.ts';
import { transactionResponse } from './fhir-push/transaction-response.ts';
import type { Sender } from './handling.ts';
import type { Receipt } from './receipt.ts';
import type { Intake } from './receive.ts';
import { INTAKE_SCHEMAS } from './route-schemas.ts';
import { authenticateSender, type SenderAuthParts } from './sender-auth.ts';

export interface IntakeDoor extends SenderAuthParts {
  readonly database: Database;
  readonly intake: Intake;
  /** Where senders read back what they sent. */
  readonly publicUrl: string;
}

export const INTAKE_LIMITS = {
  bodyBytesMax: 55 * 1024 * 1024,
  pageSizeDefault: 50,
  pageSizeMax: 200,
} as const satisfies Record<string, number>;

interface SenderParams {
  sender: string;
  id: string;
}

type SenderOf = (request: FastifyRequest<{ Params: SenderParams }>) => Promise<Sender>;

/** The way in over HTTP. */
export async function intakeRoutes(app: FastifyInstance, door: IntakeDoor): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: INTAKE_LIMITS.bodyBytesMax },
    (_request, body, done) => done(null, body),
  );
  app.setErrorHandler((error, request, reply) => sendWrong(error, request, reply));

  const senderOf: SenderOf = (request) =>
    authenticateSender(
      door,
      { raw: request.raw, authorization: request.headers.authorization },
      request.params.sender,
    ).catch((error: unknown) => writeStranger(door, request, error));
  receivingRoutes(app, door, senderOf);
  lookingRoutes(app, door, senderOf);
}

function receivingRoutes(app: FastifyInstance, door: IntakeDoor, senderOf: SenderOf): void {
  app.post<{ Params: SenderParams; Body: Buffer }>(
    '/intake/:sender',
    { schema: INTAKE_SCHEMAS.receive },
    async (request, reply) => {
      const sender = await senderOf(request);
      const receipt = await door.intake.receive({
        ...incoming(request, sender),
        channel: 'http',
      });
      return sendReceipt(reply, receipt);
    },
  );

  app.post<{ Params: SenderParams; Body: Buffer }>(
    '/intake/:sender/fhir',
    { schema: INTAKE_SCHEMAS.receiveFhir },
    async (request, reply) => {
      const sender = await senderOf(request);
      const receipt = await door.intake.receive({
        ...incoming(request, sender),
        channel: 'fhir',
        formats: ['fhir'],
      });
      const { format, version } = asked(request);
      const base = `${door.publicUrl}/fhir/${version.profiles}`;
      return reply
        .code(receipt.state === 'held' ? 202 : 200)
        .header('location', `/intake/${sender.client.id}/receipts/${receipt.id}`)
        .type(`application/fhir+${format}; charset=utf-8`)
        .send(
          writeFhir(transactionResponse(receipt, base, version), {
            format,
            version,
            pretty: false,
          }),
        );
    },
  );
}

/** What became of it, and another try. */
function lookingRoutes(app: FastifyInstance, door: IntakeDoor, senderOf: SenderOf): void {
  app.get<{ Params: SenderParams }>(
    '/intake/:sender/receipts/:id',
    { schema: INTAKE_SCHEMAS.receipt },
    async (request) => {
      const sender = await senderOf(request);
      const row = await door.intake.deliveries.find(
        door.database,
        sender.client.id,
        uuid(request.params.id),
      );
      const receipt = row && door.intake.deliveries.receiptOf(row);
      if (!receipt) throw new Problem('not-found', 'There is no such receipt.');
      return receipt;
    },
  );

  app.get<{ Params: SenderParams; Querystring: { limit?: number; after?: string } }>(
    '/intake/:sender/quarantine',
    { schema: INTAKE_SCHEMAS.quarantine },
    async (request) => {
      const sender = await senderOf(request);
      const limit = Math.min(
        request.query.limit ?? INTAKE_LIMITS.pageSizeDefault,
        INTAKE_LIMITS.pageSizeMax,
      );
      const after = readAfter(request.query.after);
      const rows = await door.intake.deliveries.waiting(
        door.database,
        sender.client.id,
        after,
        limit,
      );
      const last = rows.at(-1);
      return {
        items: rows.flatMap((row) => door.intake.deliveries.receiptOf(row) ?? []),
        ...(rows.length === limit && last
          ? { next: `${last.received.toISOString()}_${last.id}` }
          : {}),
      };
    },
  );

  app.post<{ Params: SenderParams }>(
    '/intake/:sender/quarantine/:id/replay',
    { schema: INTAKE_SCHEMAS.replay },
    async (request, reply) => {
      const sender = await senderOf(request);
      const row = await door.intake.deliveries.find(
        door.database,
        sender.client.id,
        uuid(request.params.id),
      );
      if (!row) throw new Problem('not-found', 'Nothing with this id is waiting.');
      return sendReceipt(reply, await door.intake.replay(sender, row, request.id));
    },
  );
}

function incoming(request: FastifyRequest, sender: Sender) {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  if (bytes.length === 0) throw new Problem('invalid', 'The body is empty.', { expression: ['1'] });
  return {
    sender,
    bytes,
    mediaType: request.headers['content-type'] ?? '',
    address: request.ip,
    requestId: request.id,
  };
}

function sendReceipt(reply: FastifyReply, receipt: Receipt): FastifyReply {
  return reply
    .code(receipt.state === 'accepted' ? 200 : 202)
    .header('cache-control', 'no-store')
    .send(receipt);
}

function asked(request: FastifyRequest): {
  format: 'json' | 'xml';
  version: typeof R4 | typeof STU3;
} {
  const accept = `${request.headers.accept ?? ''} ${request.headers['content-type'] ?? ''}`;
  const first = /fhir\+(json|xml)/.exec(accept)?.[1];
  return {
    format: first === 'xml' ? 'xml' : 'json',
    version: /fhirVersion=["']?3/i.test(accept) ? STU3 : R4,
  };
}

function sendWrong(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = fromFramework(error);
  if (problem.kind === 'fault') request.log.error({ err: error }, 'fault on the way in');
  const { format, version } = asked(request);
  const outcome = outcomeOf(problem, version);
  if (problem.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(problem.retryAfterSeconds));
  }
  if (outcome.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply
    .code(outcome.status)
    .header('cache-control', 'no-store')
    .type(`application/fhir+${format}; charset=utf-8`)
    .send(writeFhir(outcome.body, { format, version, pretty: false }));
}

/** An unknown sender leaves a line in the ledger, and learns nothing. */
async function writeStranger(
  door: IntakeDoor,
  request: FastifyRequest,
  error: unknown,
): Promise<never> {
  const problem = Problem.from(error);
  if (problem.kind === 'unauthenticated') {
    await door.intake.stranger(request.ip, request.id);
  }
  throw error;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function uuid(text: string): string {
  if (!UUID.test(text)) throw new Problem('not-found', 'There is nothing with this id.');
  return text;
}

function readAfter(text: string | undefined): { received: Date; id: string } | undefined {
  if (text === undefined) return undefined;
  const [time = '', id = ''] = text.split('_');
  const received = new Date(time);
  if (Number.isNaN(received.getTime()))
    throw new Problem('invalid', 'This page link is not valid.');
  return { received, id: uuid(id) };
}
