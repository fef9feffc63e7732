/** Undo of what the tidy list put together, and undo of that (capabilities A8). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Sourced, tidyList } from '../../../src/conformance/index.ts';
import { apartAfter } from '../../../src/web/person/record-apart.ts';

const problem = (custodian: string, id: string): Sourced => ({
  custodian,
  resource: {
    resourceType: 'Condition',
    id,
    code: { coding: [{ system: 'http://snomed.info/sct', code: '38341003' }] },
  },
});
const RECORD = [problem('gp', 'a'), problem('hospital', 'b'), problem('pharmacy', 'c')];
const NAMES = RECORD.map(({ resource }) => `Condition/${resource.id}`);
const groups = (apart: readonly string[]) => tidyList(RECORD, new Set(apart)).length;

describe('what stands together', () => {
  it('is set apart as a whole, and put back by any of its rows', () => {
    expect(groups([])).toBe(1);
    const apart = apartAfter([], NAMES, 'apart');
    expect(groups(apart)).toBe(3);
    const back = apartAfter(apart, ['Condition/a'], 'together');
    // The one that was put back stands with either of the others again, and so with both.
    expect(groups(back)).toBeLessThan(3);
    expect(groups(apartAfter(back, NAMES, 'together'))).toBe(1);
  });

  it('keeps only names of rows, whatever the form sent', () => {
    const sent = ['Condition/a', 'Condition/b', '../x', '', 'Condition/<script>'];
    expect(apartAfter([], sent, 'apart')).toEqual(['Condition/a Condition/b']);
  });

  it('is the same in whatever order and however often it was said', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(NAMES, { minLength: 1 }), (some) => {
        const once = apartAfter([], some, 'apart');
        expect(apartAfter(once, [...some].reverse(), 'apart')).toEqual(once);
        expect(apartAfter(once, some, 'together')).toEqual([]);
      }),
    );
  });
});
