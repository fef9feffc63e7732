/**
 * What the region has agreed, as data: agreements, the emergency annex, topics that are closed by
 * default. Read from `profiles/permission`; every file there carries a version and a date.
 */
import type { Purpose } from './access-request.ts';
import type { ConsentCategory } from './catalogue.ts';
import { readRuleBook } from './rule-book.ts';

export interface RegionAgreement {
  readonly active: boolean;
  readonly purposes: readonly Purpose[];
  /** The agreement has the emergency annex (consent.md section 9). */
  readonly emergencyAgreement: boolean;
  /** What holds where nothing was chosen; absent: `deny`. `permit` is for agreements that opt out. */
  readonly basePolicy?: 'deny' | 'permit';
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
}

interface Sensitivity extends Pick<Policy, 'topics' | 'broader' | 'careDomain' | 'emergency'> {}

let standard: Policy | undefined;

/** The policy of `profiles/permission`; a region's own agreements may be put in its place. */
export function standardPolicy(): Policy {
  standard ??= readPolicy();
  return standard;
}

function readPolicy(): Policy {
  const sensitivity = readRuleBook<Sensitivity>('sensitivity');
  const agreements = readRuleBook<Pick<Policy, 'regions'>>('region-agreements');
  const types = readRuleBook<Pick<Policy, 'recipientCategoryOf'>>('organisation-types');
  return Object.freeze({
    version: `sensitivity ${sensitivity.version}, regions ${agreements.version}, types ${types.version}`,
    regions: agreements.regions,
    emergency: sensitivity.emergency,
    topics: sensitivity.topics,
    broader: sensitivity.broader,
    careDomain: sensitivity.careDomain,
    recipientCategoryOf: types.recipientCategoryOf,
  });
}
