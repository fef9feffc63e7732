/**
 * Events that many rooms write in the same words: reading the ledger, and the gateway's own
 * life.
 */
import type { LedgerEvent } from './ledger-entry.ts';

/** Somebody read, searched or exported the ledger; that too is an entry (audit.md section 2). */
export function logRead(reader: {
  readonly agent: LedgerEvent['agent'];
  readonly act: 'log-read' | 'log-search' | 'log-export' | 'log-export-agreed' | 'log-verify';
  /** Vault, when one person's entries were asked for. */
  readonly patient?: string;
  /** What was asked, without names of people. */
  readonly question: string;
  /** How many entries were shown. */
  readonly shown: number;
  readonly reason?: string;
  /** The user whose lines were asked for: who looks at the own ones is to be seen (AN-16). */
  readonly aboutUser?: string;
  /** Of an export: who agreed, whether it began or ended, the digest of what left. */
  readonly about?: Readonly<Record<string, string>>;
  readonly requestId?: string;
  readonly door?: string;
}): LedgerEvent {
  const { agent, act, patient, question, shown, reason, aboutUser, requestId, door } = reader;
  const detail = {
    ...reader.about,
    ...(reason === undefined ? {} : { reason }),
    ...(aboutUser === undefined ? {} : { aboutUser }),
  };
  const isOwn = agent.kind === 'person' || agent.kind === 'representative';
  return {
    class: isOwn ? 'pgo' : 'security',
    event: act,
    action: 'E',
    outcome: 0,
    agent,
    purpose: isOwn ? 'PATRQT' : 'HOPERAT',
    query: question,
    released: shown,
    ...(patient === undefined ? {} : { patient }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(door === undefined ? {} : { door }),
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  };
}

/** The gateway starts, stops, or sees something of its own accord. */
export function gatewayActivity(
  event: 'start' | 'stop' | 'clock-step' | 'rollback-accepted' | 'ledger-finding',
  detail: Readonly<Record<string, string>> = {},
): LedgerEvent {
  return {
    class: 'ops',
    event,
    action: 'E',
    outcome: event === 'ledger-finding' ? 8 : 0,
    agent: { kind: 'system', id: 'gateway' },
    detail,
  };
}
