/**
 * Of whom something may be seen for a purpose, by the choices of now: who said so for it, and where
 * an agreement says yes without a choice, who did not object. Walked page by page over the vaults;
 * what is found tells nothing of who is not (consent.md section 12).
 */
import type { AccessRequest, Grant, Policy } from '../../permission/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Database, type Sql, statement } from '../../platform/database.ts';
import { Problem } from '../../platform/problem.ts';
import type { Store } from '../../store/index.ts';
import { NOBODY } from '../decided.ts';
import type { GrantFor } from '../grant-for.ts';
import type { RulesOf } from '../rules-of.ts';

const CHOSE = statement(
  'consent_who_chose',
  'select distinct vault from choice where vault = any($1)',
);

const COHORT_LIMITS = {
  /** Vaults that are looked at in one go. */
  pageVaultsMax: 200,
} as const satisfies Record<string, number>;

export interface CohortParts {
  readonly database: Database;
  readonly store: Pick<Store, 'vaultIds'>;
  readonly rulesOf: RulesOf;
  readonly grantFor: GrantFor;
  readonly clock: Clock;
}

export interface CohortMember {
  readonly vault: string;
  readonly grant: Grant;
}

export interface CohortPage {
  /** How many people were looked at. */
  readonly seen: number;
  readonly members: readonly CohortMember[];
}

/** @throws Problem of step 0 (no agreement, suspended): it says nothing of anybody. */
export async function admitCohort(
  { grantFor, clock }: Pick<CohortParts, 'grantFor' | 'clock'>,
  access: AccessRequest,
): Promise<void> {
  await grantFor(access, NOBODY, clock());
}

/**
 * @param withoutChoice true where an agreement gives for this purpose without a choice.
 * @throws Problem of step 0 (no agreement, suspended): before anybody is looked at.
 */
export async function* cohortOf(
  parts: CohortParts,
  access: AccessRequest,
  withoutChoice: boolean,
): AsyncGenerator<CohortPage> {
  const { database, store, grantFor, clock } = parts;
  await admitCohort(parts, access);
  let after: string | undefined;
  for (;;) {
    const vaults = await store.vaultIds(database, after, COHORT_LIMITS.pageVaultsMax);
    const asked = withoutChoice ? vaults : await whoPermit(parts, access, vaults);
    const members: CohortMember[] = [];
    for (const vault of asked) {
      const grant = await grantFor(access, vault, clock()).catch(unlessRefused);
      if (grant?.anything) members.push({ vault, grant });
    }
    yield { seen: vaults.length, members };
    after = vaults.at(-1);
    if (vaults.length < COHORT_LIMITS.pageVaultsMax) return;
  }
}

/** Whether this person would still be in a cohort of who asks. */
export async function mayStillRelease(
  grantFor: GrantFor,
  access: AccessRequest,
  vault: string,
  at: Date,
): Promise<boolean> {
  return (await grantFor(access, vault, at).catch(unlessRefused))?.anything === true;
}

/** Whether an agreement gives something to this asker without a choice; never for research. */
export function opensUnasked(policy: Policy, { actor, purpose }: AccessRequest): boolean {
  if (actor.kind !== 'professional' || purpose === 'HRESCH') return false;
  return actor.organisation.regions.some((id) => policy.regions[id]?.basePolicy === 'permit');
}

/** Somebody about whom nothing may be asked (a record that ended) is no part of it. */
function unlessRefused(error: unknown): undefined {
  if (error instanceof Problem && error.kind === 'forbidden') return undefined;
  throw error;
}

/** Those with a permission that names the purpose: the others need no key. */
async function whoPermit(
  { database, rulesOf }: CohortParts,
  { purpose }: AccessRequest,
  vaults: readonly string[],
): Promise<string[]> {
  const permit: string[] = [];
  for (const vault of await whoChose(database, vaults)) {
    const { rules } = await rulesOf(database, vault);
    const says = rules.some(
      (rule) =>
        rule.type === 'permit' && rule.status === 'active' && rule.purpose?.includes(purpose),
    );
    if (says) permit.push(vault);
  }
  return permit;
}

async function whoChose(sql: Sql, vaults: readonly string[]): Promise<string[]> {
  if (vaults.length === 0) return [];
  const { rows } = await sql.query<{ vault: string }>({ ...CHOSE, values: [vaults] });
  return rows.map(({ vault }) => vault);
}
