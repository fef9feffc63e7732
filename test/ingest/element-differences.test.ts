/** A report of differences names places and never a value. */
import { describe, expect, it } from 'vitest';
import { elementDifferences } from '../../src/ingest/element-differences.ts';

const before = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'a', code: 'secret-1' }] },
  note: [{ text: 'secret-2' }],
};

describe('element differences', () => {
  it('are none between equals', () => {
    expect(elementDifferences(before, structuredClone(before))).toEqual([]);
  });

  it('name what was added, removed and changed', () => {
    const after = {
      resourceType: 'Observation',
      status: 'amended',
      code: {
        coding: [
          { system: 'a', code: 'secret-1' },
          { system: 'b', code: 'secret-3' },
        ],
      },
      issued: '2026-03-01',
    };
    const found = elementDifferences(before, after);
    expect(found.toSorted()).toEqual(
      [
        '~Observation.status',
        '+Observation.code.coding',
        '-Observation.note',
        '+Observation.issued',
      ].toSorted(),
    );
    expect(found.join()).not.toContain('secret');
  });

  it('count a whole resource that appears or goes as one', () => {
    expect(elementDifferences(undefined, before)).toEqual(['+Observation']);
    expect(elementDifferences(before, undefined)).toEqual(['-Observation']);
  });
});
