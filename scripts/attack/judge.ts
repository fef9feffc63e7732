/**
 * What may be seen, worked out a second time and in another way: plainly, rule by rule, straight
 * from the text of the steps, without a line of the gateway's own decision. Slow, and only for
 * worlds of this suite. Just over 300 lines, because the steps are read together.
 */
import type { Member } from './installation.ts';
import type { Item, Rule, World } from './world.ts';

/** Who asks, as the signed claims say it. */
export interface Asker {
  readonly member: Member;
  readonly purpose: 'TREAT' | 'COC' | 'ETREAT';
  readonly person: string;
  readonly role: string;
  readonly department?: string;
  readonly region?: string;
  readonly task?: string;
  readonly emergency?: { readonly level: 'urgent' | 'vital'; readonly patientIncapable: boolean };
}

/** The agreements in force at the installation. */
export type Regions = Readonly<
  Record<string, { readonly purposes: readonly string[]; readonly emergencyAgreement: boolean }>
>;

export interface Sight {
  /** Keys of the items that may be seen. */
  readonly items: ReadonlySet<string>;
  /** Holders at whom it may be seen that the person is known. */
  readonly patients: ReadonlySet<string>;
}

interface Thing extends Omit<Item, 'key' | 'refers' | 'holder'> {
  readonly key?: string;
  readonly episodes: readonly string[];
}

type Scored = { readonly rule: Rule; readonly score: readonly number[] };

const TOPICS_OF_DAILY_WORK: Readonly<Record<string, readonly string[]>> = {
  PSY: ['GGZ'],
  SUD: ['GGZ'],
};
const EMERGENCY_TYPES = [
  'AllergyIntolerance',
  'Composition',
  'Condition',
  'Consent',
  'DeviceUseStatement',
  'Flag',
  'MedicationDispense',
  'MedicationRequest',
  'MedicationStatement',
];
const CATEGORIES = ['GGC002', 'GGC012', 'GGC013'] as const;

/** @param at the moment of asking. */
export function judge(
  world: World,
  holders: readonly Member[],
  asker: Asker,
  regions: Regions,
  at: Date,
): Sight {
  const items = new Set<string>();
  const patients = new Set<string>();
  for (const holder of holders) {
    const shared = sharedRegions(holder, asker, regions);
    if (shared.length === 0) continue;
    const see = (thing: Thing) => maySee(world.rules, holder, asker, regions, shared, at, thing);
    for (const item of world.items) {
      if (item.holder === holder.name && see(thingOf(item, world.items))) items.add(item.key);
    }
    if (world.items.some((item) => item.holder === holder.name) && known(world, see)) {
      patients.add(holder.name);
    }
  }
  return { items, patients };
}

/** What is derived carries the labels of its sources, and of theirs. */
const SOURCES = new Set(['hasMember', 'derivedFrom', 'result']);

export function labelsOf(item: Item, items: readonly Item[]): string[] {
  const from = item.refers.filter(({ element }) => SOURCES.has(element)).map(({ key }) => key);
  const sources = items.filter(({ key }) => from.includes(key));
  return [...new Set([...item.labels, ...sources.flatMap((one) => labelsOf(one, items))])];
}

const thingOf = ({ refers, ...item }: Item, items: readonly Item[]): Thing => ({
  ...item,
  labels: labelsOf({ refers, ...item }, items),
  // An encounter belongs to itself; what says that it was made in one belongs to that.
  episodes: [
    ...(item.type === 'Encounter' ? [item.key] : []),
    ...refers.filter(({ element }) => element === 'encounter').map(({ key }) => key),
  ],
});

function sharedRegions(holder: Member, asker: Asker, regions: Regions): string[] {
  return holder.regions.filter(
    (region) =>
      asker.member.regions.includes(region) &&
      (asker.region === undefined || asker.region === region) &&
      regions[region]?.purposes.includes(asker.purpose),
  );
}

