/** The ledger's lines of sharing: what came in, what was refused, and what became of it. */
import type { LedgerEvent } from '../../audit/index.ts';
import type { Problem } from '../../platform/problem.ts';
import type { Written } from '../fhir-write/requested.ts';
import type { Sender } from '../handling.ts';
import type { SharedAs } from './share.ts';
import type { SharedItem } from './shared-items.ts';

function byWhom({ access, vault, organisation }: SharedAs) {
  const { actor, address } = access;
  const agent =
    actor.kind === 'representative'
      ? { kind: 'representative' as const, id: actor.subject, address, onBehalfOf: vault }
      : { kind: 'person' as const, id: vault, address };
  return {
    class: 'pgo' as const,
    agent,
    client: access.client,
    purpose: access.purpose,
    patient: vault,
    holders: [organisation.id],
    requestId: access.id,
    correlationId: access.correlationId,
    tokenId: access.tokenId,
    door: access.door,
  };
}

/** A person sent something. */
export function sharedEvent(
  as: SharedAs,
  { id, written }: { readonly id: string; readonly written: readonly Written[] },
): LedgerEvent {
  const stored = written.filter(({ type }) => type !== 'Patient');
  const counts: Record<string, number> = {};
  for (const { type } of stored) counts[type] = (counts[type] ?? 0) + 1;
  return {
    ...byWhom(as),
    event: 'receive',
    action: 'C',
    outcome: 0,
    what: stored.map((one) => `${one.type}/${one.id}@${one.version}`).slice(0, 100),
    counts,
    detail: { receipt: id, service: as.service },
  };
}

/** What a person sent was refused. */
export function refusedShare(as: SharedAs, problem: Problem): LedgerEvent {
  return {
    ...byWhom(as),
    event: 'receive',
    action: 'C',
    outcome: problem.kind === 'fault' ? 8 : 4,
    reason: problem.code,
    detail: { service: as.service },
  };
}

/** The provider opened, filed or did not accept it. */
export function fateEvent(
  { client, organisation }: Sender,
  item: SharedItem,
  asked: { readonly address: string; readonly requestId: string },
): LedgerEvent {
  return {
    class: 'care',
    event: 'share-fate',
    action: 'U',
    outcome: 0,
    agent: {
      kind: 'system',
      id: client.id,
      organisation: organisation.id,
      address: asked.address,
    },
    client: client.id,
    route: 'sender',
    patient: item.vault,
    holders: [organisation.id],
    what: item.references.slice(0, 100),
    requestId: asked.requestId,
    door: 'ingest',
    detail: { receipt: item.id, state: item.state },
  };
}
