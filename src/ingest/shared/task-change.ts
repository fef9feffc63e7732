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

/** @throws Problem `unprocessable` with the element, `conflict` for a step that is not there. */
export function checkTaskChange(before: Resource, after: Resource, place: string): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (MAY_CHANGE.has(name.replace(/^_/, ''))) continue;
    if (canonical(before[name]) === canonical(after[name])) continue;
    throw new Problem('unprocessable', 'Only the status and what came of it may change.', {
      code: 'task-changed',
      expression: [`${place}.${name}`],
    });
  }
  const from = String(before['status'] ?? '');
  const to = String(after['status'] ?? '');
  if (from === to || NEXT[from]?.includes(to)) return;
  throw new Problem('conflict', 'This step is not there from the status that the Task has.', {
    code: 'task-status',
    expression: [`${place}.status`],
  });
}

/** Members in one order, so that only content counts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && Object.getPrototypeOf(inner) === Object.prototype
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  ) ?? '';
}
