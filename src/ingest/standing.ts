/**
 * How far a source is with something, as a number: a final result never goes back to preliminary
 * nor a corrected one to final, however late a message comes (source-formats.md 2.6).
 */
import { type Resource, statusOf } from '../conformance/index.ts';
import { STANDING_ENDED } from '../store/index.ts';

const OF_STATUS: Readonly<Record<string, number>> = {
  registered: 1,
  partial: 2,
  preliminary: 2,
  final: 3,
  amended: 4,
  appended: 4,
  corrected: 4,
  cancelled: STANDING_ENDED,
  'entered-in-error': STANDING_ENDED,
};

/** Types whose status tells how far a result is; of others it only tells that they ended. */
const RESULTS = new Set(['Observation', 'DiagnosticReport']);

/** @returns undefined where the status says nothing of the kind. */
export function standingOf(resource: Resource): number | undefined {
  const standing = OF_STATUS[statusOf(resource) ?? ''];
  if (standing === undefined || standing === STANDING_ENDED) return standing;
  return RESULTS.has(resource.resourceType) ? standing : undefined;
}
