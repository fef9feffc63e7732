/** What a Task gives to its receiver, and for how long. consent.md 11. */
import { describe, expect, it } from 'vitest';
import type { CareRelation } from '../../src/permission/index.ts';
import { searchDigest } from '../../src/permission/listed-search.ts';
import { grantEnds, grantsIn, referralGrant } from '../../src/permission/referral-grants.ts';

const SNOMED = 'http://snomed.info/sct';
const coded = (code: string, system = SNOMED) => ({ coding: [{ system, code }] });
const REFERRAL = coded('3457005');
const HAND_OVER = coded('308292007');
const listing = (reference: string) => ({ valueReference: { reference } });

const task = (more: object = {}) =>
  ({
    resourceType: 'Task',
    id: 't1',
    status: 'requested',
    code: REFERRAL,
    input: [listing('Condition/c1')],
    ...more,
  }) as Parameters<typeof referralGrant>[0];

const named = (more: object = {}) =>
  referralGrant(task(more))?.data.map((one) => ('value' in one ? one.value : one.level));

describe('a referral', () => {
  it('gives itself and what it lists, and nothing else', () => {
    expect(named()).toEqual(['Task/t1', 'Condition/c1']);
  });

  it.each(['requested', 'received', 'accepted', 'ready', 'in-progress', 'on-hold'])(
    'gives it while %s',
    (status) => expect(named({ status })).toHaveLength(2),
  );

  it.each(['draft', 'rejected', 'cancelled', 'completed', 'failed', 'entered-in-error', undefined])(
    'gives nothing while %s',
    (status) => expect(named({ status })).toBeUndefined(),
  );

  it.each([
    ['that lists nothing', { input: [] }],
    ['of another kind', { code: coded('1') }],
    ['by a code of another system', { code: coded('3457005', 'urn:x') }],
    ['without a code', { code: undefined }],
    ['that names nothing by type and id', { input: [listing('c1'), listing('Condition?code=1')] }],
    ['whose words are no search', { input: [{ valueString: 'de brief van maandag' }] }],
  ])('%s gives nothing', (_, more) => expect(named(more)).toBeUndefined());

  it('gives what it is about, and each thing once', () => {
    const focus = { reference: 'ServiceRequest/s1' };
    const input = [listing('Condition/c1'), listing('Condition/c1')];
    expect(named({ focus, input })).toEqual(['Task/t1', 'Condition/c1', 'ServiceRequest/s1']);
  });

  it('gives what a search finds to that search alone', () => {
    const input = [{ valueString: 'Observation?code=http://loinc.org|4548-4' }];
    const given = referralGrant(task({ input }));
    expect(given?.data).toEqual([{ level: 'instance', value: 'Task/t1' }]);
    const search = searchDigest('Observation', [['code', 'http://loinc.org|4548-4']]);
    expect(given?.searches?.map((one) => one.search)).toEqual([search]);
  });
});

describe('a hand-over', () => {
  it.each([
    ['requested', undefined],
    ['received', undefined],
    ['accepted', ['Task/t1', 'GGC002', 'Condition/c1']],
    ['completed', undefined],
  ])('that is %s gives %j', (status, given) => {
    expect(named({ code: HAND_OVER, status })).toEqual(given);
  });
});

describe('what a relation carries', () => {
  const relation = (more: Partial<CareRelation> = {}): CareRelation => ({
    id: 'k',
    organisation: 'practice',
    kind: 'referral',
    from: '2026-03-01T00:00:00.000Z',
    evidence: 'Task/t1',
    source: 'hospital',
    grant: {
      data: [{ level: 'instance', value: 'Condition/c1' }],
      searches: [{ search: 'digest', data: [{ level: 'type', value: 'Observation' }] }],
    },
    ...more,
  });

  it('is a permit of the source to the receiver, for the task, for fourteen days', () => {
    const [first, second] = grantsIn([relation()]);
    expect(first).toMatchObject({
      source: 'implicit',
      type: 'permit',
      holder: { level: 'org', value: 'hospital' },
      recipient: { level: 'org', value: 'practice' },
      purpose: ['COC', 'TREAT'],
      context: { kind: 'referral', value: 'Task/t1' },
      period: { start: '2026-03-01T00:00:00.000Z', end: '2026-03-15T00:00:00.000Z' },
      data: { level: 'instance', value: 'Condition/c1' },
    });
    expect(first).not.toHaveProperty('search');
    expect(second).toMatchObject({ search: 'digest', data: { value: 'Observation' } });
  });

  it('is nothing when it was taken back, or carries none', () => {
    const { grant: _, ...without } = relation();
    for (const one of [relation({ withdrawn: true }), without]) {
      expect(grantsIn([one])).toEqual([]);
      expect(grantEnds(one)).toBeUndefined();
    }
    expect(grantsIn(undefined)).toEqual([]);
    expect(grantsIn([])).toEqual([]);
  });
});
