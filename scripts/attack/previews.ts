/**
 * What a preview says beside a recount through the real door: random records, random changes of
 * choices, and for every partner the items that can be read by their ids before and after the save.
 */
import { createRandom, type Random } from '../../src/demo/region/random.ts';
import { claimsOf, type Ids, type Installation, type Member } from './installation.ts';
import { putWorld } from './put-world.ts';
import { makeRules } from './random-rules.ts';
import { makeWorld, type Rule, type World } from './world.ts';

/** One change of a person's choices: what to add, and how many of those that stand to end. */
export interface WorldChange {
  readonly add: readonly Rule[];
  readonly withdraw: number;
}

/** What the gateway says beforehand that a change does, by organisation; items as `Type/id`. */
export interface Foretold {
  readonly loses: { readonly organisations: number; readonly items: number };
  readonly gains: { readonly organisations: number; readonly items: number };
  readonly changes: readonly {
    readonly organisation: string;
    readonly loses: readonly string[];
    readonly gains: readonly string[];
    readonly keeps: number;
  }[];
}

/** An installation where a change can be looked at before it is saved. */
export interface Foretelling extends Installation {
  foretell(world: World, ids: Ids, change: WorldChange): Promise<Foretold>;
  /** Saves just that. */
  change(world: World, ids: Ids, change: WorldChange): Promise<void>;
}

export interface PreviewTally {
  previews: number;
  /** Previews in which somebody loses or gains something. */
  moving: number;
  /** Items read at the door, before and after. */
  reads: number;
  readonly wrong: string[];
}

/** A record is asked about with so many changes, one after the other. */
const CHANGES_A_WORLD = 5;
const AT_ONCE = 4;

/** @param count of previews. */
export async function tryPreviews(
  to: Foretelling,
  seed: string,
  count: number,
): Promise<PreviewTally> {
  const tally: PreviewTally = { previews: 0, moving: 0, reads: 0, wrong: [] };
  let left = count;
  let next = 0;
  const lane = async () => {
    while (left > 0) {
      const changes = Math.min(left, CHANGES_A_WORLD);
      left -= changes;
      next += 1;
      const name = `${seed}/preview/${next}`;
      await tryRecord(to, createRandom(name), name, changes, tally);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return tally;
}

async function tryRecord(
  to: Foretelling,
  random: Random,
  name: string,
  changes: number,
  tally: PreviewTally,
): Promise<void> {
  const { holders, partners, rules } = to;
  const cast = { holders, partners, rules, asker: random.pick(partners) };
  const world = makeWorld(random, cast, new Date());
  const ids = await putWorld(to, world);
  await to.choose(world, ids);
  let before = await sightOfAll(to, world, ids, tally);
  for (let turn = 0; turn < changes; turn += 1) {
    const asker = random.pick(partners);
    const added = makeRules(random, { ...cast, asker }, world.items, new Date());
    const change = { add: added.slice(0, random.int(0, 3)), withdraw: random.int(0, 2) };
    if (change.add.length + change.withdraw === 0) change.withdraw = 1;
    const told = await to.foretell(world, ids, change);
    await to.change(world, ids, change);
    const after = await sightOfAll(to, world, ids, tally);
    tally.previews += 1;
    if (told.changes.length > 0) tally.moving += 1;
    const wrong = differences(told, before, after, to.partners);
    for (const what of wrong) {
      tally.wrong.push(`${name}, change ${turn + 1} ${JSON.stringify(change)}: ${what}`);
    }
    before = after;
  }
}

type Sight = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * What each partner can read now of every item that there is, by asking for it. The bytes of a
 * letter are no item of their own: whoever can read the letter can read them, and nobody else.
 */
async function sightOfAll(
  to: Installation,
  world: World,
  ids: Ids,
  tally: PreviewTally,
): Promise<Sight> {
  const items = world.items.map(({ key, type, binary }) => ({
    name: `${type}/${ids.get(key)}`,
    bytes: binary ? `Binary/${ids.get(`binary:${key}`)}` : undefined,
  }));
  const seen = await Promise.all(
    to.partners.map(async ({ organisation, client }) => {
      const token = await to.token(client, claimsOf({ purpose: 'TREAT' }));
      const isSeen = async (name: string) => {
        tally.reads += 1;
        return (await to.line.ask({ path: `/fhir/r4/${name}`, token })).status === 200;
      };
      const shown = await Promise.all(
        items.map(async ({ name, bytes }) => {
          const seen = await isSeen(name);
          if (bytes !== undefined && (await isSeen(bytes)) !== seen) {
            tally.wrong.push(`${organisation} can read one of ${name} and ${bytes}`);
          }
          return seen ? [name] : [];
        }),
      );
      return [organisation, new Set(shown.flat())] as const;
    }),
  );
  return new Map(seen);
}

/** Item by item, then the sums that stand on the page. */
export function differences(
  told: Foretold,
  before: Sight,
  after: Sight,
  partners: readonly Pick<Member, 'name' | 'organisation'>[],
): string[] {
  const wrong: string[] = [];
  const lost = new Set<string>();
  const gained = new Set<string>();
  const sums = { loses: 0, gains: 0 };
  for (const { name, organisation } of partners) {
    const [was, is] = [before.get(organisation), after.get(organisation)];
    if (!was || !is) continue;
    const said = told.changes.find((one) => one.organisation === organisation);
    const loses = [...was.difference(is)];
    const gains = [...is.difference(was)];
    for (const item of loses) lost.add(item);
    for (const item of gains) gained.add(item);
    if (loses.length > 0) sums.loses += 1;
    if (gains.length > 0) sums.gains += 1;
    compare(`${name} loses`, said?.loses ?? [], loses);
    compare(`${name} gains`, said?.gains ?? [], gains);
    const keeps = was.intersection(is).size;
    if (said && said.keeps !== keeps) wrong.push(`${name} keeps ${keeps}, told ${said.keeps}`);
  }
  const among = new Set(partners.map(({ organisation }) => organisation));
  const others = told.changes.filter(({ organisation }) => !among.has(organisation));
  for (const { loses, gains } of others) {
    for (const item of loses) lost.add(item);
    for (const item of gains) gained.add(item);
    if (loses.length > 0) sums.loses += 1;
    if (gains.length > 0) sums.gains += 1;
  }
  sum('loses', told.loses, { organisations: sums.loses, items: lost.size });
  sum('gains', told.gains, { organisations: sums.gains, items: gained.size });
  return wrong;

  function compare(what: string, said: readonly string[], found: readonly string[]) {
    const [one, other] = [said.toSorted().join(' '), found.toSorted().join(' ')];
    if (one !== other) wrong.push(`${what} [${other}], told [${one}]`);
  }
  function sum(side: string, said: Foretold['loses'], found: Foretold['loses']) {
    if (said.organisations === found.organisations && said.items === found.items) return;
    wrong.push(`${side}: ${JSON.stringify(found)}, told ${JSON.stringify(said)}`);
  }
}
