/**
 * What a compiled decision says beside its verdicts: whether anything could be released at all,
 * what SQL may leave out, and until when it may be used again (architecture D6, D7).
 */
import { describe, expect, it } from 'vitest';
import {
  type AccessRequest,
  type ConsentRule,
  compileGrant,
  type DecisionInputs,
  type ResourceFacts,
  standardPolicy,
} from '../../src/permission/index.ts';
import { AT, HOLDERS, PARTIES } from './random-world.ts';

const EMERGENCY = {
  level: 'urgent',
  patientIncapable: false,
  reasonCode: 'BEWUSTELOOS',
  reason: 'niet aanspreekbaar na val',
} as const;

const by = (id: string, more: Partial<AccessRequest> = {}): AccessRequest => {
  const organisation = PARTIES.find((one) => one.id === id);
  if (!organisation) throw new Error(`no organisation ${id}`);
  return {
    id: 'q',
    correlationId: 'q',
    door: 'fhir',
    client: id,
    address: '',
    tokenId: 't',
    purpose: 'TREAT',
    actor: { kind: 'professional', organisation, role: '01.015' },
    ...more,
  };
};
const inNeed = by('post', { purpose: 'ETREAT', emergency: EMERGENCY });
const person = by('practice', { purpose: 'PATRQT', actor: { kind: 'person' } });
const acting = by('practice', {
  purpose: 'PATRQT',
  actor: { kind: 'representative', subject: 's', authority: 'proxy' },
});

const rule = (type: ConsentRule['type'], more: Partial<ConsentRule> = {}): ConsentRule => ({
  id: type,
  source: 'dhtv',
  type,
  status: 'active',
  dateTime: '2025-10-01T09:00:00+02:00',
  performers: [{ rel: 'self' }],
  holder: { level: 'cat', value: 'ZKH' },
  recipient: { level: 'cat', value: 'HA' },
  data: { level: 'all' },
  ...more,
});

const grant = (
  request: AccessRequest,
  rules: readonly ConsentRule[],
  more: Partial<DecisionInputs> = {},
) =>
  compileGrant({
    request,
    at: AT,
    epoch: 1,
    patient: { birthDate: '1980-05-02' },
    rules,
    holders: HOLDERS,
    policy: standardPolicy(),
    ...more,
  });

const condition = (more: Partial<ResourceFacts> = {}): ResourceFacts => ({
  type: 'Condition',
  id: 'c1',
  custodian: 'hospital',
  category: 'GGC002',
  labels: [],
  codes: [],
  authors: [],
  related: [],
  ...more,
});

const ALL_HOLDERS = [...HOLDERS.keys()];
const ALL_SUBSET: ConsentRule = rule('deny', { holder: { level: 'any' } });

