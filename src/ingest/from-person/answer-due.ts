/** A request to correct the record is answered within a month (capabilities A11; AVG 12). */
import type { SharedItem } from './shared-items.ts';

/** @returns the instant at which it is overdue; undefined when no answer is awaited. */
export function answerDue(
  item: Pick<SharedItem, 'references' | 'received' | 'state'>,
): Date | undefined {
  const isRequest = item.references.some((one) => one.startsWith('Communication/'));
  const isAnswered = item.state === 'filed' || item.state === 'not-accepted';
  if (!isRequest || isAnswered) return undefined;
  const due = new Date(item.received);
  due.setUTCMonth(due.getUTCMonth() + 1);
  // A month that is shorter ends with its last day, not in the month after it.
  if (due.getUTCDate() !== item.received.getUTCDate()) due.setUTCDate(0);
  return due;
}
