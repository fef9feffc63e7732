/** An edit does not show in the order of what leaves: bytes as they lie begin in the same way. */
import { describe, expect, it } from 'vitest';
import { R4 } from '../../src/conformance/index.ts';
import type { ReleasedResource } from '../../src/consent/index.ts';
import { face } from '../../src/fhir/face.ts';

const asking = { version: R4, maskBsn: false } as Parameters<typeof face>[1];

describe('a resource that leaves', () => {
  it.each([
    ['as it lies', { resourceType: 'Condition', id: 'a', meta: { profile: ['p'] }, code: {} }],
    ['edited', { resourceType: 'Condition', code: {}, meta: { profile: ['p'] }, id: 'a' }],
    ['without a meta of its own', { resourceType: 'Condition', code: {} }],
  ])('%s begins with its type, id and meta', (_name, resource) => {
    const released: ReleasedResource = {
      type: 'Condition',
      id: 'a',
      version: 3,
      updated: new Date(0),
      deleted: false,
      custodian: 'c',
      size: 1,
      resource,
    };
    const left = face(released, asking);
    expect(Object.keys(left)).toEqual(['resourceType', 'id', 'meta', 'code']);
    expect(left.meta).toMatchObject({ versionId: '3', lastUpdated: '1970-01-01T00:00:00.000Z' });
  });
});
