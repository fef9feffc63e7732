/** The choices of patients and what follows from them, as one thing for the roof. */
import type { Ledger } from '../audit/index.ts';
import type { Keyring, Organisations } from '../identity/index.ts';
import {
  type AccessRequest,
  type PatientFacts,
  type Policy,
  standardPolicy,
} from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { type Store, type StoredResource, throughPages } from '../store/index.ts';
import { couldBeSeen, type Reach, type ReachAsked } from './breach-reach.ts';
import { type CareRelations, createCareRelations } from './care-relations.ts';
import {
  type ChoiceNoticeParts,
  type ChoiceNotices,
  createChoiceNotices,
} from './choice-notice/choice-notices.ts';
import { type ChoiceBook, createChoices } from './choices.ts';
import { createCouldSee } from './could-see.ts';
import { createDecisionContexts } from './decision-contexts.ts';
import { createGrantFor, type GrantFor } from './grant-for.ts';
import { createMandates, type Mandates } from './mandates.ts';
import { answersById, createRegister, type Register, type RegisterParts } from './mitz/register.ts';
import { setBackTold } from './newest-epoch.ts';
import { createOwnHeldBack, type OwnHeldBack } from './own-held-back.ts';
import { createOwnItems, type OwnItems } from './own-items.ts';
import { createOwnNews, type OwnNews } from './own-news.ts';
import { createOwnView, type OwnView } from './own-view.ts';
import { factsOfPatients } from './patient-facts.ts';
import { patientHere } from './patient-here.ts';
import { createPersonSettings, type SettingsBook } from './person-settings.ts';
import { createQuietMode, type QuietMode } from './quiet-mode.ts';
import { createReplay } from './replay.ts';
import { representationOf } from './representation-of.ts';
import { createRepresentatives, type Representatives } from './representatives.ts';
import { admitCohort, type CohortPage, cohortOf, opensUnasked } from './research/cohort.ts';
import { createStudyNotices, type StudyNotices } from './research/study-notices.ts';
import { createRulesOf } from './rules-of.ts';
import { createWhoSees, type WhoSees } from './who-sees.ts';

export interface ConsentParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly organisations: Organisations;
  /** By default the one that ships with the product. */
  readonly policy?: Policy;
  readonly keyring: Keyring;
  /** The national register of choices; absent: it is not asked. */
  readonly mitz?: Pick<RegisterParts, 'settings' | 'notifyUrl' | 'wrong'> | undefined;
  /** For telling sources that choices changed; absent: nobody is told. */
  readonly sources?: Pick<ChoiceNoticeParts, 'clients' | 'publicUrl' | 'tls' | 'failed'>;
}

export interface Consent {
  readonly choices: ChoiceBook;
  /** Who treats the person, as sources showed it. */
  readonly relations: CareRelations;
  readonly mandates: Mandates;
  /** Curators, mentors, and whom a provider lets not look along. */
  readonly representatives: Representatives;
  patientHere(bsn: string, organisation: string): Promise<string | undefined>;
  readonly quiet: QuietMode;
  /** The national register, where one is connected. */
  readonly register?: Register;
  /** Tells sources that subscribed to the choices of their patients. */
  readonly notices?: ChoiceNotices;
  /** Tells studies who left. */
  readonly studyNotices?: StudyNotices;
  /** For the person's own pages. */
  readonly own: OwnView & OwnItems & OwnNews & OwnHeldBack & WhoSees & SettingsBook;
  grantFor: GrantFor;
  /** Makes a decision of the past again, from its line in the ledger. */
  replay: ReturnType<typeof createReplay>;
  /** Who could see these items now, by kind of reader. */
  couldSee: ReturnType<typeof createCouldSee>;
  /** What stands in the way of any question about many people. @throws Problem of step 0 */
  admitCohort(access: AccessRequest): Promise<void>;
  /** Of whom something may be seen for the purpose of the request, page by page. */
  cohort(access: AccessRequest): AsyncGenerator<CohortPage>;
  /** Of whom an organisation could have seen something in a period: for a breach. */
  couldBeSeen(asked: ReachAsked): AsyncGenerator<Reach>;
}

