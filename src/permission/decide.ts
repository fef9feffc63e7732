/**
 * The decision about one resource: own right, sender, or the choices of the person step by step.
 * Pure: the same inputs give the same verdict, and nothing else in the request counts.
 * consent.md 5.2, sections 8 to 11.
 */
import type { Purpose } from './access-request.ts';
import { ageAt } from './age.ts';
import {
  type Ground,
  groundOf,
  REGISTER_SILENT,
  type Recipient,
  recipientOf,
  standingRules,
} from './applicable.ts';
import { type Combined, closedLabels, combine } from './combine.ts';
import { carries, isOfKind } from './data-match.ts';
import type { DecisionInputs } from './decision-inputs.ts';
import type { ResourceFacts } from './facts.ts';
import type { Verdict } from './grant.ts';
import type { PreparedRule } from './prepared-rule.ts';
import { couldRelease } from './probe.ts';
import { isQuiet } from './quiet.ts';
import { relationMissing } from './relation-required.ts';
import { isBlockedAt, isHiddenFromParent } from './representation.ts';
import { released, toReview, withheld } from './verdict.ts';

/**
 * A decision made ready for one request: what is the same for every resource is worked out once.
 */
export interface Decider {
  decide(facts: ResourceFacts): Verdict;
  /** True when some resource of this custodian could be released. */
  couldReleaseFrom(custodian: string): boolean;
  /** Permits that count for this recipient at all; empty for a person or a sender. */
  readonly permits: readonly PreparedRule[];
  readonly emergencyRoute: boolean;
}

export function createDecider(inputs: DecisionInputs): Decider {
  const recipient = recipientOf(inputs);
  if (recipient) return professionalDecider(inputs, recipient);
  const { aanbieder } = inputs.request;
  const quiet = isQuiet(inputs);
  return {
    decide: (facts) => (quiet ? withheld('quiet') : decideOwn(inputs, facts)),
    couldReleaseFrom: (custodian) => aanbieder === undefined || aanbieder === custodian,
    permits: [],
    emergencyRoute: false,
  };
}

/** The person, whoever acts for the person, and a sender that asks for what it sent itself. */
function decideOwn(inputs: DecisionInputs, facts: ResourceFacts): Verdict {
  const { actor, aanbieder } = inputs.request;
  if (actor.kind === 'sender') {
    return facts.custodian === actor.organisation.id
      ? released('own-record', ['own-record'], 'sender')
      : withheld('other-custodian');
  }
  if (aanbieder !== undefined && facts.custodian !== aanbieder) return withheld('other-custodian');
  const hidden = hiddenFromPerson(inputs, facts);
  if (hidden !== undefined) return withheld(hidden);
  if (actor.kind === 'person') return released('own-right', ['own-right'], 'own-right');
  const basis = `representation:${inputs.representation?.rel ?? 'none'}`;
  return released('representative', [basis], 'own-right', ['AUDIT-ON-BEHALF']);
}

function hiddenFromPerson(inputs: DecisionInputs, facts: ResourceFacts): string | undefined {
  if (facts.labels.includes('third-party')) return 'third-party';
  if (inputs.request.actor.kind === 'representative') {
    if (facts.labels.includes('hide-from-representative')) return 'hide-from-representative';
    if (isBlockedAt(inputs.representation, facts.custodian, inputs.at)) return 'provider-block';
    const age = ageAt(inputs.patient.birthDate, inputs.at);
    const { broader } = inputs.policy;
    if (isHiddenFromParent(inputs.representation, age, facts.labels, broader)) {
      return 'not-opened-to-parent';
    }
    const kinds = inputs.representation?.kinds;
    const isWithin = (kinds ?? []).some((one) => isOfKind(one, facts, broader));
    // What has no kind of its own (the person, the providers) goes along with anything.
    if (kinds && facts.category !== 'none' && !isWithin) return 'outside-mandate';
  }
  return hiddenFromAll(inputs, facts);
}

/** Working notes never leave; an embargo of the source holds until its moment. */
function hiddenFromAll({ at }: DecisionInputs, facts: ResourceFacts): string | undefined {
  if (facts.labels.includes('working-note')) return 'working-note';
  const { embargoUntil } = facts;
  return embargoUntil !== undefined && at.getTime() < Date.parse(embargoUntil)
    ? 'embargo'
    : undefined;
}

