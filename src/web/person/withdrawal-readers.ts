/**
 * Who had read what a source took back, was told, and said that it knows: from the person's own
 * lines of the ledger (capabilities B7).
 */
import type { LedgerEntry } from '../../audit/index.ts';

export interface WithdrawalReader {
  /** Hostname of an app or id of a partner. */
  readonly client: string;
  /** Organisation id; an app has none. */
  readonly organisation: string | undefined;
  /** ISO 8601. */
  readonly told: string;
  readonly knows: string | undefined;
}

/**
 * @param entries of one person, in any order.
 * @returns by `Type/id`. Corrections are told in the same way, and stand with what the person asked.
 */
export function withdrawalReaders(
  entries: readonly LedgerEntry[],
): ReadonlyMap<string, readonly WithdrawalReader[]> {
  const known = new Map<string, string>();
  for (const { record } of entries) {
    const notice = record.detail?.['notice'];
    if (record.event === 'retraction-acknowledged' && notice !== undefined) {
      known.set(notice, record.at);
    }
  }
  const found = new Map<string, WithdrawalReader[]>();
  for (const { record } of entries) {
    const { event, detail = {}, what = [], client, holders = [], at } = record;
    if (event !== 'retraction-notice' || client === undefined || detail['corrected']) continue;
    // The person who looks at this page.
    if (client === 'web') continue;
    const organisation = holders.at(1);
    const reader = { client, organisation, told: at, knows: known.get(detail['notice'] ?? '') };
    for (const ref of what) found.set(ref, [...(found.get(ref) ?? []), reader]);
  }
  return found;
}
