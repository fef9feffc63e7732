/** One row by its id, or one of its versions, with the decision on it. consent.md 7.2. */
import { type FhirVersion, R4 } from '../conformance/index.ts';
import type { Grant, ResourceFacts, Verdict } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import type { Mark, Store, StoredResource } from '../store/index.ts';
import { inForm } from './release-form.ts';

/** Sources that use the same id for the same person. */
const SAME_ID_MAX = 50;

export interface ReadQuestion {
  readonly version: FhirVersion;
  /** Type in that version. */
  readonly type: string;
  readonly id: string;
  readonly vid?: number;
}

/** Old versions leave only when the current one would leave as well (consent.md 7.2). */
export function verdictOn(grant: Grant, { row, current }: Fetched): Verdict {
  const verdict = grant.covers(row.facts);
  return verdict.permit && current !== row ? withCurrent(verdict, grant, current) : verdict;
}

function withCurrent(verdict: Verdict, grant: Grant, current: StoredResource): Verdict {
  const now = grant.covers(current.facts);
  return now.permit ? verdict : now;
}

interface Fetched {
  readonly row: StoredResource;
  readonly current: StoredResource;
  /** How the record stood when the current one was found. */
  readonly mark?: Mark | undefined;
}

/** One row of one vault, under the epoch of the decision; without its long texts. */
export async function fetchOne(
  parts: { readonly store: Store; readonly database: Sql },
  vault: string,
  grant: Grant,
  where: { type: string; id: string; custodian?: string },
  question: ReadQuestion,
): Promise<Fetched | undefined | 'moved'> {
  const { rows, epochMoved, mark } = await parts.store.candidates(parts.database, {
    vault,
    epoch: grant.epoch,
    types: [where.type],
    ids: [where],
    deletedToo: true,
    limit: SAME_ID_MAX,
    cut: true,
    mayOpen: (facts: ResourceFacts) => grant.covers(facts).permit,
  });
  if (epochMoved) return 'moved';
  const current = chosen(grant, rows, question);
  if (!current) return undefined;
  // Its older versions leave no more than it does: nobody looks for them, which takes time.
  if (!grant.covers(current.facts).permit) return { row: current, current, mark };
  if (question.vid === undefined || question.vid === current.version) {
    return { row: current, current, mark };
  }
  const { custodian } = current;
  const history = { vault, ...where, custodian };
  const versions = await parts.store.history(parts.database, history, 'cut');
  const old = versions.find((version) => version.version === question.vid);
  return old && { row: old, current, mark };
}

/**
 * Two sources may use one id for one person: what may be seen answers. In STU3 a row is looked into
 * to see whether it is of the type asked; one that may not be seen is not, since the time that
 * takes would tell that it is there.
 */
export function chosen(
  grant: Grant,
  rows: readonly StoredResource[],
  question: ReadQuestion,
): StoredResource | undefined {
  const may = (row: StoredResource) => grant.covers(row.facts).permit;
  return rows.find((row) => may(row) && isOfType(row, question)) ?? rows.find((row) => !may(row));
}

/** In the version asked; of a tombstone nobody knows more than the R4 type. */
function isOfType(row: StoredResource, { version, type }: ReadQuestion): boolean {
  if (version.name === R4.name) return row.deleted || row.type === type;
  const form = inForm(row, version);
  return form === undefined || form.resourceType === type;
}