function professionalDecider(inputs: DecisionInputs, recipient: Recipient): Decider {
  const purpose = inputs.request.purpose;
  const standing = standingRules(inputs, recipient, purpose);
  const grounds = groundsFor(inputs, recipient, purpose, standing);
  const relation = relationMissing(inputs, recipient, standing);
  const emergencyRoute = mayUseEmergency(inputs, recipient);
  let treatment: ((custodian: string) => Ground | undefined) | undefined;
  /** The same question asked for ordinary treatment: whoever refused that, refused (section 9). */
  const asTreatment = (facts: ResourceFacts): Combined => {
    treatment ??= groundsFor(inputs, recipient, 'TREAT', standingRules(inputs, recipient, 'TREAT'));
    const rules = (treatment(facts.custodian)?.rules ?? []).filter(
      ({ rule }) => rule.id !== REGISTER_SILENT,
    );
    return combine(rules, facts, inputs.policy, recipient.category);
  };
  const decide = (facts: ResourceFacts): Verdict => {
    const hidden = hiddenFromAll(inputs, facts);
    if (hidden !== undefined) return withheld(hidden);
    const ground = grounds(facts.custodian);
    if (!ground || ground.regions.length === 0) return withheld('no-region-agreement');
    const asked = relation(ground);
    if (asked === 'missing') return withheld('no-care-relation');
    const verdict = decideOn(facts, ground);
    return asked === 'declared' && verdict.permit ? toReview(verdict) : verdict;
  };
  const decideOn = (facts: ResourceFacts, ground: Ground): Verdict => {
    const combined = combine(ground.rules, facts, inputs.policy, recipient.category);
    const ordinary =
      combined.outcome === 'none' && opensByAgreement(inputs, ground, facts, recipient)
        ? released(
            'base-policy',
            ground.regions.map((region) => `base-policy:${region}`),
            'presumed',
          )
        : verdictOf(inputs, combined);
    const shown =
      facts.category !== 'none' || couldRelease(ground, inputs.policy, recipient.category);
    if (ordinary.permit && shown) return ordinary;
    // What is open anyhow needs no emergency, the fact that the person is known there included.
    const plain =
      facts.category === 'none'
        ? decideExistence(inputs, facts, ground, combined, ordinary)
        : ordinary;
    if (plain.permit) return plain;
    // Who refused all that an emergency may show is not shown to be known there either (7.4).
    const hides = facts.category === 'none' && emergencyRoute && !couldHelp(facts.custodian);
    if (emergencyRoute && !hides && annexCovers(inputs, ground)) {
      const urgent = decideEmergency(inputs, facts, combined, asTreatment);
      if (urgent) return urgent;
    }
    return plain;
  };
  const helped = new Map<string, boolean>();
  /** Whether an emergency could show anything of the record that this custodian holds. */
  const couldHelp = (custodian: string): boolean => {
    const known = helped.get(custodian);
    if (known !== undefined) return known;
    const found = inputs.policy.emergency.subset.some(
      (type) => type !== 'Patient' && decide(plainest(type, custodian)).permit,
    );
    helped.set(custodian, found);
    return found;
  };
  /** consent.md 7.4: that the person is known there is shown only if something could be. */
  const decideExistence = (
    from: DecisionInputs,
    facts: ResourceFacts,
    ground: Ground,
    combined: Combined,
    ordinary: Verdict,
  ): Verdict => {
    const named = combined.deciding.some(({ specificity }) => specificity[2] >= 2);
    if (combined.gated || (combined.outcome === 'deny' && named)) return ordinary;
    if (closedLabels(facts.labels, from.policy, recipient.category).length > 0) return ordinary;
    const witness = couldRelease(ground, from.policy, recipient.category);
    if (witness) return verdictOf(from, witness);
    return ordinary.permit ? withheld('nothing-on-record') : ordinary;
  };
  return {
    decide,
    couldReleaseFrom(custodian) {
      const ground = grounds(custodian);
      if (!ground || ground.regions.length === 0 || relation(ground) === 'missing') return false;
      if (couldRelease(ground, inputs.policy, recipient.category)) return true;
      return emergencyRoute && couldHelp(custodian);
    },
    permits: standing.filter(({ rule }) => rule.type === 'permit'),
    emergencyRoute,
  };
}

/** The plainest resource of a type: no label, code or author. */
export function plainest(type: string, custodian: string): ResourceFacts {
  return {
    type,
    id: '',
    custodian,
    category: type.startsWith('Medication') ? 'GGC013' : 'GGC002',
    labels: [],
    codes: [],
    authors: [],
    related: [],
  };
}

