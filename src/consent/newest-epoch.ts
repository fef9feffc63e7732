/**
 * The highest consent epoch that anything a person or provider laid down stands under. A vault
 * whose epoch is lower was set back past the gateway: an objection of later would count no more.
 */
import { gatewayActivity, type Ledger } from '../audit/index.ts';
import { type Sql, statement, type Tx } from '../platform/database.ts';
import type { Store } from '../store/index.ts';

const NEWEST = statement(
  'consent_newest_epoch',
  `select greatest(
     (select max(epoch) from choice where vault = $1),
     (select max(epoch) from mandate where vault = $1),
     (select max(epoch) from representative where vault = $1),
     (select max(epoch) from care_relation where vault = $1)) as epoch`,
);

/** @returns 0 where nothing was laid down. */
export async function newestEpoch(sql: Sql, vault: string): Promise<number> {
  const { rows } = await sql.query<{ epoch: number | null }>({ ...NEWEST, values: [vault] });
  return rows[0]?.epoch ?? 0;
}

/**
 * A new epoch, higher than any that something stands under: where it was set back by another hand,
 * no gateway takes the new one for one that it remembers. It holds the vault's row.
 * @throws Problem `not-found` where there is no such record
 */
export async function raiseEpoch(
  store: Pick<Store, 'bumpEpoch'>,
  tx: Tx,
  vault: string,
): Promise<number> {
  return store.bumpEpoch(tx, vault, await newestEpoch(tx, vault));
}

/** Beyond these the one told first is forgotten: twice a line is better than none. */
const TOLD_MAX = 1_000;

/** @returns what writes a line for each record whose epoch was found set back, once. */
export function setBackTold(
  ledger: Pick<Ledger, 'record'>,
): (vault: string, epoch: number) => void {
  const told = new Set<string>();
  return (vault, epoch) => {
    const name = `${vault} ${epoch}`;
    if (told.has(name)) return;
    const [first] = told;
    if (told.size >= TOLD_MAX && first !== undefined) told.delete(first);
    told.add(name);
    const detail = { finding: 'consent-epoch-set-back', epoch: String(epoch) };
    const line = { ...gatewayActivity('ledger-finding', detail), patient: vault };
    // The choices of after it count all the same: nobody waits for the line.
    void ledger.record([line]).catch(() => told.delete(name));
  };
}
