/**
 * What the region has agreed, as data: agreements, the emergency annex, topics that are closed by
 * default. Read from `profiles/permission`; every file there carries a version and a date.
 */
import type { Purpose } from './access-request.ts';
import { type RelationWindows, readRelationWindows } from './care-relation.ts';
import type { ConsentCategory } from './catalogue.ts';
import { parseRegionAgreements } from './region-agreements.ts';
import { readRuleBook, ruleBookText } from './rule-book.ts';

export interface RegionAgreement {
  readonly active: boolean;
  readonly purposes: readonly Purpose[];
  /** The agreement has the emergency annex (consent.md section 9). */
  readonly emergencyAgreement: boolean;
  /** What holds where nothing was chosen; absent: `deny`. `permit` is for agreements that opt out. */
  readonly basePolicy?: 'deny' | 'permit';
  /**
   * Whoever asks for treatment must have a care relation that is on record (`required`), or may also
   * declare one in the token, which is then reviewed (`declared`). Absent: it is not asked for.
   */
  readonly careRelation?: 'required' | 'declared';
}

export interface EmergencyPolicy {
  /** RoleCodeNL codes that may ask. */
  readonly roles: readonly string[];
  /** Organisation types that may ask, some only from one department. */
  readonly settings: readonly { readonly types: readonly string[]; readonly department?: string }[];
  /** R4 type names. */
  readonly subset: readonly string[];
  /** Labels that stay closed in a vital emergency too. */
  readonly neverReleased: readonly string[];
  readonly reasonCharactersMin: number;
  readonly resultSecondsMax: number;
}

export interface Policy {
  /** Versions of the files it was read from; part of every decision's inputs. */
  readonly version: string;
  readonly regions: Readonly<Record<string, RegionAgreement>>;
  readonly emergency: EmergencyPolicy;
  readonly topics: readonly string[];
  /** A narrower topic and the broader one that a rule may name instead. */
  readonly broader: Readonly<Record<string, string>>;
  /** Categories of organisations for which a topic is daily work. */
  readonly careDomain: Readonly<Record<string, readonly ConsentCategory[]>>;
  /** Categories that count as another one when they ask (laboratories ask as hospitals). */
  readonly recipientCategoryOf: Readonly<Partial<Record<ConsentCategory, ConsentCategory>>>;
  /** How long a care relation counts around its begin and end. */
  readonly relationWindows: RelationWindows;
}

interface Sensitivity extends Pick<Policy, 'topics' | 'broader' | 'careDomain' | 'emergency'> {}

let standard: Policy | undefined;

/** The standard policy with the agreements of an installation in the place of the examples. */
export function policyWith(agreements: { version: string; regions: Policy['regions'] }): Policy {
  const policy = standardPolicy();
  const version = policy.version.replace(/regions [^,]*/, `regions ${agreements.version}`);
  return Object.freeze({ ...policy, version, regions: agreements.regions });
}

/** The policy of `profiles/permission`; a region's own agreements may be put in its place. */
export function standardPolicy(): Policy {
  standard ??= readPolicy();
  return standard;
}

function readPolicy(): Policy {
  const sensitivity = readRuleBook<Sensitivity>('sensitivity');
  const agreements = parseRegionAgreements(
    ruleBookText('region-agreements'),
    'region-agreements.json',
  );
  const types = readRuleBook<Pick<Policy, 'recipientCategoryOf'>>('organisation-types');
  const relations = readRelationWindows();
  return Object.freeze({
    version: [
      `sensitivity ${sensitivity.version}, regions ${agreements.version}`,
      `types ${types.version}, relations ${relations.version}`,
    ].join(', '),
    regions: agreements.regions,
    emergency: sensitivity.emergency,
    topics: sensitivity.topics,
    broader: sensitivity.broader,
    careDomain: sensitivity.careDomain,
    recipientCategoryOf: types.recipientCategoryOf,
    relationWindows: relations.windows,
  });
}
