/** A read by id: what lies there, or the provenance that is made of the message of that id. */
import type { Grant } from '../../permission/index.ts';
import type { CurrentRow, FetchCurrent } from '../release-current.ts';
import type { ReadQuestion } from '../release-read.ts';
import { madeProvenances, type ProvenanceParts } from './made-provenance.ts';

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
  const made = await madeProvenances(parts, vault, grant, new Set([where.id]));
  if (made === 'moved') return made;
  const [first] = made;
  return first && { ...first, hidden: NONE };
}
