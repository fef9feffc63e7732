/**
 * One address for what clients in use write in several ways: `$` encoded as `%24` by those that
 * encode every sign of a path, and a slash at the end (`MedicationStatement/?category=…`).
 */
import type { IncomingMessage } from 'node:http';

/** For the router, before it looks: below a FHIR base only, and never the query. */
export function plainAddress({ url = '/' }: Pick<IncomingMessage, 'url'>): string {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  const base = /\/fhir(?=\/)/.exec(path);
  if (!base || !/%24|\/$/.test(path)) return url;
  const plain = path.replaceAll('%24', '$').replace(/([^/])\/$/, '$1');
  return end < 0 ? plain : plain + url.slice(end);
}
