/**
 * The provider's side of what people send: its windows, what came, and what becomes of it
 * (capabilities A10, A11).
 */
import type { FastifyInstance } from 'fastify';
import type { Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { answerDue } from './from-person/answer-due.ts';
import { correctedItems } from './from-person/corrected.ts';
import { setShareWindow, shareWindows } from './from-person/share-window.ts';
import { fateEvent } from './from-person/shared-event.ts';
import type { SharedItem, SharedState } from './from-person/shared-items.ts';
import {
  INTAKE_LIMITS,
  type IntakeDoor,
  type SenderOf,
  type SenderParams,
  uuid,
} from './intake-door.ts';
import { SHARING_SCHEMAS } from './sharing-schemas.ts';

interface WindowBody {
  open: boolean;
  perDayMax?: number;
  reason?: string;
}

interface FateBody {
  state: Exclude<SharedState, 'received'>;
  reason?: string;
  /** `Type/id` of what was corrected because of it. */
  corrected?: readonly string[];
}

/** `/intake/{sender}/windows` and `/intake/{sender}/shared`. */
export async function sharingRoutes(
  app: FastifyInstance,
  door: IntakeDoor,
  senderOf: SenderOf,
): Promise<void> {
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: INTAKE_LIMITS.decisionBytesMax },
    app.getDefaultJsonParser('error', 'error'),
  );
  windowRoutes(app, door, senderOf);
  statusRoutes(app, door, senderOf);
  fateRoutes(app, door, senderOf);
}

function windowRoutes(app: FastifyInstance, door: IntakeDoor, senderOf: SenderOf): void {
  const { database } = door;
  app.get<{ Params: SenderParams }>(
    '/intake/:sender/windows',
    { schema: SHARING_SCHEMAS.windows },
    async (request) => {
      const { organisation } = await senderOf(request);
      const windows = await shareWindows(database, organisation.id);
      return { items: windows.map(({ isOpen, ...rest }) => ({ ...rest, open: isOpen })) };
    },
  );
  app.put<{ Params: SenderParams & { service: string }; Body: WindowBody }>(
    '/intake/:sender/windows/:service',
    { schema: SHARING_SCHEMAS.setWindow },
    async (request) => {
      const { organisation } = await senderOf(request);
      const { open, perDayMax, reason = '' } = request.body;
      const { service } = request.params;
      const window = { service, isOpen: open, perDayMax: perDayMax ?? null, reason };
      await setShareWindow(database, organisation.id, window, door.clock());
      return { service, open, reason, perDayMax: window.perDayMax };
    },
  );
}

/** A source says that it is down, and when it expects to be back. */
function statusRoutes(app: FastifyInstance, door: IntakeDoor, senderOf: SenderOf): void {
  app.put<{ Params: SenderParams; Body: { state: 'up' | 'down'; until?: string } }>(
    '/intake/:sender/status',
    { schema: SHARING_SCHEMAS.setStatus },
    async (request) => {
      const { organisation } = await senderOf(request);
      const { state, until } = request.body;
      const down = until === undefined ? {} : { until: new Date(until) };
      await door.sources.setDown(organisation.id, state === 'down' ? down : undefined);
      return request.body;
    },
  );
}

function fateRoutes(app: FastifyInstance, door: IntakeDoor, senderOf: SenderOf): void {
  const { database, sharedItems } = door;
  app.get<{ Params: SenderParams; Querystring: { state?: SharedState } }>(
    '/intake/:sender/shared',
    { schema: SHARING_SCHEMAS.shared },
    async (request, reply) => {
      const { organisation } = await senderOf(request);
      const items = await sharedItems.ofOrganisation(
        database,
        organisation.id,
        request.query.state,
      );
      reply.header('cache-control', 'no-store');
      return { items: items.map((one) => viewOf(one, door.clock())) };
    },
  );
  app.post<{ Params: SenderParams; Body: FateBody }>(
    '/intake/:sender/shared/:id',
    { schema: SHARING_SCHEMAS.setFate },
    async (request, reply) => {
      const sender = await senderOf(request);
      const where = { organisation: sender.organisation.id, id: uuid(request.params.id) };
      const asked = { address: request.ip, requestId: request.id };
      const { item, pending } = await database.transaction(async (tx) => {
        const moved = await decide(door, tx, where, request.body);
        return {
          item: moved,
          pending: await door.ledger.write(tx, fateEvent(sender, moved, asked)),
        };
      });
      await door.ledger.numbered([pending]);
      reply.header('cache-control', 'no-store');
      return viewOf(item, door.clock());
    },
  );
}

/** What was corrected because of it is noted with it, and its earlier readers are told. */
async function decide(
  door: IntakeDoor,
  tx: Tx,
  where: { organisation: string; id: string },
  { corrected = [], ...to }: FateBody,
): Promise<SharedItem> {
  if (corrected.length > 0 && to.state !== 'filed') {
    throw new Problem('unprocessable', 'Only what is filed can have corrected something.', {
      code: 'corrected-without-filed',
      expression: ['corrected'],
    });
  }
  const moved = await door.sharedItems.move(tx, where, to, door.clock());
  if (corrected.length === 0) return moved;
  const items = await correctedItems(door.store, tx, moved, corrected);
  const told = items.filter(({ isGone }) => !isGone).map(({ isGone: _gone, ...one }) => one);
  if (told.length > 0) await door.retractions?.note(tx, moved.vault, told);
  const names = items.map(({ type, id, before }) => `${type}/${id}@${before}`);
  return door.sharedItems.corrected(tx, moved, names);
}

/** Without the vault: whose it is stands in the resources themselves. */
function viewOf({ vault: _vault, organisation: _own, ...item }: SharedItem, now: Date) {
  const due = answerDue(item);
  return { ...item, ...(due ? { due, overdue: due < now } : {}) };
}
