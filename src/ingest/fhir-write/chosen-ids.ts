/** What an id may be written for: one resource of one person, and a person has one Patient. */
import { type Resource, r4TypeOf } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import { patientsOf, type RecordOf, requireOwnRecord } from '../own-record.ts';
import type { Requested } from './requested.ts';
import { pathOf, type Resolved } from './resolve.ts';

interface Member {
  readonly one: Resolved;
  readonly body: Resource | undefined;
}

/**
 * @param lockVault keeps two writes from both finding no Patient
 * @throws Problem `conflict` code `other-record`, or `second-patient` with the one that is there
 */
export async function requireChosenIds(
  where: RecordOf,
  mine: readonly Member[],
  lockVault: (vault: string) => Promise<void>,
): Promise<void> {
  const chosen = mine.flatMap(({ one: { requested, id }, body: resource }) => {
    if (requested.method !== 'PUT' || !resource) return [];
    const type = r4TypeOf(requested.type);
    return [{ type, id, resource, place: pathOf(requested, 'id') }];
  });
  await requireOwnRecord(where, where, chosen);
  const patients = mine.filter(({ one: { requested: asked, exists } }) => {
    const isWritten = asked.method === 'PUT' || (asked.method === 'POST' && exists === undefined);
    return asked.type === 'Patient' && isWritten;
  });
  if (patients.length === 0) return;
  await lockVault(where.vault);
  await requireOnePatient(where, patients, deletedIn(mine));
}

const deletedIn = (mine: readonly Member[]): ReadonlySet<string> =>
  new Set(mine.flatMap(({ one }) => (isDeleted(one.requested) ? [one.id] : [])));

const isDeleted = ({ method, type }: Requested): boolean =>
  method === 'DELETE' && type === 'Patient';

/** Two that were there already, from before records were joined, are both kept up. */
async function requireOnePatient(
  where: RecordOf,
  patients: readonly Member[],
  deleted: ReadonlySet<string>,
): Promise<void> {
  const lying = await patientsOf(where);
  const staying = lying.filter((id) => !deleted.has(id));
  const fresh = patients.filter(({ one: { id } }) => !staying.includes(id));
  const [first, ...more] = fresh;
  const [known = first?.one.id] = staying;
  const refused = staying.length > 0 ? fresh : more;
  if (refused.length === 0) return;
  throw new Problem('conflict', `This person is Patient/${known} here: update that one.`, {
    code: 'second-patient',
    expression: refused.slice(0, 20).map(({ one }) => pathOf(one.requested, 'id')),
  });
}
