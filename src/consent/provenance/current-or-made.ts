/** A read by id: what lies there, or the provenance that is made of the message of that id. */
import type { Grant } from '../../permission/index.ts';
import type { CurrentRow, FetchCurrent } from '../release-current.ts';
import type { ReadQuestion } from '../release-read.ts';
import { madeProvenances, type ProvenanceParts } from './made-provenance.ts';
import { writtenOf, writtenProvenance } from './written-provenance.ts';

const NONE: ReadonlySet<string> = new Set();

/** The current version, with the decision on it. */
export async function currentOrMade(
  parts: ProvenanceParts & { readonly current: FetchCurrent },
  vault: string,
  grant: Grant,
  where: { readonly type: string; readonly id: string; readonly custodian?: string },
  question: ReadQuestion,
): Promise<CurrentRow | undefined | 'moved'> {
  const one = await parts.current(parts, vault, grant, where, question);
  if (one !== undefined || where.type !== 'Provenance') return one;
  return provenanceMade(parts, vault, grant, where);
}

/** The Provenance of this id that is made of a message, or of what a source wrote itself. */
export async function provenanceMade(
  parts: ProvenanceParts,
  vault: string,
  grant: Grant,
  where: { readonly id: string; readonly custodian?: string },
): Promise<CurrentRow | undefined | 'moved'> {
  if (writtenOf(where.id)) {
    const written = await writtenProvenance(parts, vault, grant, where);
    return written === undefined || written === 'moved' ? written : { ...written, hidden: NONE };
  }
  const made = await madeProvenances(parts, vault, grant, new Set([where.id]));
  if (made === 'moved') return made;
  const [first] = made;
  return first && { ...first, hidden: NONE };
}
