/** Addresses as clients in use write them. */
import { describe, expect, it } from 'vitest';
import { plainAddress } from '../../src/fhir/index.ts';

describe('a FHIR address', () => {
  it.each([
    [
      '/medmij/a/48/fhir/Observation/%24lastn?code=%24x',
      '/medmij/a/48/fhir/Observation/$lastn?code=%24x',
    ],
    [
      '/medmij/a/48/fhir/MedicationStatement/?category=x',
      '/medmij/a/48/fhir/MedicationStatement?category=x',
    ],
    ['/fhir/r4/Patient/', '/fhir/r4/Patient'],
    ['/fhir/r4/', '/fhir/r4'],
    ['/fhir/r4/Patient/1', '/fhir/r4/Patient/1'],
    ['/fhir/r4/Patient//', '/fhir/r4/Patient//'],
    ['/mij/%24x/', '/mij/%24x/'],
    ['/mij/?next=/fhir/r4/', '/mij/?next=/fhir/r4/'],
    ['/', '/'],
  ])('%s is %s', (url, expected) => {
    expect(plainAddress({ url })).toBe(expected);
  });
});
