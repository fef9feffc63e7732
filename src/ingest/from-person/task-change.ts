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

type Steps = Readonly<Record<string, readonly string[]>>;

/** A questionnaire: answered, it is done, whatever came between (gegevensdiensten.md 5.3). */
const ANSWERED_AT_ONCE: Steps = {
  requested: ['received', 'accepted', 'rejected', 'in-progress', 'completed', 'failed'],
  ready: ['received', 'accepted', 'rejected', 'in-progress', 'completed', 'failed'],
  received: ['accepted', 'rejected', 'in-progress', 'completed', 'failed'],
  accepted: ['in-progress', 'on-hold', 'completed', 'failed', 'cancelled'],
  'in-progress': ['on-hold', 'completed', 'failed', 'cancelled'],
  'on-hold': ['in-progress', 'completed', 'failed', 'cancelled'],
};

/**
 * A task of a provider goes one step at a time (medmij-protocol.md 9.1, step 8); where that is
 * silent, the state machine of https://hl7.org/fhir/R4/task.html#statemachine.
 */
const ONE_BY_ONE: Steps = {
  requested: ['received', 'accepted', 'rejected', 'cancelled'],
  received: ['accepted', 'rejected', 'cancelled'],
  accepted: ['ready', 'in-progress', 'cancelled'],
  ready: ['in-progress', 'cancelled'],
  'in-progress': ['on-hold', 'completed', 'failed', 'cancelled'],
  'on-hold': ['in-progress', 'failed', 'cancelled'],
};

/** How a Task may go on, by the service that it is changed under. */
export type TaskLife = 'one-by-one' | 'answered-at-once';

const STEPS: Readonly<Record<TaskLife, Steps>> = {
  'one-by-one': ONE_BY_ONE,
  'answered-at-once': ANSWERED_AT_ONCE,
};

/** Apps shorten these; the provider's own words stay. */
const KEPT = new Set(['description']);

/**
 * The Task as it will be stored: the provider's, with what the person may change.
 * @throws Problem `unprocessable` with the element, `conflict` for a step that is not there.
 */
export function changedTask(
  before: Resource,
  after: Resource,
  place: string,
  life: TaskLife = 'answered-at-once',
): Resource {
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
  if (from !== to) requireStep(from, to, `${place}.status`, STEPS[life]);
  const merged = names.flatMap((name) => {
    const value = isFree(name) ? after[name] : before[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(merged) as Resource;
}

/** @throws Problem `conflict`, code `task-status`, with the steps that there are. */
function requireStep(from: string, to: string, place: string, steps: Steps): void {
  const next = steps[from] ?? [];
  if (next.includes(to)) return;
  const text =
    next.length === 0
      ? `A Task that is ${from} goes no further.`
      : `From ${from} a Task goes to ${next.join(', ')}.`;
  throw new Problem('conflict', text, { code: 'task-status', expression: [place] });
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
