/** The grant for one request on one vault: what is known is gathered, then the decision is pure. */
import type { Organisation, Organisations } from '../identity/index.ts';
import {
  type AccessRequest,
  type Grant,
  localInstant,
  type Party,
  type PatientFacts,
  type Policy,
  type Representation,
} from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import { createCompiledGrants } from './compiled-grants.ts';
import type { DecisionContexts } from './decision-contexts.ts';
import type { Register } from './mitz/register.ts';
import type { RulesOf } from './rules-of.ts';

export interface GrantParts {
  readonly database: Sql;
  readonly rulesOf: RulesOf;
  readonly organisations: Organisations;
  readonly policy: Policy;
  /** Keeps what decisions share, so that they can be made again. */
  readonly contexts?: Pick<DecisionContexts, 'keep'>;
  /** Birth date, death and incapacity as the record and the registers have them. */
  readonly patientFacts: (vault: string, epoch: number) => Promise<PatientFacts>;
  /** Evidence of a representative, looked up for the session. */
  readonly representation?: (
    access: AccessRequest,
    vault: string,
    epoch: number,
  ) => Promise<Representation | undefined>;
  /** The national register, where one is connected. */
  readonly register?: Pick<Register, 'ask' | 'rulesBeside'> | undefined;
}

export type GrantFor = (
  access: AccessRequest,
  vault: string,
  at: Date,
  how?: { readonly lastRead?: boolean },
) => Promise<Grant>;

/**
 * @returns a function that throws the Problems of step 0 and else decides for one request.
 *   `lastRead` decides on the choices as they were last read, without asking whether they still
 *   stand: only for whoever then fetches under the epoch of the grant, and asks again when it
 *   moved or when the decision throws.
 */
export function createGrantFor(parts: GrantParts): GrantFor {
  const compiled = createCompiledGrants();
  return async (
    access: AccessRequest,
    vault: string,
    at: Date,
    { lastRead = false } = {},
  ): Promise<Grant> => {
    const known = lastRead ? parts.rulesOf.lastRead(vault) : undefined;
    const [current, organisations] = await Promise.all([
      known ?? parts.rulesOf(parts.database, vault),
      parts.organisations.all(),
    ]);
    const { epoch, counts, relations } = current;
    const [patient, asked, representation] = await Promise.all([
      parts.patientFacts(vault, epoch),
      parts.register?.ask(access, vault, epoch),
      access.actor.kind === 'representative'
        ? parts.representation?.(access, vault, counts)
        : undefined,
    ]);
    const register = asked && asked.answers.length > 0 ? asked.answers : undefined;
    const rules = register
      ? (parts.register?.rulesBeside(current.rules, register) ?? current.rules)
      : current.rules;
    const holders = partiesAt(organisations, at);
    await parts.contexts?.keep({ holders, policy: parts.policy });
    return compiled(vault, {
      request: asKnown(access, holders),
      at,
      epoch,
      patient,
      rules,
      holders,
      policy: parts.policy,
      ...(relations.length > 0 ? { relations } : {}),
      ...(representation ? { representation } : {}),
      ...(register ? { register } : {}),
      ...(asked?.id === undefined ? {} : { registerId: asked.id }),
    });
  };
}

/** The asking organisation as the directory has it at this moment: what a replay finds as well. */
function asKnown(access: AccessRequest, holders: ReadonlyMap<string, Party>): AccessRequest {
  const { actor } = access;
  if (actor.kind !== 'professional') return access;
  const organisation = holders.get(actor.organisation.id);
  return organisation ? { ...access, actor: { ...actor, organisation } } : access;
}

interface Parties {
  readonly from: number;
  readonly until: number;
  readonly map: ReadonlyMap<string, Party>;
}

const parties = new WeakMap<readonly Organisation[], Parties>();

/**
 * Organisations as parties to a decision, with the regions of this moment. The same directory gives
 * the same map until a membership begins or ends.
 */
export function partiesAt(
  organisations: readonly Organisation[],
  at: Date,
): ReadonlyMap<string, Party> {
  const now = at.getTime();
  const known = parties.get(organisations);
  if (known && now >= known.from && now < known.until) return known.map;
  const map = new Map(organisations.map((one) => [one.id, partyOf(one, at)]));
  const turns = organisations.flatMap(({ regions }) =>
    regions.flatMap(({ from, until }) => [instantOf(from, -1), instantOf(until, -1)]),
  );
  const made = {
    from: Math.max(Number.NEGATIVE_INFINITY, ...turns.filter((turn) => turn <= now && turn > 0)),
    until: Math.min(Number.POSITIVE_INFINITY, ...turns.filter((turn) => turn > now)),
    map,
  };
  parties.set(organisations, made);
  return map;
}

/** An organisation as a decision sees it at this moment: only regions it is a member of now. */
export function partyOf(organisation: Organisation, at: Date): Party {
  const { id, ura, type, category, regions } = organisation;
  const now = at.getTime();
  const active = regions.filter(
    ({ from, until }) =>
      now >= instantOf(from, Number.NEGATIVE_INFINITY) &&
      now < instantOf(until, Number.POSITIVE_INFINITY),
  );
  return { id, ura, type, category, regions: active.map((region) => region.id) };
}

/** A day of an agreement begins at midnight in Amsterdam. What is no day makes nobody a member. */
function instantOf(text: string | undefined, absent: number): number {
  return text === undefined ? absent : (localInstant(text)?.getTime() ?? Number.NaN);
}
