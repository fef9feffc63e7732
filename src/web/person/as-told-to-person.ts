/**
 * A line of the log as the person reads it: what a source keeps back from everybody, for now or for
 * good, reads like what is not there (capabilities B9). The auditor reads the line whole.
 */
import type { LedgerEntry } from '../../audit/index.ts';
import { isHeldBack } from '../../consent/index.ts';

type LedgerRecord = LedgerEntry['record'];

/** @returns the same line where nothing of an answer was kept back. */
export function asToldToPerson(entry: LedgerEntry): LedgerEntry {
  const record = withoutWithheld(entry.record);
  return record === entry.record ? entry : { ...entry, record };
}

/**
 * Lines of one person, also of how things came in.
 * @param held `Type/id` of what is kept back now: not named, and not counted.
 */
export function allToldToPerson(
  entries: readonly LedgerEntry[],
  held: ReadonlySet<string>,
): LedgerEntry[] {
  const told = entries.map(asToldToPerson);
  if (held.size === 0) return told;
  const named = new Set(told.flatMap(({ record }) => itemsOf(record)));
  // A long message names the first hundred: what no line names may be among the rest of any.
  const nowhere = [...held].filter((item) => !named.has(item)).length;
  return told.map((entry) => {
    const record = withoutHeld(entry.record, held, nowhere);
    return record === entry.record ? entry : { ...entry, record };
  });
}

const itemsOf = ({ what = [] }: LedgerRecord): string[] =>
  what.map((reference) => reference.replace(/@.*$/s, ''));

/** What an answer left out. */
function withoutWithheld(record: LedgerRecord): LedgerRecord {
  const { heldBack, ...detail } = record.detail ?? {};
  if (heldBack === undefined && !isHeldBack(record.reason)) return record;
  const { reason, withheld = 0, detail: _detail, ...rest } = record;
  const isAlone = isHeldBack(reason);
  return {
    ...rest,
    ...(isAlone ? { outcome: 0 as const } : reason === undefined ? {} : { reason }),
    withheld: isAlone ? 0 : Math.max(0, withheld - Number(heldBack ?? 0)),
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  };
}

/**
 * What a source sent, or read back of its own. Of what a line does not name rather too few are
 * counted than one that is not to be known.
 */
function withoutHeld(
  record: LedgerRecord,
  held: ReadonlySet<string>,
  nowhere: number,
): LedgerRecord {
  const { what = [], counts, released } = record;
  if (counts === undefined) return record;
  const items = itemsOf(record);
  const gone = items.filter((item) => held.has(item));
  const unnamed = Math.max(0, Math.min(nowhere, (counts['items'] ?? 0) - items.length));
  if (gone.length + unnamed === 0) return record;
  const left = { ...counts };
  for (const item of gone) take(left, Object.hasOwn(left, 'items') ? 'items' : typeOf(item), 1);
  take(left, 'items', unnamed);
  return {
    ...record,
    what: what.filter((_reference, at) => !held.has(items[at] ?? '')),
    counts: left,
    ...(released === undefined ? {} : { released: Math.max(0, released - gone.length) }),
  };
}

const typeOf = (item: string): string => item.slice(0, item.indexOf('/'));

function take(counts: Record<string, number>, name: string, many: number): void {
  const before = counts[name];
  if (before === undefined) return;
  if (before > many || name === 'items') counts[name] = Math.max(0, before - many);
  else delete counts[name];
}
