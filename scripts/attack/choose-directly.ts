/** Choices of a world saved as the person's own, past the pages: rules of every kind. */
import type { Rooms } from '../../src/app.ts';
import { type ChoiceChange, type NewRule, personByBsn } from '../../src/consent/index.ts';
import type { Ids, Member } from './installation.ts';
import type { Foretold, WorldChange } from './previews.ts';
import type { About, Rule, Side, World } from './world.ts';

const TEXT = { version: 'aanval-1', language: 'nl' as const, digest: 'a'.repeat(64) };

/** @throws Error when nobody is known by the number of this world. */
export async function chooseAs(
  rooms: Rooms,
  world: World,
  ids: Ids,
  members: readonly Member[],
): Promise<void> {
  const rules = world.rules.flatMap((rule) => ruleOf(rule, world, ids, members) ?? []);
  if (rules.length === 0) return;
  await save(
    rooms,
    world,
    rules.map((rule) => ({ kind: 'put', rule })),
  );
}

export async function withdrawAllAs(rooms: Rooms, world: World): Promise<void> {
  const { choices } = await rooms.consent.choices.list(await vaultOf(rooms, world));
  const active = choices.filter(({ rule }) => rule.status === 'active');
  if (active.length === 0) return;
  await save(
    rooms,
    world,
    active.map(({ rule }) => ({ kind: 'withdraw', id: rule.id })),
  );
}

/** What the person's pages say beforehand that a change does. */
export async function foretellAs(
  rooms: Rooms,
  world: World,
  ids: Ids,
  change: WorldChange,
  members: readonly Member[],
): Promise<Foretold> {
  const vault = await vaultOf(rooms, world);
  return rooms.consent.own.preview(vault, await changesOf(rooms, world, ids, change, members));
}

/** Saves what was foretold. */
export async function changeAs(
  rooms: Rooms,
  world: World,
  ids: Ids,
  change: WorldChange,
  members: readonly Member[],
): Promise<void> {
  const changes = await changesOf(rooms, world, ids, change, members);
  if (changes.length > 0) await save(rooms, world, changes);
}

/** The first of those that stand end; what is about items of elsewhere is left out. */
async function changesOf(
  rooms: Rooms,
  world: World,
  ids: Ids,
  { add, withdraw }: WorldChange,
  members: readonly Member[],
): Promise<ChoiceChange[]> {
  const { choices } = await rooms.consent.choices.list(await vaultOf(rooms, world));
  const ended = choices.filter(({ rule }) => rule.status === 'active').slice(0, withdraw);
  const rules = add.flatMap((rule) => ruleOf(rule, world, ids, members) ?? []);
  return [
    ...ended.map(({ rule }): ChoiceChange => ({ kind: 'withdraw', id: rule.id })),
    ...rules.map((rule): ChoiceChange => ({ kind: 'put', rule })),
  ];
}

async function vaultOf({ store, database }: Rooms, { bsn }: World): Promise<string> {
  const vault = await personByBsn(store, database, bsn);
  if (vault === undefined) throw new Error('Nobody is known by this number.');
  return vault;
}

async function save(rooms: Rooms, world: World, changes: readonly ChoiceChange[]): Promise<void> {
  const vault = await vaultOf(rooms, world);
  const act = {
    performers: [{ rel: 'self' as const }],
    agent: { kind: 'person' as const, id: vault },
    channel: 'portal',
    assurance: 'substantial',
    text: TEXT,
  };
  const patient = { birthDate: world.birthDate };
  await rooms.consent.choices.save(vault, changes, act, { patient });
}

/** @returns undefined for a rule about an item that this part of the world does not have. */
function ruleOf(
  rule: Rule,
  world: World,
  ids: Ids,
  members: readonly Member[],
): NewRule | undefined {
  const data = dataOf(rule.data, world, ids);
  const context = contextOf(rule.context, ids);
  if (!data || context === null) return undefined;
  const { holder, recipient, context: _context, data: _data, ...rest } = rule;
  return {
    ...rest,
    holder: sideOf(holder, members) as NewRule['holder'],
    recipient:
      recipient.level === 'person'
        ? recipient
        : (sideOf(recipient, members) as NewRule['recipient']),
    data,
    ...(context ? { context } : {}),
  } as NewRule;
}

function sideOf(side: Side, members: readonly Member[]): Side {
  if (side.level !== 'org') return side;
  const found = members.find(({ name }) => name === side.value);
  return { level: 'org', value: found?.organisation ?? side.value };
}

function dataOf(data: About, world: World, ids: Ids): NewRule['data'] | undefined {
  if (data.level !== 'instance') return data as NewRule['data'];
  const item = world.items.find(({ key }) => key === data.value);
  const id = ids.get(data.value);
  return item && id ? { level: 'instance', value: `${item.type}/${id}` } : undefined;
}

function contextOf(context: Rule['context'], ids: Ids): NewRule['context'] | null {
  if (context?.kind !== 'episode') return context;
  const id = ids.get(context.value);
  return id === undefined ? null : { kind: 'episode', value: `Encounter/${id}` };
}
