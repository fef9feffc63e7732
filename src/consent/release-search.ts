/**
 * A search inside one vault. SQL narrows; then every candidate is first asked whether it may be seen,
 * and only what may be seen is matched, joined, sorted, counted and paged. What is withheld takes no
 * part in anything, so it cannot show (consent.md 7.2).
 */
import {
  includeTargets,
  lastn,
  matches,
  narrow,
  type Resource,
  type SearchQuery,
  sortComparator,
  stu3TypesOf,
} from '../conformance/index.ts';
import type { Grant, Verdict } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store, StoredResource } from '../store/index.ts';
import { inForm } from './release-form.ts';

export const SEARCH_LIMITS = {
  candidatesMax: 5_000,
  includedResourcesMax: 1_000,
  includeRoundsMax: 4,
} as const satisfies Record<string, number>;

export interface Opened {
  readonly row: StoredResource;
  readonly verdict: Verdict;
}

export interface VaultAnswer {
  readonly matches: readonly Opened[];
  readonly included: readonly Opened[];
  readonly total: number | undefined;
  readonly next: { after: string; skipped: number } | undefined;
  /** Reasons of what was withheld: for the ledger and the patient only. */
  readonly withheld: readonly string[];
}