export function createConsent(parts: ConsentParts): Consent {
  const { database, store, ledger, clock, organisations, policy = standardPolicy() } = parts;
  const notices = parts.sources && noticesOf(parts, parts.sources, () => couldSee);
  const studyNotices =
    parts.sources && createStudyNotices({ ...parts, ...parts.sources, grantFor: () => grantFor });
  const told = notices && studyNotices && together(notices, studyNotices);
  const changed = (vault: string) => rulesOf.forget(vault);
  const choices = createChoices({ database, store, ledger, clock, notices: told, changed });
  const relations = createCareRelations({ store, organisations, clock });
  const contexts = createDecisionContexts(database, clock);
  const mandates = createMandates({ ...parts, changed });
  const representatives = createRepresentatives({ ...parts, changed });
  const patientFacts = createPatientFacts(database, store, representatives);
  const representation = representationOf(mandates, representatives);
  const rulesOf = createRulesOf(store, choices, relations, setBackTold(ledger));
  const settings = createPersonSettings(parts);
  const { mitz } = parts;
  const register =
    mitz && createRegister({ ...mitz, database, store, ledger, organisations, choices, clock });
  const asksRegister = register !== undefined;
  const grantFor = createGrantFor({
    database,
    organisations,
    register,
    contexts,
    rulesOf,
    representation,
    policy,
    patientFacts,
  });
  const couldSee = createCouldSee({ ...parts, policy, choices, patientFacts, relations });
  const ownParts = {
    ...{ ...parts, policy, choices, patientFacts, grantFor, relations, asksRegister },
  };
  return {
    choices,
    relations,
    ...(notices ? { notices } : {}),
    ...(studyNotices ? { studyNotices } : {}),
    mandates,
    representatives,
    patientHere: (bsn, organisation) => patientHere(parts, bsn, organisation),
    quiet: createQuietMode({ database, clock, rulesOf, choices, settings }),
    ...(register ? { register } : {}),
    couldSee,
    admitCohort: (access) => admitCohort({ grantFor, clock }, access),
    cohort: (access) =>
      cohortOf({ database, store, rulesOf, grantFor, clock }, access, opensUnasked(policy, access)),
    couldBeSeen: (asked) =>
      couldBeSeen({ ...parts, policy, choices, patientFacts, relations }, asked),
    own: {
      ...createOwnView({ ...parts, policy, choices, patientFacts, relations, asksRegister }),
      ...createOwnItems(ownParts),
      ...createWhoSees(ownParts),
      ...createOwnNews({ database, store, ledger, clock, grantFor }),
      ...createOwnHeldBack({ database, store, clock, grantFor }),
      ...settings,
    },
    grantFor,
    replay: createReplay({
      ...{ sql: database, store, ledger, choices, relations, contexts, representation },
      incapacity: representatives.incapacity,
      answers: (vault, id) => answersById({ database, store }, vault, id),
    }),
  };
}

/** A save is told to the sources, and to the studies that somebody leaves by it. */
const together = (
  notices: ChoiceNotices,
  studies: StudyNotices,
): Pick<ChoiceNotices, 'note' | 'soon'> => ({
  note: async (tx, vault, saved) => [
    ...(await notices.note(tx, vault, saved)),
    ...(await studies.note(tx, vault, saved)),
  ],
  soon() {
    notices.soon();
    studies.soon();
  },
});

/** Who could see what is only asked once the choices are there that are told of. */
function noticesOf(
  { database, store, ledger, clock, organisations }: ConsentParts,
  sources: NonNullable<ConsentParts['sources']>,
  couldSee: () => ReturnType<typeof createCouldSee>,
): ChoiceNotices {
  return createChoiceNotices({
    ...{ ...sources, database, store, ledger, clock, organisations },
    couldSee: (...asked) => couldSee()(...asked),
  });
}

const PATIENT_FACTS_CACHE_MAX = 5_000;

/**
 * Birth date and death as the sources have them, incapacity as a provider has it on record. Kept
 * for the epoch: whoever changes one raises it, so an old birth date cannot outlive a correction.
 */
function createPatientFacts(
  database: Database,
  store: Store,
  representatives: Pick<Representatives, 'incapacity'>,
) {
  const cache = new Map<string, { epoch: number; facts: PatientFacts }>();
  return async (vault: string, epoch: number): Promise<PatientFacts> => {
    const known = cache.get(vault);
    if (known?.epoch === epoch) return known.facts;
    const patients: StoredResource[] = [];
    await throughPages(store, database, { vault, epoch, types: ['Patient'] }, (rows) => {
      patients.push(...rows);
    });
    const facts = {
      ...factsOfPatients(patients.map((row) => JSON.parse((row.r4 ?? row.bytes).toString('utf8')))),
      ...(await representatives.incapacity(database, vault, epoch)),
    };
    if (cache.size >= PATIENT_FACTS_CACHE_MAX) cache.clear();
    cache.set(vault, { epoch, facts });
    return facts;
  };
}
