/**
 * A line of the log as the person reads it: what a source keeps back from everybody, for now or for
 * good, reads like what is not there (capabilities B9). The auditor reads the line whole.
 */
import type { LedgerEntry } from '../../audit/index.ts';
import { isHeldBack } from '../../consent/index.ts';

/** @returns the same line where nothing in it was kept back. */
export function asToldToPerson(entry: LedgerEntry): LedgerEntry {
  const { record } = entry;
  const { heldBack, ...detail } = record.detail ?? {};
  if (heldBack === undefined && !isHeldBack(record.reason)) return entry;
  const { reason, withheld = 0, detail: _detail, ...rest } = record;
  const isAlone = isHeldBack(reason);
  return {
    ...entry,
    record: {
      ...rest,
      ...(isAlone ? { outcome: 0 as const } : reason === undefined ? {} : { reason }),
      withheld: isAlone ? 0 : Math.max(0, withheld - Number(heldBack ?? 0)),
      ...(Object.keys(detail).length === 0 ? {} : { detail }),
    },
  };
}
