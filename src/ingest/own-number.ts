/**
 * Results of one order that share a code and number nothing have one number between them; each is
 * numbered by the place that it has among them, as it is known here (source-formats.md 2.6).
 */
import type { Identifier } from '../conformance/index.ts';
import type { MappedResource } from './format.ts';

const placeIn = (key: string): string => /#\d+$/.exec(key)?.[0] ?? '';

/** The same resource with the numbers that it has under this key: `L-1|GLU`, `L-1|GLU#2`. */
export function numberedAs(mapped: MappedResource, key: string): MappedResource {
  const { apart, resource } = mapped;
  const sent = resource['identifier'];
  const [before, after] = [placeIn(mapped.key), placeIn(key)];
  if (apart === undefined || !Array.isArray(sent) || (before === '' && after === '')) return mapped;
  const identifier = (sent as Identifier[]).map((one) => {
    const value = one.value ?? '';
    const bare = before !== '' && value.endsWith(before) ? value.slice(0, -before.length) : value;
    return { ...one, value: `${bare}${after}` };
  });
  return { ...mapped, resource: { ...resource, identifier } };
}
