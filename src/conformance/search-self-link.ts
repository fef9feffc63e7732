import type { SearchQuery } from './search-query.ts';

/** BSN, as a URL and as an OID. A number of a person never stands in a link. */
const BSN_SYSTEM = /fhir\.nl\/fhir\/NamingSystem\/bsn|2\.16\.840\.1\.113883\.2\.4\.6\.3(?!\.?\d)/i;
const BARE_NUMBER = /(?:^|[|,])\d{8,9}(?=$|[|,])/;
const OF_IDENTIFIER = /(?:^|[.:])(?:identifier|_content|_text)(?::|$)/;

/**
 * The self link: exactly the parameters that were processed, in the order they came.
 * @param base address without a slash at the end, for instance `https://gateway.example/fhir/r4`
 * @param extra parameters of the caller, for instance a page token
 */
export function selfLink(
  base: string,
  query: SearchQuery,
  extra: readonly (readonly [string, string])[] = [],
): string {
  const own = query.lastnMax === undefined ? query.type : `${query.type}/$lastn`;
  const path = query.path ?? own;
  const address = path === '' ? base : `${base}/${path}`;
  const pairs = [...query.processed.filter(([name, value]) => !namesPerson(name, value)), ...extra];
  if (pairs.length === 0) return address;
  return `${address}?${pairs.map(([name, value]) => `${name}=${encoded(value)}`).join('&')}`;
}

/** True for a parameter that carries, or by its look may carry, a BSN. */
function namesPerson(name: string, value: string): boolean {
  return BSN_SYSTEM.test(value) || (OF_IDENTIFIER.test(name) && BARE_NUMBER.test(value));
}

/** Readable where a query part allows it. RFC 3986, section 3.4. */
function encoded(value: string): string {
  return encodeURIComponent(value).replace(/%(3A|2F|2C|24|40)/g, (match) =>
    decodeURIComponent(match),
  );
}
