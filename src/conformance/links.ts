/**
 * Where a resource links to another one: in a Reference, in an element that holds an address, and
 * in the narrative. A canonical is a name, not a link. https://hl7.org/fhir/R4/http.html#trules
 */

/** Elements of type uri and url that may hold the address of a resource. */
const ADDRESSES: ReadonlySet<string> = new Set(['url', 'uri', 'valueUri', 'valueUrl']);

const NARRATIVE_LINK = /\b(href|src)(\s*=\s*)(?:"([^"]*)"|'([^']*)')/gi;

/** What addresses are to become, by what they are. */
export type LinkTargets = Pick<ReadonlyMap<string, string>, 'get'>;

/** True when a text under this name is an address. A reference is one by itself. */
export function isAddressName(name: string): boolean {
  return ADDRESSES.has(name);
}

/** The addresses in a div, as they are written there. */
export function narrativeLinks(div: string): string[] {
  return [...div.matchAll(NARRATIVE_LINK)].map(([, , , double, single]) => double ?? single ?? '');
}

/** The div with these addresses in the place of others; all else stays byte for byte. */
export function withNarrativeLinks(div: string, targets: LinkTargets): string {
  return div.replace(
    NARRATIVE_LINK,
    (whole, name: string, sign: string, double?: string, single?: string) => {
      const target = targets.get(double ?? single ?? '');
      return target === undefined ? whole : `${name}${sign}"${target}"`;
    },
  );
}
