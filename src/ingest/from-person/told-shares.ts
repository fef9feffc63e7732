/**
 * What people sent to a provider, by the lines that tell of it: without its row nobody sees that it
 * came, and in another state nobody looks at it.
 */
import { type ToldTable, toldTable } from '../../audit/index.ts';

/** What `db:check` holds against the lines. */
export const TOLD_SHARES: ToldTable = {
  fault: 'shared-item',
  rows: toldTable('ingest_told_shares', 'shared_item', { said: 'state', since: 'received' }),
  tells({ event, class: kept, detail }) {
    const { receipt: id, service, state } = detail ?? {};
    if (id === undefined) return undefined;
    if (event === 'share-fate' && state !== undefined) return { id, said: state };
    // Sent again it is the same row, whatever became of it.
    const isSent = event === 'receive' && kept === 'pgo' && service !== undefined;
    return isSent ? { id, begins: 'received' } : undefined;
  },
};
