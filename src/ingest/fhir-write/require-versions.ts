/**
 * Preconditions of a write that are looked at against what stands there now.
 * https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
 */
import { Problem } from '../../platform/problem.ts';
import type { StoredResource } from '../../store/index.ts';
import type { Requested, Written } from './requested.ts';
import { pathOf } from './resolve.ts';

/**
 * Of a patch or a delete: `If-Match`, then `If-None-Match`.
 * @throws Problem `precondition` code `version-mismatch`
 */
export function requireVersions(requested: Requested, stored: StoredResource): void {
  const { ifVersion, onlyIfNone } = requested;
  if (ifVersion !== undefined && ifVersion !== stored.version) throw mismatch(requested);
  if (onlyIfNone && !stored.deleted) throw mismatch(requested);
  requireCurrent(requested, stored);
}

/**
 * @param stored undefined when there is none
 * @throws Problem `precondition` code `version-mismatch`
 */
function requireSome(requested: Requested, stored: StoredResource | undefined): void {
  const { ifSome } = requested;
  if (ifSome === undefined) return;
  const fits = ifSome === 'any' ? stored?.deleted === false : ifSome.includes(stored?.version ?? 0);
  if (!fits) throw mismatch(requested);
}

/**
 * What a delete of something that is not there comes to: it is done already, unless `If-Match`
 * names a version, of which there is none.
 * @throws Problem `precondition` code `version-mismatch`
 */
export function nothing(requested: Requested, id: string, updated: Date): Written {
  if (requested.ifVersion !== undefined) throw mismatch(requested);
  requireSome(requested, undefined);
  return { type: requested.type, id, version: 0, updated, outcome: 'absent' };
}

/**
 * Of any write: `If-Match` with several tags or `*`, and `If-None-Match` with tags. What was deleted
 * has no current version, so no tag is one that must not be.
 * @param stored undefined when there is none
 * @throws Problem `precondition` code `version-mismatch`
 */
export function requireCurrent(requested: Requested, stored: StoredResource | undefined): void {
  requireSome(requested, stored);
  // What is asked to be there and not to be there can be neither.
  const { ifVersion, onlyIfNone } = requested;
  if (onlyIfNone && (ifVersion ?? 0) > 0) throw mismatch(requested);
  if (!stored || stored.deleted || !requested.notVersions?.includes(stored.version)) return;
  throw mismatch(requested);
}

function mismatch(requested: Requested): Problem {
  return new Problem('precondition', 'The current version is not the one named.', {
    code: 'version-mismatch',
    expression: requested.place === '' ? [] : [pathOf(requested)],
  });
}
