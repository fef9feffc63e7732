/**
 * Steps 1 to 3 for one request: which rules apply to a holder's resources, before the resource
 * itself is looked at. Worked out once for each custodian that the request meets.
 */

import type { Party, Purpose } from './access-request.ts';
import { ageAt } from './age.ts';
import { type ConsentCategory, dataCategoryAskedOf } from './catalogue.ts';
import type { DecisionInputs } from './decision-inputs.ts';
import { asOfNoParent, newestPerScope, type PreparedRule, prepare } from './prepared-rule.ts';
import { grantsIn } from './referral-grants.ts';
import { sharedRegions } from './region.ts';
import { isIncapacitated, permitCounts, refusalCounts } from './representation.ts';
import { type ConsentRule, purposeMatches } from './rule.ts';

/** The asking side, as rules see it. */
export interface Recipient {
  readonly organisation: Party;
  readonly category: ConsentCategory;
  readonly person?: string;
}

/** What a custodian's resources are decided with. */
export interface Ground {
  readonly holder: Party;
  /** Empty: no agreement covers this pair, nothing is released. */
  readonly regions: readonly string[];
  readonly rules: readonly PreparedRule[];
}

/** Rule id under which the register's answer explains a decision. */
const REGISTER = 'OTV';

/** Rule id of an answer that did not come: it closes what only the register could have closed. */
export const REGISTER_SILENT = 'OTV-unavailable';

export function recipientOf(inputs: DecisionInputs): Recipient | undefined {
  const { actor } = inputs.request;
  if (actor.kind !== 'professional') return undefined;
  const { organisation } = actor;
  return {
    organisation,
    category:
      organisation.recipientCategory ??
      inputs.policy.recipientCategoryOf[organisation.category] ??
      organisation.category,
    ...(actor.person === undefined ? {} : { person: actor.person }),
  };
}

/** As far as clocks may differ (consent.md 3.1: a choice is not made in the future). */
export const AHEAD_MS_MAX = 60_000;

/** Rules that count for this recipient now, whatever holder or data they are about. */
export function standingRules(
  inputs: DecisionInputs,
  recipient: Recipient,
  purpose: Purpose,
): PreparedRule[] {
  const { patient, at, request } = inputs;
  const age = ageAt(patient.birthDate, at);
  const now = at.getTime();
  const isIncapable = isIncapacitated(patient, at);
  const hasParents = age !== undefined && age < PARENTS_UNTIL_YEARS;
  const given = grantsIn(inputs.relations);
  const all = given.length === 0 ? inputs.rules : [...inputs.rules, ...given];
  const prepared = all.map(prepare);
  const asked = hasParents && purpose === 'ETREAT' ? prepared.map(inEmergency) : prepared;
  const standing = asked.filter(({ rule, startMs, endMs, madeMs, onlyObjects }) => {
    // Quiet mode concerns the person's own way only.
    if (rule.status !== 'active' || rule.quiet) return false;
    if (!(now >= startMs && now < endMs)) return false;
    if (!onlyObjects && !purposeMatches(rule, purpose)) return false;
    if (!forRecipient(rule, recipient)) return false;
    if (rule.context?.kind === 'referral' && rule.context.value !== request.task) return false;
    if (rule.search !== undefined && rule.search !== request.search) return false;
    if (rule.type === 'permit' && rule.notUnderstood) return false;
    // What says that it was chosen later than now was not chosen, or by a clock that is wrong.
    if (rule.type === 'permit' && madeMs > now + AHEAD_MS_MAX) return false;
    // A grant is made by the holder together with the referral, so no performer stands behind it.
    if (rule.source === 'implicit') return true;
    if (rule.type === 'deny') return refusalCounts(rule.performers);
    // What was chosen before the incapacity stays; what is new does not count (10.3).
    const asThen = isIncapable && madeMs < Date.parse(patient.incapacitySince ?? '');
    return permitCounts(rule.performers, age, isIncapable && !asThen);
  });
  return hasParents ? standing : standing.map(asOfNoParent);
}

/** Whoever refused treatment refused an emergency (section 9), whatever the other parent says. */
function inEmergency(one: PreparedRule): PreparedRule {
  const { rule, parents } = one;
  if (parents.length === 0 || purposeMatches(rule, 'ETREAT')) return one;
  return purposeMatches(rule, 'TREAT') ? { ...one, onlyObjects: true } : one;
}

/** The age from which on a parent decides nothing (consent.md 10.3). */
const PARENTS_UNTIL_YEARS = 16;

function forRecipient({ recipient: match }: ConsentRule, recipient: Recipient): boolean {
  switch (match.level) {
    case 'any':
      return true;
    case 'cat':
      return match.value === recipient.category;
    case 'org':
      return match.value === recipient.organisation.id;
    case 'person':
      return recipient.person !== undefined && match.value === recipient.person;
  }
}

/** The ground of one custodian; undefined when the directory does not know it. */
export function groundOf(
  inputs: DecisionInputs,
  recipient: Recipient,
  purpose: Purpose,
  standing: readonly PreparedRule[],
  custodian: string,
): Ground | undefined {
  const holder = inputs.holders.get(custodian);
  if (!holder) return undefined;
  const regions = sharedRegions(
    inputs.policy,
    holder,
    recipient.organisation,
    inputs.request.purpose,
    inputs.request.region,
  );
  if (regions.length === 0) return { holder, regions, rules: [] };
  const rules = standing.filter(({ rule }) => {
    const match = rule.holder;
    if (match.level === 'cat' && match.value !== holder.category) return false;
    if (match.level === 'org' && match.value !== holder.id) return false;
    return rule.context?.kind !== 'region' || inRegion(rule, regions);
  });
  return {
    holder,
    regions,
    rules: newestPerScope([...rules, ...registerRules(inputs, recipient, purpose, holder)]),
  };
}

/**
 * With several regions left the strictest counts: a refusal for one holds, a permit for one fails.
 */
function inRegion(rule: ConsentRule, regions: readonly string[]): boolean {
  const region = rule.context?.value ?? '';
  return rule.type === 'deny'
    ? regions.includes(region)
    : regions.length === 1 && regions[0] === region;
}

/** The register's answer about this holder as a rule of its own source (consent.md 4.1, 4.4). */
function registerRules(
  inputs: DecisionInputs,
  recipient: Recipient,
  purpose: Purpose,
  holder: Party,
): PreparedRule[] {
  const found = inputs.register?.find((one) => one.holder === holder.id);
  if (!found || found.answer === 'NotApplicable' || purpose !== 'TREAT') return [];
  const silent = found.answer === 'unavailable';
  const rule: ConsentRule = {
    id: silent ? REGISTER_SILENT : (found.id ?? REGISTER),
    source: 'otv',
    type: found.answer === 'Permit' ? 'permit' : 'deny',
    status: 'active',
    dateTime: inputs.at.toISOString(),
    performers: [{ rel: 'self' }],
    holder: { level: 'cat', value: holder.category },
    recipient: { level: 'cat', value: recipient.category },
    data: silent ? { level: 'all' } : { level: 'ggc', value: dataCategoryAskedOf(holder.category) },
    purpose: ['TREAT'],
  };
  return [prepare(rule)];
}
