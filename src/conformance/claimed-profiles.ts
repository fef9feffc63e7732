import type { Resource } from './resource.ts';

/**
 * Canonical addresses of the profiles that a resource says it follows. Whatever else stands there,
 * as the `null` beside an extension, is left out: it may not have been checked yet.
 */
export function claimedProfiles({ meta }: Resource): string[] {
  const profile: unknown = meta?.profile;
  return Array.isArray(profile)
    ? profile.filter((one): one is string => typeof one === 'string')
    : [];
}