function groundsFor(
  inputs: DecisionInputs,
  recipient: Recipient,
  purpose: Purpose,
  standing: readonly PreparedRule[],
): (custodian: string) => Ground | undefined {
  const known = new Map<string, Ground | undefined>();
  return (custodian) => {
    if (!known.has(custodian)) {
      known.set(custodian, groundOf(inputs, recipient, purpose, standing, custodian));
    }
    return known.get(custodian);
  };
}

function verdictOf(inputs: DecisionInputs, combined: Combined): Verdict {
  const { outcome, deciding, gated } = combined;
  if (outcome === 'none') return withheld('nothing-on-record');
  if (gated) return withheld('label-gate');
  const basis = deciding.map(({ name }) => name).toSorted();
  if (outcome === 'deny') {
    const silent = deciding.every(({ rule }) => rule.id === REGISTER_SILENT);
    return silent ? withheld('register-unavailable') : withheld('refused', basis);
  }
  const presumed = deciding.every(({ rule }) => rule.source === 'implicit');
  const granted = deciding.some(({ rule }) => rule.source === 'implicit');
  const { purpose } = inputs.request;
  return released('rule', basis, presumed ? 'presumed' : 'explicit', [
    ...(granted && purpose === 'COC' ? ['LIMIT-TO-REFERRAL'] : []),
    ...(purpose === 'HRESCH' ? ['NO-REDISCLOSURE', 'PSEUDONYMISE'] : []),
  ]);
}

/** Who may ask in an emergency at all: role, kind of organisation, department. */
function mayUseEmergency({ request, policy }: DecisionInputs, recipient: Recipient): boolean {
  const { actor, emergency, purpose } = request;
  if (actor.kind !== 'professional' || !emergency || purpose !== 'ETREAT') return false;
  if (actor.role === undefined || !policy.emergency.roles.includes(actor.role)) return false;
  return policy.emergency.settings.some(
    ({ types, department }) =>
      types.includes(recipient.organisation.type) &&
      (department === undefined || department === actor.department),
  );
}

/** Nothing was chosen and every agreement that counts says yes then: never for what is labelled. */
function opensByAgreement(
  { policy, request }: DecisionInputs,
  { regions }: Ground,
  { labels }: ResourceFacts,
  recipient: Recipient,
): boolean {
  // Research asks for a permission of its own, whatever was agreed (consent.md 12).
  const open =
    request.purpose !== 'HRESCH' &&
    regions.every((region) => policy.regions[region]?.basePolicy === 'permit');
  return open && closedLabels(labels, policy, recipient.category).length === 0;
}

function annexCovers({ policy }: DecisionInputs, { regions }: Ground): boolean {
  return regions.every((region) => policy.regions[region]?.emergencyAgreement === true);
}

/** Step 7. @returns undefined where the ordinary refusal stands. */
function decideEmergency(
  { request, policy }: DecisionInputs,
  facts: ResourceFacts,
  combined: Combined,
  asTreatment: (facts: ResourceFacts) => Combined,
): Verdict | undefined {
  const inSoManyWords = combined.weighed.filter(
    ({ rule }) => rule.type === 'deny' && (rule.absolute || rule.purpose?.includes('ETREAT')),
  );
  if (inSoManyWords.length > 0) {
    return withheld('emergency-refused', inSoManyWords.map(({ name }) => name).toSorted());
  }
  if (!policy.emergency.subset.includes((facts.as ?? facts).type)) return undefined;
  const { level, patientIncapable } = request.emergency ?? {};
  const obligations = [
    'AUDIT-BTG',
    'NOTIFY-PATIENT',
    'REVIEW-FG',
    `TTL-${policy.emergency.resultSecondsMax}`,
  ];
  if (level === 'vital' && patientIncapable) {
    const closed = policy.emergency.neverReleased.some((label) =>
      carries(facts.labels, label, policy.broader),
    );
    return closed
      ? undefined
      : released('emergency', ['emergency:vital'], 'emergency', obligations);
  }
  if (facts.labels.some((label) => label !== 'N') || combined.outcome !== 'none') return undefined;
  const treatment = asTreatment(facts);
  if (treatment.outcome === 'deny') {
    return withheld('refused', treatment.deciding.map(({ name }) => name).toSorted());
  }
  return released('emergency', ['emergency:urgent'], 'emergency', obligations);
}
