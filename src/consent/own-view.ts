/**
 * What the person's own pages need to know of the record without reading it: who somebody is here,
 * the facts that choices depend on, and what a change of choices would do. Nothing of the content
 * leaves.
 */
import type { Organisations } from '../identity/index.ts';
import {
  type ConsentRule,
  isSamePerformer,
  type PatientFacts,
  type Performer,
  type Policy,
  type ResourceFacts,
} from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { type Store, throughPages } from '../store/index.ts';
import type { CareRelations } from './care-relations.ts';
import type { ChoiceChange } from './choice.ts';
import type { ChoiceBook } from './choices.ts';
import { partiesAt } from './grant-for.ts';
import { bsnIn } from './mitz/bsn-in.ts';
import { type Preview, previewChange } from './preview.ts';

const BSN_SYSTEM = 'http://fhir.nl/fhir/NamingSystem/bsn';

export interface OwnView {
  /** The vault of a person who proved to have this number, or whom an auditor asks about. */
  byBsn(bsn: string): Promise<string | undefined>;
  facts(vault: string): Promise<PatientFacts>;
  /** The number, to ask another network about the person: never for a page, line or address. */
  bsnOf(vault: string): Promise<string | undefined>;
  /** Counts what each organisation would lose and gain if these changes were saved now. */
  preview(
    vault: string,
    changes: readonly ChoiceChange[],
    performers?: readonly Performer[],
  ): Promise<Preview>;
}

export interface OwnViewParts {
  readonly database: Database;
  readonly store: Store;
  readonly organisations: Organisations;
  readonly clock: Clock;
  readonly policy: Policy;
  readonly choices: ChoiceBook;
  readonly relations: Pick<CareRelations, 'at'>;
  readonly asksRegister: boolean;
  readonly patientFacts: (vault: string, epoch: number) => Promise<PatientFacts>;
}

export function createOwnView(parts: OwnViewParts): OwnView {
  const { database, store, clock } = parts;
  return {
    byBsn: (bsn) => store.findVault(database, { system: BSN_SYSTEM, value: bsn }),
    async facts(vault) {
      return parts.patientFacts(vault, await store.epoch(database, vault));
    },
    async bsnOf(vault) {
      const epoch = await store.epoch(database, vault);
      let bsn: string | undefined;
      await throughPages(store, database, { vault, epoch, types: ['Patient'] }, (rows) => {
        for (const row of rows) {
          bsn ??= bsnIn(JSON.parse((row.r4 ?? row.bytes).toString('utf8')));
        }
      });
      return bsn;
    },
    async preview(vault, changes, performers = [{ rel: 'self' }]) {
      const { epoch, choices } = await parts.choices.list(vault);
      const before = choices.map(({ rule }) => rule);
      const at = clock();
      const [facts, organisations, patient, relations] = await Promise.all([
        factsOfAll(store, database, vault, epoch),
        parts.organisations.all(),
        parts.patientFacts(vault, epoch),
        parts.relations.at(database, vault, epoch),
      ]);
      // Who is not connected can ask nothing, whatever the choices say.
      const askers = organisations.filter(({ connection }) => connection === 'connected');
      return previewChange({
        before,
        after: rulesAfter(before, changes, at, performers),
        facts,
        parties: partiesAt(askers, at),
        patient,
        policy: parts.policy,
        at,
        relations,
        asksRegister: parts.asksRegister,
      });
    },
  };
}

/**
 * However large the record is. @throws Problem `conflict` when a choice was saved meanwhile: the
 * page is to be asked for again.
 */
async function factsOfAll(
  store: Store,
  database: Database,
  vault: string,
  epoch: number,
): Promise<ResourceFacts[]> {
  const facts: ResourceFacts[] = [];
  const moved = await throughPages(store, database, { vault, epoch }, (rows) => {
    facts.push(...rows.map((row) => row.facts));
  });
  if (moved) {
    throw new Problem('conflict', 'The choices were changed in the meantime.', {
      code: 'choices-changed',
    });
  }
  return facts;
}

/** The rules as they would stand after a save, by default by the person. */
function rulesAfter(
  before: readonly ConsentRule[],
  changes: readonly ChoiceChange[],
  at: Date,
  performers: readonly Performer[] = [{ rel: 'self' }],
): ConsentRule[] {
  const after = new Map(before.map((rule) => [rule.id, rule]));
  for (const [index, change] of changes.entries()) {
    const id = change.id ?? `new-${index}`;
    const old = after.get(id);
    if (change.kind === 'withdraw') {
      if (old) after.set(id, { ...old, status: 'inactive' });
      continue;
    }
    if (change.kind === 'agree') {
      const others = old?.performers.filter((other) =>
        performers.every((one) => !isSamePerformer(one, other)),
      );
      if (old) {
        const both = [...(others ?? []), ...performers];
        after.set(id, { ...old, status: 'active', dateTime: at.toISOString(), performers: both });
      }
      continue;
    }
    after.set(id, {
      ...change.rule,
      id,
      source: change.rule.source ?? 'dhtv',
      status: change.rule.status ?? 'active',
      dateTime: change.rule.dateTime ?? at.toISOString(),
      performers,
    });
  }
  return [...after.values()];
}
