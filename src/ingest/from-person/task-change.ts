/**
 * What a person may change of a Task that a provider set: how far it is, and what came of it.
 * Everything else stays as the provider wrote it (gegevensdiensten.md 5.3).
 */
import type { Resource } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';

/** Elements that may differ; text is made again by whoever changes the status. */
const MAY_CHANGE = new Set([
  'status',
  'statusReason',
  'businessStatus',
  'output',
  'lastModified',
  'executionPeriod',
  'note',
  'text',
  'meta',
  'id',
]);

const NEXT: Readonly<Record<string, readonly string[]>> = {
  requested: ['received', 'accepted', 'rejected', 'in-progress', 'completed', 'failed'],
  ready: ['received', 'accepted', 'rejected', 'in-progress', 'completed', 'failed'],
  received: ['accepted', 'rejected', 'in-progress', 'completed', 'failed'],
  accepted: ['in-progress', 'on-hold', 'completed', 'failed', 'cancelled'],
  'in-progress': ['on-hold', 'completed', 'failed', 'cancelled'],
  'on-hold': ['in-progress', 'completed', 'failed', 'cancelled'],
};

/** Apps shorten these; the provider's own words stay. */
const KEPT = new Set(['description']);

/**
 * The Task as it will be stored: the provider's, with what the person may change.
 * @throws Problem `unprocessable` with the element, `conflict` for a step that is not there.
 */
export function changedTask(before: Resource, after: Resource, place: string): Resource {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const isFree = (name: string) => MAY_CHANGE.has(name.replace(/^_/, ''));
  for (const name of names) {
    if (isFree(name) || KEPT.has(name.replace(/^_/, ''))) continue;
    if (canonical(before[name]) === canonical(after[name])) continue;
    throw new Problem('unprocessable', 'Only the status and what came of it may change.', {
      code: 'task-changed',
      expression: [`${place}.${name}`],
    });
  }
  const from = String(before['status'] ?? '');
  const to = String(after['status'] ?? '');
  if (from !== to && !NEXT[from]?.includes(to)) {
    throw new Problem('conflict', 'This step is not there from the status that the Task has.', {
      code: 'task-status',
      expression: [`${place}.status`],
    });
  }
  const merged = names.flatMap((name) => {
    const value = isFree(name) ? after[name] : before[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(merged) as Resource;
}

/** Members in one order, so that only content counts. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'object' &&
      inner !== null &&
      Object.getPrototypeOf(inner) === Object.prototype
        ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? ''
  );
}
