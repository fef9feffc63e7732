/** Whom a line of the log names, so that the person can refuse this one. */
import type { LedgerEntry } from '../../audit/index.ts';

/** @returns undefined for a system that asked by itself, and for whoever is no professional. */
export function namedProfessional({ agent, client }: LedgerEntry['record']): string | undefined {
  return agent.kind === 'professional' && agent.id !== client ? agent.id : undefined;
}
