/**
 * Two records that are one person's become one, and are taken apart again when that was wrong. What
 * either of them refused stays refused: refusals of the record that goes are made in the one that
 * stays, before anything moves; its permits are not taken along, for they were not given for all.
 */
import type { Ledger, LedgerEvent } from '../audit/index.ts';
import { type ConsentRule, digestOf } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Merged, Store, Unmerged } from '../store/index.ts';
import type { CareRelations } from './care-relations.ts';
import type { Choice } from './choice.ts';
import type { ChoiceNotices } from './choice-notice/choice-notices.ts';
import type { ChoiceBook } from './choices.ts';
import { indexTokensOf } from './index-tokens-of.ts';
import type { SettingsBook } from './person-settings.ts';
import type { Representatives } from './representatives.ts';

export interface MergeRooms {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly choices: ChoiceBook;
  readonly relations: Pick<CareRelations, 'refreshAll'>;
  readonly representatives?: Pick<Representatives, 'takeAlong'>;
  /** The code of quiet mode goes along with it, or nobody could lift it. */
  readonly own?: Pick<SettingsBook, 'settings' | 'keepSettings'>;
  /** Sources hear that other choices hold for what they have of the person. */
  readonly notices?: Pick<ChoiceNotices, 'note' | 'soon'> | undefined;
  readonly clock?: Clock | undefined;
}

/** Who saw the mixed record: to be told, and the person as well. */
export interface MixedReader {
  readonly at: string;
  readonly agent: string;
  readonly organisation?: string;
  readonly event: string;
  readonly released: number;
}

const TEXT = { version: 'merge', language: 'nl', digest: '0'.repeat(64) } as const;

/** What was taken apart, and who read the mixed record in between, newest first. */
export interface Taken extends Unmerged {
  readonly readers: readonly MixedReader[];
}

const TRIES_MAX = 5;
const CHANGED = 'choices-changed';

/** Moves all of `merged` into `vault`. @throws Problem `not-found`, `conflict`. */
export async function mergePeople(
  rooms: MergeRooms,
  vault: string,
  merged: string,
  operator: LedgerEvent['agent'],
): Promise<Merged> {
  await rooms.representatives?.takeAlong(vault, merged, operator);
  const { quietCode } = (await rooms.own?.settings(merged)) ?? {};
  if (quietCode && !(await rooms.own?.settings(vault))?.quietCode) {
    await rooms.own?.keepSettings(vault, { quietCode }, operator, 'merge');
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await mergeOnce(rooms, vault, merged, operator);
    } catch (error) {
      if (Problem.from(error).code !== CHANGED || attempt >= TRIES_MAX) throw error;
    }
  }
}

async function mergeOnce(
  rooms: MergeRooms,
  vault: string,
  merged: string,
  operator: LedgerEvent['agent'],
): Promise<Merged> {
  const seen = await rooms.store.epoch(rooms.database, merged);
  await takeRefusals(rooms, vault, merged, operator);
  const { database, store, ledger } = rooms;
  const rules = await rulesOfBoth(rooms, [vault, merged]);
  const { made, pending } = await database.transaction(async (tx) => {
    const made = await store.merge(tx, { vault, merged, indexTokens: indexTokensOf });
    // The merge itself raises it by one. Somebody refused something since: it is taken along too.
    if ((await store.epoch(tx, merged)) !== seen + 1) {
      throw new Problem('conflict', 'The choices were changed in the meantime.', { code: CHANGED });
    }
    for (const one of [vault, merged]) await rooms.relations.refreshAll(tx, one);
    const detail = { merge: made.id };
    const counts = { resources: made.resources, originals: made.originals };
    const pending = [];
    for (const patient of [vault, merged]) {
      pending.push(await ledger.write(tx, event('merge', operator, patient, { detail, counts })));
    }
    // Permits of the record that goes end for its sources; those of the one that stays begin.
    for (const line of await told(rooms, tx, vault, rules)) {
      pending.push(await ledger.write(tx, line));
    }
    return { made, pending };
  });
  rooms.notices?.soon();
  await ledger.numbered(pending);
  return made;
}

/** All that is chosen now in each of these records. */
async function rulesOfBoth(
  { choices, store, database }: Pick<MergeRooms, 'store' | 'database'> & Partial<MergeRooms>,
  vaults: readonly string[],
): Promise<ConsentRule[]> {
  if (!choices) return [];
  const rules: ConsentRule[] = [];
  for (const vault of vaults) {
    rules.push(...(await choices.rulesAt(database, vault, await store.epoch(database, vault))));
  }
  return rules.filter(({ status }) => status === 'active');
}

async function told(
  { notices, store, clock = () => new Date() }: Pick<MergeRooms, 'notices' | 'store' | 'clock'>,
  tx: Tx,
  vault: string,
  rules: readonly ConsentRule[],
): Promise<LedgerEvent[]> {
  if (!notices || rules.length === 0) return [];
  const at = clock();
  return notices.note(tx, vault, { rules, at, epoch: await store.epoch(tx, vault) });
}

