/**
 * The properties that every decision must have, whatever was chosen: consent.md 5.3, each tried on
 * random sets of choices. `npm run properties` tries a hundred thousand.
 */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { compileGrant } from '../../src/permission/index.ts';
import { AT, FACTS, inputsOf, RULE, verdictOf, WORLD } from './random-world.ts';

const RUNS = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 5_000) };
const RUN_MS_MAX = 600_000;

vi.setConfig({ testTimeout: RUN_MS_MAX });

describe('a decision', () => {
  it('does not depend on the order of the choices', () => {
    fc.assert(
      fc.property(WORLD, fc.integer({ min: 1, max: 7 }), (world, turn) => {
        const turned = [...world.rules.slice(turn), ...world.rules.slice(0, turn)].toReversed();
        expect(verdictOf(world, turned)).toEqual(verdictOf(world));
      }),
      RUNS,
    );
  });

  it('never opens by a refusal that is added', () => {
    fc.assert(
      fc.property(WORLD, RULE, (world, rule) => {
        const added = { ...rule, id: 'added', type: 'deny' as const };
        if (!verdictOf(world).permit) {
          expect(verdictOf(world, [...world.rules, added]).permit).toBe(false);
        }
      }),
      RUNS,
    );
  });

  it('never closes by a permit that is added', () => {
    fc.assert(
      fc.property(WORLD, RULE, (world, rule) => {
        const added = { ...rule, id: 'added', type: 'permit' as const };
        if (verdictOf(world).permit) {
          expect(verdictOf(world, [...world.rules, added]).permit).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it('is not changed by a choice about somebody or something else', () => {
    fc.assert(
      fc.property(WORLD, RULE, (world, rule) => {
        const elsewhere = {
          ...rule,
          id: 'elsewhere',
          recipient: { level: 'org' as const, value: 'somebody else' },
        };
        expect(verdictOf(world, [...world.rules, elsewhere])).toEqual(verdictOf(world));
      }),
      RUNS,
    );
  });

  it('about one resource does not depend on what else was asked for', () => {
    fc.assert(
      fc.property(WORLD, fc.array(FACTS, { maxLength: 4 }), (world, others) => {
        const grant = compileGrant(inputsOf(world));
        for (const other of others) grant.covers(other);
        expect(grant.covers(world.facts)).toEqual(verdictOf(world));
      }),
      RUNS,
    );
  });

  it('never opens for one parent what the other refused', () => {
    const young = WORLD.map((world) => ({ ...world, birthDate: '2018-01-10' }));
    fc.assert(
      fc.property(young, RULE, fc.array(RULE, { maxLength: 4 }), (world, refusal, permits) => {
        const by = (parent: string) => [{ rel: 'parent' as const, custody: true, by: parent }];
        const refused = { ...refusal, id: 'x', type: 'deny' as const, performers: by('x') };
        const rules = [
          ...world.rules.filter(({ source }) => source !== 'implicit'),
          { ...refused, source: 'dhtv' as const, status: 'active' as const },
        ].map((rule, index) =>
          rule.type === 'permit' ? { ...rule, id: `p${index}`, performers: by('y') } : rule,
        );
        const more = permits.map((rule, index) => ({
          ...{ ...rule, id: `more${index}`, type: 'permit' as const, performers: by('y') },
          source: 'dhtv' as const,
        }));
        const before = verdictOf(world, rules);
        if (before.reason !== 'refused' || !before.basis.includes('x')) return;
        // That a person is known there follows from what else is open: who refused a part did not
        // refuse that.
        const isPart = refusal.context !== undefined || refusal.data.level !== 'all';
        if (world.facts.category === 'none' && isPart) return;
        expect(verdictOf(world, [...rules, ...more]).route).not.toBe('explicit');
      }),
      RUNS,
    );
  });

  it('is always explained', () => {
    fc.assert(
      fc.property(WORLD, (world) => {
        const { permit, basis, reason, route } = verdictOf(world);
        expect(reason).not.toBe('');
        if (permit) {
          expect(basis).not.toHaveLength(0);
          expect(route).not.toBe('none');
        } else if (reason === 'refused' || reason === 'emergency-refused') {
          expect(basis).not.toHaveLength(0);
        }
      }),
      RUNS,
    );
  });

  it('stands still until the moment that it names itself', () => {
    const wait = fc.integer({ min: 0, max: 400 * 24 * 60 });
    fc.assert(
      fc.property(WORLD, wait, (world, minutes) => {
        const { validUntil } = compileGrant(inputsOf(world));
        const later = new Date(AT.getTime() + minutes * 60_000);
        if (validUntil === undefined || later < new Date(validUntil)) {
          expect(verdictOf(world, world.rules, later)).toEqual(verdictOf(world));
        }
      }),
      RUNS,
    );
  });
});

describe('what SQL may leave out', () => {
  it('is never anything that the decision would release', () => {
    fc.assert(
      fc.property(WORLD, (world) => {
        const grant = compileGrant(inputsOf(world));
        if (!grant.covers(world.facts).permit) return;
        expect(grant.anything).toBe(true);
        const { custodians, types } = grant.narrowing;
        if (custodians) expect(custodians).toContain(world.facts.custodian);
        // A resource without category is released along with others, whatever its type here.
        if (types && world.facts.category !== 'none') expect(types).toContain(world.facts.type);
      }),
      RUNS,
    );
  });
});
