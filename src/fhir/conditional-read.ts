/**
 * `If-None-Match` and `If-Modified-Since`: nothing is sent again that the client has. Looked at
 * only after the decision, so that what is withheld is 404 and never 304 (consent.md 7.2).
 * https://hl7.org/fhir/R4/http.html#cread
 */
import type { FastifyRequest } from 'fastify';
import type { ReleasedResource } from '../consent/index.ts';
import { entityTags } from './preconditions.ts';

/** RFC 9110 section 13.2.2: the tag decides; the time counts only without a tag. */
export function isUnchanged({ headers }: FastifyRequest, released: ReleasedResource): boolean {
  const since = new Date(headers['if-modified-since'] ?? '');
  return isKnown({ tags: headers['if-none-match'], since }, released);
}

/** The same of one entry of a bundle. @param since an invalid date is none */
export function isKnown(
  { tags, since }: { tags: string | undefined; since: Date | undefined },
  released: ReleasedResource,
): boolean {
  if (tags !== undefined) {
    const known = entityTags(tags);
    return known === '*' || known?.includes(String(released.version)) === true;
  }
  if (since === undefined || Number.isNaN(since.getTime())) return false;
  // The header knows no milliseconds.
  return Math.floor(released.updated.getTime() / 1000) <= Math.floor(since.getTime() / 1000);
}