describe('anything', () => {
  it.each<readonly [string, AccessRequest, readonly ConsentRule[], boolean]>([
    ['could be released by a permit', by('practice'), [rule('permit')], true],
    ['could not without one', by('practice'), [], false],
    ['could not by a refusal', by('practice'), [rule('deny')], false],
    ['could not by a permit to others', by('clinic'), [rule('permit')], false],
    [
      'could not where the permit is outweighed',
      by('practice'),
      [rule('permit'), rule('deny', { recipient: { level: 'org', value: 'practice' } })],
      false,
    ],
    ['could in an emergency', inNeed, [], true],
    ['could not where all of that was refused', inNeed, [ALL_SUBSET], false],
    ['could to the person', person, [ALL_SUBSET], true],
    ['could not in no emergency', by('post'), [], false],
  ])('%s', (_, request, rules, expected) => {
    expect(grant(request, rules).anything).toBe(expected);
  });

  it.each<readonly [string, AccessRequest, readonly ConsentRule[], string | undefined]>([
    ['nothing when something could be', by('practice'), [rule('permit')], undefined],
    ['that nothing is on record', by('practice'), [], 'nothing-on-record'],
    ['that it was refused', by('practice'), [rule('deny')], 'refused'],
    [
      'that emergencies were refused',
      inNeed,
      [{ ...ALL_SUBSET, purpose: ['ETREAT'] }],
      'emergency-refused',
    ],
  ])('that is closed says %s', (_, request, rules, expected) => {
    expect(grant(request, rules).closed).toBe(expected);
  });

  it('could not without the care relation that the agreement asks for', () => {
    const plain = standardPolicy();
    const regions = Object.entries(plain.regions).map(
      ([id, region]) => [id, { ...region, careRelation: 'required' }] as const,
    );
    const policy = { ...plain, regions: Object.fromEntries(regions) };
    const closed = grant(by('practice'), [rule('permit')], { policy });
    expect([closed.anything, closed.closed]).toEqual([false, 'no-care-relation']);
    // To say so oneself is not enough there.
    const said = by('practice', { declaredRelation: 'staat aan de balie' });
    expect(grant(said, [rule('permit')], { policy }).anything).toBe(false);
  });

  it('of a custodian that nobody knows is withheld', () => {
    const open = grant(by('practice'), [rule('permit', { holder: { level: 'any' } })]);
    expect(open.covers(condition()).permit).toBe(true);
    expect(open.covers(condition({ custodian: 'gone' }))).toMatchObject({
      permit: false,
      reason: 'no-region-agreement',
    });
  });

  it('that one holder blocks is left out of a whole record, until the block ends', () => {
    const blocks = [{ holder: 'hospital', until: '2026-03-10T10:00:01+01:00' }];
    const representation = { rel: 'proxy', scope: 'all', blocks } as const;
    const now = grant(acting, [], { representation });
    expect(now.covers(condition()).reason).toBe('provider-block');
    expect(now.covers(condition({ custodian: 'lab' })).permit).toBe(true);
    expect(now.validUntil).toBe('2026-03-10T09:00:01.000Z');
    const then = grant(acting, [], { representation, at: new Date('2026-03-10T10:00:01+01:00') });
    expect(then.covers(condition()).permit).toBe(true);
  });
});

describe('what SQL may leave out', () => {
  const PLACE = { level: 'org', value: 'lab' } as const;
  const ITEM = { level: 'instance', value: 'DocumentReference/d1' } as const;
  it.each<readonly [string, AccessRequest, readonly ConsentRule[], readonly string[] | undefined]>([
    ['are holders of no permit', by('practice'), [rule('permit')], ['hospital']],
    ['not the one that is named', by('practice'), [rule('permit', { holder: PLACE })], ['lab']],
    [
      'nobody when any holder is permitted',
      by('practice'),
      [rule('permit', { holder: { level: 'any' } })],
      ALL_HOLDERS,
    ],
    ['nobody in an emergency', inNeed, [], ALL_HOLDERS],
    ['everybody when nothing is permitted', by('practice'), [rule('deny')], []],
    ['nobody for the person', person, [], undefined],
    ['others than the one that is asked', { ...person, aanbieder: 'lab' }, [], ['lab']],
  ])('%s', (_, request, rules, expected) => {
    expect(grant(request, rules).narrowing.custodians).toEqual(expected);
  });

  it('are holders that the register did not open', () => {
    const register = [{ holder: 'lab', answer: 'Permit' }] as const;
    expect(grant(by('practice'), [], { register }).narrowing.custodians).toEqual(['lab']);
    const refused = [{ holder: 'lab', answer: 'Deny' }] as const;
    expect(grant(by('practice'), [], { register: refused }).narrowing.custodians).toEqual([]);
  });

  it('are holders other than the sender itself, for a sender', () => {
    const [organisation] = PARTIES;
    if (!organisation) throw new Error('no organisation');
    const sender = by('practice', { actor: { kind: 'sender', organisation } });
    expect(grant(sender, []).narrowing).toEqual({ custodians: ['hospital'] });
  });

  it('are no holders and no types where an agreement or the register may open them', () => {
    const flag = rule('permit', { data: { level: 'type', value: 'Flag' } });
    const register = [{ holder: 'lab', answer: 'Permit' }] as const;
    expect(grant(by('practice'), [flag], { register }).narrowing).toEqual({
      custodians: ['hospital', 'lab'],
    });
    const plain = standardPolicy();
    const regions = Object.entries(plain.regions).map(
      ([id, region]) => [id, { ...region, basePolicy: 'permit' }] as const,
    );
    const policy = { ...plain, regions: Object.fromEntries(regions) };
    expect(grant(by('practice'), [flag], { policy }).narrowing).toEqual({
      custodians: ALL_HOLDERS,
    });
  });

  it('are types that no permit names', () => {
    const types = (...rules: ConsentRule[]) => grant(by('practice'), rules).narrowing.types;
    const flag = rule('permit', { data: { level: 'type', value: 'Flag' } });
    expect(types(flag)).toEqual(expect.arrayContaining(['Flag', 'Patient', 'Organization']));
    expect(types(flag)).not.toContain('Condition');
    expect(types(flag)).not.toContain('Binary');
    // The bytes go where the document goes.
    expect(types(rule('permit', { data: ITEM }))).toEqual(
      expect.arrayContaining(['DocumentReference', 'Binary']),
    );
    expect(types(flag, rule('permit'))).toBeUndefined();
    expect(types(flag, rule('permit', { data: { level: 'label', value: 'PSY' } }))).toBeUndefined();
    expect(grant(inNeed, [flag]).narrowing.types).toBeUndefined();
  });
});

