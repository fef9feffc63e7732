/**
 * Who may open a record on somebody's behalf, and whose choices count. consent.md section 10. The
 * reason codes are for the ledger; the words that leave never say whether a record exists.
 */
import type { DataMatch, Performer } from './rule.ts';

/** What is known of the person whose record it is. */
export interface PatientFacts {
  /** FHIR date. */
  readonly birthDate?: string;
  readonly deceased?: boolean;
  /** Incapacity is registered by a court. */
  readonly incapacity?: boolean;
  /** Since when, and until when; instants, the end exclusive. Absent: always. */
  readonly incapacitySince?: string;
  readonly incapacityUntil?: string;
}

/** Whether a court's registration of incapacity stands at this moment. */
export function isIncapacitated(patient: PatientFacts, at: Date): boolean {
  const { incapacity = false, incapacitySince: start, incapacityUntil: end } = patient;
  const period = {
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  };
  return incapacity && within(period, at);
}

/** The evidence for somebody who acts for the person, as it was looked up for this session. */
export interface Representation {
  readonly rel: Performer['rel'];
  /** BRP says that the parent has custody. */
  readonly custody?: boolean;
  /** The child of 12 to 15 has agreed on record. */
  readonly childAgrees?: boolean;
  /** Topics that this child opens to the parent beside the rest: `PSY`, `SUD`, `GDIS`. */
  readonly opened?: readonly string[];
  /** Scope of a proxy's mandate. */
  readonly scope?: 'read' | 'manage-consent' | 'all';
  readonly period?: { readonly start?: string; readonly end?: string };
  /** A provider blocks this representative for reasons of good care. */
  readonly providerBlock?: boolean;
  /** Organisations that block this representative for what they hold, each until an instant. */
  readonly blocks?: readonly { readonly holder: string; readonly until: string }[];
  /** What a mandate is limited to: any of these kinds; absent is all. */
  readonly kinds?: readonly DataMatch[];
}

export type RepresentationRefusal =
  | 'deceased'
  | 'not-digital'
  | 'authority-ended'
  | 'no-custody'
  | 'child-agreement-missing'
  | 'age-16'
  | 'age-under-12'
  | 'scope'
  | 'no-incapacity'
  | 'provider-block';

/**
 * @param age in whole years; undefined when no birth date is known, which counts as adult.
 * @returns undefined when the representative may open the record.
 */
export function refuseRepresentative(
  patient: PatientFacts,
  age: number | undefined,
  by: Representation,
  at: Date,
): RepresentationRefusal | undefined {
  if (patient.deceased) return 'deceased';
  if (by.rel === 'spouse' || by.rel === 'family' || by.rel === 'bewindvoerder') {
    return 'not-digital';
  }
  // Nobody represents himself through this door: without a mandate there is nothing to show.
  if (by.rel === 'self') return 'not-digital';
  if (!within(by.period, at)) return 'authority-ended';
  const refusal = refuseAuthority(isIncapacitated(patient, at), age, by);
  return refusal ?? (by.providerBlock ? 'provider-block' : undefined);
}

function refuseAuthority(
  isIncapable: boolean,
  age: number | undefined,
  by: Representation,
): RepresentationRefusal | undefined {
  switch (by.rel) {
    case 'parent':
    case 'guardian':
      if (!hasCustody(by)) return 'no-custody';
      if (age === undefined || age >= 16) return 'age-16';
      return age < 12 || by.childAgrees ? undefined : 'child-agreement-missing';
    case 'curator':
    case 'mentor':
      // A court appoints them for adults.
      return isIncapable && (age === undefined || age >= 18) ? undefined : 'no-incapacity';
    default:
      if (age !== undefined && age < 12) return 'age-under-12';
      if (age !== undefined && age < 16) return 'age-16';
      return by.scope === 'read' || by.scope === 'all' ? undefined : 'scope';
  }
}

/** A guardian is appointed by a court and so has custody unless the register says otherwise. */
function hasCustody(by: { rel: Performer['rel']; custody?: boolean }): boolean {
  return by.rel === 'guardian' ? by.custody !== false : by.custody === true;
}

/** Whether a provider keeps what it holds from this representative at this moment. */
export function isBlockedAt(by: Representation | undefined, holder: string, at: Date): boolean {
  return (by?.blocks ?? []).some(
    (block) => block.holder === holder && at.getTime() < Date.parse(block.until),
  );
}

/** What a child of 12 to 15 may open to a parent, topic by topic. */
export const OPENED_TO_PARENTS = ['PSY', 'SUD', 'GDIS'] as const;
const NO_TOPIC = new Set(['N', 'R', 'V', 'U', 'L', 'M']);

/**
 * A parent of a child of 12 to 15 sees nothing of a sensitive domain that the child did not open,
 * and sexual health and violence never: about those the child may be treated alone (WGBO 7:450 and
 * 7:457; decision 0920).
 * @param broader for each topic those that include it.
 */
export function isHiddenFromParent(
  by: Representation | undefined,
  age: number | undefined,
  labels: readonly string[],
  broader: Readonly<Record<string, string>>,
): boolean {
  if (by?.rel !== 'parent' && by?.rel !== 'guardian') return false;
  if (age === undefined || age < 12) return false;
  if (labels.includes('V')) return true;
  const topics = labels.filter((label) => !NO_TOPIC.has(label));
  if (topics.length === 0) return labels.includes('R');
  const open: readonly (string | undefined)[] = OPENED_TO_PARENTS.filter((topic) =>
    by.opened?.includes(topic),
  );
  return !topics.every((topic) => open.includes(topic) || open.includes(broader[topic]));
}

/** Instants compared; the end is exclusive. */
export function within(
  period: { readonly start?: string; readonly end?: string } | undefined,
  at: Date,
): boolean {
  if (!period) return true;
  if (period.start !== undefined && at.getTime() < Date.parse(period.start)) return false;
  return period.end === undefined || at.getTime() < Date.parse(period.end);
}

/**
 * Whether a permit counts today: authority is judged at the moment of deciding, so a parent's
 * permit lapses at the 16th birthday and needs the child's name beside it from the 12th (10.3,
 * 10.4).
 */
export function permitCounts(
  performers: readonly Performer[],
  age: number | undefined,
  isIncapable: boolean,
): boolean {
  const self = performers.some((one) => one.rel === 'self');
  const parent = performers.some(
    (one) => (one.rel === 'parent' || one.rel === 'guardian') && hasCustody(one),
  );
  if (age !== undefined && age < 12) return parent;
  if (age !== undefined && age < 16) return self && parent;
  if (isIncapable) {
    return performers.some((one) => one.rel === 'curator' || one.rel === 'mentor');
  }
  return self || performers.some((one) => one.rel === 'proxy' && mayManage(one));
}

/** A mandate has to name what it is for: of one that names nothing no permit counts. */
const mayManage = ({ scope }: Performer): boolean => scope === 'manage-consent' || scope === 'all';

/**
 * A refusal never lapses by age and outlives the authority of whoever gave it (10.4). Where nothing
 * says whether a parent has custody the refusal counts and a permit does not.
 */
export function refusalCounts(performers: readonly Performer[]): boolean {
  return performers.some((one) => {
    if (one.rel === 'parent' || one.rel === 'guardian') return one.custody !== false;
    if (one.rel === 'proxy') return one.scope !== 'read';
    return one.rel === 'self' || one.rel === 'curator' || one.rel === 'mentor';
  });
}
