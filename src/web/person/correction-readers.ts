/**
 * Whom a correction has reached: who had read the version before it, who was told, and who read the
 * corrected one since. From the person's own lines of the ledger (capabilities A11).
 */
import type { LedgerEntry } from '../../audit/index.ts';

export interface CorrectionReader {
  /** Hostname of an app or id of a partner. */
  readonly client: string;
  /** Organisation id; an app has none. */
  readonly organisation: string | undefined;
  readonly told: Date | undefined;
  /** When it got the corrected version. */
  readonly reached: Date | undefined;
}

const READS = /^(read|vread|search-type|history-(instance|type)|everything|export)$/;

/**
 * @param entries of one person, in any order.
 * @param corrected `Type/id@version` of the corrected version.
 * @param custodian whose it is: that one needs not be told.
 */
export function correctionReaders(
  entries: readonly LedgerEntry[],
  corrected: string,
  custodian: string,
): readonly CorrectionReader[] {
  const [name = '', fresh = '0'] = corrected.split('@');
  const found = new Map<string, CorrectionReader>();
  const lines = entries.map(({ record }) => record).toSorted((a, b) => (a.at < b.at ? -1 : 1));
  for (const { client, agent, event, what = [], at, outcome } of lines) {
    if (client === undefined || client === 'web' || outcome !== 0) continue;
    const known = found.get(client);
    if (event === 'retraction-notice') {
      if (known && what.includes(name)) found.set(client, { ...known, told: new Date(at) });
      continue;
    }
    if (!READS.test(event) || agent.organisation === custodian) continue;
    const versions = what.flatMap((one) =>
      one.startsWith(`${name}@`) ? [Number(one.slice(name.length + 1))] : [],
    );
    if (versions.some((version) => version < Number(fresh)) && !known) {
      const { organisation } = agent;
      found.set(client, { client, organisation, told: undefined, reached: undefined });
    }
    const reader = found.get(client);
    if (reader && !reader.reached && versions.some((version) => version >= Number(fresh))) {
      found.set(client, { ...reader, reached: new Date(at) });
    }
  }
  return [...found.values()];
}