/**
 * Takes them apart again. Nobody can say who of the two refused something on the pages of the mixed
 * record: it stays refused in both. @param reason stands in the line of both.
 */
export async function unmergePeople(
  rooms: Omit<MergeRooms, 'choices'> & Partial<Pick<MergeRooms, 'choices'>>,
  vault: string,
  merged: string,
  operator: LedgerEvent['agent'],
  reason?: string,
): Promise<Taken> {
  const { database, store, ledger, choices } = rooms;
  const mix = (await store.merges(database, vault)).find((one) => one.merged === merged);
  // Before the record is there again: it opens with them, or not at all.
  if (choices && mix) await takeRefusals({ ...rooms, choices }, merged, vault, operator, mix.at);
  const rules = await rulesOfBoth(rooms, [vault, merged]);
  const { made, pending } = await database.transaction(async (tx) => {
    const made = await store.unmerge(tx, { vault, merged, indexTokens: indexTokensOf });
    for (const one of [vault, merged]) await rooms.relations.refreshAll(tx, one);
    const counts = { resources: made.resources, originals: made.originals };
    const more = { counts, ...(reason === undefined ? {} : { detail: { reason } }) };
    const pending = [];
    for (const patient of [vault, merged]) {
      pending.push(await ledger.write(tx, event('unmerge', operator, patient, more)));
      for (const line of await told(rooms, tx, patient, rules)) {
        pending.push(await ledger.write(tx, line));
      }
    }
    return { made, pending };
  });
  rooms.notices?.soon();
  await ledger.numbered(pending);
  return { ...made, readers: await readersSince(ledger, vault, made.mergedAt) };
}

async function readersSince(ledger: Ledger, vault: string, since: Date): Promise<MixedReader[]> {
  const readers: MixedReader[] = [];
  let before: number | undefined;
  for (;;) {
    const page = await ledger.ofPatient(vault, before === undefined ? {} : { before });
    for (const { record } of page.entries) {
      if (Date.parse(record.at) < since.getTime()) return readers;
      if ((record.released ?? 0) === 0) continue;
      const { agent, at, event: what, released = 0 } = record;
      const organisation =
        agent.organisation === undefined ? {} : { organisation: agent.organisation };
      readers.push({ at, agent: agent.id, ...organisation, event: what, released });
    }
    if (page.next === undefined) return readers;
    before = page.next;
  }
}

/** A save holds no more. */
const SAVED_MAX = 200;

/**
 * Refusals that stand in one record stand in the other too.
 * @param since those written down later only: what a provider or the register tells was often
 *   chosen before it came.
 */
async function takeRefusals(
  { choices }: Pick<MergeRooms, 'choices'>,
  into: string,
  from: string,
  operator: LedgerEvent['agent'],
  since?: Date,
): Promise<void> {
  const first = since?.getTime() ?? Number.NEGATIVE_INFINITY;
  const taken = new Map(
    (await standing(choices, into)).map(({ rule }) => [sayingOf(rule), Date.parse(rule.dateTime)]),
  );
  const refusals = (await standing(choices, from)).flatMap(({ rule, recorded }) => {
    if (recorded.getTime() < first) return [];
    // One that was taken along before needs no second.
    if ((taken.get(sayingOf(rule)) ?? Number.NEGATIVE_INFINITY) >= recorded.getTime()) return [];
    const { id: _id, version: _version, dateTime: _at, performers: _by, ...kept } = rule;
    return [{ kind: 'put' as const, rule: kept }];
  });
  const performers = [{ rel: 'self' as const }];
  const act = { performers, agent: operator, channel: 'merge', text: TEXT };
  const about = { patient: {}, closed: since !== undefined };
  for (let at = 0; at < refusals.length; at += SAVED_MAX) {
    await choices.save(into, refusals.slice(at, at + SAVED_MAX), act, about);
  }
}

/** Refusals in the version that counts, those of quiet mode too. */
async function standing(choices: ChoiceBook, vault: string): Promise<Choice[]> {
  const newest = new Map<string, Choice>();
  for (const choice of await choices.history(vault)) newest.set(choice.rule.id, choice);
  return [...newest.values()].filter(
    ({ rule }) => rule.type === 'deny' && rule.status === 'active',
  );
}

function sayingOf(rule: ConsentRule): string {
  const { id: _id, version: _version, dateTime: _at, performers: _by, ...says } = rule;
  return digestOf([says]);
}

function event(
  name: 'merge' | 'unmerge',
  agent: LedgerEvent['agent'],
  patient: string,
  more: Partial<LedgerEvent>,
): LedgerEvent {
  return { class: 'evidence', event: name, action: 'U', outcome: 0, agent, patient, ...more };
}
