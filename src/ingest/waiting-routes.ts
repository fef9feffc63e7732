/** What waits in quarantine: to look at, to try again after a mend, and to decide (B5, B10). */
import type { FastifyInstance } from 'fastify';
import { Problem } from '../platform/problem.ts';
import type { HeldDecision } from './decision-on-held.ts';
import type { DeliveryRow } from './delivery.ts';
import {
  INTAKE_LIMITS,
  type IntakeDoor,
  ownDelivery,
  type SenderOf,
  type SenderParams,
  sendReceipt,
  uuid,
} from './intake-door.ts';
import { INTAKE_SCHEMAS } from './route-schemas.ts';

interface Page {
  limit?: number;
  after?: string;
}

export async function waitingRoutes(
  app: FastifyInstance,
  door: IntakeDoor,
  senderOf: SenderOf,
): Promise<void> {
  const { deliveries } = door.intake;
  replayRoutes(app, door, senderOf);
  await app.register(async (decisions) => decisionRoute(decisions, door, senderOf));
  app.get<{ Params: SenderParams; Querystring: Page }>(
    '/intake/:sender/quarantine',
    { schema: INTAKE_SCHEMAS.quarantine },
    async (request) => {
      const sender = await senderOf(request);
      const { after } = request.query;
      const limit = request.query.limit ?? INTAKE_LIMITS.pageSizeDefault;
      const from = readAfter(after);
      const rows = await deliveries.waiting(door.database, sender.client.id, from, limit);
      return {
        items: rows.flatMap((row) => deliveries.receiptOf(row) ?? []),
        ...nextOf(rows, limit),
      };
    },
  );
}

function replayRoutes(app: FastifyInstance, door: IntakeDoor, senderOf: SenderOf): void {
  const { deliveries } = door.intake;
  app.post<{ Params: SenderParams }>(
    '/intake/:sender/quarantine/:id/replay',
    { schema: INTAKE_SCHEMAS.replay },
    async (request, reply) => {
      const sender = await senderOf(request);
      const row = await ownDelivery(door, sender, request.params.id);
      return sendReceipt(reply, await door.intake.replay(sender, row, request.id));
    },
  );

  app.post<{ Params: SenderParams; Querystring: Page }>(
    '/intake/:sender/quarantine/replay',
    { schema: INTAKE_SCHEMAS.replayAll },
    async (request) => {
      const sender = await senderOf(request);
      const limit = Math.min(
        request.query.limit ?? INTAKE_LIMITS.replayedMax,
        INTAKE_LIMITS.replayedMax,
      );
      const from = readAfter(request.query.after);
      const rows = await deliveries.waiting(door.database, sender.client.id, from, limit);
      const counts = { accepted: 0, held: 0, refused: 0 };
      // One after the other, in the order they came: what belongs to one person stays in order.
      for (const row of rows) {
        const state = await door.intake.replay(sender, row, request.id).then(
          (receipt) => receipt.state,
          (error: unknown) => {
            const problem = Problem.from(error);
            if (problem.kind === 'busy' || problem.kind === 'fault') throw problem;
            return 'refused' as const;
          },
        );
        counts[state] += 1;
      }
      return { replayed: rows.length, ...counts, ...nextOf(rows, limit) };
    },
  );
}

/** Its body is JSON; all other bodies of the way in stay bytes. */
function decisionRoute(decisions: FastifyInstance, door: IntakeDoor, senderOf: SenderOf): void {
  decisions.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: INTAKE_LIMITS.decisionBytesMax },
    decisions.getDefaultJsonParser('error', 'error'),
  );
  decisions.post<{ Params: SenderParams; Body: HeldDecision }>(
    '/intake/:sender/quarantine/:id/decision',
    { schema: INTAKE_SCHEMAS.decide },
    async (request, reply) => {
      const sender = await senderOf(request);
      const row = await ownDelivery(door, sender, request.params.id);
      const { client, organisation } = sender;
      const agent = {
        kind: 'system' as const,
        id: client.id,
        organisation: organisation.id,
        address: request.ip,
      };
      const by = { agent, requestId: request.id };
      return sendReceipt(reply, await door.intake.decide(sender, row, request.body, by));
    },
  );
}

function nextOf(rows: readonly DeliveryRow[], limit: number): { next?: string } {
  const last = rows.at(-1);
  return rows.length === limit && last ? { next: `${last.received.toISOString()}_${last.id}` } : {};
}

function readAfter(text: string | undefined): { received: Date; id: string } | undefined {
  if (text === undefined) return undefined;
  const [time = '', id = ''] = text.split('_');
  const received = new Date(time);
  if (Number.isNaN(received.getTime()))
    throw new Problem('invalid', 'This page link is not valid.');
  return { received, id: uuid(id) };
}
