/** Clinical data brings no choice about sharing: that has a door of its own, and evidence. */
import type { Resource } from '../conformance/index.ts';
import { isAboutSharing } from '../permission/index.ts';
import { Problem } from '../platform/problem.ts';

/**
 * Stored as data it would look like a choice and neither open nor close anything: a refusal that
 * nobody heeds. @throws Problem `unprocessable` for a Consent about sharing, with its place.
 */
export function requireNoChoice(resource: Resource, place: string): void {
  if (!isAboutSharing(resource)) return;
  throw new Problem(
    'unprocessable',
    'A choice about sharing is sent to /intake/{sender}/choices; as clinical data it has no effect.',
    { code: 'choice-as-data', expression: [place] },
  );
}
