/**
 * What the person's own pages need to know of the record without reading it: who somebody is here,
 * the facts that choices depend on, and what a change of choices would do. Nothing of the content
 * leaves.
 */
import type { Organisations } from '../identity/index.ts';
import type { ConsentRule, PatientFacts, Policy } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Store } from '../store/index.ts';
import type { CareRelations } from './care-relations.ts';
import type { ChoiceChange } from './choice.ts';
import type { ChoiceBook } from './choices.ts';
import { partiesAt } from './grant-for.ts';
import { type Preview, previewChange } from './preview.ts';

const BSN_SYSTEM = 'http://fhir.nl/fhir/NamingSystem/bsn';

export interface OwnView {
  /** The vault of a person who proved to have this number, or whom an auditor asks about. */
  byBsn(bsn: string): Promise<string | undefined>;
  facts(vault: string): Promise<PatientFacts>;
  /** Counts what each organisation would lose and gain if these changes were saved now. */
  preview(vault: string, changes: readonly ChoiceChange[]): Promise<Preview>;
}

export interface OwnViewParts {
  readonly database: Database;
  readonly store: Store;
  readonly organisations: Organisations;
  readonly clock: Clock;
  readonly policy: Policy;
  readonly choices: ChoiceBook;
  readonly relations: Pick<CareRelations, 'at'>;
  readonly patientFacts: (vault: string, epoch: number) => Promise<PatientFacts>;
}

export function createOwnView(parts: OwnViewParts): OwnView {
  const { database, store, clock } = parts;
  return {
    byBsn: (bsn) => store.findVault(database, { system: BSN_SYSTEM, value: bsn }),
    async facts(vault) {
      return parts.patientFacts(vault, await store.epoch(database, vault));
    },
    async preview(vault, changes) {
      const { epoch, choices } = await parts.choices.list(vault);
      const before = choices.map(({ rule }) => rule);
      const at = clock();
      const [{ rows }, organisations, patient, relations] = await Promise.all([
        store.candidates(database, { vault, epoch }),
        parts.organisations.all(),
        parts.patientFacts(vault, epoch),
        parts.relations.at(database, vault, epoch),
      ]);
      // Who is not connected can ask nothing, whatever the choices say.
      const askers = organisations.filter(({ connection }) => connection === 'connected');
      return previewChange({
        before,
        after: rulesAfter(before, changes, at),
        facts: rows.map((row) => row.facts),
        parties: partiesAt(askers, at),
        patient,
        policy: parts.policy,
        at,
        relations,
      });
    },
  };
}

/** The rules as they would stand after a save by the person. */
export function rulesAfter(
  before: readonly ConsentRule[],
  changes: readonly ChoiceChange[],
  at: Date,
): ConsentRule[] {
  const after = new Map(before.map((rule) => [rule.id, rule]));
  for (const [index, change] of changes.entries()) {
    const id = change.id ?? `new-${index}`;
    const old = after.get(id);
    if (change.kind === 'withdraw') {
      if (old) after.set(id, { ...old, status: 'inactive' });
      continue;
    }
    after.set(id, {
      ...change.rule,
      id,
      source: change.rule.source ?? 'dhtv',
      status: change.rule.status ?? 'active',
      dateTime: change.rule.dateTime ?? at.toISOString(),
      performers: [{ rel: 'self' }],
    });
  }
  return [...after.values()];
}
