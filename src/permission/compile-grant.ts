/**
 * A decision compiled for one request on one record: `covers` is the exact answer for each row and
 * costs microseconds, `narrowing` is what SQL may leave out beforehand. architecture D6, D7.
 */
import { nextTurn } from './age.ts';
import { AHEAD_MS_MAX } from './applicable.ts';
import { relationAt, relationCounts } from './care-relation.ts';
import { createDecider, type Decider, plainest } from './decide.ts';
import { contextDigest, ENGINE } from './decision-context.ts';
import type { DecisionInputs } from './decision-inputs.ts';
import { canonical, digestOf, sha256 } from './digest.ts';
import type { ResourceFacts } from './facts.ts';
import type { Grant, Verdict } from './grant.ts';
import { prepare } from './prepared-rule.ts';
import { grantsIn } from './referral-grants.ts';
import { refusalProblem, refuseRequest } from './refuse-request.ts';
import { recipientRegions } from './region.ts';

/** Resources about the person and the providers themselves, released along with anything else. */
const ALONGSIDE = [
  'Patient',
  'Organization',
  'Practitioner',
  'PractitionerRole',
  'Location',
  'Endpoint',
  'HealthcareService',
];

/** @throws Problem `forbidden` or `unprocessable` for what fails before consent (step 0). */
export function compileGrant(inputs: DecisionInputs): Grant {
  const refusal = refuseRequest(inputs);
  if (refusal) throw refusalProblem(refusal);
  const decider = createDecider(inputs);
  const validUntil = nextBoundary(inputs);
  const relation = relationOf(inputs);
  let anything: boolean | undefined;
  let inputsHash: string | undefined;
  return {
    epoch: inputs.epoch,
    engine: ENGINE,
    at: inputs.at,
    get context() {
      return contextDigest(inputs);
    },
    get inputsHash() {
      inputsHash ??= hashInputs(inputs);
      return inputsHash;
    },
    ...(inputs.request.actor.kind === 'sender' ? { ofSender: true } : {}),
    narrowing: narrowing(inputs, decider),
    get anything() {
      anything ??= couldReleaseAnything(inputs, decider);
      return anything;
    },
    get closed(): string | undefined {
      return this.anything ? undefined : closedBecause(inputs, decider);
    },
    covers: remembering(decider.decide),
    ...(relation === undefined ? {} : { relation }),
    ...(inputs.registerId === undefined ? {} : { registerId: inputs.registerId }),
    ...(validUntil === undefined ? {} : { validUntil }),
  };
}

/** The evidence of the asking side, for the ledger: `kind:id`. */
function relationOf({ request, relations = [], policy, at }: DecisionInputs): string | undefined {
  if (request.actor.kind !== 'professional' || relations.length === 0) return undefined;
  const found = relationAt(relations, request.actor.organisation.id, at, policy.relationWindows);
  return found && `${found.kind}:${found.id}`;
}

/** The same facts, as an object, give the same verdict under one grant: they are looked at once. */
function remembering(decide: Decider['decide']): Decider['decide'] {
  const verdicts = new WeakMap<ResourceFacts, Verdict>();
  return (facts) => {
    const known = verdicts.get(facts);
    if (known) return known;
    const verdict = decide(facts);
    verdicts.set(facts, verdict);
    return verdict;
  };
}

/** Of several reasons the one that says most about what the person chose. */
const TELLING = [
  'emergency-refused',
  'refused',
  'register-unavailable',
  'no-care-relation',
  'nothing-on-record',
];

/** Nothing is fetched then, and still the person is told of the attempt, and why it was refused. */
function closedBecause({ holders }: DecisionInputs, decider: Decider): string {
  const reasons = new Set(
    holders.keys().map((custodian) => decider.decide(plainest('Observation', custodian)).reason),
  );
  return TELLING.find((one) => reasons.has(one)) ?? [...reasons][0] ?? 'nothing-on-record';
}

function couldReleaseAnything({ request, holders }: DecisionInputs, decider: Decider): boolean {
  if (request.actor.kind !== 'professional') return true;
  return holders.keys().some((custodian) => decider.couldReleaseFrom(custodian));
}

function narrowing(inputs: DecisionInputs, decider: Decider): Grant['narrowing'] {
  const { actor, aanbieder } = inputs.request;
  if (actor.kind === 'sender') return { custodians: [actor.organisation.id] };
  if (actor.kind !== 'professional')
    return aanbieder === undefined ? {} : { custodians: [aanbieder] };
  const { policy, register } = inputs;
  const open =
    register?.some(({ answer }) => answer === 'Permit') ||
    Object.values(policy.regions).some(({ basePolicy }) => basePolicy === 'permit');
  const types = open ? undefined : typesOf(decider);
  return { custodians: custodiansOf(inputs, decider), ...(types ? { types } : {}) };
}

