/**
 * Changes to the ledger by the owner of the database of this tour, past triggers and grants. Each
 * one stands while the caller looks, and is undone before the next.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

export interface Tampering {
  readonly what: string;
  /** The findings that name it. */
  readonly kinds: readonly string[];
  readonly seq: number;
}

interface Act extends Tampering {
  readonly act: string;
  readonly undo: string;
}

const SEQ = 250;
const OTHER = 260;
const ENTRY = `(select entry from ledger_leaf where seq = ${SEQ})`;
const KEEP = `create table tour_kept as select * from ledger_entry where id = ${ENTRY}`;
const PUT_BACK = `insert into ledger_entry select * from tour_kept; drop table tour_kept`;
/** Three steps, since no two leaves may name the same entry even for a moment. */
const SWAP = `
  create table tour_swap as select seq, entry from ledger_leaf where seq in (${SEQ}, ${OTHER});
  update ledger_leaf set entry = -seq where seq in (${SEQ}, ${OTHER});
  update ledger_leaf set entry = (select entry from tour_swap where seq = ${OTHER})
    where seq = ${SEQ};
  update ledger_leaf set entry = (select entry from tour_swap where seq = ${SEQ})
    where seq = ${OTHER};
  drop table tour_swap`;
const FLIP = `update ledger_entry set body = set_byte(body, 40, get_byte(body, 40) # 1) where id = ${ENTRY}`;
const OUTCOME = `update ledger_entry set outcome = case outcome when 0 then 4 else 0 end where id = ${ENTRY}`;

const ACTS: readonly Act[] = [
  { what: 'a record is changed', kinds: ['changed'], seq: SEQ, act: FLIP, undo: FLIP },
  { what: 'an index column is changed', kinds: ['column'], seq: SEQ, act: OUTCOME, undo: OUTCOME },
  {
    what: 'a record is removed',
    kinds: ['removed'],
    seq: SEQ,
    act: `${KEEP}; delete from ledger_entry where id = ${ENTRY}`,
    undo: PUT_BACK,
  },
  { what: 'two records are swapped', kinds: ['swapped'], seq: SEQ, act: SWAP, undo: SWAP },
];

export async function* tamperings(dataDir: string): AsyncIterable<Tampering> {
  const { ownerPassword, port } = JSON.parse(readFileSync(join(dataDir, 'access.json'), 'utf8'));
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'zorgsluis_owner',
    password: ownerPassword,
    database: 'zorgsluis',
  });
  await client.connect();
  try {
    // The triggers that guard the ledger do not fire for who has all rights and wants it so.
    await client.query('set session_replication_role = replica');
    for (const { act, undo, ...tampering } of ACTS) {
      await client.query(act);
      yield tampering;
      await client.query(undo);
    }
  } finally {
    await client.end();
  }
}
