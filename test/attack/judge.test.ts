/**
 * Two evaluations of the same steps, written apart: the decision of the gateway and the judge of
 * the attack suite say the same of every resource of random worlds.
 */
import { describe, expect, it } from 'vitest';
import type { Member } from '../../scripts/attack/installation.ts';
import { type Asker, judge, labelsOf } from '../../scripts/attack/judge.ts';
import { type Item, makeWorld, type Rule, type World } from '../../scripts/attack/world.ts';
import { createRandom, type Random } from '../../src/demo/region/random.ts';
import {
  type ConsentRule,
  compileGrant,
  type DecisionInputs,
  type Party,
  type ResourceFacts,
  refuseRequest,
  standardPolicy,
} from '../../src/permission/index.ts';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 3_000);
const AT = new Date('2026-03-10T10:00:00+01:00');

const member = (name: string, type: string, category: string, more: Partial<Member> = {}) => ({
  name,
  organisation: name,
  ura: '90000001',
  client: name,
  type,
  category,
  asksAs: category,
  regions: ['noord'],
  ...more,
});

const HOLDERS: readonly Member[] = [
  member('ziekenhuis', 'V4', 'ZKH'),
  member('umc', 'V6', 'ZKH', { regions: ['noord', 'midden'] }),
  member('praktijk', 'Z3', 'HA'),
  member('lab', 'L1', 'LAB'),
];
const PARTNERS: readonly Member[] = [
  member('huisarts', 'Z3', 'HA'),
  member('post', 'N6', 'HA'),
  member('seh', 'V5', 'ZKH', { regions: ['noord', 'midden'] }),
  member('ggz', 'G5', 'GGZ'),
  member('labpartner', 'L1', 'LAB', { asksAs: 'ZKH' }),
  member('elders', 'Z3', 'HA', { regions: ['zuid'] }),
];

const partyOf = ({ name, type, category, asksAs, regions }: Member): Party => ({
  id: name,
  ura: '',
  type,
  category: category as Party['category'],
  recipientCategory: asksAs as Party['category'],
  regions,
});
const PARTIES = new Map([...HOLDERS, ...PARTNERS].map((one) => [one.name, partyOf(one)]));

function makeAsker(random: Random): Asker {
  const purpose = random.pick(['TREAT', 'TREAT', 'COC', 'ETREAT'] as const);
  return {
    member: random.pick(PARTNERS),
    purpose,
    person: random.pick(['dokter-1', 'dokter-2']),
    role: random.pick(['01.015', '17.000']),
    department: random.pick(['SEH', 'INT']),
    ...(random.chance(0.3) ? { task: random.pick(['Task/een', 'Task/twee']) } : {}),
    ...(purpose === 'ETREAT'
      ? {
          emergency: {
            level: random.pick(['urgent', 'vital'] as const),
            patientIncapable: random.chance(0.5),
          },
        }
      : {}),
  };
}

function ruleOf(rule: Rule, index: number, { items }: World): ConsentRule {
  const typed = (key: string) => `${items.find((item) => item.key === key)?.type}/${key}`;
  const { data, context } = rule;
  return {
    ...rule,
    id: `r${index}`,
    performers: [{ rel: 'self' }],
    data: data.level === 'instance' ? { ...data, value: typed(data.value) } : data,
    ...(context?.kind === 'episode'
      ? { context: { ...context, value: typed(context.value) } }
      : {}),
  } as ConsentRule;
}

function factsOf(item: Item, items: readonly Item[]): ResourceFacts {
  const { key, type, holder, category, code, author, date, refers } = item;
  const related = refers.filter(({ element }) => element === 'encounter');
  return {
    type,
    id: key,
    custodian: holder,
    category,
    // Intake gives what is derived the labels of its sources.
    labels: labelsOf(item, items),
    codes: code === '' ? [] : [code],
    authors: author === undefined ? [] : [author],
    date,
    related: [
      ...(type === 'Encounter' ? [`Encounter/${key}`] : []),
      ...related.map((one) => `Encounter/${one.key}`),
    ],
  };
}

const patientOf = (custodian: string): ResourceFacts => ({
  type: 'Patient',
  id: 'p',
  custodian,
  category: 'none',
  labels: [],
  codes: [],
  authors: [],
  date: AT.toISOString(),
  related: [],
});

function inputsOf(world: World, asker: Asker): DecisionInputs {
  const { member, person, role, department, purpose, emergency, task } = asker;
  return {
    request: {
      id: 'q',
      correlationId: 'q',
      door: 'regions',
      client: member.client,
      address: '',
      tokenId: 't',
      actor: {
        kind: 'professional',
        organisation: partyOf(member),
        person,
        role,
        ...(department === undefined ? {} : { department }),
      },
      purpose,
      ...(task === undefined ? {} : { task }),
      ...(emergency
        ? { emergency: { ...emergency, reasonCode: 'X', reason: 'niet aanspreekbaar' } }
        : {}),
    },
    at: AT,
    epoch: 1,
    patient: { birthDate: world.birthDate },
    rules: world.rules.map((rule, index) => ruleOf(rule, index, world)),
    holders: PARTIES,
    policy: standardPolicy(),
  };
}

describe('the decision and the judge', () => {
  it('say the same of every resource, and of whether the person is known', {
    timeout: 600_000,
  }, () => {
    const seen = { shown: 0, withheld: 0 };
    for (let run = 0; run < RUNS; run += 1) {
      const random = createRandom(`judge/${run}`);
      const asker = makeAsker(random);
      const cast = { holders: HOLDERS, partners: PARTNERS, asker: asker.member, rules: 'all' };
      const world = makeWorld(random, cast as Parameters<typeof makeWorld>[1], AT);
      const sight = judge(world, HOLDERS, asker, standardPolicy().regions, AT);
      const inputs = inputsOf(world, asker);
      const grant = refuseRequest(inputs) ? undefined : compileGrant(inputs);
      const decided = world.items.filter(
        (item) => grant?.covers(factsOf(item, world.items)).permit,
      );
      expect(new Set(decided.map(({ key }) => key)), `world ${run}`).toEqual(sight.items);
      const holders = [...new Set(world.items.map(({ holder }) => holder))];
      const known = holders.filter((name) => grant?.covers(patientOf(name)).permit);
      expect(new Set(known), `world ${run}`).toEqual(sight.patients);
      seen.shown += decided.length;
      seen.withheld += world.items.length - decided.length;
    }
    expect(seen.shown).toBeGreaterThan(RUNS / 4);
    expect(seen.withheld).toBeGreaterThan(RUNS / 4);
  });
});
