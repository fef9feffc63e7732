/**
 * Who could see a few items now: for a sender's dry run (capabilities B2). Kinds of organisations,
 * never one by name, and nothing of why.
 */
import type { ConsentCategory, PatientFacts, Policy, ResourceFacts } from '../permission/index.ts';
import type { CareRelations } from './care-relations.ts';
import type { ChoiceBook } from './choices.ts';
import type { ConsentParts } from './create-consent.ts';
import { partiesAt } from './grant-for.ts';
import { visibleTo } from './preview.ts';

export interface ReaderCount {
  readonly reader: 'patient' | ConsentCategory;
  readonly items: number;
  readonly of: number;
}

/** Marks that keep an item from its own subject too. */
const NEVER_SHOWN = ['working-note', 'third-party'];

/** @returns for each kind of reader how many items the one that sees most of them could see. */
export function createCouldSee(
  parts: Pick<ConsentParts, 'database' | 'organisations' | 'clock'> & {
    readonly policy: Policy;
    readonly choices: ChoiceBook;
    readonly relations: Pick<CareRelations, 'at'>;
    readonly patientFacts: (vault: string, epoch: number) => Promise<PatientFacts>;
  },
) {
  return async (
    vault: string | undefined,
    birthDate: string | undefined,
    facts: readonly ResourceFacts[],
  ): Promise<ReaderCount[]> => {
    const at = parts.clock();
    const list = vault === undefined ? undefined : await parts.choices.list(vault);
    const known = vault && list ? await parts.patientFacts(vault, list.epoch) : {};
    const patient = { ...(birthDate === undefined ? {} : { birthDate }), ...known };
    const askers = (await parts.organisations.all()).filter(
      (one) => one.connection === 'connected',
    );
    const parties = partiesAt(askers, at);
    const rules = list?.choices.map(({ rule }) => rule) ?? [];
    const { database } = parts;
    const relations = list && vault ? await parts.relations.at(database, vault, list.epoch) : [];
    const inputs = { facts, parties, patient, policy: parts.policy, at, relations };
    const most = new Map<ConsentCategory, number>();
    for (const party of parties.values()) {
      const items = visibleTo(inputs, party, rules).size;
      most.set(party.category, Math.max(most.get(party.category) ?? 0, items));
    }
    const shown = facts.filter(
      ({ labels, embargoUntil }) =>
        !labels.some((label) => NEVER_SHOWN.includes(label)) &&
        (embargoUntil === undefined || Date.parse(embargoUntil) <= at.getTime()),
    );
    const of = facts.length;
    return [
      { reader: 'patient' as const, items: shown.length, of },
      ...[...most]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([reader, items]) => ({ reader, items, of })),
    ];
  };
}
