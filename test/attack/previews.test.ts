/** A preview is held against the door item by item, and what it says wrong is found. */
import { describe, expect, it } from 'vitest';
import { differences, type Foretold } from '../../scripts/attack/previews.ts';

const PARTNERS = [
  { name: 'huisarts', organisation: 'h' },
  { name: 'post', organisation: 'p' },
];
const seen = (h: readonly string[], p: readonly string[]) =>
  new Map([
    ['h', new Set(h)],
    ['p', new Set(p)],
  ]);
const BEFORE = seen(['Flag/1', 'Flag/2'], ['Flag/1']);
const AFTER = seen(['Flag/2'], ['Flag/1', 'Flag/2']);
const RIGHT: Foretold = {
  loses: { organisations: 1, items: 1 },
  gains: { organisations: 1, items: 1 },
  changes: [
    { organisation: 'h', loses: ['Flag/1'], gains: [], keeps: 1 },
    { organisation: 'p', loses: [], gains: ['Flag/2'], keeps: 1 },
  ],
};
type Change = Foretold['changes'][number];
const [practice, post] = RIGHT.changes as [Change, Change];

describe('a preview beside the door', () => {
  it('is right when every item of everybody is as told', () => {
    expect(differences(RIGHT, BEFORE, AFTER, PARTNERS)).toEqual([]);
  });

  it.each<[string, Foretold]>([
    ['that keeps silent about one', { ...RIGHT, changes: [practice] }],
    ['that names another item', { ...RIGHT, changes: [{ ...practice, loses: ['Flag/2'] }, post] }],
    ['that keeps another number', { ...RIGHT, changes: [{ ...practice, keeps: 2 }, post] }],
    ['with another sum of items', { ...RIGHT, loses: { organisations: 1, items: 2 } }],
    ['with another number of organisations', { ...RIGHT, gains: { organisations: 2, items: 1 } }],
  ])('%s is found', (_name, told) => {
    expect(differences(told, BEFORE, AFTER, PARTNERS)).not.toEqual([]);
  });
});