/** That the person is known shows where at least one plain resource could be seen. */
function known(world: World, see: (thing: Thing) => boolean): boolean {
  const plain = { labels: [], code: '', date: '', type: 'Basic', episodes: [] };
  const tries: Thing[] = EMERGENCY_TYPES.map((type) => ({
    ...plain,
    type,
    category: type.startsWith('Medication') ? 'GGC013' : 'GGC002',
  }));
  for (const { data, context } of world.rules) {
    for (const category of CATEGORIES) {
      tries.push({
        ...plain,
        category,
        ...(data.level === 'type' ? { type: data.value } : {}),
        ...(data.level === 'label' ? { labels: [data.value] } : {}),
        ...(data.level === 'code' ? { code: data.value } : {}),
        ...(data.level === 'author' ? { author: data.value } : {}),
        ...(data.level === 'dataPeriod' ? { date: data.start ?? data.end ?? '' } : {}),
        ...(data.level === 'instance' ? instanceOf(world, data.value) : {}),
        ...(context?.kind === 'episode' ? { episodes: [context.value] } : {}),
      });
    }
  }
  return tries.some(see);
}

/** Whatever the named resource is like: a permit for it alone tells that the person is known. */
function instanceOf(world: World, key: string): Partial<Thing> {
  const item = world.items.find((one) => one.key === key);
  return item ? { key, type: item.type } : { key };
}

function maySee(
  rules: readonly Rule[],
  holder: Member,
  asker: Asker,
  regions: Regions,
  shared: readonly string[],
  at: Date,
  thing: Thing,
): boolean {
  const weigh = (purpose: Asker['purpose']) =>
    weighed(rules, holder, { ...asker, purpose }, shared, at, thing);
  const all = weigh(asker.purpose);
  const outcome = decide(all, asker, thing);
  if (outcome === 'permit') return true;
  if (!asker.emergency || asker.purpose !== 'ETREAT' || !mayAskInEmergency(asker)) return false;
  if (!shared.every((region) => regions[region]?.emergencyAgreement)) return false;
  if (
    all.some(
      ({ rule }) => rule.type === 'deny' && (rule.absolute || rule.purpose?.includes('ETREAT')),
    )
  )
    return false;
  if (!EMERGENCY_TYPES.includes(thing.type)) return false;
  if (asker.emergency.level === 'vital' && asker.emergency.patientIncapable) {
    return !thing.labels.some((label) => ['V', 'VIO', 'SDV'].includes(label));
  }
  if (thing.labels.some((label) => label !== 'N') || outcome !== 'none') return false;
  return decide(weigh('TREAT'), asker, thing) !== 'deny';
}

function mayAskInEmergency({ role, member, department }: Asker): boolean {
  if (!['01.000', '01.015', '30.000'].includes(role)) return false;
  if (['N6', 'AMB'].includes(member.type)) return true;
  return ['V4', 'V5', 'V6'].includes(member.type) && department === 'SEH';
}

/** Steps 2 to 4: what applies, the newest of each scope, without overtaken grants. */
function weighed(
  rules: readonly Rule[],
  holder: Member,
  asker: Asker,
  shared: readonly string[],
  at: Date,
  thing: Thing,
): Scored[] {
  const standing = rules.filter((rule) => stands(rule, holder, asker, shared, at));
  const newest = standing.filter((rule) => !standing.some((other) => replaces(other, rule)));
  const about = newest.filter((rule) => isAbout(rule, thing));
  const left = about.filter(
    (rule) =>
      !isGrant(rule) ||
      !about.some(
        (other) =>
          other.type === 'deny' &&
          other.source !== 'implicit' &&
          (other.recipient.level === 'org' || other.recipient.level === 'person') &&
          Date.parse(other.dateTime) > Date.parse(rule.dateTime),
      ),
  );
  return left.map((rule) => ({ rule, score: scoreOf(rule) }));
}

const isGrant = (rule: Rule): boolean => rule.source === 'implicit' && rule.type === 'permit';

