/** Who is told of what was written over FHIR, in the transaction that wrote it. */
import { isTakenBack, type Resource, r4TypeOf } from '../../conformance/index.ts';
import type { Tx } from '../../platform/database.ts';
import type { TellTakenBack } from '../handling.ts';
import type { Done } from './write-event.ts';

/** For each person the types of which something came, changed or went. */
export function newsOf(changed: readonly Done[], custodian: string) {
  const types = new Map<string, Set<string>>();
  for (const { written, vault } of changed) {
    if (vault === undefined || written.outcome === 'unchanged') continue;
    const known = types.get(vault) ?? new Set<string>();
    types.set(vault, known.add(r4TypeOf(written.type)));
  }
  return [...types].map(([vault, came]) => ({ vault, custodian, types: came }));
}

/** What was there and is gone, or a mistake: whoever read it is told. */
export async function tellTakenBack(
  takenBack: TellTakenBack | undefined,
  tx: Tx,
  custodian: string,
  done: readonly Done[],
): Promise<void> {
  for (const { written, vault } of done) {
    const { outcome, version, resource, type, id } = written;
    const isGone = outcome === 'deleted' || (outcome === 'updated' && isMistake(resource));
    if (!isGone || version === 1 || vault === undefined) continue;
    await takenBack?.(tx, vault, [{ type: r4TypeOf(type), id, custodian }]);
  }
}

const isMistake = (resource: Resource | undefined) =>
  resource !== undefined && isTakenBack(resource);
