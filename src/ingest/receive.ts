/**
 * The one way in. The body is sealed and durable before anybody reads it; then it is mapped,
 * matched to a person, and written with its ledger entry in one transaction. The sender hears
 * "accepted" only after the commit (architecture D6; source-formats.md 2.6 and 3.2).
 */
import { createHash } from 'node:crypto';
import { Problem } from '../platform/problem.ts';
import { createDeliveries, type Deliveries, type DeliveryRow } from './delivery.ts';
import type { MessageFormat } from './format.ts';
import type { Handling, IntakeParts, IntakeRooms, Sender } from './handling.ts';
import { stranger } from './intake-events.ts';
import type { Receipt } from './receipt.ts';
import { refuseDelivery, storeDelivery } from './store-delivery.ts';

export interface Incoming {
  readonly sender: Sender;
  readonly channel: 'http' | 'fhir' | 'mllp' | 'load';
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly address: string;
  readonly requestId: string;
  /** Limits which formats may be read, for instance FHIR only on a FHIR address. */
  readonly formats?: readonly string[];
}

export interface Intake {
  readonly deliveries: Deliveries;
  /** @throws Problem when the body is wrong (it then waits in quarantine) or we are `busy`. */
  receive(incoming: Incoming): Promise<Receipt>;
  /** Writes down that somebody unknown wanted to send. */
  stranger(address: string, requestId: string): Promise<void>;
  /** Handles a waiting or interrupted delivery again, from its original. */
  replay(sender: Sender, delivery: DeliveryRow, requestId: string): Promise<Receipt>;
}

/** The way in, over these formats. */
export function createIntake(parts: IntakeParts): Intake {
  const deliveries = createDeliveries(parts.store, parts.keyring);
  const rooms = { ...parts, deliveries };
  return {
    deliveries,
    async receive(incoming) {
      const { sender, bytes } = incoming;
      const delivery = await deliveries.open(
        parts.database,
        {
          sender: sender.client.id,
          custodian: sender.organisation.id,
          channel: incoming.channel,
          mediaType: incoming.mediaType,
          bytes,
        },
        parts.clock(),
      );
      const receipt = deliveries.receiptOf(delivery);
      if (receipt && delivery.state !== 'refused') return receipt;
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const handling = { ...incoming, delivery, sha256, again: false };
      return handle(rooms, handling, bytes, incoming);
    },
    async stranger(address, requestId) {
      await parts.ledger.record([stranger(address, requestId)]);
    },
    async replay(sender, delivery, requestId) {
      const original = await parts.store.openOriginal(parts.database, delivery.original);
      const { sha256 } = original;
      const address = 'replay';
      const handling = { sender, delivery, sha256, requestId, address, again: true };
      return handle(rooms, handling, original.bytes, { mediaType: original.mediaType });
    },
  };
}

async function handle(
  rooms: IntakeRooms,
  handling: Handling,
  bytes: Buffer,
  how: { mediaType: string; formats?: readonly string[] },
): Promise<Receipt> {
  try {
    const format = recognise(rooms.formats, bytes, how);
    const messages = format.read(bytes, handling.sender.overlay, how.mediaType);
    const receipt = await storeDelivery(rooms, handling, messages, format.name);
    rooms.counted?.(receipt.format, receipt.state);
    return receipt;
  } catch (error) {
    const problem = placed(tooDeep(error) ?? Problem.from(error));
    if (problem.kind !== 'busy') await refuseDelivery(rooms, handling, problem);
    throw problem;
  }
}

/** The line where reading stopped; whoever cannot say it, says that it is wrong from the start. */
function placed(problem: Problem): Problem {
  if (problem.kind !== 'invalid' || problem.expression.length > 0) return problem;
  const { code, cause, message } = problem;
  const place = /line \d+/.exec(message)?.[0] ?? '1';
  return new Problem('invalid', message, { code, cause, expression: [place] });
}

/** A message nested so deeply that reading it runs out of stack is wrong, not we. */
function tooDeep(error: unknown): Problem | undefined {
  if (!(error instanceof RangeError) || !/call stack/.test(error.message)) return undefined;
  return new Problem('invalid', 'The message is nested too deeply.', {
    code: 'too-deep',
    expression: ['1'],
    cause: error,
  });
}

function recognise(
  formats: readonly MessageFormat[],
  bytes: Buffer,
  how: { mediaType: string; formats?: readonly string[] },
): MessageFormat {
  const format = formats.find(
    (one) =>
      (how.formats === undefined || how.formats.includes(one.name)) &&
      one.recognise(bytes, how.mediaType),
  );
  if (!format) {
    throw new Problem('unprocessable', 'This is not a message of a format that is accepted here.', {
      code: 'unknown-format',
      expression: ['1'],
    });
  }
  return format;
}
