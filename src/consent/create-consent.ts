/** The choices of patients and what follows from them, as one thing for the roof. */
import type { Ledger } from '../audit/index.ts';
import type { Organisations } from '../identity/index.ts';
import { type PatientFacts, type Policy, standardPolicy } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Store } from '../store/index.ts';
import { type CareRelations, createCareRelations } from './care-relations.ts';
import { type ChoiceBook, createChoices } from './choices.ts';
import { createCouldSee } from './could-see.ts';
import { createGrantFor, type GrantFor } from './grant-for.ts';
import { createOwnItems, type OwnItems } from './own-items.ts';
import { createOwnView, type OwnView } from './own-view.ts';
import { createPersonSettings, type SettingsBook } from './person-settings.ts';
import { createRulesOf } from './rules-of.ts';

export interface ConsentParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly organisations: Organisations;
  /** By default the one that ships with the product. */
  readonly policy?: Policy;
}

export interface Consent {
  readonly choices: ChoiceBook;
  /** Who treats the person, as sources showed it. */
  readonly relations: CareRelations;
  /** For the person's own pages. */
  readonly own: OwnView & OwnItems & SettingsBook;
  grantFor: GrantFor;
  /** Who could see these items now, by kind of reader. */
  couldSee: ReturnType<typeof createCouldSee>;
}

export function createConsent(parts: ConsentParts): Consent {
  const { database, store, ledger, clock, organisations, policy = standardPolicy() } = parts;
  const choices = createChoices({ database, store, ledger, clock });
  const relations = createCareRelations({ store, organisations, clock });
  const patientFacts = createPatientFacts(database, store);
  const grantFor = createGrantFor({
    database,
    organisations,
    rulesOf: createRulesOf(store, choices, relations),
    policy,
    patientFacts,
  });
  return {
    choices,
    relations,
    couldSee: createCouldSee({ ...parts, policy, choices, patientFacts, relations }),
    own: {
      ...createOwnView({ ...parts, policy, choices, patientFacts, relations }),
      ...createOwnItems({ ...parts, policy, choices, patientFacts, grantFor, relations }),
      ...createPersonSettings(parts),
    },
    grantFor,
  };
}

const PATIENT_FACTS_CACHE_MAX = 5_000;
const PATIENTS_OF_VAULT_MAX = 50;

/**
 * Birth date and death as the sources have them. Kept for the epoch: intake raises it when either
 * changes, so an old birth date cannot outlive a correction.
 */
function createPatientFacts(database: Database, store: Store) {
  const cache = new Map<string, { epoch: number; facts: PatientFacts }>();
  return async (vault: string, epoch: number): Promise<PatientFacts> => {
    const known = cache.get(vault);
    if (known?.epoch === epoch) return known.facts;
    const { rows } = await store.candidates(database, {
      vault,
      epoch,
      types: ['Patient'],
      limit: PATIENTS_OF_VAULT_MAX,
    });
    const facts = factsOfPatients(
      rows.map((row) => JSON.parse((row.r4 ?? row.bytes).toString('utf8'))),
    );
    if (cache.size >= PATIENT_FACTS_CACHE_MAX) cache.clear();
    cache.set(vault, { epoch, facts });
    return facts;
  };
}

interface PatientLike {
  birthDate?: unknown;
  deceasedBoolean?: unknown;
  deceasedDateTime?: unknown;
}

function factsOfPatients(patients: readonly PatientLike[]): PatientFacts {
  const birth = patients.find((one) => typeof one.birthDate === 'string')?.birthDate;
  const deceased = patients.some(
    (one) => one.deceasedBoolean === true || one.deceasedDateTime !== undefined,
  );
  return {
    ...(typeof birth === 'string' ? { birthDate: birth } : {}),
    ...(deceased ? { deceased } : {}),
  };
}
