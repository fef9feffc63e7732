/** Seven kinds of empty, told on the person's own pages only (capabilities A5). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CAUSE_TEXT,
  emptyCause,
  type ServiceAtSource,
} from '../../../src/web/person/empty-cause.ts';

const GOOD: ServiceAtSource = {
  isConnected: true,
  isOffered: true,
  hasRelation: true,
  ageYears: 40,
  isDown: false,
  waiting: 0,
  isStopped: false,
  items: 3,
};

describe('why there is nothing to fetch', () => {
  it.each([
    ['not-connected', { isConnected: false }],
    ['too-young', { ageYears: 15 }],
    ['no-relation', { hasRelation: false }],
    ['not-offered', { isOffered: false }],
    ['source-down', { isDown: true }],
    ['held-back', { items: 0, waiting: 2 }],
    ['stopped', { isStopped: true }],
    ['nothing-recorded', { items: 0 }],
    [undefined, {}],
  ] as const)('%s', (cause, change) => expect(emptyCause({ ...GOOD, ...change })).toBe(cause));

  it('always has a cause where there is nothing, and none where all is well', () => {
    const place = fc.record({
      isConnected: fc.boolean(),
      isOffered: fc.boolean(),
      hasRelation: fc.boolean(),
      ageYears: fc.option(fc.nat(99), { nil: undefined }),
      isDown: fc.boolean(),
      waiting: fc.nat(3),
      isStopped: fc.boolean(),
      items: fc.nat(3),
    });
    fc.assert(
      fc.property(place, (one) => {
        const cause = emptyCause(one);
        if (one.items === 0) expect(cause).toBeDefined();
        if (cause !== undefined) expect(CAUSE_TEXT[cause].nl).not.toBe('');
      }),
    );
  });
});
