/**
 * What a patient chose at the desk of a provider, sent as a FHIR Consent by that provider: a choice
 * like any other, in force with the save. The one that was made last counts, so what the person
 * changed since is not undone by an older message. consent.md 3.1, 4 (`dhtv`).
 */
import type { Resource } from '../conformance/index.ts';
import type { Keyring, Organisations } from '../identity/index.ts';
import { type ConsentRule, digestOf, type PatientFacts } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import { Problem } from '../platform/problem.ts';
import { storedId } from '../platform/stored-id.ts';
import type { Choice, ChoiceAct, ChoiceChange, Choices, NewRule } from './choice.ts';
import type { ChoiceBook } from './choices.ts';
import { CONSENT_SYSTEMS, unprocessable } from './fhir-consent-elements.ts';
import { type ProviderConsent, readProviderConsent } from './provider-consent.ts';

/** The system that sends it, and its organisation. */
export interface ChoiceTeller {
  readonly client: string;
  /** Id of ours. */
  readonly organisation: string;
  readonly ura: string;
  readonly address: string;
  readonly requestId: string;
}

export interface ProviderChoice {
  /** `unchanged`: it stood already, or the person chose otherwise later. */
  readonly state: 'recorded' | 'withdrawn' | 'unchanged';
  /** Of the save, where there was one. */
  readonly receipt?: string;
  /** False: it holds a limit that is not understood; a permit then opens nothing. */
  readonly understood: boolean;
}

export interface ProviderChoiceParts {
  readonly choices: Pick<ChoiceBook, 'list' | 'save'>;
  readonly organisations: Pick<Organisations, 'all'>;
  readonly keyring: Keyring;
  readonly clock: Clock;
  /** The record, where this organisation has this person here itself. */
  patientHere(bsn: string, organisation: string): Promise<string | undefined>;
  facts(vault: string): Promise<PatientFacts>;
}

const AGB_SYSTEM = 'http://fhir.nl/fhir/NamingSystem/agb-z';
const CHANNEL = 'fhir';
const TRIES_MAX = 5;
/** One choice comes apart into no more than this: each recipient with each kind of data. */
const RULES_MAX = 100;

/**
 * @returns a function that throws Problem `unprocessable` with the element in `expression`,
 *   `forbidden` where the patient cannot decide this alone, `busy` in an outage.
 */
export function createProviderChoices(parts: ProviderChoiceParts) {
  return async (by: ChoiceTeller, consent: Resource): Promise<ProviderChoice> => {
    const all = await parts.organisations.all();
    const read = readProviderConsent(consent, {
      ...{ organisation: by.organisation, ura: by.ura, at: parts.clock() },
      regions: new Set(all.flatMap(({ regions }) => regions.map(({ id }) => id))),
      // A number of one register may be another's in the next: AGB and URA both have eight digits.
      organisationOf: (system, value) =>
        all.find(
          ({ id, ura, agb }) =>
            (system === CONSENT_SYSTEMS.organisation && id === value) ||
            (system === CONSENT_SYSTEMS.ura && ura === value) ||
            (system === AGB_SYSTEM && agb === value),
        )?.id,
    });
    if (read.rules.length > RULES_MAX) {
      throw unprocessable('Consent.provision', `A choice comes to ${RULES_MAX} rules at most.`);
    }
    const vault = await vaultOf(parts, by, read);
    try {
      return await record(parts, by, vault, read);
    } catch (error) {
      // Two records became one in between: it is for the one that stands now, or for nobody.
      if (Problem.from(error).kind !== 'not-found') throw error;
      return record(parts, by, await vaultOf(parts, by, read), read);
    }
  };
}

async function vaultOf(
  parts: ProviderChoiceParts,
  by: ChoiceTeller,
  { bsn }: ProviderConsent,
): Promise<string> {
  const vault = await parts.patientHere(bsn, by.organisation);
  if (vault !== undefined) return vault;
  // The same for somebody whom nobody knows and somebody whom only others know.
  throw unprocessable('Consent.patient.identifier', 'You have nobody here by this number.');
}

async function record(
  parts: ProviderChoiceParts,
  by: ChoiceTeller,
  vault: string,
  read: ProviderConsent,
): Promise<ProviderChoice> {
  const understood = read.rules.every(({ notUnderstood }) => !notUnderstood);
  const patient = await parts.facts(vault);
  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    const standing = await parts.choices.list(vault);
    const changes = changesFor(parts, by, vault, read, standing);
    if (changes.length === 0) return { state: 'unchanged', understood };
    try {
      const about = { change: standing.change, patient };
      const { receipt } = await parts.choices.save(vault, changes, actOf(by, read), about);
      const state = read.stands ? 'recorded' : 'withdrawn';
      return { state, receipt: receipt.id, understood };
    } catch (error) {
      // Somebody else saved in between: which is the later one is looked at again.
      if (Problem.from(error).code !== 'choices-changed') throw error;
    }
  }
  throw new Problem('busy', 'The choices are being changed.', { retryAfterSeconds: 5 });
}

const actOf = (by: ChoiceTeller, { text }: ProviderConsent): ChoiceAct => ({
  performers: [{ rel: 'self' }],
  agent: { kind: 'system', id: by.client, organisation: by.organisation, address: by.address },
  channel: CHANNEL,
  text,
  client: by.client,
  requestId: by.requestId,
});

function changesFor(
  { keyring }: ProviderChoiceParts,
  by: ChoiceTeller,
  vault: string,
  read: ProviderConsent,
  { choices }: Choices,
): ChoiceChange[] {
  const known = new Map(choices.map((choice) => [choice.rule.id, choice]));
  const key = keyring.hmac('ids');
  const made = Date.parse(read.dateTime);
  const status = read.stands ? ('active' as const) : ('inactive' as const);
  const changes: ChoiceChange[] = [];
  for (let at = 0; at < RULES_MAX; at += 1) {
    const id = storedId(key, by.organisation, 'choice', `${vault}|${read.name}|${at}`);
    const [old, said] = [known.get(id), read.rules[at]];
    // What is taken back before it came is kept as such: it may still come.
    const wanted = said ? { ...said, status } : old && takenBack(old.rule, read.dateTime);
    if (old && isOvertaken(old, wanted, made)) return [];
    if (!wanted || (old && isSame(old.rule, wanted))) continue;
    changes.push({ kind: 'put', ...(old ? { id } : { as: id }), rule: wanted });
  }
  return changes;
}

function takenBack(rule: ConsentRule, dateTime: string): NewRule {
  const { id: _id, version: _version, performers: _performers, ...rest } = rule;
  return { ...rest, status: 'inactive', dateTime };
}

/** What was chosen later stands; of two at one instant the one that closes. */
function isOvertaken(old: Choice, wanted: NewRule | undefined, made: number): boolean {
  // On the pages the moment of a choice is that of its save, also where it is withdrawn.
  const at = old.channel === CHANNEL ? Date.parse(old.rule.dateTime) : old.recorded.getTime();
  if (at !== made) return at > made;
  const isOpen = wanted?.type === 'permit' && wanted.status === 'active';
  const { type, status } = old.rule;
  return type === 'deny' && status === 'active'
    ? wanted?.type !== 'deny' || wanted.status !== 'active'
    : status !== 'active' && isOpen;
}

/** It stands already, in these words. */
function isSame(old: ConsentRule, wanted: NewRule): boolean {
  const { id: _id, version: _version, performers: _performers, ...rest } = old;
  return digestOf([rest]) === digestOf([{ source: 'dhtv', ...wanted }]);
}
