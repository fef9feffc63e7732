/**
 * The compact rule: one permit or one refusal, flattened from whatever form it was given in.
 * consent.md 3.4. FHIR Consent is a rendering of it, never the truth itself.
 */
import type { Purpose } from './access-request.ts';
import type { ConsentCategory, DataCategory } from './catalogue.ts';

/** `otv` the national register, `dhtv` a local choice, `implicit` a referral or hand-over. */
export type RuleSource = 'otv' | 'dhtv' | 'implicit';

export type RuleStatus =
  | 'active'
  | 'proposed'
  | 'draft'
  | 'inactive'
  | 'rejected'
  | 'entered-in-error';

/** Who made the choice; `custody` counts for a parent, `scope` for a proxy. */
export interface Performer {
  readonly rel:
    | 'self'
    | 'parent'
    | 'guardian'
    | 'curator'
    | 'mentor'
    | 'proxy'
    | 'spouse'
    | 'family'
    | 'bewindvoerder';
  readonly custody?: boolean;
  readonly scope?: 'read' | 'manage-consent' | 'all';
  /** Which of two parents: a keyed hash of the number, never the number. */
  readonly by?: string;
}

/** Whether the same person stands behind both. */
export const isSamePerformer = (one: Performer, other: Performer): boolean =>
  one.rel === other.rel && one.by === other.by;

export type HolderMatch =
  | { readonly level: 'any' }
  | { readonly level: 'cat'; readonly value: ConsentCategory }
  /** Organisation id of ours. */
  | { readonly level: 'org'; readonly value: string };

export type RecipientMatch = HolderMatch | { readonly level: 'person'; readonly value: string };

export type DataMatch =
  | { readonly level: 'all' }
  | { readonly level: 'ggc'; readonly value: DataCategory }
  /** R4 type name. */
  | { readonly level: 'type'; readonly value: string }
  | { readonly level: 'label'; readonly value: string }
  /** `system|code`. */
  | { readonly level: 'code'; readonly value: string }
  | { readonly level: 'author'; readonly value: string }
  /** ISO dates, both inclusive; an absent end is open. */
  | { readonly level: 'dataPeriod'; readonly start?: string; readonly end?: string }
  /** `Type/id`, all its versions. */
  | { readonly level: 'instance'; readonly value: string };

export interface RuleContext {
  readonly kind: 'referral' | 'episode' | 'region';
  /** `Task/id`, `EpisodeOfCare/id` or `Encounter/id`, or a region id. */
  readonly value: string;
}

export interface ConsentRule {
  readonly id: string;
  /** Version of the choice it came from; shown in the ledger as `id@version`. */
  readonly version?: number;
  readonly source: RuleSource;
  readonly type: 'permit' | 'deny';
  readonly status: RuleStatus;
  /** Moment of the choice, with offset. */
  readonly dateTime: string;
  /** Instants; the end is exclusive. */
  readonly period?: { readonly start?: string; readonly end?: string };
  readonly performers: readonly Performer[];
  readonly holder: HolderMatch;
  readonly recipient: RecipientMatch;
  readonly data: DataMatch;
  /** Further limits on the data, all of which must hold as well. */
  readonly within?: readonly DataMatch[];
  /** Absent in a permit: treatment purposes only; absent in a refusal: every purpose. */
  readonly purpose?: readonly Purpose[];
  readonly context?: RuleContext;
  /** It counts for this very search only: the digest of its path and all of its parameters. */
  readonly search?: string;
  /** A refusal that stands above every other choice, emergencies included: the absolute lock. */
  readonly absolute?: boolean;
  /** A refusal that hides the record from the person's own apps and pages, and from no provider. */
  readonly quiet?: boolean;
  /**
   * It holds a limit that the engine does not understand: a permit then has no effect, a refusal
   * works as if the limit were not there (consent.md 3.1).
   */
  readonly notUnderstood?: boolean;
}

/** Purposes that a permit without purpose covers. consent.md 3.1. */
const CARE: readonly Purpose[] = ['TREAT', 'COC', 'ETREAT'];

export function purposeMatches(rule: ConsentRule, purpose: Purpose): boolean {
  // A list with nothing in it permits nothing, and leaves nothing out of a refusal.
  if (rule.purpose && (rule.purpose.length > 0 || rule.type === 'permit')) {
    return rule.purpose.includes(purpose);
  }
  return rule.type === 'deny' || CARE.includes(purpose);
}

/** The four numbers of step 5: holder, recipient, data, context. */
export type Specificity = readonly [number, number, number, number];

const PARTY_LEVEL = { any: 0, cat: 1, org: 2, person: 3 } as const;

/** How specific a rule is: holder, recipient, data, context. consent.md 5.2 step 5. */
export function specificity(rule: ConsentRule): Specificity {
  if (rule.absolute && rule.type === 'deny') return [2, 3, 3, 1];
  const limits = [rule.data, ...(rule.within ?? [])];
  return [
    PARTY_LEVEL[rule.holder.level],
    PARTY_LEVEL[rule.recipient.level],
    Math.max(...limits.map((limit) => dataLevel(limit, rule.source))),
    rule.context ? 1 : 0,
  ];
}

function dataLevel(limit: DataMatch, source: RuleSource): number {
  if (limit.level === 'all') return 0;
  if (limit.level === 'ggc') return limit.value === 'GGC002' || source === 'otv' ? 0 : 1;
  return limit.level === 'instance' ? 3 : 2;
}

/** True when no number of `a` is lower than its like in `b` and at least one is higher. */
export function moreSpecific(a: Specificity, b: Specificity): boolean {
  let higher = false;
  for (let index = 0; index < 4; index += 1) {
    const left = a[index] ?? 0;
    const right = b[index] ?? 0;
    if (left < right) return false;
    if (left > right) higher = true;
  }
  return higher;
}

/** Equal for rules of one source about the same holder, recipient, data, purpose and context. */
export function scopeKey(rule: ConsentRule): string {
  const party = (match: RecipientMatch) => [match.level, 'value' in match ? match.value : ''];
  const limit = (match: DataMatch) =>
    match.level === 'dataPeriod'
      ? [match.level, match.start ?? '', match.end ?? '']
      : [match.level, 'value' in match ? match.value : ''];
  return JSON.stringify([
    rule.source,
    party(rule.holder),
    party(rule.recipient),
    limit(rule.data),
    (rule.within ?? []).map(limit).toSorted(),
    rule.purpose ? [...rule.purpose].toSorted() : null,
    rule.context ? [rule.context.kind, rule.context.value] : null,
    rule.absolute ?? false,
    ...(rule.search === undefined ? [] : [rule.search]),
  ]);
}