/** Holders that some permit (or the emergency route, or the register) can be about. */
function custodiansOf(inputs: DecisionInputs, decider: Decider): string[] {
  const { request, policy, holders } = inputs;
  if (request.actor.kind !== 'professional') return [];
  const regions = recipientRegions(
    policy,
    request.actor.organisation,
    request.purpose,
    request.region,
  );
  const matches = decider.permits.map(({ rule }) => rule.holder);
  const any =
    decider.emergencyRoute ||
    matches.some(({ level }) => level === 'any') ||
    regions.some((region) => policy.regions[region]?.basePolicy === 'permit');
  const categories = new Set<string>();
  const named = new Set<string>();
  for (const match of matches) {
    if (match.level === 'cat') categories.add(match.value);
    if (match.level === 'org') named.add(match.value);
  }
  for (const answer of inputs.register ?? []) {
    if (answer.answer === 'Permit') named.add(answer.holder);
  }
  const found: string[] = [];
  for (const party of holders.values()) {
    if (!any && !categories.has(party.category) && !named.has(party.id)) continue;
    if (party.regions.some((region) => regions.includes(region))) found.push(party.id);
  }
  return found;
}

/** Type names, when every permit names a type or a resource; undefined when types say nothing. */
function typesOf(decider: Decider): string[] | undefined {
  if (decider.emergencyRoute || decider.permits.length === 0) return undefined;
  const types = new Set<string>(ALONGSIDE);
  for (const { rule } of decider.permits) {
    if (rule.data.level === 'type') types.add(rule.data.value);
    else if (rule.data.level === 'instance') types.add(rule.data.value.split('/')[0] ?? '');
    else return undefined;
  }
  // The bytes of a document go where the document goes.
  if (types.has('DocumentReference')) types.add('Binary');
  return [...types];
}

/**
 * The next instant at which time alone may change the decision: a period, a birthday, a mandate.
 */
function nextBoundary(inputs: DecisionInputs): string | undefined {
  const { request, rules, patient, representation, relations = [], policy, at } = inputs;
  const moments: number[] = [];
  const asker = request.actor.kind === 'professional' ? request.actor.organisation.id : undefined;
  for (const one of relations) {
    if (one.organisation !== asker) continue;
    const { fromMs, untilMs } = relationCounts(one, policy.relationWindows);
    moments.push(fromMs, untilMs);
  }
  const add = (text: string | undefined) => {
    if (text !== undefined) moments.push(Date.parse(text));
  };
  for (const rule of [...rules, ...grantsIn(inputs.relations)]) {
    if (rule.status !== 'active') continue;
    const { startMs, endMs, madeMs } = prepare(rule);
    moments.push(startMs, endMs);
    if (rule.type === 'permit') moments.push(madeMs - AHEAD_MS_MAX);
  }
  add(patient.incapacitySince);
  add(patient.incapacityUntil);
  add(representation?.period?.start);
  add(representation?.period?.end);
  for (const { until } of representation?.blocks ?? []) add(until);
  const turn = nextTurn(patient.birthDate, at);
  if (turn) moments.push(turn.getTime());
  const next = Math.min(...moments.filter((moment) => moment > at.getTime()));
  return Number.isFinite(next) ? new Date(next).toISOString() : undefined;
}

/**
 * What the decision rested on; large parts that many requests share are digested once. Of words
 * that somebody typed it only counts that they are there.
 */
function hashInputs(inputs: DecisionInputs): string {
  const { request, at, epoch, patient, representation, rules, register, holder } = inputs;
  const { actor, purpose, emergency, region, task, search } = request;
  const { aanbieder, gegevensdienst, door } = request;
  const { level, patientIncapable, reasonCode } = emergency ?? {};
  const relations = inputs.relations?.length ? digestOf(inputs.relations) : undefined;
  return sha256(
    canonical({
      context: contextDigest(inputs),
      at,
      epoch,
      patient,
      representation,
      register,
      holder,
      relations,
      request: {
        ...{ actor, purpose, region, task, search },
        ...(emergency ? { emergency: { level, patientIncapable, reasonCode } } : {}),
        ...(request.declaredRelation === undefined ? {} : { declaredRelation: true }),
        ...(request.quietLifted ? { quietLifted: true } : {}),
        ...{ aanbieder, gegevensdienst, door },
      },
      rules: digestOf(rules),
    }),
  );
}
