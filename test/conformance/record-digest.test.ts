/** One number for a whole record, wherever it lies (capabilities A12). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordDigest } from '../../src/conformance/record-digest.ts';
import type { Resource } from '../../src/conformance/resource.ts';

const record = (ids: { patient: string; result: string; group: string }, value = 7): Resource[] => [
  { resourceType: 'Patient', id: ids.patient, birthDate: '1970-01-01' },
  {
    resourceType: 'Observation',
    id: ids.result,
    meta: { versionId: ids.result.slice(0, 1) },
    status: 'final',
    subject: { reference: `Patient/${ids.patient}` },
    valueQuantity: { value },
  } as Resource,
  {
    resourceType: 'Observation',
    id: ids.group,
    status: 'final',
    subject: { reference: `https://elsewhere.example/fhir/Patient/${ids.patient}` },
    hasMember: [{ reference: `Observation/${ids.result}` }],
  },
];
const HERE = record({ patient: 'p', result: 'r', group: 'g' });

describe('the digest of a record', () => {
  it('is the same under other ids, versions and in another order', () => {
    const there = record({ patient: '1', result: '22', group: '333' });
    expect(recordDigest(there.toReversed())).toBe(recordDigest(HERE));
  });

  it('differs when anything said differs, also where it is only pointed to', () => {
    const other = record({ patient: 'p', result: 'r', group: 'g' }, 8);
    expect(recordDigest(other)).not.toBe(recordDigest(HERE));
    expect(recordDigest(HERE.slice(1))).not.toBe(recordDigest(HERE));
    const [patient, result, group] = HERE;
    if (!patient || !result || !group) throw new Error('the record is not whole');
    const elsewhere = { ...group, hasMember: [{ reference: 'Observation/unknown' }] };
    expect(recordDigest([patient, result, elsewhere])).not.toBe(recordDigest(HERE));
  });

  it('does not depend on the order of members', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (extra) => {
        const one = { resourceType: 'Basic', id: 'a', extra } as Resource;
        const turned = Object.fromEntries(Object.entries(one).toReversed()) as Resource;
        expect(recordDigest([turned])).toBe(recordDigest([one]));
      }),
    );
  });
});
