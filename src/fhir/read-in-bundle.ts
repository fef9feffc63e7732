/** A read or search that stands in a batch or transaction. */
import { type BundleEntry, isResourceType } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor } from './asking.ts';
import { requireType } from './doorway.ts';
import { face } from './face.ts';
import { etagOf, read } from './read.ts';
import { searchBundle } from './search-type.ts';

interface ReadAsked {
  readonly url: URL;
  readonly tag?: string;
}

/** The entry of the answer. @throws Problem as the interaction by itself does. */
export async function readInBundle(
  door: FhirDoor,
  asking: Asking,
  { url, tag }: ReadAsked,
): Promise<BundleEntry> {
  const key = keyOf(url);
  if (!key) {
    const [type = '', ...more] = url.pathname.split('/').filter((part) => part !== '');
    const lastn = type === 'Observation' && /^(?:\$|%24)lastn$/.test(more.join('/'));
    if ((more.length > 0 && !lastn) || !isResourceType(asking.version, type)) {
      throw new Problem('not-supported', 'Only reads and searches are done in a bundle.', {
        code: 'operation-in-bundle',
      });
    }
    const params = [...url.searchParams];
    asking.checkParams?.(params);
    const resource = await searchBundle(door, asking, {
      type,
      params,
      lastn,
      strict: false,
    });
    return { resource, response: { status: '200 OK' } };
  }
  requireType(asking, key.type, asking.readTypes);
  const released = await read(door, asking, key);
  const response = { etag: etagOf(released), lastModified: released.updated.toISOString() };
  const bare = (text: string) => text.replace(/^W\//, '');
  if (tag !== undefined && bare(tag) === bare(response.etag)) {
    return { response: { status: '304 Not Modified', ...response } };
  }
  return { resource: face(released, asking), response: { status: '200 OK', ...response } };
}

/** `Type/id` or `Type/id/_history/version`; undefined for anything else. */
export function keyOf(url: URL): { type: string; id: string; vid?: string } | undefined {
  const match = /^\/([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/(\d{1,9}))?$/.exec(
    url.pathname,
  );
  if (!match) return undefined;
  const [, type = '', id = '', vid] = match;
  return { type, id, ...(vid === undefined ? {} : { vid }) };
}
