/** Who sees what now: the table of choices as it works out (journey J4, step 1). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleTo } from '../../src/consent/preview.ts';
import { sightsOf } from '../../src/consent/who-sees.ts';
import type { ConsentRule, Party } from '../../src/permission/index.ts';
import { standardPolicy } from '../../src/permission/index.ts';
import { AT, FACTS, PARTIES, RULES } from '../permission/random-world.ts';

/** Two more of a kind, so that some are alike and some are not. */
const TWINS: readonly Party[] = PARTIES.filter(({ category }) => category !== 'LAB').map((one) => ({
  ...one,
  id: `${one.id}-2`,
}));
const parties = new Map([...PARTIES, ...TWINS].map((one) => [one.id, one]));
const policy = standardPolicy();
const patient = { birthDate: '1980-05-02' };
const about = { parties, patient, policy, at: AT, relations: [] };

const fact = (custodian: string, category: 'GGC002' | 'GGC012', labels: string[] = []) => ({
  type: 'Observation',
  id: `${custodian}-${category}-${labels}`,
  ...{ custodian, category, labels, codes: [], authors: [], related: [] },
});

const rule = (more: Partial<ConsentRule>): ConsentRule => ({
  id: 'a',
  source: 'dhtv',
  type: 'permit',
  status: 'active',
  dateTime: '2026-01-01T00:00:00Z',
  performers: [{ rel: 'self' }],
  holder: { level: 'any' },
  recipient: { level: 'cat', value: 'HA' },
  data: { level: 'all' },
  ...more,
});

const seenBy = (rules: readonly ConsentRule[]) => {
  const facts = [fact('hospital', 'GGC012'), fact('hospital', 'GGC002', ['R', 'PSY'])];
  const [hospital, ...others] = sightsOf({ ...about, facts }, rules);
  expect(others).toEqual([]);
  return Object.fromEntries(
    (hospital?.kinds ?? []).map(({ data, seen }) => [data, Object.fromEntries(seen)]),
  );
};

describe('who sees what', () => {
  it('is nobody where nothing was chosen', () => {
    const nothing = { least: 0, most: 0 };
    expect(seenBy([])['GGC012']).toEqual({ HA: nothing, ZKH: nothing, GGZ: nothing });
  });

  it('tells who of a kind sees it, and that what is sensitive stays closed', () => {
    const all = { least: 1, most: 1 };
    expect(seenBy([rule({})])).toMatchObject({ GGC012: { HA: all }, GGC002: { HA: { most: 0 } } });
    const one = rule({ recipient: { level: 'org', value: 'practice-2' } });
    expect(seenBy([one])).toMatchObject({ GGC012: { HA: { least: 0, most: 1 } } });
  });

  it('says of each what the decision says of each alone', () => {
    fc.assert(
      fc.property(fc.array(FACTS, { maxLength: 5 }), RULES, (facts, rules) => {
        for (const { holder, kinds } of sightsOf({ ...about, facts }, rules)) {
          for (const { data, items, seen } of kinds) {
            const of = facts.filter((one) => one.custodian === holder && one.category === data);
            expect(items).toBe(of.length);
            const counts = new Map<string, number[]>();
            for (const party of parties.values()) {
              const category = policy.recipientCategoryOf[party.category] ?? party.category;
              const visible = visibleTo({ ...about, facts }, party, rules);
              if (party.id === holder) continue;
              const count = of.filter((one) => visible.has(one)).length;
              counts.set(category, [...(counts.get(category) ?? []), count]);
            }
            for (const [category, list] of counts) {
              const found = Object.fromEntries(seen)[category];
              expect(found).toEqual({ least: Math.min(...list), most: Math.max(...list) });
            }
          }
        }
      }),
    );
  });
});
