/**
 * What a provider corrected because a person asked it to (capabilities A11): it came in as a new
 * version by the normal way, and here it is tied to the request, so that earlier readers are told
 * and the person sees what became of it.
 */
import type { Tx } from '../../platform/database.ts';
import { Problem } from '../../platform/problem.ts';
import type { Store, StoredResource } from '../../store/index.ts';
import type { SharedItem } from './shared-items.ts';

export interface CorrectedItem {
  readonly type: string;
  readonly id: string;
  readonly custodian: string;
  /** The corrected version; who read one before it is told. */
  readonly before: number;
  /** Taken back altogether: its readers are told by that. */
  readonly isGone: boolean;
}

/**
 * @param references `Type/id` of the provider's own rows about this person.
 * @throws Problem `unprocessable` with the place of what is not there, or did not change since the
 * person asked.
 */
export async function correctedItems(
  store: Store,
  tx: Tx,
  { vault, organisation: custodian, received }: SharedItem,
  references: readonly string[],
): Promise<readonly CorrectedItem[]> {
  if (references.length === 0) return [];
  const ids = references.map((one) => {
    const [type = '', id = ''] = one.split('/');
    return { type, id, custodian };
  });
  const { rows } = await store.candidates(tx, { vault, ids, deletedToo: true });
  const found = new Map(rows.map((row) => [`${row.type}/${row.id}`, row]));
  return references.map((reference, nth) => {
    const row = found.get(reference);
    const place = `corrected[${nth}]`;
    if (!row) throw wrong('There is no such item of this person here.', 'not-here', place);
    if (!changedSince(row, received)) {
      throw wrong('It did not change since the person asked.', 'not-corrected', place);
    }
    const { type, id, version } = row;
    return { type, id, custodian, before: version, isGone: row.deleted };
  });
}

const changedSince = ({ version, updated }: StoredResource, asked: Date): boolean =>
  version > 1 && updated >= asked;

const wrong = (text: string, code: string, place: string): Problem =>
  new Problem('unprocessable', text, { code, expression: [place] });
