/** What a change would do, counted with the decision itself, and the table that it is made from. */
import { describe, expect, it } from 'vitest';
import { changesForCell, LOCK, matrixOf } from '../../src/consent/matrix.ts';
import { previewChange } from '../../src/consent/preview.ts';
import {
  type ConsentRule,
  type ResourceFacts,
  standardPolicy,
} from '../../src/permission/index.ts';
import { AT, HOLDERS } from '../permission/random-world.ts';

const item = (id: string, custodian: string, labels: string[] = []): ResourceFacts => ({
  type: 'Condition',
  id,
  custodian,
  category: 'GGC002',
  labels,
  codes: [],
  authors: [],
  related: [],
});

const permit: ConsentRule = {
  id: 'a',
  version: 1,
  source: 'dhtv',
  type: 'permit',
  status: 'active',
  dateTime: '2026-01-01T00:00:00Z',
  performers: [{ rel: 'self' }],
  holder: { level: 'cat', value: 'ZKH' },
  recipient: { level: 'cat', value: 'HA' },
  data: { level: 'ggc', value: 'GGC002' },
};

const about = {
  facts: [
    item('1', 'hospital'),
    item('2', 'hospital'),
    item('3', 'hospital', ['PSY']),
    item('4', 'lab'),
  ],
  parties: HOLDERS,
  patient: { birthDate: '1980-05-02' },
  policy: standardPolicy(),
  at: AT,
};

describe('the preview', () => {
  it('counts organisations, and every item once however many lose it', () => {
    const preview = previewChange({ ...about, before: [permit], after: [] });
    expect(preview.loses).toEqual({ organisations: 2, items: 2 });
    expect(preview.gains).toEqual({ organisations: 0, items: 0 });
    expect(preview.changes.map(({ organisation }) => organisation)).toEqual(['practice', 'post']);
  });

  it('shows what stays after an exception', () => {
    const exception: ConsentRule = {
      ...permit,
      id: 'b',
      type: 'deny',
      recipient: { level: 'org', value: 'practice' },
      data: { level: 'instance', value: 'Condition/1' },
    };
    const preview = previewChange({ ...about, before: [permit], after: [permit, exception] });
    expect(preview.changes).toEqual([
      { organisation: 'practice', loses: ['Condition/1'], gains: [], keeps: 1 },
    ]);
  });

  it('tells of a person whom a choice names, beside the organisation', () => {
    const block: ConsentRule = {
      ...permit,
      ...{ id: 'p', type: 'deny', recipient: { level: 'person', value: 'dr-a' } },
      data: { level: 'all' },
      holder: { level: 'any' },
    };
    const preview = previewChange({ ...about, before: [permit], after: [permit, block] });
    expect(preview.changes).toEqual([]);
    expect(preview.persons).toEqual([{ person: 'dr-a', loses: 2, gains: 0, keeps: 0 }]);
    const one: ConsentRule = { ...block, data: { level: 'instance', value: 'Condition/1' } };
    const partly = previewChange({ ...about, before: [permit, block], after: [permit, one] });
    expect(partly.persons).toEqual([{ person: 'dr-a', loses: 0, gains: 1, keeps: 0 }]);
  });

  it('of the lock leaves nothing to anybody', () => {
    const lock: ConsentRule = { ...permit, ...LOCK, id: 'l' };
    const preview = previewChange({ ...about, before: [permit], after: [permit, lock] });
    expect(preview.loses).toEqual({ organisations: 2, items: 2 });
  });
});

describe('the table', () => {
  const wanted = { holder: 'cat:ZKH', data: 'GGC002', recipient: 'cat:HA' } as const;

  it('shows a choice in its cell and what is finer as an exception', () => {
    const fine: ConsentRule = { ...permit, id: 'b', data: { level: 'label', value: 'PSY' } };
    const matrix = matrixOf([permit, fine, { ...permit, id: 'c', status: 'inactive' }]);
    expect(matrix.cells).toEqual([{ ...wanted, choice: 'permit', choices: ['a'] }]);
    expect(matrix.exceptions).toEqual([fine]);
    expect(matrix.locked).toBe(false);
  });

  it('makes the changes that a cell needs and none when it says so already', () => {
    const matrix = matrixOf([permit]);
    expect(changesForCell(matrix, { ...wanted, choice: 'permit' })).toEqual([]);
    expect(changesForCell(matrix, { ...wanted, choice: 'nothing' })).toEqual([
      { kind: 'withdraw', id: 'a' },
    ]);
    const [change] = changesForCell(matrix, { ...wanted, choice: 'deny' });
    expect(change).toMatchObject({ kind: 'put', id: 'a', rule: { type: 'deny' } });
  });
});
