/**
 * The answer about what a source took back, for whoever may see that it was there: gone, and what
 * took its place where there is something that this reader may see as well (capabilities B7).
 */
import { isTakenBack, R4, type Resource } from '../../conformance/index.ts';
import type { AccessRequest, Grant } from '../../permission/index.ts';
import type { Sql } from '../../platform/database.ts';
import type { Store, StoredResource } from '../../store/index.ts';
import { inForm } from '../release-form.ts';
import type { ReleasedResource } from '../released-resource.ts';
import type { Retractions } from './retractions.ts';

const MARK = 'entered-in-error';

export interface Hearing {
  /** Told who heard that something was taken back. */
  readonly heard?: Retractions['heard'] | undefined;
}

type Parts = Hearing & { readonly store: Store; readonly database: Sql };

/** @returns undefined for what stands as it is; else what is to be said instead of it. */
export async function withdrawnAs(
  parts: Parts,
  access: AccessRequest,
  grant: Grant,
  row: StoredResource,
): Promise<Pick<ReleasedResource, 'withdrawn' | 'replacedBy'> | undefined> {
  if (!isWithdrawn(access, row)) return undefined;
  const replacedBy = await replacementOf(parts, grant, row);
  await parts.heard?.(access.client, row.vault, `${row.type}/${row.id}`);
  return { withdrawn: true, ...(replacedBy ? { replacedBy } : {}) };
}

/**
 * Deleted, or marked as a mistake after it was there as something else. The source itself still
 * reads its mark, as FHIR has it.
 */
function isWithdrawn({ actor }: AccessRequest, row: StoredResource): boolean {
  if (row.deleted) return true;
  if (row.version === 1 || actor.kind === 'sender' || !row.bytes.includes(MARK)) return false;
  const form = inForm(row, R4);
  return form !== undefined && isTakenBack(form);
}

/** Newer documents are looked at in one go; a person has fewer of one source. */
const DOCUMENTS_MAX = 2_000;

/** @returns `DocumentReference/id` of the document that replaces it, as far as it may be seen. */
async function replacementOf(
  { store, database }: Parts,
  grant: Grant,
  row: StoredResource,
): Promise<string | undefined> {
  if (row.type !== 'DocumentReference') return undefined;
  const { vault, custodian, type, id } = row;
  const { rows, epochMoved } = await store.candidates(database, {
    vault,
    epoch: grant.epoch,
    types: [type],
    custodians: [custodian],
    limit: DOCUMENTS_MAX,
    cut: true,
  });
  if (epochMoved) return undefined;
  const versions = await store.history(database, { vault, type, id, custodian }, 'cut');
  const names = new Set([`${type}/${id}`, ...versions.flatMap(namesOf)]);
  const newer = rows.find(
    (other) => other.id !== id && replaces(other, names) && grant.covers(other.facts).permit,
  );
  return newer && `${newer.type}/${newer.id}`;
}

interface Identifier {
  readonly system?: string;
  readonly value?: string;
}

interface Document extends Resource {
  readonly masterIdentifier?: Identifier;
  readonly identifier?: readonly Identifier[];
  readonly relatesTo?: readonly {
    readonly code?: string;
    readonly target?: { readonly reference?: string; readonly identifier?: Identifier };
  }[];
}

const nameOf = ({ system = '', value = '' }: Identifier): string => `${system}|${value}`;

/** Every name by which another document may mean it, in any of its versions. */
function namesOf(version: StoredResource): string[] {
  const document = inForm(version, R4) as Document | undefined;
  const { masterIdentifier, identifier = [] } = document ?? {};
  return [...(masterIdentifier ? [masterIdentifier] : []), ...identifier].map(nameOf);
}

function replaces(row: StoredResource, names: ReadonlySet<string>): boolean {
  const { relatesTo = [] } = (inForm(row, R4) ?? {}) as Document;
  return relatesTo.some(
    ({ code, target }) =>
      code === 'replaces' &&
      (names.has(target?.reference ?? '') ||
        (target?.identifier?.value !== undefined && names.has(nameOf(target.identifier)))),
  );
}
