/** Surnames and addresses in a form that two systems write alike: compared and never shown. */
import type { Resource } from '../conformance/index.ts';

type Json = Readonly<Record<string, unknown>>;

/** Without accents, prefixes and case: `van der Berg` and `BERG, van der` are one. */
export function familyMark(family: string): string | undefined {
  const plain = family
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z\s-]/g, '')
    .replace(/\b(van|von|de|der|den|het|ten|ter|te|la|le|el|al)\b/g, '')
    .replace(/[\s-]+/g, '');
  return plain === '' ? undefined : `family:${plain}`;
}

/** Postcode and house number say which house, as the Netherlands number them. */
export function addressMark(postcode: string, house: string): string | undefined {
  const code = postcode.replaceAll(/\s/g, '').toUpperCase();
  const number = /\d+/.exec(house)?.[0];
  return code === '' || number === undefined ? undefined : `address:${code}/${number}`;
}

/** All marks of a Patient. */
export function marksOfPatient(patient: Resource): string[] {
  const names = listOf(patient['name']).flatMap(({ family }) =>
    typeof family === 'string' ? [familyMark(family)] : [],
  );
  const addresses = listOf(patient['address']).flatMap(({ postalCode, line }) => {
    const [street = ''] = Array.isArray(line) ? (line as unknown[]).map(String) : [];
    const house = /(?<!\d)(\d+)\D*$/.exec(street)?.[1] ?? '';
    return typeof postalCode === 'string' ? [addressMark(postalCode, house)] : [];
  });
  return [...names, ...addresses].filter((mark) => mark !== undefined);
}

const listOf = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);
