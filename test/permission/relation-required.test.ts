/**
 * Where an agreement asks for a care relation: it only ever takes away, one that is on record only
 * ever gives back, and of several regions the strictest counts. capabilities C9, C11.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CareRelation,
  type ConsentRule,
  compileGrant,
  type Policy,
} from '../../src/permission/index.ts';
import { AT, inputsOf, WORLD, type World } from './random-world.ts';

const RUNS = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 2_000) };

function asking(policy: Policy, careRelation: 'required' | 'declared'): Policy {
  const regions = Object.entries(policy.regions).map(
    ([id, region]) => [id, { ...region, careRelation }] as const,
  );
  return { ...policy, regions: Object.fromEntries(regions) };
}

const relationOf = (organisation: string, more: Partial<CareRelation> = {}): CareRelation => ({
  id: 'r1',
  organisation,
  kind: 'encounter',
  from: new Date(AT.getTime() - 86_400_000).toISOString(),
  evidence: 'Encounter/e1',
  source: 'hospital',
  ...more,
});

/** A referral to who asks is a relation by itself, whatever is on record: decided apart below. */
const isReferred = ({ rules, request: { actor } }: World): boolean =>
  actor.kind === 'professional' &&
  rules.some(
    ({ source, type, recipient }) =>
      source === 'implicit' &&
      type === 'permit' &&
      recipient.level === 'org' &&
      recipient.value === actor.organisation.id,
  );

describe('an agreement that asks for a care relation', () => {
  it('closes what is asked for treatment without one, and changes nothing with one', () => {
    fc.assert(
      fc.property(WORLD, (world) => {
        const plain = inputsOf(world);
        const { actor, purpose, task } = world.request;
        if (actor.kind !== 'professional') return;
        const policy = asking(plain.policy, 'required');
        const without = compileGrant({ ...plain, policy }).covers(world.facts);
        const relations = [relationOf(actor.organisation.id)];
        const withOne = compileGrant({ ...plain, policy, relations }).covers(world.facts);
        const before = compileGrant(plain).covers(world.facts);
        expect(withOne).toEqual(before);
        const isClosed = purpose === 'TREAT' && task === undefined && !isReferred(world);
        if (isClosed) expect(without.permit).toBe(false);
        if (!before.permit) expect(without.permit).toBe(false);
      }),
      RUNS,
    );
  });

  it('is not met by a relation of another, that ended, or that was taken back', () => {
    fc.assert(
      fc.property(WORLD, (world) => {
        const plain = inputsOf(world);
        const { actor } = world.request;
        if (actor.kind !== 'professional') return;
        const policy = asking(plain.policy, 'required');
        const long = new Date(AT.getTime() - 400 * 86_400_000).toISOString();
        const relations = [
          relationOf('somebody-else'),
          relationOf(actor.organisation.id, { from: long, until: long }),
          relationOf(actor.organisation.id, { withdrawn: true }),
        ];
        const none = compileGrant({ ...plain, policy }).covers(world.facts);
        expect(compileGrant({ ...plain, policy, relations }).covers(world.facts)).toEqual(none);
      }),
      RUNS,
    );
  });

  it('that takes a declaration gives what it would give, and asks for a review', () => {
    fc.assert(
      fc.property(WORLD, (world) => {
        const plain = inputsOf(world);
        const { actor, purpose, task } = world.request;
        if (actor.kind !== 'professional' || purpose !== 'TREAT' || task !== undefined) return;
        if (isReferred(world)) return;
        const request = { ...world.request, declaredRelation: 'staat aan de balie' };
        const policy = asking(plain.policy, 'declared');
        const declared = compileGrant({ ...plain, policy, request }).covers(world.facts);
        const before = compileGrant(plain).covers(world.facts);
        expect(declared.permit).toBe(before.permit);
        expect(declared.obligations.includes('REVIEW-RELATION')).toBe(before.permit);
      }),
      RUNS,
    );
  });

  it('is met by a referral to who asks, and not by one to somebody else', () => {
    let referred = 0;
    fc.assert(
      fc.property(WORLD, (world) => {
        const { actor, purpose, task } = world.request;
        if (actor.kind !== 'professional' || purpose !== 'TREAT' || task !== undefined) return;
        const referral = {
          ...{ id: 'referral', source: 'implicit', type: 'permit', status: 'active' },
          ...{ dateTime: '2024-01-01T00:00:00+01:00', performers: [{ rel: 'self' }] },
          ...{ holder: { level: 'any' }, data: { level: 'all' } },
          recipient: { level: 'org', value: actor.organisation.id },
        } as const satisfies ConsentRule;
        const of = (value: string) => {
          const rules = [
            ...world.rules,
            { ...referral, recipient: { level: 'org', value } } as const,
          ];
          const plain = inputsOf({ ...world, rules });
          const policy = asking(plain.policy, 'required');
          return [compileGrant({ ...plain, policy }), compileGrant(plain)].map((grant) =>
            grant.covers(world.facts),
          );
        };
        const [asked, plain] = of(actor.organisation.id);
        expect(asked).toEqual(plain);
        if (asked?.permit) referred += 1;
        if (!isReferred(world)) expect(of('somebody-else')[0]?.permit).toBe(false);
      }),
      RUNS,
    );
    expect(referred).toBeGreaterThan(0);
  });

  it('that asks for one on record takes no declaration, in any of its regions', () => {
    fc.assert(
      fc.property(WORLD, (world) => {
        const plain = inputsOf(world);
        const { actor, purpose, task } = world.request;
        if (actor.kind !== 'professional' || purpose !== 'TREAT' || task !== undefined) return;
        if (isReferred(world)) return;
        const request = { ...world.request, declaredRelation: 'staat aan de balie' };
        const policy = asking(plain.policy, 'required');
        expect(compileGrant({ ...plain, policy, request }).covers(world.facts).permit).toBe(false);
        const silent = { ...plain, policy: asking(plain.policy, 'declared') };
        expect(compileGrant(silent).covers(world.facts).permit).toBe(false);
      }),
      RUNS,
    );
  });

  it('ends by itself at a moment that the decision names', () => {
    const organisation = 'practice';
    fc.assert(
      fc.property(WORLD, fc.integer({ min: 1, max: 200 }), (world, days) => {
        const plain = inputsOf(world);
        if (world.request.actor.kind !== 'professional') return;
        const until = new Date(AT.getTime() - days * 86_400_000).toISOString();
        const mine = world.request.actor.organisation.id;
        const relations = [relationOf(mine, { until, from: until }), relationOf(organisation)];
        const policy = asking(plain.policy, 'required');
        const grant = compileGrant({ ...plain, policy, relations });
        if (grant.validUntil === undefined) return;
        const before = new Date(Date.parse(grant.validUntil) - 1);
        const then = compileGrant({ ...plain, policy, relations, at: before });
        expect(then.covers(world.facts).permit).toBe(grant.covers(world.facts).permit);
      }),
      RUNS,
    );
  });
});
