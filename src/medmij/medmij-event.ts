/** The ledger lines of the MedMij room: who logged in, agreed, refused, and got a token. */
import type { FastifyRequest } from 'fastify';
import type { LedgerEvent } from '../audit/index.ts';
import type { Representative } from './person-login.ts';

export interface MedmijAct {
  readonly event:
    | 'login'
    | 'authorize'
    | 'toestemming'
    | 'toestemming-ended'
    | 'token'
    | 'granted'
    | 'subscription'
    | 'notification';
  readonly class?: LedgerEvent['class'];
  readonly action?: LedgerEvent['action'];
  readonly outcome: LedgerEvent['outcome'];
  readonly reason?: string | undefined;
  readonly patient?: string | undefined;
  /** Who acted for the person, when somebody did. */
  readonly representative?: Representative | undefined;
  readonly client?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly holders?: readonly string[] | undefined;
  readonly basis?: readonly string[] | undefined;
  readonly tokenId?: string | undefined;
  readonly detail?: Readonly<Record<string, string>> | undefined;
}

export function event(request: FastifyRequest, act: MedmijAct): LedgerEvent {
  const { reason, patient, client, correlationId, holders, basis, tokenId, detail } = act;
  return {
    class: act.class ?? 'pgo',
    event: act.event,
    action: act.action ?? 'E',
    outcome: act.outcome,
    agent: { ...agentOf(act), address: request.ip },
    purpose: 'PATRQT',
    requestId: request.id,
    door: 'medmij',
    ...(reason === undefined ? {} : { reason }),
    ...(patient === undefined ? {} : { patient }),
    ...(client === undefined ? {} : { client }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(holders === undefined ? {} : { holders }),
    ...(basis === undefined ? {} : { basis }),
    ...(tokenId === undefined ? {} : { tokenId }),
    ...(detail === undefined ? {} : { detail }),
  };
}

function agentOf({ patient, representative, client }: MedmijAct): LedgerEvent['agent'] {
  if (patient === undefined) return { kind: 'system', id: client ?? 'unknown' };
  if (!representative) return { kind: 'person', id: patient };
  const { subject, authority } = representative;
  return {
    kind: 'representative',
    id: subject,
    role: authority.split(':')[0] ?? '',
    onBehalfOf: patient,
  };
}
