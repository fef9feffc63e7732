/** The ledger lines of the way in. */
import type { LedgerEvent } from '../audit/index.ts';
import type { Problem } from '../platform/problem.ts';
import type { DeliveryRow } from './delivery.ts';
import type { MappedMessage } from './format.ts';
import type { Handling, Sender, Stored } from './handling.ts';

/** Somebody unknown wanted to send. */
export function stranger(address: string, requestId: string): LedgerEvent {
  return {
    class: 'security',
    event: 'receive',
    action: 'C',
    outcome: 4,
    reason: 'unknown-sender',
    agent: { kind: 'system', id: 'unknown', address },
    requestId,
    door: 'ingest',
  };
}

function byWhom({ sender, delivery, requestId, address }: Handling) {
  return {
    class: 'care' as const,
    action: 'C' as const,
    agent: {
      kind: 'system' as const,
      id: sender.client.id,
      organisation: sender.organisation.id,
      address,
    },
    client: sender.client.id,
    route: 'sender' as const,
    holders: [sender.organisation.id],
    requestId,
    correlationId: delivery.id,
    door: 'ingest',
  };
}

/** What one message of a delivery became: stored for a person, or held. */
export function received(handling: Handling, message: MappedMessage, outcome: Stored): LedgerEvent {
  const stored = outcome.items.filter((item) => item.outcome !== 'waiting');
  const waiting = outcome.items.length - stored.length;
  const what = stored.map((item) => `${item.reference}@${item.version}`);
  return {
    ...byWhom(handling),
    event: 'receive',
    // Whoever waits item by item has stored the rest of the message.
    outcome: outcome.holds.length > 0 && what.length === 0 ? 4 : 0,
    ...(outcome.holds.length > 0 ? { reason: outcome.holds[0] as string } : {}),
    ...(outcome.vault === undefined ? {} : { patient: outcome.vault }),
    what: what.slice(0, 100),
    counts: { items: what.length, ...(waiting > 0 ? { waiting } : {}) },
    detail: { format: message.format, receipt: handling.delivery.id },
  };
}

/** An answer of a source that holds nothing. */
export function nothing(handling: Handling, format: string): LedgerEvent {
  return {
    ...byWhom(handling),
    event: 'receive',
    outcome: 0,
    counts: { items: 0 },
    detail: { format, receipt: handling.delivery.id },
  };
}

/** A person's part of a sender's messages was mapped again. */
export function remapped(
  sender: Sender,
  delivery: DeliveryRow,
  vault: string,
  what: readonly string[],
  requestId: string,
): LedgerEvent {
  return {
    class: 'care',
    event: 'remap',
    action: 'U',
    outcome: 0,
    agent: { kind: 'operator', id: 'command-line', organisation: sender.organisation.id },
    client: sender.client.id,
    patient: vault,
    holders: [sender.organisation.id],
    what: what.slice(0, 100),
    counts: { items: what.length },
    requestId,
    correlationId: delivery.id,
    door: 'ingest',
    detail: { receipt: delivery.id },
  };
}

/** A delivery that was wrong. */
export function refused(handling: Handling, problem: Problem): LedgerEvent {
  return {
    ...byWhom(handling),
    event: 'receive',
    outcome: problem.kind === 'fault' ? 8 : 4,
    reason: problem.code,
    detail: { receipt: handling.delivery.id },
  };
}
