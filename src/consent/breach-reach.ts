/**
 * Whom an organisation could have seen in a period (capabilities E11): the choices as they stood
 * at its begin and after each change in it, decided again for ordinary treatment. For a breach,
 * beside what was seen.
 */
import type { Organisations } from '../identity/index.ts';
import type { PatientFacts, Policy, ResourceFacts } from '../permission/index.ts';
import type { Database } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { type Store, throughPages } from '../store/index.ts';
import type { CareRelations } from './care-relations.ts';
import type { ChoiceBook } from './choices.ts';
import { partiesAt } from './grant-for.ts';
import { visibleTo } from './preview.ts';

const PAGE = 500;

export interface Reach {
  readonly vault: string;
  /** Resources that could be seen at some moment, by type. */
  readonly kinds: Readonly<Record<string, number>>;
}

export interface ReachParts {
  readonly database: Database;
  readonly store: Pick<Store, 'vaultIds' | 'epoch' | 'candidates'>;
  readonly organisations: Pick<Organisations, 'all'>;
  readonly choices: Pick<ChoiceBook, 'history' | 'rulesAt'>;
  readonly relations: Pick<CareRelations, 'at'>;
  readonly patientFacts: (vault: string, epoch: number) => Promise<PatientFacts>;
  readonly policy: Policy;
}

export interface ReachAsked {
  /** Id of the organisation whose access leaked. */
  readonly organisation: string;
  readonly from: Date;
  readonly until: Date;
}

/** Every person of whom something could have been seen; the record is looked at as it is now. */
export async function* couldBeSeen(parts: ReachParts, asked: ReachAsked): AsyncGenerator<Reach> {
  const { database, store } = parts;
  let after: string | undefined;
  for (;;) {
    const vaults = await store.vaultIds(database, after, PAGE);
    for (const vault of vaults) {
      const kinds = await kindsSeen(parts, vault, asked);
      if (Object.keys(kinds).length > 0) yield { vault, kinds };
    }
    after = vaults.at(-1);
    if (vaults.length < PAGE) return;
  }
}

async function kindsSeen(
  parts: ReachParts,
  vault: string,
  { organisation, from, until }: ReachAsked,
): Promise<Record<string, number>> {
  const { database, store, policy } = parts;
  try {
    const epoch = await store.epoch(database, vault);
    const facts: ResourceFacts[] = [];
    await throughPages(store, database, { vault, epoch }, (rows) => {
      for (const row of rows) if (row.facts.category !== 'none') facts.push(row.facts);
    });
    const relations = await parts.relations.at(database, vault, epoch);
    const patient = await parts.patientFacts(vault, epoch);
    const seen = new Set<ResourceFacts>();
    for (const state of await statesOf(parts, vault, { from, until })) {
      const parties = partiesAt(await parts.organisations.all(), state.at);
      const party = parties.get(organisation);
      if (!party) continue;
      const rules = await parts.choices.rulesAt(database, vault, state.epoch);
      const inputs = { facts, parties, patient, policy, at: state.at, relations };
      for (const one of visibleTo(inputs, party, rules)) seen.add(one);
    }
    const kinds: Record<string, number> = {};
    for (const { type } of seen) kinds[type] = (kinds[type] ?? 0) + 1;
    return kinds;
  } catch (error) {
    // Erased meanwhile: nothing of it could be seen any more, and nobody is left to tell.
    if (Problem.from(error).kind === 'not-found') return {};
    throw error;
  }
}

/** The choices at the begin, after each change, and at the end: a term may begin or end between. */
async function statesOf(
  { choices }: ReachParts,
  vault: string,
  { from, until }: { from: Date; until: Date },
): Promise<{ epoch: number; at: Date }[]> {
  const saves = (await choices.history(vault)).map(({ epoch, recorded }) => ({
    epoch,
    at: new Date(recorded),
  }));
  const epochAt = (moment: Date) =>
    Math.max(0, ...saves.filter(({ at }) => at <= moment).map(({ epoch }) => epoch));
  const moments = [from, ...saves.map(({ at }) => at), new Date(until.getTime() - 1)];
  const within = moments.filter((at) => at >= from && at < until);
  return [...new Map(within.map((at) => [at.getTime(), at])).values()].map((at) => ({
    at,
    epoch: epochAt(at),
  }));
}
