/** Random choices of a patient: of every kind, or of those that the person's own pages offer. */
import type { Random } from '../../src/demo/region/random.ts';
import type { Member } from './installation.ts';
import type { About, Cast, Item, Rule, Side } from './world.ts';

const RULES_MAX = 9;

export function makeRules(random: Random, cast: Cast, items: readonly Item[], at: Date): Rule[] {
  const holders = cast.holders.filter(({ name }) => items.some(({ holder }) => holder === name));
  const near = { ...cast, holders, partners: [cast.asker] };
  const rules = Array.from({ length: random.int(0, RULES_MAX) }, () => {
    const about = random.chance(0.75) ? near : cast;
    return cast.rules === 'all' ? anyRule(random, about, items, at) : cellRule(random, about, at);
  });
  // A broad permit underneath, or there would be little for the others to take away.
  if (random.chance(0.65)) {
    const broad = broadRule(random, near, at);
    rules.push(broad);
    // Most of what there is carries labels: opened in part, or there would be little to tell apart.
    if (cast.rules === 'all' && random.chance(0.6)) rules.push(...labelRules(random, broad));
  }
  return cast.rules === 'cells' ? lastOfEachCell(rules) : rules;
}

/** On a page the next choice about a cell takes the place of the one before. */
function lastOfEachCell(rules: readonly Rule[]): Rule[] {
  const cells = new Map<string, Rule>();
  for (const rule of rules) {
    const cell = JSON.stringify([rule.holder, rule.recipient, rule.data]);
    cells.delete(cell);
    cells.set(cell, rule);
  }
  return [...cells.values()];
}

const LABELS = ['PSY', 'HIV', 'SUD', 'VIO', 'R', 'V'];

/** The same opening for some of the labels, by their names. */
function labelRules(random: Random, broad: Rule): Rule[] {
  const named = LABELS.filter(() => random.chance(0.7));
  return named.map((value) => ({ ...broad, data: { level: 'label', value } as const }));
}

function side(random: Random, members: readonly Member[], asks: boolean): Side {
  const member = random.pick(members);
  const pick = random.int(0, 9);
  if (pick === 0) return { level: 'any' };
  if (pick < 6) return { level: 'cat', value: asks ? member.asksAs : member.category };
  return { level: 'org', value: member.name };
}

function cellRule(random: Random, { holders, partners }: Cast, at: Date): Rule {
  const ggc = { level: 'ggc', value: random.pick(['GGC002', 'GGC012', 'GGC013']) } as const;
  return {
    type: random.pick(['permit', 'permit', 'deny']),
    holder: side(random, holders, false),
    recipient: side(random, partners, true),
    data: ggc,
    dateTime: at.toISOString(),
    status: 'active',
    source: 'dhtv',
  };
}

function broadRule(random: Random, { holders, asker }: Cast, at: Date): Rule {
  const category = random.pick(holders).category;
  return {
    type: 'permit',
    holder: { level: 'cat', value: category },
    recipient: { level: 'cat', value: asker.asksAs },
    data: { level: 'ggc', value: 'GGC002' },
    dateTime: at.toISOString(),
    status: 'active',
    source: 'dhtv',
  };
}

function anyRule(random: Random, cast: Cast, items: readonly Item[], at: Date): Rule {
  if (random.int(0, 40) === 0) return lock(at);
  const type = random.pick(['permit', 'permit', 'permit', 'deny', 'deny'] as const);
  const recipient =
    random.int(0, 12) === 0
      ? ({ level: 'person', value: random.pick(cast.people ?? ['dokter-1', 'dokter-2']) } as const)
      : side(random, cast.partners, true);
  const source = random.pick(['dhtv', 'dhtv', 'dhtv', 'otv', 'implicit'] as const);
  const context = contextOf(random, items);
  const period = random.pick([
    undefined,
    undefined,
    undefined,
    { start: later(at, -10), end: later(at, 10) },
    { end: later(at, -1) },
    { start: later(at, 1) },
  ]);
  const purpose = random.pick([
    undefined,
    undefined,
    ['TREAT'],
    ['COC', 'TREAT'],
    ['ETREAT'],
  ] as const);
  return {
    type,
    holder: side(random, cast.holders, false),
    recipient,
    data: about(random, items),
    dateTime: later(at, -random.int(1, 400)),
    status: random.pick(['active', 'active', 'active', 'active', 'inactive']),
    source,
    ...(period ? { period } : {}),
    ...(purpose ? { purpose } : {}),
    ...(context ? { context } : {}),
  };
}

const lock = (at: Date): Rule => ({
  type: 'deny',
  holder: { level: 'any' },
  recipient: { level: 'any' },
  data: { level: 'all' },
  dateTime: at.toISOString(),
  status: 'active',
  source: 'dhtv',
  absolute: true,
});

function about(random: Random, items: readonly Item[]): About {
  const item = random.pick(items);
  switch (random.int(0, 11)) {
    case 0:
      return { level: 'type', value: item.type };
    case 1:
      return { level: 'label', value: random.pick(['PSY', 'HIV', 'SUD', 'VIO', 'R', 'V']) };
    case 2:
      return { level: 'code', value: item.code || 'http://snomed.info/sct|38341003' };
    case 3:
      return { level: 'author', value: 'urn:attack:author|dr-x' };
    case 4:
      return { level: 'dataPeriod', start: '2020-01-01', end: '2024-06-30' };
    case 5:
    case 6:
      return { level: 'instance', value: item.key };
    case 7:
      return { level: 'ggc', value: 'GGC012' };
    case 8:
      return { level: 'ggc', value: 'GGC013' };
    case 9:
      return { level: 'all' };
    default:
      return { level: 'ggc', value: 'GGC002' };
  }
}

function contextOf(random: Random, items: readonly Item[]): Rule['context'] {
  switch (random.int(0, 14)) {
    case 0:
      return { kind: 'region', value: random.pick(['noord', 'midden', 'midden-kennemerland']) };
    case 1:
      return { kind: 'referral', value: random.pick(['Task/een', 'Task/twee']) };
    case 2: {
      const encounters = items.filter((one) => one.type === 'Encounter');
      return { kind: 'episode', value: random.pick(encounters).key };
    }
    default:
      return undefined;
  }
}

const later = (at: Date, days: number): string =>
  new Date(at.getTime() + days * 86_400_000).toISOString();
