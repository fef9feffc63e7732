/**
 * `If-Match` and `If-None-Match`: which versions a request depends on. The tags of ours are version
 * numbers; any other tag is a right one, of which there is no version here.
 * https://www.rfc-editor.org/rfc/rfc9110#section-13.1, https://hl7.org/fhir/R4/http.html#concurrency
 */
import type { FastifyRequest } from 'fastify';
import type { Requested } from '../ingest/index.ts';
import { Problem } from '../platform/problem.ts';

type Preconditions = Pick<Requested, 'ifVersion' | 'ifSome' | 'onlyIfNone' | 'notVersions'>;

// A comma may stand in a tag, and nothing between two commas. FHIR clients leave the quotes out.
const NEXT_TAG = /[ \t]*(?:(?:W\/)?(?:"([\x21\x23-\x7e\x80-\xff]*)"|([\w.-]+))[ \t]*)?(?:,|$)/y;

/**
 * The tags of a condition without `W/` and quotes, or `*`: weak and strong are one here, for a
 * version has one content.
 * @returns undefined when it is no list of tags
 */
export function entityTags(text: string): '*' | readonly string[] | undefined {
  if (text.trim() === '*') return '*';
  const tags: string[] = [];
  NEXT_TAG.lastIndex = 0;
  while (NEXT_TAG.lastIndex < text.length) {
    const found = NEXT_TAG.exec(text);
    if (!found) return undefined;
    const tag = found[1] ?? found[2];
    if (tag !== undefined) tags.push(tag);
  }
  return tags;
}

/** What is no number of a version can be the current one of nothing. Versions begin at 1. */
function versionsIn(tags: readonly string[]): number[] {
  return tags.filter((tag) => /^[1-9]\d{0,8}$/.test(tag)).map(Number);
}

/** @throws Problem `invalid`: what a write depends on must not be left out. */
function tagsOf(text: string | undefined, place: string): '*' | readonly string[] | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const tags = entityTags(text);
  // A word without quotes is a tag only as the number that FHIR clients send.
  const isBare = !text.includes('"') && tags !== '*' && tags?.some((tag) => !/^\d+$/.test(tag));
  if (tags !== undefined && !isBare) return tags;
  throw new Problem('invalid', 'This is not a version tag.', { code: 'etag', expression: [place] });
}

/**
 * `If-Match` of a write: one tag, several of which one must be current, or `*` for any version.
 * @throws Problem `invalid` when it is no list of tags
 */
export function ifMatchesOf(
  text: string | undefined,
  place = 'If-Match',
): Pick<Preconditions, 'ifVersion' | 'ifSome'> {
  const tags = tagsOf(text, place);
  if (tags === undefined) return {};
  if (tags === '*') return { ifSome: 'any' };
  const [version, ...more] = versionsIn(tags);
  return version === undefined || more.length > 0
    ? { ifSome: versionsIn(tags) }
    : { ifVersion: version };
}

/**
 * `If-None-Match` of a write: with `*` only where nothing stands, with tags only where none of
 * those versions does.
 * @throws Problem `invalid` when it is no list of tags
 */
export function ifNoneMatchOf(
  text: string | undefined,
  place = 'If-None-Match',
): Pick<Preconditions, 'onlyIfNone' | 'notVersions'> {
  const tags = tagsOf(text, place);
  if (tags === undefined) return {};
  return tags === '*' ? { onlyIfNone: true } : { notVersions: versionsIn(tags) };
}

/**
 * Of a write for which only `If-Match` is known: a step by a person's app, a client's own Group.
 * @throws Problem `invalid` for `If-None-Match` and for more than one version, `precondition` for
 *   a tag that no version has
 */
export function onlyIfMatchOf({ headers }: FastifyRequest): { ifVersion?: number } {
  if (Object.keys(ifNoneMatchOf(headers['if-none-match'])).length > 0) {
    const at = { code: 'etag', expression: ['If-None-Match'] };
    throw new Problem('invalid', 'Name the version that you read with If-Match.', at);
  }
  const { ifVersion, ifSome } = ifMatchesOf(headers['if-match']);
  if (ifSome === undefined) return ifVersion === undefined ? {} : { ifVersion };
  const at = { expression: ['If-Match'] };
  if (ifSome.length > 0) {
    throw new Problem('invalid', 'Name one version.', { code: 'etag', ...at });
  }
  const text = 'The current version is not the one named.';
  throw new Problem('precondition', text, { code: 'version-mismatch', ...at });
}

/** What the headers say that has to be so of the version that stands there now. */
export function preconditionsOf({ headers }: FastifyRequest): Preconditions {
  return { ...ifMatchesOf(headers['if-match']), ...ifNoneMatchOf(headers['if-none-match']) };
}
