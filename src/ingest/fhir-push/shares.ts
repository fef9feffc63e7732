/** A bundle about several people, as a bundle for each of them. */
import {
  type BundleEntry,
  type FhirVersion,
  type Resource,
  writeFhir,
} from '../../conformance/index.ts';
import { cutShares } from '../cut-shares.ts';
import type { Share } from '../format.ts';
import { entryRanges } from './entry-ranges.ts';
import type { Person } from './persons.ts';

interface Pushed {
  readonly root: Resource;
  readonly bytes: Buffer;
  readonly sent: readonly BundleEntry[];
  /** From which entry as it was sent each entry comes. */
  readonly origin: readonly number[];
}

/** Each person's entries as a bundle of their own, as the bytes have them where they can be cut. */
export function sharesOf(
  { root, bytes, sent, origin }: Pushed,
  people: readonly Person[],
  version: FhirVersion,
): Share[] {
  const owners = sent.map(() => new Set<number>());
  for (const [person, { members }] of people.entries()) {
    for (const index of members) owners[origin[index] ?? 0]?.add(person);
  }
  const ranges = entryRanges(bytes, sent.length);
  const isXml = /^\s*</.test(bytes.subarray(0, 200).toString('utf8'));
  const mediaType = `application/fhir+${isXml ? 'xml' : 'json'}; fhirVersion=${version.mediaVersion}`;
  if (ranges) {
    const cuts = ranges.map((range, at) => ({ ...range, owners: owners[at] ?? new Set<number>() }));
    return cutShares({ bytes, mediaType }, cuts, people.length, !isXml);
  }
  return people.map((_one, person) => {
    const entry = sent.filter((_entry, at) => owners[at]?.has(person));
    const bundle = { ...root, entry };
    const json = `application/fhir+json; fhirVersion=${version.mediaVersion}`;
    return { mediaType: json, bytes: writeFhir(bundle, { format: 'json', version }) };
  });
}
