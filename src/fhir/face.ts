/**
 * How a released resource leaves through one door: with the id, version and time of the store, and
 * without a BSN where the door masks it. What came in STU3 goes out as it came (D5).
 */
import { maskForEgress, type Resource } from '../conformance/index.ts';
import type { ReleasedResource } from '../consent/index.ts';
import type { Asking } from './asking.ts';

/** The resource as this visitor gets it. */
export function face(
  released: Pick<ReleasedResource, 'id' | 'version' | 'updated' | 'resource'> & {
    readonly size?: number;
  },
  asking: Asking,
): Resource {
  if (asking.gave) asking.gave(released.size ?? 0);
  const edited = asking.maskBsn
    ? maskForEgress(released.resource, asking.version)
    : released.resource;
  const { resourceType, id: _id, meta, ...rest } = edited;
  // In the order in which bytes leave that needed no edit: or the order would tell of the edit.
  return {
    resourceType,
    id: released.id,
    meta: {
      ...meta,
      versionId: String(released.version),
      lastUpdated: released.updated.toISOString(),
    },
    ...rest,
  };
}
