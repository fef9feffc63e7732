/** The ledger lines of a FHIR write: one for each person and kind of act. */
import type { LedgerEvent } from '../../audit/index.ts';
import type { Problem } from '../../platform/problem.ts';
import type { Requested, Writer, Written } from './requested.ts';

const EVENT = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const;
const ACTION = { POST: 'C', PUT: 'U', PATCH: 'U', DELETE: 'D' } as const;

function byWhom({ access, sender }: Writer) {
  return {
    class: 'care' as const,
    agent: {
      kind: 'system' as const,
      id: sender.client.id,
      organisation: sender.organisation.id,
      address: access.address,
    },
    client: sender.client.id,
    route: 'sender' as const,
    holders: [sender.organisation.id],
    requestId: access.id,
    correlationId: access.correlationId,
    tokenId: access.tokenId,
    door: access.door,
  };
}

export interface Done {
  readonly requested: Requested;
  readonly written: Written;
  readonly vault: string;
}

/** What was written, by person and kind. */
export function writes(writer: Writer, done: readonly Done[]): LedgerEvent[] {
  const groups = new Map<string, Done[]>();
  for (const one of done) {
    const key = `${one.vault} ${one.requested.method}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const counts: Record<string, number> = {};
    for (const { written } of group) counts[written.type] = (counts[written.type] ?? 0) + 1;
    const { method } = first.requested;
    return [
      {
        ...byWhom(writer),
        event: EVENT[method],
        action: ACTION[method],
        outcome: 0 as const,
        patient: first.vault,
        what: group.map(({ written }) => `${written.type}/${written.id}@${written.version}`),
        counts,
      },
    ];
  });
}

/** A write that was refused. */
export function refusedWrite(
  writer: Writer,
  requested: readonly Requested[],
  problem: Problem,
): LedgerEvent {
  const [first] = requested;
  return {
    ...byWhom(writer),
    event: requested.length === 1 && first ? EVENT[first.method] : 'refused',
    action: requested.length === 1 && first ? ACTION[first.method] : 'E',
    outcome: problem.kind === 'fault' ? 8 : 4,
    reason: problem.code,
    query: first?.type ?? '',
  };
}
