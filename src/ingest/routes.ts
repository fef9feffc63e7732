/**
 * The way in over HTTP: any message at `/intake/{sender}`, FHIR at `/intake/{sender}/fhir`, and
 * what became of it. Three clear answers: accepted, wrong (with the place), busy (capabilities B4).
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { outcomeOf, R4, STU3, writeFhir } from '../conformance/index.ts';
import { fromFramework } from '../platform/framework-problem.ts';
import { takeTurnsForBodies } from '../platform/large-turns.ts';
import { Problem } from '../platform/problem.ts';
import { codingOf, takePacked } from '../platform/unpack-body.ts';
import { wholeBody } from '../platform/whole-body.ts';
import { choiceNoticeRoutes } from './choice-notice-routes.ts';
import { choiceRoutes } from './choice-routes.ts';
import { transactionResponse } from './fhir-push/transaction-response.ts';
import type { Sender } from './handling.ts';
import { asksHl7v3, replyInHl7v3 } from './hl7v3-reply.ts';
import {
  INTAKE_LIMITS,
  type IntakeDoor,
  type SenderOf,
  type SenderParams,
  sendReceipt,
} from './intake-door.ts';
import { lookingRoutes } from './looking-routes.ts';
import type { Receipt } from './receipt.ts';
import type { Incoming } from './receive.ts';
import { reviewFactRoutes } from './review-fact-routes.ts';
import { INTAKE_SCHEMAS } from './route-schemas.ts';
import { authenticateSender } from './sender-auth.ts';
import { sharingRoutes } from './sharing-routes.ts';
import { waitingRoutes } from './waiting-routes.ts';

/** The way in over HTTP. */
export async function intakeRoutes(app: FastifyInstance, door: IntakeDoor): Promise<void> {
  app.removeAllContentTypeParsers();
  const { bodyBytesMax } = INTAKE_LIMITS;
  app.addContentTypeParser(
    '*',
    { bodyLimit: bodyBytesMax },
    (request: FastifyRequest, payload: IncomingMessage) =>
      wholeBody(codingOf(request.headers) ? {} : request.headers, payload, bodyBytesMax),
  );
  app.setErrorHandler((error, request, reply) => sendWrong(error, request, reply));

  const senderOf: SenderOf = (request) =>
    authenticateSender(
      door,
      { raw: request.raw, authorization: request.headers.authorization },
      request.params.sender,
    ).catch((error: unknown) => writeStranger(door, request, error));
  const admit = (request: FastifyRequest) => senderOf(request as Parameters<SenderOf>[0]);
  takeTurnsForBodies(app, async (request) => (await admit(request)).client.id);
  takePacked(app, INTAKE_LIMITS.bodyBytesMax, admit);
  receivingRoutes(app, door, senderOf);
  lookingRoutes(app, door, senderOf);
  choiceNoticeRoutes(app, door, senderOf);
  choiceRoutes(app, door, senderOf);
  reviewFactRoutes(app, door, senderOf);
  await waitingRoutes(app, door, senderOf);
  await app.register(async (sharing) => sharingRoutes(sharing, door, senderOf));
}

function receivingRoutes(app: FastifyInstance, door: IntakeDoor, senderOf: SenderOf): void {
  const receive = async (reply: FastifyReply, body: Incoming): Promise<Receipt> => {
    const receipt = await door.intake.receive(body);
    reply.header('location', `/intake/${body.sender.client.id}/receipts/${receipt.id}`);
    return receipt;
  };
  app.post<{ Params: SenderParams; Body: Buffer; Querystring: { dryRun?: boolean } }>(
    '/intake/:sender',
    { schema: INTAKE_SCHEMAS.receive },
    async (request, reply) => {
      const sender = await senderOf(request);
      const body = { ...incoming(request, sender), channel: 'http' as const };
      if (request.query.dryRun) {
        return reply.header('cache-control', 'no-store').send(await door.intake.dryRun(body));
      }
      if (asksHl7v3(request, body.bytes)) {
        return replyInHl7v3(reply, body.bytes, () => receive(reply, body));
      }
      return sendReceipt(reply, await receive(reply, body));
    },
  );

  app.post<{ Params: SenderParams; Body: Buffer; Querystring: { dryRun?: boolean } }>(
    '/intake/:sender/fhir',
    { schema: INTAKE_SCHEMAS.receiveFhir },
    async (request, reply) => {
      const sender = await senderOf(request);
      const body = {
        ...incoming(request, sender),
        channel: 'fhir' as const,
        formats: ['fhir'],
      };
      if (request.query.dryRun) {
        return reply.header('cache-control', 'no-store').send(await door.intake.dryRun(body));
      }
      const receipt = await receive(reply, body);
      const { format, version } = asked(request);
      const base = `${door.publicUrl}/fhir/${version.profiles}`;
      return reply
        .code(receipt.state === 'held' ? 202 : 200)
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

function incoming(request: FastifyRequest, sender: Sender) {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  if (bytes.length === 0) throw new Problem('invalid', 'The body is empty.', { expression: ['1'] });
  // The way in lets go of a large body when it is kept; the request must not hold on to it.
  request.body = undefined;
  return {
    sender,
    bytes,
    mediaType: request.headers['content-type'] ?? '',
    address: request.ip,
    requestId: request.id,
  };
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