describe('a decision is used again until', () => {
  const MIDNIGHT = '2026-03-11T00:00:00.000Z';
  const until = (rules: readonly ConsentRule[], more: Partial<DecisionInputs> = {}) =>
    grant(by('practice'), rules, more).validUntil;

  it.each<readonly [string, readonly ConsentRule[], Partial<DecisionInputs>]>([
    ['a choice ends', [rule('permit', { period: { end: MIDNIGHT } })], {}],
    ['a choice begins', [rule('deny', { period: { start: MIDNIGHT } })], {}],
    ['a choice counts', [rule('permit', { dateTime: '2026-03-11T00:01:00.000Z' })], {}],
    ['an incapacity begins', [], { patient: { incapacity: true, incapacitySince: MIDNIGHT } }],
    ['an incapacity ends', [], { patient: { incapacity: true, incapacityUntil: MIDNIGHT } }],
    [
      'the first of these',
      [rule('permit', { period: { end: '2026-05-01T00:00:00Z' } })],
      { patient: { incapacity: true, incapacityUntil: MIDNIGHT } },
    ],
  ])('%s', (_, rules, more) => {
    expect(until(rules, more)).toBe(MIDNIGHT);
  });

  it.each(['2014-03-11', '2010-03-11', '2008-03-11'])('the birthday of one born on %s', (day) => {
    expect(until([], { patient: { birthDate: day } })).toBe('2026-03-10T23:00:00.000Z');
  });

  it.each(['start', 'end'] as const)('the %s of a mandate', (edge) => {
    const period = { start: '2026-01-01T00:00:00Z', [edge]: MIDNIGHT };
    const ask = () => grant(acting, [], { representation: { rel: 'proxy', scope: 'all', period } });
    if (edge === 'end') expect(ask().validUntil).toBe(MIDNIGHT);
    else expect(ask).toThrow(expect.objectContaining({ code: 'authority-ended' }));
  });

  it('the care relation of the asking side ends, and of nobody else', () => {
    const relation = {
      id: 'k',
      organisation: 'practice',
      kind: 'referral',
      from: '2026-03-01T00:00:00Z',
      evidence: 'Task/t',
      source: 'hospital',
      grant: { data: [] },
    } as const;
    const { validUntil, relation: named } = grant(by('practice'), [], { relations: [relation] });
    expect(named).toBe('referral:k');
    expect(validUntil).toBeDefined();
    const other = grant(by('clinic'), [], { relations: [relation] });
    expect([other.validUntil, other.relation]).toEqual([undefined, undefined]);
    expect(grant(person, [], { relations: [relation] }).relation).toBeUndefined();
  });

  it('for ever where nothing ends, or only what does not count any more', () => {
    expect(until([rule('permit')])).toBeUndefined();
    const ended = rule('permit', { status: 'inactive', period: { end: MIDNIGHT } });
    expect(until([ended])).toBeUndefined();
    expect(until([rule('permit', { period: { start: '2025-01-01T00:00:00Z' } })])).toBeUndefined();
  });
});