function stands(rule: Rule, holder: Member, asker: Asker, shared: readonly string[], at: Date) {
  const { period, purpose, context } = rule;
  if (rule.status !== 'active') return false;
  if (period?.start !== undefined && at < new Date(period.start)) return false;
  if (period?.end !== undefined && at >= new Date(period.end)) return false;
  const purposes = purpose ?? (rule.type === 'deny' ? [asker.purpose] : ['TREAT', 'COC', 'ETREAT']);
  if (!purposes.includes(asker.purpose)) return false;
  if (rule.holder.level === 'cat' && rule.holder.value !== holder.category) return false;
  if (rule.holder.level === 'org' && rule.holder.value !== holder.name) return false;
  const to = rule.recipient;
  if (to.level === 'cat' && to.value !== asker.member.asksAs) return false;
  if (to.level === 'org' && to.value !== asker.member.name) return false;
  if (to.level === 'person' && to.value !== asker.person) return false;
  if (context?.kind === 'referral' && context.value !== asker.task) return false;
  if (context?.kind === 'region') {
    if (!shared.includes(context.value)) return false;
    if (rule.type === 'permit' && shared.length > 1) return false;
  }
  return true;
}

/** Step 3: of one source and one scope the newest stays; at one instant the refusal. */
function replaces(other: Rule, rule: Rule): boolean {
  if (other === rule || scopeOf(other) !== scopeOf(rule)) return false;
  const [newer, older] = [Date.parse(other.dateTime), Date.parse(rule.dateTime)];
  if (newer !== older) return newer > older;
  return other.type === 'deny' && rule.type === 'permit';
}

function scopeOf({ source, holder, recipient, data, purpose, context, absolute }: Rule): string {
  return JSON.stringify([
    source,
    holder,
    recipient,
    data,
    purpose ?? 0,
    context ?? 0,
    absolute ?? 0,
  ]);
}

function isAbout({ data, context, type }: Rule, thing: Thing): boolean {
  if (context?.kind === 'episode' && !thing.episodes.includes(context.value)) return false;
  switch (data.level) {
    case 'all':
      return true;
    case 'ggc':
      return data.value === 'GGC002' || data.value === thing.category;
    case 'type':
      return data.value === thing.type;
    case 'label':
      return thing.labels.includes(data.value);
    case 'code':
      return data.value === thing.code;
    case 'author':
      return data.value === thing.author;
    case 'instance':
      return data.value === thing.key;
    case 'dataPeriod':
      return thing.date !== '' && overlaps(data, thing.date, type);
  }
}

/** Dates of these worlds are known to the day. */
function overlaps(
  period: { readonly start?: string; readonly end?: string },
  date: string,
  _type: Rule['type'],
): boolean {
  return (period.start ?? '') <= date && date <= (period.end ?? '9999');
}

function scoreOf(rule: Rule): number[] {
  if (rule.absolute) return [2, 3, 3, 1];
  const party = { any: 0, cat: 1, org: 2, person: 3 };
  const data =
    rule.data.level === 'all'
      ? 0
      : rule.data.level === 'ggc'
        ? rule.data.value === 'GGC002' || rule.source === 'otv'
          ? 0
          : 1
        : rule.data.level === 'instance'
          ? 3
          : 2;
  return [party[rule.holder.level], party[rule.recipient.level], data, rule.context ? 1 : 0];
}

const beats = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((value, at) => value >= (b[at] ?? 0)) && a.some((value, at) => value > (b[at] ?? 0));

/** Steps 5 and 6. `none` is no choice on record; a permit that a label keeps closed is `gated`. */
function decide(all: readonly Scored[], asker: Asker, thing: Thing) {
  const deciding = all.filter((one) => !all.some((other) => beats(other.score, one.score)));
  if (deciding.some(({ rule }) => rule.type === 'deny')) return 'deny';
  if (deciding.length === 0) return 'none';
  const topics = thing.labels.filter((label) => !['N', 'R', 'V'].includes(label));
  const closed = topics.filter(
    (topic) => !TOPICS_OF_DAILY_WORK[topic]?.includes(asker.member.category),
  );
  if (thing.labels.includes('V')) closed.push('V');
  if (thing.labels.includes('R') && topics.length === 0) closed.push('R');
  const denials = all.filter(({ rule }) => rule.type === 'deny');
  const openers = all.filter(
    ({ rule, score }) =>
      rule.type === 'permit' && !denials.some((denial) => beats(denial.score, score)),
  );
  const open = closed.every((label) =>
    openers.some(
      ({ rule: { data } }) =>
        data.level === 'instance' || (data.level === 'label' && data.value === label),
    ),
  );
  return open ? 'permit' : 'gated';
}
